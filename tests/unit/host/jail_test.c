/* The pure parts of the jail: where control groups go, id ranges, files, what is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "host/base/cgroup.h"
#include "host/base/id_range.h"
#include "host/jail/files.h"
#include "host/jail/isolation.h"

struct wanted_plan {
    const char *memory_v1, *pids_v1, *top_v2, *parent_v2;
};

static void check_plan(const char *cgroup, const char *mountinfo, bool privileged,
                       const struct wanted_plan *want)
{
    struct host_cgroup_plan plan;
    host_cgroup_plan(cgroup, mountinfo, privileged, &plan);
    const char *const got[] = {plan.memory_v1, plan.pids_v1, plan.top_v2, plan.parent_v2};
    const char *const wanted[] = {want->memory_v1, want->pids_v1, want->top_v2, want->parent_v2};
    for (size_t i = 0; i < ARRAY_LEN(got); i++) {
        assert_int_equal(got[i] == NULL, wanted[i] == NULL);
        if (got[i])
            assert_string_equal(got[i], wanted[i]);
    }
    host_cgroup_plan_free(&plan);
}

#define V1_MOUNTS                                                                                  \
    "20 1 0:5 / /proc rw - proc proc rw\n"                                                         \
    "30 1 0:9 / /sys/fs/cgroup/memory rw,relatime shared:3 - cgroup cgroup rw,memory\n"            \
    "31 1 0:10 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n"                        \
    "32 1 0:11 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
#define V2_MOUNTS "30 1 0:9 / /sys/fs/cgroup rw,relatime shared:3 - cgroup2 cgroup2 rw,nsdelegate\n"

static void test_groups_of_version_1(void **state)
{
    (void)state;
    check_plan("9:memory:/a/b\n8:pids:/\n0::/\n", V1_MOUNTS, false,
               &(struct wanted_plan){
                   .memory_v1 = "/sys/fs/cgroup/memory/a/b",
                   .pids_v1 = "/sys/fs/cgroup/pids",
               });
    /* A mount that shows only a part, as in a container. */
    check_plan("9:memory:/docker/c/x\n", "30 1 0:9 /docker/c /cg rw - cgroup cgroup rw,memory\n",
               false, &(struct wanted_plan){.memory_v1 = "/cg/x"});
    check_plan("9:memory:/elsewhere\n", "30 1 0:9 /docker/c /cg rw - cgroup cgroup rw,memory\n",
               false, &(struct wanted_plan){0});
    check_plan("9:memory:/docker/cx/y\n", "30 1 0:9 /docker/c /cg rw - cgroup cgroup rw,memory\n",
               false, &(struct wanted_plan){0});
    /* Two controllers in one hierarchy, and one whose name only begins alike. */
    check_plan("9:memory2,pids,memory:/g\n", "30 1 0:9 / /cg rw - cgroup cgroup rw,pids,memory\n",
               false, &(struct wanted_plan){.memory_v1 = "/cg/g", .pids_v1 = "/cg/g"});
    check_plan("9:memory2:/g\n", "30 1 0:9 / /cg rw - cgroup cgroup rw,memory2\n", false,
               &(struct wanted_plan){0});
}

static void test_groups_of_version_2(void **state)
{
    (void)state;
    check_plan("0::/user.slice/user-1000.slice/app.slice/term.scope\n", V2_MOUNTS, false,
               &(struct wanted_plan){
                   .parent_v2 = "/sys/fs/cgroup/user.slice/user-1000.slice/app.slice",
               });
    check_plan("0::/user.slice/session-1.scope\n", V2_MOUNTS, true,
               &(struct wanted_plan){
                   .top_v2 = "/sys/fs/cgroup",
                   .parent_v2 = "/sys/fs/cgroup/vmc",
               });
    /* At the top there is nothing beside, and above a cgroup namespace nothing at all. */
    check_plan("0::/\n", V2_MOUNTS, false, &(struct wanted_plan){0});
    check_plan("0::/../other\n", V2_MOUNTS, false, &(struct wanted_plan){0});
    check_plan("", "", true, &(struct wanted_plan){0});
    check_plan("garbage\n::::\n0:\n", "garbage\n - \n1 2 - cgroup\n", true,
               &(struct wanted_plan){0});
}

static void test_ranges(void **state)
{
    (void)state;
    assert_int_equal(id_range_of(0), 0);
    assert_int_equal(id_range_of(1000), 0);
    assert_int_equal(id_range_of(0x6fffffff), 0);
    assert_int_equal(id_range_of(0x70000000), 0x70000000);
    assert_int_equal(id_range_of(0x7000ffff), 0x70000000);
    assert_int_equal(id_range_of(0x70010021), 0x70010000);
    assert_int_equal(id_range_of(0x7ffdffff), 0x7ffd0000);
    assert_int_equal(id_range_of(0x7ffe0000), 0);
    assert_int_equal(id_range_of(0xffffffff), 0);
}

static void test_files(void **state)
{
    (void)state;
    AUTO_FREE char *interpreter = jail_files_interpreter("/proc/self/exe");
    assert_non_null(interpreter);
    assert_int_equal(interpreter[0], '/');
    assert_null(jail_files_interpreter("/etc/passwd"));
    assert_null(jail_files_interpreter("/no/such/file"));
    AUTO_STRINGS struct strings files = {0};
    assert_null(jail_files_library_path(&files));
    strings_add(&files, "/usr/bin/program");
    strings_add(&files, "/lib/a/libc.so.6");
    strings_add(&files, "/lib/a/libm.so.6");
    strings_add(&files, "/opt/lib/libx.so");
    AUTO_FREE char *path = jail_files_library_path(&files);
    assert_string_equal(path, "/lib/a:/opt/lib");
}

static void test_missing_layers(void **state)
{
    (void)state;
    struct isolation isolation = {0};
    struct error err = ERROR_INIT;
    assert_true(isolation_complete(&isolation));
    isolation_lacks(&isolation, LAYER_CGROUP, "no %s", "controller");
    isolation_lacks(&isolation, LAYER_CGROUP, "another reason");
    isolation_lacks(&isolation, LAYER_USER, "none to be had");
    assert_false(isolation_complete(&isolation));
    assert_int_equal(isolation_refuse(&isolation, &err), -1);
    assert_string_equal(err.text,
                        "--require-jail: the jail around the hypervisor lacks a user namespace "
                        "(none to be had), control group limits (no controller)");
    assert_true(isolation_expected(LAYER_CGROUP, true));
    assert_false(isolation_expected(LAYER_CGROUP, false));
    assert_false(isolation_expected(LAYER_WRITES, true));
    isolation_free(&isolation);
    assert_true(isolation_complete(&isolation));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups_of_version_1),
        cmocka_unit_test(test_groups_of_version_2),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_missing_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
