#include "host/backend/libvirt/monitor_relay.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/util.h"
#include "host/base/unix_socket.h"

/* One direction stops reading when this much waits to be written. */
#define WAITING_MAX (1u << 20)

/* One pair of connections. */
struct relay {
    int libvirt_fd; /* -1: libvirt is not connected */
    int qemu_fd;
    struct queue to_libvirt;
    struct queue to_qemu;
    struct thread_filter filter;
};

#define RELAY_INIT                                                                                 \
    {                                                                                              \
        .libvirt_fd = -1, .qemu_fd = -1                                                            \
    }

/* Inside a string of JSON the quotes would not be bare: this is a name. */
static const char key[] = "\"thread-id\":";

void thread_filter_add(struct thread_filter *filter, const char *bytes, size_t length, pid_t pid,
                       struct queue *out)
{
    char number[16];
    int digits = snprintf(number, sizeof(number), "%d", (int)pid);
    for (size_t i = 0; i < length; i++) {
        bool after_key = filter->matched == sizeof(key) - 1;
        bool digit = isdigit((unsigned char)bytes[i]);
        if (after_key && digit) {
            if (!filter->in_number)
                queue_append(out, number, (size_t)digits);
            filter->in_number = true;
            continue;
        }
        queue_append(out, bytes + i, 1);
        if (after_key && !filter->in_number && bytes[i] == ' ')
            continue;
        filter->in_number = false;
        if (after_key)
            filter->matched = 0;
        /* The key's first character occurs again only before the colon. */
        if (bytes[i] != key[filter->matched])
            filter->matched = 0;
        filter->matched += bytes[i] == key[filter->matched];
    }
}

static void end_relay(struct relay *relay)
{
    close_fd(&relay->libvirt_fd);
    close_fd(&relay->qemu_fd);
    queue_free(&relay->to_libvirt);
    queue_free(&relay->to_qemu);
    *relay = (struct relay)RELAY_INIT;
}

static void begin_relay(struct relay *relay, int listener, const char *path)
{
    struct error ignored = ERROR_INIT;
    relay->libvirt_fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    /* Without QEMU there is no monitor: libvirt sees the end of its connection. */
    if (relay->libvirt_fd >= 0 &&
        unix_socket_connect(path, SOCK_STREAM, &relay->qemu_fd, &ignored) < 0)
        end_relay(relay);
}

/* False at the end of the connection. */
static bool take(int fd, char *bytes, size_t size, size_t *ret_length)
{
    ssize_t n = recv(fd, bytes, size, MSG_DONTWAIT);
    *ret_length = n > 0 ? (size_t)n : 0;
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool give(int fd, struct queue *queue)
{
    if (queue->length == 0)
        return true;
    ssize_t n = send(fd, queue_bytes(queue), queue->length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0)
        queue_consume(queue, (size_t)n);
    return n > 0 || errno == EAGAIN || errno == EINTR;
}

static bool pump(struct relay *relay, short libvirt_events, short qemu_events)
{
    char bytes[16384];
    size_t length;
    bool good = true;
    if (libvirt_events & ~POLLOUT) {
        good = take(relay->libvirt_fd, bytes, sizeof(bytes), &length);
        queue_append(&relay->to_qemu, bytes, length);
    }
    if (qemu_events & ~POLLOUT) {
        good = take(relay->qemu_fd, bytes, sizeof(bytes), &length) && good;
        thread_filter_add(&relay->filter, bytes, length, getpid(), &relay->to_libvirt);
    }
    return give(relay->libvirt_fd, &relay->to_libvirt) && give(relay->qemu_fd, &relay->to_qemu) &&
           good;
}

/* The events to wait for on a connection: in is filled from it, out is written to it. */
static short events_for(const struct queue *in, const struct queue *out)
{
    return (short)((in->length < WAITING_MAX ? POLLIN : 0) | (out->length > 0 ? POLLOUT : 0));
}

void monitor_relay(int life, int listener, const char *path)
{
    struct relay relay = RELAY_INIT;
    for (;;) {
        struct pollfd fds[] = {
            {.fd = life, .events = POLLIN},
            {.fd = relay.libvirt_fd < 0 ? listener : -1, .events = POLLIN},
            {.fd = relay.libvirt_fd, .events = events_for(&relay.to_qemu, &relay.to_libvirt)},
            {.fd = relay.qemu_fd, .events = events_for(&relay.to_libvirt, &relay.to_qemu)},
        };
        int n = poll(fds, ARRAY_LEN(fds), -1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || fds[0].revents)
            break;
        if (fds[1].revents)
            begin_relay(&relay, listener, path);
        else if ((fds[2].revents || fds[3].revents) &&
                 !pump(&relay, fds[2].revents, fds[3].revents))
            end_relay(&relay);
    }
    end_relay(&relay);
}
