/*
 * The one table of commands and options. The parser, the help texts, the manual page and the
 * shell completion all read it; it holds data and no logic.
 */
#ifndef VMC_HOST_CLI_OPTION_H
#define VMC_HOST_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum command_id {
    COMMAND_RUN,
    COMMAND_SHELL_GUEST,
    COMMAND_PACK,
    COMMAND_VOLUME_CREATE,
    COMMAND_VOLUME_LS,
    COMMAND_VOLUME_RM,
    COMMAND_KEEP_LS,
    COMMAND_KEEP_RM,
    COMMAND_TEMPLATE_LS,
    COMMAND_TEMPLATE_RM,
    COMMAND_TEMPLATE_WARM,
    COMMAND_INFO,
    COMMAND_VERSION,
    COMMAND_HELP,
    COMMAND_COMPLETION,
    COMMAND_MANUAL,
};
#define COMMAND_BIT(id) (UINT64_C(1) << (id))

enum option_id {
    OPTION_ROOTFS,
    OPTION_NOPRIV,
    OPTION_UPPER,
    OPTION_TRANSPORT,
    OPTION_DIRECT,
    OPTION_KEEP,
    OPTION_NAME,
    OPTION_VOLUME,
    OPTION_OUTPUT,
    OPTION_FORCE,
    OPTION_QEMU,
    OPTION_HOST,
    OPTION_UML,
    OPTION_LIBVIRT,
    OPTION_ACCEL,
    OPTION_ARCH,
    OPTION_MEMORY,
    OPTION_CPUS,
    OPTION_COLD,
    OPTION_ENV,
    OPTION_ENV_FILE,
    OPTION_WORKDIR,
    OPTION_USER,
    OPTION_HOSTNAME,
    OPTION_NET,
    OPTION_PUBLISH,
    OPTION_IP,
    OPTION_IP6,
    OPTION_GATEWAY,
    OPTION_MAC_ADDRESS,
    OPTION_DNS,
    OPTION_DNS_SEARCH,
    OPTION_DNS_OPTION,
    OPTION_ADD_HOST,
    OPTION_PRIVILEGED,
    OPTION_CAP_ADD,
    OPTION_CAP_DROP,
    OPTION_NOCAPS,
    OPTION_NO_NEW_PRIVS,
    OPTION_READ_ONLY,
    OPTION_INIT,
    OPTION_NO_INIT,
    OPTION_PIVOT,
    OPTION_NETNS,
    OPTION_USERNS,
    OPTION_SECURITY_OPT,
    OPTION_GROUP_ADD,
    OPTION_ULIMIT,
    OPTION_SYSCTL,
    OPTION_TMPFS,
    OPTION_MOUNT,
    OPTION_SHM_SIZE,
    OPTION_DEVICE,
    OPTION_USEDEV,
    OPTION_DEBUGFS,
    OPTION_FTRACE,
    OPTION_MEM_LIMIT,
    OPTION_MEM_HIGH,
    OPTION_MEM_SWAP,
    OPTION_CPU_SHARES,
    OPTION_CPU_WEIGHT,
    OPTION_CPU_QUOTA,
    OPTION_CPU_PERIOD,
    OPTION_CPUSET_CPUS,
    OPTION_IO_MAX,
    OPTION_PIDS_LIMIT,
    OPTION_REQUIRE_JAIL,
    OPTION_TTY,
    OPTION_INTERACTIVE,
    OPTION_RM,
    OPTION_TIMEOUT,
    OPTION_BOOT_TIMEOUT,
    OPTION_KERNEL,
    OPTION_LINUX,
    OPTION_INITRD,
    OPTION_APPEND,
    OPTION_ACPI,
    OPTION_CONSOLE,
    OPTION_GDB,
    OPTION_CRASH_DUMP,
    OPTION_DEBUG,
    OPTION_TIMING,
    OPTION_EXPLAIN,
    OPTION_ALL,
    OPTION_JSON,
    OPTION_HELP,
};

#define ARGS_ANY (-1)

/* Who honours an option; everybody else refuses it, with a reason of his own: host/spec/backend.h.
 */
#define ON_QEMU (1u << 0)
#define ON_LIBVIRT (1u << 1)
#define ON_UML (1u << 2)
#define ON_HOST (1u << 3)
#define ON_MACHINES (ON_QEMU | ON_LIBVIRT) /* QEMU, whoever starts it */
#define ON_KERNELS (ON_MACHINES | ON_UML)  /* a kernel of its own */
#define ON_ALL (ON_KERNELS | ON_HOST)
#define ON_ANY ON_ALL /* the option is about no backend */

struct request;

struct command {
    enum command_id id;
    const char *name;               /* one word, or a noun and a verb: "volume ls" */
    const char *summary;            /* one line without a full stop */
    const char *synopsis;           /* what follows the name: "[OPTION]... COMMAND" */
    const char *const *description; /* paragraphs of plain text, NULL-terminated */
    int min_args;                   /* words after the options */
    int max_args;                   /* or ARGS_ANY */
    const char *const *arg_choices; /* what the first word may be, for completion; or NULL */
    /*
     * Does it: writes its result to standard output, and gives vmc's exit status; -1 with err when
     * it failed. Prints no errors: main() does.
     */
    int (*run)(const struct request *req, int *ret_status, struct error *err);
};

/*
 * An option. Another spelling of an option is another row with the same id, usually hidden.
 * All texts are plain: what prints them escapes and wraps them.
 */
struct option {
    enum option_id id;
    const char *name;          /* long name, without the dashes */
    char letter;               /* short name, or 0 */
    const char *metavar;       /* the value's name; NULL: a flag; "[=N]": it can be left out */
    uint64_t commands;         /* COMMAND_BIT() of each command that takes it */
    unsigned on;               /* ON_*: the backends that honour it */
    const char *group;         /* heading in help; rows of a group stand together */
    const char *layer;         /* who enforces it, for --explain */
    const char *help;          /* one clause; NULL: a hidden row with the words of its id's first */
    const char *manual;        /* sentences that the manual adds, or NULL */
    const char *default_value; /* as it would be typed, or NULL; used by spec.c, too */
    const char *const *choices; /* NULL-terminated, or NULL; completion offers them */
    bool repeatable;            /* all its settings count, not only the last */
    bool hidden;                /* works, and is not shown */
};

/* What other tools have and vmc refuses, with the reason. */
struct refused_option {
    const char *name;
    char letter;
    const char *reason;
};

extern const struct command command_table[];
extern const size_t command_count;
extern const struct option option_table[];
extern const size_t option_count;
extern const struct refused_option refused_options[];
extern const size_t refused_option_count;

#endif
