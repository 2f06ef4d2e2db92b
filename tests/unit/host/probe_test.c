#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/util.h"
#include "host/base/probe.h"

#define LONG_ENOUGH (60 * NS_PER_S)

static int talk(void *arg)
{
    printf("out %s\n", (const char *)arg);
    fflush(stdout);
    fprintf(stderr, "err\n\n");
    return getchar() == EOF ? 7 : 8;
}

static void catches_output_and_status(void **state)
{
    struct error err = ERROR_INIT;
    AUTO_FREE char *output = NULL;
    char word[] = "word";
    int status;

    (void)state;
    assert_int_equal(probe_child(talk, word, LONG_ENOUGH, &output, &status, &err), 0);
    assert_string_equal(output, "out word\nerr");
    assert_int_equal(status, 7);
}

static int die(void *arg)
{
    (void)arg;
    raise(SIGKILL);
    return 0;
}

static int flood(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 2 * PROBE_OUTPUT_MAX; i++)
        putchar('x');
    return 0;
}

static void survives_signals_and_floods(void **state)
{
    struct error err = ERROR_INIT;
    AUTO_FREE char *output = NULL;
    AUTO_FREE char *much = NULL;
    int status;

    (void)state;
    assert_int_equal(probe_child(die, NULL, LONG_ENOUGH, &output, &status, &err), 0);
    assert_int_equal(status, 128 + SIGKILL);
    assert_int_equal(probe_child(flood, NULL, LONG_ENOUGH, &much, &status, &err), 0);
    assert_int_equal(status, 0);
    assert_int_equal(strlen(much), PROBE_OUTPUT_MAX);
}

/* A child, and one of its own that holds the pipe open. */
static int hang(void *arg)
{
    (void)arg;
    if (fork() >= 0)
        pause();
    return 0;
}

static int leave_one_behind(void *arg)
{
    (void)arg;
    if (fork() == 0)
        pause();
    return 3;
}

static void ends_what_hangs(void **state)
{
    struct error err = ERROR_INIT;
    AUTO_FREE char *output = NULL;
    int status;

    (void)state;
    assert_int_equal(probe_child(hang, NULL, 50 * NS_PER_MS, &output, &status, &err), -1);
    assert_string_equal(err.text, "no answer in time");
    assert_null(output);
    assert_int_equal(probe_child(leave_one_behind, NULL, LONG_ENOUGH, &output, &status, &err), 0);
    assert_int_equal(status, 3);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void programs(void **state)
{
    const char *const good[] = {"sh", "-c", "echo hi; exit 5", NULL};
    const char *const missing[] = {"/no/such/program", NULL};
    const char *const directory[] = {"/", NULL};
    struct error err = ERROR_INIT;
    char *output;
    int status;

    (void)state;
    assert_int_equal(probe_program((char *const *)good, LONG_ENOUGH, &output, &status, &err), 0);
    assert_string_equal(output, "hi");
    assert_int_equal(status, 5);
    free(output);
    assert_int_equal(probe_program((char *const *)missing, LONG_ENOUGH, &output, &status, &err), 0);
    assert_int_equal(status, STATUS_NOT_FOUND);
    free(output);
    assert_int_equal(probe_program((char *const *)directory, LONG_ENOUGH, &output, &status, &err),
                     0);
    assert_int_equal(status, STATUS_NOT_EXECUTABLE);
    free(output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(catches_output_and_status),
        cmocka_unit_test(survives_signals_and_floods),
        cmocka_unit_test(ends_what_hangs),
        cmocka_unit_test(programs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
