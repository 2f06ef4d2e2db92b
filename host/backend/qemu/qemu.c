#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "common/log.h"
#include "host/backend/qemu/argv.h"
#include "host/backend/qemu/file_server.h"
#include "host/backend/qemu/qemu.h"
#include "host/backend/qemu/snapshot.h"
#include "host/base/tsc.h"
#include "host/jail/files.h"
#include "host/machine/debugging.h"
#include "host/machine/qemu_program.h"

/* QEMU's end of every descriptor it inherits; -1: none. */
struct inheritance {
    int fds[QEMU_FD_END];
};

/* files: the file servers' ends, which the hypervisor inherits. */
static int make_descriptors(const struct machine_request *request, struct machine *m,
                            const struct file_server_ends *files, struct inheritance *theirs,
                            struct error *err)
{
    const struct machine_gift gifts[] = {
        {QEMU_FD_IMAGE, request->rootfs->image_fd},
        {QEMU_FD_DISK, request->rootfs->disk_fd},
        {QEMU_FD_SWAP, request->swap_fd},
        {QEMU_FD_NET, request->network->link.fd},
        {QEMU_FD_GDB, request->debugging->gdb_fd},
        {QEMU_FD_DUMP, request->debugging->dump_fd},
        {QEMU_FD_STATE, request->template ? request->template->state_fd : -1},
    };
    if (machine_make_standard(m, theirs->fds, err) < 0 ||
        machine_give(gifts, ARRAY_LEN(gifts), theirs->fds, err) < 0)
        return -1;
    if (!request->spec->maintenance &&
        (machine_make_pair(&m->control_fd, &theirs->fds[QEMU_FD_CONTROL], err) < 0 ||
         machine_make_pair(&m->data_fd, &theirs->fds[QEMU_FD_DATA], err) < 0 ||
         machine_make_pair(&m->console_fd, &theirs->fds[QEMU_FD_CONSOLE], err) < 0))
        return -1;
    if (machine_make_pair(&m->serial_fd, &theirs->fds[QEMU_FD_SERIAL], err) < 0)
        return -1;
    for (int i = 0; i < MACHINE_SHARES_MAX; i++) {
        const struct machine_gift gift = {QEMU_FD_FILES + i, files->fds[i]};
        if (machine_give(&gift, 1, theirs->fds, err) < 0)
            return -1;
    }
    return machine_make_pair(&m->monitor_fd, &theirs->fds[QEMU_FD_MONITOR], err);
}

static void log_argv(char **argv)
{
    for (; log_debug_enabled && *argv; argv++)
        log_debug("qemu: %s", *argv);
}

/* Beyond the guest's memory: QEMU itself, and under TCG up to 1 GiB of translated code. */
#define OVERHEAD_KVM (512ull << 20)
#define OVERHEAD_TCG (1536ull << 20)
/* Address space costs nothing: stacks and heaps of threads, mostly unused. */
#define ADDRESS_SPACE_OVERHEAD (6ull << 30)

/* Files on a tmpfs are memory, which counts for the process that writes them. */
static uint64_t memory_of_files(int fd, uint64_t most)
{
    struct statfs fs;
    if (fstatfs(fd, &fs) < 0 || fs.f_type != TMPFS_MAGIC)
        return 0;
    uint64_t size = (uint64_t)fs.f_blocks * (uint64_t)fs.f_bsize;
    return size < most ? size : most;
}

/* fd: of a disk image, or -1. */
static void plan_image(int fd, struct jail *jail)
{
    struct stat st;
    if (fd < 0)
        return;
    uint64_t size = fstat(fd, &st) == 0 ? (uint64_t)st.st_size : UINT64_MAX;
    jail->file_size = size > jail->file_size ? size : jail->file_size;
    jail->memory += memory_of_files(fd, size);
}

/* A file system that holds several volumes counts once. */
static uint64_t memory_of_volumes(const struct machine_request *request)
{
    const struct volume_list *list = &request->spec->volumes;
    uint64_t total = 0;
    dev_t seen[VOLUMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        AUTO_FREE char *path =
            xasprintf("%s/%zu", request->volumes->shares[list->items[i].cache].path, i);
        AUTO_CLOSE int fd = list->items[i].read_only ? -1 : open(path, O_PATH | O_CLOEXEC);
        struct stat st;
        if (fd < 0 || fstat(fd, &st) < 0)
            continue;
        size_t j = 0;
        while (j < count && seen[j] != st.st_dev)
            j++;
        if (j < count)
            continue;
        seen[count++] = st.st_dev;
        total += memory_of_files(fd, UINT64_MAX / 4 / VOLUMES_MAX);
    }
    return total;
}

static void plan_memory(const struct machine_request *request, struct jail *jail)
{
    const struct rootfs *rootfs = request->rootfs;
    uint64_t guest = request->spec->memory;
    jail->memory = guest + (request->accel == ACCEL_KVM ? OVERHEAD_KVM : OVERHEAD_TCG);
    jail->tasks = JAIL_TASKS;
    jail->address_space = guest + ADDRESS_SPACE_OVERHEAD;
    jail->file_size = machine_has_file_server(request) ? guest : 0;
    plan_image(rootfs->disk_fd, jail);
    plan_image(request->swap_fd, jail);
    if (machine_writes(request) || request->spec->debugging.crash_dump)
        jail->file_size = UINT64_MAX;
    /* Its file servers are in its control group. */
    jail->memory += memory_of_volumes(request);
    if (request->spec->upper == UPPER_HOST)
        jail->memory += memory_of_files(request->container->dir_fd, UINT64_MAX / 4);
    AUTO_CLOSE int share = rootfs->share ? open(rootfs->share, O_PATH | O_CLOEXEC) : -1;
    if (request->spec->upper == UPPER_NONE && share >= 0)
        jail->memory += memory_of_files(share, UINT64_MAX / 4);
}

static int list_files(const struct machine_request *request, struct strings *files,
                      struct error *err)
{
    if (jail_files_find(request->spec->arch, request->vmm, files, err) < 0)
        return -1;
    strings_add(files, request->image->kernel);
    if (strcmp(request->image->kernel, request->image->initrd) != 0)
        strings_add(files, request->image->initrd);
    /* QEMU's own user network reads the name servers from it. */
    if (request->network->link.kind == LINK_IN_VMM && access("/etc/resolv.conf", R_OK) == 0)
        strings_add(files, "/etc/resolv.conf");
    return 0;
}

static bool has_template_role(const struct machine_request *request, enum template_role role)
{
    return request->template && request->template->role == role;
}

int qemu_start_in_jail(const struct machine_request *request, struct strings *argv, const int *fds,
                       size_t fd_count, struct jailed *ret, struct isolation *isolation,
                       struct error *err)
{
    AUTO_STRINGS struct strings files = {0}, no_paths = {0};
    const struct network_link *link = &request->network->link;
    struct jail_tree trees[MACHINE_SHARES_MAX];
    size_t tree_count = machine_trees(request, NULL, trees, &no_paths);
    struct jail jail = {
        .container = request->container,
        .program = request->vmm,
        .files = &files,
        .trees = trees,
        .tree_count = tree_count,
        .ids = request->ids->first ? request->ids : NULL,
        .privileged = request->privileged,
        .host_network = link->kind == LINK_IN_VMM ? link->unjailed : NULL,
        .needs =
            {
                .writes = machine_writes(request),
                .disk = request->rootfs->image_fd >= 0 || request->rootfs->disk_fd >= 0 ||
                        request->swap_fd >= 0 || request->debugging->dump_fd >= 0,
                .listens =
                    request->debugging->gdb_fd >= 0 || request->spec->backend == BACKEND_LIBVIRT,
                .tap = link->kind == LINK_TAP,
                .sockets = link->kind == LINK_IN_VMM,
                .kvm = request->accel == ACCEL_KVM,
                .memory = has_template_role(request, TEMPLATE_MAKE),
                .copy = has_template_role(request, TEMPLATE_COPY),
                .shared = machine_has_file_server(request),
            },
        .asks_for_memory = machine_has_template(request),
        .required = request->spec->require_jail,
    };
    plan_memory(request, &jail);
    if (list_files(request, &files, err) < 0)
        return -1;
    jail.device = request->accel == ACCEL_KVM ? "/dev/kvm" : NULL;
    log_argv(argv->items);
    return jail_start(&jail, argv, fds, fd_count, ret, isolation, err);
}

unsigned qemu_tsc_khz(const struct machine_request *request)
{
    bool tsc = request->spec->arch->tsc && request->accel == ACCEL_TCG;
    return tsc ? tsc_khz(request->tsc) : 0;
}

static int start(const struct machine_request *request, struct machine *ret,
                 struct isolation *isolation, struct error *err)
{
    struct inheritance theirs;
    for (int i = 0; i < QEMU_FD_END; i++)
        theirs.fds[i] = -1;
    AUTO_STRINGS struct strings argv = {0};
    struct file_server_ends files, servers;
    int result = file_server_prepare(request, &servers, &files, err);
    if (result == 0)
        result = make_descriptors(request, ret, &files, &theirs, err);
    if (result == 0) {
        qemu_argv(request, qemu_tsc_khz(request), &argv);
        result = qemu_start_in_jail(request, &argv, theirs.fds, QEMU_FD_END, &ret->process,
                                    isolation, err);
    }
    if (result == 0)
        result =
            file_server_start(request, &servers, theirs.fds[STDERR_FILENO], ret, isolation, err);
    file_server_close(&files);
    file_server_close(&servers);
    for (int i = 0; i < QEMU_FD_END; i++)
        close_fd(&theirs.fds[i]);
    return result;
}

int qemu_find_files(const struct vm_spec *spec, char **ret_program, struct guest_image *ret_image,
                    struct error *err)
{
    const struct image_choice choice = {spec->kernel, spec->initrd, spec->distro};
    if (qemu_program_find(spec->arch, ret_program, err) < 0)
        return -1;
    return guest_image_find(spec->arch, &choice, ret_image, err);
}

/* The command line of an equal machine, with fixed values for the parts that differ in each run. */
static void describe(const struct machine_request *request, struct strings *ret)
{
    static char anywhere[] = "/";
    struct rootfs rootfs = *request->rootfs;
    struct volumes volumes = *request->volumes;
    struct network network = *request->network;
    struct machine_request plain = *request;
    rootfs.share = anywhere;
    for (size_t i = 0; i < VOLUME_CACHE_COUNT; i++)
        if (volumes.shares[i].path)
            volumes.shares[i].path = anywhere;
    network.guest.mac[0] = '\0';
    plain.rootfs = &rootfs;
    plain.volumes = &volumes;
    plain.network = &network;
    plain.template = NULL;
    qemu_argv(&plain, 0, ret);
}

const struct machine_ops qemu_ops = {
    .machine = "the virtual machine",
    .process = "the hypervisor",
    .accelerated = true,
    .has_interface = true,
    .find = qemu_find_files,
    .start = start,
    .describe = describe,
    .give_memory = qemu_give_memory,
    .load = qemu_load,
    .save = qemu_save,
};
