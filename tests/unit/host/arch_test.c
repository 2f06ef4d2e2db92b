#include "host/base/arch.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "host/spec/rootfs_arch.h"
#include "tests/unit/check.h"

static char root[] = "/tmp/vmc-arch-XXXXXX";

static void put(const char *path, const void *bytes, size_t size)
{
    AUTO_FREE char *full = xasprintf("%s/%s", root, path);
    AUTO_CLOSE int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
}

static void put_text(const char *path, const char *text)
{
    put(path, text, strlen(text));
}

static void put_elf(const char *path, unsigned char width, unsigned char order, uint16_t machine)
{
    unsigned char head[sizeof(Elf64_Ehdr)] = {0x7f, 'E', 'L', 'F', width, order, EV_CURRENT};
    bool big = order == ELFDATA2MSB;
    head[18] = (unsigned char)(big ? machine >> 8 : machine);
    head[19] = (unsigned char)(big ? machine : machine >> 8);
    put(path, head, sizeof(head));
}

static int make_root(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(root));
    static const char *const directories[] = {"bin", "opt"};
    for (size_t i = 0; i < ARRAY_LEN(directories); i++) {
        AUTO_FREE char *path = xasprintf("%s/%s", root, directories[i]);
        assert_int_equal(mkdir(path, 0755), 0);
    }
    put_elf("bin/sh", ELFCLASS64, ELFDATA2LSB, EM_AARCH64);
    put_elf("bin/i386", ELFCLASS32, ELFDATA2LSB, EM_386);
    put_elf("bin/x32", ELFCLASS32, ELFDATA2LSB, EM_X86_64);
    put_elf("bin/x86_64", ELFCLASS64, ELFDATA2LSB, EM_X86_64);
    put_elf("bin/arm", ELFCLASS32, ELFDATA2LSB, EM_ARM);
    put_elf("bin/arm-big", ELFCLASS32, ELFDATA2MSB, EM_ARM);
    put_elf("bin/s390x", ELFCLASS64, ELFDATA2MSB, EM_S390);
    put_elf("bin/none", 0, 0, 0);
    put_text("bin/short", "\177ELF");
    put_text("bin/script", "#! /bin/x86_64 -e\n");
    put_text("bin/of-script", "#!/bin/script");
    put_text("bin/loop", "#!/bin/loop\n");
    put_text("bin/nothing", "#!\n");
    put_text("bin/text", "true\n");
    put_text("bin/empty", "");
    AUTO_FREE char *link = xasprintf("%s/opt/link", root);
    assert_int_equal(symlink("/../../bin/x86_64", link), 0);
    AUTO_FREE char *fifo = xasprintf("%s/bin/fifo", root);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    return 0;
}

static int remove_root(void **state)
{
    (void)state;
    AUTO_FREE char *command = xasprintf("rm -rf %s", root);
    return system(command);
}

/* What is chosen, or the error's text. */
static const char *choose(const char *command, const char *named, struct error *err)
{
    const struct arch *arch = NULL;
    struct strings env = {0};
    strings_add(&env, "PATH=/nowhere:/bin");
    int result =
        rootfs_arch(root, command, "/opt", &env, named ? arch_find(named) : NULL, &arch, err);
    strings_free(&env);
    return result < 0 ? err->text : arch->name;
}

static void expect(const char *command, const char *named, const char *wanted)
{
    struct error err = ERROR_INIT;
    const char *got = choose(command, named, &err);
    if (!strstr(got, wanted))
        fail_msg("%s, --arch %s: '%s', not '%s'", command, named ? named : "-", got, wanted);
}

/* Nothing but that: an error's text names architectures, too. */
static void expect_arch(const char *command, const char *named, const char *wanted)
{
    struct error err = ERROR_INIT;
    assert_string_equal(choose(command, named, &err), wanted);
}

static void finds_the_command(void **state)
{
    (void)state;
    expect_arch("x86_64", NULL, "x86_64");
    expect_arch("/bin/x86_64", NULL, "x86_64");
    expect_arch("i386", NULL, "x86_64");
    expect_arch("arm", NULL, "arm");
    expect_arch("sh", NULL, "arm64");
    expect_arch("script", NULL, "x86_64");
    expect_arch("of-script", NULL, "x86_64");
    expect_arch("./link", NULL, "x86_64");
    expect_arch("link", NULL, "arm64");
}

static void falls_back_to_the_shell(void **state)
{
    static const char *const others[] = {"missing", "text", "empty",    "loop", "fifo",
                                         "nothing", "/bin", "/opt/../", ""};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        expect_arch(others[i], NULL, "arm64");
    expect_arch("missing", "x86_64", "x86_64");
    expect_arch("fifo", "arm", "arm");
}

static void refuses_what_no_guest_runs(void **state)
{
    (void)state;
    expect("s390x", NULL, "/bin/s390x in /tmp/vmc-arch-");
    expect("s390x", NULL, "is a program for ELF machine 22, 64 bits, big endian");
    expect("arm-big", NULL, "ELF machine 40, 32 bits, big endian");
    expect("x32", NULL, "no machine that runs it");
    expect("none", NULL, "no machine that runs it");
    expect("short", NULL, "no machine that runs it");
    expect("x86_64", "arm64", "--arch arm64: /bin/x86_64 in ");
    expect("x86_64", "arm64", "is a program for x86_64; give --arch x86_64");
    expect("arm", "x86_64", "give --arch arm");
    expect("script", "arm", "/bin/x86_64 in ");
    expect("s390x", "arm", "ELF machine 22");
}

static void runs_the_narrower_too(void **state)
{
    (void)state;
    expect_arch("i386", "x86_64", "x86_64");
    expect_arch("arm", "arm64", "arm64");
    expect("sh", "arm", "--arch arm: /bin/sh");
}

static void knows_other_names(void **state)
{
    (void)state;
    assert_ptr_equal(arch_find("aarch64"), arch_find("arm64"));
    assert_ptr_equal(arch_find("amd64"), arch_find("x86_64"));
    assert_ptr_equal(arch_find("armv7l"), arch_find("arm"));
    assert_null(arch_find("arm6"));
    assert_null(arch_find(""));
    for (const char *const *name = arch_names; *name; name++)
        assert_string_equal(arch_find(*name)->name, *name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_command),          cmocka_unit_test(falls_back_to_the_shell),
        cmocka_unit_test(refuses_what_no_guest_runs), cmocka_unit_test(runs_the_narrower_too),
        cmocka_unit_test(knows_other_names),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
