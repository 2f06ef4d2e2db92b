#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "common/util.h"
#include "host/cli/request.h"
#include "host/spec/limits.h"

static const struct machine_facts machine = {.memory = 512ull << 20, .cpus = 2};

/* Checks a limit that some source has set; *err says what is wrong with it. */
static int check(enum option_id id, const char *value, const char *origin, struct error *err)
{
    struct setting setting = {option_by_id(id), value, origin};
    const struct request req = {.settings = &setting, .setting_count = 1};
    struct cgroup_spec spec = {0};
    int result = cgroup_resolve(&req, &machine, &spec, err);
    cgroup_spec_free(&spec);
    return result;
}

/* Errors name the setting as its source calls it. */
static void errors_name_the_origin(void **state)
{
    static const struct {
        enum option_id id;
        const char *value, *origin, *message;
    } rows[] = {
        {OPTION_MEM_LIMIT, "1k", "config.json: linux.resources.memory.limit",
         "config.json: linux.resources.memory.limit 1k is too little: at least 4m"},
        {OPTION_MEM_LIMIT, "1g", "config.json: linux.resources.memory.limit",
         "config.json: linux.resources.memory.limit is more than the machine has (--memory 512m)"},
        {OPTION_CPUSET_CPUS, "1-0", "file:3: cpus", "file:3: cpus 1-0: 1-0 runs backwards"},
        {OPTION_CPU_QUOTA, "900000", "x.quota",
         "x.quota 900000 is more than the machine's 2 processors have in a period (200000 us)"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = ERROR_INIT;
        assert_int_equal(check(rows[i].id, rows[i].value, rows[i].origin, &err), -1);
        assert_string_equal(err.text, rows[i].message);
    }
}

/* On a command line it is the option's first name, however it was spelled. */
static void command_line(void **state)
{
    const char *argv[] = {"vmc", "run", "-m1g", "--memory-swap", "2g", "--port=80", "x", NULL};
    static const struct {
        enum option_id id;
        const char *value, *origin;
    } rows[] = {
        {OPTION_MEMORY, "1g", "--memory"},
        {OPTION_MEM_SWAP, "2g", "--mem-swap"},
        {OPTION_PUBLISH, "80", "--publish"},
        {OPTION_CPUS, "1", "--cpus"}, /* the default */
    };
    struct error err = ERROR_INIT;
    struct request req = {0};
    (void)state;
    assert_int_equal(cli_parse(ARRAY_LEN(argv) - 1, (char **)argv, &req, &err), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct setting s = request_setting_or_default(&req, rows[i].id);
        assert_string_equal(s.value, rows[i].value);
        assert_string_equal(s.origin, rows[i].origin);
    }
    assert_null(request_setting(&req, OPTION_CPUS));
    request_free(&req);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_name_the_origin),
        cmocka_unit_test(command_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
