# What the workload sees is a container: its rights, its view of the kernel, its limits.
load ../../lib/common

capability_sets() {
    sed -n 's/^Cap\(Inh\|Prm\|Eff\|Bnd\|Amb\):\t0*\([0-9a-f]\)/\1=\2/p' <<<"$1" | tr '\n' ' '
}

@test "the default capabilities are those of container engines, in all five sets" {
    run vmc --net none -- cat /proc/self/status
    assert_equal "$(capability_sets "$output")" 'Inh=0 Prm=a80425fb Eff=a80425fb Bnd=a80425fb Amb=0 '
    [[ $output == *$'NoNewPrivs:\t0'* ]] || fail "$output"
}

# bats test_tags=core:uml
@test "another user than root has none of them, and the same bound" {
    run vmc --net none -u daemon -- cat /proc/self/status
    assert_equal "$(capability_sets "$output")" 'Inh=0 Prm=0 Eff=0 Bnd=a80425fb Amb=0 '
}

# bats test_tags=core:uml
@test "--cap-drop ALL --cap-add one, whatever the order; --nocaps; --privileged; --no-new-privileges" {
    run vmc --net none --cap-add chown --cap-drop ALL --no-new-privileges -- cat /proc/self/status
    assert_equal "$(capability_sets "$output")" 'Inh=0 Prm=1 Eff=1 Bnd=1 Amb=0 '
    [[ $output == *$'NoNewPrivs:\t1'* ]] || fail "$output"
    run vmc --net none --nocaps cap_mknod,net_raw --cap-add CAP_SYS_ADMIN -- cat /proc/self/status
    assert_equal "$(capability_sets "$output")" 'Inh=0 Prm=a02405fb Eff=a02405fb Bnd=a02405fb Amb=0 '
    run vmc --net none --privileged -- cat /proc/self/status
    assert_equal "$(capability_sets "$output")" 'Inh=0 Prm=1ffffffffff Eff=1ffffffffff Bnd=1ffffffffff Amb=0 '
}

# bats test_tags=core:uml
@test "the workload sees its own processes only, and its init cannot be ended and has no rights" {
    run vmc --net none -- sh -c 'echo $$; kill -KILL 1; grep -cE "^(CapPrm|CapBnd):.0*$|^NoNewPrivs:.1$|^Seccomp:.2$" /proc/1/status
        ls -d /proc/[0-9]* | wc -l; test -e /proc/3/status && echo more; echo end'
    assert_status 0
    assert_match "$output" $'^2\n4\n[0-9]+\n'
    [[ $output == *end ]] || fail "$output"
    [ "$(sed -n 3p <<<"$output")" -le 4 ] || fail "$output"
}

# bats test_tags=core:uml
@test "the agent's file systems are out of reach" {
    run vmc --net none --privileged -- sh -c 'ls /init /base /share /volumes 2>/dev/null; cut -d" " -f2 /proc/mounts | sort'
    assert_output '/
/dev
/dev/mqueue
/dev/pts
/dev/shm
/etc/hostname
/etc/hosts
/proc
/sys
/sys/fs/cgroup'
}

# bats test_tags=core:uml
@test "orphans are reaped, and signals sent to process 1 reach the workload" {
    run vmc --net none -- sh -c 'sh -c "sh -c \"exit 0\" & exit 0"; trap "echo got; exit 3" TERM; kill -TERM 1; while :; do sleep 0.1; done'
    assert_status 3
    assert_output got
}

# bats test_tags=core:uml
@test "--no-init: the workload is process 1 and its status is the run's" {
    run vmc --net none --no-init -- sh -c 'echo $$; exit 9'
    assert_status 9
    assert_output 1
}

@test "devices: the standard ones work; a node of another one can be made and not opened" {
    run vmc --net none -- sh -c 'for d in null zero full random urandom tty; do [ -c /dev/$d ] || echo no $d; done
        head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c; echo x >/dev/null
        mknod /root/disk b 254 0 && { cat /root/disk 2>/dev/null || echo refused; }'
    assert_output $'4\n4\nrefused'
}

@test "/proc/sys, /sys and cgroups are read-only, masked files are empty; not with --privileged" {
    run --separate-stderr vmc --net none -- sh -c '{ echo x >/proc/sys/kernel/hostname; mkdir /sys/fs/cgroup/a; } 2>/dev/null
        wc -c </proc/timer_list; uname -n >/dev/null; ls /sys/firmware | wc -l; echo x >/proc/sys/vm/swappiness || echo read-only'
    [[ $output == *$'0\nread-only' ]] || fail "$output"
    run vmc --net none --privileged --hostname one -- sh -c 'echo two >/proc/sys/kernel/hostname; uname -n; mkdir /sys/fs/cgroup/a && echo made'
    assert_output $'two\nmade'
}

# bats test_tags=core:uml
@test "--read-only leaves /dev/shm writable, and what --tmpfs is given for" {
    run vmc --net none --read-only --tmpfs /run -- sh -c 'for d in / /etc /tmp /run /dev/shm; do touch $d/x 2>/dev/null && echo $d; done; true'
    assert_output $'/run\n/dev/shm'
}

@test "--mem-limit ends what exceeds it with 137, and the machine goes on" {
    run --separate-stderr vmc --net none --mem-limit 32m -- vmc-probe memory 100
    assert_status 137
    assert_match "$stderr" '^vmc: out of memory: .*--mem-limit 32m'
    run --separate-stderr vmc --net none --mem-limit 32m -- sh -c 'vmc-probe memory 100 >/dev/null; echo "child $?"; cat /sys/fs/cgroup/memory.max'
    assert_status 0
    [[ $output == *$'child 137\n33554432' ]] || fail "$output"
}

# bats test_tags=core:uml
@test "--pids-limit and its other name" {
    run vmc --net none --pid-max 8 -- sh -c 'cat /sys/fs/cgroup/pids.max; i=0; while [ $i -lt 20 ]; do sleep 20 & i=$((i+1)); done; echo not limited'
    [[ $output == 8* && $output != *'not limited'* ]] || fail "$output"
    run vmc --net none --pids-limit -1 -- cat /sys/fs/cgroup/pids.max
    assert_output max
    # What a kernel has no numbers for is no limit: one of 32 bits has 32768.
    run vmc --net none --pids-limit 4194304 -- cat /sys/fs/cgroup/pids.max
    assert_output "$([ "$VMC_TEST_ARCH" = arm ] && echo max || echo 4194304)"
}

# bats test_tags=core:uml
@test "--userns and --netns: namespaces of their own, files keep their owners" {
    run vmc --net none --userns -- sh -c 'cat /proc/self/uid_map | tr -s " "; stat -c %u /etc/passwd; echo >/dev/null && echo dev; hostname x 2>/dev/null; ls /sys/class/net'
    assert_output $' 0 0 4294967295\n0\ndev\nlo'
    run vmc --netns -- sh -c 'ls /sys/class/net | tr "\n" " "'
    assert_output 'eth0 lo '
}

# bats test_tags=core:uml
@test "bad values are refused, one line each" {
    local case
    for case in '--cap-add NOPE' '--cap-add=' '--cap-drop CAP_' '--cap-drop 7x' '--nocaps a,b' '--nocaps chown,,kill' \
        '--cap-add CHOWN --cap-drop chown' '--mem-limit 1k' '--mem-limit x' '--mem-limit 900g' '--mem-limit -1' \
        '--pids-limit 0' '--pids-limit x' '--pids-limit 99999999' '--pid-max=' '--init --no-init' '--privileged=1' '--read-only=x'; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr vmc $case -- true
        assert_refused "$(sed 's/^\(--[a-z-]*\).*/\1/; s/pid-max/pid/' <<<"$case")" || fail "$case"
    done
}

# bats test_tags=native,qemu
@test "--ftrace: the script runs before the command, which finds the trace; --debugfs" {
    cat >script <<'SH'
echo before the command >trace_marker
echo 1 >events/sched/sched_process_exec/enable
echo "$PWD"
SH
    run --separate-stderr vmc --net none --kernel distro --ftrace script --debugfs -- \
        sh -c 'grep -c "tracing_mark_write: before the command" /sys/kernel/tracing/trace
            grep -q "sched_process_exec: filename=.*/grep" /sys/kernel/tracing/trace && echo traced
            test -d /sys/kernel/debug/bdi && echo debugfs; echo 0 >/sys/kernel/tracing/tracing_on && cat /sys/kernel/tracing/tracing_on'
    assert_status 0
    assert_equal "$stderr" ''
    assert_output $'1\ntraced\ndebugfs\n0'
}

# bats test_tags=native,qemu
@test "--ftrace: a script that fails ends the run, with its last words" {
    printf 'echo some\necho words >&2\nexit 3\n' >script
    run --separate-stderr vmc --net none --kernel distro --ftrace script -- true
    assert_refused '^vmc: --ftrace: the script ended with status 3: words$'
    run --separate-stderr vmc --net none --ftrace script -- true
    assert_refused 'breeder build --config tracing'
    run --separate-stderr vmc --net none --debugfs -- true
    assert_refused 'breeder build --config tracing'
}
