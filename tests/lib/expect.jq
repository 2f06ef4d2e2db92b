# Functions of tests/lib/expect: the comparison, and words for the effects of options on the probe's
# output.

# --- comparison --------------------------------------------------------------------------

# A field: anything but an object. A list is one field.
def is_leaf: type != "object" or length == 0;

# A path as jq would write it.
def path_text:
    map(if test("^[a-z_][a-z0-9_]*$") then ".\(.)" else "[\(tojson)]" end) | join("");

# Every field of a document by its path.
def leaves: [paths(is_leaf) as $p | select($p | all(type == "string")) | {key: ($p | path_text), value: getpath($p)}] | from_entries;

def matches($wanted):
    if ($wanted | type) == "string" and ($wanted | startswith("~"))
    then tostring | test($wanted[1:])
    elif type == "array" and ($wanted | type) == "array"
    then . as $seen | length == ($wanted | length)
         and all(range(length); . as $i | $seen[$i] | matches($wanted[$i]))
    else . == $wanted end;

# A line for each field of the input that differs from $wanted.
def differences($wanted):
    leaves as $seen | ($wanted | leaves) as $want
    | ($seen + $want | keys_unsorted[]) as $name
    | if ($want | has($name) | not) then "\($name) is \($seen[$name] | tojson), which nobody asked for"
      elif ($seen | has($name) | not) then "\($name) is missing; expected \($want[$name] | tojson)"
      elif ($seen[$name] | matches($want[$name]) | not)
      then "\($name) is \($seen[$name] | tojson); expected \($want[$name] | tojson)"
      else empty end;

# --- capabilities ------------------------------------------------------------------------

# By number. capabilities(7)
def all_capabilities:
    ["CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID",
     "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW",
     "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT",
     "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD",
     "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG",
     "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"];

def default_capabilities:
    ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
     "NET_BIND_SERVICE", "NET_RAW", "SYS_CHROOT", "MKNOD", "AUDIT_WRITE", "SETFCAP"];

def hex:
    def digits: if . < 16 then [.] else (. / 16 | floor | digits) + [. - 16 * (. / 16 | floor)] end;
    digits | map("0123456789abcdef"[.:. + 1]) | join("");

# A set as the probe prints it, from its names in any order.
def capability_set($names):
    all_capabilities as $all
    | {hex: ([$names[] as $n | $all | index($n) | pow(2; .)] | add // 0 | hex),
       names: ($all - ($all - $names))};

# Root's capabilities when the bounding set holds these.
def capabilities($names):
    .capabilities.bounding = capability_set($names)
    | .capabilities.permitted = capability_set($names)
    | .capabilities.effective = capability_set($names);

# --- options -----------------------------------------------------------------------------

# --net none; /etc/resolv.conf is the root file system's own, whatever is in it.
def network_none:
    .network = {interfaces: {lo: .network.interfaces.lo}, routes: [], default_routes_ipv6: []}
    | .provided_files["/etc/resolv.conf"] += {text: "~", mode: "~"}
    | del(.mounts["/etc/resolv.conf"])
    | .mounts["/etc/hosts"].root = "/0" | .mounts["/etc/hostname"].root = "/1";

# A user other than root, with any bounding set.
def user($uid; $gid; $home):
    .environment |= map(if startswith("HOME=") then "HOME=\($home)" else . end)
    | .ids.user = ([range(4) | $uid] | join(" ")) | .ids.group = ([range(4) | $gid] | join(" "))
    | .capabilities.permitted = capability_set([]) | .capabilities.effective = capability_set([]);

# --security-opt seccomp=unconfined
def seccomp_unconfined: .seccomp = {mode: "0", filters: "0"};

# --security-opt systempaths=unconfined: nothing covered, nothing read-only.
def system_paths_unconfined:
    del(.mounts["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/keys",
                "/proc/timer_list", "/sys/firmware"])
    | .masked["/proc/keys", "/proc/timer_list"] = "readable"
    | .settings_writable |= with_entries(
        if .value == "EROFS" and (.key | startswith("/proc")) then .value = "ok" else . end);

# Every device of the guest's kernel; the answers for those that it lacks.
def all_devices:
    .device_access |= with_entries(
        if .value.read == "EPERM" then
            (if .key | IN("kmsg c 1:11", "ttyS0 c 4:64", "console c 5:1", "hvc0 c 229:0", "fuse c 10:229")
             then "ok"
             elif .key | test(" c 10:") then "ENODEV"
             elif .key | startswith("virtio-portsdev") then "EBUSY"
             else "ENXIO" end) as $result
            | .value.read = $result | .value.write = $result
        else . end)
    | .device_access["hwrng c 10:183"] += {read: "ok", write: "EINVAL"};

# --privileged
def privileged:
    capabilities(all_capabilities) | seccomp_unconfined | system_paths_unconfined | all_devices
    | .mounts["/sys", "/sys/fs/cgroup"].options |= sub("^ro"; "rw")
    | .settings_writable |= map_values(if . == "EROFS" then "ok" else . end)
    | .make_directory_in["/sys"] = "EPERM"
    | .make_directory_in["/sys/fs/cgroup"] = "ok";

# --userns: device nodes cannot be made, the agent's are mounted.
def userns:
    .namespaces.net = "its own" | .namespaces.user = "its own"
    | .sysctls["user/max_user_namespaces"] = "2147483647"
    | {type: "devtmpfs", source: "devtmpfs", options: "rw,nosuid,relatime",
       file_system_options: "~^rw,size=", propagation: "private"} as $node
    | reduce ("null", "zero", "full", "random", "urandom", "tty") as $name (.;
        .mounts["/dev/" + $name] = $node + {root: ("/" + $name)})
    | reduce ("/proc/keys", "/proc/timer_list") as $path (.;
        if .mounts[$path] then .mounts[$path] = $node + {root: "/null"} else . end);

# --usedev: /dev as the guest's kernel fills it, with the container's own terminals.
def usedev:
    def node($number; $mode; $read; $write):
        {type: "character", mode: $mode, owner: "0:0", number: $number, read: $read, write: $write};
    all_devices
    | .mounts["/dev", "/proc/keys", "/proc/timer_list"] +=
        {type: "devtmpfs", source: "devtmpfs", file_system_options: "~^rw,size="}
    | .dev += ({console: node("5:1"; "0600"; "ok"; "ok"), hvc0: node("229:0"; "0600"; "ok"; "ok"),
                fuse: node("10:229"; "0600"; "ok"; "ok"), hwrng: node("10:183"; "0600"; "ok"; "EINVAL"),
                kmsg: node("1:11"; "0644"; "EPERM"; "ok"), ptmx: node("5:2"; "0666"; "ok"; "ok"),
                ttyS0: node("4:64"; "0600"; "ok"; "ok"),
                vport0p0: node("254:0"; "0600"; "ENXIO"; "ENXIO"),
                vport0p1: node("254:1"; "0600"; "EBUSY"; "EBUSY"),
                vport0p2: node("254:2"; "0600"; "EBUSY"; "EBUSY")}
               + ([range(1; 8) | {key: "hvc\(.)", value: node("229:\(.)"; "0600"; "ENODEV"; "ENODEV")}]
                  | from_entries) | with_entries(.key = "/dev/" + .key))
    | .device_access["kmsg c 1:11"].read = "EPERM";

# The same with --privileged, which covers no path and may read the kernel's messages.
def usedev_of_the_privileged:
    usedev | del(.mounts["/proc/keys", "/proc/timer_list"])
    | .dev["/dev/kmsg"].read = "ok" | .device_access["kmsg c 1:11"].read = "ok";

# -v: an entry of the share of volumes, a file or a directory, which is a mount in the server;
# options: rw or ro
def volume_file($path; $number; $access):
    .mounts[$path] = {type: "virtiofs", source: "vmc-volumes-none", root: "/\($number)",
                      options: "\($access),nosuid,nodev,relatime", propagation: "private",
                      file_system_options: "rw"};
def volume($path; $access):
    volume_file($path; 0; $access) | .mounts[$path] += {source: "none", root: "/"};

# --no-init: COMMAND is the first process.
def no_init:
    .session += {process: 1, parent: 0, group: 1, session: 1} | .processes = {"1": "vmc-probe"};

# --read-only: the root, and the files that are put over its own.
def read_only:
    .mounts["/", "/etc/hosts", "/etc/hostname"].options |= sub("^rw"; "ro")
    | if .mounts["/etc/resolv.conf"] then .mounts["/etc/resolv.conf"].options |= sub("^rw"; "ro")
      else . end;

# --tmpfs with these options of the mount and of the file system
def tmpfs($path; $options; $file_system_options):
    .mounts[$path] = {type: "tmpfs", source: "tmpfs", root: "/", options: $options,
                      file_system_options: $file_system_options, propagation: "private"};

# A machine with a disk
def a_disk: .masked["/sys/dev/block"] = "a directory";

# --cpus 2
def two_processors:
    .scheduling.processors = 2 | .scheduling.cpus_allowed = "0-1"
    | .cgroup["cpuset.cpus.effective"] = "0-1";

# --upper host and none
def root_of_virtiofs:
    .mounts["/"] += {type: "virtiofs", source: "vmc-rootfs", file_system_options: "rw"};

# -t, for a user, in a window of 24 lines of 80
def terminal($uid):
    .environment |= [.[0], "TERM=linux"] + .[1:]
    | .descriptors = {"0": "/dev/pts/0 read write", "1": "/dev/pts/0 read write",
                      "2": "/dev/pts/0 read write"}
    | .session += {terminal: "ok", standard_input: "/dev/pts/0", terminal_owner: "\($uid):5 0620",
                   window: "24x80"}
    | {type: "character", mode: "0620", owner: "\($uid):5", number: "136:0", read: "ok",
       write: "ok"} as $terminal
    | .dev["/dev/pts/0"] = $terminal | .dev["/dev/console"] = $terminal
    | .dev["/dev/tty"] += {read: "ok", write: "ok"}
    | .device_access["tty c 5:0"] += {read: "ok", write: "ok"}
    | .mounts["/dev/console"] = .mounts["/dev/pts"] + {root: "/0"};

# --host: a container on the host's kernel. The host's own properties (its processors, its limits,
# its control groups) are as they are; everything else that differs from a machine is here.
def hosted:
    def of_the_range: "~^" + . + ",uid=[0-9]+,gid=[0-9]+$";
    userns | .session as $session
    # A user namespace with a part of the host's ids, and the host's limits.
    | .ids.uid_map = "~^\\[\"0 [0-9]+ (1\",\"1 [0-9]+ )?65536\"\\]$" | .ids.gid_map = .ids.uid_map
    | .limits.nofile = {soft: "~", hard: "~"} | .scheduling.processors = "~"
    | .scheduling.cpus_allowed = "~" | .scheduling.oom_score_adj = "~"
    | .scheduling.nice = "~" | .sysctls["user/max_user_namespaces"] = "~"
    # No group of its own, and no access to other groups.
    | .cgroup_path = "~" | .cgroup |= map_values("ENOENT") | del(.mounts["/sys/fs/cgroup"])
    | .make_directory_in["/sys/fs/cgroup"] = "ENOENT"
    | .settings_writable["/sys/fs/cgroup/cgroup.procs"] = "absent"
    # File systems of a user namespace name their owner by its host id.
    | reduce ("/dev", "/dev/shm", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf",
              "/sys/firmware") as $path (.;
        if .mounts[$path] then .mounts[$path].file_system_options |= of_the_range else . end)
    | .mounts["/dev/pts"].file_system_options = "~^rw,gid=[0-9]+,mode=620,ptmxmode=666$"
    | .mounts["/"].file_system_options =
        "~^rw,lowerdir=/share,upperdir=/upper/upper,workdir=/upper/work,.*userxattr$"
    # The nodes are the host's: they belong to nobody here, and no others can be made.
    | reduce ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty",
              "/proc/keys", "/proc/timer_list") as $path (.;
        if .mounts[$path] then .mounts[$path].options = "ro,nosuid,noexec,relatime" else . end)
    | reduce ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")
        as $path (.; .dev[$path].owner = "65534:65534")
    # Settings of the host's kernel belong to root, who is not in the namespace.
    | .settings_writable |= with_entries(
        if .value == "EROFS" and (.key | test("^/(proc|sys)/")) then .value = "~^(EROFS|EACCES)$"
        else . end)
    | .sysctls["net/ipv4/ping_group_range"] = "65534 65534"
    # The host's kernel has any set of files; those that reveal the host are covered.
    | .kernel = "~" | .sysctls |= map_values("~")
    | .masked |= with_entries(
        if .key == "/proc/interrupts" then .
        elif .key == "/sys/dev/block" then .value = "~^an? (empty )?directory$"
        else .value = "~^(absent|an empty directory|the null device)$" end)
    | del(.device_access["virtio-portsdev c *:1", "virtio-portsdev c *:2", "virtblk b *:0"]);

# After the consequences: calls that a kernel may have or not.
def hosted_kernel:
    .system_calls |= with_entries(
        if .key | IN("socket alg", "getpid_i386") then .value = "~"
        elif .value == "ENOSYS" and (.key | IN("acct", "kcmp", "landlock_create_ruleset", "quotactl"))
        then .value = "~" else . end);

# The probe's output without parts that differ between hosts: covered paths, disks.
def seen_on_a_host:
    del(.mounts["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/latency_stats",
                "/proc/sched_debug", "/proc/scsi", "/proc/timer_stats",
                "/sys/devices/virtual/powercap"])
    | del(.device_access["virtio-portsdev c *:1", "virtio-portsdev c *:2", "virtblk b *:0"]);

# --uml: a kernel in user space. It has one processor, no devices of a machine and no calls of
# another width; the rest that it lacks is due to the architecture.
def uml:
    .namespaces += {time: null, time_for_children: null} | .time_offsets = {}
    | .settings_writable += {"/proc/irq/default_smp_affinity": "absent",
                             "/sys/kernel/mm/transparent_hugepage/enabled": "absent"}
    | .cgroup += {"cgroup.controllers": "cpu io memory pids", "cpuset.cpus": "ENOENT",
                  "cpuset.cpus.effective": "ENOENT"};

# Its network is an interface that is made, in a namespace of the container's own.
def uml_network: .namespaces.net = "its own";

# After the consequences: no nodes of a machine's devices, and other drivers for those of the
# kernel; an int 0x80 is taken for a 64-bit call, by kernel and filter alike (getpid becomes
# writev(2) of some descriptor).
def uml_kernel:
    def instead($of; $value): if . == $of then $value else . end;
    def behind($device; $read; $write):
        .device_access[$device] |= if .read == null or .read == "EPERM" then . else .read = $read | .write = $write end;
    .system_calls.clock_gettime_i386 |= if . == "EAGAIN" then . else "EFAULT" end
    | .system_calls.getpid_i386 |= if . == "EAGAIN" then . else "~^(EBADF|EINVAL)$" end
    | .system_calls.perf_event_open |= instead("ok"; "ENOSYS")
    | .system_calls["unshare time"] |= instead("ok"; "EINVAL")
    | behind("tty0 c 4:0"; "ok"; "ok") | behind("hwrng c 10:183"; "ENODEV"; "ENODEV")
    | behind("fuse c 10:229"; "ENODEV"; "ENODEV") | behind("hvc0 c 229:0"; "ENXIO"; "ENXIO")
    | reduce ("virtblk b *:0", "virtio-portsdev c *:1", "virtio-portsdev c *:2") as $node (.;
        .device_access[$node] = {});

# --- what follows from them ---------------------------------------------------------------

# The default filter stands before these calls; they are EPERM unless the bounding set holds one of
# the capabilities. (Calls that the kernel itself answers with EPERM are not listed.)
def filtered:
    {acct: ["SYS_PACCT"], add_key: [], clone3_user: ["SYS_ADMIN"], clone_user: ["SYS_ADMIN"],
     delete_module: ["SYS_MODULE"], finit_module: ["SYS_MODULE"], get_mempolicy: ["SYS_NICE"],
     getpid_x32: [], init_module: ["SYS_MODULE"], io_port: ["SYS_RAWIO"],
     io_privilege_level: ["SYS_RAWIO"], kcmp: ["SYS_PTRACE"], kexec_file_load: ["SYS_BOOT"],
     kexec_load: ["SYS_BOOT"], keyctl: [], perf_event_open: ["PERFMON", "SYS_ADMIN"],
     pidfd_getfd_init: ["SYS_PTRACE"], quotactl: ["SYS_ADMIN"], request_key: [], swapoff: [],
     swapon: [], "unshare user": ["SYS_ADMIN"], userfaultfd: []};

# The kernel's answers to those who hold a capability, EPERM otherwise (EACCES for setpriority(2)).
def allowed_by:
    {BPF: {bpf_prog_load: "ok"},
     DAC_READ_SEARCH: {open_by_handle_at_bogus: "ESTALE"},
     NET_RAW: {"socket inet raw": "ok", "socket packet": "ok"},
     SYS_ADMIN: {bpf_prog_load: "ok", fanotify_init: "ok", fsopen: "ok", fspick: "ok",
                 mount: "ENODEV", "mount bind": "ENOENT", "mount remount": "EINVAL",
                 mount_setattr: "ok", move_mount: "ENOENT", open_tree: "ok",
                 pivot_root: "~^(EBUSY|EINVAL)$", setdomainname_same: "ok",
                 sethostname_same: "ok", setns_own_uts: "ok", swapoff: "ENOENT", swapon: "ENOENT",
                 umount2: "EINVAL", "unshare cgroup": "ok", "unshare ipc": "ok",
                 "unshare mount": "ok", "unshare net": "ok", "unshare pid": "ok",
                 "unshare time": "ok", "unshare uts": "ok"},
     SYS_BOOT: {reboot: "EINVAL"},
     SYS_CHROOT: {chroot: "ok"},
     SYS_NICE: {realtime_priority: "ok", "setpriority -1": "ok"},
     SYS_RESOURCE: {raise_nofile_limit: "ok"},
     SYS_TIME: {adjtimex_set: "ok", clock_settime_now: "ok", settimeofday_now: "ok"},
     SYS_TTY_CONFIG: {vhangup_nothing: "ok"},
     SYSLOG: {"syslog size": "ok"}};

# Calls that ask for the capability over the machine: a user namespace has none.
def of_the_machine:
    ["adjtimex_set", "bpf_prog_load", "clock_settime_now", "fanotify_init",
     "open_by_handle_at_bogus", "raise_nofile_limit", "realtime_priority", "setpriority -1", "settimeofday_now", "swapoff",
     "swapon", "syslog size", "vhangup_nothing"];

# The kernel's answers where neither capability nor filter changes them.
def free_calls:
    {acct: "ENOSYS", add_key: "ok", adjtimex_read: "ok", "arch_prctl bad": "EINVAL",
     clock_gettime_i386: "ok", clone3_user: "ok", clone_user: "ok", delete_module: "ENOSYS", finit_module: "ENOSYS",
     get_mempolicy: "ENOSYS", getpid_i386: "ok", getpid_x32: "ENOSYS", init_module: "ENOSYS",
     io_port: "ENOSYS", io_privilege_level: "ENOSYS", io_uring_setup: "ENOSYS", kcmp: "ENOSYS",
     kexec_file_load: "ENOSYS", kexec_load: "ENOSYS", keyctl: "ok", kill_init: "ok",
     landlock_create_ruleset: "ENOSYS", lock_memory: "ok", membarrier: "ok", memfd_create: "ok",
     name_to_handle_at: "ENOENT", perf_event_open: "ok", "personality read": "ok",
     "personality no randomization": "ok", pidfd_getfd_init: "ok", pidfd_open: "ok",
     process_vm_readv_init: "ok", ptrace_child: "ok", ptrace_init: "ok",
     quotactl: "ENOSYS", request_key: "ENOKEY", "socket alg": "EAFNOSUPPORT", "socket inet": "ok",
     "socket netlink": "ok", "socket unix": "ok", "socket vsock": "EAFNOSUPPORT",
     "unshare user": "ok", userfaultfd: "ENOSYS"};

def system_calls:
    .capabilities.effective.names as $effective | .capabilities.bounding.names as $bounding
    | (.namespaces.user == "its own") as $userns
    | (allowed_by | map_values(map_values("EPERM")) | add + {"setpriority -1": "EACCES"}) as $refused
    | ([allowed_by | to_entries[] | select(.key | IN($effective[])) | .value] | add // {}
       | with_entries(select($userns and (.key | IN(of_the_machine[])) | not))) as $allowed
    | (if .limits.rtprio.soft == 0 then {} else {realtime_priority: "ok"} end) as $by_limit
    | (if .seccomp.mode != "2" then {}
       else filtered | with_entries(select(any(.value[]; IN($bounding[])) | not))
            | map_values("EPERM")
            | if has("clone3_user") then .clone3_user = "ENOSYS" else . end
            | .getpid_x32 = "SIGSYS" end) as $filtered
    | .cgroup["pids.max"] as $pids_max
    | free_calls + $refused + $allowed + $by_limit + $filtered
    | if $pids_max == "1" then map_values("EAGAIN") else . end;

# Paths that are closed to a user other than root by permissions alone, and to root without the
# capability to override permissions.
def permissions:
    if .ids.user == "0 0 0 0" then
        if .capabilities.effective.names | index("DAC_OVERRIDE") then .
        else .settings_writable["/proc/bus", "/proc/fs", "/proc/irq"] = "EACCES" end
    else
        .settings_writable |= map_values(if . == "absent" then . else "EACCES" end)
        | .masked["/proc/timer_list"] |= if . == "readable" then "EACCES" else . end
        | .provided_files |= map_values(if .write then .write = "EACCES" else . end)
        | .make_directory_in |= with_entries(
            if .key == "/root" or .key == "/sys" and .value != "EROFS"
               or .value == "ok" and (.key | IN("/tmp", "/dev/shm") | not)
            then .value = "EACCES" else . end)
    end;

def root_writable:
    if .mounts["/"].options | startswith("ro") | not then .
    else
        reduce ("/", "/etc", "/root", "/usr", "/var", "/home", "/tmp", "/run") as $dir (.;
            .make_directory_in[$dir] = "EROFS")
        | .provided_files |= map_values(if .write then .write = "EROFS" else . end)
    end;

def keyrings:
    (.ids.user | split(" ")[0]) as $uid
    | if .seccomp.mode == "2" then {session: "EPERM", user: "EPERM"}
      else {session: "keyring;\($uid);65534;1f3f0000;_uid_ses.\($uid)",
            user: "keyring;\($uid);65534;1f3f0000;_uid.\($uid)"} end;

def device_nodes:
    if .ids.user != "0 0 0 0" then .device_access |= map_values({mknod: "EACCES"})
    elif .namespaces.user == "its own"
         or (.capabilities.effective.names | index("MKNOD") | not)
    then .device_access |= map_values({mknod: "EPERM"})
    else . end;

# A text that a regular expression for the name is part of.
def name_pattern:
    if .hostname | startswith("~") then .hostname | ltrimstr("~^") | rtrimstr("$")
    else .hostname | gsub("[.]"; "[.]") end;

# /etc/hosts and /etc/hostname; own: the addresses that the name has.
def names:
    name_pattern as $name
    | (if $name | contains("[.]") then $name + " " + ($name | split("[.]")[0]) else $name end) as $names
    | (if .network.interfaces.eth0 then ["10[.]0[.]2[.]15", "fd76:6d63::15"]
       else ["127[.]0[.]1[.]1"] end) as $own
    | .provided_files["/etc/hostname"].text = .hostname
    | .provided_files["/etc/hosts"].text = "~^" + ([
        "127[.]0[.]0[.]1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback",
        "ff02::1\tip6-allnodes", "ff02::2\tip6-allrouters", ($own[] + "\t" + $names)] | join("\n")) + "$";

# Parts that exist only on x86-64, and those that Linux lacks, or has differently, on 32-bit arm.
def architecture:
    (env.VMC_TEST_ARCH // "x86_64") as $arch
    | if $arch == "x86_64" then . else
        .system_calls |= del(.["arch_prctl bad", "clock_gettime_i386", "getpid_i386", "getpid_x32",
                               "io_port", "io_privilege_level"])
        # A kernel without it, which does not exist on x86.
        | .system_calls.perf_event_open |= if . == "ok" then "ENOSYS" else . end
        # A device tree describes the machine.
        | if .mounts["/sys/firmware"] then . else .masked["/sys/firmware"] = "a directory" end
        # The serial line has another driver.
        | .device_access["ttyS0 c 4:64"] |= (if .read == "ok" then .read = "ENXIO" | .write = "ENXIO" else . end)
        | if .dev["/dev/ttyS0"] | not then . else
            .dev["/dev/ttyAMA0"] = .dev["/dev/ttyS0"] + {number: "204:64"} | del(.dev["/dev/ttyS0"])
          end
      end
    | if $arch != "arm" then . else
        .personality = "800000" | .time_offsets = {}
        | .system_calls["unshare time"] |= if . == "ok" then "EINVAL" else . end
        | .namespaces.time = null | .namespaces.time_for_children = null
        | .sysctls["kernel/shmall"] = "4278190079" | .sysctls["kernel/shmmax"] = "4278190079"
      end;

# The probe's output without numbers that depend on other devices.
def seen_anywhere:
    if .dev then .dev |= with_entries(.key |= sub("/vport[0-9]+p"; "/vport0p")) else . end;

# Fields that depend on several options at once; the last step of every expectation.
def consequences:
    names | root_writable | permissions | device_nodes
    | .keyrings = keyrings
    | .system_calls = system_calls
    | architecture
    | if .session.terminal == "ok" then .session.foreground_group = .session.group else . end;
