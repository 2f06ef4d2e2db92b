/* Ending and reaping everything the workload has left. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "guest-agent/process/process.h"

#define REAP_DEADLINE_S 10
/* SIGKILL is on its way already: how often to look for orphans that arrived meanwhile. */
#define REAP_INTERVAL_MS 20
#define CHILDREN_MAX (1u << 20)

/* proc_pid_children(5): all direct children; orphans of theirs become ours as these die. */
static void kill_children(void)
{
    AUTO_FREE char *path = xasprintf("/proc/self/task/%d/children", (int)getpid());
    AUTO_FREE char *list = NULL;
    if (read_file_at(AT_FDCWD, path, CHILDREN_MAX, &list, NULL, NULL) < 0)
        return;
    char *next = list;
    for (;;) {
        char *end;
        long pid = strtol(next, &end, 10);
        if (end == next)
            return;
        if (pid > 1)
            kill((pid_t)pid, SIGKILL);
        next = end;
    }
}

void process_kill_all(void)
{
    /* Outside a machine of our own, -1 would be every process of the user. */
    if (getpid() == 1)
        kill(-1, SIGKILL);
    else
        kill_children();
}

bool process_end_all(void)
{
    int64_t deadline = now_ns() + REAP_DEADLINE_S * NS_PER_S;
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    while (now_ns() < deadline) {
        process_kill_all();
        pid_t pid;
        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
            ;
        if (pid < 0 && errno == ECHILD)
            return true;
        struct timespec pause = {.tv_nsec = REAP_INTERVAL_MS * NS_PER_MS};
        sigtimedwait(&child, NULL, &pause);
    }
    return false;
}
