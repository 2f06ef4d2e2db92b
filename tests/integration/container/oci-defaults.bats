# What the Open Container Initiative's runtime specification, version 1.2, says every container has
# by default, item by item. Each test names the document and the section.
load ../../lib/common

# Two runs serve all tests: the default, and one with a terminal and a read-only root.
setup_file() {
    export XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR/run VMC_TEST_MARK=$BATS_FILE_TMPDIR
    mkdir -m 700 "$XDG_RUNTIME_DIR"
    vmc --hostname slartibartfast -w /usr -e ONE=1 -- vmc-probe see >"$BATS_FILE_TMPDIR/default.json"
    "$VMC_TEST_LIB/pty" size=24x80 -- "$VMC" run -r "$SMALL" -t --read-only --ulimit nofile=1024:2048 \
        --cap-drop ALL --cap-add KILL --no-new-privileges -u 1:1 --group-add 5 --group-add 6 --sysctl net.core.somaxconn=256 \
        --pids-limit 3277 --mem-limit 256m -- vmc-probe see 2>/dev/null |
        tr -d '\r' >"$BATS_FILE_TMPDIR/terminal.json"
}

# holds RUN FILTER: the filter is true of what the probe saw in this run; says what it applies to.
holds() {
    run jq -e "$2" "$BATS_FILE_TMPDIR/$1.json"
    [ "$status" = 0 ] || fail "not so: $2: $output"
}

# Linux has none on 32-bit arm, nor as a program.
has_time_namespaces() {
    [ "$VMC_TEST_ARCH" != arm ] && [ "${VMC_TEST_BACKEND-}" != uml ]
}

mounted() {
    holds default "[.mounts[\"$1\"] | .type, .options] == [\"$2\", \"$3\"]"
}

character_device() {
    holds default ".dev[\"$1\"] | .type == \"character\" and .number == \"$2\" and .mode == \"0666\" and .owner == \"0:0\""
    [ "${3-}" = closed ] || holds default ".dev[\"$1\"] | .read == \"ok\" and .write == \"ok\""
}

link_to() {
    holds default ".dev[\"$1\"] == {type: \"link\", target: \"$2\"}"
}

# --- config-linux.md ----------------------------------------------------------------------

@test "config-linux.md, Default Filesystems: /proc is proc" {
    mounted /proc proc rw,nosuid,nodev,noexec,relatime
}

@test "config-linux.md, Default Filesystems: /sys is sysfs" {
    mounted /sys sysfs ro,nosuid,nodev,noexec,relatime
}

@test "config-linux.md, Default Filesystems: /dev/pts is devpts, of its own" {
    mounted /dev/pts devpts rw,nosuid,noexec,relatime
    holds default '.mounts["/dev/pts"].file_system_options == "rw,gid=5,mode=620,ptmxmode=666"'
    holds default '[.dev | keys[] | select(startswith("/dev/pts/"))] == ["/dev/pts/ptmx"]'
}

@test "config-linux.md, Default Filesystems: /dev/shm is tmpfs" {
    mounted /dev/shm tmpfs rw,nosuid,nodev,noexec,relatime
    holds default '.dev["/dev/shm"].mode == "1777"'
}

@test "config-linux.md, Namespaces: pid, mount, ipc, uts, cgroup and time are the container's own" {
    holds default '[.namespaces | .pid, .mnt, .ipc, .uts, .cgroup] | all(. == "its own")'
    ! has_time_namespaces || holds default '.namespaces.time == "its own"'
    holds default '.namespaces | .pid_for_children == .pid and .time_for_children == .time'
    holds default '.processes == {"1": "vmc-init", "2": "vmc-probe"}'
}

@test "config-linux.md, User namespace mappings: every id is itself, so owners are as in the root file system" {
    holds default '.ids | .uid_map == ["0 0 4294967295"] and .gid_map == .uid_map'
}

@test "config-linux.md, Offset for Time Namespace: none" {
    if has_time_namespaces; then
        holds default '.time_offsets == {monotonic: "0.000000000", boottime: "0.000000000"}'
    else
        holds default '.time_offsets == {}'
    fi
}

@test "config-linux.md, Default Devices: /dev/null" {
    character_device /dev/null 1:3
}

@test "config-linux.md, Default Devices: /dev/zero" {
    character_device /dev/zero 1:5
}

@test "config-linux.md, Default Devices: /dev/full" {
    character_device /dev/full 1:7
}

@test "config-linux.md, Default Devices: /dev/random" {
    character_device /dev/random 1:8
}

@test "config-linux.md, Default Devices: /dev/urandom" {
    character_device /dev/urandom 1:9
}

@test "config-linux.md, Default Devices: /dev/tty, which opens where there is a terminal" {
    character_device /dev/tty 5:0 closed
    holds default '.dev["/dev/tty"] | .read == "ENXIO"'
    holds terminal '.dev["/dev/tty"] | .read == "ok" and .write == "ok"'
}

@test "config-linux.md, Default Devices: /dev/console is the terminal, mounted there, or is not there" {
    holds default '.dev | has("/dev/console") | not'
    holds terminal '.dev["/dev/console"] == .dev["/dev/pts/0"]'
    holds terminal '.mounts["/dev/console"] | .type == "devpts" and .root == "/0"'
}

@test "config-linux.md, Default Devices: /dev/ptmx is a link to the container's own" {
    link_to /dev/ptmx pts/ptmx
    character_device /dev/pts/ptmx 5:2
}

@test "config-linux.md, Default Devices: no other device is in /dev" {
    holds default '[.dev | to_entries[] | select(.value.type | IN("character", "block")) | .key] | sort ==
        ["/dev/full", "/dev/null", "/dev/pts/ptmx", "/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero"]'
}

@test "config-linux.md, Devices: a node that is neither asked for nor a default one cannot be used" {
    holds default '.device_access | to_entries
        | map(select(.key | IN("null c 1:3", "zero c 1:5", "full c 1:7", "random c 1:8", "urandom c 1:9", "tty c 5:0", "ptmx c 5:2") | not))
        # A kernel in user space has no such drivers of a machine.
        | map(select(env.VMC_TEST_BACKEND != "uml" or (.key | test("^virt") | not)))
        | length >= 19 and all(.value == {mknod: "ok", read: "EPERM", write: "EPERM"})'
}

@test "config-linux.md, Cgroup ownership: a cgroup file system that is read-only stays root's" {
    mounted /sys/fs/cgroup cgroup2 ro,nosuid,nodev,noexec,relatime
    holds default '.settings_writable["/sys/fs/cgroup/cgroup.procs"] == "EROFS" and .make_directory_in["/sys/fs/cgroup"] == "EROFS"'
    holds terminal '.settings_writable["/sys/fs/cgroup/cgroup.procs"] == "EACCES"'
}

@test "config-linux.md, Memory, PIDs: limits are the ones asked for, and none by default" {
    holds default '.cgroup | .["memory.max"] == "max" and .["pids.max"] == "max"'
    holds terminal '.cgroup | .["memory.max"] == "268435456" and .["pids.max"] == "3277"'
}

@test "config-linux.md, Sysctl" {
    holds default '.sysctls["net/core/somaxconn"] == "4096"'
    holds terminal '.sysctls["net/core/somaxconn"] == "256"'
}

@test "config-linux.md, Seccomp: a filter" {
    holds default '.seccomp == {mode: "2", filters: "1"}'
}

@test "config-linux.md, Rootfs Mount Propagation: private, and so is every mount" {
    holds default '[.mounts[].propagation] | length > 10 and all(. == "private")'
}

@test "config-linux.md, Masked Paths: none of them can be read" {
    local path
    for path in /proc/acpi /proc/asound /proc/kcore /proc/keys /proc/latency_stats /proc/sched_debug /proc/scsi \
        /proc/timer_list /proc/timer_stats /sys/devices/virtual/powercap /sys/firmware; do
        holds default ".masked[\"$path\"] | IN(\"absent\", \"the null device\", \"an empty directory\")"
    done
    holds default '.masked | [.["/proc/keys", "/proc/timer_list"]] == ["the null device", "the null device"]'
}

@test "config-linux.md, Readonly Paths: none of them can be written" {
    local path
    for path in /proc/bus /proc/fs /proc/irq /proc/sys; do
        holds default ".settings_writable[\"$path\"] | IN(\"EROFS\", \"EACCES\")"
        mounted "$path" proc ro,nosuid,nodev,noexec,relatime
    done
    # With one processor there is no choice.
    [ "${VMC_TEST_BACKEND-}" = uml ] || holds default '.settings_writable["/proc/irq/default_smp_affinity"] == "EROFS"'
    for path in /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches; do
        holds default ".settings_writable[\"$path\"] == \"EROFS\""
    done
    holds default '.settings_writable["/proc/sysrq-trigger"] | IN("absent", "EROFS")'
}

@test "config-linux.md, Personality: Linux" {
    # Where every program is one of 32 bits, that is a part of Linux's own.
    if [ "$VMC_TEST_ARCH" = arm ]; then
        holds default '.personality == "800000"'
    else
        holds default '.personality == "0"'
    fi
}

# --- runtime-linux.md ---------------------------------------------------------------------

@test "runtime-linux.md, File descriptors: the three standard ones and no others" {
    holds default '.descriptors | keys == ["0", "1", "2"]'
    holds terminal '.descriptors == ({"0": 0, "1": 0, "2": 0} | map_values("/dev/pts/0 read write"))'
}

@test "runtime-linux.md, Dev symbolic links: /dev/fd, /dev/stdin, /dev/stdout, /dev/stderr" {
    link_to /dev/fd /proc/self/fd
    link_to /dev/stdin /proc/self/fd/0
    link_to /dev/stdout /proc/self/fd/1
    link_to /dev/stderr /proc/self/fd/2
}

# --- config.md ----------------------------------------------------------------------------

@test "config.md, Root: readonly" {
    holds default '(.mounts["/"].options | startswith("rw,")) and .make_directory_in["/"] == "ok"'
    holds terminal '(.mounts["/"].options | startswith("ro,")) and .make_directory_in["/"] == "EROFS"'
}

@test "config.md, Mounts: what lies on /dev, /dev/mqueue and below it has the options of the example" {
    mounted /dev tmpfs rw,nosuid,relatime
    holds default '.mounts["/dev"].file_system_options == "rw,size=65536k,mode=755"'
    mounted /dev/mqueue mqueue rw,nosuid,nodev,noexec,relatime
}

@test "config.md, Process: terminal, cwd, env, args" {
    holds default '.session.standard_input == null and .session.terminal == "ENXIO"'
    holds terminal '.session | .standard_input == "/dev/pts/0" and .terminal == "ok" and .window == "24x80"'
    holds default '.working_directory == "/usr" and .arguments == ["vmc-probe", "see"]'
    holds default '.environment == ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "ONE=1", "HOME=/root"]'
}

@test "config.md, POSIX process: rlimits" {
    holds terminal '.limits.nofile == {soft: 1024, hard: 2048}'
}

@test "config.md, Linux Process: capabilities, noNewPrivileges, oomScoreAdj, ioPriority, scheduler" {
    holds default '.no_new_privileges == "0" and .capabilities.ambient.names == [] and .capabilities.inheritable.names == []'
    holds default '.capabilities | .bounding == .permitted and .permitted == .effective and .bounding.hex == "a80425fb"'
    holds terminal '.no_new_privileges == "1" and .capabilities.bounding.names == ["KILL"] and .capabilities.effective.names == []'
    holds default '.scheduling | .oom_score_adj == "0" and .io_priority == 0 and .policy == 0 and .nice == 0'
}

@test "config.md, User: uid, gid, umask, additionalGids" {
    holds default '.ids.user == "0 0 0 0" and .ids.group == "0 0 0 0" and .ids.groups == [] and .umask == "0022"'
    holds terminal '.ids.user == "1 1 1 1" and .ids.group == "1 1 1 1" and .ids.groups == [5, 6]'
}

@test "config.md, Hostname, Domainname" {
    holds default '.hostname == "slartibartfast" and .domainname == "(none)"'
}
