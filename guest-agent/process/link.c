#include "guest-agent/process/link.h"

#include <errno.h>

#include "common/fds.h"
#include "common/util.h"

struct link_payload {
    int32_t kind;
    uint8_t signaled;
    uint8_t value;
};

int link_send(int link, enum link_kind kind, const struct exit_record *record, const int *fds,
              int count, struct error *err)
{
    struct link_payload payload = {.kind = kind};
    if (record) {
        payload.signaled = record->signaled;
        payload.value = record->value;
    }
    if (fds_send(link, &payload, sizeof(payload), fds, (size_t)count) < 0)
        return error_errno(err, "cannot write to the agent");
    return 0;
}

int link_receive(int link, struct link_message *ret, struct error *err)
{
    struct link_payload payload = {0};
    *ret = (struct link_message){.fds = {-1, -1}};
    size_t count = LINK_FDS_MAX;
    ssize_t n = fds_receive(link, &payload, sizeof(payload), ret->fds, &count);
    if (n == 0 || (n < 0 && (errno == EAGAIN || errno == ECONNRESET)))
        return 0;
    if (n < 0)
        return error_errno(err, "cannot read from the container's first process");
    if (n != (ssize_t)sizeof(payload)) {
        link_message_free(ret);
        return error_set(err, "unexpected message from the container's first process");
    }
    ret->kind = payload.kind;
    ret->record.signaled = payload.signaled != 0;
    ret->record.value = payload.value;
    return 1;
}

void link_message_free(struct link_message *message)
{
    for (size_t i = 0; i < LINK_FDS_MAX; i++)
        close_fd(&message->fds[i]);
}
