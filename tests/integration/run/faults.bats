# What breaks underneath: bounded time, a message that names the cause, nothing left.
load ../../lib/common

# A workload that runs until it is told otherwise.
start_sleeper() {
    vmc_background "$@" -- sh -c 'echo ready; exec sleep 1000'
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
}

# bats test_tags=kvm
@test "QEMU killed in mid-run: 125 within a second, one reason, nothing left" {
    start_sleeper
    local begin machine
    machine=$(machine_processes | head -n 1)
    begin=$(now_ms)
    kill -KILL "$machine"
    finish 5
    local took=$(($(now_ms) - begin))
    assert_equal "$STATUS" 125
    assert_match "$(head -n 1 err)" '^vmc: '
    [ "$took" -lt $((1000 * SLOW)) ] || fail "took $took ms"
    assert_nothing_left
}

@test "QEMU stopped by SIGSTOP does not hold up a third INT or KILL" {
    start_sleeper
    local machine
    machine=$(machine_processes | head -n 1)
    kill -STOP "$machine"
    kill -INT "$PID"
    read -rt 0.2 <> <(:) || :
    kill -INT "$PID"
    read -rt 0.2 <> <(:) || :
    kill -INT "$PID"
    finish 10
    [ "$STATUS" != 0 ] || fail "status 0"
    wait_for 1 no_machine || fail "QEMU is left"
}

@test "vmc killed: QEMU is gone within a second, and the next start sweeps" {
    start_sleeper
    local begin
    begin=$(now_ms)
    kill -KILL "$PID"
    finish 5
    wait_for 5 no_machine || fail "QEMU is left"
    local took=$(($(now_ms) - begin))
    [ "$took" -lt $((1000 * SLOW)) ] || fail "took $took ms"
    wait_for 2 no_marked_processes || fail "processes are left"
    run vmc -- true
    assert_status 0
    assert_nothing_left
}

@test "vmc killed with each kind of upper leaves nothing after the next start" {
    local upper
    for upper in "$UPPER_INSIDE" host; do
        start_sleeper --upper "$upper"
        kill -KILL "$PID"
        finish 5
        rm -f out
        wait_for 2 no_machine || fail "QEMU is left"
    done
    run vmc -- true
    assert_status 0
    assert_nothing_left
}

# bats test_tags=core:user
@test "a sweep leaves running containers alone" {
    mkfifo in
    exec 7<>in
    vmc_background -- sh -c 'echo ready; read -r line; ls /etc/passwd'
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
    run vmc -- true
    assert_status 0
    echo >&7
    exec 7>&-
    finish
    assert_equal "$STATUS" 0
    assert_equal "$(cat out)" $'ready\n/etc/passwd'
}

# bats test_tags=machine,qemu,core:user
@test "an image that cannot grow ends the run with its cause, in a machine that booted and in a copy" {
    local kind
    for kind in --cold ""; do
        mkfifo in
        exec 7<>in
        vmc_background --net none ${kind:+"$kind"} --upper disk:1g -- sh -c 'echo ready; read -r line; head -c 100000000 /dev/zero >/big; sync; sleep 1000'
        wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
        # Each process of the machine's: a limit as `ulimit -f` sets it, and no signal that ends one.
        machine_processes | xargs -n 1 prlimit --fsize=1000000 --pid
        echo >&7
        exec 7>&-
        finish
        assert_equal "$STATUS" 125
        assert_match "$(cat err)" 'vmc: --upper disk: the disk image can no longer be written: File too large'
        rm -f in out err
    done
    assert_nothing_left
}

# vmc run with VARIABLE naming a disk of 48 MiB: vmc_on_small_disk VARIABLE OPTION...
vmc_on_small_disk() {
    local variable=$1
    shift
    unshare -m sh -c 'mount -t tmpfs -o size=48m none disk && exec "$@"' sh env "$variable=$PWD/disk" \
        timeout -k 5 "$DEADLINE" "$VMC" run --net none -r "$SMALL" "$@" 3>&-
}

# bats test_tags=machine,qemu,root
@test "a full disk of the host's, below each kind of image: its cause, and nothing left" {
    local fill='head -c 200000000 /dev/zero >/big; sync; sleep 1000'
    mkdir disk
    run --separate-stderr vmc_on_small_disk TMPDIR --upper disk:1g -- sh -c "$fill"
    assert_status 125
    assert_match "$stderr" '--upper disk: .*No space left on device \(set TMPDIR'
    run --separate-stderr vmc_on_small_disk XDG_DATA_HOME --keep --name full -- sh -c "$fill"
    assert_status 125
    assert_match "$stderr" "--keep: .*No space left on device \\('vmc keep ls'"
    run --separate-stderr vmc_on_small_disk TMPDIR -m 128M --mem-limit 64m --mem-swap 1g -- vmc-probe memory 400
    assert_status 125
    assert_match "$stderr" '--mem-swap: .*No space left on device'
    # A template that has no room is none; the run is as ever.
    run --separate-stderr vmc_on_small_disk XDG_CACHE_HOME -- echo ran
    assert_status 0
    assert_output ran
    assert_nothing_left
}

# With a limit on the length of files, in KiB. The memory of a machine that is to be copied is one.
vmc_limited() {
    (ulimit -f "$1" && shift && vmc "$@")
}

# bats test_tags=qemu,core:user
@test "a writer that was told of a full volume and goes on has the status that it ends with" {
    local code
    mkdir volume
    for code in $(core_or_full 3 "0 3"); do
        run --separate-stderr vmc_limited 70000 --net none -m 64M -v "$PWD/volume:/v" -- sh -c '
            head -c 80000000 /dev/zero >/v/big || echo told; rm /v/big; exit "$0"' "$code"
        assert_status "$code"
        assert_output told
        assert_match "$stderr" 'error writing'
    done
    assert_equal "$(ls -A volume)" ''
    run --separate-stderr vmc_limited 70000 --net none -m 128M -v "$PWD/volume:/v" -- true
    assert_refused 'ulimit -f.*71680000 bytes.*134217728 bytes.*smaller --memory'
}

# bats test_tags=machine,core:user
@test "a guest that panics in mid-run: 125, and the console's last words" {
    run --separate-stderr vmc --privileged -m 128M -- sh -c \
        'echo 2 >/proc/sys/vm/panic_on_oom && exec vmc-probe memory 100000'
    assert_status 125
    assert_match "${stderr_lines[0]}" '^vmc: '
    assert_match "$stderr" '[Pp]anic'
}

# bats test_tags=machine,qemu,core:user
@test "a bred guest that panics in its boot is booted once more, others are not, and then it is 125" {
    mkdir -p "image/$VMC_TEST_ARCH"
    cp "$GUEST_IMAGE/$KERNEL" "image/$VMC_TEST_ARCH/"
    # An initramfs without /init: no root file system to boot from.
    (cd image && echo . | cpio -o -H newc --quiet) >initramfs
    mv initramfs "image/$VMC_TEST_ARCH/initramfs.cpio"
    VMC_GUEST_DIR=$PWD/image run --separate-stderr vmc --accel tcg --console console --debug -- true
    assert_status 125
    assert_match "$stderr" 'booting once more'
    assert_match "$stderr" 'vmc: .*Kernel panic'
    assert_equal "$(grep -ac 'Kernel panic - not syncing' console)" 2
    VMC_GUEST_DIR=$PWD/image run --separate-stderr vmc --accel tcg --console console --append quiet -- true
    assert_status 125
    assert_equal "$(grep -ac 'Kernel panic - not syncing' console)" 1
}

# bats test_tags=machine,core:user
@test "root in a privileged container finds no key that resets the machine" {
    run --separate-stderr vmc --privileged -- sh -c 'command -v python3 >/dev/null; echo 1 >/proc/sys/kernel/panic_on_oops; kill -9 -1; echo b >/proc/sysrq-trigger; exit 99'
    assert_status 99
}

# bats test_tags=machine,core:user
@test "a workload out of memory is killed, not the run: 137" {
    run --separate-stderr vmc -m 128M -- vmc-probe memory 100000
    assert_status 137
}

# bats test_tags=core:user
@test "killing everything inside ends with the workload's death" {
    run --separate-stderr vmc -- sh -c 'kill -9 -1; kill -9 $$'
    assert_status 137
}

# bats test_tags=machine,core:user
@test "an image that is not a kernel" {
    local file
    printf 'not a kernel\n' >text
    head -c 1000000 /dev/urandom >noise
    : >empty
    head -c 1000000 "$GUEST_IMAGE/$KERNEL" >short
    for file in /etc/passwd "$PWD/text" "$PWD/noise" "$PWD/empty" "$PWD/short"; do
        run --separate-stderr vmc_at "$SMALL" --boot-timeout $((15 * SLOW))s --kernel "$file" -- true
        assert_status 125
        assert_match "${stderr_lines[0]}" '^vmc: '
        assert_match "$stderr" "$(basename "$file")|kernel|guest"
    done
}

# bats test_tags=machine,core:user
@test "a truncated, an empty and a wrong initramfs: the console's words, bounded time" {
    local file
    head -c 100000 "$GUEST_IMAGE/initramfs.cpio" >short
    : >empty
    printf 'not an archive\n' >text
    for file in short empty text; do
        run --separate-stderr vmc_at "$SMALL" --boot-timeout $((20 * SLOW))s --initrd "$file" -- true
        assert_status 125
        assert_match "${stderr_lines[0]}" '^vmc: '
        [ "${#stderr_lines[@]}" -ge 1 ] || fail "no reason"
    done
}

# An initramfs whose /init is a program of the host's choice.
initramfs_of() {
    mkdir -p image/dev
    cp "$1" image/init
    chmod 755 image/init
    (cd image && printf '%s\n' . init dev | cpio -o -H newc 2>/dev/null)
}

# bats test_tags=machine,core:user
@test "a guest that never says HELLO is given up at the boot time limit" {
    local begin took
    initramfs_of "$SMALL/usr/bin/vmc-probe" >silent.cpio
    begin=$(now_ms)
    run --separate-stderr vmc --boot-timeout 3s --initrd silent.cpio --append 'panic=0' -- true
    took=$(($(now_ms) - begin))
    assert_status 125
    assert_match "${stderr_lines[0]}" '^vmc: '
    [ "$took" -lt $((15000 * SLOW)) ] || fail "took $took ms"
}

# bats test_tags=machine,core:user
@test "a kernel that waits for ever is given up at the boot time limit" {
    local begin took
    begin=$(now_ms)
    run --separate-stderr vmc --boot-timeout 2s --append 'rdinit=/bin/sh' --append 'panic=0' -- true
    took=$(($(now_ms) - begin))
    assert_status 125
    [ "$took" -lt $((15000 * SLOW)) ] || fail "took $took ms"
}

# bats test_tags=machine,core:user
@test "a boot time limit that is too short names it" {
    run --separate-stderr vmc --boot-timeout 1ms -- true
    assert_status 125
    assert_match "$stderr" 'boot|answer|HELLO|time'
}

# bats test_tags=machine,core:user
@test "the failure names the console log that --console keeps" {
    run --separate-stderr vmc --boot-timeout $((10 * SLOW))s --console log --append 'loglevel=7 rdinit=/no-such-init' -- true
    assert_status 125
    grep -aq 'Kernel panic' log || fail "no console log"
}

@test "the tree removed while it is used does not hang the end" {
    copy_tree "$SMALL" tree
    mkfifo in
    exec 7<>in
    SMALL=$PWD/tree vmc_background -- sh -c 'echo ready; read -r line; ls /; exit 4'
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
    remove_tree tree
    echo >&7
    exec 7>&-
    finish
    [ "$STATUS" != 0 ] || fail "status 0"
}
