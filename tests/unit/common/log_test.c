#include "common/log.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/check.h"

/* What log_debug() writes to descriptor 2 for one message. */
static ssize_t capture(char *text, size_t size, const char *message)
{
    int fds[2];
    int saved = dup(2);
    assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    dup2(fds[1], 2);
    log_debug("%s", message);
    dup2(saved, 2);
    close(saved);
    close(fds[1]);
    ssize_t n = read(fds[0], text, size);
    close(fds[0]);
    return n;
}

static void silent_until_enabled(void **state)
{
    (void)state;
    char text[4096];
    log_debug_enabled = false;
    assert_int_equal(capture(text, sizeof(text), "x"), 0);
    log_debug_enabled = true;
    ssize_t n = capture(text, sizeof(text), "x");
    assert_int_equal(n, 14);
    assert_memory_equal(text, "vmc: debug: x\n", 14);
}

static void long_lines_are_cut_and_still_end(void **state)
{
    (void)state;
    char message[3000], text[4096];
    memset(message, 'a', sizeof(message) - 1);
    message[sizeof(message) - 1] = '\0';
    log_debug_enabled = true;
    ssize_t n = capture(text, sizeof(text), message);
    assert_in_range(n, 1000, 1100);
    assert_int_equal(text[n - 1], '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silent_until_enabled),
        cmocka_unit_test(long_lines_are_cut_and_still_end),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
