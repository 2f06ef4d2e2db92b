#include "host/backend/libvirt/libvirt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "common/log.h"
#include "host/backend/libvirt/client.h"
#include "host/backend/libvirt/handover.h"
#include "host/backend/libvirt/xml.h"
#include "host/backend/qemu/argv.h"
#include "host/backend/qemu/file_server.h"
#include "host/backend/qemu/qemu.h"
#include "host/base/child.h"
#include "host/base/signals.h"
#include "host/base/unix_socket.h"
#include "host/base/userns.h"
#include "host/machine/last_words.h"

/* On a loaded host libvirt starts its daemon, examines a new emulator, and starts a domain. */
#define START_PATIENCE_NS (90 * NS_PER_S)
#define STOP_PATIENCE_NS (15 * NS_PER_S)
#define UNFINISHED_PATIENCE_NS (3 * NS_PER_S)

/* The connection of one run. */
struct libvirt {
    struct child_process client; /* backend/libvirt/client.h */
    int socket;                  /* to it; -1: none */
    unsigned pending;            /* outstanding answers */
    int signal_fd;               /* borrowed: signals.h */
    bool root;                   /* the daemon's emulators have to run as root, as vmc does */
};

/* ---- the client ---- */

/* The child: with the caller's environment, without the caller's terminal and vmc's files. */
static _Noreturn void become_client(int socket, const char *uri, pid_t parent)
{
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "vmc-libvirt");
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(null, fd);
    if (getppid() != parent || dup2(socket, STDERR_FILENO + 1) < 0)
        _exit(STATUS_VMC_FAILED);
    close_range(STDERR_FILENO + 2, ~0u, 0);
    fcntl(STDERR_FILENO + 1, F_SETFD, FD_CLOEXEC);
    libvirt_client_main(STDERR_FILENO + 1, uri);
}

static int start_client(const char *uri, struct libvirt *libvirt, struct error *err)
{
    int pair[2];
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return error_errno(err, "cannot make a socket");
    libvirt->socket = pair[0];
    pid_t pid = fork();
    if (pid == 0)
        become_client(pair[1], uri, parent);
    close(pair[1]);
    if (pid < 0)
        return error_errno(err, "cannot fork");
    libvirt->client.pid = pid;
    libvirt->client.pidfd = pidfd_open(pid, 0);
    return libvirt->client.pidfd < 0 ? error_errno(err, "pidfd_open") : 0;
}

/* Begins to connect: as the caller, not as root of a namespace. */
static int prepare(const struct vm_spec *spec, int signal_fd, void **ret_own, struct error *err)
{
    struct libvirt *libvirt = xcalloc(1, sizeof(*libvirt));
    *libvirt = (struct libvirt){
        .client = CHILD_INIT, .socket = -1, .signal_fd = signal_fd, .root = am_host_root()};
    *ret_own = libvirt;
    return start_client(spec->libvirt, libvirt, err);
}

static int ask(struct libvirt *libvirt, char what, const char *argument, struct error *err)
{
    AUTO_FREE char *message = xasprintf("%c%s", what, argument);
    if (strlen(message) > CLIENT_MESSAGE_MAX)
        return error_set(err, "--libvirt: the domain's description is too long");
    if (libvirt->socket < 0)
        return error_set(err, "libvirt still holds the previous domain");
    if (send(libvirt->socket, message, strlen(message), MSG_NOSIGNAL) < 0)
        return error_errno(err, "libvirt's client");
    libvirt->pending++;
    return 0;
}

/* Reads one answer: 0, or -1 with its reason. */
static int hear(struct libvirt *libvirt, struct error *err)
{
    char text[1 + sizeof(err->text)];
    ssize_t n = recv(libvirt->socket, text, sizeof(text) - 1, 0);
    if (n <= 0) {
        libvirt->pending = 0;
        close_fd(&libvirt->socket);
        return error_set(err, "libvirt's client has ended");
    }
    libvirt->pending--;
    text[n] = '\0';
    return text[0] == CLIENT_DONE ? 0 : error_set(err, "%s", text + 1);
}

/* A signal that ends vmc, as in a session. */
static int take_signal(int signal_fd, struct error *err)
{
    struct signalfd_siginfo info;
    if (read(signal_fd, &info, sizeof(info)) != sizeof(info) ||
        signal_is_terminals((int)info.ssi_signo))
        return 0;
    error_set(err, "ended by signal %u (%s)", info.ssi_signo, strsignal((int)info.ssi_signo));
    err->status = STATUS_SIGNAL_BASE + (int)info.ssi_signo;
    return -1;
}

/*
 * Waits until one of two descriptors can be read, and returns its index; -1 after a signal, or at
 * the deadline, with an error that says what did not happen.
 */
static int wait_for_either(int first, int second, int signal_fd, int64_t deadline, const char *late,
                           struct error *err)
{
    for (;;) {
        struct pollfd ready[] = {
            {.fd = first, .events = POLLIN},
            {.fd = second, .events = POLLIN},
            {.fd = signal_fd, .events = POLLIN},
        };
        int n = poll(ready, ARRAY_LEN(ready), poll_timeout(deadline));
        if (n < 0 && errno != EINTR)
            return error_errno(err, "poll");
        if (n == 0 || now_ns() >= deadline)
            return error_set(err, "%s in time", late);
        if (n > 0 && ready[2].revents && take_signal(signal_fd, err) < 0)
            return -1;
        if (n > 0 && (ready[0].revents || ready[1].revents))
            return ready[0].revents ? 0 : 1;
    }
}

static void disconnect(struct libvirt *libvirt)
{
    close_fd(&libvirt->socket);
    child_stop(&libvirt->client);
}

/* Waits, with a deadline, until libvirt has released the domain, whose QEMU has ended. */
static void stop(struct machine *m)
{
    struct libvirt *libvirt = m->own;
    if (!libvirt)
        return;
    struct error ignored = ERROR_INIT;
    /* A creation that is still under way fails by itself: its emulator has no peer. */
    int64_t deadline =
        now_ns() + (libvirt->pending > 0 ? UNFINISHED_PATIENCE_NS : STOP_PATIENCE_NS);
    if (libvirt->socket < 0 || ask(libvirt, CLIENT_DESTROY, "", &ignored) < 0)
        return;
    while (libvirt->pending > 0 &&
           wait_for_either(libvirt->socket, -1, -1, deadline, "", &ignored) >= 0)
        hear(libvirt, &ignored);
    if (libvirt->pending > 0)
        disconnect(libvirt);
}

static void release(void *own)
{
    disconnect(own);
    free(own);
}

/* ---- the sockets of a domain ---- */

/* libvirt's own error about a name that is too long does not say what to do. */
static int check_names(const struct container *container, struct error *err)
{
    for (int i = 0; i < DOMAIN_SOCKET_COUNT; i++) {
        AUTO_FREE char *path = domain_socket_path(container->dir, (enum domain_socket)i);
        if (unix_socket_check(path, err) < 0)
            return error_wrap(err, "--libvirt: set XDG_RUNTIME_DIR to a shorter directory");
    }
    return 0;
}

static int listen_for_handover(const struct container *container, int *ret_fd, struct error *err)
{
    AUTO_FREE char *path = domain_socket_path(container->dir, DOMAIN_SOCKET_HANDOVER);
    if (check_names(container, err) < 0)
        return -1;
    /* An earlier attempt has left its own. */
    unlink(path);
    return unix_socket_listen(path, SOCK_SEQPACKET, ret_fd, err);
}

/* QEMU accepts as soon as it runs; until then the connection waits. */
static int connect_line(const struct container *container, enum domain_socket which, int *ret_fd,
                        struct error *err)
{
    AUTO_FREE char *path = domain_socket_path(container->dir, which);
    return unix_socket_connect(path, SOCK_STREAM, ret_fd, err);
}

static int connect_lines(const struct container *container, struct machine *m, struct error *err)
{
    if (connect_line(container, DOMAIN_SOCKET_CONTROL, &m->control_fd, err) < 0 ||
        connect_line(container, DOMAIN_SOCKET_DATA, &m->data_fd, err) < 0 ||
        connect_line(container, DOMAIN_SOCKET_CONSOLE, &m->console_fd, err) < 0)
        return -1;
    return connect_line(container, DOMAIN_SOCKET_SERIAL, &m->serial_fd, err);
}

/* ---- the start ---- */

static int describe(const struct machine_request *request, char **ret, struct error *err)
{
    const struct libvirt *libvirt = request->own;
    struct libxml_api api;
    char emulator[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", emulator, sizeof(emulator) - 1);
    if (length < 0)
        return error_errno(err, "cannot find vmc's own file");
    emulator[length] = '\0';
    const struct domain_facts facts = {
        .emulator = emulator,
        .tsc_khz = qemu_tsc_khz(request),
        .pid = getpid(),
        .root = libvirt->root,
    };
    if (libxml_api_load(&api, err) < 0 || libvirt_xml(&api, request, &facts, ret, err) < 0)
        return -1;
    log_debug("domain: %s", *ret);
    return 0;
}

/* The emulator's connection, or libvirt's refusal if that comes first. */
static int accept_emulator(struct libvirt *libvirt, int listener, int64_t deadline, int *ret_fd,
                           struct error *err)
{
    int which = wait_for_either(listener, libvirt->socket, libvirt->signal_fd, deadline,
                                "libvirt did not start the domain", err);
    if (which < 0)
        return -1;
    if (which == 1)
        return hear(libvirt, err) < 0 ? -1 : error_set(err, "libvirt did not start the emulator");
    *ret_fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    return *ret_fd < 0 ? error_errno(err, "the emulator's connection") : 0;
}

static int receive_handover(int connection, int signal_fd, int64_t deadline, struct handover *ret,
                            struct error *err)
{
    if (wait_for_either(connection, -1, signal_fd, deadline, "the emulator sent no message", err) <
        0)
        return -1;
    return handover_receive(connection, ret, err);
}

/*
 * The command line for the jail. The secret that libvirt always adds is for encrypted disks, in a
 * file that is not in the jail; a short form makes QEMU warn at each start.
 */
static void adapt_argv(const struct strings *given, const char *program, struct strings *ret)
{
    static const char short_form[] = ",readonly";
    strings_add(ret, program);
    for (size_t i = 1; i < given->count; i++) {
        const char *word = given->items[i], *next = i + 1 < given->count ? given->items[i + 1] : "";
        size_t length = strlen(word), tail = sizeof(short_form) - 1;
        if (strcmp(word, "-object") == 0 && strstr(next, "\"masterKey0\""))
            i++;
        else if (length > tail && strcmp(word + length - tail, short_form) == 0)
            strings_addf(ret, "%s=on", word);
        else
            strings_add(ret, word);
    }
}

/* fds are libvirt's, with room for vmc's. */
static int add_own_descriptors(const struct machine_request *request, const int standard[3],
                               const struct file_server_ends *files,
                               const struct handover *handover, int *fds, struct error *err)
{
    const struct machine_gift own[] = {
        {STDIN_FILENO, standard[STDIN_FILENO]},   {STDOUT_FILENO, standard[STDOUT_FILENO]},
        {STDERR_FILENO, standard[STDERR_FILENO]}, {QEMU_FD_IMAGE, request->rootfs->image_fd},
        {QEMU_FD_DISK, request->rootfs->disk_fd}, {QEMU_FD_SWAP, request->swap_fd},
        {QEMU_FD_NET, request->network->link.fd}, {QEMU_FD_FILES, files->fds[0]},
        {QEMU_FD_FILES + 1, files->fds[1]},       {QEMU_FD_FILES + 2, files->fds[2]},
        {QEMU_FD_FILES + 3, files->fds[3]},
    };
    for (size_t i = 0; i < handover->fd_count; i++)
        fds[i] = handover->fds[i];
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        if (own[i].fd < 0)
            continue;
        if (fds[own[i].number] >= 0)
            return error_set(err, "libvirt uses descriptor %d, which vmc needs", own[i].number);
        fds[own[i].number] = own[i].fd;
    }
    return 0;
}

/* QEMU with libvirt's command line and descriptors, and with vmc's own. */
static int start_handed_over(const struct machine_request *request, const struct handover *handover,
                             struct machine *ret, struct isolation *isolation, struct error *err)
{
    AUTO_STRINGS struct strings argv = {0};
    size_t count = handover->fd_count > QEMU_FD_END ? handover->fd_count : QEMU_FD_END;
    AUTO_FREE int *fds = xcalloc(count, sizeof(*fds));
    int standard[] = {-1, -1, -1};
    struct file_server_ends files, servers;
    for (size_t i = 0; i < count; i++)
        fds[i] = -1;
    adapt_argv(&handover->argv, request->vmm, &argv);
    int result = file_server_prepare(request, &servers, &files, err);
    if (result == 0)
        result = machine_make_standard(ret, standard, err);
    if (result == 0)
        result = add_own_descriptors(request, standard, &files, handover, fds, err);
    if (result == 0)
        result = qemu_start_in_jail(request, &argv, fds, count, &ret->process, isolation, err);
    if (result == 0)
        result = file_server_start(request, &servers, standard[STDERR_FILENO], ret, isolation, err);
    file_server_close(&files);
    file_server_close(&servers);
    for (size_t i = 0; i < ARRAY_LEN(standard); i++)
        close_fd(&standard[i]);
    return result;
}

/* From the emulator's message to the answer it waits for. */
static int take_over(const struct machine_request *request, int64_t deadline, struct machine *ret,
                     struct isolation *isolation, struct error *err)
{
    const struct libvirt *libvirt = request->own;
    struct handover handover = {0};
    int result = receive_handover(ret->keeper_fd, libvirt->signal_fd, deadline, &handover, err);
    if (result == 0)
        result = connect_lines(request->container, ret, err);
    if (result == 0)
        result = start_handed_over(request, &handover, ret, isolation, err);
    /* Before the answer: libvirt notices QEMU's end when the monitor's socket closes. */
    handover_free(&handover);
    const char *text = result == 0 ? HANDOVER_STARTED : err->text;
    send(ret->keeper_fd, text, strlen(text), MSG_NOSIGNAL);
    return result;
}

/* libvirt's answer to the creation of the domain, with QEMU's output if it failed. */
static int hear_created(struct libvirt *libvirt, int64_t deadline, struct machine *m,
                        struct error *err)
{
    struct vmm_errors errors = {0};
    if (wait_for_either(libvirt->socket, -1, libvirt->signal_fd, deadline,
                        "libvirt did not create the domain", err) < 0)
        return -1;
    if (hear(libvirt, err) == 0)
        return 0;
    const char *said = vmm_last_words(&errors, m);
    if (said[0]) {
        struct error reason = *err;
        error_set(err, "%s: %s", reason.text, said);
    }
    return -1;
}

static int start(const struct machine_request *request, struct machine *ret,
                 struct isolation *isolation, struct error *err)
{
    struct libvirt *libvirt = request->own;
    AUTO_FREE char *xml = NULL;
    AUTO_CLOSE int listener = -1;
    int64_t patience = request->spec->boot_timeout;
    int64_t deadline = now_ns() + (patience < START_PATIENCE_NS ? patience : START_PATIENCE_NS);
    if (listen_for_handover(request->container, &listener, err) < 0 ||
        describe(request, &xml, err) < 0 || ask(libvirt, CLIENT_CREATE, xml, err) < 0)
        return -1;
    ret->own = libvirt;
    if (accept_emulator(libvirt, listener, deadline, &ret->keeper_fd, err) < 0 ||
        take_over(request, deadline, ret, isolation, err) < 0)
        return -1;
    return hear_created(libvirt, deadline, ret, err);
}

const struct machine_ops libvirt_ops = {
    .machine = "the virtual machine",
    .process = "the hypervisor",
    .accelerated = true,
    .has_interface = true,
    .let_go = "the domain was ended through libvirt",
    .find = qemu_find_files,
    .prepare = prepare,
    .release = release,
    .start = start,
    .stop = stop,
};
