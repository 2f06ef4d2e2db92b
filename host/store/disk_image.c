#include "host/store/disk_image.h"

#include <fcntl.h>

#include "common/util.h"

int disk_image_create(uint64_t size, int *ret_fd, struct error *err)
{
    const char *dir = getenv("TMPDIR");
    if (!dir || dir[0] != '/')
        dir = "/var/tmp";
    AUTO_CLOSE int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_errno(err, "cannot make the disk image in %s (set TMPDIR)", dir);
    if (ftruncate(fd, (off_t)size) < 0)
        return error_errno(err, "cannot give the disk image its size");
    *ret_fd = take_fd(&fd);
    return 0;
}
