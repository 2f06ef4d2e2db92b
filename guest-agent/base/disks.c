#include "guest-agent/base/disks.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"

/* virtio-blk disks are vda, vdb, ...: more than these no machine of ours has. */
#define DISKS_MAX 8
/* The first kilobyte of swap space is for boot sectors (include/linux/swap.h, union swap_header).
 */
#define SWAP_HEADER_OFFSET 1024
#define SWAP_MAGIC "SWAPSPACE2"

int disk_find(const char *serial, char **ret_path, struct error *err)
{
    for (int i = 0; i < DISKS_MAX; i++) {
        AUTO_FREE char *path = xasprintf("/sys/block/vd%c/serial", 'a' + i);
        AUTO_FREE char *text = NULL;
        if (read_file_at(AT_FDCWD, path, 4096, &text, NULL, NULL) < 0)
            continue;
        text[strcspn(text, "\n")] = '\0';
        if (strcmp(text, serial) == 0) {
            *ret_path = xasprintf("/dev/vd%c", 'a' + i);
            return 0;
        }
    }
    return error_set(err, "the machine has no disk %s", serial);
}

int disk_number(const char *serial, unsigned *ret_major, unsigned *ret_minor, struct error *err)
{
    AUTO_FREE char *path = NULL;
    struct stat st;
    if (disk_find(serial, &path, err) < 0)
        return -1;
    if (stat(path, &st) < 0)
        return error_errno(err, "cannot look at %s", path);
    *ret_major = major(st.st_rdev);
    *ret_minor = minor(st.st_rdev);
    return 0;
}

struct swap_header {
    uint32_t version;
    uint32_t last_page;
    uint32_t bad_pages;
};

static int make_swap(const char *path, struct error *err)
{
    AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
    uint64_t bytes;
    off_t page = sysconf(_SC_PAGESIZE);
    if (fd < 0 || ioctl(fd, BLKGETSIZE64, &bytes) < 0)
        return error_errno(err, "cannot open the swap disk");
    const struct swap_header header = {.version = 1,
                                       .last_page = (uint32_t)(bytes / (uint64_t)page - 1)};
    size_t length = strlen(SWAP_MAGIC);
    if (pwrite(fd, &header, sizeof(header), SWAP_HEADER_OFFSET) != (ssize_t)sizeof(header) ||
        pwrite(fd, SWAP_MAGIC, length, page - (off_t)length) != (ssize_t)length)
        return error_errno(err, "cannot write to the swap disk");
    return fsync(fd) < 0 ? error_errno(err, "cannot write to the swap disk") : 0;
}

int disk_swap_on(const char *serial, struct error *err)
{
    AUTO_FREE char *path = NULL;
    if (disk_find(serial, &path, err) < 0 || make_swap(path, err) < 0)
        return -1;
    return swapon(path, 0) < 0 ? error_errno(err, "cannot swap to %s", path) : 0;
}
