#include "common/error.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/check.h"

static void set_fills_text_and_status(void **state)
{
    (void)state;
    struct error err = {.status = 7};
    assert_int_equal(error_set(&err, "no %s here", "thing"), -1);
    assert_string_equal(err.text, "no thing here");
    assert_int_equal(err.status, STATUS_VMC_FAILED);
}

static void errno_is_appended_and_taken_first(void **state)
{
    (void)state;
    struct error err;
    errno = ENOENT;
    assert_int_equal(error_errno(&err, "cannot open %s", "x"), -1);
    assert_string_equal(err.text, "cannot open x: No such file or directory");
}

static void wrap_puts_context_in_front(void **state)
{
    (void)state;
    struct error err;
    error_set(&err, "inner");
    err.status = STATUS_NOT_FOUND;
    assert_int_equal(error_wrap(&err, "outer %d", 1), -1);
    assert_string_equal(err.text, "outer 1: inner");
    assert_int_equal(err.status, STATUS_NOT_FOUND);
}

static void null_error_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, "x"), -1);
    assert_int_equal(error_errno(NULL, "x"), -1);
    assert_int_equal(error_wrap(NULL, "x"), -1);
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    struct error err;
    char text[3 * sizeof(err.text)];
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    error_set(&err, "%s", text);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    errno = EIO;
    error_errno(&err, "%s", text);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    error_wrap(&err, "%s", text);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void sanitize_leaves_utf8_and_nothing_dangerous(void **state)
{
    (void)state;
    char text[] = "a\033[31m\n\r\tb\x7f \xc3\xa4\x01";
    error_sanitize(text);
    assert_string_equal(text, "a?[31m???b? \xc3\xa4?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_fills_text_and_status),
        cmocka_unit_test(errno_is_appended_and_taken_first),
        cmocka_unit_test(wrap_puts_context_in_front),
        cmocka_unit_test(null_error_is_accepted),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(sanitize_leaves_utf8_and_nothing_dangerous),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
