#include "host/machine/qmp.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/fds.h"
#include "common/io.h"
#include "common/util.h"

int qmp_open(struct qmp *q, int fd, struct error *err)
{
    static const char hello[] = "{\"execute\":\"qmp_capabilities\"}\n";
    *q = (struct qmp){.fd = fd};
    if (fd < 0)
        return 0;
    if (set_nonblocking(fd, true) == 0 && write_all(fd, hello, strlen(hello)) == 0)
        return 0;
    if (errno != EPIPE && errno != ECONNRESET)
        return error_errno(err, "cannot talk to QEMU's monitor");
    /* It has already ended; the machine's end will give the cause. */
    q->fd = -1;
    return 0;
}

void qmp_close(struct qmp *q)
{
    queue_free(&q->in);
    q->fd = -1;
}

/* A text in an event's data, borrowed; "" if there is none. */
static const char *event_text(struct json_object *event, const char *key)
{
    struct json_object *data, *text;
    bool there = json_object_object_get_ex(event, "data", &data) &&
                 json_object_is_type(data, json_type_object) &&
                 json_object_object_get_ex(data, key, &text) &&
                 json_object_is_type(text, json_type_string);
    return there ? json_object_get_string(text) : "";
}

static void handle_event(struct qmp *q, struct json_object *event, const char *name)
{
    q->stopped = q->stopped || strcmp(name, "STOP") == 0;
    q->shutdown = q->shutdown || strcmp(name, "SHUTDOWN") == 0;
    if (strcmp(name, "MIGRATION") == 0) {
        q->migrated = strcmp(event_text(event, "status"), "completed") == 0;
        q->lost = strcmp(event_text(event, "status"), "failed") == 0;
    }
    /* It comes before the STOP that it causes. */
    if (strcmp(name, "BLOCK_IO_ERROR") == 0 && strcmp(event_text(event, "action"), "stop") == 0) {
        snprintf(q->io_node, sizeof(q->io_node), "%s", event_text(event, "node-name"));
        snprintf(q->io_reason, sizeof(q->io_reason), "%s", event_text(event, "reason"));
    }
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
            handle_event(q, object, json_object_get_string(event));
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

static char *command_line(struct qmp *q, const char *command, const char *arguments)
{
    return xasprintf("{\"execute\":\"%s\",\"arguments\":%s,\"id\":%d}\n", command, arguments,
                     ++q->asked);
}

int qmp_post(struct qmp *q, const char *command, const char *arguments, struct error *err)
{
    AUTO_FREE char *line = command_line(q, command, arguments);
    if (q->fd < 0 || write_all(q->fd, line, strlen(line)) < 0)
        return error_set(err, "%s: QEMU's monitor is gone", command);
    return 0;
}

/* One more event or answer. */
static int wait_more(struct qmp *q, const char *command, int64_t deadline, struct error *err)
{
    if (q->fd < 0)
        return error_set(err, "%s: QEMU has ended", command);
    /* A monitor that talks without end has not answered, either. */
    if (now_ns() >= deadline || !wait_readable(q->fd, deadline))
        return error_set(err, "%s: no answer from QEMU in time", command);
    return qmp_pump(q, err);
}

static int wait_answer(struct qmp *q, const char *command, int64_t deadline, struct error *err)
{
    while (q->answered != q->asked)
        if (wait_more(q, command, deadline, err) < 0)
            return -1;
    if (!q->failure[0])
        return 0;
    error_set(err, "%s: %s", command, q->failure);
    error_sanitize(err->text);
    return -1;
}

int qmp_command(struct qmp *q, const char *command, const char *arguments, int64_t deadline,
                struct error *err)
{
    return qmp_post(q, command, arguments, err) < 0 ? -1 : wait_answer(q, command, deadline, err);
}

int qmp_give_fd(struct qmp *q, const char *name, int fd, int64_t deadline, struct error *err)
{
    AUTO_FREE char *arguments = xasprintf("{\"fdname\":\"%s\"}", name);
    AUTO_FREE char *line = command_line(q, "getfd", arguments);
    if (q->fd < 0 || fds_send(q->fd, line, strlen(line), &fd, 1) < 0)
        return error_set(err, "getfd: QEMU's monitor is gone");
    return wait_answer(q, "getfd", deadline, err);
}

int qmp_wait_migration(struct qmp *q, int64_t deadline, struct error *err)
{
    while (!q->migrated) {
        if (q->lost)
            return error_set(err, "migrate: QEMU has failed");
        if (wait_more(q, "migrate", deadline, err) < 0)
            return -1;
    }
    return 0;
}
