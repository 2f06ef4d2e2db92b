#include "common/util.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/check.h"

static void empty_list_is_a_valid_argv(void **state)
{
    (void)state;
    struct strings list = {0};
    assert_null(strings_argv(&list)[0]);
    assert_int_equal(list.count, 0);
    strings_add(&list, "after strings_argv");
    assert_string_equal(strings_argv(&list)[0], "after strings_argv");
    assert_null(strings_argv(&list)[1]);
    strings_free(&list);
    assert_null(list.items);
}

static void list_keeps_its_end_at_every_length(void **state)
{
    (void)state;
    struct strings list = {0};
    for (int i = 0; i < 1100; i++) {
        strings_addf(&list, "%d", i);
        assert_int_equal(list.count, i + 1);
        assert_null(list.items[list.count]);
    }
    for (int i = 0; i < 1100; i++)
        assert_int_equal(atoi(list.items[i]), i);
    struct strings few = {.items = list.items, .count = 3};
    char *joined = strings_join(&few, ", ");
    assert_string_equal(joined, "0, 1, 2");
    free(joined);
    strings_free(&list);
    strings_free(&list);
}

static void allocations_of_nothing_are_not_null(void **state)
{
    (void)state;
    void *p = xcalloc(0, 8);
    assert_non_null(p);
    p = xrealloc(p, 0, 0);
    assert_non_null(p);
    free(p);
    AUTO_FREE char *text = xasprintf("%s-%d", "a", 1);
    assert_string_equal(text, "a-1");
}

static void timeouts_are_rounded_up_and_bounded(void **state)
{
    (void)state;
    assert_int_equal(poll_timeout(DEADLINE_NONE), -1);
    assert_int_equal(poll_timeout(0), 0);
    assert_int_equal(poll_timeout(now_ns() - NS_PER_S), 0);
    int timeout = poll_timeout(now_ns() + 10 * NS_PER_S);
    assert_in_range(timeout, 9000, 10000);
    assert_in_range(poll_timeout(now_ns() + NS_PER_MS / 2), 0, 1);
    assert_int_equal(poll_timeout(DEADLINE_NONE - 1), INT_MAX);
}

static void descriptors_are_closed_once(void **state)
{
    (void)state;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int taken = take_fd(&fd);
    assert_int_equal(fd, -1);
    close_fd(&fd);
    assert_true(fcntl(taken, F_GETFD) >= 0);
    int number = taken;
    close_fd(&taken);
    assert_int_equal(taken, -1);
    assert_int_equal(fcntl(number, F_GETFD), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_list_is_a_valid_argv),
        cmocka_unit_test(list_keeps_its_end_at_every_length),
        cmocka_unit_test(allocations_of_nothing_are_not_null),
        cmocka_unit_test(timeouts_are_rounded_up_and_bounded),
        cmocka_unit_test(descriptors_are_closed_once),
    };
    return cmocka_run_group_tests_name("util", tests, NULL, NULL);
}
