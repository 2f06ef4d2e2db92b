#include "hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ROUNDS 60
#define CHUNK (1u << 20)

static void say(const char *name, long result)
{
    printf("%s %s\n", name, result < 0 ? strerrorname_np(errno) : "ok");
}

/* Opens it, prints the result, and the data that could be read. */
static void say_open(const char *name, const char *path, int flags)
{
    char text[64];
    int fd = open(path, flags, 0600);
    say(name, fd);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (n > 0)
        printf("# %.*s\n", (int)n, text);
    if (fd >= 0)
        close(fd);
}

static void attack_links(const char *canary)
{
    char path[4096];
    snprintf(path, sizeof(path), "/../../../../..%s/secret", canary);
    say_open("open-up", path, O_RDONLY);
    say_open("open-canary", path + strlen("/../../../../.."), O_RDWR);
    say("symlink", symlink(canary, "/attack/link"));
    say_open("open-through-link", "/attack/link/secret", O_RDONLY);
    say_open("create-through-link", "/attack/link/evil", O_RDWR | O_CREAT);
    say("link-the-link", linkat(AT_FDCWD, "/attack/link", AT_FDCWD, "/attack/hard", 0));
    say("rename-over-root", rename("/attack/link", "/"));
    say("unlink", unlink("/attack/link"));
}

/* Nodes of devices that also exist on the host. */
static void attack_nodes(void)
{
    say("mknod-null", mknod("/attack/null", S_IFCHR | 0666, makedev(1, 3)));
    say("mknod-disk", mknod("/attack/disk", S_IFBLK | 0666, makedev(8, 0)));
    say("mknod-kvm", mknod("/attack/kvm", S_IFCHR | 0666, makedev(10, 232)));
    say_open("open-disk", "/attack/disk", O_RDWR | O_NONBLOCK);
    say_open("open-kvm", "/attack/kvm", O_RDWR | O_NONBLOCK);
    say("mkfifo", mkfifo("/attack/fifo", 0666));
    say_open("open-fifo", "/attack/fifo", O_RDONLY | O_NONBLOCK);
    int fd = open("/attack/setuid", O_CREAT | O_RDWR, 0600);
    say("setuid", fchmod(fd, 04755));
    say("capability", fsetxattr(fd, "security.capability",
                                "\x01\x00\x00\x02\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0", 20, 0));
    say("trusted", fsetxattr(fd, "trusted.overlay.opaque", "y", 1, 0));
    close(fd);
}

/* Several processes at once: directories and links to the canary change places under each other. */
static void race_once(const char *canary, int round)
{
    char name[64];
    snprintf(name, sizeof(name), "/attack/race/evil-%d", round % 5);
    rename("/attack/race", "/attack/moved");
    symlink(canary, "/attack/race");
    close(open(name, O_CREAT | O_RDWR | O_TRUNC, 0600));
    mkdir("/attack/race/evil", 0700);
    unlink("/attack/race/secret");
    truncate("/attack/race/secret", 0);
    chmod("/attack/race", 0777);
    rename("/attack/race/secret", "/attack/stolen");
    unlink("/attack/race");
    rename("/attack/moved", "/attack/race");
    mkdir("/attack/race", 0700);
}

static void attack_races(const char *canary)
{
    pid_t racers[3];
    mkdir("/attack/race", 0700);
    for (size_t i = 0; i < 3; i++) {
        racers[i] = fork();
        for (int round = 0; racers[i] == 0 && round < ROUNDS; round++)
            race_once(canary, round);
        if (racers[i] == 0)
            _exit(0);
    }
    int status, ended = 0;
    for (size_t i = 0; i < 3; i++)
        ended += waitpid(racers[i], &status, 0) == racers[i] && status == 0;
    say("race", ended == 3 ? 0 : -1);
}

/* More open files without a name than the hypervisor has descriptors. */
static void attack_open_files(unsigned files)
{
    struct rlimit limit = {.rlim_cur = files + 100, .rlim_max = files + 100};
    setrlimit(RLIMIT_NOFILE, &limit);
    unsigned count = 0;
    int *fds = calloc(files, sizeof(*fds));
    for (; count < files; count++) {
        fds[count] = open("/attack/unlinked", O_CREAT | O_EXCL | O_RDWR, 0600);
        if (fds[count] < 0 || unlink("/attack/unlinked") < 0)
            break;
    }
    say("open-unlinked", count == files ? 0 : -1);
    printf("# %u files\n", count);
    for (unsigned i = 0; i < count; i++)
        close(fds[i]);
    free(fds);
    unlink("/attack/unlinked");
    say_open("afterwards", "/attack/again", O_CREAT | O_RDWR);
}

void attack_files(const char *canary, unsigned files)
{
    say("directory", mkdir("/attack", 0755));
    attack_links(canary);
    attack_nodes();
    attack_races(canary);
    attack_open_files(files);
}

void fill_up(void)
{
    char *chunk = calloc(1, CHUNK), path[64];
    int fd = open("/attack/big", O_CREAT | O_RDWR, 0600);
    ssize_t n;
    size_t written = 0;
    while ((n = write(fd, chunk, CHUNK)) > 0 && written < (1u << 30))
        written += (size_t)n;
    say("data", n < 0 ? -1 : 0);
    say("data-flushed", fsync(fd));
    close(fd);
    say("data-removed", unlink("/attack/big"));
    unsigned count = 0;
    for (fd = 0; fd >= 0; count++) {
        snprintf(path, sizeof(path), "/attack/%u", count);
        fd = open(path, O_CREAT | O_EXCL | O_RDWR, 0600);
        if (fd >= 0)
            close(fd);
    }
    say("names", fd);
    printf("# %u files\n", count);
    say("name-removed", unlink("/attack/0"));
    say_open("after-names", "/attack/again", O_CREAT | O_RDWR);
    free(chunk);
}
