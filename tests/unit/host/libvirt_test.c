/*
 * The parts of --libvirt that need no libvirt: the domain's description, the way of QEMU's command
 * line and descriptors, and what libvirt is told of threads.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "host/backend/libvirt/handover.h"
#include "host/backend/libvirt/monitor_relay.h"
#include "host/backend/libvirt/xml.h"

/* ---- the description ---- */

static const char *const known[] = {"x86_64", NULL};
static const struct arch test_arch = {
    .name = "x86_64",
    .known = known,
    .machine = "microvm,acpi=off",
    .cpu_tcg = "Nehalem,+rdrand,-spec-ctrl",
    .cpu_kvm = "host,-vmx",
    .cmdline = "reboot=t",
    .cmdline_tcg = "mitigations=off",
    .domain_serial = "isa-serial",
    .virtio_places = 8,
};

/* What a description is made from; each test changes what it is about. */
struct fixture {
    struct vm_spec spec;
    struct guest_image image;
    struct container container;
    struct rootfs rootfs;
    struct volumes volumes;
    struct network network;
    struct machine_request request;
    struct domain_facts facts;
    char share[32], dir[32], kernel[32], initrd[32], root[32];
};

static void set_up(struct fixture *f)
{
    *f = (struct fixture){
        .spec = {.backend = BACKEND_LIBVIRT,
                 .arch = &test_arch,
                 .cpus = 2,
                 .memory = 512ull << 20,
                 .upper = UPPER_RAM},
        .container = CONTAINER_INIT,
        .rootfs = {.read_only = true, .image_fd = -1, .disk_fd = -1},
        .network = NETWORK_INIT,
        .facts = {.emulator = "/usr/bin/vmc", .tsc_khz = 2400000, .pid = 77},
        .share = "/run/c/share",
        .dir = "/run/c",
        .kernel = "/img/vmlinux",
        .initrd = "/img/initramfs",
        .root = "/srv/root & more",
    };
    strcpy(f->container.id, "0123456789ab");
    f->container.dir = f->dir;
    f->rootfs.share = f->share;
    f->image.kernel = f->kernel;
    f->image.initrd = f->initrd;
    f->spec.rootfs = f->root;
    f->request = (struct machine_request){
        .spec = &f->spec,
        .accel = ACCEL_TCG,
        .vmm = "/usr/bin/qemu-system-x86_64",
        .image = &f->image,
        .container = &f->container,
        .rootfs = &f->rootfs,
        .swap_fd = -1,
        .volumes = &f->volumes,
        .network = &f->network,
    };
}

static int build(struct fixture *f, char **ret, struct error *err)
{
    struct libxml_api api;
    assert_int_equal(libxml_api_load(&api, err), 0);
    return libvirt_xml(&api, &f->request, &f->facts, ret, err);
}

static char *build_good(struct fixture *f)
{
    struct error err = ERROR_INIT;
    char *xml = NULL;
    assert_int_equal(build(f, &xml, &err), 0);
    return xml;
}

static const char whole[] =
    "<domain type=\"qemu\" xmlns:qemu=\"http://libvirt.org/schemas/domain/qemu/1.0\">\n"
    " <name>vmc-0123456789ab</name>\n"
    " <metadata>\n"
    "  <vmc:container xmlns:vmc=\"urn:vmc:container:1\">\n"
    "   <vmc:id>0123456789ab</vmc:id>\n"
    "   <vmc:pid>77</vmc:pid>\n"
    "   <vmc:version>" VMC_VERSION "</vmc:version>\n"
    "   <vmc:rootfs>/srv/root &amp; more</vmc:rootfs>\n"
    "   <vmc:upper>ram</vmc:upper>\n"
    "  </vmc:container>\n"
    " </metadata>\n"
    " <memory unit=\"KiB\">524288</memory>\n"
    " <memoryBacking>\n"
    "  <nosharepages/>\n"
    " </memoryBacking>\n"
    " <vcpu>2</vcpu>\n"
    " <os>\n"
    "  <type arch=\"x86_64\" machine=\"microvm\">hvm</type>\n"
    "  <kernel>/img/vmlinux</kernel>\n"
    "  <initrd>/img/initramfs</initrd>\n"
    "  <cmdline>quiet reboot=t console=hvc0 panic=-1 mitigations=off tsc_early_khz=2400000"
    "</cmdline>\n"
    " </os>\n"
    " <cpu mode=\"custom\" match=\"exact\" check=\"none\">\n"
    "  <model fallback=\"forbid\">Nehalem</model>\n"
    "  <feature policy=\"require\" name=\"rdrand\"/>\n"
    "  <feature policy=\"disable\" name=\"spec-ctrl\"/>\n"
    " </cpu>\n"
    " <clock offset=\"utc\"/>\n"
    " <on_poweroff>destroy</on_poweroff>\n"
    " <on_reboot>destroy</on_reboot>\n"
    " <on_crash>destroy</on_crash>\n"
    " <devices>\n"
    "  <emulator>/usr/bin/vmc</emulator>\n"
    "  <controller type=\"usb\" model=\"none\"/>\n"
    "  <controller type=\"virtio-serial\" index=\"0\" ports=\"4\">\n"
    "   <address type=\"virtio-mmio\"/>\n"
    "  </controller>\n"
    "  <serial type=\"unix\">\n"
    "   <source mode=\"bind\" path=\"/run/c/serial.sock\"/>\n"
    "   <target type=\"isa-serial\" port=\"0\"/>\n"
    "  </serial>\n"
    "  <console type=\"unix\">\n"
    "   <source mode=\"bind\" path=\"/run/c/serial.sock\"/>\n"
    "   <target type=\"serial\" port=\"0\"/>\n"
    "  </console>\n"
    "  <console type=\"unix\">\n"
    "   <source mode=\"bind\" path=\"/run/c/console.sock\"/>\n"
    "   <target type=\"virtio\" port=\"1\"/>\n"
    "  </console>\n"
    "  <channel type=\"unix\">\n"
    "   <source mode=\"bind\" path=\"/run/c/control.sock\"/>\n"
    "   <target type=\"virtio\" name=\"vmc.control\"/>\n"
    "   <address type=\"virtio-serial\" controller=\"0\" bus=\"0\" port=\"1\"/>\n"
    "  </channel>\n"
    "  <channel type=\"unix\">\n"
    "   <source mode=\"bind\" path=\"/run/c/data.sock\"/>\n"
    "   <target type=\"virtio\" name=\"vmc.data\"/>\n"
    "   <address type=\"virtio-serial\" controller=\"0\" bus=\"0\" port=\"2\"/>\n"
    "  </channel>\n"
    "  <filesystem type=\"mount\" accessmode=\"passthrough\" multidevs=\"remap\">\n"
    "   <source dir=\"/run/c/share\"/>\n"
    "   <target dir=\"vmc-rootfs\"/>\n"
    "   <readonly/>\n"
    "   <address type=\"virtio-mmio\"/>\n"
    "  </filesystem>\n"
    "  <memballoon model=\"virtio\" freePageReporting=\"on\">\n"
    "   <address type=\"virtio-mmio\"/>\n"
    "  </memballoon>\n"
    " </devices>\n"
    " <qemu:commandline>\n"
    "  <qemu:env name=\"VMC_HANDOVER\" value=\"/run/c/vmm.sock\"/>\n"
    " </qemu:commandline>\n"
    "</domain>\n";

static void test_whole_description(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    char *xml = build_good(&f);
    assert_string_equal(xml, whole);
    free(xml);
}

static void check_has(struct fixture *f, const char *const *parts)
{
    char *xml = build_good(f);
    for (; *parts; parts++)
        if (!strstr(xml, *parts))
            fail_msg("not there: %s", *parts);
    free(xml);
}

static void test_kvm(void **state)
{
    (void)state;
    static const char *const parts[] = {"<domain type=\"kvm\" ",
                                        "<cpu mode=\"host-passthrough\" check=\"none\">\n"
                                        "  <feature policy=\"disable\" name=\"vmx\"/>",
                                        NULL};
    struct fixture f;
    set_up(&f);
    f.request.accel = ACCEL_KVM;
    check_has(&f, parts);
}

static void test_acpi(void **state)
{
    (void)state;
    static const char *const parts[] = {"<features>\n  <acpi/>\n </features>", NULL};
    struct fixture f;
    set_up(&f);
    f.spec.acpi = true;
    check_has(&f, parts);
}

static void test_devices_behind_descriptors(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "<qemu:arg value=\"fd=8,set=8\"/>",
        "<qemu:arg value=\"virtio-blk-device,drive=upper,serial=vmc-upper,werror=report\"/>",
        "<qemu:arg value=\"fd=9,set=9\"/>",
        "<qemu:arg value=\"stream,id=net,addr.type=fd,addr.str=10\"/>",
        "<qemu:arg value=\"virtio-net-device,netdev=net,mac=02:00:00:00:00:01\"/>",
        NULL};
    struct fixture f;
    set_up(&f);
    f.rootfs.disk_fd = 99;
    f.request.swap_fd = 98;
    f.network.link.kind = LINK_STREAM;
    strcpy(f.network.guest.mac, "02:00:00:00:00:01");
    check_has(&f, parts);
}

static void test_volumes(void **state)
{
    (void)state;
    static const char *const parts[] = {"<source dir=\"/run/c/volumes-none\"/>\n"
                                        "   <target dir=\"vmc-volumes-none\"/>\n"
                                        "   <address",
                                        "<source dir=\"/run/c/a,&lt;b&gt;\"/>\n"
                                        "   <target dir=\"vmc-volumes-loose\"/>\n"
                                        "   <readonly/>",
                                        NULL};
    char none[] = "/run/c/volumes-none", loose[] = "/run/c/a,<b>";
    struct fixture f;
    set_up(&f);
    f.volumes.shares[VOLUME_CACHE_NONE] = (struct volume_share){none, false};
    f.volumes.shares[VOLUME_CACHE_LOOSE] = (struct volume_share){loose, true};
    check_has(&f, parts);
}

static void test_identity(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "<title>box</title>", "<vmc:upper>disk</vmc:upper>",
        "<vmc:command>/bin/sh</vmc:command>\n  </vmc:container>",
        "<seclabel type=\"static\" model=\"dac\" relabel=\"no\">\n  <label>+0:+0</label>", NULL};
    char name[] = "box";
    struct fixture f;
    set_up(&f);
    f.spec.name = name;
    f.spec.upper = UPPER_DISK;
    f.facts.root = true;
    strings_add(&f.spec.args, "/bin/sh");
    strings_add(&f.spec.args, "a secret");
    check_has(&f, parts);
    strings_free(&f.spec.args);
}

static void check_refused(const char *rootfs)
{
    struct error err = ERROR_INIT;
    struct fixture f;
    char *xml = NULL;
    set_up(&f);
    snprintf(f.root, sizeof(f.root), "%s", rootfs);
    assert_int_equal(build(&f, &xml, &err), -1);
    assert_null(xml);
    assert_non_null(strstr(err.text, "XML cannot hold"));
}

static void test_what_xml_cannot_hold(void **state)
{
    (void)state;
    check_refused("/srv/\xff\xfe");
    check_refused("/srv/a\nb");
    check_refused("/srv/\x1b[31m");
}

/* ---- the way of the command line ---- */

static void make_pair(int pair[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

static void test_handover(void **state)
{
    (void)state;
    char qemu[] = "qemu", name[] = "-name", empty[] = "", words[] = "two words";
    char *const argv[] = {qemu, name, empty, words, NULL};
    struct error err = ERROR_INIT;
    struct handover got = {0};
    struct stat sent, received;
    int pair[2];
    make_pair(pair);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC), zero = open("/dev/zero", O_RDONLY);
    const int numbers[] = {26, 21}, fds[] = {null, zero};
    assert_int_equal(handover_send(pair[0], argv, numbers, fds, 2, &err), 0);
    assert_int_equal(handover_receive(pair[1], &got, &err), 0);
    assert_int_equal(got.argv.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(got.argv.items[i], argv[i]);
    assert_int_equal(got.fd_count, 27);
    for (int i = 0; i < 27; i++)
        assert_int_equal(got.fds[i] >= 0, i == 26 || i == 21);
    fstat(zero, &sent);
    fstat(got.fds[21], &received);
    assert_int_equal(sent.st_rdev, received.st_rdev);
    handover_free(&got);
    close(null);
    close(zero);
    close(pair[0]);
    close(pair[1]);
}

static void check_bad_message(const void *bytes, size_t length)
{
    struct error err = ERROR_INIT;
    struct handover got = {0};
    int pair[2];
    make_pair(pair);
    assert_int_equal(send(pair[0], bytes, length, 0), length);
    close(pair[0]);
    assert_int_equal(handover_receive(pair[1], &got, &err), -1);
    assert_null(got.fds);
    close(pair[1]);
}

static void test_bad_messages(void **state)
{
    (void)state;
    check_bad_message("", 0);
    check_bad_message("abc", 3);
    check_bad_message("\0\0\0\0", 4);
    check_bad_message("\0\0\0\0qemu", 8);
    /* Numbers without their descriptors. */
    check_bad_message("\1\0\0\0\5\0\0\0qemu", 13);
    check_bad_message("\xff\xff\xff\xff\5\0\0\0qemu", 13);
}

static void test_numbers_that_have_no_place(void **state)
{
    (void)state;
    char qemu[] = "qemu";
    char *const argv[] = {qemu, NULL};
    static const int bad[][2] = {{-1, 5}, {1 << 20, 5}, {5, 5}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct error err = ERROR_INIT;
        struct handover got = {0};
        int pair[2];
        make_pair(pair);
        assert_int_equal(handover_send(pair[0], argv, bad[i], pair, 2, &err), 0);
        assert_int_equal(handover_receive(pair[1], &got, &err), -1);
        close(pair[0]);
        close(pair[1]);
    }
}

/* ---- what libvirt is told of threads ---- */

/* The text in pieces of that size. */
static void check_filter(const char *text, size_t piece, const char *expected)
{
    struct thread_filter filter = {0};
    struct queue out = {0};
    size_t length = strlen(text);
    for (size_t at = 0; at < length; at += piece) {
        size_t left = length - at;
        thread_filter_add(&filter, text + at, left < piece ? left : piece, 4711, &out);
    }
    assert_int_equal(out.length, strlen(expected));
    assert_memory_equal(queue_bytes(&out), expected, out.length);
    queue_free(&out);
}

static void test_thread_filter(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"return\": [{\"thread-id\": 5, \"cpu-index\": 0}, {\"thread-id\":16}]}\r\n",
         "{\"return\": [{\"thread-id\": 4711, \"cpu-index\": 0}, {\"thread-id\":4711}]}\r\n"},
        {"{\"id\": 5, \"x\": \"\\\"thread-id\\\": 5\"}",
         "{\"id\": 5, \"x\": \"\\\"thread-id\\\": 5\"}"},
        {"\"thread-\"thread-id\": 1 2", "\"thread-\"thread-id\": 4711 2"},
        {"\"thread-id\": null, \"a\": 12", "\"thread-id\": null, \"a\": 12"},
        {"\"thread-id\": \"thread-id\": 3", "\"thread-id\": \"thread-id\": 4711"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t piece = 1; piece < 20; piece++)
            check_filter(cases[i][0], piece, cases[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_description),
        cmocka_unit_test(test_kvm),
        cmocka_unit_test(test_acpi),
        cmocka_unit_test(test_devices_behind_descriptors),
        cmocka_unit_test(test_volumes),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_what_xml_cannot_hold),
        cmocka_unit_test(test_handover),
        cmocka_unit_test(test_bad_messages),
        cmocka_unit_test(test_numbers_that_have_no_place),
        cmocka_unit_test(test_thread_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
