#include "common/container_config.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/check.h"

/* An exact copy on the heap: a read past the end is seen. */
static char *copy_exactly(const char *json)
{
    return memcpy(xcalloc(strlen(json), 1), json, strlen(json));
}

static int parse(const char *json, struct agent_config *config, struct error *err)
{
    AUTO_FREE char *copy = copy_exactly(json);
    *config = (struct agent_config){0};
    return agent_config_parse(copy, strlen(json), config, err);
}

static int parse_shape(const char *json, struct container_shape *shape, struct error *err)
{
    AUTO_FREE char *copy = copy_exactly(json);
    *shape = (struct container_shape){0};
    return container_shape_parse(copy, strlen(json), shape, err);
}

static int parse_process(const char *json, struct process_config *process, struct error *err)
{
    AUTO_FREE char *copy = copy_exactly(json);
    *process = (struct process_config){0};
    return process_config_parse(copy, strlen(json), process, err);
}

static void full_configuration(void **state)
{
    (void)state;
    struct agent_config c;
    struct error err = ERROR_INIT;
    assert_int_equal(
        parse("{\"process\":{\"args\":[\"sh\",\"-c\",\"echo "
              "\\\"hi\\\"\\n\"],\"env\":[\"A=1\",\"B=\"],"
              "\"cwd\":\"/srv\",\"user\":\"nobody:users\",\"tty\":true,\"rows\":24,\"columns\":80},"
              "\"hostname\":\"box\",\"time_ns\":1700000000123456789,\"entropy\":"
              "\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff\","
              "\"debug\":true}",
              &c, &err),
        0);
    assert_int_equal(c.process.args.count, 3);
    assert_string_equal(c.process.args.items[2], "echo \"hi\"\n");
    assert_int_equal(c.process.env.count, 2);
    assert_string_equal(c.process.env.items[1], "B=");
    assert_string_equal(c.process.cwd, "/srv");
    assert_string_equal(c.process.user, "nobody:users");
    assert_string_equal(c.hostname, "box");
    assert_true(c.process.tty && c.debug && c.entropy.length == ENTROPY_SIZE);
    assert_int_equal(c.process.rows, 24);
    assert_int_equal(c.process.columns, 80);
    assert_true(c.time_ns == 1700000000123456789);
    assert_int_equal(c.entropy.bytes[0], 0);
    assert_int_equal(c.entropy.bytes[31], 0xff);
    agent_config_free(&c);
    agent_config_free(&c);
}

static void defaults(void **state)
{
    (void)state;
    struct agent_config c;
    struct error err = ERROR_INIT;
    assert_int_equal(parse("{\"process\":{\"args\":[\"\"]}}", &c, &err), 0);
    assert_null(c.process.cwd);
    assert_null(c.process.user);
    assert_null(c.hostname);
    assert_false(c.process.tty || c.debug || c.entropy.length > 0);
    assert_int_equal(c.process.env.count, 0);
    agent_config_free(&c);
}

static void full_shape(void **state)
{
    (void)state;
    struct container_shape s;
    struct error err = ERROR_INIT;
    assert_int_equal(
        parse_shape("{\"root\":{\"upper\":\"ram\",\"size\":1073741824,\"image\":true},"
                    "\"netns\":true,\"userns\":true,\"shm_size\":4096,"
                    "\"devices\":[{\"path\":\"/dev/a\",\"source\":\"/dev/b\"}],"
                    "\"device_rules\":[],\"masked\":[\"/proc/keys\"],"
                    "\"seccomp\":\"060000000000ff7f\",\"capabilities\":{\"bounding\":1}}",
                    &s, &err),
        0);
    assert_true(is_container(&s) && s.image && s.netns && s.userns && s.has_device_rules);
    assert_int_equal(s.upper, UPPER_RAM);
    assert_int_equal(s.upper_size, 1073741824);
    assert_int_equal(s.shm_size, 4096);
    assert_string_equal(s.devices.items[0].source, "/dev/b");
    assert_string_equal(s.masked.items[0], "/proc/keys");
    assert_int_equal(s.seccomp.length, 8);
    assert_true(s.has_capabilities && s.capabilities.bounding == 1);
    container_shape_free(&s);
}

static void process_alone(void **state)
{
    (void)state;
    struct process_config p;
    struct error err = ERROR_INIT;
    assert_int_equal(parse_process("{\"args\":[\"a\"],\"groups\":[\"adm\"]}", &p, &err), 0);
    assert_null(p.cwd);
    assert_string_equal(p.groups.items[0], "adm");
    assert_false(p.has_capabilities || p.has_no_new_privs || p.has_rlimits);
    process_config_free(&p);
    assert_int_equal(parse_process("{\"args\":[\"a\"],\"no_new_privs\":false,\"rlimits\":[],"
                                   "\"capabilities\":{\"bounding\":1}}",
                                   &p, &err),
                     0);
    assert_true(p.has_capabilities && p.has_no_new_privs && p.has_rlimits);
    assert_true(p.capabilities.bounding == 1 && !p.no_new_privs && p.rlimits.count == 0);
    process_config_free(&p);
    process_config_free(&p);
}

static void plain_shape(void **state)
{
    (void)state;
    struct container_shape s;
    struct error err = ERROR_INIT;
    assert_int_equal(parse_shape("{}", &s, &err), 0);
    assert_false(is_container(&s) || s.hosted || s.has_device_rules || s.has_capabilities);
    assert_int_equal(s.upper, UPPER_STAY);
    container_shape_free(&s);
}

/* A configuration leaves the shape that came before it alone, also when it is refused. */
static void shape_stays(void **state)
{
    (void)state;
    struct agent_config c = {0};
    struct error err = ERROR_INIT;
    assert_int_equal(parse_shape("{\"root\":{\"upper\":\"host\"}}", &c.shape, &err), 0);
    assert_int_equal(agent_config_parse("{", 1, &c, &err), -1);
    assert_int_equal(c.shape.upper, UPPER_HOST);
    static const char json[] = "{\"process\":{\"args\":[\"a\"]}}";
    assert_int_equal(agent_config_parse(json, sizeof(json) - 1, &c, &err), 0);
    assert_int_equal(c.shape.upper, UPPER_HOST);
    assert_int_equal(c.process.args.count, 1);
    agent_config_free(&c);
}

static void uppers(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum upper upper;
    } cases[] = {
        {"ram", UPPER_RAM}, {"disk", UPPER_DISK}, {"host", UPPER_HOST}, {"none", UPPER_NONE}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct container_shape s;
        struct error err = ERROR_INIT;
        char json[100];
        snprintf(json, sizeof(json), "{\"root\":{\"upper\":\"%s\"}}", cases[i].name);
        assert_int_equal(parse_shape(json, &s, &err), 0);
        assert_int_equal(s.upper, cases[i].upper);
        container_shape_free(&s);
    }
}

static void arguments_need_not_be_utf8(void **state)
{
    (void)state;
    struct agent_config c;
    struct error err = ERROR_INIT;
    assert_int_equal(
        parse("{\"process\":{\"args\":[\"\xff\xfe\x80\",\"\xc3\xa4\"],\"env\":[\"X=\xff\"]}}", &c,
              &err),
        0);
    assert_string_equal(c.process.args.items[0], "\xff\xfe\x80");
    assert_string_equal(c.process.args.items[1], "\xc3\xa4");
    assert_string_equal(c.process.env.items[0], "X=\xff");
    agent_config_free(&c);
}

struct mistake {
    const char *json, *message;
};

static void check_refusal(const struct mistake *m, int result, const struct error *err)
{
    if (result != -1)
        fail_msg("accepted: %s", m->json);
    if (!strstr(err->text, m->message) || !strstr(err->text, "configuration"))
        fail_msg("%s: says '%s'", m->json, err->text);
}

static void mistakes_of_process_are_refused(void **state)
{
    (void)state;
    static const struct mistake cases[] = {
        {"", "byte 0"},
        {" ", "byte 1"},
        {"[]", "not a JSON object"},
        {"null", "byte"},
        {"{", "byte 1"},
        {"{}", "no args"},
        {"{\"args\":[]}", "no args"},
        {"{\"args\":\"sh\"}", "args is not an array"},
        {"{\"args\":[1]}", "args is not a string"},
        {"{\"args\":[null]}", "args is not a string"},
        {"{\"args\":[[\"a\"]]}", "args is not a string"},
        {"{\"args\":[\"a\\u0000b\"]}", "NUL"},
        {"{\"args\":[\"a\"]}{}", "byte"},
        {"{\"args\":[\"a\"],}", "byte"},
        {"{'args':['a']}", "byte"},
        {"{\"args\":[\"a\"],\"argz\":1}", "unknown key 'argz'"},
        {"{\"args\":[\"a\"],\"env\":[\"PATH\"]}", "'PATH' is not NAME=VALUE"},
        {"{\"args\":[\"a\"],\"env\":[\"=x\"]}", "NAME=VALUE"},
        {"{\"args\":[\"a\"],\"env\":{}}", "env is not an array"},
        {"{\"args\":[\"a\"],\"cwd\":\"srv\"}", "cwd is not an absolute path"},
        {"{\"args\":[\"a\"],\"cwd\":\"\"}", "cwd"},
        {"{\"args\":[\"a\"],\"user\":\"\"}", "user is empty"},
        {"{\"args\":[\"a\"],\"user\":0}", "user is not a string"},
        {"{\"args\":[\"a\"],\"tty\":1}", "tty is not true or false"},
        {"{\"args\":[\"a\"],\"rows\":65536}", "rows is out of range"},
        {"{\"args\":[\"a\"],\"columns\":-1}", "columns is out of range"},
        {"{\"args\":[\"a\"],\"rows\":1.5}", "rows is not an integer"},
        {"{\"args\":[\"a\"],\"capabilities\":{\"bounding\":-1}}", "bounding is out of range"},
        {"{\"args\":[\"a\"],\"rlimits\":[{\"resource\":16}]}", "resource is out of range"},
        {"{\"args\":[\"a\"],\"oom_score_adj\":1001}", "oom_score_adj is out of range"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct process_config process;
        struct error err = ERROR_INIT;
        check_refusal(&cases[i], parse_process(cases[i].json, &process, &err), &err);
    }
}

static void mistakes_are_refused(void **state)
{
    (void)state;
    static const struct mistake cases[] = {
        {"", "byte 0"},
        {"[]", "not a JSON object"},
        {"{}", "no process"},
        {"{\"process\":{}}", "no args"},
        {"{\"process\":[]}", "process is not a JSON object"},
        {"{\"process\":{\"args\":[\"a\"],\"hostname\":\"b\"}}", "unknown key 'hostname'"},
        {"{\"args\":[\"a\"]}", "unknown key 'args'"},
        {"{\"process\":{\"args\":[\"a\"]},\"hostname\":\"\"}", "hostname is empty"},
        {"{\"process\":{\"args\":[\"a\"]},\"time_ns\":-1}", "time_ns is out of range"},
        {"{\"process\":{\"args\":[\"a\"]},\"entropy\":\"00\"}",
         "entropy has a wrong number of digits"},
        {"{\"process\":{\"args\":[\"a\"]},\"entropy\":"
         "\"zz0102030405060708090a0b0c0d0e0f1011121314151617"
         "18191a1b1c1d1eff\"}",
         "entropy is not hexadecimal"},
        {"{\"process\":{\"args\":[\"a\"]},\"sysctls\":[{\"name\":\"a\"}]}",
         "needs a name and a value"},
        {"{\"process\":{\"args\":[\"a\"]},\"sysctls\":[{\"name\":\"a/../b\",\"value\":\"1\"}]}",
         "not the name of a sysctl"},
        {"{\"process\":{\"args\":[\"a\"]},\"mounts\":[{\"target\":\"/a\"}]}",
         "needs a kind and a target"},
        {"{\"process\":{\"args\":[\"a\"]},\"mounts\":[{\"kind\":\"\",\"target\":\"/a\"}]}",
         "unknown kind"},
        {"{\"process\":{\"args\":[\"a\"]},\"mounts\":[{\"kind\":\"volume\",\"target\":\"/"
         "a\",\"tag\":\"t\","
         "\"path\":\"a/b\"}]}",
         "needs a tag and a path"},
        {"{\"process\":{\"args\":[\"a\"]},\"files\":[{\"path\":\"/a\"}]}",
         "needs a path and a text"},
        {"{\"process\":{\"args\":[\"a\"]},\"cgroup\":{\"pids_max\":1e9}}",
         "pids_max is not an integer"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct agent_config c;
        struct error err = ERROR_INIT;
        check_refusal(&cases[i], parse(cases[i].json, &c, &err), &err);
    }
}

static void mistakes_of_shape_are_refused(void **state)
{
    (void)state;
    static const struct mistake cases[] = {
        {"", "byte 0"},
        {"[]", "not a JSON object"},
        {"{\"args\":[\"a\"]}", "unknown key 'args'"},
        {"{\"netns\":true}", "settings of a container"},
        {"{\"network\":{}}", "unknown key 'network'"},
        {"{\"root\":{\"upper\":\"host\",\"image\":true}}", "needs its upper in the guest"},
        {"{\"root\":1}", "root is not a JSON object"},
        {"{\"root\":{}}", "the root needs an upper"},
        {"{\"root\":{\"upper\":\"tape\"}}", "unknown upper"},
        {"{\"root\":{\"upper\":\"ram\",\"size\":-1}}", "size is out of range"},
        {"{\"root\":{\"upper\":\"ram\",\"x\":{}}}", "unknown key 'x'"},
        {"{\"seccomp\":\"00\"}", "not a whole number of instructions"},
        {"{\"capabilities\":{\"bounding\":-1}}", "bounding is out of range"},
        {"{\"rlimits\":[1]}", "rlimits is not a JSON object"},
        {"{\"rlimits\":[{\"resource\":16}]}", "resource is out of range"},
        {"{\"devices\":[{\"major\":1}]}", "device needs a path"},
        {"{\"device_rules\":[{\"type\":\"d\",\"access\":\"r\"}]}", "must be a, b or c"},
        {"{\"device_rules\":[{\"type\":\"c\",\"access\":\"rx\"}]}", "r, w and m"},
        {"{\"root\":{\"upper\":[[[[[[1]]]]]]}}", "byte"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct container_shape s;
        struct error err = ERROR_INIT;
        check_refusal(&cases[i], parse_shape(cases[i].json, &s, &err), &err);
    }
}

static void long_hostname_is_refused(void **state)
{
    (void)state;
    struct agent_config c;
    struct error err = ERROR_INIT;
    char json[200];
    for (int length = 64; length <= 65; length++) {
        snprintf(json, sizeof(json), "{\"process\":{\"args\":[\"a\"]},\"hostname\":\"%0*d\"}",
                 length, 0);
        assert_int_equal(parse(json, &c, &err), length == 64 ? 0 : -1);
        if (length == 64)
            agent_config_free(&c);
    }
}

static void size_has_a_limit(void **state)
{
    (void)state;
    struct agent_config c;
    struct error err = ERROR_INIT;
    assert_int_equal(agent_config_parse("{", CONFIG_SIZE_MAX + 1, &c, &err), -1);
    assert_non_null(strstr(err.text, "larger than"));
}

static void ten_thousand_variables(void **state)
{
    (void)state;
    struct agent_config c;
    struct error err = ERROR_INIT;
    char *json = xcalloc(1, 10000 * 20 + 100);
    size_t used = (size_t)sprintf(json, "{\"process\":{\"args\":[\"a\"],\"env\":[");
    for (int i = 0; i < 10000; i++)
        used += (size_t)sprintf(json + used, "%s\"V%d=%d\"", i ? "," : "", i, i);
    sprintf(json + used, "]}}");
    assert_int_equal(parse(json, &c, &err), 0);
    assert_int_equal(c.process.env.count, 10000);
    assert_string_equal(c.process.env.items[9999], "V9999=9999");
    agent_config_free(&c);
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_configuration),
        cmocka_unit_test(defaults),
        cmocka_unit_test(full_shape),
        cmocka_unit_test(process_alone),
        cmocka_unit_test(plain_shape),
        cmocka_unit_test(shape_stays),
        cmocka_unit_test(mistakes_of_shape_are_refused),
        cmocka_unit_test(uppers),
        cmocka_unit_test(arguments_need_not_be_utf8),
        cmocka_unit_test(mistakes_of_process_are_refused),
        cmocka_unit_test(mistakes_are_refused),
        cmocka_unit_test(long_hostname_is_refused),
        cmocka_unit_test(size_has_a_limit),
        cmocka_unit_test(ten_thousand_variables),
    };
    return cmocka_run_group_tests_name("agent_config", tests, NULL, NULL);
}
