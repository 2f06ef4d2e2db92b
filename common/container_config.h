/*
 * What the host tells the agent, in JSON objects. Strict: an unknown key, a wrong type, a value
 * out of range or bytes after the object are errors, so that an option that this agent does not
 * know is refused and never dropped. Sizes are in bytes; what is absent is off, zero or empty.
 *
 * The shape, in PREPARE frames, has what a container can be made of before anything else is known
 * of it; copies of a template share it:
 *
 *   root      {"upper": "ram"|"disk"|"host"|"none", "size": n, "read_only": bool, "image": bool,
 *             "virtiofs": bool}; image: the lower layer is erofs on the disk "vmc-rootfs", and no
 *             share; virtiofs: the share is one of its kind, and no 9p; absent: a plain process,
 *             in the agent's root and namespaces, and of the rest only what is marked applies
 *   hosted    bool           the agent has no machine: it is in namespaces of a host, whose kernel
 *             the container shares (hosted.h)
 *   netns     bool           a network namespace, beyond those that are always new
 *   userns    bool           a user namespace with every id mapped to itself
 *   devtmpfs  bool           /dev is the machine's own
 *   shm_size  integer        of /dev/shm; 0: 64 MiB
 *   sys_writable bool        /sys and the cgroup file system are not read-only
 *   devices   [{"path", "block": bool, "major", "minor", "mode", "uid", "gid"}, ...] on top of the
 *             default ones; with "source", a path in the machine's own /dev, type and numbers are
 *             that device's, and "access" (of "rwm") is allowed to it
 *   device_rules [{"type": "a"|"b"|"c", "major", "minor": number or -1 for all, "access": "rwm"},
 *             ...] the whole list of what is allowed; absent: no check at all
 *   no_init   bool           the workload is process 1 of its PID namespace itself
 *   masked    [path, ...]    covered, by an empty directory or by /dev/null
 *   readonly  [path, ...]    read-only, below this very path
 *
 * and for a plain process, too:
 *
 *   capabilities {"bounding", "effective", "permitted", "inheritable", "ambient": mask, ...}
 *             bit n is capability n of capabilities(7)
 *   no_new_privs bool        prctl(2), PR_SET_NO_NEW_PRIVS
 *   seccomp   string         hexadecimal: an array of struct sock_filter, seccomp(2); with
 *             "seccomp_flags": SECCOMP_FILTER_FLAG_*
 *   rlimits   [{"resource": number of setrlimit(2), "soft": n, "hard": n}, ...]; -1: unlimited
 *
 * A process, in EXEC frames by itself:
 *
 *   args      [string, ...]  at least one; its argv
 *   env       ["K=V", ...]   its whole environment
 *   cwd       string         absolute, "/" by default
 *   user      string         name|uid[:group|gid], resolved in the root (user.h)
 *   groups    [string, ...]  supplementary groups on top of the user's own, names or numbers
 *   oom_score_adj  integer   -1000 to 1000, where the kernel is the container's own
 *   tty       bool           with rows and columns, 0 = unknown
 *   capabilities, no_new_privs, rlimits   as in the shape, only for this process and in place of
 *             the container's; absent: the container's
 *
 * The configuration, in CONFIG frames:
 *
 *   process   object         the workload, as above
 *   hostname  string
 *   time_ns   integer        CLOCK_REALTIME to set; 0 or absent leaves the clock
 *   entropy   string         64 hexadecimal digits for the kernel's generator
 *   debug     bool
 *   hostfs    bool           the root and the volumes are host directories that the kernel itself
 *             opens (User Mode Linux), contract.h: not 9p
 *   keep      bool           the upper disk outlives the machine
 *
 *   sysctls   [{"name": "net.core.somaxconn", "value": string}, ...]
 *   cgroup    {"memory_max", "memory_high", "swap_max", "cpu_quota", "cpu_period" (us),
 *              "cpu_weight", "pids_max": n, "cpuset": list, "io_max": text for the upper disk}
 *             for the files of cgroup v2; absent: no limit
 *   ftrace    string         a script for the machine's tracing files, run before all of this is
 *             put into effect
 *   swap_disk bool           there is a disk for swap
 *
 *   mounts    [{"kind": "tmpfs"|"volume"|"debugfs"|"tracefs", "target": path,
 *               "read_only", "exec": bool, "size", "mode", "uid", "gid": n (tmpfs),
 *               "tag": mount tag, "cache": "none"|"mmap"|"loose", "path": entry in it,
 *               "virtiofs": bool: it comes by that, and not by 9p (volume)}, ...] in this order
 *   files     [{"path", "text", "optional": bool}, ...] put over the root's own file, which is not
 *             changed; an optional one is left out where it has no place
 *   file_capabilities [{"path", "value": hexadecimal}, ...] security.capability of files of the
 *             root, whose own share shows none: set on its overlay when that is new
 *   network   {"interface": name, "mac": text, "mtu": n, "addresses": ["ADDR/LEN", ...],
 *              "gateways": [ADDR, ...]} of either family; "announce": bool: link-local
 *             addresses are usable at once and announced to the gateway; no mac: the one it has
 *
 * Strings may hold any byte but NUL: arguments and paths need not be UTF-8.
 */
#ifndef VMC_COMMON_CONTAINER_CONFIG_H
#define VMC_COMMON_CONTAINER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/protocol.h"
#include "common/util.h"

#define ENTROPY_SIZE 32

/* Where changes to the root file system go (--upper). */
enum upper {
    UPPER_STAY, /* no root in the shape: the workload shares the agent's */
    UPPER_RAM,  /* overlay in the guest, upper on tmpfs */
    UPPER_DISK, /* overlay in the guest, upper on a disk */
    UPPER_HOST, /* overlay on the host, written through the share */
    UPPER_NONE, /* no overlay: the directory itself */
    UPPER_COUNT,
};
/* As the configuration and --upper call it; "" for UPPER_STAY. */
const char *upper_name(enum upper upper);
extern const char *const upper_names[]; /* NULL-terminated */

struct schema;

struct byte_string {
    uint8_t *bytes; /* owned */
    size_t length;
};

/* A copy. */
struct byte_string byte_string_of(const void *bytes, size_t length);

struct capability_sets {
    int64_t bounding, effective, permitted, inheritable, ambient;
};

struct rlimit_config {
    int64_t resource, soft, hard;
};
struct rlimit_list {
    struct rlimit_config *items;
    size_t count;
};

struct sysctl_config {
    char *name, *value;
};
struct sysctl_list {
    struct sysctl_config *items;
    size_t count;
};

/* 0 or NULL: no limit of this kind. */
struct cgroup_limits {
    int64_t memory_max, memory_high, swap_max;
    bool swap_limited; /* "swap_max" was given; it may be 0 */
    int64_t cpu_quota, cpu_period, cpu_weight, pids_max;
    char *cpuset, *io_max;
};

enum mount_kind {
    MOUNT_TMPFS = 1,
    MOUNT_VOLUME,
    MOUNT_DEBUGFS,
    MOUNT_TRACEFS,
};
struct mount_config {
    int kind; /* enum mount_kind */
    char *target;
    bool read_only, exec;
    int64_t size, mode, uid, gid;
    char *tag, *cache, *path;
    bool virtiofs;
};
struct mount_list {
    struct mount_config *items;
    size_t count;
};

struct device_config {
    const char *path; /* owned all the same: const for tables of default devices */
    bool block;
    int64_t major, minor, mode, uid, gid;
    char *source; /* NULL: the numbers above count */
    char *access; /* of "rwm", for a source */
};
struct device_list {
    struct device_config *items;
    size_t count;
};

struct device_rule {
    char *type; /* "a", "b" or "c" */
    int64_t major, minor;
    char *access; /* of "rwm" */
};
struct device_rule_list {
    struct device_rule *items;
    size_t count;
};

struct file_config {
    char *path, *text;
    bool optional;
};
struct file_list {
    struct file_config *items;
    size_t count;
};

struct file_capability {
    char *path;
    struct byte_string value;
};
struct file_capability_list {
    struct file_capability *items;
    size_t count;
};

struct network_config {
    char *interface; /* NULL: there is only the loopback */
    char *mac;
    int64_t mtu;
    bool announce;
    struct strings addresses, gateways;
};

/* Every pointer in it is owned. */
struct container_shape {
    int upper;          /* enum upper */
    int64_t upper_size; /* 0: the file system's default */
    bool read_only;     /* the root */
    bool image;         /* the lower layer is one */
    bool virtiofs;      /* the share comes by it */

    bool hosted, netns, userns, no_init, devtmpfs, sys_writable;
    int64_t shm_size;
    struct device_list devices;
    bool has_device_rules;
    struct device_rule_list device_rules;
    struct strings masked, readonly;

    bool has_capabilities;
    struct capability_sets capabilities;
    bool no_new_privs;
    struct byte_string seccomp;
    int64_t seccomp_flags;
    struct rlimit_list rlimits;
};

static inline bool is_container(const struct container_shape *shape)
{
    return shape->upper != UPPER_STAY;
}

/* What one process is. Every pointer in it is owned. */
struct process_config {
    struct strings args;
    struct strings env;
    char *cwd;  /* NULL: / */
    char *user; /* NULL: root in a container, and whoever the agent is outside of one */
    struct strings groups;
    int64_t oom_score_adj;
    bool tty;
    int64_t rows, columns;

    /* They replace the container's if has_ is set. */
    bool has_capabilities, has_no_new_privs, has_rlimits;
    struct capability_sets capabilities;
    bool no_new_privs;
    struct rlimit_list rlimits;
};

/* Every pointer in it is owned, and NULL where the configuration has no such key. */
struct agent_config {
    struct container_shape shape; /* all zero: a plain process */
    struct process_config process;
    char *hostname;             /* NULL: the kernel's default */
    int64_t time_ns;            /* 0: leave the clock alone */
    struct byte_string entropy; /* ENTROPY_SIZE bytes, or none */
    bool debug;
    bool hostfs;
    bool keep;
    struct sysctl_list sysctls;
    struct cgroup_limits cgroup;
    bool swap_disk;
    char *ftrace;

    struct mount_list mounts;
    struct file_list files;
    struct file_capability_list file_capabilities;
    struct network_config network;
};

/*
 * Parse length bytes of JSON. *ret is filled on success only and then the caller's to free. The
 * shape that is in *ret_config stays.
 */
int container_shape_parse(const char *json, size_t length, struct container_shape *ret,
                          struct error *err);
int agent_config_parse(const char *json, size_t length, struct agent_config *ret_config,
                       struct error *err);
int process_config_parse(const char *json, size_t length, struct process_config *ret,
                         struct error *err);

/*
 * The text that the functions above read; owned by the caller. It is not checked. The
 * configuration's is without its shape.
 */
char *container_shape_text(const struct container_shape *shape);
char *agent_config_text(const struct agent_config *config);
char *process_config_text(const struct process_config *process);

/*
 * Free everything that is in it, whether it was parsed or filled by hand, and leave it all zero,
 * which they accept, too. The configuration's shape is freed with it.
 */
void container_shape_free(struct container_shape *shape);
void agent_config_free(struct agent_config *config);
void process_config_free(struct process_config *process);

/* The tables of it, for schema_read() and schema_write(). */
extern const struct schema container_shape_schema, agent_config_schema, process_config_schema;

#endif
