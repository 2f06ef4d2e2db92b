#include "host/backend/libvirt/emulator.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "host/backend/libvirt/handover.h"
#include "host/backend/libvirt/monitor_relay.h"
#include "host/backend/libvirt/xml.h"
#include "host/base/arch.h"
#include "host/base/unix_socket.h"
#include "host/machine/qemu_program.h"

/* Longer than the start of a machine takes there. */
#define ANSWER_PATIENCE_NS (60 * NS_PER_S)

bool emulator_is_meant(char *const *argv)
{
    return getenv(HANDOVER_VARIABLE) ||
           (argv[0] && argv[1] && argv[2] && strcmp(argv[1], "-S") == 0 &&
            strcmp(argv[2], "-no-user-config") == 0);
}

static int answer_as_qemu(char **argv, struct error *err)
{
    AUTO_FREE char *qemu = NULL;
    const struct arch *arch = arch_native();
    if (!arch)
        return error_set(err, "there are no guests for this host's architecture");
    if (qemu_program_find(arch, &qemu, err) < 0)
        return -1;
    argv[0] = qemu;
    execv(qemu, argv);
    return error_errno(err, "cannot execute %s", qemu);
}

/* The inherited descriptors: those from 3 on that were open when the process started. */
static int list_inherited(int numbers[HANDOVER_FDS_MAX], size_t *ret_count, struct error *err)
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;
    size_t count = 0;
    if (!dir)
        return error_errno(err, "cannot list the descriptors");
    while ((entry = readdir(dir))) {
        int number = atoi(entry->d_name);
        if (number <= STDERR_FILENO || number == dirfd(dir))
            continue;
        if (count == HANDOVER_FDS_MAX) {
            closedir(dir);
            return error_set(err, "libvirt passed too many descriptors");
        }
        numbers[count++] = number;
    }
    closedir(dir);
    *ret_count = count;
    return 0;
}

/*
 * The descriptor of "-chardev socket,id=charmonitor,fd=N,...", on which libvirt's monitor listens.
 */
static int find_monitor(char *const *argv, int *ret_fd, struct error *err)
{
    for (; *argv; argv++)
        if (sscanf(*argv, "socket,id=charmonitor,fd=%d,", ret_fd) == 1)
            return 0;
    return error_set(err, "vmc does not understand this libvirt's command lines");
}

/* vmc's answer: has it started the machine? */
static int hear_answer(int socket, struct error *err)
{
    char text[sizeof(err->text)];
    if (!wait_readable(socket, now_ns() + ANSWER_PATIENCE_NS))
        return error_set(err, "vmc did not answer in time");
    ssize_t length = recv(socket, text, sizeof(text) - 1, 0);
    if (length <= 0)
        return error_set(err, "vmc is gone");
    text[length] = '\0';
    return strcmp(text, HANDOVER_STARTED) == 0 ? 0 : error_set(err, "%s", text);
}

/*
 * libvirt's command line and descriptors, with QEMU's own monitor in place of libvirt's. libvirt
 * notices from closed sockets that QEMU is gone: only its monitor's stays open here.
 */
static int hand_over(int socket, char **argv, const char *monitor_path, int *ret_listener,
                     struct error *err)
{
    int numbers[HANDOVER_FDS_MAX], fds[HANDOVER_FDS_MAX];
    size_t count = 0;
    AUTO_CLOSE int monitor = -1;
    /* An earlier attempt may have left its own. */
    unlink(monitor_path);
    if (find_monitor(argv, ret_listener, err) < 0 || list_inherited(numbers, &count, err) < 0 ||
        unix_socket_listen(monitor_path, SOCK_STREAM, &monitor, err) < 0)
        return -1;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] == socket)
            continue;
        fds[kept] = numbers[i] == *ret_listener ? monitor : numbers[i];
        numbers[kept++] = numbers[i];
    }
    if (handover_send(socket, argv, numbers, fds, kept, err) < 0)
        return -1;
    for (size_t i = 0; i < kept; i++)
        if (numbers[i] != *ret_listener)
            close(numbers[i]);
    return 0;
}

int emulator_main(char **argv, struct error *err)
{
    const char *path = getenv(HANDOVER_VARIABLE);
    AUTO_CLOSE int socket = -1, listener = -1;
    if (!path)
        return answer_as_qemu(argv, err);
    AUTO_FREE char *copy = xstrdup(path);
    AUTO_FREE char *monitor = domain_socket_path(dirname(copy), DOMAIN_SOCKET_MONITOR);
    if (unix_socket_connect(path, SOCK_SEQPACKET, &socket, err) < 0)
        return error_wrap(err, "the vmc that asked for this domain");
    if (hand_over(socket, argv, monitor, &listener, err) < 0 || hear_answer(socket, err) < 0)
        return -1;
    /* As long as the machine lives, which is as long as vmc keeps the connection. */
    monitor_relay(socket, listener, monitor);
    return 0;
}
