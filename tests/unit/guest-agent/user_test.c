#include "guest-agent/container/user.h"

#include <string.h>

#include "common/util.h"
#include "tests/unit/check.h"

#define PASSWD                                                                                     \
    "root:x:0:0:root:/root:/bin/bash\n"                                                            \
    "# a comment\n"                                                                                \
    "broken line\n"                                                                                \
    "\n"                                                                                           \
    "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"                                            \
    "alice:x:1000:1000::/home/alice:/bin/sh\n"                                                     \
    "alias:x:1000:7::/home/alias:/bin/sh\n"                                                        \
    "777:x:778:778::/numeric:/bin/sh\n"                                                            \
    "homeless:x:1001:1001:::\n"                                                                    \
    "last:x:1002:1002::/last:/bin/sh"
#define GROUP                                                                                      \
    "root:x:0:root\n"                                                                              \
    "daemon:x:1:\n"                                                                                \
    "sudo:x:27:alice,bob\n"                                                                        \
    "alice:x:1000:alice\n"                                                                         \
    "audio:x:29:bob,alice\n"

static int resolve(const char *spec, const char *passwd, const char *group, struct user *user,
                   struct error *err)
{
    FILE *p = passwd ? fmemopen((void *)(uintptr_t)passwd, strlen(passwd), "r") : NULL;
    FILE *g = group ? fmemopen((void *)(uintptr_t)group, strlen(group), "r") : NULL;
    int result = user_resolve(spec, p, g, user, err);
    if (p)
        fclose(p);
    if (g)
        fclose(g);
    return result;
}

static void users_resolve(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        uid_t uid;
        gid_t gid;
        const char *home;
        size_t groups;
    } cases[] = {
        {"root", 0, 0, "/root", 0},
        {"0", 0, 0, "/root", 0},
        {"alice", 1000, 1000, "/home/alice", 2},
        {"1000", 1000, 1000, "/home/alice", 2},
        {"alias", 1000, 7, "/home/alias", 0},
        {"alice:daemon", 1000, 1, "/home/alice", 0},
        {"alice:27", 1000, 27, "/home/alice", 0},
        {"alice:4242", 1000, 4242, "/home/alice", 0},
        {"4242", 4242, 0, "/", 0},
        {"4242:audio", 4242, 29, "/", 0},
        {"777", 778, 778, "/numeric", 0}, /* a name of digits is a name first */
        {"homeless", 1001, 1001, "/", 0},
        {"last", 1002, 1002, "/last", 0}, /* no newline at the end */
        {"4294967294", 4294967294, 0, "/", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct user user = {0};
        struct error err = ERROR_INIT;
        if (resolve(cases[i].spec, PASSWD, GROUP, &user, &err) < 0)
            fail_msg("%s: %s", cases[i].spec, err.text);
        assert_int_equal(user.uid, cases[i].uid);
        assert_int_equal(user.gid, cases[i].gid);
        assert_string_equal(user.home, cases[i].home);
        assert_int_equal(user.group_count, cases[i].groups);
        user_free(&user);
    }
}

static void supplementary_groups(void **state)
{
    (void)state;
    struct user user = {0};
    struct error err = ERROR_INIT;
    assert_int_equal(resolve("alice", PASSWD, GROUP, &user, &err), 0);
    assert_int_equal(user.groups[0], 27);
    assert_int_equal(user.groups[1], 29);
    user_free(&user);
}

static void mistakes_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *message;
    } cases[] = {
        {"nobody", "no user 'nobody'"},
        {"", "not NAME"},
        {":", "not NAME"},
        {":1", "not NAME"},
        {"root:", "not NAME"},
        {"root:nogroup", "no group 'nogroup'"},
        {"-1", "no user '-1'"},
        {"4294967295", "no user"},
        {"99999999999999999999", "no user"},
        {"root:4294967295", "no group"},
        {"1000x", "no user '1000x'"},
        {"root:-1", "no group"},
        {"root:1:2", "no group '1:2'"},
        {"broken line", "no user"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct user user = {0};
        struct error err = ERROR_INIT;
        if (resolve(cases[i].spec, PASSWD, GROUP, &user, &err) != -1)
            fail_msg("accepted: %s", cases[i].spec);
        if (!strstr(err.text, cases[i].message))
            fail_msg("%s: says '%s'", cases[i].spec, err.text);
        assert_int_equal(err.status, STATUS_VMC_FAILED);
    }
}

/* Lines of NIS that the C library reads as root without a home. */
static void nis_lines_are_nobody(void **state)
{
    (void)state;
    static const char passwd[] = "+\n+nis::::::\n-bad\n+::::::\nroot:x:0:0::/root:/bin/sh\n";
    static const char group[] = "+\n+nis:::\n-bad\ncrew:x:9:root\n";
    struct user user = {0};
    struct error err = ERROR_INIT;
    assert_int_equal(resolve("0", passwd, group, &user, &err), 0);
    assert_string_equal(user.home, "/root");
    assert_int_equal(user.group_count, 1);
    user_free(&user);
    assert_int_equal(resolve("+nis", passwd, group, &user, &err), -1);
    assert_int_equal(resolve("-bad", passwd, group, &user, &err), -1);
    assert_int_equal(resolve("0:+nis", passwd, group, &user, &err), -1);
    assert_int_equal(resolve("7", "+::::::\n", "+:::\n", &user, &err), 0);
    assert_string_equal(user.home, "/");
    user_free(&user);
}

static void missing_files(void **state)
{
    (void)state;
    struct user user = {0};
    struct error err = ERROR_INIT;
    assert_int_equal(resolve("5:6", NULL, NULL, &user, &err), 0);
    assert_int_equal(user.uid, 5);
    assert_int_equal(user.gid, 6);
    assert_string_equal(user.home, "/");
    user_free(&user);
    assert_int_equal(resolve("root", NULL, NULL, &user, &err), -1);
    assert_int_equal(resolve("alice", PASSWD, NULL, &user, &err), 0);
    assert_int_equal(user.group_count, 0);
    user_free(&user);
}

static void group_with_very_many_members(void **state)
{
    (void)state;
    struct user user = {0};
    struct error err = ERROR_INIT;
    size_t members = 50000, used;
    char *group = xcalloc(1, members * 10 + 100);
    used = (size_t)sprintf(group, "crowd:x:55:");
    for (size_t i = 0; i < members; i++)
        used += (size_t)sprintf(group + used, "u%zu,", i);
    sprintf(group + used, "alice\n");
    assert_int_equal(resolve("alice", PASSWD, group, &user, &err), 0);
    assert_int_equal(user.group_count, 1);
    assert_int_equal(user.groups[0], 55);
    user_free(&user);
    free(group);
}

static void endless_lines_end(void **state)
{
    (void)state;
    struct user user = {0};
    struct error err = ERROR_INIT;
    size_t length = 3 << 20;
    char *text = xcalloc(1, length + 1);
    memset(text, 'a', length);
    assert_int_equal(resolve("alice", text, NULL, &user, &err), -1);
    assert_non_null(strstr(err.text, "longer than"));
    assert_int_equal(resolve("alice", PASSWD, text, &user, &err), -1);
    free(text);
}

static void too_many_groups_are_refused(void **state)
{
    (void)state;
    struct user user = {0};
    struct error err = ERROR_INIT;
    char *group = xcalloc(1, 2000 * 40);
    size_t used = 0;
    for (int i = 0; i < 1025; i++)
        used += (size_t)sprintf(group + used, "g%d:x:%d:alice\n", i, 5000 + i);
    assert_int_equal(resolve("alice", PASSWD, group, &user, &err), -1);
    assert_non_null(strstr(err.text, "more than 1024 groups"));
    free(group);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_resolve),        cmocka_unit_test(supplementary_groups),
        cmocka_unit_test(mistakes_are_refused), cmocka_unit_test(missing_files),
        cmocka_unit_test(nis_lines_are_nobody), cmocka_unit_test(group_with_very_many_members),
        cmocka_unit_test(endless_lines_end),    cmocka_unit_test(too_many_groups_are_refused),
    };
    return cmocka_run_group_tests_name("agent_user", tests, NULL, NULL);
}
