/* The launcher's readers of foreign bytes: QMP, the console log; and the agent's configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/util.h"
#include "host/guest/config.h"
#include "host/machine/console_log.h"
#include "host/machine/qmp.h"

static int feed(struct qmp *q, const char *text, struct error *err)
{
    return qmp_feed(q, text, strlen(text), err);
}

static void test_qmp_stop_in_pieces(void **state)
{
    (void)state;
    static const char text[] = "{\"QMP\": {\"version\": {}}}\r\n{\"return\": {}}\r\n"
                               "{\"timestamp\": {\"seconds\": 1}, \"event\": \"STOP\"}\r\n";
    struct qmp q = {.fd = -1};
    struct error err = ERROR_INIT;
    for (size_t i = 0; text[i]; i++) {
        assert_false(q.stopped);
        assert_int_equal(qmp_feed(&q, text + i, 1, &err), 0);
    }
    assert_true(q.stopped);
    qmp_close(&q);
}

static void test_qmp_migration(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct qmp q = {.fd = -1};
    assert_int_equal(feed(&q,
                          "{\"event\":\"MIGRATION\",\"data\":{\"status\":\"active\"}}\n"
                          "{\"event\":\"MIGRATION\",\"data\":null}\n"
                          "{\"event\":\"MIGRATION\",\"data\":{\"status\":7}}\n"
                          "{\"event\":\"OTHER\",\"data\":{\"status\":\"failed\"}}\n",
                          &err),
                     0);
    assert_false(q.migrated || q.lost);
    assert_int_equal(
        feed(&q, "{\"event\":\"MIGRATION\",\"data\":{\"status\":\"completed\"}}\n", &err), 0);
    assert_true(q.migrated && !q.lost);
    assert_int_equal(feed(&q, "{\"event\":\"MIGRATION\",\"data\":{\"status\":\"failed\"}}\n", &err),
                     0);
    assert_true(q.lost && !q.migrated);
    qmp_close(&q);
}

static void test_qmp_other_events(void **state)
{
    (void)state;
    struct qmp q = {.fd = -1};
    struct error err = ERROR_INIT;
    assert_int_equal(feed(&q, "{\"event\": \"RESUME\"}\n\n{\"event\": 7}\n[\"STOP\"]\n", &err), 0);
    assert_false(q.stopped);
    qmp_close(&q);
}

/* What QEMU says does not make a deadline later: a monitor that talks without end has none to
 * offer. */
static void test_qmp_deadline(void **state)
{
    (void)state;
    static const char answer[] = "{\"return\": {}, \"id\": 1}\n";
    struct error err = ERROR_INIT;
    int ends[2];
    struct qmp q = {.fd = -1};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(qmp_open(&q, ends[0], &err), 0);
    assert_int_equal(write(ends[1], answer, strlen(answer)), strlen(answer));
    assert_int_equal(qmp_command(&q, "stop", "{}", now_ns(), &err), -1);
    assert_non_null(strstr(err.text, "no answer from QEMU in time"));
    qmp_close(&q);
    close(ends[0]);
    close(ends[1]);
}

static void test_qmp_disk_error(void **state)
{
    (void)state;
    struct qmp q = {.fd = -1};
    struct error err = ERROR_INIT;
    /* One that the guest is told of, and fields of another type, stop nothing. */
    assert_int_equal(feed(&q,
                          "{\"event\":\"BLOCK_IO_ERROR\",\"data\":{\"node-name\":\"rootfs\","
                          "\"action\":\"report\",\"reason\":\"x\"}}\n"
                          "{\"event\":\"BLOCK_IO_ERROR\",\"data\":{\"node-name\":7}}\n"
                          "{\"event\":\"BLOCK_IO_ERROR\"}\n",
                          &err),
                     0);
    assert_string_equal(q.io_node, "");
    assert_int_equal(feed(&q,
                          "{\"event\":\"BLOCK_IO_ERROR\",\"data\":{\"node-name\":\"upper\","
                          "\"action\":\"stop\",\"reason\":\"No space left on device\"}}\n",
                          &err),
                     0);
    assert_string_equal(q.io_node, "upper");
    assert_string_equal(q.io_reason, "No space left on device");
    qmp_close(&q);
}

static void test_qmp_rejects(void **state)
{
    (void)state;
    static const char *const bad[] = {"nonsense\n", "{\"event\":\n", "{{{\n",
                                      "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct qmp q = {.fd = -1};
        struct error err = ERROR_INIT;
        assert_int_equal(feed(&q, bad[i], &err), -1);
        assert_non_null(strstr(err.text, "JSON"));
        qmp_close(&q);
    }
}

static void test_qmp_endless_line(void **state)
{
    (void)state;
    struct qmp q = {.fd = -1};
    struct error err = ERROR_INIT;
    char block[4096];
    memset(block, ' ', sizeof(block));
    int result = 0;
    for (int i = 0; i < 32 && result == 0; i++)
        result = qmp_feed(&q, block, sizeof(block), &err);
    assert_int_equal(result, -1);
    assert_true(q.in.length <= QMP_LINE_MAX + sizeof(block));
    qmp_close(&q);
}

static void test_console_panic(void **state)
{
    (void)state;
    struct console_log log;
    char line[128];
    assert_int_equal(console_log_open(&log, NULL, false, NULL), 0);
    assert_false(console_log_panic(&log, line, sizeof(line)));
    static const char text[] = "[1.0] Kernel panic - not syncing: \033[31mNo init\r\nnext\n";
    console_log_add(&log, text, sizeof(text) - 1);
    assert_true(console_log_panic(&log, line, sizeof(line)));
    assert_string_equal(line, "Kernel panic - not syncing: ?[31mNo init");
    console_log_close(&log);
}

static void test_console_last_lines(void **state)
{
    (void)state;
    struct console_log log;
    char text[512];
    console_log_open(&log, NULL, false, NULL);
    console_log_last_lines(&log, text, sizeof(text));
    assert_string_equal(text, "");
    for (int i = 0; i < 2000; i++) {
        char line[32];
        int n = snprintf(line, sizeof(line), "line %d\r\n", i);
        console_log_add(&log, line, (size_t)n);
    }
    console_log_last_lines(&log, text, sizeof(text));
    assert_ptr_equal(strstr(text, "line 1988\n"), text);
    assert_string_equal(text + strlen(text) - 10, "line 1999\n");
    console_log_close(&log);
}

static void test_console_hostile_bytes(void **state)
{
    (void)state;
    struct console_log log;
    char text[256], junk[3 * CONSOLE_TAIL_SIZE];
    console_log_open(&log, NULL, false, NULL);
    for (size_t i = 0; i < sizeof(junk); i++)
        junk[i] = (char)(i * 37);
    console_log_add(&log, junk, sizeof(junk));
    console_log_last_lines(&log, text, sizeof(text));
    assert_true(strlen(text) < sizeof(text));
    for (char *c = text; *c; c++)
        assert_true(*c == '\n' || ((unsigned char)*c >= 0x20 && *c != 0x7f));
    console_log_close(&log);
}

/* What the host writes, read by the agent's own reader. */
static void test_agent_config(void **state)
{
    (void)state;
    char cwd[] = "/x", user[] = "www";
    struct vm_spec spec = {.cwd = cwd, .user = user};
    strings_add(&spec.args, "a\nb\"\\");
    strings_add(&spec.args, "\xff\xfe");
    strings_add(&spec.env, "K=V");
    strings_add(&spec.container.sysctls, "net.core.somaxconn=1=2");
    const struct window_size window = {.rows = 10, .columns = 20};
    struct network_guest guest = {.interface = "eth0", .mac = "02:00:00:00:00:01"};
    strings_add(&guest.addresses, "10.0.2.15/24");
    strings_add(&guest.nameservers, "10.0.2.3");
    strings_add(&guest.nameservers, "fd00::53");
    struct capable_file ping = {.path = (char[]){"/usr/bin/ping"}, .value = {1, 0, 0, 2, 0, 0x20}};
    const struct capable_files capabilities = {&ping, 1};
    char *json = agent_config_json(&spec, false, "host-1", &guest, &window, &capabilities);
    struct agent_config config = {0};
    struct error err = ERROR_INIT;
    assert_int_equal(agent_config_parse(json, strlen(json), &config, &err), 0);
    assert_string_equal(config.process.args.items[0], "a\nb\"\\");
    assert_string_equal(config.process.args.items[1], "\xff\xfe");
    assert_string_equal(config.process.user, "www");
    assert_int_equal(config.process.columns, 20);
    assert_string_equal(config.hostname, "host-1");
    assert_int_equal(config.entropy.length, ENTROPY_SIZE);
    assert_string_equal(config.sysctls.items[0].name, "net.core.somaxconn");
    assert_string_equal(config.sysctls.items[0].value, "1=2");
    assert_string_equal(config.network.interface, "eth0");
    assert_string_equal(config.network.addresses.items[0], "10.0.2.15/24");
    assert_string_equal(config.files.items[0].path, "/etc/resolv.conf");
    assert_string_equal(config.files.items[0].text, "nameserver 10.0.2.3\nnameserver fd00::53\n");
    assert_string_equal(config.file_capabilities.items[0].path, "/usr/bin/ping");
    assert_memory_equal(config.file_capabilities.items[0].value.bytes, ping.value, 20);
    agent_config_free(&config);
    free(json);
    strings_free(&guest.addresses);
    strings_free(&guest.nameservers);
    strings_free(&spec.args);
    strings_free(&spec.env);
    strings_free(&spec.container.sysctls);
}

static void test_agent_shape(void **state)
{
    (void)state;
    struct vm_spec spec = {
        .upper = UPPER_RAM,
        .upper_size = 1 << 20,
        .container = {.capabilities = 5, .read_only = true, .rlimits.limits[7] = {true, 1, -1}}};
    unsigned char program[] = {0x06, 0, 0, 0, 0, 0, 0xff, 0x7f};
    const struct seccomp_filter filter = {
        .program = program, .length = sizeof(program), .flags = 2};
    char *json = agent_shape_json(&spec, &filter);
    struct container_shape shape = {0};
    struct error err = ERROR_INIT;
    assert_int_equal(container_shape_parse(json, strlen(json), &shape, &err), 0);
    assert_int_equal(shape.upper, UPPER_RAM);
    assert_int_equal(shape.upper_size, 1 << 20);
    assert_true(shape.read_only && shape.has_device_rules && shape.has_capabilities);
    assert_int_equal(shape.capabilities.effective, 5);
    assert_int_equal(shape.capabilities.ambient, 0);
    assert_int_equal(shape.rlimits.count, 1);
    assert_int_equal(shape.rlimits.items[0].resource, 7);
    assert_int_equal(shape.rlimits.items[0].hard, -1);
    assert_memory_equal(shape.seccomp.bytes, program, sizeof(program));
    assert_int_equal(shape.seccomp_flags, 2);
    container_shape_free(&shape);
    free(json);
}

/* Said where the machine has another one: a copy, and one that makes its interface itself. */
static void test_hardware_address(void **state)
{
    (void)state;
    static const struct {
        enum backend backend;
        bool copy, said;
    } cases[] = {
        {BACKEND_QEMU, false, false}, {BACKEND_QEMU, true, true}, {BACKEND_UML, false, true}};
    char cwd[] = "/";
    const struct window_size window = {0, 0};
    const struct network_guest guest = {.interface = "eth0", .mac = "02:00:00:00:00:01"};
    const struct capable_files none = {NULL, 0};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct vm_spec spec = {.cwd = cwd, .backend = cases[i].backend};
        char *json = agent_config_json(&spec, cases[i].copy, "host-1", &guest, &window, &none);
        assert_int_equal(strstr(json, "02:00:00:00:00:01") != NULL, cases[i].said);
        free(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_qmp_stop_in_pieces), cmocka_unit_test(test_qmp_other_events),
        cmocka_unit_test(test_qmp_deadline),       cmocka_unit_test(test_qmp_migration),
        cmocka_unit_test(test_qmp_disk_error),     cmocka_unit_test(test_qmp_rejects),
        cmocka_unit_test(test_qmp_endless_line),   cmocka_unit_test(test_console_panic),
        cmocka_unit_test(test_console_last_lines), cmocka_unit_test(test_console_hostile_bytes),
        cmocka_unit_test(test_agent_config),       cmocka_unit_test(test_agent_shape),
        cmocka_unit_test(test_hardware_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
