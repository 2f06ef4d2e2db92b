/* Check: the layers of the jail around the hypervisor. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "common/io.h"
#include "common/util.h"
#include "host/base/userns.h"
#include "host/check/checks.h"
#include "host/check/start.h"
#include "host/jail/files.h"
#include "host/jail/jail.h"
#include "host/machine/qemu_program.h"

#define CHILD_TIMEOUT (15 * NS_PER_S)
#define VERSION_PATIENCE (10 * NS_PER_S)
#define PROBE_MEMORY (1ull << 30)

struct jail_probe {
    const struct arch *arch;
    const char *vmm;
};

/* Waits until the hypervisor has printed its version. */
static int wait_for_end(const struct jailed *process, struct error *err)
{
    siginfo_t info = {0};

    if (!wait_readable(process->pidfd, now_ns() + VERSION_PATIENCE) ||
        waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED | WNOWAIT) < 0)
        return error_set(err, "the hypervisor does not end in its jail");
    if (info.si_code != CLD_EXITED || info.si_status != 0)
        return error_set(err, "the hypervisor fails in its jail (%s %d)",
                         info.si_code == CLD_EXITED ? "status" : "signal", info.si_status);
    return 0;
}

static int start_and_wait(const struct jail_probe *probe, const struct check_place *place,
                          struct isolation *isolation, struct error *err)
{
    AUTO_STRINGS struct strings files = {0};
    AUTO_STRINGS struct strings argv = {0};
    AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int fds[] = {null, null, null};
    struct jailed process = JAILED_INIT;
    const struct jail jail = {
        .container = place->container,
        .program = probe->vmm,
        .files = &files,
        .ids = place->ids->first ? place->ids : NULL,
        .privileged = place->privileged,
        .address_space = PROBE_MEMORY * 4,
        .file_size = UINT64_MAX,
        .memory = PROBE_MEMORY,
        .tasks = JAIL_TASKS,
    };

    if (jail_files_find(probe->arch, probe->vmm, &files, err) < 0)
        return -1;
    strings_add(&argv, probe->vmm);
    strings_add(&argv, "-version");
    int result = jail_start(&jail, &argv, fds, ARRAY_LEN(fds), &process, isolation, err);
    if (result == 0)
        result = wait_for_end(&process, err);
    jail_stop(&process);
    return result;
}

/* Runs the hypervisor in the jail of a run, and prints "LAYER REASON" for each missing layer. */
static int try_jail(const struct check_place *place, void *probe, struct error *err)
{
    struct isolation isolation = {0};
    if (place->those_missing)
        isolation_lacks(&isolation, LAYER_IDS, "%s", place->those_missing);
    int result = start_and_wait(probe, place, &isolation, err);
    for (int i = 0; i < LAYER_COUNT && result == 0; i++)
        if (isolation.missing[i])
            printf("%d %s\n", i, isolation.missing[i]);
    isolation_free(&isolation);
    return result;
}

/* Reads what try_jail() printed. */
static void parse(char *text, struct isolation *ret)
{
    char *rest = text, *line;

    while ((line = strsep(&rest, "\n"))) {
        int layer, at = 0;
        if (sscanf(line, "%d %n", &layer, &at) == 1 && layer >= 0 && layer < LAYER_COUNT)
            isolation_lacks(ret, (enum isolation_layer)layer, "%s", line + at);
    }
}

static void report(struct checks *checks, const struct isolation *isolation)
{
    bool privileged = am_host_root();
    char *there = xstrdup(""), *missing = xstrdup("");
    enum check_result result = CHECK_OK;

    for (enum isolation_layer i = 0; i < LAYER_COUNT; i++) {
        /* For a guest, not for the hypervisor. */
        if (i == LAYER_KERNEL)
            continue;
        char **list = isolation->missing[i] ? &missing : &there;
        char *longer = xasprintf("%s%s%s%s%s%s", *list, (*list)[0] ? ", " : "", isolation_name(i),
                                 isolation->missing[i] ? " (" : "",
                                 isolation->missing[i] ? isolation->missing[i] : "",
                                 isolation->missing[i] ? ")" : "");
        free(*list);
        *list = longer;
        if (isolation->missing[i] && isolation_expected(i, privileged))
            result = CHECK_WARN;
    }
    checks_add(checks, "jail", CHECK_OK, there, NULL);
    if (missing[0])
        checks_add(checks, "jail-lacks", result, missing,
                   result == CHECK_WARN
                       ? xstrdup("see docs/isolation.md; --require-jail refuses to run without")
                       : NULL);
    else
        free(missing);
}

void check_jail(struct checks *checks)
{
    struct jail_probe probe = {.arch = arch_native()};
    AUTO_FREE char *output = NULL;
    AUTO_FREE char *vmm = NULL;
    struct isolation isolation = {0};
    struct error err = ERROR_INIT;

    /* Without these there is nothing to lock up; other checks report it. */
    if (!probe.arch || qemu_program_find(probe.arch, &vmm, &err) < 0)
        return;
    probe.vmm = vmm;
    if (check_start(try_jail, &probe, CHILD_TIMEOUT, &output, &err) < 0) {
        checks_add(checks, "jail", CHECK_FAIL, xstrdup(err.text), xstrdup("see docs/isolation.md"));
        return;
    }
    parse(output, &isolation);
    report(checks, &isolation);
    isolation_free(&isolation);
}
