/* Templates: what makes a key, what a file has to hold, and every byte of it counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/run/template_key.h"
#include "host/store/template.h"
#include "host/store/template_file.h"
#include "tests/unit/host/plain_machine.h"

#define MEMORY (1u << 20)

static const char key[] = "0123456789abcdef0123456789abcdef";
static const char state[] = "the state of the devices";

/* A cache of the test's own; cmocka's setup and teardown. */
static int make_cache(void **ret)
{
    char *dir = strdup("/tmp/vmc-template-XXXXXX");
    *ret = dir;
    return mkdtemp(dir) && setenv("XDG_CACHE_HOME", dir, 1) == 0 ? 0 : -1;
}

static int remove_cache(void **ret)
{
    AUTO_FREE char *dir = *ret;
    AUTO_FREE char *command = xasprintf("rm -rf '%s'", dir);
    return system(command);
}

static char *path_of(void **fixture)
{
    return xasprintf("%s/vmc/templates/%s", (char *)*fixture, key);
}

/* One that has a page in the middle and a byte at its end. */
static void save(void)
{
    struct template t;
    struct error err = ERROR_INIT;
    assert_int_equal(template_open(key, MEMORY, &t, &err), 0);
    assert_int_equal(t.role, TEMPLATE_MAKE);
    assert_int_equal(pwrite(t.memory_fd, "memory", 6, 300000), 6);
    assert_int_equal(pwrite(t.memory_fd, "x", 1, MEMORY - 1), 1);
    assert_int_equal(template_save(&t, state, sizeof(state), "a machine", &err), 0);
    template_close(&t);
}

static void test_saved_and_copied(void **fixture)
{
    struct template t;
    struct error err = ERROR_INIT;
    char bytes[6], found[sizeof(state)];
    struct stat st;
    AUTO_FREE char *path = path_of(fixture);
    save();
    assert_int_equal(template_open(key, MEMORY, &t, &err), 0);
    assert_int_equal(t.role, TEMPLATE_COPY);
    assert_int_equal(template_check(&t, &err), 0);
    assert_int_equal(pread(t.memory_fd, bytes, 6, 300000), 6);
    assert_memory_equal(bytes, "memory", 6);
    assert_int_equal(read(t.state_fd, found, sizeof(found)), sizeof(found));
    assert_memory_equal(found, state, sizeof(found));
    assert_int_equal(read(t.state_fd, found, 1), 0);
    /* Nobody writes through the descriptor that a hypervisor gets. */
    assert_int_equal(write(t.memory_fd, "x", 1), -1);
    template_close(&t);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(st.st_blocks * 512 < MEMORY / 2);
}

static void flip(const char *path, off_t at)
{
    unsigned char byte;
    AUTO_CLOSE int fd = open(path, O_RDWR);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

/* Refused when it is opened, or when it is checked. */
static bool is_refused(void)
{
    struct template t;
    struct error err = ERROR_INIT;
    if (template_open(key, MEMORY, &t, &err) < 0)
        return true;
    assert_int_equal(t.role, TEMPLATE_COPY);
    bool refused = template_check(&t, &err) < 0;
    template_close(&t);
    return refused;
}

static void test_every_byte_counts(void **fixture)
{
    AUTO_FREE char *path = path_of(fixture);
    const off_t end = MEMORY + sizeof(state) + sizeof(struct template_trailer);
    static const off_t memory[] = {0, 5, 4096, 300000, 300003, 300006, 524288, MEMORY - 1};
    for (size_t i = 0; i < ARRAY_LEN(memory); i++) {
        save();
        flip(path, memory[i]);
        assert_true(is_refused());
        unlink(path);
    }
    for (off_t at = MEMORY; at < end; at++) {
        save();
        flip(path, at);
        assert_true(is_refused());
        unlink(path);
    }
}

static void test_other_lengths_are_refused(void **fixture)
{
    AUTO_FREE char *path = path_of(fixture);
    const off_t lengths[] = {0, 1, MEMORY, MEMORY + sizeof(state) + 1, 3 * MEMORY};
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        save();
        assert_int_equal(truncate(path, lengths[i]), 0);
        assert_true(is_refused());
        unlink(path);
    }
}

static void test_no_good_file_is_removed(void **fixture)
{
    AUTO_FREE char *path = path_of(fixture);
    struct template t;
    struct error err = ERROR_INIT;
    save();
    flip(path, MEMORY + sizeof(state));
    assert_int_equal(template_open(key, MEMORY, &t, &err), -1);
    assert_non_null(strstr(err.text, "it is damaged"));
    assert_int_equal(access(path, F_OK), -1);
}

static void test_others_files_are_refused(void **fixture)
{
    AUTO_FREE char *path = path_of(fixture);
    AUTO_FREE char *other = xasprintf("%s.other", path);
    struct template t;
    struct error err = ERROR_INIT;
    save();
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(template_open(key, MEMORY, &t, &err), -1);
    save();
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(symlink(other, path), 0);
    assert_int_equal(template_open(key, MEMORY, &t, &err), -1);
    assert_int_equal(link(other, path), 0);
    assert_int_equal(template_open(key, MEMORY, &t, &err), -1);
    /* Another machine's, under this one's name; and a machine of another size. */
    assert_int_equal(rename(other, path), 0);
    assert_int_equal(template_open(key, 2 * MEMORY, &t, &err), -1);
}

static void test_directory_of_others_is_refused(void **fixture)
{
    AUTO_FREE char *directory = xasprintf("%s/vmc/templates", (char *)*fixture);
    struct template t;
    struct error err = ERROR_INIT;
    save();
    assert_int_equal(chmod(directory, 0777), 0);
    assert_int_equal(template_open(key, MEMORY, &t, &err), -1);
    assert_non_null(strstr(err.text, "belongs to another user, or others can write to it"));
}

/* As if the host had been started anew since it was made. */
static void make_stale(const char *path)
{
    struct template_trailer trailer;
    AUTO_CLOSE int fd = open(path, O_RDWR);
    assert_int_equal(template_trailer_read(fd, &trailer, NULL), 0);
    memset(trailer.boot, 'x', 8);
    template_trailer_seal(&trailer);
    assert_int_equal(pwrite(fd, &trailer, sizeof(trailer), MEMORY + sizeof(state)),
                     sizeof(trailer));
}

static void test_those_of_another_boot_are_stale_and_go(void **fixture)
{
    AUTO_FREE char *path = path_of(fixture);
    AUTO_FREE char *other = xasprintf("%.*s%032x", (int)(strlen(path) - 32), path, 7u);
    struct template_list list = {0};
    struct template t;
    struct error err = ERROR_INIT;
    save();
    make_stale(path);
    assert_int_equal(template_list(&list, &err), 0);
    assert_int_equal(list.count, 1);
    assert_true(list.items[0].stale);
    template_list_free(&list);
    assert_int_equal(rename(path, other), 0);
    save();
    assert_int_equal(access(other, F_OK), -1);
    assert_int_equal(access(path, F_OK), 0);
    make_stale(path);
    assert_int_equal(template_open(key, MEMORY, &t, &err), -1);
    assert_non_null(strstr(err.text, "it is of another machine"));
}

static void test_few_are_kept(void **fixture)
{
    struct error err = ERROR_INIT;
    struct template_list list = {0};
    char name[TEMPLATE_KEY_SIZE], removed[TEMPLATE_KEY_SIZE];
    (void)fixture;
    for (unsigned i = 0; i < TEMPLATES_MAX + 3; i++) {
        struct template t;
        snprintf(name, sizeof(name), "%032x", i);
        assert_int_equal(template_open(name, MEMORY, &t, &err), 0);
        assert_int_equal(template_save(&t, state, sizeof(state), "a machine", &err), 0);
        template_close(&t);
    }
    assert_int_equal(template_list(&list, &err), 0);
    assert_int_equal(list.count, TEMPLATES_MAX);
    assert_string_equal(list.items[0].key, name);
    assert_string_equal(list.items[0].about, "a machine");
    assert_false(list.items[0].stale);
    template_list_free(&list);
    assert_int_equal(template_remove("0000", removed, &err), -1);
    assert_int_equal(template_remove("", removed, &err), -1);
    assert_int_equal(template_remove(name, removed, &err), 0);
    assert_string_equal(removed, name);
    assert_int_equal(template_remove(name, removed, &err), -1);
}

/* ---- keys ---- */

static char *key_of(const struct vm_spec *spec, const char *share, const char *mac)
{
    struct plain_machine machine;
    struct machine_request *request = plain_machine(&machine, spec);
    machine.network.link.kind = LINK_STREAM;
    snprintf(machine.share, sizeof(machine.share), "%s", share);
    snprintf(machine.network.guest.mac, sizeof(machine.network.guest.mac), "%s", mac);
    assert_null(template_refusal(request));
    return template_key(request);
}

static void test_keys(void **fixture)
{
    (void)fixture;
    struct vm_spec spec = {.arch = arch_find("x86_64"), .cpus = 1, .memory = 512ull << 20};
    AUTO_FREE char *one = key_of(&spec, "/run/vmc/1/share", "02:00:00:00:00:01");
    AUTO_FREE char *same = key_of(&spec, "/run/vmc/2/share", "02:00:00:00:00:02");
    assert_string_equal(one, same);
    assert_int_equal(strspn(one, "0123456789abcdef"), 32);
    spec.cpus = 2;
    AUTO_FREE char *two = key_of(&spec, "/run/vmc/1/share", "02:00:00:00:00:01");
    assert_string_not_equal(one, two);
    spec.cpus = 1;
    spec.memory = 64ull << 20;
    AUTO_FREE char *small = key_of(&spec, "/run/vmc/1/share", "02:00:00:00:00:01");
    assert_string_not_equal(one, small);
    spec.memory = 512ull << 20;
    strings_add(&spec.append, "panic=1");
    AUTO_FREE char *told = key_of(&spec, "/run/vmc/1/share", "02:00:00:00:00:01");
    assert_string_not_equal(one, told);
    strings_free(&spec.append);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_cache, remove_cache)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_saved_and_copied),
        TEST(test_every_byte_counts),
        TEST(test_other_lengths_are_refused),
        TEST(test_no_good_file_is_removed),
        TEST(test_others_files_are_refused),
        TEST(test_directory_of_others_is_refused),
        TEST(test_those_of_another_boot_are_stale_and_go),
        TEST(test_few_are_kept),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
