# Signals sent to vmc reach the workload.
load ../../lib/common

@test "INT, TERM, HUP, QUIT, USR1 and USR2 are forwarded" {
    local name count=0
    vmc_background -- vmc-probe signals 6
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
    for name in HUP USR1 USR2 QUIT TERM INT; do
        kill -"$name" "$PID"
        count=$((count + 1))
        wait_for "$DEADLINE" has_line out "$name" || fail "$name does not arrive"
    done
    finish
    assert_equal "$STATUS" 0
    assert_equal "$(wc -l <out)" 7
}

@test "TERM ends a workload that does not handle it: 143" {
    vmc_background -- sh -c 'echo ready; exec sleep 1000'
    wait_for "$DEADLINE" has_line out ready
    kill -TERM "$PID"
    finish
    assert_equal "$STATUS" 143
}

@test "a third INT kills the machine" {
    vmc_background -- sh -c 'trap "echo caught" INT; echo ready; while :; do sleep 1; done'
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
    kill -INT "$PID"
    wait_for "$DEADLINE" grep -qc caught out || fail "INT does not arrive"
    kill -INT "$PID"
    wait_for "$DEADLINE" twice_caught || fail "the second INT does not arrive"
    kill -INT "$PID"
    finish 10
    [ "$STATUS" != 0 ] || fail "status 0 of a killed machine"
}

twice_caught() {
    [ "$(grep -c caught out)" = 2 ]
}

@test "a signal during the boot ends the run and leaves nothing" {
    local name
    for name in TERM INT HUP; do
        vmc_background -- sleep 1000
        wait_for "$DEADLINE" has_machine || fail "no machine"
        kill -"$name" "$PID"
        finish 30
        [ "$STATUS" != 0 ] || fail "status 0 after $name"
        wait_for 2 no_machine || fail "QEMU is left"
    done
}

@test "a process group's ^C hits vmc and not QEMU directly" {
    vmc_background -- sh -c 'trap "echo caught; exit 4" INT; echo ready; while :; do sleep 1; done'
    wait_for "$DEADLINE" has_line out ready
    local machine
    machine=$(machine_processes | head -n 1)
    [ "$(ps -o pgid= -p "$machine")" != "$(ps -o pgid= -p "$PID")" ] || fail "QEMU is in vmc's process group"
    kill -INT "$PID"
    finish
    assert_equal "$STATUS" 4
}

@test "signals that vmc's caller ignores stay ignored (nohup)" {
    mkfifo in
    exec 7<>in
    (trap '' HUP; exec "$VMC" run -r "$SMALL" -- sh -c 'echo ready; read -r line; exit 8' \
        <in >out 2>err 3>&- 7>&-) &
    PID=$!
    BACKGROUND+=("$PID")
    wait_for "$DEADLINE" has_line out ready
    kill -HUP "$PID"
    echo >&7
    exec 7>&-
    finish
    assert_equal "$STATUS" 8
}
