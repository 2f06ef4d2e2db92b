#include "tests/probe/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PLACE "place"
/* More than NAME_MAX, path_resolution(7). */
static char long_name[301];

/* The contents of the place, apart from paths that are only named below. */
static void make_objects(void)
{
    memset(long_name, 'n', sizeof(long_name) - 1);
    umask(0);
    if (mkdir(PLACE, 0777) || chdir(PLACE) || mknod("file", S_IFREG | 0644, 0) ||
        mknod("private", S_IFREG | 0600, 0) || mknod("setuid", S_IFREG | 06777, 0) ||
        mkdir("directory", 0755) || mkdir("full", 0777) || mknod("full/file", S_IFREG | 0666, 0) ||
        mkdir("closed", 0700) || mknod("closed/file", S_IFREG | 0666, 0) || mkdir("fixed", 0755) ||
        mknod("fixed/file", S_IFREG | 0666, 0) || mkdir("sticky", 01777) ||
        mknod("sticky/file", S_IFREG | 0666, 0) || mkdir("group", 02777) || chown("group", 0, 7) ||
        chmod("group", 02777) || symlink("file", "link") || symlink("missing", "dangling") ||
        symlink("loop", "loop") || mkfifo("fifo", 0666))
        perror("objects");
}

static const char *const paths[] = {
    "file",       "private",   "setuid",      "directory", "directory/", "full",     "closed/file",
    "fixed/file", "fixed/new", "sticky/file", "group/new", "link",       "dangling", "loop",
    "fifo",       "missing",   "missing/x",   "file/x",    "file/",      ".",        "directory/..",
    "",           long_name,
};

static int call_chmod(const char *path)
{
    return chmod(path, 02640);
}
static int call_chown(const char *path)
{
    return chown(path, 5, 6);
}
static int call_lchown(const char *path)
{
    return lchown(path, 5, (gid_t)-1);
}
static int call_link(const char *path)
{
    return link(path, "linked");
}
static int call_link_over(const char *path)
{
    return link("fifo", path);
}
static int call_mkdir(const char *path)
{
    return mkdir(path, 0750);
}
static int call_mkfifo(const char *path)
{
    return mkfifo(path, 0640);
}
static int call_mknod(const char *path)
{
    return mknod(path, S_IFREG | 0640, 0);
}
static int close_opened(int fd)
{
    return fd < 0 ? -1 : close(fd);
}
static int call_open(const char *path)
{
    return close_opened(open(path, O_RDONLY | O_NONBLOCK));
}
static int call_open_write(const char *path)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_NONBLOCK);
    if (fd >= 0 && write(fd, "text", 4) != 4)
        return -1;
    return close_opened(fd);
}
static int call_create(const char *path)
{
    return close_opened(open(path, O_RDWR | O_CREAT | O_NONBLOCK, 0640));
}
static int call_create_new(const char *path)
{
    return close_opened(open(path, O_RDWR | O_CREAT | O_EXCL, 0640));
}
static int call_open_directory(const char *path)
{
    return close_opened(open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
}
static int call_rename(const char *path)
{
    return rename(path, "renamed");
}
static int call_rename_over(const char *path)
{
    return rename("fifo", path);
}
static int call_rename_directory(const char *path)
{
    return rename("directory", path);
}
static int call_rmdir(const char *path)
{
    return rmdir(path);
}
static int call_symlink(const char *path)
{
    return symlink("to", path);
}
static int call_truncate(const char *path)
{
    return truncate(path, 5000);
}
static int call_unlink(const char *path)
{
    return unlink(path);
}
static int call_utimensat(const char *path)
{
    const struct timespec times[] = {{.tv_sec = 1, .tv_nsec = 23}, {.tv_sec = 4, .tv_nsec = 567}};
    return utimensat(AT_FDCWD, path, times, 0);
}

static const struct {
    const char *name;
    int (*run)(const char *path);
    bool uses_up; /* what it moves: each path has a place of its own then */
} calls[] = {
    {.name = "chmod", .run = call_chmod},
    {.name = "chown", .run = call_chown},
    {.name = "lchown", .run = call_lchown},
    {.name = "link", .run = call_link},
    {.name = "link-over", .run = call_link_over},
    {.name = "mkdir", .run = call_mkdir},
    {.name = "mkfifo", .run = call_mkfifo},
    {.name = "mknod", .run = call_mknod},
    {.name = "open", .run = call_open},
    {.name = "open-write", .run = call_open_write},
    {.name = "create", .run = call_create},
    {.name = "create-new", .run = call_create_new},
    {.name = "open-dir", .run = call_open_directory},
    {.name = "rename", .run = call_rename},
    {.name = "rename-over", .run = call_rename_over, .uses_up = true},
    {.name = "rename-dir", .run = call_rename_directory, .uses_up = true},
    {.name = "rmdir", .run = call_rmdir},
    {.name = "symlink", .run = call_symlink},
    {.name = "truncate", .run = call_truncate},
    {.name = "unlink", .run = call_unlink},
    {.name = "utimensat", .run = call_utimensat},
};

/* A directory's size depends on its file system. */
static void say_state(const char *path)
{
    struct stat st;
    if (lstat(path, &st)) {
        printf(" %s", strerrorname_np(errno));
        return;
    }
    printf(" %06o %u:%u links %u", st.st_mode, st.st_uid, st.st_gid, (unsigned)st.st_nlink);
    if (!S_ISDIR(st.st_mode))
        printf(" size %lld", (long long)st.st_size);
    if (st.st_mtim.tv_sec < 10)
        printf(" mtime %ld.%09ld", (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

/* In a child: it takes another id, and goes to the place. */
static int try_one(size_t call, const char *path, unsigned id)
{
    const gid_t groups[] = {7};
    if (id && (setgroups(1, groups) || setgid(id) || setuid(id)))
        return -1;
    umask(022);
    errno = 0;
    int result = calls[call].run(path);
    printf("%s %.20s: %s", calls[call].name, path, result ? strerrorname_np(errno) : "ok");
    fflush(stdout);
    return 0;
}

static void in_child(size_t call, const char *path, unsigned id)
{
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(try_one(call, path, id) ? 1 : 0);
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
        printf("%s %.20s: cannot be tried", calls[call].name, path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int leave_objects(void)
{
    return chdir("..") || nftw(PLACE, remove_one, 8, FTW_DEPTH | FTW_PHYS) ? -1 : 0;
}

static int try_call(size_t call, unsigned id)
{
    make_objects();
    for (size_t i = 0; i < COUNT(paths); i++) {
        if (i > 0 && calls[call].uses_up) {
            if (leave_objects())
                return -1;
            make_objects();
        }
        in_child(call, paths[i], id);
        say_state(paths[i]);
        putchar('\n');
    }
    fflush(stdout);
    return leave_objects();
}

int try_calls(const char *directory, unsigned id)
{
    if (chdir(directory))
        return 1;
    for (size_t i = 0; i < COUNT(calls); i++)
        if (try_call(i, id))
            return 1;
    return 0;
}
