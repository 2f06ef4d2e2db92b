#include "host/spec/rootfs_image.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"

#define SUPERBLOCK_OFFSET 1024
#define MAGIC 0xe0f5e1e2u
/* Files in chunks that may be shared: all that mkfs.erofs does without compression. */
#define INCOMPAT_KNOWN 0x4u
/* The kernel's limits: a sector, and the page of every architecture there is a guest for. */
#define BLOCK_BITS_MIN 9
#define BLOCK_BITS_MAX 12
#define LABEL_PREFIX "vmc-"
#define LABEL_SIZE 16

/* struct erofs_super_block as far as it matters here. Little endian. */
struct superblock {
    uint32_t magic;
    uint32_t checksum;
    uint32_t feature_compat;
    uint8_t block_bits;
    uint8_t extension_slots;
    uint16_t root_inode;
    uint64_t inodes;
    uint64_t build_time;
    uint32_t build_time_ns;
    uint32_t blocks;
    uint32_t metadata_block;
    uint32_t xattr_block;
    uint8_t uuid[16];
    char label[LABEL_SIZE]; /* ends early with a NUL, or not at all */
    uint32_t feature_incompat;
};
_Static_assert(offsetof(struct superblock, label) == 64, "erofs_fs.h");
_Static_assert(offsetof(struct superblock, feature_incompat) == 80, "erofs_fs.h");

static int check(const struct superblock *super, const struct stat *st, const char *path,
                 struct error *err)
{
    if (le32toh(super->magic) != MAGIC)
        return error_set(err,
                         "%s is not an erofs image: a root file system is a directory, or an image "
                         "that 'vmc pack' makes of one",
                         path);
    if (super->block_bits < BLOCK_BITS_MIN || super->block_bits > BLOCK_BITS_MAX)
        return error_set(err, "%s: its superblock is damaged (block size 2^%u)", path,
                         super->block_bits);
    uint64_t size = (uint64_t)le32toh(super->blocks) << super->block_bits;
    if (size == 0 || size > (uint64_t)st->st_size)
        return error_set(err, "%s is truncated: %llu bytes of %llu", path,
                         (unsigned long long)st->st_size, (unsigned long long)size);
    if (le32toh(super->feature_incompat) & ~INCOMPAT_KNOWN)
        return error_set(err,
                         "%s is compressed, or has other features that the guest's kernel does not "
                         "know; 'vmc pack' makes one without",
                         path);
    return 0;
}

static const struct arch *label_arch(const struct superblock *super)
{
    char name[LABEL_SIZE + 1] = "";
    memcpy(name, super->label, LABEL_SIZE);
    if (strncmp(name, LABEL_PREFIX, strlen(LABEL_PREFIX)) != 0)
        return NULL;
    return arch_find(name + strlen(LABEL_PREFIX));
}

int rootfs_image_open(const char *path, int *ret_fd, const struct arch **ret_arch,
                      struct error *err)
{
    struct superblock super = {0};
    struct stat st;
    /* Nobody waits for the other end of what turns out to be a fifo. */
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_errno(err, "root file system %s", path);
    if (!S_ISREG(st.st_mode))
        return error_set(err, "root file system %s: neither a directory nor a file", path);
    /* What is missing at the end of a short file is no magic number. */
    if (pread(fd, &super, sizeof(super), SUPERBLOCK_OFFSET) < 0)
        return error_errno(err, "cannot read %s", path);
    if (check(&super, &st, path, err) < 0)
        return -1;
    if (ret_arch)
        *ret_arch = label_arch(&super);
    *ret_fd = take_fd(&fd);
    return 0;
}

int rootfs_image_label(int fd, const struct arch *arch, struct error *err)
{
    char label[LABEL_SIZE + 1] = "";
    snprintf(label, sizeof(label), LABEL_PREFIX "%s", arch->name);
    if (pwrite(fd, label, LABEL_SIZE, SUPERBLOCK_OFFSET + offsetof(struct superblock, label)) !=
        LABEL_SIZE)
        return error_errno(err, "cannot label the image");
    return 0;
}
