# What a machine takes of the host's memory, and gives back.
load ../../lib/common

# Resident memory of the machine, in MiB.
resident() {
    awk '{ print int($2 * 4096 / 1048576) }' "/proc/$MACHINE/statm"
}

resident_below() {
    [ "$(resident)" -lt "$1" ]
}

# goes_back [OPTION...]: a machine gives back what its guest has freed.
goes_back() {
    local before full
    rm -f in out
    mkfifo in
    exec 7<>in
    vmc_background -m 512m --net none "$@" -- sh -c '
        echo ready; read -r x; head -c 200000000 /dev/zero >/tmp/big; echo full; read -r x; rm /tmp/big; echo freed; read -r x'
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
    MACHINE=$(machine_processes | head -n 1)
    before=$(resident)
    echo >&7
    wait_for "$DEADLINE" has_line out full || fail "the file is not written"
    full=$(resident)
    [ "$full" -ge $((before + 150)) ] || fail "the file takes no memory: $before MiB, then $full"
    echo >&7
    wait_for "$DEADLINE" has_line out freed || fail "the file is not removed"
    wait_for "$DEADLINE" resident_below $((full - 150)) || fail "$full MiB, then $(resident)"
    echo >&7
    exec 7>&-
    finish
    assert_equal "$STATUS" 0
    assert_equal "$(cat err)" ''
}

@test "memory that the guest has freed goes back to the host: of a machine that boots, a template, a copy" {
    mkdir -p cache/vmc
    [ ! -f "$XDG_CACHE_HOME/vmc/accel.json" ] || cp "$XDG_CACHE_HOME/vmc/accel.json" cache/vmc/
    export XDG_CACHE_HOME=$PWD/cache
    goes_back --cold
    assert_equal "$("$VMC" template ls | wc -l)" 1
    goes_back
    assert_equal "$("$VMC" template ls | wc -l)" 2
    goes_back
}

@test "--memory is a limit, not a reservation" {
    vmc_background -m 1g --net none -- sh -c 'echo ready; exec sleep 1000'
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
    MACHINE=$(machine_processes | head -n 1)
    resident_below 400 || fail "an idle machine of 1024 MiB takes $(resident)"
    # Nothing of it is locked.
    assert_equal "$(sed -n 's/^VmLck:[[:space:]]*//p' "/proc/$MACHINE/status")" '0 kB'
    kill -TERM "$PID"
    finish
}

# bats test_tags=native
@test "a machine with everything has no room for the device that gives memory back, and runs" {
    mkdir a b c
    export TMPDIR=$PWD
    run vmc --upper disk --mem-limit 64m --mem-swap 96m -v ./a:/a -v ./b:/b:cache=mmap -v ./c:/c:cache=loose -- \
        sh -c 'ls -d /sys/bus/virtio/drivers/virtio_balloon/virtio* 2>/dev/null; ls -d /a /b /c'
    assert_status 0
    assert_match "$output" $'/a\n/b\n/c$'
}
