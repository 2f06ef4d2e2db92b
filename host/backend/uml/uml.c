#include "host/backend/uml/uml.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/log.h"
#include "common/util.h"
#include "host/backend/uml/argv.h"
#include "host/base/child.h"
#include "host/jail/seccomp_kernel.h"
#include "host/machine/guest_image.h"
#include "host/network/passt_program.h"

/* Each process in the guest is one on the host, in addition to the kernel's own. */
#define TASKS 8192
/* The host's cost for them: stacks, page tables, one mapping for each run of pages. */
#define OVERHEAD (512ull << 20)
/* Address space costs nothing; a guest's process maps at most all of its memory, and the kernel. */
#define ADDRESS_SPACE_OVERHEAD (6ull << 30)

static int find(const struct vm_spec *spec, char **ret_program, struct guest_image *ret_image,
                struct error *err)
{
    const struct image_choice choice = {spec->kernel, spec->initrd, NULL};
    if (guest_image_find(&arch_uml, &choice, ret_image, err) < 0)
        return error_wrap(err, "--uml");
    if (access(ret_image->kernel, X_OK) < 0)
        return error_errno(err, "--uml: kernel %s", ret_image->kernel);
    *ret_program = xstrdup(ret_image->kernel);
    return spec->network.mode == NETWORK_USER ? passt_require("--uml", err) : 0;
}

static int make_descriptors(const struct machine_request *request, struct machine *m,
                            int theirs[UML_FD_END], struct error *err)
{
    const struct machine_gift frames = {UML_FD_FRAMES, request->network->link.fd};
    if (machine_make_standard(m, theirs, err) < 0 || machine_give(&frames, 1, theirs, err) < 0)
        return -1;
    if (machine_make_pair(&m->control_fd, &theirs[UML_FD_CONTROL], err) < 0 ||
        machine_make_pair(&m->data_fd, &theirs[UML_FD_DATA], err) < 0)
        return -1;
    return machine_make_pair(&m->console_fd, &theirs[UML_FD_CONSOLE], err);
}

static int start_in_jail(const struct machine_request *request, struct strings *argv,
                         const int *fds, struct machine *ret, struct isolation *isolation,
                         struct error *err)
{
    AUTO_STRINGS struct strings files = {0}, paths = {0};
    struct jail_tree trees[MACHINE_SHARES_MAX];
    /* The places where the agent looks: common/contract.h. */
    size_t tree_count = machine_trees(request, SHARE_PATH, trees, &paths);
    const struct jail jail = {
        .tenant = JAIL_KERNEL,
        .container = request->container,
        .program = request->vmm,
        .files = &files,
        .trees = trees,
        .tree_count = tree_count,
        .ids = request->ids->first ? request->ids : NULL,
        .privileged = request->privileged,
        .ram = request->spec->memory,
        .needs = {.writes = machine_writes(request)},
        .address_space = request->spec->memory + ADDRESS_SPACE_OVERHEAD,
        .file_size = machine_writes(request) ? UINT64_MAX : request->spec->memory,
        .memory = request->spec->memory + OVERHEAD,
        .tasks = TASKS,
        .required = request->spec->require_jail,
    };
    strings_add(&files, request->image->kernel);
    strings_add(&files, request->image->initrd);
    for (size_t i = 0; log_debug_enabled && i < argv->count; i++)
        log_debug("uml: %s", argv->items[i]);
    return jail_start(&jail, argv, fds, UML_FD_END, &ret->process, isolation, err);
}

static int start(const struct machine_request *request, struct machine *ret,
                 struct isolation *isolation, struct error *err)
{
    int theirs[UML_FD_END];
    AUTO_STRINGS struct strings argv = {0};
    for (int i = 0; i < UML_FD_END; i++)
        theirs[i] = -1;
    int result = make_descriptors(request, ret, theirs, err);
    if (result == 0)
        result = kernel_seccomp_file(machine_writes(request), &theirs[UML_FD_FILTER], err);
    if (result == 0) {
        /* Nothing outside shows whether a kernel supports filter=. */
        if (request->spec->kernel)
            isolation_lacks(isolation, LAYER_SYSCALLS,
                            "--kernel: the filter for its start may be the only one");
        uml_argv(request, &argv);
        result = start_in_jail(request, &argv, theirs, ret, isolation, err);
    }
    for (int i = 0; i < UML_FD_END; i++)
        close_fd(&theirs[i]);
    return result;
}

const struct machine_ops uml_ops = {
    .machine = "the virtual machine",
    .process = "User Mode Linux",
    .frames_in_pieces = true,
    .find = find,
    .start = start,
};
