#include "guest-agent/link.h"

#include <errno.h>

#include "common/fds.h"

struct link_payload {
    int32_t kind;
    struct exit_record record;
};

int link_send(int link, enum link_kind kind, const struct exit_record *record, const int *fds,
              int count, struct error *err)
{
    struct link_payload payload = {.kind = kind};
    if (record)
        payload.record = *record;
    if (fds_send(link, &payload, sizeof(payload), fds, (size_t)count) < 0)
        return error_errno(err, "cannot tell the agent");
    return 0;
}

int link_receive(int link, struct link_message *ret, struct error *err)
{
    struct link_payload payload = {0};
    struct link_message message = {.fds = {-1, -1}};
    size_t count = LINK_FDS_MAX;
    ssize_t n = fds_receive(link, &payload, sizeof(payload), message.fds, &count);
    if (n == 0 || (n < 0 && (errno == EAGAIN || errno == ECONNRESET)))
        return 0;
    if (n < 0)
        return error_errno(err, "cannot hear the container's first process");
    message.kind = payload.kind;
    message.record = payload.record;
    *ret = message;
    if (n != (ssize_t)sizeof(payload))
        return error_set(err, "the container's first process is not understood");
    return 1;
}
