#include "host/emulator.h"

#include <dirent.h>
#include <errno.h>
#include <linux/close_range.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/util.h"
#include "host/arch.h"
#include "host/handover.h"
#include "host/machine.h"

/* More than the start of a machine takes there. */
#define ANSWER_PATIENCE_NS (60 * NS_PER_S)

bool emulator_is_meant(char *const *argv)
{
    return getenv(HANDOVER_VARIABLE) || (argv[0] && argv[1] && strcmp(argv[1], "-S") == 0);
}

static int answer_as_qemu(char **argv, struct error *err)
{
    AUTO_FREE char *qemu = NULL;
    const struct arch *arch = arch_native();
    if (!arch)
        return error_set(err, "no guests are of this host's architecture");
    if (qemu_find(arch, &qemu, err) < 0)
        return -1;
    argv[0] = qemu;
    execv(qemu, argv);
    return error_errno(err, "cannot execute %s", qemu);
}

/* Descriptors from 3 on that were here when the process started: those that are inherited. */
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
            return error_set(err, "libvirt gives too many descriptors");
        }
        numbers[count++] = number;
    }
    closedir(dir);
    *ret_count = count;
    return 0;
}

static int connect_to(const char *path, int *ret_fd, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (strlen(path) >= sizeof(address.sun_path))
        return error_set(err, "the name %s is too long for a socket", path);
    strcpy(address.sun_path, path);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return error_errno(err, "cannot reach the vmc that asked for this domain at %s", path);
    *ret_fd = take_fd(&fd);
    return 0;
}

/* vmc's answer: has it started the machine? */
static int hear_answer(int socket, struct error *err)
{
    char text[sizeof(err->text)];
    struct pollfd ready = {.fd = socket, .events = POLLIN};
    int n;
    int64_t deadline = now_ns() + ANSWER_PATIENCE_NS;
    while ((n = poll(&ready, 1, poll_timeout(deadline))) < 0 && errno == EINTR)
        ;
    ssize_t length = n > 0 ? recv(socket, text, sizeof(text) - 1, 0) : 0;
    if (length <= 0)
        return error_set(err, n > 0 ? "vmc is gone" : "vmc has not answered in time");
    text[length] = '\0';
    return strcmp(text, HANDOVER_STARTED) == 0 ? 0 : error_set(err, "%s", text);
}

/* As long as the machine lives, which is as long as vmc keeps the connection. */
static void stand_in(int socket)
{
    struct pollfd end = {.fd = socket, .events = POLLIN};
    while (poll(&end, 1, -1) < 0 && errno == EINTR)
        ;
}

int emulator_main(char **argv, struct error *err)
{
    const char *path = getenv(HANDOVER_VARIABLE);
    int numbers[HANDOVER_FDS_MAX];
    size_t count = 0;
    AUTO_CLOSE int socket = -1;
    if (!path)
        return answer_as_qemu(argv, err);
    if (list_inherited(numbers, &count, err) < 0 || connect_to(path, &socket, err) < 0 ||
        handover_send(socket, argv, numbers, count, err) < 0)
        return -1;
    /* libvirt sees from the monitor's end that QEMU is gone: none of it may stay open here. */
    for (size_t i = 0; i < count; i++)
        close(numbers[i]);
    if (hear_answer(socket, err) < 0)
        return -1;
    stand_in(socket);
    return 0;
}
