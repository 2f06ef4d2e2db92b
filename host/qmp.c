#include "host/qmp.h"

#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"

int qmp_open(struct qmp *q, int fd, struct error *err)
{
    static const char hello[] = "{\"execute\":\"qmp_capabilities\"}\n";
    *q = (struct qmp){.fd = fd};
    if (fd < 0)
        return 0;
    if (set_nonblocking(fd, true) < 0 || write_all(fd, hello, strlen(hello)) < 0)
        return error_errno(err, "cannot talk to QEMU's monitor");
    return 0;
}

void qmp_close(struct qmp *q)
{
    queue_free(&q->in);
    q->fd = -1;
}

static void handle_event(struct qmp *q, const char *name)
{
    q->stopped = q->stopped || strcmp(name, "STOP") == 0;
    q->shutdown = q->shutdown || strcmp(name, "SHUTDOWN") == 0;
}

/* The answer to a command: {"return": ..., "id": N}, or {"error": {"desc": ...}, "id": N}. */
static void handle_answer(struct qmp *q, struct json_object *object)
{
    struct json_object *id, *error, *text;
    if (!json_object_object_get_ex(object, "id", &id) || !json_object_is_type(id, json_type_int))
        return;
    q->answered = json_object_get_int(id);
    q->failure[0] = '\0';
    if (!json_object_object_get_ex(object, "error", &error))
        return;
    bool said = json_object_is_type(error, json_type_object) &&
                json_object_object_get_ex(error, "desc", &text) &&
                json_object_is_type(text, json_type_string);
    snprintf(q->failure, sizeof(q->failure), "%s",
             said ? json_object_get_string(text) : "it does not say why");
}

static int handle_line(struct qmp *q, const char *line, size_t length, struct error *err)
{
    struct json_tokener *tokener = json_tokener_new_ex(8);
    struct json_object *object = json_tokener_parse_ex(tokener, line, (int)length);
    json_tokener_free(tokener);
    if (!object)
        return error_set(err, "QEMU's monitor sent something that is not JSON");
    struct json_object *event;
    if (json_object_is_type(object, json_type_object)) {
        if (json_object_object_get_ex(object, "event", &event) &&
            json_object_is_type(event, json_type_string))
            handle_event(q, json_object_get_string(event));
        handle_answer(q, object);
    }
    json_object_put(object);
    return 0;
}

int qmp_feed(struct qmp *q, const char *bytes, size_t length, struct error *err)
{
    queue_append(&q->in, bytes, length);
    while (q->in.length > 0) {
        const char *line = (const char *)queue_bytes(&q->in);
        const char *end = memchr(line, '\n', q->in.length);
        if (!end && q->in.length > QMP_LINE_MAX)
            return error_set(err, "QEMU's monitor sent an endless line");
        if (!end)
            return 0;
        size_t used = (size_t)(end - line);
        if (used > 1 && handle_line(q, line, used, err) < 0)
            return -1;
        queue_consume(&q->in, used + 1);
    }
    return 0;
}

int qmp_pump(struct qmp *q, struct error *err)
{
    char bytes[4096];
    ssize_t n = read(q->fd, bytes, sizeof(bytes));
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        q->fd = -1;
        return 0;
    }
    return qmp_feed(q, bytes, (size_t)n, err);
}

int qmp_command(struct qmp *q, const char *command, const char *arguments, int64_t deadline,
                struct error *err)
{
    AUTO_FREE char *line = xasprintf("{\"execute\":\"%s\",\"arguments\":%s,\"id\":%d}\n", command,
                                     arguments, ++q->asked);
    if (q->fd < 0 || write_all(q->fd, line, strlen(line)) < 0)
        return error_set(err, "%s: QEMU's monitor is gone", command);
    while (q->answered != q->asked) {
        struct pollfd p = {.fd = q->fd, .events = POLLIN};
        if (q->fd < 0)
            return error_set(err, "%s: QEMU has ended", command);
        if (now_ns() >= deadline)
            return error_set(err, "%s: no answer from QEMU in time", command);
        if (poll(&p, 1, poll_timeout(deadline)) > 0 && qmp_pump(q, err) < 0)
            return -1;
    }
    if (!q->failure[0])
        return 0;
    error_set(err, "%s: %s", command, q->failure);
    error_sanitize(err->text);
    return -1;
}
