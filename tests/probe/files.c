#include "tests/probe/files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Results of an operation other than 0 and a positive errno. */
#define WRONG (-1)

/* An operation returns 0, the errno that refused it, or WRONG. Names are the operation's own. */
typedef int operation(void);

/* The errno of a failed call, for `return failed();`. */
static int failed(void)
{
    return errno ? errno : WRONG;
}

static int write_file(const char *name, const char *text)
{
    int fd = open(name, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0644);
    if (fd < 0)
        return -1;
    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool holds(const char *name, const char *text)
{
    char bytes[256] = "";
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t count = read(fd, bytes, sizeof(bytes) - 1);
    close(fd);
    return count == (ssize_t)strlen(text) && !memcmp(bytes, text, strlen(text));
}

static int make_file(const char *name, const char *text)
{
    int fd = write_file(name, text);
    return fd < 0 ? -1 : close(fd);
}

static int try_hard_link(void)
{
    struct stat a, b;
    if (make_file("link-a", "x") || link("link-a", "link-b"))
        return failed();
    if (stat("link-a", &a) || stat("link-b", &b))
        return failed();
    return a.st_nlink == 2 && a.st_ino == b.st_ino ? 0 : WRONG;
}

static int try_symlink(void)
{
    char target[64] = "";
    if (symlink("some/where else", "symlink") || readlink("symlink", target, sizeof(target)) < 0)
        return failed();
    return strcmp(target, "some/where else") ? WRONG : 0;
}

static int try_rename(void)
{
    if (make_file("rename-a", "new") || make_file("rename-b", "old"))
        return failed();
    if (rename("rename-a", "rename-b"))
        return failed();
    return holds("rename-b", "new") && access("rename-a", F_OK) ? 0 : WRONG;
}

static int try_rename_directory(void)
{
    if (mkdir("dir-a", 0755) || make_file("dir-a/file", "x") || rename("dir-a", "dir-b"))
        return failed();
    return holds("dir-b/file", "x") ? 0 : WRONG;
}

static int try_rename_noreplace(void)
{
    if (make_file("nr-a", "a") || make_file("nr-b", "b"))
        return failed();
    if (!renameat2(AT_FDCWD, "nr-a", AT_FDCWD, "nr-b", RENAME_NOREPLACE))
        return WRONG;
    if (errno != EEXIST)
        return failed();
    if (renameat2(AT_FDCWD, "nr-a", AT_FDCWD, "nr-c", RENAME_NOREPLACE))
        return failed();
    return holds("nr-c", "a") ? 0 : WRONG;
}

static int try_rename_exchange(void)
{
    if (make_file("xc-a", "a") || make_file("xc-b", "b"))
        return failed();
    if (renameat2(AT_FDCWD, "xc-a", AT_FDCWD, "xc-b", RENAME_EXCHANGE))
        return failed();
    return holds("xc-a", "b") && holds("xc-b", "a") ? 0 : WRONG;
}

static int try_append(void)
{
    int a = open("append", O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
    int b = open("append", O_WRONLY | O_APPEND | O_CLOEXEC);
    if (a < 0 || b < 0)
        return failed();
    for (int i = 0; i < 2; i++)
        if (write(a, "aa", 2) != 2 || write(b, "bb", 2) != 2)
            return failed();
    close(a);
    close(b);
    return holds("append", "aabbaabb") ? 0 : WRONG;
}

static int try_sparse(void)
{
    struct stat st;
    int fd = write_file("sparse", "");
    if (fd < 0 || ftruncate(fd, 64 << 20) || pwrite(fd, "end", 3, (64 << 20) - 3) != 3 ||
        fstat(fd, &st))
        return failed();
    close(fd);
    return st.st_size == 64 << 20 && st.st_blocks < 2048 ? 0 : WRONG;
}

static int try_fsync(void)
{
    int fd = write_file("fsync", "x");
    if (fd < 0 || fsync(fd) || fdatasync(fd))
        return failed();
    close(fd);
    int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || fsync(dir))
        return failed();
    close(dir);
    return 0;
}

static int try_fallocate(void)
{
    struct stat st;
    int fd = write_file("fallocate", "");
    if (fd < 0 || fallocate(fd, 0, 0, 1 << 20) || fstat(fd, &st))
        return failed();
    close(fd);
    return st.st_size == 1 << 20 ? 0 : WRONG;
}

/* Maps the first page of fd; NULL if that is refused. */
static char *map_page(int fd, int protection, int flags)
{
    char *page = mmap(NULL, 4096, protection, flags, fd, 0);
    return page == MAP_FAILED ? NULL : page;
}

static int try_map_private(void)
{
    int fd = write_file("map-private", "page");
    if (fd < 0)
        return failed();
    char *page = map_page(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    if (!page)
        return failed();
    bool right = !memcmp(page, "page", 4);
    page[0] = 'P';
    close(fd);
    return right && holds("map-private", "page") ? 0 : WRONG;
}

static int try_map_shared(void)
{
    int fd = write_file("map-shared", "page");
    if (fd < 0)
        return failed();
    char *page = map_page(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
    if (!page)
        return failed();
    page[0] = 'P';
    if (msync(page, 4096, MS_SYNC))
        return failed();
    close(fd);
    return holds("map-shared", "Page") ? 0 : WRONG;
}

static int try_map_unlinked(void)
{
    int fd = write_file("map-unlinked", "page");
    if (fd < 0 || unlink("map-unlinked"))
        return failed();
    char *page = map_page(fd, PROT_READ, MAP_SHARED);
    if (!page)
        return failed();
    bool right = !memcmp(page, "page", 4);
    close(fd);
    return right ? 0 : WRONG;
}

/* Drops an open file from the page cache. */
static int forget_pages(int fd)
{
    return fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) ? -1 : 0;
}

/* A page of which write(2) has brought a part, and a store through a map another. */
static int try_map_after_write(void)
{
    char page[4096];
    memset(page, '-', sizeof(page));
    int fd = write_file("map-after-write", "");
    if (fd < 0 || write(fd, page, sizeof(page)) != sizeof(page) || forget_pages(fd))
        return failed();
    if (pwrite(fd, "write", 5, 0) != 5)
        return failed();
    char *map = map_page(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
    if (!map)
        return failed();
    memset(map + 100, '+', 5);
    if (munmap(map, 4096) || forget_pages(fd) || pread(fd, page, sizeof(page), 0) != sizeof(page))
        return failed();
    close(fd);
    return !memcmp(page, "write-", 6) && !memcmp(page + 99, "-+++++-", 7) ? 0 : WRONG;
}

static int try_unlinked_stat(void)
{
    struct stat st;
    int fd = write_file("unlinked-stat", "12345");
    if (fd < 0 || unlink("unlinked-stat") || fstat(fd, &st))
        return failed();
    close(fd);
    return st.st_size == 5 && st.st_nlink == 0 ? 0 : WRONG;
}

static int try_unlinked_truncate(void)
{
    char text[8] = "";
    int fd = write_file("unlinked-truncate", "12345");
    if (fd < 0 || unlink("unlinked-truncate") || ftruncate(fd, 3))
        return failed();
    ssize_t count = pread(fd, text, sizeof(text), 0);
    close(fd);
    return count == 3 && !memcmp(text, "123", 3) ? 0 : WRONG;
}

static int try_unlinked_fallocate(void)
{
    struct stat st;
    int fd = write_file("unlinked-fallocate", "");
    if (fd < 0 || unlink("unlinked-fallocate") || fallocate(fd, 0, 0, 8192) || fstat(fd, &st))
        return failed();
    close(fd);
    return st.st_size == 8192 ? 0 : WRONG;
}

static int try_unlinked_chmod(void)
{
    struct stat st;
    int fd = write_file("unlinked-chmod", "");
    if (fd < 0 || unlink("unlinked-chmod") || fchmod(fd, 0600) || fstat(fd, &st))
        return failed();
    close(fd);
    return (st.st_mode & 07777) == 0600 ? 0 : WRONG;
}

static int try_temporary_file(void)
{
    int fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed();
    bool right = write(fd, "x", 1) == 1;
    close(fd);
    return right ? 0 : WRONG;
}

static int try_xattr(void)
{
    char value[16] = "";
    if (make_file("xattr", "") || setxattr("xattr", "user.vmc", "value", 5, 0))
        return failed();
    if (getxattr("xattr", "user.vmc", value, sizeof(value)) < 0)
        return failed();
    return strcmp(value, "value") ? WRONG : 0;
}

static int try_acl(void)
{
    /* Version 2, then tag, permissions, id of each entry; little endian. */
    static const char acl[] = "\2\0\0\0"
                              "\1\0\6\0\377\377\377\377"   /* user:: rw- */
                              "\2\0\4\0\1\0\0\0"           /* user:1 r-- */
                              "\4\0\4\0\377\377\377\377"   /* group:: r-- */
                              "\20\0\4\0\377\377\377\377"  /* mask:: r-- */
                              "\40\0\0\0\377\377\377\377"; /* other:: --- */
    const size_t size = sizeof(acl) - 1;
    char got[sizeof(acl)];
    if (make_file("acl", "") || setxattr("acl", "system.posix_acl_access", acl, size, 0))
        return failed();
    if (getxattr("acl", "system.posix_acl_access", got, sizeof(got)) != (ssize_t)size)
        return WRONG;
    return memcmp(got, acl, size) ? WRONG : 0;
}

static int try_fifo(void)
{
    if (mkfifo("fifo", 0600))
        return failed();
    pid_t child = fork();
    if (child == 0) {
        int out = open("fifo", O_WRONLY | O_CLOEXEC);
        _exit(out < 0 ? errno : write(out, "through", 7) != 7);
    }
    int status = 0;
    char text[8] = "";
    int in = open("fifo", O_RDONLY | O_CLOEXEC);
    int error = in < 0 ? errno : 0;
    if (error)
        kill(child, SIGKILL);
    else if (read(in, text, 7) != 7)
        error = WRONG;
    waitpid(child, &status, 0);
    close(in);
    return error ? error : strcmp(text, "through") ? WRONG : 0;
}

static int try_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char byte = 0;
    if (server < 0 || client < 0 || bind(server, (struct sockaddr *)&address, sizeof(address)) ||
        listen(server, 1) || connect(client, (struct sockaddr *)&address, sizeof(address)))
        return failed();
    int accepted = accept(server, NULL, NULL);
    if (accepted < 0 || write(client, "!", 1) != 1 || read(accepted, &byte, 1) != 1)
        return failed();
    close(accepted);
    close(client);
    close(server);
    return byte == '!' ? 0 : WRONG;
}

static int try_device(void)
{
    char byte = 'x';
    if (mknod("zero", S_IFCHR | 0666, makedev(1, 5)))
        return failed();
    int fd = open("zero", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failed();
    ssize_t count = read(fd, &byte, 1);
    close(fd);
    return count == 1 && !byte ? 0 : WRONG;
}

static int try_chown(void)
{
    struct stat st;
    if (make_file("chown", "") || chown("chown", 1234, 4321) || stat("chown", &st))
        return failed();
    return st.st_uid == 1234 && st.st_gid == 4321 ? 0 : WRONG;
}

static int try_chmod(void)
{
    struct stat st;
    if (make_file("chmod", "") || chmod("chmod", 04751) || stat("chmod", &st))
        return failed();
    return (st.st_mode & 07777) == 04751 ? 0 : WRONG;
}

static int set_times(const char *name, struct stat *ret)
{
    const struct timespec times[2] = {{1000000000, 5}, {1100000000, 7}};
    if (make_file(name, "x") || utimensat(AT_FDCWD, name, times, 0) || stat(name, ret))
        return failed();
    return 0;
}

static int try_times(void)
{
    struct stat st;
    int error = set_times("times", &st);
    if (error)
        return error;
    return st.st_mtim.tv_sec == 1100000000 && st.st_atim.tv_sec == 1000000000 ? 0 : WRONG;
}

static int try_nanoseconds(void)
{
    struct stat st;
    int error = set_times("nanoseconds", &st);
    if (error)
        return error;
    return st.st_mtim.tv_nsec == 7 ? 0 : WRONG;
}

static int try_flock(void)
{
    int a = write_file("flock", "");
    int b = open("flock", O_RDWR | O_CLOEXEC);
    if (a < 0 || b < 0 || flock(a, LOCK_EX))
        return failed();
    if (!flock(b, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK)
        return WRONG;
    close(a);
    close(b);
    return 0;
}

static int try_record_lock(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
    int fd = write_file("record-lock", "");
    if (fd < 0 || fcntl(fd, F_SETLK, &lock))
        return failed();
    pid_t child = fork();
    if (child == 0) {
        int other = open("record-lock", O_RDWR | O_CLOEXEC);
        struct flock same = lock;
        _exit(other >= 0 && fcntl(other, F_SETLK, &same) && (errno == EAGAIN || errno == EACCES)
                  ? 0
                  : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    close(fd);
    return status ? WRONG : 0;
}

static int try_execute(void)
{
    if (make_file("script", "#!/bin/sh\nexit 3\n") || chmod("script", 0755))
        return failed();
    pid_t child = fork();
    if (child == 0) {
        execl("./script", "./script", NULL);
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 3 ? 0 : WRONG;
}

static int try_long_name(void)
{
    char name[256];
    memset(name, 'n', 255);
    name[255] = 0;
    if (make_file(name, "long"))
        return failed();
    return holds(name, "long") ? 0 : WRONG;
}

static int try_overwrite_lower(void)
{
    /* /etc/debian_version comes from the image: changing it is a copy up. */
    if (chmod("/etc/debian_version", 0640))
        return failed();
    struct stat st;
    if (stat("/etc/debian_version", &st))
        return failed();
    return (st.st_mode & 07777) == 0640 ? 0 : WRONG;
}

static int try_sticky(void)
{
    struct stat st;
    if (mkdir("sticky", 0700) || chmod("sticky", 01777) || stat("sticky", &st))
        return failed();
    return (st.st_mode & 07777) == 01777 ? 0 : WRONG;
}

static const struct {
    const char *name;
    operation *run;
} operations[] = {
    {"hard-link", try_hard_link},
    {"symlink", try_symlink},
    {"rename", try_rename},
    {"rename-directory", try_rename_directory},
    {"rename-noreplace", try_rename_noreplace},
    {"rename-exchange", try_rename_exchange},
    {"append", try_append},
    {"sparse", try_sparse},
    {"fsync", try_fsync},
    {"fallocate", try_fallocate},
    {"map-private", try_map_private},
    {"map-shared", try_map_shared},
    {"map-after-write", try_map_after_write},
    {"map-unlinked", try_map_unlinked},
    {"unlinked-stat", try_unlinked_stat},
    {"unlinked-truncate", try_unlinked_truncate},
    {"unlinked-fallocate", try_unlinked_fallocate},
    {"unlinked-chmod", try_unlinked_chmod},
    {"temporary-file", try_temporary_file},
    {"xattr", try_xattr},
    {"acl", try_acl},
    {"fifo", try_fifo},
    {"socket", try_socket},
    {"device", try_device},
    {"chown", try_chown},
    {"chmod", try_chmod},
    {"times", try_times},
    {"nanoseconds", try_nanoseconds},
    {"flock", try_flock},
    {"record-lock", try_record_lock},
    {"execute", try_execute},
    {"long-name", try_long_name},
    {"copy-up", try_overwrite_lower},
    {"sticky", try_sticky},
};

int try_files(const char *directory)
{
    if (chdir(directory)) {
        perror(directory);
        return 1;
    }
    umask(022);
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        errno = 0;
        int result = operations[i].run();
        const char *outcome = result == 0 ? "ok" : "wrong";
        if (result > 0)
            outcome = strerrorname_np(result) ? strerrorname_np(result) : "unknown";
        printf("%s %s\n", operations[i].name, outcome);
        fflush(stdout);
    }
    return 0;
}
