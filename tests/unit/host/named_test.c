/* Directories with names and locks: what is shared, what is refused, what is removed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>

#include "common/util.h"
#include "host/base/remove_tree.h"
#include "host/store/named.h"

static const struct named_kind things = {.directory = "things", .what = "thing", .lock = "lock"};

static char base[64];

static int set_up(void **state)
{
    (void)state;
    snprintf(base, sizeof(base), "/tmp/vmc-named-test-XXXXXX");
    return mkdtemp(base) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return remove_tree(AT_FDCWD, base, NULL);
}

/* The lock, or -1 with the error's text. */
static int use(const char *name, short type, struct error *err)
{
    int dir = -1, lock = -1;
    if (named_use(&things, base, name, type, &dir, &lock, err) == 0)
        close(dir);
    return lock;
}

static int remove_names(const char *first, const char *second, struct error *err)
{
    char *names[] = {(char *)first, (char *)second};
    return named_remove(&things, base, names, second ? 2 : 1, err);
}

static void assert_names(const char *expected)
{
    struct error err = ERROR_INIT;
    struct strings names = {0};
    char text[64] = "";
    int parent = -1;
    assert_int_equal(named_list(&things, base, &parent, &names, &err), 0);
    for (size_t i = 0; i < names.count; i++) {
        strcat(text, names.items[i]);
        strcat(text, " ");
    }
    assert_string_equal(text, expected);
    strings_free(&names);
    close_fd(&parent);
}

static bool in_use(const char *name)
{
    struct error err = ERROR_INIT;
    struct strings names = {0};
    int parent = -1;
    assert_int_equal(named_list(&things, base, &parent, &names, &err), 0);
    bool result = named_in_use(&things, parent, name);
    strings_free(&names);
    close_fd(&parent);
    return result;
}

static void test_locks(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    int first = use("box", F_RDLCK, &err), second = use("box", F_RDLCK, &err);
    assert_true(first >= 0 && second >= 0);
    assert_int_equal(use("box", F_WRLCK, &err), -1);
    assert_string_equal(err.text, "the thing box is in use");
    assert_true(in_use("box"));
    close(first);
    close(second);
    assert_false(in_use("box"));
    int only = use("box", F_WRLCK, &err);
    assert_true(only >= 0);
    assert_int_equal(use("box", F_RDLCK, &err), -1);
    assert_string_equal(err.text, "the thing box is being removed");
    close(only);
}

static void test_list(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    assert_names("");
    close(use("two", F_RDLCK, &err));
    close(use("one", F_RDLCK, &err));
    AUTO_FREE char *hidden = xasprintf("%s/things/.removed-three", base);
    assert_int_equal(mkdir(hidden, 0700), 0);
    assert_names("one two ");
    AUTO_FREE char *parent = xasprintf("%s/things", base);
    struct stat st;
    assert_int_equal(chmod(parent, 0755), 0);
    assert_names("one two ");
    assert_int_equal(stat(parent, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void test_remove(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    assert_int_equal(remove_names("one", NULL, &err), -1);
    assert_string_equal(err.text, "no such thing: one");
    close(use("one", F_RDLCK, &err));
    int lock = use("two", F_RDLCK, &err);

    /* All or none: one that does not exist, one that is in use. */
    assert_int_equal(remove_names("one", "three", &err), -1);
    assert_string_equal(err.text, "no such thing: three");
    assert_int_equal(remove_names("one", "two", &err), -1);
    assert_string_equal(err.text, "the thing two is in use");
    assert_int_equal(remove_names("one", "../two", &err), -1);
    assert_names("one two ");
    close(lock);
    assert_int_equal(remove_names("one", "two", &err), 0);
    assert_names("");
}

static void test_interrupted(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    AUTO_FREE char *hidden = xasprintf("%s/things/.removed-box", base);
    AUTO_FREE char *bare = xasprintf("%s/things/bare", base);

    /* A removal that was killed: the next one finishes it, and one is enough. */
    close(use("box", F_RDLCK, &err));
    assert_int_equal(mkdir(hidden, 0700), 0);
    assert_int_equal(remove_names("box", NULL, &err), 0);
    assert_int_equal(access(hidden, F_OK), -1);
    assert_int_equal(mkdir(hidden, 0700), 0);
    assert_int_equal(remove_names("box", NULL, &err), 0);
    assert_int_equal(remove_names("box", NULL, &err), -1);

    /* A first use that was killed before there was a lock. */
    assert_int_equal(mkdir(bare, 0700), 0);
    assert_false(in_use("bare"));
    assert_int_equal(remove_names("bare", NULL, &err), 0);
    assert_names("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_locks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_list, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_remove, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_interrupted, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
