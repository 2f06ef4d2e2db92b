#include "host/store/disk_image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
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

/* The image is too small, or its directory is full: mke2fs says which. */
static int report(int status, int messages, struct error *err)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return error_set(err, "mke2fs is not installed: apt install e2fsprogs");
    error_set(err, "mke2fs could not format the disk image");
    ssize_t length = pread(messages, err->detail, sizeof(err->detail) - 1, 0);
    err->detail[length > 0 ? length : 0] = '\0';
    return -1;
}

int upper_disk_format(int fd, struct error *err)
{
    AUTO_CLOSE int messages = memfd_create("messages", MFD_CLOEXEC);
    pid_t child = messages < 0 ? -1 : fork();
    if (child < 0)
        return error_errno(err, "cannot start mke2fs");
    if (child == 0) {
        char path[32];
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        set_cloexec(fd, false);
        if (dup2(messages, STDERR_FILENO) < 0)
            _exit(127);
        /* Not every user has sbin in PATH. */
        setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
        execlp("mke2fs", "mke2fs", "-q", "-F", "-t", "ext4", "-m", "0", "-E",
               "lazy_itable_init=1,lazy_journal_init=1,nodiscard", path, NULL);
        _exit(127);
    }
    int status;
    if (waitpid(child, &status, 0) != child)
        return error_errno(err, "waitpid");
    return status == 0 ? 0 : report(status, messages, err);
}

int upper_disk_create(uint64_t size, int *ret_fd, struct error *err)
{
    AUTO_CLOSE int fd = -1;
    if (disk_image_create(size ? size : UPPER_DISK_DEFAULT_SIZE, &fd, err) < 0 ||
        upper_disk_format(fd, err) < 0)
        return error_wrap(err, "--upper disk");
    *ret_fd = take_fd(&fd);
    return 0;
}
