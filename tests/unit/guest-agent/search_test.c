#include "guest-agent/base/search.h"

#include <errno.h>
#include <string.h>

#include "common/search_path.h"
#include "tests/unit/check.h"

static void expect(const char *command, const char *path, const char *wanted)
{
    char *variable = path ? xasprintf("PATH=%s", path) : NULL;
    char other[] = "XPATH=/no";
    char *env[] = {other, variable, NULL};
    struct strings paths = {0};
    search_paths(command, env, &paths);
    char *joined = xstrdup("");
    for (size_t i = 0; i < paths.count; i++) {
        char *longer = xasprintf("%s%s%s", joined, i ? " " : "", paths.items[i]);
        free(joined);
        joined = longer;
    }
    assert_string_equal(joined, wanted);
    free(joined);
    free(variable);
    strings_free(&paths);
}

static void candidates(void **state)
{
    (void)state;
    expect("sh", "/a:/b", "/a/sh /b/sh");
    expect("sh", "/a", "/a/sh");
    expect("sh", "", "./sh");
    expect("sh", ":/a", "./sh /a/sh");
    expect("sh", "/a:", "/a/sh ./sh");
    expect("./sh", "/a:/b", "./sh");
    expect("/bin/sh", "/a:/b", "/bin/sh");
    expect("a/b", "/a", "a/b");
    expect("", "/a", "");
    expect("x", NULL, "/usr/local/sbin/x /usr/local/bin/x /usr/sbin/x /usr/bin/x /sbin/x /bin/x");
}

static int error_of(const char *first, const char *second)
{
    struct strings paths = {0}, args = {0};
    strings_add(&args, "x");
    if (first)
        strings_add(&paths, first);
    if (second)
        strings_add(&paths, second);
    search_exec(strings_argv(&paths), strings_argv(&args), NULL);
    int cause = errno;
    strings_free(&paths);
    strings_free(&args);
    return cause;
}

static void errors(void **state)
{
    (void)state;
    assert_int_equal(error_of(NULL, NULL), ENOENT);
    assert_int_equal(error_of("/no/such", NULL), ENOENT);
    assert_int_equal(error_of("/dev/null/x", NULL), ENOTDIR);
    assert_int_equal(error_of("/dev/null/x", "/no/such"), ENOENT);
    assert_int_equal(error_of("/etc/passwd", NULL), EACCES);
    assert_int_equal(error_of("/etc/passwd", "/no/such"), EACCES);
    assert_int_equal(error_of("/tmp", NULL), EACCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(candidates),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests_name("agent_search", tests, NULL, NULL);
}
