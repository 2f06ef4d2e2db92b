#include "host/network/lease.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "host/base/lock.h"

#define ROOT "/run/vmc-network"
#define NOTE "made"
#define NOTE_MAX 4096
#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define LOCK_PATIENCE_NS (20 * NS_PER_S)

/* Opens a directory below dirfd, making it if it is missing. -1 with errno. */
static int open_directory(int dirfd, const char *name)
{
    if (mkdirat(dirfd, name, 0700) < 0 && errno != EEXIST)
        return -1;
    return openat(dirfd, name, DIR_FLAGS);
}

static int lock(int fd, struct error *err)
{
    if (lock_within(fd, LOCK_EX, now_ns() + LOCK_PATIENCE_NS) == 0)
        return 0;
    return errno == EWOULDBLOCK
               ? error_set(err, "another vmc has kept " ROOT " locked for too long")
               : error_errno(err, "cannot lock " ROOT);
}

/* True if its name still leads to this directory: the last to leave removes it. */
static bool current(int dirfd, const char *name, int fd)
{
    struct stat named, open;
    return fstat(fd, &open) == 0 && fstatat(dirfd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           named.st_ino == open.st_ino && named.st_dev == open.st_dev;
}

int lease_room_reenter(struct lease_room *room, struct error *err)
{
    for (;;) {
        close_fd(&room->netns_fd);
        close_fd(&room->bridge_fd);
        room->netns_fd = open_directory(room->root_fd, room->netns);
        if (room->netns_fd < 0)
            return error_errno(err, "cannot make a directory in " ROOT);
        if (lock(room->netns_fd, err) < 0)
            return -1;
        if (current(room->root_fd, room->netns, room->netns_fd))
            break;
    }
    room->bridge_fd = open_directory(room->netns_fd, room->bridge);
    return room->bridge_fd < 0 ? error_errno(err, "cannot make a directory in " ROOT) : 0;
}

static int name_netns(char ret[24], struct error *err)
{
    struct stat netns;
    if (stat("/proc/self/ns/net", &netns) < 0)
        return error_errno(err, "cannot examine the network namespace");
    snprintf(ret, 24, "%lu", (unsigned long)netns.st_ino);
    return 0;
}

void lease_bridges(struct strings *ret)
{
    char netns[24];
    if (name_netns(netns, NULL) < 0)
        return;
    AUTO_FREE char *path = xasprintf(ROOT "/%s", netns);
    DIR *dir = opendir(path);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            strings_add(ret, entry->d_name);
    if (dir)
        closedir(dir);
}

int lease_room_enter(const char *bridge, struct lease_room *ret, struct error *err)
{
    if (name_netns(ret->netns, err) < 0)
        return -1;
    snprintf(ret->bridge, sizeof(ret->bridge), "%s", bridge);
    ret->root_fd = open_directory(AT_FDCWD, ROOT);
    if (ret->root_fd < 0)
        return error_errno(err, "cannot make " ROOT);
    return lease_room_reenter(ret, err);
}

void lease_room_leave(struct lease_room *room)
{
    if (room->netns_fd >= 0)
        flock(room->netns_fd, LOCK_UN);
}

void lease_room_close(struct lease_room *room)
{
    close_fd(&room->bridge_fd);
    close_fd(&room->netns_fd);
    close_fd(&room->root_fd);
}

/* A locked descriptor of the lease, or -1 with errno (EWOULDBLOCK: another run has it). */
static int try_lease(const struct lease_room *room, const char *name, int flags)
{
    AUTO_CLOSE int fd =
        openat(room->bridge_fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
        return -1;
    return take_fd(&fd);
}

unsigned lease_sweep(const struct lease_room *room)
{
    unsigned live = 0;
    int copy = openat(room->bridge_fd, ".", DIR_FLAGS);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, NOTE) == 0)
            continue;
        AUTO_CLOSE int fd = try_lease(room, entry->d_name, 0);
        if (fd < 0)
            live++;
        else
            unlinkat(room->bridge_fd, entry->d_name, 0);
    }
    if (dir)
        closedir(dir);
    return live;
}

int lease_take(const struct lease_room *room, const char *address, int *ret_fd, struct error *err)
{
    *ret_fd = try_lease(room, address, O_CREAT);
    if (*ret_fd < 0 && errno != EWOULDBLOCK)
        return error_errno(err, "cannot take the address %s", address);
    return 0;
}

void lease_drop(const struct lease_room *room, const char *address, int *fd)
{
    if (*fd >= 0)
        unlinkat(room->bridge_fd, address, 0);
    close_fd(fd);
}

char *lease_note_read(const struct lease_room *room)
{
    char *text = NULL;
    if (read_file_at(room->bridge_fd, NOTE, NOTE_MAX, &text, NULL, NULL) < 0)
        return NULL;
    return text;
}

int lease_note_write(const struct lease_room *room, const char *text, struct error *err)
{
    AUTO_CLOSE int fd =
        openat(room->bridge_fd, NOTE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || write_all(fd, text, strlen(text)) < 0)
        return error_errno(err, "cannot write to " ROOT);
    return 0;
}

bool lease_only_bridge(const struct lease_room *room)
{
    int copy = openat(room->netns_fd, ".", DIR_FLAGS);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    struct dirent *entry;
    bool only = true;
    while (dir && only && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, room->bridge) == 0)
            continue;
        AUTO_FREE char *note = xasprintf("%s/" NOTE, entry->d_name);
        only = faccessat(room->netns_fd, note, F_OK, 0) < 0;
    }
    if (dir)
        closedir(dir);
    return only;
}

void lease_room_remove(const struct lease_room *room)
{
    unlinkat(room->bridge_fd, NOTE, 0);
    unlinkat(room->netns_fd, room->bridge, AT_REMOVEDIR);
    unlinkat(room->root_fd, room->netns, AT_REMOVEDIR);
}
