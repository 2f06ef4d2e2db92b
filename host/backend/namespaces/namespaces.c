#include "host/backend/namespaces/namespaces.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/util.h"
#include "host/base/child.h"
#include "host/machine/guest_image.h"
#include "host/network/passt_program.h"

/* Descriptors of the agent, by number. */
enum agent_fd {
    AGENT_FD_CONTROL = 3,
    AGENT_FD_DATA,
    AGENT_FD_FRAMES, /* with a network */
    AGENT_FD_END,
};

/* Tasks in the group of a container apart from its own: the agent, and its frame relay. */
#define AGENT_TASKS 2

/* "Default Devices" of the OCI runtime specification, config-linux.md. */
static const char *const devices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                      "/dev/random", "/dev/urandom", "/dev/tty"};

static int find(const struct vm_spec *spec, char **ret_program, struct guest_image *ret_image,
                struct error *err)
{
    (void)ret_image;
    AUTO_FREE char *dir = NULL;
    if (guest_image_directory(spec->arch, &dir, err) < 0)
        return -1;
    AUTO_FREE char *path = xasprintf("%s/vmc-agent", dir);
    *ret_program = realpath(path, NULL);
    if (!*ret_program || access(*ret_program, X_OK) < 0)
        return error_errno(err, "--host: %s", path);
    return spec->network.mode == NETWORK_USER ? passt_require("--host", err) : 0;
}

/* There is no console: the agent's standard error is the process's last words. */
static int make_descriptors(const struct machine_request *request, struct machine *m,
                            int theirs[AGENT_FD_END], struct error *err)
{
    const struct machine_gift frames = {AGENT_FD_FRAMES, request->network->link.fd};
    if (machine_make_standard(m, theirs, err) < 0 || machine_give(&frames, 1, theirs, err) < 0)
        return -1;
    if (machine_make_pair(&m->control_fd, &theirs[AGENT_FD_CONTROL], err) < 0)
        return -1;
    return machine_make_pair(&m->data_fd, &theirs[AGENT_FD_DATA], err);
}

static int start_agent(const struct machine_request *request, struct strings *argv, const int *fds,
                       struct machine *ret, struct isolation *isolation, struct error *err)
{
    const struct cgroup_spec *limits = &request->spec->container.cgroup;
    unsigned own_tasks = request->network->link.fd >= 0 ? AGENT_TASKS : AGENT_TASKS - 1;
    AUTO_STRINGS struct strings files = {0}, nodes = {0}, paths = {0};
    struct jail_tree trees[MACHINE_SHARES_MAX];
    bool overlaid = request->spec->upper == UPPER_RAM;
    size_t tree_count = machine_trees(request, overlaid ? SHARE_PATH : ROOT_PATH, trees, &paths);
    const struct jail jail = {
        .tenant = JAIL_AGENT,
        .container = request->container,
        .program = request->vmm,
        .files = &files,
        .nodes = &nodes,
        .trees = trees,
        .tree_count = tree_count,
        .ids = request->ids->first ? request->ids : NULL,
        .privileged = request->privileged,
        .memory = limits->memory_max,
        .no_swap = limits->memory_max > 0,
        .tasks = limits->pids_max ? (unsigned)limits->pids_max + own_tasks : 0,
        /* A requested limit; no other layer can be missing. */
        .required = limits->memory_max || limits->pids_max,
    };
    strings_add(&files, request->vmm);
    for (size_t i = 0; i < ARRAY_LEN(devices); i++)
        strings_add(&nodes, devices[i]);
    int result = jail_start(&jail, argv, fds, AGENT_FD_END, &ret->process, isolation, err);
    if (result < 0 && isolation->missing[LAYER_CGROUP])
        return error_set(err, "--%s: vmc may not use this host's control groups here: %s",
                         limits->memory_max ? "mem-limit" : "pids-limit",
                         isolation->missing[LAYER_CGROUP]);
    return result;
}

static int start(const struct machine_request *request, struct machine *ret,
                 struct isolation *isolation, struct error *err)
{
    int theirs[AGENT_FD_END];
    AUTO_STRINGS struct strings argv = {0};
    if (isolation->missing[LAYER_IDS])
        return error_set(err, "--host: the container's root would be the host's root: %s",
                         isolation->missing[LAYER_IDS]);
    for (int i = 0; i < AGENT_FD_END; i++)
        theirs[i] = -1;
    /* A process list shows which run it belongs to. */
    strings_addf(&argv, "%s/vmc-agent", request->container->dir);
    strings_add(&argv, AGENT_FDS_FLAG);
    AUTO_STRINGS struct strings numbers = {0};
    for (int fd = AGENT_FD_CONTROL; fd <= AGENT_FD_DATA; fd++)
        strings_addf(&numbers, "%d", fd);
    if (request->network->link.fd >= 0)
        strings_addf(&numbers, "%d", AGENT_FD_FRAMES);
    AUTO_FREE char *list = strings_join(&numbers, ",");
    strings_add(&argv, list);
    int result = make_descriptors(request, ret, theirs, err);
    if (result == 0)
        result = start_agent(request, &argv, theirs, ret, isolation, err);
    for (int i = 0; i < AGENT_FD_END; i++)
        close_fd(&theirs[i]);
    isolation->around = "the container";
    isolation_lacks(isolation, LAYER_KERNEL, "--host: it shares this host's");
    return result;
}

const struct machine_ops namespaces_ops = {
    .machine = "the container",
    .process = "its agent",
    .find = find,
    .start = start,
};
