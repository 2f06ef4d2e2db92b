/* Golden tests of QEMU's command line: what is in it, word for word, and how values are escaped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "host/backend/qemu/argv.h"
#include "tests/unit/host/plain_machine.h"

static struct strings build_all(const struct vm_spec *spec, enum accel accel,
                                const struct rootfs *rootfs, const struct volumes *volumes,
                                int swap_fd, const struct network *network, unsigned khz)
{
    struct plain_machine machine;
    struct machine_request *request = plain_machine(&machine, spec);
    request->accel = accel;
    request->rootfs = rootfs;
    request->swap_fd = swap_fd;
    request->volumes = volumes;
    request->network = network;
    struct strings argv = {0};
    qemu_argv(request, khz, &argv);
    return argv;
}

static struct strings build_with(const struct vm_spec *spec, enum accel accel,
                                 const struct rootfs *rootfs, const struct network *network,
                                 unsigned khz)
{
    const struct volumes none = {0};
    return build_all(spec, accel, rootfs, &none, -1, network, khz);
}

static struct strings build(const struct vm_spec *spec, enum accel accel,
                            const struct rootfs *rootfs, unsigned khz)
{
    const struct network none = NETWORK_INIT;
    return build_with(spec, accel, rootfs, &none, khz);
}

/* The word after option, or NULL. */
static const char *value_after(const struct strings *argv, const char *option)
{
    for (size_t i = 0; i + 1 < argv->count; i++)
        if (strcmp(argv->items[i], option) == 0)
            return argv->items[i + 1];
    return NULL;
}

static bool has_word(const struct strings *argv, const char *word)
{
    for (size_t i = 0; i < argv->count; i++)
        if (strcmp(argv->items[i], word) == 0)
            return true;
    return false;
}

static struct vm_spec plain_spec(void)
{
    return (struct vm_spec){.arch = arch_find("x86_64"), .cpus = 1, .memory = 512ull << 20};
}

static void test_whole_command_line(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "/usr/bin/qemu-system-x86_64",
        "-machine",
        "@machine",
        "-accel",
        "tcg",
        "-cpu",
        "@cpu",
        "-smp",
        "1",
        "-m",
        "512M",
        "-nodefaults",
        "-no-user-config",
        "-display",
        "none",
        "-monitor",
        "none",
        "-no-reboot",
        "-sandbox",
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        "-kernel",
        "/images/vmlinux",
        "-initrd",
        "/images/initramfs.cpio",
        "-append",
        "@append",
        "-chardev",
        "socket,id=serial,fd=6",
        "-serial",
        "chardev:serial",
        "-chardev",
        "socket,id=console,fd=5",
        "-device",
        "virtio-serial-device,max_ports=4",
        "-device",
        "virtconsole,chardev=console,nr=0",
        "-chardev",
        "socket,id=control,fd=3",
        "-chardev",
        "socket,id=data,fd=4",
        "-device",
        "virtserialport,chardev=control,nr=1,name=vmc.control",
        "-device",
        "virtserialport,chardev=data,nr=2,name=vmc.data",
        "-fsdev",
        "local,id=vmc-rootfs,path=/run/vmc/1/share,security_model=passthrough,multidevs=remap,"
        "readonly=on",
        "-device",
        "virtio-9p-device,fsdev=vmc-rootfs,mount_tag=vmc-rootfs",
        "-device",
        "virtio-balloon-device,free-page-reporting=on",
        "-chardev",
        "socket,id=monitor,fd=7",
        "-mon",
        "chardev=monitor,mode=control",
    };
    char share[] = "/run/vmc/1/share";
    const struct rootfs rootfs = {.share = share, .read_only = true, .image_fd = -1, .disk_fd = -1};
    struct vm_spec spec = plain_spec();
    struct strings argv = build(&spec, ACCEL_TCG, &rootfs, 2400000);
    assert_int_equal(argv.count, ARRAY_LEN(expected));
    for (size_t i = 0; i < argv.count; i++)
        if (expected[i][0] != '@') /* a fact of the architecture table */
            assert_string_equal(argv.items[i], expected[i]);
    char machine[64];
    snprintf(machine, sizeof(machine), "%s,mem-merge=off", spec.arch->machine);
    assert_string_equal(value_after(&argv, "-machine"), machine);
    assert_string_equal(value_after(&argv, "-cpu"), spec.arch->cpu_tcg);
    strings_free(&argv);
}

static void test_kernel_command_line(void **state)
{
    (void)state;
    char share[] = "/s";
    const struct rootfs rootfs = {.share = share, .read_only = true, .image_fd = -1, .disk_fd = -1};
    struct vm_spec spec = plain_spec();
    strings_add(&spec.append, "init=/bin/sh");
    strings_add(&spec.append, "a b");
    struct strings argv = build(&spec, ACCEL_TCG, &rootfs, 2400123);
    const char *cmdline = value_after(&argv, "-append");
    assert_ptr_equal(strstr(cmdline, "quiet "), cmdline);
    assert_non_null(strstr(cmdline, spec.arch->cmdline));
    assert_non_null(strstr(cmdline, " console=hvc0 panic=-1 "));
    assert_non_null(strstr(cmdline, " tsc_early_khz=2400123 "));
    const char *tail = " init=/bin/sh a b";
    assert_string_equal(cmdline + strlen(cmdline) - strlen(tail), tail);
    strings_free(&argv);

    argv = build(&spec, ACCEL_KVM, &rootfs, 0);
    assert_null(strstr(value_after(&argv, "-append"), "tsc_early_khz"));
    strings_free(&argv);
    strings_free(&spec.append);
}

/* ACPI's machine has no other timer than the processor's. */
static void test_timer(void **state)
{
    (void)state;
    static const struct {
        unsigned cpus;
        bool acpi;
        bool off;
    } cases[] = {{1, false, true}, {2, false, false}, {1, true, false}, {2, true, false}};
    char share[] = "/s";
    const struct rootfs rootfs = {.share = share, .read_only = true, .image_fd = -1, .disk_fd = -1};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct vm_spec spec = plain_spec();
        spec.cpus = cases[i].cpus;
        spec.acpi = cases[i].acpi;
        struct strings argv = build(&spec, ACCEL_TCG, &rootfs, 0);
        assert_int_equal(strstr(value_after(&argv, "-append"), "nolapic_timer") != NULL,
                         cases[i].off);
        strings_free(&argv);
    }
}

static void test_kvm(void **state)
{
    (void)state;
    char share[] = "/s";
    const struct rootfs rootfs = {.share = share, .read_only = true, .image_fd = -1, .disk_fd = -1};
    struct vm_spec spec = plain_spec();
    struct strings argv = build(&spec, ACCEL_KVM, &rootfs, 0);
    assert_string_equal(value_after(&argv, "-accel"), "kvm");
    assert_string_equal(value_after(&argv, "-cpu"), "host,-vmx,-svm");
    strings_free(&argv);
}

static void check_template(enum template_role role, const char *memory, const char *incoming)
{
    const struct template template = {.role = role};
    const struct vm_spec spec = plain_spec();
    struct plain_machine machine;
    struct machine_request *request = plain_machine(&machine, &spec);
    request->template = &template;
    struct strings argv = {0};
    qemu_argv(request, 0, &argv);
    assert_string_equal(value_after(&argv, "-object"), memory);
    assert_true(has_word(&argv, "memory-backend=memory"));
    assert_true(has_word(&argv, "chardev=monitor,mode=control"));
    if (incoming)
        assert_string_equal(value_after(&argv, "-incoming"), incoming);
    else
        assert_false(has_word(&argv, "-incoming"));
    strings_free(&argv);
}

static void test_templates(void **state)
{
    (void)state;
    check_template(TEMPLATE_MAKE,
                   "memory-backend-file,id=memory,size=512M,mem-path=/memory,share=on", NULL);
    check_template(TEMPLATE_COPY,
                   "memory-backend-file,id=memory,size=512M,mem-path=/memory,share=off", "defer");
}

static void test_disk_and_writable_share(void **state)
{
    (void)state;
    char share[] = "/tmp/a,b";
    const struct rootfs rootfs = {.share = share, .image_fd = -1, .disk_fd = 99};
    struct vm_spec spec = plain_spec();
    struct strings argv = build(&spec, ACCEL_TCG, &rootfs, 0);
    assert_string_equal(
        value_after(&argv, "-fsdev"),
        "local,id=vmc-rootfs,path=/tmp/a,,b,security_model=passthrough,multidevs=remap");
    assert_string_equal(value_after(&argv, "-add-fd"), "fd=8,set=8");
    assert_non_null(strstr(value_after(&argv, "-blockdev"), "filename=/dev/fdset/8"));
    assert_true(has_word(&argv, "virtio-blk-device,drive=upper,serial=vmc-upper,werror=stop"));
    strings_free(&argv);
}

static void check_network(enum network_link_kind kind, const char *expected)
{
    char share[] = "/s", options[] = "net=10.0.2.0/24,hostfwd=tcp:127.0.0.1:8080-10.0.2.15:80";
    const struct rootfs rootfs = {.share = share, .read_only = true, .image_fd = -1, .disk_fd = -1};
    const struct network network = {
        .link = {.kind = kind, .fd = 99, .vmm_options = options},
        .guest.mac = "02:00:00:00:00:01",
    };
    struct vm_spec spec = plain_spec();
    struct strings argv = build_with(&spec, ACCEL_TCG, &rootfs, &network, 0);
    assert_string_equal(value_after(&argv, "-netdev"), expected);
    assert_true(has_word(&argv, "virtio-net-device,netdev=net,mac=02:00:00:00:00:01"));
    strings_free(&argv);
}

static void test_network(void **state)
{
    (void)state;
    check_network(LINK_STREAM, "stream,id=net,addr.type=fd,addr.str=10");
    check_network(LINK_TAP, "tap,id=net,fd=10,vhost=off");
    check_network(LINK_IN_VMM,
                  "user,id=net,net=10.0.2.0/24,hostfwd=tcp:127.0.0.1:8080-10.0.2.15:80");
}

static void test_image(void **state)
{
    (void)state;
    const struct rootfs rootfs = {.read_only = true, .image_fd = 98, .disk_fd = 99};
    struct vm_spec spec = plain_spec();
    struct strings argv = build(&spec, ACCEL_TCG, &rootfs, 0);
    assert_null(value_after(&argv, "-fsdev"));
    assert_string_equal(value_after(&argv, "-add-fd"), "fd=14,set=14");
    assert_string_equal(
        value_after(&argv, "-blockdev"),
        "driver=file,node-name=rootfs,filename=/dev/fdset/14,read-only=on,locking=off");
    assert_true(has_word(&argv, "virtio-blk-device,drive=rootfs,serial=vmc-rootfs,werror=stop"));
    assert_true(has_word(&argv, "virtio-blk-device,drive=upper,serial=vmc-upper,werror=stop"));
    strings_free(&argv);
}

static void test_virtiofs(void **state)
{
    (void)state;
    char share[] = "/s";
    const struct rootfs rootfs = {.share = share, .read_only = true, .image_fd = -1, .disk_fd = -1};
    struct vm_spec spec = plain_spec();
    spec.virtiofs = true;
    struct strings argv = build(&spec, ACCEL_TCG, &rootfs, 0);
    assert_null(value_after(&argv, "-fsdev"));
    assert_string_equal(value_after(&argv, "-object"),
                        "memory-backend-memfd,id=memory,size=512M,seal=off,share=on");
    assert_true(has_word(&argv, "memory-backend=memory"));
    assert_string_equal(value_after(&argv, "-global"), "virtio-mmio.force-legacy=false");
    assert_true(has_word(&argv, "socket,id=vmc-rootfs,fd=15"));
    assert_true(has_word(&argv, "vhost-user-fs-device,chardev=vmc-rootfs,tag=vmc-rootfs"));
    strings_free(&argv);
}

/* The root that is only read stays QEMU's; each kind of volumes has a server, by its number. */
static void test_virtiofs_volumes(void **state)
{
    (void)state;
    char share[] = "/s", none[] = "/v/volumes-none", loose[] = "/v/volumes-loose";
    const struct rootfs rootfs = {.share = share, .read_only = true, .image_fd = -1, .disk_fd = -1};
    const struct network network = NETWORK_INIT;
    const struct volumes volumes = {
        .shares = {[VOLUME_CACHE_NONE] = {none, false}, [VOLUME_CACHE_LOOSE] = {loose, true}}};
    struct vm_spec spec = plain_spec();
    spec.virtiofs_volumes = true;
    struct strings argv = build_all(&spec, ACCEL_TCG, &rootfs, &volumes, -1, &network, 0);
    assert_true(has_word(&argv, "virtio-9p-device,fsdev=vmc-rootfs,mount_tag=vmc-rootfs"));
    assert_string_equal(value_after(&argv, "-global"), "virtio-mmio.force-legacy=false");
    assert_true(has_word(&argv, "socket,id=vmc-volumes-none,fd=16"));
    assert_true(
        has_word(&argv, "vhost-user-fs-device,chardev=vmc-volumes-none,tag=vmc-volumes-none"));
    assert_true(has_word(&argv, "socket,id=vmc-volumes-loose,fd=17"));
    assert_true(
        has_word(&argv, "vhost-user-fs-device,chardev=vmc-volumes-loose,tag=vmc-volumes-loose"));
    strings_free(&argv);
}

static void test_kept_disk_is_flushed(void **state)
{
    (void)state;
    char share[] = "/s";
    struct rootfs rootfs = {.share = share, .read_only = true, .image_fd = -1, .disk_fd = 99};
    struct vm_spec spec = plain_spec();
    struct strings argv = build(&spec, ACCEL_TCG, &rootfs, 0);
    assert_non_null(strstr(value_after(&argv, "-blockdev"), ",cache.no-flush=on,"));
    strings_free(&argv);
    rootfs.kept = true;
    argv = build(&spec, ACCEL_TCG, &rootfs, 0);
    assert_non_null(strstr(value_after(&argv, "-blockdev"), ",cache.no-flush=off,"));
    strings_free(&argv);
}

static void test_volumes(void **state)
{
    (void)state;
    char share[] = "/s", none[] = "/tmp/a,b/volumes-none", loose[] = "/v/volumes-loose";
    const struct rootfs rootfs = {.share = share, .read_only = true, .image_fd = -1, .disk_fd = -1};
    const struct network network = NETWORK_INIT;
    const struct volumes volumes = {
        .shares = {[VOLUME_CACHE_NONE] = {none, false}, [VOLUME_CACHE_LOOSE] = {loose, true}}};
    struct vm_spec spec = plain_spec();
    struct strings argv = build_all(&spec, ACCEL_TCG, &rootfs, &volumes, -1, &network, 0);
    assert_true(has_word(&argv, "local,id=vmc-volumes-none,path=/tmp/a,,b/volumes-none,"
                                "security_model=passthrough,multidevs=remap"));
    assert_true(
        has_word(&argv, "virtio-9p-device,fsdev=vmc-volumes-none,mount_tag=vmc-volumes-none"));
    assert_true(has_word(&argv, "local,id=vmc-volumes-loose,path=/v/volumes-loose,"
                                "security_model=passthrough,multidevs=remap,readonly=on"));
    assert_false(
        has_word(&argv, "virtio-9p-device,fsdev=vmc-volumes-mmap,mount_tag=vmc-volumes-mmap"));
    strings_free(&argv);
}

/* QEMU's microvm has as many places for virtio devices (hw/i386/microvm.c), and none for one more:
 * the balloon, which nobody asks for, makes room. */
#define MICROVM_TRANSPORTS 8

static size_t count_virtio_devices(const struct strings *argv)
{
    size_t count = 0;
    for (size_t i = 0; i < argv->count; i++)
        count += strncmp(argv->items[i], "virtio-", 7) == 0 && strstr(argv->items[i], "-device");
    return count;
}

static bool has_balloon(const struct strings *argv)
{
    return has_word(argv, "virtio-balloon-device,free-page-reporting=on");
}

static void test_everything_at_once_fits(void **state)
{
    (void)state;
    char share[] = "/s";
    const struct rootfs rootfs = {.share = share, .image_fd = -1, .disk_fd = 99};
    const struct network network = {.link = {.kind = LINK_TAP, .fd = 98}};
    const struct volumes volumes = {.shares = {{share, false}, {share, false}, {share, false}}};
    struct vm_spec spec = plain_spec();
    struct strings argv = build_all(&spec, ACCEL_KVM, &rootfs, &volumes, 97, &network, 0);
    assert_int_equal(count_virtio_devices(&argv), MICROVM_TRANSPORTS);
    assert_false(has_balloon(&argv));
    strings_free(&argv);
    /* One less, and it is there. */
    argv = build_all(&spec, ACCEL_KVM, &rootfs, &volumes, -1, &network, 0);
    assert_int_equal(count_virtio_devices(&argv), MICROVM_TRANSPORTS);
    assert_true(has_balloon(&argv));
    strings_free(&argv);
}

static void check_escape(const char *value, const char *expected)
{
    char *escaped = qemu_escape(value);
    assert_string_equal(escaped, expected);
    free(escaped);
}

static void test_escape(void **state)
{
    (void)state;
    check_escape("", "");
    check_escape("plain path", "plain path");
    check_escape(",", ",,");
    check_escape("a,,b", "a,,,,b");
    check_escape("\n=\xc3\xa9", "\n=\xc3\xa9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_command_line),
        cmocka_unit_test(test_kernel_command_line),
        cmocka_unit_test(test_timer),
        cmocka_unit_test(test_kvm),
        cmocka_unit_test(test_templates),
        cmocka_unit_test(test_disk_and_writable_share),
        cmocka_unit_test(test_network),
        cmocka_unit_test(test_image),
        cmocka_unit_test(test_virtiofs),
        cmocka_unit_test(test_virtiofs_volumes),
        cmocka_unit_test(test_kept_disk_is_flushed),
        cmocka_unit_test(test_volumes),
        cmocka_unit_test(test_everything_at_once_fits),
        cmocka_unit_test(test_escape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
