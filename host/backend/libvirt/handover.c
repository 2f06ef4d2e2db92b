#include "host/backend/libvirt/handover.h"

#include <stdint.h>
#include <string.h>

#include "common/fds.h"

/*
 * The most that a socket takes at once by default, socket(7); no kernel command line is that long.
 */
#define MESSAGE_MAX (192u << 10)

int handover_send(int socket, char *const *argv, const int *numbers, const int *fds, size_t count,
                  struct error *err)
{
    AUTO_FREE char *bytes = xcalloc(MESSAGE_MAX, 1);
    uint32_t head = (uint32_t)count;
    if (count > HANDOVER_FDS_MAX)
        return error_set(err, "libvirt passed more than %d descriptors", HANDOVER_FDS_MAX);
    memcpy(bytes, &head, sizeof(head));
    size_t length = sizeof(head);
    if (count > 0)
        memcpy(bytes + length, numbers, count * sizeof(*numbers));
    length += count * sizeof(*numbers);
    for (; *argv; argv++) {
        size_t size = strlen(*argv) + 1;
        if (size > MESSAGE_MAX - length)
            return error_set(err, "libvirt's command line is too long");
        memcpy(bytes + length, *argv, size);
        length += size;
    }
    if (fds_send(socket, bytes, length, fds, count) < 0)
        return error_errno(err, "cannot hand the machine over");
    return 0;
}

/* Puts each descriptor at its number; those without a place stay in fds. */
static int place(int *fds, const char *numbers, size_t count, struct handover *ret)
{
    for (size_t i = 0; i < count; i++) {
        int number;
        memcpy(&number, numbers + i * sizeof(number), sizeof(number));
        if (number < 0 || number > HANDOVER_NUMBER_MAX)
            return -1;
        size_t end = (size_t)number + 1;
        if (end > ret->fd_count)
            ret->fds = xrealloc(ret->fds, end, sizeof(*ret->fds));
        while (ret->fd_count < end)
            ret->fds[ret->fd_count++] = -1;
        if (ret->fds[number] >= 0)
            return -1;
        ret->fds[number] = take_fd(&fds[i]);
    }
    return 0;
}

/* The whole message or nothing: it comes from another process. */
static int decode(const char *bytes, size_t length, int *fds, size_t fd_count, struct handover *ret)
{
    uint32_t count;
    if (length < sizeof(count) || bytes[length - 1] != '\0')
        return -1;
    memcpy(&count, bytes, sizeof(count));
    size_t at = sizeof(count) + count * sizeof(int);
    if (count != fd_count || at >= length || place(fds, bytes + sizeof(count), count, ret) < 0)
        return -1;
    for (; at < length; at += strlen(bytes + at) + 1)
        strings_add(&ret->argv, bytes + at);
    return 0;
}

int handover_receive(int socket, struct handover *ret, struct error *err)
{
    AUTO_FREE char *bytes = xcalloc(MESSAGE_MAX, 1);
    struct handover handover = {0};
    int fds[HANDOVER_FDS_MAX];
    size_t count = HANDOVER_FDS_MAX;
    ssize_t n = fds_receive(socket, bytes, MESSAGE_MAX, fds, &count);
    if (n < 0)
        return error_errno(err, "the emulator's message");
    int result = decode(bytes, (size_t)n, fds, count, &handover);
    if (result < 0) {
        for (size_t i = 0; i < count; i++)
            close_fd(&fds[i]);
        handover_free(&handover);
        return error_set(err, "the emulator's message cannot be read");
    }
    *ret = handover;
    return 0;
}

void handover_free(struct handover *handover)
{
    for (size_t i = 0; i < handover->fd_count; i++)
        close_fd(&handover->fds[i]);
    free(handover->fds);
    strings_free(&handover->argv);
    *handover = (struct handover){0};
}
