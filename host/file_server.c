#include "host/file_server.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/jail_files.h"
#include "host/jail_rules.h"

/* QEMU's own, up to version 7.2; what other projects call by this name takes other arguments. */
#define PROGRAM "/usr/lib/qemu/virtiofsd"
#define SHARE_PATH "/share"
#define SOCKET_NAME "files"
/* Who owns what belongs to an id that the user namespace does not have, user_namespaces(7). */
#define UID_OF_NOBODY 65534
/* A thread for each queue, and those of its libraries. */
#define TASKS 16
/* Besides the machine's memory, which it maps. */
#define ADDRESS_SPACE_OVERHEAD (2ull << 30)

/* Its descriptors besides the standard ones. */
enum { FD_LISTENER = 3, FD_END };

int file_server_find(struct error *err)
{
    if (access(PROGRAM, X_OK) == 0)
        return 0;
    return error_errno(err, "--rootfs-transport virtiofs needs the virtiofsd of QEMU 7.2 or before "
                            "(" PROGRAM "); --rootfs-transport 9p needs none");
}

static int connect_both(const struct container *container, int *ret_ours, int *ret_theirs,
                        struct error *err)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    AUTO_CLOSE int ours = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    AUTO_CLOSE int theirs = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* In a directory where nobody else can come before us; by its descriptor, unix(7), BUGS: a path
     * has at most 107 bytes. */
    snprintf(name.sun_path, sizeof(name.sun_path), "/proc/self/fd/%d/" SOCKET_NAME,
             container->dir_fd);
    if (ours < 0 || theirs < 0 || bind(ours, (struct sockaddr *)&name, sizeof(name)) < 0 ||
        listen(ours, 1) < 0 || connect(theirs, (struct sockaddr *)&name, sizeof(name)) < 0 ||
        unlinkat(container->dir_fd, SOCKET_NAME, 0) < 0)
        return error_errno(err, "cannot connect the hypervisor and its file server");
    *ret_ours = take_fd(&ours);
    *ret_theirs = take_fd(&theirs);
    return 0;
}

static void add_arguments(struct strings *argv)
{
    static const char *const words[] = {
        PROGRAM, "-f", "--fd=3",
        /* The jail's limit is the one. */
        "--rlimit-nofile=0",
        /* cache: nobody changes the directory while the guest runs. sandbox: it is in one; this
         * kind makes no namespaces. modcaps: to read files of every owner, and nothing else
         * (jail_rules.c). */
        "-o", "source=" SHARE_PATH ",cache=always,sandbox=chroot,xattr,log_level=err", "-o",
        "modcaps=+dac_read_search:-chown:-dac_override:-fsetid:-setgid:-setuid:-mknod:"
        "-setfcap"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        strings_add(argv, words[i]);
}

/* A file that the guest knows is a descriptor, until the guest forgets it. */
static void say_limit(void)
{
    rlim_t most = jail_descriptors(JAIL_FILE_SERVER);
    if (most < jail_rules(JAIL_FILE_SERVER)->descriptors)
        fprintf(stderr,
                "vmc: virtiofs: the guest can know some %llu files at a time, and cannot open more "
                "(ulimit -Hn)\n",
                (unsigned long long)most);
}

/* Where a file's owner has no id, nobody stands in for it, and O_NOATIME is refused. */
static int check_owner(const struct machine_request *request, struct error *err)
{
    struct stat st;
    if (stat(request->rootfs->share, &st) < 0)
        return error_errno(err, "%s", request->rootfs->share);
    if (request->privileged || st.st_uid != UID_OF_NOBODY)
        return 0;
    return error_set(err,
                     "--rootfs-transport virtiofs is for files of the caller and its subordinate "
                     "ids, and %s is somebody else's: leave it out",
                     request->spec->rootfs);
}

int file_server_prepare(const struct machine_request *request, int *ret_ours, int *ret_theirs,
                        struct error *err)
{
    if (check_owner(request, err) < 0)
        return -1;
    say_limit();
    return connect_both(request->container, ret_ours, ret_theirs, err);
}

int file_server_start(const struct machine_request *request, int listener, int errors,
                      const struct jailed *hypervisor, struct jailed *ret,
                      struct isolation *isolation, struct error *err)
{
    AUTO_STRINGS struct strings files = {0}, argv = {0};
    AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int fds[FD_END] = {null, errors, errors, listener};
    const struct jail_tree share = {request->rootfs->share, SHARE_PATH, true};
    const struct jail jail = {
        .tenant = JAIL_FILE_SERVER,
        .container = request->container,
        .program = PROGRAM,
        .files = &files,
        .trees = &share,
        .tree_count = 1,
        .ids = request->ids->first ? request->ids : NULL,
        .privileged = request->privileged,
        .address_space = request->spec->memory + ADDRESS_SPACE_OVERHEAD,
        .tasks = TASKS,
        .group = &hypervisor->cgroup,
        .required = request->spec->require_jail,
    };
    if (jail_files_find(NULL, PROGRAM, &files, err) < 0)
        return -1;
    add_arguments(&argv);
    int result = jail_start(&jail, &argv, fds, FD_END, ret, isolation, err);
    return result < 0 ? error_wrap(err, "virtiofsd") : 0;
}
