#include "host/base/unix_socket.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/util.h"

int unix_socket_check(const char *path, struct error *err)
{
    size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
    if (strlen(path) > most)
        return error_set(err, "%s is too long for a socket address (%zu bytes, at most %zu)", path,
                         strlen(path), most);
    return 0;
}

static int make(const char *path, int type, struct sockaddr_un *ret_address, int *ret_fd,
                struct error *err)
{
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (unix_socket_check(path, err) < 0)
        return -1;
    memcpy(ret_address->sun_path, path, strlen(path) + 1);
    *ret_fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    return *ret_fd < 0 ? error_errno(err, "cannot make a socket") : 0;
}

int unix_socket_listen(const char *path, int type, int *ret_fd, struct error *err)
{
    struct sockaddr_un address;
    AUTO_CLOSE int fd = -1;
    if (make(path, type, &address, &fd, err) < 0)
        return -1;
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, SOMAXCONN) < 0)
        return error_errno(err, "cannot listen at %s", path);
    *ret_fd = take_fd(&fd);
    return 0;
}

int unix_socket_connect(const char *path, int type, int *ret_fd, struct error *err)
{
    struct sockaddr_un address;
    AUTO_CLOSE int fd = -1;
    if (make(path, type, &address, &fd, err) < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return error_errno(err, "cannot connect to %s", path);
    *ret_fd = take_fd(&fd);
    return 0;
}

/* An address has at most 107 bytes (unix(7), BUGS): so through the descriptor. */
int unix_socket_listen_at(int dir, const char *name, int type, int *ret_fd, struct error *err)
{
    AUTO_FREE char *path = xasprintf("/proc/self/fd/%d/%s", dir, name);
    return unix_socket_listen(path, type, ret_fd, err);
}

int unix_socket_connect_at(int dir, const char *name, int type, int *ret_fd, struct error *err)
{
    AUTO_FREE char *path = xasprintf("/proc/self/fd/%d/%s", dir, name);
    return unix_socket_connect(path, type, ret_fd, err);
}
