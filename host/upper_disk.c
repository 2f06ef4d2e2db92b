#include "host/upper_disk.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/log.h"
#include "common/util.h"
#include "host/disk_image.h"

int upper_disk_format(int fd, struct error *err)
{
    pid_t child = fork();
    if (child < 0)
        return error_errno(err, "cannot fork");
    if (child == 0) {
        char path[32];
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        set_cloexec(fd, false);
        if (!log_debug_enabled && !freopen("/dev/null", "w", stderr))
            _exit(127);
        /* sbin is not on every user's PATH. */
        setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
        execlp("mke2fs", "mke2fs", "-q", "-F", "-t", "ext4", "-m", "0", "-E",
               "lazy_itable_init=1,lazy_journal_init=1,nodiscard", path, NULL);
        _exit(127);
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0)
        return error_set(err, "mke2fs %s",
                         WIFEXITED(status) && WEXITSTATUS(status) == 127
                             ? "is not installed: apt install e2fsprogs"
                             : "could not format the disk image (a larger SIZE, or --debug)");
    return 0;
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
