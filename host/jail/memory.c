#include "host/jail/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/util.h"
#include "host/base/seccomp.h"

bool jail_memory_supported(void)
{
    uint32_t action = SECCOMP_RET_USER_NOTIF;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

int jail_memory_filter(int *ret_listener, struct error *err)
{
    scmp_filter_ctx filter = seccomp_filter_new(SCMP_ACT_ALLOW, err);
    if (!filter)
        return -1;
    int result = seccomp_rule_add(filter, SCMP_ACT_NOTIFY, SCMP_SYS(openat), 2,
                                  SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffff, (unsigned)AT_FDCWD),
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, 0xffffffff, O_RDWR));
    if (result == 0)
        result = seccomp_load(filter);
    if (result == 0)
        result = *ret_listener = seccomp_notify_fd(filter);
    seccomp_release(filter);
    return seccomp_filter_result(result, "this kernel has no seccomp user notification", err);
}

/* 1: a question; 0: the process has ended, or interrupt_fd is readable; -1. */
static int wait_for_question(int listener, int pidfd, int interrupt_fd, int64_t deadline,
                             struct error *err)
{
    struct pollfd fds[] = {{.fd = listener, .events = POLLIN},
                           {.fd = pidfd, .events = POLLIN},
                           {.fd = interrupt_fd, .events = POLLIN}};
    int n;
    while ((n = poll(fds, ARRAY_LEN(fds), poll_timeout(deadline))) < 0 && errno == EINTR)
        ;
    if (n < 0)
        return error_errno(err, "poll");
    if (n == 0)
        return error_set(err, "the hypervisor did not ask for its memory in time");
    return !fds[1].revents && !fds[2].revents && (fds[0].revents & POLLIN);
}

/* Adds the descriptor and answers in one step: the process cannot be interrupted in between. */
static int answer(int listener, int fd, int number, struct error *err)
{
    struct seccomp_notif *question = NULL;
    struct seccomp_notif_resp *unused = NULL;
    if (seccomp_notify_alloc(&question, &unused) < 0)
        return error_set(err, "out of memory");
    bool asked = seccomp_notify_receive(listener, question) == 0;
    struct seccomp_notif_addfd given = {.id = question->id,
                                        .flags = SECCOMP_ADDFD_FLAG_SEND | SECCOMP_ADDFD_FLAG_SETFD,
                                        .srcfd = (uint32_t)fd,
                                        .newfd = (uint32_t)number};
    int result = asked ? ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &given) : -1;
    int reason = errno;
    seccomp_notify_free(question, unused);
    errno = reason;
    return result < 0 ? error_errno(err, "cannot give the hypervisor its memory") : 0;
}

int jail_memory_grant(int listener, int pidfd, int interrupt_fd, int fd, int number,
                      int64_t deadline, struct error *err)
{
    int asked = wait_for_question(listener, pidfd, interrupt_fd, deadline, err);
    return asked <= 0 ? asked : answer(listener, fd, number, err);
}
