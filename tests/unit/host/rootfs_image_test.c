/* The superblock of an image: every byte of it may be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/util.h"
#include "host/spec/rootfs_image.h"

#define SUPER 1024
#define MAGIC SUPER
#define BLOCK_BITS (SUPER + 12)
#define BLOCKS (SUPER + 36)
#define LABEL (SUPER + 64)
#define INCOMPAT (SUPER + 80)

struct image {
    uint8_t bytes[8192];
    size_t length;
};

/* Two blocks of 4096 bytes, as mkfs.erofs lays them out; little endian. */
static struct image good(void)
{
    struct image image = {.length = sizeof(image.bytes)};
    memcpy(image.bytes + MAGIC, "\xe2\xe1\xf5\xe0", 4);
    image.bytes[BLOCK_BITS] = 12;
    image.bytes[BLOCKS] = 2;
    return image;
}

static int open_image(const struct image *image, const struct arch **ret_arch, struct error *err)
{
    AUTO_CLOSE int file = memfd_create("image", MFD_CLOEXEC);
    assert_int_equal(write(file, image->bytes, image->length), (ssize_t)image->length);
    AUTO_FREE char *path = xasprintf("/proc/self/fd/%d", file);
    AUTO_CLOSE int fd = -1;
    return rootfs_image_open(path, &fd, ret_arch, err);
}

static void expect_refusal(const struct image *image, const char *text)
{
    const struct arch *arch;
    struct error err = ERROR_INIT;
    assert_int_equal(open_image(image, &arch, &err), -1);
    if (!strstr(err.text, text))
        fail_msg("'%s' does not say '%s'", err.text, text);
}

static const struct arch *label_of(const struct image *image)
{
    const struct arch *arch = NULL;
    struct error err = ERROR_INIT;
    if (open_image(image, &arch, &err) < 0)
        fail_msg("%s", err.text);
    return arch;
}

static void labels(void **state)
{
    (void)state;
    struct image image = good();
    assert_null(label_of(&image));
    memcpy(image.bytes + LABEL, "vmc-arm64", 9);
    assert_ptr_equal(label_of(&image), arch_find("arm64"));
    /* It need not end in a NUL: what follows is no part of it. */
    memcpy(image.bytes + LABEL, "vmc-x86_64yyyyyyzzzz", 16);
    assert_null(label_of(&image));
    memcpy(image.bytes + LABEL, "vmc-\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    assert_null(label_of(&image));
    memcpy(image.bytes + LABEL, "x86_64\0\0\0\0\0\0\0\0\0\0", 16);
    assert_null(label_of(&image));
}

static void a_label_is_read_back(void **state)
{
    (void)state;
    struct image image = good();
    struct error err = ERROR_INIT;
    for (size_t i = 0; arch_names[i]; i++) {
        AUTO_CLOSE int fd = memfd_create("image", MFD_CLOEXEC);
        assert_int_equal(write(fd, image.bytes, image.length), (ssize_t)image.length);
        assert_int_equal(rootfs_image_label(fd, arch_find(arch_names[i]), &err), 0);
        struct image labelled = {.length = image.length};
        assert_int_equal(pread(fd, labelled.bytes, labelled.length, 0), (ssize_t)image.length);
        assert_ptr_equal(label_of(&labelled), arch_find(arch_names[i]));
    }
}

static void refusals(void **state)
{
    (void)state;
    struct image image = good();
    for (size_t length = 0; length < SUPER + 4; length += 256) {
        image.length = length;
        expect_refusal(&image, "not an erofs image");
    }
    for (image.length = SUPER + 40; image.length < sizeof(image.bytes); image.length += 999)
        expect_refusal(&image, "truncated");
    image = good();
    image.bytes[MAGIC + 3] ^= 1;
    expect_refusal(&image, "not an erofs image");
    for (unsigned bits = 0; bits < 256; bits++) {
        image = good();
        image.bytes[BLOCK_BITS] = (uint8_t)bits;
        if (bits < 9 || bits > 12)
            expect_refusal(&image, "damaged");
    }
    image = good();
    memset(image.bytes + BLOCKS, 0xff, 4);
    expect_refusal(&image, "truncated");
    memset(image.bytes + BLOCKS, 0, 4);
    expect_refusal(&image, "truncated");
    for (unsigned bit = 0; bit < 32; bit++) {
        image = good();
        image.bytes[INCOMPAT + bit / 8] = (uint8_t)(1u << bit % 8);
        if (bit != 2)
            expect_refusal(&image, "compressed");
        else
            assert_null(label_of(&image));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels),
        cmocka_unit_test(a_label_is_read_back),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
