/*
 * A program that stands in for QEMU and tries what an intruder in its place would try. Static.
 *
 * It writes to descriptor 5, the guest's console, which vmc keeps with --console:
 *
 *     fds N N N...                 the descriptors it has
 *     env NAME=VALUE               each variable of its environment
 *     denied NAME ERRNO            an attempt that failed, as it should
 *     SUCCEEDED NAME RESULT        one that did not fail
 *     trying NAME                  with vmc-attempt=N: the N-th deadly attempt begins. If it is
 *                                  still there afterwards, "denied" or "SUCCEEDED" follows
 *     deadly N, harmless N         how many attempts there are
 *
 * vmc-attempt=N is a word of the kernel's command line: vmc run --append vmc-attempt=3. With
 * vmc-attempt=stay it tries nothing, and stays to be looked at.
 */
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REPORT_FD 5

static void run(const struct attempt *attempt)
{
    errno = 0;
    long result = attempt->call ? attempt->call()
                                : syscall(attempt->number, attempt->args[0], attempt->args[1],
                                          attempt->args[2], attempt->args[3], attempt->args[4],
                                          attempt->args[5]);
    if (result < 0)
        dprintf(REPORT_FD, "denied %s %d\n", attempt->name, errno);
    else
        dprintf(REPORT_FD, "SUCCEEDED %s %ld\n", attempt->name, result);
}

static void print_descriptors(void)
{
    char text[1024] = "fds";
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(dir))
            snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s", entry->d_name);
    if (dir)
        closedir(dir);
    dprintf(REPORT_FD, "%s\n", text);
}

/* The path of the exported tree, from -fsdev. */
static void find_share(char **argv)
{
    for (; *argv; argv++) {
        const char *path = strstr(*argv, ",path=");
        if (strncmp(*argv, "local,", 6) == 0 && path)
            sscanf(path + 6, "%1000[^,]", share_path);
    }
}

static int wanted_attempt(char **argv)
{
    for (; *argv; argv++) {
        const char *word = strstr(*argv, "vmc-attempt=");
        if (word && strcmp(word, "vmc-attempt=stay") == 0)
            poll(NULL, 0, -1);
        if (word)
            return atoi(word + strlen("vmc-attempt="));
    }
    return -1;
}

int main(int argc, char **argv, char **envp)
{
    size_t count;
    int deadly = 0, wanted = wanted_attempt(argv);
    (void)argc;
    find_share(argv);
    const struct attempt *attempts = all_attempts(&count);
    if (wanted < 0) {
        print_descriptors();
        for (; *envp; envp++)
            dprintf(REPORT_FD, "env %s\n", *envp);
    }
    for (size_t i = 0; i < count; i++) {
        if (!attempts[i].deadly && wanted < 0)
            run(&attempts[i]);
        if (attempts[i].deadly && deadly++ == wanted) {
            dprintf(REPORT_FD, "trying %s\n", attempts[i].name);
            run(&attempts[i]);
        }
    }
    if (wanted < 0)
        dprintf(REPORT_FD, "deadly %d\nharmless %d\n", deadly, (int)count - deadly);
    return 0;
}
