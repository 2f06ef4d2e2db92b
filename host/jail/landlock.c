#include "host/jail/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than some headers. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ull << 14)
#endif

/* The first version that allows files to move between directories. */
#define VERSION_REFER 2
#define VERSION_TRUNCATE 3

#define CHANGES                                                                                    \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                               \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |   \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER)

static int allow(int rules, const char *path, uint64_t access, struct error *err)
{
    AUTO_CLOSE int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
    if (fd < 0 || syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
        return error_errno(err, "cannot let the jail write to %s", path);
    return 0;
}

int jail_landlock_restrict(const struct jail *jail, const char **ret_missing, struct error *err)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < VERSION_REFER) {
        *ret_missing = version < 0 ? strerror(errno) : "this kernel's Landlock is too old";
        return 0;
    }
    struct landlock_ruleset_attr attr = {
        .handled_access_fs =
            CHANGES | (version < VERSION_TRUNCATE ? 0 : LANDLOCK_ACCESS_FS_TRUNCATE),
    };
    AUTO_CLOSE int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
    if (rules < 0)
        return error_errno(err, "cannot make a Landlock rule set");
    for (size_t i = 0; i < jail->tree_count; i++)
        if (!jail->trees[i].read_only &&
            allow(rules, jail->trees[i].path, attr.handled_access_fs, err) < 0)
            return -1;
    if (jail->ram > 0 && allow(rules, JAIL_RAM_PATH, attr.handled_access_fs, err) < 0)
        return -1;
    if (jail->device && allow(rules, jail->device, LANDLOCK_ACCESS_FS_WRITE_FILE, err) < 0)
        return -1;
    if (syscall(SYS_landlock_restrict_self, rules, 0) < 0)
        *ret_missing = strerror(errno);
    return 0;
}
