/*
 * vmc-probe: the workload of tests for which a shell is not enough. Static, so that it runs in
 * any root file system.
 *
 *     vmc-probe files DIR      tries what programs do with files, in DIR
 *     vmc-probe calls DIR ID   a table of calls on objects of all kinds, as root or as ID
 *     vmc-probe exercise DIR SEED COUNT    one file at random, against a model of it
 *     vmc-probe turns PATH first|second COUNT   one of two writers that take turns
 *     vmc-probe signals COUNT  prints "ready", then the name of each signal that arrives
 *     vmc-probe memory MB      touches that much memory, prints "touched"
 *     vmc-probe addresses      prints what it can read and has not mapped (addresses.h)
 *     vmc-probe see [ARG...]   prints what it sees of where it runs, as JSON
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/probe/addresses.h"
#include "tests/probe/calls.h"
#include "tests/probe/exercise.h"
#include "tests/probe/files.h"
#include "tests/probe/see.h"

static int wait_for_signals(int count)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaddset(&set, signals[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);

    puts("ready");
    fflush(stdout);
    while (count-- > 0) {
        int number = 0;
        if (sigwait(&set, &number))
            return 1;
        puts(sigabbrev_np(number));
        fflush(stdout);
    }
    return 0;
}

static int touch_memory(size_t megabytes)
{
    for (size_t i = 0; i < megabytes; i++) {
        char *block =
            mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED)
            return 1;
        memset(block, 'x', 1 << 20);
    }
    puts("touched");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "files"))
        return try_files(argv[2]);
    if (argc == 4 && !strcmp(argv[1], "calls"))
        return try_calls(argv[2], (unsigned)atoi(argv[3]));
    if (argc == 5 && !strcmp(argv[1], "exercise"))
        return exercise(argv[2], (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]));
    if (argc == 5 && !strcmp(argv[1], "turns"))
        return take_turns(argv[2], !strcmp(argv[3], "first"), (unsigned)atoi(argv[4]));
    if (argc == 3 && !strcmp(argv[1], "signals"))
        return wait_for_signals(atoi(argv[2]));
    if (argc == 3 && !strcmp(argv[1], "memory"))
        return touch_memory((size_t)atol(argv[2]));
    if (argc == 4 && !strcmp(argv[1], "rename"))
        return rename(argv[2], argv[3]) ? (perror(argv[2]), 1) : 0;
    if (argc == 2 && !strcmp(argv[1], "addresses"))
        return read_addresses();
    if (argc >= 2 && !strcmp(argv[1], "see"))
        return see(argv);
    fputs("usage: vmc-probe files DIR | calls DIR ID | exercise DIR SEED COUNT | turns PATH "
          "first|second COUNT | signals COUNT | memory MB | rename FROM TO | addresses | see "
          "[ARG...]\n",
          stderr);
    return 2;
}
