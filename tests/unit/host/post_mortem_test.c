/*
 * What counts as the last words of a machine's process.
 */
#include <string.h>
#include <unistd.h>

#include "common/util.h"
#include "host/machine/post_mortem.h"
#include "tests/unit/check.h"

/* A process that has said so much and closed its standard error. */
static void check_last_words(const char *said, const char *want)
{
    static const struct machine_ops ops = {.process = "the process"};
    struct machine m = MACHINE_INIT;
    struct vmm_errors errors = {0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], said, strlen(said)), strlen(said));
    close(ends[1]);
    m.ops = &ops;
    m.errors_fd = ends[0];
    assert_string_equal(vmm_last_words(&errors, &m), want);
    assert_int_equal(m.errors_fd, -1);
}

static void test_last_words(void **state)
{
    (void)state;
    check_last_words("", "");
    check_last_words("qemu: bad\nqemu: worse\n\n", "qemu: worse");
}

static void test_warning_is_no_cause(void **state)
{
    (void)state;
    check_last_words("qemu: warning: discarding\n", "");
    check_last_words("qemu: bad\nqemu: warning: this\nqemu: warning: that\n", "qemu: bad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_words),
        cmocka_unit_test(test_warning_is_no_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
