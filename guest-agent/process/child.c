#include "guest-agent/process/child.h"

#include <linux/close_range.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/io.h"
#include "common/protocol.h"
#include "common/util.h"
#include "guest-agent/container/container.h"
#include "guest-agent/container/namespaces.h"
#include "guest-agent/container/user.h"
#include "guest-agent/container/workload.h"
#include "guest-agent/process/init.h"
#include "guest-agent/process/link.h"
#include "guest-agent/process/terminal.h"

/* No user in the configuration is root; outside a container it is whoever we are. */
static int resolve_user(struct process_config *process, bool container, struct user *user,
                        const struct user **ret_chosen, struct error *err)
{
    const char *name = process->user ? process->user : "0";
    *ret_chosen = NULL;
    if (!process->user && !container)
        return 0;
    if (user_lookup(name, &process->groups, user, err) < 0)
        return -1;
    *ret_chosen = user;
    if (user_check_mapped(user, err) < 0)
        return error_wrap(err, "user '%s'", name);
    for (size_t i = 0; i < process->env.count; i++)
        if (strncmp(process->env.items[i], "HOME=", 5) == 0)
            return 0;
    strings_addf(&process->env, "HOME=%s", user->home);
    return 0;
}

/* /proc/self/fd/1 and what /dev/stdout leads to can be opened by the workload's user alone then, as
 * proc(5) has it: an open of them asks for the pipe's own permissions. */
static int give_streams(const struct child *child, const struct user *user, struct error *err)
{
    const int streams[] = {child->input, child->output, child->error_output};
    for (size_t i = 0; user && i < ARRAY_LEN(streams); i++)
        if (fchown(streams[i], user->uid, (gid_t)-1) < 0)
            return error_errno(err, "cannot give the standard streams to their user");
    return 0;
}

/* A terminal of the container's own devpts; the agent relays its master. */
static int open_terminal(const struct child *child, const struct process_config *process,
                         bool console, const struct user *user, int *ret_slave, struct error *err)
{
    const struct window_size size = {(uint16_t)process->rows, (uint16_t)process->columns};
    struct terminal t = TERMINAL_NONE;
    if (terminal_open(&t, &size, user, console, err) < 0)
        return -1;
    const int fds[] = {t.master, t.slave};
    int result = link_send(child->link, LINK_TERMINAL, NULL, fds, 2, err);
    close_fd(&t.master);
    *ret_slave = t.slave;
    return result;
}

/* Who w->process is to be, found in the container, and its streams. user is where w has its own. */
static int describe(const struct child *child, bool console, struct workload *w, struct user *user,
                    struct error *err)
{
    if (resolve_user(w->process, is_container(w->shape), user, &w->user, err) < 0)
        return -1;
    w->tty = w->process->tty;
    if (!w->tty) {
        w->input = child->input;
        w->output = child->output;
        w->error_output = child->error_output;
        return give_streams(child, w->user, err);
    }
    int slave;
    if (open_terminal(child, w->process, console, w->user, &slave, err) < 0)
        return -1;
    w->input = w->output = w->error_output = slave;
    return 0;
}

static int await(int link, enum link_kind kind, struct error *err)
{
    struct link_message message;
    int got = link_receive(link, &message, err);
    if (got == 0 || (got > 0 && message.kind != (int32_t)kind))
        return error_set(err, "the agent has exited");
    return got < 0 ? -1 : 0;
}

/* The text that the agent has read, and checked, already. Nothing is shared with it afterwards. */
static int await_config(const struct child *child, struct agent_config *config,
                        struct shared_config *shared, struct error *err)
{
    if (await(child->link, LINK_CONFIG, err) < 0)
        return -1;
    int result = agent_config_parse(shared->text, shared->length, config, err);
    munmap(shared, sizeof(*shared));
    return result;
}

/* What comes before the configuration. */
static int prepare(const struct child *child, const struct container_shape *shape,
                   struct places *ret, struct error *err)
{
    if (await(child->link, LINK_GO, err) < 0 ||
        (is_container(shape) && container_prepare(shape, ret, err) < 0))
        return -1;
    return link_send(child->link, LINK_PREPARED, NULL, NULL, 0, err);
}

static int run(const struct child *child, struct agent_config *config, struct shared_config *shared,
               struct error *err)
{
    struct workload workload = {.shape = &config->shape, .process = &config->process};
    struct places places = {0};
    struct user user = {0};
    bool container = is_container(&config->shape);
    if (prepare(child, &config->shape, &places, err) < 0 ||
        await_config(child, config, shared, err) < 0)
        return -1;
    if (container && container_enter(config, &places, err) < 0)
        return -1;
    if (describe(child, container, &workload, &user, err) < 0)
        return -1;
    if (container && container_seal(config, err) < 0)
        return -1;
    if (container && !config->shape.no_init)
        return init_run(&workload, child->link, child->report, err);
    return workload_exec(&workload, err);
}

/* Nothing else of the agent's is open where the container's processes can see it. */
static int close_others(const struct child *child, int first, struct error *err)
{
    const int kept[] = {STDIN_FILENO,  STDOUT_FILENO,       STDERR_FILENO,
                        child->link,   child->report,       child->input,
                        child->output, child->error_output, first};
    int highest = 0;
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        highest = kept[i] > highest ? kept[i] : highest;
    for (int fd = 0; fd < highest; fd++) {
        bool keep = false;
        for (size_t i = 0; i < ARRAY_LEN(kept); i++)
            keep = keep || kept[i] == fd;
        if (!keep)
            close(fd);
    }
    return close_range((unsigned)highest + 1, ~0u, 0) < 0
               ? error_errno(err, "cannot close descriptors")
               : 0;
}

static int run_exec(const struct child *child, const struct container_shape *shape, int first,
                    struct process_config *process, struct error *err)
{
    struct workload workload = {.shape = shape, .process = process};
    struct user user = {0};
    if (close_others(child, first, err) < 0 || namespaces_join(first, shape, err) < 0 ||
        describe(child, false, &workload, &user, err) < 0)
        return -1;
    return workload_exec(&workload, err);
}

static _Noreturn void report(const struct child *child, const struct error *err)
{
    uint8_t payload[ERROR_SIZE_MAX];
    /* One write; if even that fails, the agent sees an empty report. */
    if (write_all(child->report, payload, encode_error(payload, err)) < 0)
        _exit(STATUS_VMC_FAILED);
    _exit(STATUS_VMC_FAILED);
}

_Noreturn void child_run(const struct child *child, struct agent_config *config,
                         struct shared_config *shared)
{
    struct error err = ERROR_INIT;
    run(child, config, shared, &err);
    report(child, &err);
}

_Noreturn void child_run_exec(const struct child *child, const struct container_shape *shape,
                              int first, struct process_config *process)
{
    struct error err = ERROR_INIT;
    run_exec(child, shape, first, process, &err);
    report(child, &err);
}
