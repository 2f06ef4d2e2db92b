#include "tests/probe/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PLACE "place"
#define LONG_NAME                                                                                  \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"  \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"  \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"

/* What is in the place, besides what the paths below only name. */
static void make_objects(void)
{
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
    "",           LONG_NAME,
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
} calls[] = {
    {"chmod", call_chmod},
    {"chown", call_chown},
    {"lchown", call_lchown},
    {"link", call_link},
    {"link-over", call_link_over},
    {"mkdir", call_mkdir},
    {"mkfifo", call_mkfifo},
    {"mknod", call_mknod},
    {"open", call_open},
    {"open-write", call_open_write},
    {"create", call_create},
    {"create-new", call_create_new},
    {"open-dir", call_open_directory},
    {"rename", call_rename},
    {"rename-over", call_rename_over},
    {"rename-dir", call_rename_directory},
    {"rmdir", call_rmdir},
    {"symlink", call_symlink},
    {"truncate", call_truncate},
    {"unlink", call_unlink},
    {"utimensat", call_utimensat},
};

/* A directory's size is its file system's. */
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

int try_calls(const char *directory, unsigned id)
{
    if (chdir(directory))
        return 1;
    for (size_t i = 0; i < COUNT(calls); i++)
        for (size_t j = 0; j < COUNT(paths); j++) {
            make_objects();
            in_child(i, paths[j], id);
            say_state(paths[j]);
            putchar('\n');
            fflush(stdout);
            if (chdir("..") || nftw(PLACE, remove_one, 8, FTW_DEPTH | FTW_PHYS))
                return 1;
        }
    return 0;
}
