#include "host/rootfs/pack.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"
#include "common/util.h"
#include "host/base/child.h"
#include "host/base/signals.h"
#include "host/spec/rootfs_image.h"

#define MKFS "mkfs.erofs"
#define IMAGE_FD 3
/* Long enough for any tree; ^C ends it earlier. */
#define PATIENCE_NS (12 * 3600 * NS_PER_S)

/*
 * Without compression, which the guest's processor would have to undo; with each file's own time;
 * and without a checksum of the superblock, since the label is added later: this mkfs.erofs has no
 * option for it.
 */
static void make_argv(const char *program, const char *path, struct strings *argv)
{
    strings_add(argv, program);
    strings_add(argv, "--quiet");
    strings_add(argv, "--preserve-mtime");
    strings_add(argv, "-Enosbcrc");
    strings_addf(argv, "/proc/self/fd/%d", IMAGE_FD);
    strings_add(argv, path);
}

/* The number of a pending signal; WINCH does not end anything. */
static int read_signal(int signal_fd)
{
    struct signalfd_siginfo info;
    while (read(signal_fd, &info, sizeof(info)) == sizeof(info))
        if (!signal_is_terminals((int)info.ssi_signo))
            return (int)info.ssi_signo;
    return 0;
}

/* Waits until the child has ended, or is to be stopped. */
static int wait_for(const struct child_process *child, int signal_fd, struct error *err)
{
    int64_t deadline = now_ns() + PATIENCE_NS;
    for (;;) {
        struct pollfd events[] = {{.fd = child->pidfd, .events = POLLIN},
                                  {.fd = signal_fd, .events = POLLIN}};
        int n = poll(events, ARRAY_LEN(events), poll_timeout(deadline));
        if (n < 0 && errno != EINTR)
            return error_errno(err, "poll");
        int signal = n > 0 && events[1].revents ? read_signal(signal_fd) : 0;
        if (signal) {
            error_set(err, "interrupted: %s", strsignal(signal));
            err->status = STATUS_SIGNAL_BASE + signal;
            return -1;
        }
        if (n > 0 && events[0].revents)
            return 0;
        if (now_ns() >= deadline)
            return error_set(err, MKFS " did not end in time");
    }
}

static int run(const char *path, int fd, int messages, int signal_fd, struct error *err)
{
    AUTO_STRINGS struct strings argv = {0};
    AUTO_FREE char *program = program_find(MKFS);
    const int fds[IMAGE_FD + 1] = {-1, messages, messages, fd};
    struct child_process child = CHILD_INIT;
    int status = 0;
    if (!program)
        return error_set(err, MKFS " is not installed: apt install erofs-utils");
    make_argv(program, path, &argv);
    if (child_start(program, &argv, fds, ARRAY_LEN(fds), &child, err) < 0 ||
        wait_for(&child, signal_fd, err) < 0 || child_wait(&child, now_ns(), &status, err) < 0) {
        child_stop(&child);
        return -1;
    }
    return status == 0 ? 0 : error_set(err, MKFS " could not make the image");
}

/* Its output, if it has failed. */
static void take_messages(int fd, struct error *err)
{
    ssize_t length = pread(fd, err->detail, sizeof(err->detail) - 1, 0);
    err->detail[length > 0 ? length : 0] = '\0';
}

int image_pack(const char *path, const struct arch *arch, int fd, int signal_fd, struct error *err)
{
    AUTO_CLOSE int messages = memfd_create("messages", MFD_CLOEXEC);
    if (messages < 0)
        return error_errno(err, "memfd_create");
    if (run(path, fd, messages, signal_fd, err) < 0) {
        if (err->status == STATUS_VMC_FAILED)
            take_messages(messages, err);
        return -1;
    }
    return rootfs_image_label(fd, arch, err);
}
