# --host: the same container on the host's own kernel. The files of the matrix (tests/run) hold for
# it, too; here is what is its own. docs/host-backend.md describes it.
# bats file_tags=native
export BACKEND=host
load ../../lib/backend

# see, and what is expected of it on a host: FILTER on top of the default run.
expect_hosted() {
    jq 'include "expect"; seen_on_a_host' -L "$VMC_TEST_LIB" seen.json >hosted.json
    "$VMC_TEST_LIB/expect" hosted.json "$VMC_SOURCE/tests/probe/default.json" \
        "hosted | ${1-.} | consequences | hosted_kernel"
}

# --- what it says ------------------------------------------------------------------------

# bats test_tags=core:user
@test "every run says in one line that the kernel is the host's" {
    "$VMC" run --net none -r "$SMALL" -- sh -c 'uname -r; echo words >&2' >out 2>err
    assert_equal "$(cat out)" "$(uname -r)"
    assert_equal "$(cat err)" "vmc: the container lacks a kernel of its own (--host: it shares this host's)
words"
}

# bats test_tags=core:user
@test "--explain names it, and leaves out what only a machine has" {
    run "$VMC" run --explain -r "$SMALL" -- true
    assert_status 0
    assert_match "$output" '--host +host'
    [[ $output == *--upper* && $output != *--memory* && $output != *--accel* ]] || fail "$output"
    run "$VMC" run --explain --pids-limit 8 -r "$SMALL" -- true
    assert_match "$output" '--pids-limit 8 +host cgroup'
    run --separate-stderr "$VMC" run --explain --accel tcg -r "$SMALL" -- true
    assert_refused '--accel cannot go with --host'
}

# bats test_tags=core:user
@test "vmc info says whether it can be used" {
    run "$VMC" info --json
    assert_equal "$(jq -r '.checks[] | select(.name == "host-backend").verdict' <<<"$output")" ok
}

# bats test_tags=core:user
@test "every example of docs/host-backend.md prints what it says" {
    VMC=$VMC_UNDER_TEST check_examples "$VMC_SOURCE/docs/host-backend.md" 3 timeout 60 bash
}

# --- what is refused ---------------------------------------------------------------------

# bats test_tags=core:user
@test "what only a machine has is refused with its reason" {
    "$VMC_UNDER_TEST" pack "$SMALL" -o image
    check_table <<'EOT'
qemu.*no machine|run --qemu @
libvirt.*no machine|run --libvirt @
accel.*no machine|run --accel tcg @
memory.*no machine|run -m 64m @
cpus.*no machine|run -c 1 @
keep.*disk|run --keep @
privileged.*the host's|run --privileged @
oom-score-adj.*choom|run --oom-score-adj 5 @
userns.*already|run --userns @
device.*the host's|run --device /dev/kmsg @
usedev.*the host's|run --usedev @
debugfs.*to debug|run --debugfs @
ftrace.*to debug|run --ftrace x @
mem-high.*memory.max|run --mem-high 32m @
mem-swap.*memory.max|run --mem-limit 32m --mem-swap 64m @
cpu-shares.*only|run --cpu-shares 512 @
cpu-weight.*only|run --cpu-weight 10 @
cpu-quota.*only|run --cpu-quota 10000 @
cpu-period.*only|run --cpu-period 10000 @
cpuset-cpus.*only|run --cpuset-cpus 0 @
io-max.*only|run --io-max rbps=1 @
require-jail.*hypervisor|run --require-jail @
boot-timeout.*booted|run --boot-timeout 5s @
kernel.*booted|run --kernel x @
linux.*booted|run --linux x @
initrd.*booted|run --initrd x @
append.*booted|run --append x @
acpi.*booted|run --acpi @
console.*console|run --console x @
gdb.*to debug|run --gdb 1234 @
crash-dump.*to debug|run --crash-dump x @
upper disk.*mounting|run --upper disk @
net tap.*for machines|run --net tap=x @
net bridge.*for machines|run --net bridge @
needs a directory.*image|run -r image -- true
cold.*nothing is booted|run --cold @
EOT
}

# bats test_tags=core:user
@test "a program of another architecture is refused" {
    refuses_foreign_programs
}

# bats test_tags=root
@test "root is never root of the host in a container: --nopriv is refused" {
    run --separate-stderr "$VMC" run --nopriv "$SMALL" -- true
    assert_refused "the container's root would be the host's"
}

@test "a parameter of the host's kernel is not set; one of the container's namespaces is" {
    run --separate-stderr vmc --sysctl vm.swappiness=1 -- true
    assert_refused 'vm.swappiness: .*denied'
    run vmc --sysctl net.ipv4.ip_forward=1 -- cat /proc/sys/net/ipv4/ip_forward
    assert_output 1
}

@test "limits on memory and processes are enforced, or refused with the reason" {
    run --separate-stderr vmc --net none --pids-limit 8 -- \
        sh -c 'i=0; while [ $i -lt 20 ]; do sleep 5 & i=$((i+1)); done; echo not limited'
    if [ "$status" = 125 ]; then
        am_root && fail "root is refused: $stderr"
        assert_refused '^vmc: --pids-limit: vmc may not use this host.s control groups'
        run --separate-stderr vmc --net none --mem-limit 32m -- true
        assert_refused '^vmc: --mem-limit: vmc may not use this host.s control groups'
    else
        [[ $stderr == *'Cannot fork'* && $output != *'not limited'* ]] || fail "$output $stderr"
        run vmc --net none --mem-limit 32m -- vmc-probe memory 100
        assert_status 137
    fi
}

# --- what the workload is ----------------------------------------------------------------

@test "the workload sees what it sees in a machine, apart from what is listed" {
    see
    expect_hosted
}

@test "the same for another user, without a network, with a read-only root" {
    see --net none --read-only -u 4711:4712
    expect_hosted 'network_none | read_only | user(4711; 4712; "/")'
}

@test "the same with capabilities taken away, and with some of an administrator's" {
    see --net none --cap-drop ALL
    expect_hosted 'network_none | capabilities([])'
    see --net none --cap-add SYS_ADMIN --no-new-privileges
    expect_hosted 'network_none | capabilities(default_capabilities + ["SYS_ADMIN"]) | .no_new_privileges = "1"'
}

@test "the workload sees its own processes only, and ends none but those" {
    run vmc --net none --cap-add KILL -- sh -c '{ kill -KILL 1; kill -KILL -1; } 2>/dev/null; echo $$; ls -d /proc/[0-9]* | wc -l
        tr "\0" " " </proc/1/cmdline'
    assert_status 0
    assert_match "$output" $'^2\n[34]\nvmc-init [0-9,]+ $'
}

@test "it has no right to the processes and files of who runs it" {
    run vmc --net none -- sh -c 'cat /proc/sys/kernel/hostname >/dev/null && echo seen
        for f in /proc/sysrq-trigger /proc/sys/kernel/core_pattern /sys/power/state /proc/sys/vm/drop_caches; do
            { echo x >$f; } 2>/dev/null && echo "$f is written"; done
        mknod /dev/disk b 254 0 2>/dev/null && echo a disk; true'
    assert_output seen
}

# bats test_tags=root
@test "as root it has ids of its own on the host" {
    local pid own=0
    vmc_background --net none -- sh -c 'echo ready; exec sleep 4711.5'
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
    # vmc itself, and the script that calls it, are root's; agent and container are the range's.
    for pid in $(marked_processes); do
        if [ "$(awk '/^Uid:/ { print $2 }' "/proc/$pid/status")" -ge 1879048192 ]; then
            own=$((own + 1))
        else
            [[ $(readlink "/proc/$pid/exe") =~ (/vmc|sh)$ ]] || fail "$pid: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
        fi
    done
    [ "$own" -ge 2 ] || fail "$own processes with ids of the range"
    kill -TERM "$PID"
    finish
    assert_equal "$STATUS" 143
}

@test "options of the container: user, environment, directory, name, limits, tmpfs" {
    run vmc --net none -u daemon -e A=b -w /tmp --hostname box --ulimit nofile=100:200 --tmpfs /scratch:size=1m -- \
        sh -c 'id -un; echo "$A"; pwd; uname -n; ulimit -n; ulimit -Hn; stat -fc %b:%S /scratch'
    assert_output $'daemon\nb\n/tmp\nbox\n100\n200\n256:4096'
    run vmc --net none --no-init -- sh -c 'echo $$; exit 9'
    assert_status 9
    assert_output 1
}

# bats test_tags=core:user
@test "--timeout ends it with 124" {
    run vmc --net none --timeout 1 -- sleep 1000
    assert_status 124
}

@test "a caller without subordinate ids has one id in the container, and it works" {
    # Without newuidmap(1) nobody has; root has a range of its own in any case.
    mkdir bin
    run --separate-stderr env PATH="$PWD/bin" "$(type -P bash)" "$VMC_TEST_LIB/vmc-backend" run --net none -r "$SMALL" -- \
        sh -c 'id -u; touch /tmp/x && stat -c %u /tmp/x; n=0; while read -r a b c; do n=$((n + c)); done </proc/self/uid_map; echo $n'
    assert_equal "$stderr" ''
    assert_output $'0\n0\n'"$(am_root && echo 65536 || echo 1)"
    am_root || {
        run --separate-stderr env PATH="$PWD/bin" "$(type -P bash)" "$VMC_TEST_LIB/vmc-backend" run --net none -u daemon -r "$SMALL" -- true
        assert_refused 'daemon'
    }
}

# --- files -------------------------------------------------------------------------------

@test "--upper ram and host leave the tree alone; none changes it" {
    local before upper
    copy_tree "$SMALL" tree
    before=$(as_container_root "$VMC_TEST_LIB/checksum" tree)
    for upper in ram ram:8m host; do
        run vmc_at tree --net none --upper "$upper" -- \
            sh -c 'echo new >/etc/new; rm /etc/passwd; mkfifo /f; mv /usr/share /usr/other; cat /etc/new'
        assert_output new
        assert_equal "$(as_container_root "$VMC_TEST_LIB/checksum" tree)" "$before"
    done
    run vmc_at tree --net none --upper none -- sh -c 'echo new >/etc/new'
    assert_status 0
    assert_equal "$(cat tree/etc/new)" new
    assert_equal "$(stat -c %u tree/etc/new)" "$(id -u)"
    remove_tree tree
}

@test "--upper ram:SIZE is a limit" {
    run --separate-stderr vmc --net none --upper ram:4m -- sh -c 'head -c 8m /dev/zero >/big; stat -c %s /big'
    [ "$output" -le 4194304 ] || fail "$output"
    [[ $stderr == *'No space'* ]] || fail "$stderr"
}

@test "volumes: both sides see what the other writes, with the caller's ids" {
    mkdir data
    echo outside >data/file
    run vmc --net none -v "$PWD/data:/data" -- sh -c 'cat /data/file; echo inside >/data/new; stat -c %u /data/file'
    assert_output $'outside\n0'
    assert_equal "$(cat data/new) $(stat -c %u data/new)" "inside $(id -u)"
}

@test "a read-only volume stays so, whatever the container may mount" {
    mkdir data
    local number=165
    [ "$VMC_TEST_ARCH" = x86_64 ] || number=40
    # mount(2): MS_REMOUNT | MS_BIND
    run vmc_at "$FULL" --net none -v "$PWD/data:/data:ro" --cap-add SYS_ADMIN --security-opt seccomp=unconfined -- \
        perl -e "\$none = 'none'; \$data = '/data'; print syscall($number, \$none, \$data, 0, 32 | 4096, 0) == 0 ? 'changed' : 'refused'; open(F, '>/data/x') and print ' and written'"
    assert_output refused
}

# --- what is left ------------------------------------------------------------------------

no_sleeper() {
    ! pgrep -f "^sleep 4711.$$" >/dev/null
}

@test "vmc killed, or the agent: no process of the container is left, in any of its sessions" {
    local who victim
    for who in vmc agent; do
        rm -f out
        vmc_background -v "$PWD:/data" -- \
            sh -c "setsid sleep 4711.$$ & setsid sleep 4711.$$ & echo ready; exec sleep 4711.$$"
        wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
        victim=$PID
        [ "$who" = vmc ] || victim=$(machine_processes | head -n 1)
        kill -KILL "$victim"
        finish 5
        wait_for 5 no_sleeper || fail "left after the end of $who"
        [ "$who" = vmc ] || assert_equal "$STATUS" 125
    done
    assert_match "$(cat err)" 'the container ended before the workload did: its agent was killed by signal 9'
    run vmc --net none -- true
    assert_status 0
    assert_nothing_left
}

# bats test_tags=core:user
@test "the workload's end is the end of all it has started" {
    run vmc --net none -- sh -c "setsid sleep 4711.$$ >/dev/null 2>&1 & exit 3"
    assert_status 3
    wait_for 2 no_sleeper || fail "a process is left"
}
