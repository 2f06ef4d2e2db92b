#include "host/base/id_range.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/util.h"
#include "host/base/idmap.h"

/*
 * Above everything that useradd(8), subuid(5), and systemd for its containers hand out (they end
 * below 0x70000000), and below 2^31, where programs begin to take ids for negative numbers
 * (systemd, "Users, Groups, UIDs and GIDs on systemd Systems").
 */
#define FIRST_ID 0x70000000u
#define SLOT_COUNT 4094u

/* One place for all, whatever XDG_RUNTIME_DIR says: the host has one set of ranges. */
#define DIRECTORY "/run/vmc"
#define FILE_NAME "ids"

static int open_slots(struct error *err)
{
    if (mkdir(DIRECTORY, 0700) < 0 && errno != EEXIST)
        return error_errno(err, "cannot make " DIRECTORY);
    AUTO_CLOSE int dir = open(DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (dir < 0 || fstat(dir, &st) < 0)
        return error_errno(err, "cannot open " DIRECTORY);
    if (st.st_uid != geteuid())
        return error_set(err, DIRECTORY " belongs to another user");
    int fd = openat(dir, FILE_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd < 0 ? error_errno(err, "cannot open " DIRECTORY "/" FILE_NAME) : fd;
}

/*
 * Byte n of the file is slot n: a lock of the open file, which ends with the last process that has
 * it open.
 */
static int reserve_slot(int fd, uint32_t *ret_slot, struct error *err)
{
    for (uint32_t slot = 0; slot < SLOT_COUNT; slot++) {
        struct flock lock = {
            .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)slot, .l_len = 1};
        if (fcntl(fd, F_OFD_SETLK, &lock) == 0) {
            *ret_slot = slot;
            return 0;
        }
        if (errno != EAGAIN && errno != EACCES)
            return error_errno(err, "cannot lock " DIRECTORY "/" FILE_NAME);
    }
    return error_set(err, "all %u id ranges are in use", SLOT_COUNT);
}

int id_range_acquire(struct id_range *ret, struct error *err)
{
    uint32_t slot = 0;
    AUTO_CLOSE int fd = open_slots(err);
    if (fd < 0 || reserve_slot(fd, &slot, err) < 0)
        return -1;
    uint32_t first = FIRST_ID + slot * ID_RANGE_COUNT;
    if (idmap_userns(first, &ret->userns_fd, err) < 0)
        return -1;
    ret->first = first;
    ret->lock_fd = take_fd(&fd);
    return 0;
}

uint32_t id_range_of(uid_t id)
{
    if (id < FIRST_ID || (id - FIRST_ID) / ID_RANGE_COUNT >= SLOT_COUNT)
        return 0;
    return id - (id - FIRST_ID) % ID_RANGE_COUNT;
}

void id_range_release(struct id_range *range)
{
    close_fd(&range->userns_fd);
    close_fd(&range->lock_fd);
    range->first = 0;
}
