#include "host/backend/qemu/snapshot.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/util.h"
#include "host/backend/qemu/argv.h"
#include "host/jail/memory.h"
#include "host/jail/rules.h"

/* From its exec until QEMU asks for its memory: some 20 ms on an idle host. */
#define MEMORY_PATIENCE_NS (20 * NS_PER_S)
/* Every step takes milliseconds. */
#define PATIENCE_NS (10 * NS_PER_S)

/* Memory in a file is not part of the stream; and an event reports its end. */
#define CAPABILITIES                                                                               \
    "{\"capabilities\":[{\"capability\":\"x-ignore-shared\",\"state\":true},"                      \
    "{\"capability\":\"events\",\"state\":true}]}"

/* The machine is new to the network: the guest need not announce itself to switches. */
#define PARAMETERS "{\"announce-rounds\":0}"

int qemu_give_memory(struct machine *m, const struct template *t, int interrupt_fd,
                     struct error *err)
{
    struct jailed *process = &m->process;
    int result =
        jail_memory_grant(process->memory_listener, process->pidfd, interrupt_fd, t->memory_fd,
                          jail_memory_number(), now_ns() + MEMORY_PATIENCE_NS, err);
    close_fd(&process->memory_listener);
    return result;
}

int qemu_load(struct machine *m, const struct template *t, struct error *err)
{
    AUTO_FREE char *source = xasprintf("{\"uri\":\"fd:%d\"}", QEMU_FD_STATE);
    /* Nothing waits for the answers: a refusal ends the session, and success shows as HELLO. */
    if (qmp_post(&m->monitor, "migrate-set-capabilities", CAPABILITIES, err) < 0 ||
        qmp_post(&m->monitor, "migrate-set-parameters", PARAMETERS, err) < 0 ||
        qmp_post(&m->monitor, "migrate-incoming", source, err) < 0)
        return -1;
    return template_check(t, err);
}

/* The stream is small enough for the pipe: QEMU never waits for us. */
static int migrate(struct qmp *monitor, int *ret_fd, struct error *err)
{
    int ends[2];
    int64_t deadline = now_ns() + PATIENCE_NS;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_errno(err, "cannot make a pipe");
    AUTO_CLOSE int in = ends[1];
    *ret_fd = ends[0];
    if (fcntl(in, F_SETPIPE_SZ, TEMPLATE_STATE_MAX) < 0)
        return error_errno(err, "cannot make a large pipe");
    if (qmp_command(monitor, "migrate-set-capabilities", CAPABILITIES, deadline, err) < 0 ||
        qmp_give_fd(monitor, "state", in, deadline, err) < 0)
        return -1;
    close_fd(&in);
    if (qmp_command(monitor, "migrate", "{\"uri\":\"fd:state\"}", deadline, err) < 0)
        return -1;
    return qmp_wait_migration(monitor, deadline, err);
}

/* The whole contents of the pipe: QEMU has closed its end. */
static int read_state(int fd, void *state, size_t *ret_size, struct error *err)
{
    *ret_size = 0;
    for (;;) {
        ssize_t n = read(fd, (char *)state + *ret_size, TEMPLATE_STATE_MAX - *ret_size);
        if (n < 0)
            return error_errno(err, "cannot read the state of the devices");
        if (n == 0)
            return 0;
        *ret_size += (size_t)n;
        if (*ret_size == TEMPLATE_STATE_MAX)
            return error_set(err, "the state of the devices is too large");
    }
}

int qemu_save(struct machine *m, const struct template *t, const char *about, bool *ret_running,
              struct error *err)
{
    struct qmp *monitor = &m->monitor;
    AUTO_FREE void *state = xcalloc(TEMPLATE_STATE_MAX, 1);
    AUTO_CLOSE int fd = -1;
    size_t size;
    int result = migrate(monitor, &fd, err);
    if (result == 0)
        result = read_state(fd, state, &size, err);
    if (result == 0)
        result = template_save(t, state, size, about, err);
    struct error why = ERROR_INIT;
    *ret_running = qmp_command(monitor, "cont", "{}", now_ns() + PATIENCE_NS, &why) == 0;
    monitor->stopped = false;
    return result < 0 || *ret_running ? result : error_set(err, "%s", why.text);
}
