#include "hostile.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORIES 24
#define ENTRIES 4
#define DEPTH 100

/* Some of it cannot be made everywhere: the rest is enough. */
#define TRY(call) ((void)((call) + 0))

static unsigned below(unsigned end)
{
    return (unsigned)rand() % end;
}

static const char *link_target(const char *canary)
{
    static char path[4096];
    static const char *const inside[] = {"", "/inner", "/secret"};
    static const char *const elsewhere[] = {
        "/",
        "..",
        "../..",
        "../../..",
        "../../../../../..",
        "/proc/self/root",
        "/proc/self/cwd",
        "/run",
        ".",
        "../upper",
        "../work",
        "../share",
    };
    if (below(2))
        return elsewhere[below(sizeof(elsewhere) / sizeof(elsewhere[0]))];
    snprintf(path, sizeof(path), "%s%s", canary, inside[below(3)]);
    return path;
}

/* A name that cleaning up may stumble over. */
static const char *odd_name(void)
{
    static char name[256];
    static const char *const names[] = {".vmc-removed-", " ", "-rf", "\n", "\xff\xfe", ".."};
    unsigned which = below(8);
    if (which < 6) {
        snprintf(name, sizeof(name), "%s%u", names[which], below(12));
    } else {
        memset(name, 'x', 255);
        name[254] = (char)('a' + below(26));
    }
    return name;
}

static void fill_directory(int dir, const char *canary)
{
    for (int i = 0; i < ENTRIES; i++) {
        switch (below(3)) {
        case 0:
            TRY(symlinkat(link_target(canary), dir, odd_name()));
            break;
        case 1: {
            int fd = openat(dir, odd_name(), O_CREAT | O_WRONLY | O_EXCL, (mode_t)below(01000));
            if (fd >= 0)
                close(fd);
            break;
        }
        default:
            TRY(mkdirat(dir, odd_name(), 0755));
        }
    }
}

static void make_deep(const char *canary)
{
    int dir = open("/", O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < DEPTH && dir >= 0; i++) {
        TRY(mkdirat(dir, "deep", 0755));
        TRY(symlinkat(link_target(canary), dir, "deep-link"));
        int next = openat(dir, "deep", O_RDONLY | O_DIRECTORY);
        close(dir);
        dir = next;
    }
    close(dir);
}

static void race(const char *canary)
{
    for (;;) {
        rename("/a/b", "/a/moved");
        symlink(canary, "/a/b");
        rename("/a/b", "/a/link");
        mkdir("/a/b", 0700);
        rmdir("/a/b");
        rename("/a/moved", "/a/b");
        symlink("../..", "/a/b/.vmc-removed-0");
        unlink("/a/b/.vmc-removed-0");
    }
}

void leave_tree(const char *canary, unsigned seed)
{
    char path[64];
    srand(seed);
    TRY(mkdir("/a", 0755));
    TRY(mkdir("/a/b", 0755));
    for (int i = 0; i < DIRECTORIES; i++) {
        snprintf(path, sizeof(path), i % 2 ? "/a/%d" : "/%d", i);
        TRY(mkdir(path, 0755));
        int dir = open(path, O_RDONLY | O_DIRECTORY);
        fill_directory(dir, canary);
        /* No one may enter it, or it belongs to another user. */
        if (below(2))
            TRY(fchmod(dir, below(2) ? 0 : 01000));
        if (below(2))
            TRY(fchown(dir, 1 + below(65534), 1 + below(65534)));
        close(dir);
    }
    make_deep(canary);
    /* Links that replace what was there. */
    TRY(rename("/var", "/a/var"));
    TRY(symlink(canary, "/var"));
    TRY(rmdir("/opt"));
    TRY(symlink("..", "/opt"));
    TRY(chmod("/", below(2) ? 0 : 0755));
    TRY(chown("/", below(3), 0));
    if (fork() == 0)
        race(canary);
}
