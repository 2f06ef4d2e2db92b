/*
 * Commands and options as data: what the parser, the help texts, the manual page, the completion
 * and --explain read. The rows of an option are in the file of its subject (host/spec/, or the only
 * command that has it), as a group; a row of a command says which groups it takes.
 */
#ifndef VMC_HOST_CLI_OPTION_H
#define VMC_HOST_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

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
    OPTION_OOM_SCORE_ADJ,
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
    OPTION_DETACH,
    OPTION_QUIET,
    OPTION_SIGNAL,
    OPTION_HELP,
};

/* The backends that honour an option; the others refuse it, with their reason: host/spec/backend.h.
 */
#define ON_QEMU (1u << 0)
#define ON_LIBVIRT (1u << 1)
#define ON_UML (1u << 2)
#define ON_HOST (1u << 3)
#define ON_MACHINES (ON_QEMU | ON_LIBVIRT) /* QEMU, whoever starts it */
#define ON_KERNELS (ON_MACHINES | ON_UML)  /* a kernel of its own */
#define ON_ALL (ON_KERNELS | ON_HOST)
#define ON_ANY ON_ALL /* the option is about no backend */

/* What an option applies to; 0: one run of a container. */
#define PART_MACHINE (1u << 0) /* the machine itself */
#define PART_CONTENT (1u << 1) /* what it is made for: root file system, volumes, network */
#define PART_BOOT (1u << 2)    /* a boot of its own, not a copy of one */
#define PART_ALL (PART_MACHINE | PART_CONTENT | PART_BOOT)

/* What enforces it. */
#define BY_VMC "vmc"
#define BY_HOST "host"
#define BY_JAIL "jail"
#define BY_MACHINE "machine"
#define BY_MACHINE_AND_HOST_CGROUP "machine and host cgroup"
#define BY_HOST_AND_AGENT "host and agent"
#define BY_GUEST_CGROUP "guest cgroup"
#define BY_AGENT "agent"

/* Headings of the help; groups of one heading follow one another in a command's list. */
#define TITLE_ROOTFS "Root file system"
#define TITLE_MACHINE "Machine"
#define TITLE_WORKLOAD "Workload"
#define TITLE_NETWORK "Network"
#define TITLE_CONTAINER "Container"
#define TITLE_LIMITS "Limits inside the machine"
#define TITLE_ISOLATION "Isolation"
#define TITLE_TERMINAL "Terminal"
#define TITLE_TIME "Time limits"
#define TITLE_IMAGE "Guest image"
#define TITLE_DIAGNOSTICS "Diagnostics"
#define TITLE_GENERAL "General"

/*
 * An option. Another spelling of an option is another row with the same id, usually hidden.
 * All texts are plain: what prints them escapes and wraps them.
 */
struct option {
    enum option_id id;
    const char *name;          /* long name: "--memory" */
    char letter;               /* short name, or 0 */
    const char *metavar;       /* the value's name; NULL: a flag; "[=N]": it can be left out */
    unsigned part;             /* PART_*, for commands that do not take all of a group */
    unsigned on;               /* ON_*: the backends that honour it */
    const char *layer;         /* BY_*: what enforces it, for --explain */
    const char *help;          /* one clause; NULL: a hidden row with the words of its id's first */
    const char *manual;        /* sentences that the manual adds, or NULL */
    const char *default_value; /* as it would be typed, or NULL; what reads the option takes it */
    const char *const *choices; /* NULL-terminated, or NULL; completion offers them */
    bool repeatable;            /* all its settings count, not only the last */
    bool hidden;                /* works, and is not shown */
};

struct option_group {
    const char *title;
    const struct option *rows;
    size_t count;
};
#define OPTION_GROUP(heading, list)                                                                \
    {                                                                                              \
        .title = (heading), .rows = (list), .count = sizeof(list) / sizeof((list)[0])              \
    }

/* What other tools have and vmc refuses, with the reason. */
struct refused_option {
    const char *name; /* NULL: the end of a list */
    char letter;
    const char *reason;
};

#define ARGS_ANY (-1)

struct request;

struct command {
    const char *name;                         /* one word, or a noun and a verb: "volume ls" */
    const char *summary;                      /* one line without a full stop */
    const char *synopsis;                     /* what follows the name: "[OPTION]... COMMAND" */
    const char *const *description;           /* paragraphs of plain text, NULL-terminated */
    const struct option_group *const *groups; /* its options, NULL-terminated */
    unsigned parts;                           /* only those rows of them; 0: all */
    const struct refused_option *refused;     /* or NULL */
    int min_args;                             /* words after the options */
    int max_args;                             /* or ARGS_ANY */
    const char *argument;                     /* one of them, for an error; NULL: "an argument" */
    const char *const *arg_choices; /* what the first word may be, for completion; or NULL */
    /*
     * Does it: writes its result to standard output, and gives vmc's exit status; -1 with err when
     * it failed. Prints no errors: main() does.
     */
    int (*run)(const struct request *req, int *ret_status, struct error *err);
};

/* The one list of commands: host/command/table.c. */
extern const struct command command_table[];
extern const size_t command_count;

/* Options of every command, which stand before it, too: vmc --debug run. */
extern const struct option_group global_options;

/* A walk over a command's options in the order of the help; zero-initialised it is at the start. */
struct option_cursor {
    size_t group, row;
    const char *title; /* of the option's group */
};

/* The next one, NULL after the last. */
const struct option *command_next_option(const struct command *command, struct option_cursor *at);
bool command_has_option(const struct command *command, const struct option *wanted);

/* The first row of an option of any command, for its default_value. */
const struct option *option_by_id(enum option_id id);

/* Its value is given only as --name=VALUE: --name VALUE would be --name and a command. */
bool option_value_is_optional(const struct option *option);

/* Which of a NULL-terminated list the first length bytes of text are; -1: none. */
int choice_index(const char *const *choices, const char *text, size_t length);

#endif
