# What the workload sees, field by field: of the default, of each option, and of options that
# meet. One run each; whatever an option is not said to change must be as in the default.
load ../../lib/common
load ../../lib/probe

@test "the comparison names every field that differs, is missing or is not expected" {
    echo '{"same": 1, "different": "x", "list": [1, 2], "matches": "a7", "more": {"a b": {}}}' >seen
    echo '{"same": 1, "different": "y", "list": [1, 3], "matches": "~^a[0-9]$", "less": null}' >wanted
    run "$VMC_TEST_LIB/expect" seen wanted
    assert_status 1
    assert_output '.different is "x"; expected "y"
.list is [1,2]; expected [1,3]
.more["a b"] is {}, which nobody asked for
.less is missing; expected null'
    run "$VMC_TEST_LIB/expect" seen wanted '.different = "x" | .list[1] = 2 | .more["a b"] = {} | del(.less)'
    assert_status 0
    assert_output ''
    run "$VMC_TEST_LIB/expect" seen wanted '.matches = "~^b" | no_such_word'
    [ "$status" != 0 ] || fail "a filter with a mistake passes"
}

# --- the default and what concerns COMMAND ------------------------------------------------

@test "the default" {
    see
    expect
}

@test "--net none" {
    see_alone
    expect_alone
}

# bats test_tags=core:uml
@test "arguments, --env, --env-file, --workdir, --hostname" {
    printf '# a comment\nFILE=from the file\nBOTH=file\nCALLER\nABSENT\n' >variables
    CALLER=mine run --separate-stderr vmc --net none --env-file variables -e BOTH=line -e EMPTY= \
        -e 'ODD= "quoted" \ $HOME' -w /usr/bin --hostname one.example -- vmc-probe see 'two words' '' $'tab\there' -- -x
    assert_status 0
    printf '%s\n' "$output" >seen.json
    expect_alone '.arguments += ["two words", "", "tab\there", "--", "-x"]
        | .environment = [.environment[0], "FILE=from the file", "BOTH=line", "CALLER=mine", "EMPTY=",
                          "ODD= \"quoted\" \\ $HOME", .environment[1]]
        | .working_directory = "/usr/bin" | .hostname = "one.example"'
}

# bats test_tags=core:uml
@test "--user NAME, and the groups it is in" {
    see_alone --user games
    expect_alone 'user(5; 60; "/usr/games")'
}

# bats test_tags=core:uml
@test "--user UID:GID without an account" {
    see_alone -u 4711:4712
    expect_alone 'user(4711; 4712; "/") | .ids.group = "4712 4712 4712 4712"'
}

@test "--tty" {
    run --separate-stderr env TERM=linux "$VMC_TEST_LIB/pty" size=24x80 -- "$VMC" run -r "$SMALL" --net none -t -- vmc-probe see
    tr -d '\r' <<<"$output" >seen.json
    expect_alone 'terminal(0)'
}

# --- rights ------------------------------------------------------------------------------

# bats test_tags=core:uml
@test "--cap-add, --cap-drop and --nocaps" {
    see_alone --cap-add SYS_TIME --cap-add CAP_SYS_ADMIN --cap-drop sys_chroot --nocaps net_raw,cap_kill
    expect_alone 'capabilities(default_capabilities + ["SYS_TIME", "SYS_ADMIN"] - ["SYS_CHROOT", "NET_RAW", "KILL"])'
}

# bats test_tags=core:uml
@test "--cap-drop ALL with --cap-add" {
    see_alone --cap-add setuid --cap-drop ALL --cap-add BPF
    expect_alone 'capabilities(["SETUID", "BPF"])'
}

# bats test_tags=core:uml
@test "--cap-add ALL without --privileged: capabilities alone, less what is dropped" {
    see_alone --cap-add ALL --cap-drop SYS_PTRACE --cap-drop SYS_BOOT --cap-drop SYSLOG
    expect_alone 'capabilities(all_capabilities - ["SYS_PTRACE", "SYS_BOOT", "SYSLOG"])'
}

# bats test_tags=core:uml
@test "--no-new-privileges, --hostname of 64 characters" {
    local name
    name=a.$(printf '%062d' 0)
    see_alone --no-new-privileges --hostname "$name"
    expect_alone ".no_new_privileges = \"1\" | .hostname = \"$name\""
}

# bats test_tags=core:uml
@test "--privileged" {
    see_alone --privileged
    expect_alone privileged
}

# --- the container -----------------------------------------------------------------------

# bats test_tags=core:uml
@test "--read-only" {
    see --read-only
    expect read_only
}

# bats test_tags=core:uml
@test "--no-init" {
    see_alone --no-init
    expect_alone no_init
}

# bats test_tags=core:uml
@test "--netns keeps the network, in a namespace of its own" {
    see --netns
    expect '.namespaces.net = "its own"'
}

# bats test_tags=core:uml
@test "--userns" {
    see_alone --userns
    expect_alone userns
}

# bats test_tags=qemu,core:none
@test "--mem-limit and --pids-limit; --cpus and --memory" {
    see_alone --mem-limit 65m --pids-limit 57 -c 2 -m 300m
    expect_alone '.cgroup["memory.max"] = "68157440" | .cgroup["pids.max"] = "57"
        | two_processors'
}

# bats test_tags=qemu
@test "--upper disk, host and none: another root, and nothing else" {
    see_alone --upper disk
    expect_alone a_disk
    see_alone --upper host
    expect_alone root_of_virtiofs
    copy_tree "$SMALL" tree
    run --separate-stderr vmc_at tree --net none --direct -- vmc-probe see
    printf '%s\n' "$output" >seen.json
    remove_tree tree
    # There is no /etc/hosts to put one over, and none is made in somebody's directory.
    "$VMC_TEST_LIB/expect" seen.json "$VMC_SOURCE/tests/probe/default.json" 'network_none | root_of_virtiofs | consequences
        | del(.mounts["/etc/hosts"]) | .provided_files["/etc/hosts"] = {text: null}'
}

# --- limits ------------------------------------------------------------------------------

# bats test_tags=qemu
@test "--mem-limit, --mem-high, --mem-swap, --cpu-shares, --cpu-quota, --cpu-period, --cpuset-cpus, --pids-limit, --ulimit" {
    see_alone -c 2 --mem-limit 64m --mem-high 48m --mem-swap 96m --cpu-shares 512 --cpu-quota 50000 --cpu-period 200000 \
        --cpuset-cpus 1 --pids-limit 99 --ulimit nofile=100:200 --ulimit core=unlimited --ulimit nproc=77 --ulimit rtprio=3:5
    expect_alone 'two_processors | a_disk
        | .cgroup += {"memory.max": "67108864", "memory.high": "50331648", "memory.swap.max": "33554432",
            "cpu.weight": "59", "cpu.max": "50000 200000", "cpuset.cpus": "1", "cpuset.cpus.effective": "1", "pids.max": "99"}
        | .scheduling.cpus_allowed = "1" | .swaps = "~ /dev/vda +partition [0-9]+ +0 +-2$"
        | .limits.nofile = {soft: 100, hard: 200} | .limits.core.soft = "unlimited"
        | .limits.nproc = {soft: 77, hard: 77} | .limits.rtprio = {soft: 3, hard: 5}'
}

# bats test_tags=qemu
@test "--cpu-weight, and --io-max on the disk of --upper disk" {
    see_alone --upper disk --io-max rbps=1048576,wiops=100 --cpu-weight 33
    expect_alone 'a_disk | .cgroup["cpu.weight"] = "33" | .cgroup["io.max"] = "254:0 rbps=1048576 wbps=max riops=max wiops=100"'
}

# bats test_tags=core:uml
@test "--oom-score-adj" {
    see_alone --oom-score-adj -500
    expect_alone '.scheduling.oom_score_adj = "-500"'
}

# bats test_tags=core:uml
@test "--ulimit for every resource" {
    see_alone --ulimit as=2000000000 --ulimit core=1:2 --ulimit cpu=100:200 --ulimit data=1900000000 --ulimit fsize=1000000 \
        --ulimit locks=5:6 --ulimit memlock=65536 --ulimit msgqueue=1000:2000 --ulimit nice=1:2 --ulimit nofile=64 \
        --ulimit nproc=500 --ulimit rss=12345 --ulimit rtprio=0:1 --ulimit rttime=7:8 --ulimit sigpending=9:10 --ulimit stack=4194304:unlimited
    expect_alone '.limits = {as: {soft: 2000000000, hard: 2000000000}, core: {soft: 1, hard: 2}, cpu: {soft: 100, hard: 200},
        data: {soft: 1900000000, hard: 1900000000}, fsize: {soft: 1000000, hard: 1000000}, locks: {soft: 5, hard: 6},
        memlock: {soft: 65536, hard: 65536}, msgqueue: {soft: 1000, hard: 2000}, nice: {soft: 1, hard: 2},
        nofile: {soft: 64, hard: 64}, nproc: {soft: 500, hard: 500}, rss: {soft: 12345, hard: 12345},
        rtprio: {soft: 0, hard: 1}, rttime: {soft: 7, hard: 8}, sigpending: {soft: 9, hard: 10},
        stack: {soft: 4194304, hard: "unlimited"}}'
}

# --- file systems, devices, the filter ----------------------------------------------------

# bats test_tags=core:uml
@test "--tmpfs, --shm-size, --sysctl, --group-add" {
    see_alone --tmpfs /scratch:size=10m,mode=0700 --tmpfs /data:ro,exec --shm-size 8m --sysctl net.core.somaxconn=77 \
        --sysctl kernel.msgmax=9000 --sysctl net/ipv4/ip_forward=1 --group-add 44 --group-add audio
    expect_alone '.ids.groups = [29, 44] | .mounts["/dev/shm"].file_system_options = "rw,size=8192k"
        | tmpfs("/scratch"; "rw,nosuid,nodev,noexec,relatime"; "rw,size=10240k,mode=700")
        | tmpfs("/data"; "ro,nosuid,nodev,relatime"; "rw")
        | .sysctls += {"net/core/somaxconn": "77", "kernel/msgmax": "9000", "net/ipv4/ip_forward": "1",
            "net/ipv4/conf/all/forwarding": "1"}'
}

# bats test_tags=core:uml
@test "--security-opt seccomp=unconfined, systempaths=unconfined, no-new-privileges" {
    see_alone --security-opt seccomp=unconfined --security-opt systempaths=unconfined --security-opt no-new-privileges
    expect_alone 'seccomp_unconfined | system_paths_unconfined | .no_new_privileges = "1"'
}

@test "--security-opt seccomp=FILE, for another user and with --privileged" {
    echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["memfd_create"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}' >profile
    see_alone --security-opt seccomp=profile --user 4711:4712
    expect_with_filter 'user(4711; 4712; "/")'
    see_alone --security-opt seccomp=profile --privileged
    expect_with_filter privileged
}

# A filter that says EOPNOTSUPP to memfd_create(2), for the only architecture that it names.
expect_with_filter() {
    local others='"clock_gettime_i386", "getpid_i386", "getpid_x32"'
    [ "${VMC_TEST_BACKEND-}" != uml ] || others='"getpid_x32"'
    expect_of "network_none | $1 | seccomp_unconfined" " | .seccomp = {mode: \"2\", filters: \"1\"} 
        | .system_calls.memfd_create = \"EOPNOTSUPP\"
        | .system_calls[$others] |= if . then \"SIGSYS\" else empty end"
}

# bats test_tags=qemu
@test "--device, under its own name and another, with less than all access" {
    see_alone --device /dev/kmsg:w --device /dev/hwrng:/dev/dice:rm --cap-add SYSLOG
    expect_alone 'capabilities(default_capabilities + ["SYSLOG"])
        | .dev["/dev/kmsg"] = {type: "character", mode: "0644", owner: "0:0", number: "1:11", read: "EPERM", write: "ok"}
        | .dev["/dev/dice"] = {type: "character", mode: "0600", owner: "0:0", number: "10:183", read: "ok", write: "EPERM"}
        | .device_access["kmsg c 1:11"].write = "ok" | .device_access["hwrng c 10:183"].read = "ok"'
}

# bats test_tags=qemu,core:none
@test "--usedev" {
    see_alone --usedev
    expect_alone usedev
}

# bats test_tags=qemu
@test "--volume: directories and a file, read-only or not, and nothing else" {
    mkdir data
    echo text >file
    see_alone -v "$PWD/data:/data:ro" -v "$PWD/data:/srv/more" -v "$PWD/file:/etc/one-file"
    expect_alone 'volume("/data"; "ro") | volume_file("/etc/one-file"; 1; "rw") | volume("/srv/more"; "rw")'
}

# bats test_tags=core:uml
@test "--dns, --dns-search, --dns-option, --add-host" {
    see --dns 192.0.2.1 --dns-search example.org --dns-option ndots:3 --add-host db:192.0.2.7 --hostname one
    jq '.provided_files["/etc/hosts"].text |= sub("192.0.2.7\\tdb\n"; "")' seen.json >without
    assert_equal "$(jq -r '.provided_files["/etc/hosts"].text' seen.json | grep -c '^192.0.2.7[[:blank:]]db$')" 1
    mv without seen.json
    expect '.hostname = "one"
        | .provided_files["/etc/resolv.conf"].text = "nameserver 192.0.2.1\nsearch example.org\noptions ndots:3"'
}

# bats test_tags=qemu
@test "--device in the place of another device is refused" {
    run --separate-stderr vmc --net none --device /dev/hwrng:/dev/null -- true
    assert_refused '/dev/null: there is another file'
}

# --- options that meet -------------------------------------------------------------------

# bats test_tags=core:uml
@test "--privileged with --cap-drop: everything but the capability" {
    see_alone --privileged --cap-drop SYS_ADMIN --cap-drop MKNOD
    expect_alone 'privileged | capabilities(all_capabilities - ["SYS_ADMIN", "MKNOD"])'
}

# bats test_tags=core:uml
@test "--privileged with --user: rights are root's, and the user may become none" {
    see_alone --privileged -u 4711:4712
    expect_alone 'privileged | user(4711; 4712; "/")'
}

# bats test_tags=core:uml
@test "--privileged with --read-only and --no-new-privileges" {
    see_alone --privileged --read-only --no-new-privileges
    expect_alone 'privileged | read_only | .no_new_privileges = "1"'
}

# bats test_tags=core:uml
@test "--privileged with --userns: nothing that belongs to the machine" {
    see_alone --privileged --userns
    expect_alone 'privileged | userns'
}

# bats test_tags=core:uml
@test "--user with --cap-add: the bounding set alone, no ambient capability" {
    see_alone --user 4711:4712 --cap-add SYS_TIME --cap-drop CHOWN
    expect_alone 'capabilities(default_capabilities + ["SYS_TIME"] - ["CHOWN"]) | user(4711; 4712; "/")'
}

# bats test_tags=core:uml
@test "--user with --no-new-privileges and --pids-limit" {
    see_alone --user games --no-new-privileges --pids-limit 20
    expect_alone 'user(5; 60; "/usr/games") | .no_new_privileges = "1" | .cgroup["pids.max"] = "20"'
}

# bats test_tags=core:uml
@test "--user with --tty and --workdir: the terminal is the user's" {
    run --separate-stderr env TERM=linux "$VMC_TEST_LIB/pty" size=24x80 -- "$VMC" run -r "$SMALL" --net none -t -u 4711:4712 -w /tmp -- vmc-probe see
    tr -d '\r' <<<"$output" >seen.json
    expect_alone 'user(4711; 4712; "/") | terminal(4711) | .working_directory = "/tmp"'
}

# bats test_tags=core:uml
@test "--userns with --user" {
    see_alone --userns --user 4711:4712
    expect_alone 'userns | user(4711; 4712; "/")'
}

# bats test_tags=core:uml
@test "--userns with --read-only, --cap-drop ALL and --no-new-privileges" {
    see_alone --userns --read-only --cap-drop ALL --no-new-privileges
    expect_alone 'userns | read_only | capabilities([]) | .no_new_privileges = "1"'
}

# bats test_tags=core:uml
@test "--userns with --netns, the same as without, and with a network" {
    see --userns --netns
    expect userns
}

# bats test_tags=core:uml
@test "--read-only with --workdir and --user in a directory that stays writable" {
    see_alone --read-only --workdir /dev/shm --user games
    expect_alone 'read_only | user(5; 60; "/usr/games") | .working_directory = "/dev/shm"'
}

# bats test_tags=core:uml
@test "--no-init with --pids-limit 1: COMMAND alone; with an init that is refused" {
    run --separate-stderr vmc --net none --pids-limit 1 -- true
    assert_refused '--pids-limit 1 .*--no-init'
    see_alone --no-init --pids-limit 1
    expect_alone 'no_init | .cgroup["pids.max"] = "1"'
}

# bats test_tags=core:uml
@test "--no-init with --tty, --hostname and --privileged" {
    run --separate-stderr env TERM=linux "$VMC_TEST_LIB/pty" size=24x80 -- "$VMC" run -r "$SMALL" --net none -t --no-init --privileged --hostname one -- vmc-probe see
    tr -d '\r' <<<"$output" >seen.json
    expect_alone 'privileged | no_init | terminal(0) | .hostname = "one"'
}

# bats test_tags=core:uml
@test "--no-init with --userns and --user" {
    see_alone --no-init --userns -u 4711:4712
    expect_alone 'userns | user(4711; 4712; "/") | no_init'
}

# bats test_tags=core:uml
@test "--read-only with --tmpfs and --group-add with --user" {
    see_alone --read-only --tmpfs /var/cache:size=1m --user games --group-add 44
    expect_alone 'read_only | user(5; 60; "/usr/games") | .ids.groups = [44]
        | tmpfs("/var/cache"; "rw,nosuid,nodev,noexec,relatime"; "rw,size=1024k")'
}

# bats test_tags=qemu
@test "--read-only with --volume: the volume keeps what was asked for it" {
    mkdir data
    see_alone --read-only -v "$PWD/data:/srv" --user 4711:4712
    expect_alone 'read_only | user(4711; 4712; "/") | volume("/srv"; "rw")'
}

# bats test_tags=qemu
@test "--userns with --volume, --tmpfs and --device" {
    mkdir data
    see_alone --userns -v "$PWD/data:/data" --tmpfs /scratch:size=1m --device /dev/hwrng:/dev/dice
    expect_alone 'userns | volume("/data"; "rw") | tmpfs("/scratch"; "rw,nosuid,nodev,noexec,relatime"; "rw,size=1024k")
        | .mounts["/dev/dice"] = .mounts["/dev/null"] + {root: "/hwrng"}
        | .dev["/dev/dice"] = {type: "character", mode: "0600", owner: "0:0", number: "10:183", read: "ok", write: "EINVAL"}'
}

# bats test_tags=qemu
@test "--privileged with --security-opt seccomp=unconfined, --usedev and --device" {
    see_alone --privileged --security-opt seccomp=unconfined --usedev --device /dev/kmsg
    expect_alone 'privileged | usedev_of_the_privileged'
}
