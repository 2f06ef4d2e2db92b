/* Check: user namespaces, directories and mounts of this host. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/util.h"
#include "host/base/probe.h"
#include "host/base/restrictions.h"
#include "host/base/userns.h"
#include "host/check/checks.h"
#include "host/rootfs/rootfs.h"
#include "host/store/container.h"

#define CHILD_TIMEOUT (10 * NS_PER_S)

static int fail_with(const struct error *err)
{
    fputs(err->text, stderr);
    return STATUS_VMC_FAILED;
}

/* Child: enters the namespaces of an unprivileged run and prints how many ids it has there. */
static int count_ids(void *arg)
{
    struct error err = ERROR_INIT;
    unsigned long inside, outside, length, count = 0;

    (void)arg;
    if (namespaces_enter(true, &err) < 0)
        return fail_with(&err);
    FILE *map = fopen("/proc/self/uid_map", "re");
    if (!map) {
        error_errno(&err, "/proc/self/uid_map");
        return fail_with(&err);
    }
    while (fscanf(map, "%lu %lu %lu", &inside, &outside, &length) == 3)
        count += length;
    fclose(map);
    printf("%lu", count);
    return 0;
}

static void check_user_namespace(struct checks *checks)
{
    bool root = geteuid() == 0;
    AUTO_FREE char *output = NULL;
    struct error err = ERROR_INIT;
    int status;

    if (probe_child(count_ids, NULL, CHILD_TIMEOUT, &output, &status, &err) < 0 || status != 0) {
        checks_add(checks, "user-namespaces", root ? CHECK_WARN : CHECK_FAIL,
                   xstrdup(output ? output : err.text),
                   xstrdup("sysctl -w user.max_user_namespaces=10000 (and, where they exist, "
                           "kernel.unprivileged_userns_clone=1 and "
                           "kernel.apparmor_restrict_unprivileged_userns=0)"));
        return;
    }
    checks_add(checks, "user-namespaces", CHECK_OK, xstrdup("can be made"), NULL);
    if (strtoul(output, NULL, 10) > 1)
        checks_add(checks, "subordinate-ids", CHECK_OK, xasprintf("%s ids in a container", output),
                   NULL);
    else if (root)
        checks_add(checks, "subordinate-ids", CHECK_OK,
                   xstrdup("none; root needs them only for --nopriv"), NULL);
    else
        checks_add(checks, "subordinate-ids", CHECK_WARN,
                   xstrdup("none: files of other users belong to nobody in a container"),
                   xstrdup("apt install uidmap, then usermod --add-subuids 100000-165535 "
                           "--add-subgids 100000-165535 USER"));
}

struct tree_probe {
    enum upper upper;
    const char *rootfs;
    struct container container;
};

/* Child: assembles the tree of a run. */
static int prepare_tree(void *arg)
{
    const struct tree_probe *probe = arg;
    struct error err = ERROR_INIT;
    struct rootfs rootfs = ROOTFS_INIT;
    struct id_range ids = ID_RANGE_INIT;
    struct isolation isolation = {0};
    const struct rootfs_source source = {
        .path = probe->rootfs,
        .upper = probe->upper,
        .unprivileged = geteuid() != 0,
    };

    if (namespaces_enter(source.unprivileged, &err) < 0)
        return fail_with(&err);
    if (rootfs_show(&source, &probe->container, &ids, &isolation, &rootfs, &err) < 0)
        return fail_with(&err);
    rootfs_free(&rootfs);
    isolation_free(&isolation);
    return 0;
}

/* rootfs: NULL for an empty directory. */
static int try_tree(enum upper upper, const char *rootfs, struct error *err)
{
    struct tree_probe probe = {.upper = upper, .container = CONTAINER_INIT, .rootfs = rootfs};
    AUTO_FREE char *output = NULL;
    AUTO_FREE char *empty = NULL;
    int status = 0;
    int result = state_create(&probe.container, err);

    if (result == 0 && !rootfs) {
        result = state_mkdir(&probe.container, "lower", &empty, err);
        probe.rootfs = empty;
    }
    if (result == 0)
        result = probe_child(prepare_tree, &probe, CHILD_TIMEOUT, &output, &status, err);
    if (result == 0 && status != 0)
        result = error_set(err, "%s", output);
    state_remove(&probe.container);
    return result;
}

/* False if there is none: then skip everything that needs it. */
static bool check_runtime_directory(struct checks *checks)
{
    struct container container = CONTAINER_INIT;
    struct error err = ERROR_INIT;
    bool good = state_create(&container, &err) == 0;

    if (good)
        checks_add(checks, "runtime-directory", CHECK_OK, xstrdup(container.base), NULL);
    else
        checks_add(checks, "runtime-directory", CHECK_FAIL, xstrdup(err.text),
                   xstrdup("set XDG_RUNTIME_DIR to a directory of your own"));
    state_remove(&container);
    return good;
}

void check_host(struct checks *checks)
{
    struct error err = ERROR_INIT;

    if (restrictions_check(&err) < 0)
        checks_add(checks, "host", CHECK_FAIL, xstrdup(err.text), NULL);
    check_user_namespace(checks);
    if (!check_runtime_directory(checks))
        return;
    if (try_tree(UPPER_RAM, "/", &err) == 0)
        checks_add(checks, "rootfs", CHECK_OK, xstrdup("can be mounted for a guest"), NULL);
    else
        checks_add(checks, "rootfs", CHECK_FAIL, xstrdup(err.text),
                   xstrdup("vmc needs Linux 5.12 or later and, without root, user namespaces"));
    /* Not over "/": in a user namespace overlayfs accepts no lower layer with mounts below it. */
    if (try_tree(UPPER_HOST, NULL, &err) == 0)
        checks_add(checks, "overlay", CHECK_OK, xstrdup("can be mounted on the host"), NULL);
    else
        checks_add(checks, "overlay", CHECK_WARN, xstrdup(err.text),
                   xstrdup("modprobe overlay, Linux 5.11 or later; only --upper host needs it"));
}
