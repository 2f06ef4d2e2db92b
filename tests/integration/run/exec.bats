# vmc exec, ps, kill and stop: more than one command in a container that runs.
load ../../lib/common

# box COMMAND...: a container of that name runs, which says "ready" when it does.
box() {
    vmc_background --name box -- sh -c 'echo ready; '"$*"
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start: $(cat err)"
}

in_box() {
    "$VMC" exec "$@" </dev/null
}

end_box() {
    kill -TERM "$PID"
    finish
}

@test "exec: the container's kernel, names, namespaces and environment; its own user, directory and variables" {
    vmc_background --name box --hostname inside -e FROM_RUN=1 -w /usr -- sh -c 'echo ready; exec sleep 1000'
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
    local boot
    boot=$(in_box box cat /proc/sys/kernel/random/boot_id /proc/sys/kernel/hostname)
    assert_equal "${boot#*$'\n'}" inside
    [ "${VMC_TEST_BACKEND-}" = host ] || [ "${boot%%$'\n'*}" != "$(cat /proc/sys/kernel/random/boot_id)" ] ||
        fail "the host's kernel"
    local name
    for name in mnt uts ipc pid net; do
        assert_equal "$(in_box box sh -c 'readlink /proc/self/ns/'$name)" "$(in_box box readlink /proc/1/ns/$name)"
    done
    assert_equal "$(in_box box sh -c 'echo $FROM_RUN $PWD; id -u')" $'1 /usr\n0'
    assert_equal "$(in_box -u 33 -w /tmp -e FROM_RUN=2 -e MINE=3 box sh -c 'echo $FROM_RUN $MINE $PWD; id -u')" \
        $'2 3 /tmp\n33'
    end_box
}

@test "exec: its exit status, death by a signal, and commands that cannot run" {
    box 'exec sleep 1000'
    local status
    for status in 0 1 42 255; do
        run in_box box sh -c "exit $status"
        assert_equal "$status" "$status"
    done
    run in_box box sh -c 'kill -KILL $$'
    assert_status 137
    run -127 --separate-stderr in_box box no-such-command
    assert_match "$stderr" "^vmc: cannot run 'no-such-command': command not found in PATH"
    run --separate-stderr in_box box /etc/passwd
    assert_status 126
    run --separate-stderr in_box -w /no/such box true
    assert_status 125
    run --separate-stderr in_box -u no-such-user box true
    assert_status 125
    assert_match "$stderr" no-such-user
    # The container goes on.
    in_box box true
    end_box
}

@test "exec: three streams, byte for byte, ten at once" {
    box 'exec sleep 1000'
    head -c 8388608 /dev/urandom >bytes
    assert_equal "$("$VMC" exec -i box cat <bytes | sha256sum)" "$(sha256sum <bytes)"
    local i pids=()
    for i in 1 2 3 4 5 6 7 8 9 10; do
        echo "in-$i" | "$VMC" exec -i box sh -c "read x; echo out-$i-\$x; echo err-$i >&2; exit $i" \
            >"out-$i" 2>"err-$i" 3>&- &
        pids+=($!)
    done
    for i in 1 2 3 4 5 6 7 8 9 10; do
        local status=0
        wait "${pids[i - 1]}" || status=$?
        assert_equal "$status" "$i"
        assert_equal "$(cat "out-$i")" "out-$i-in-$i"
        assert_equal "$(cat "err-$i")" "err-$i"
    done
    end_box
}

@test "exec: without -i the input is empty; a background child holds nothing" {
    box 'exec sleep 1000'
    assert_equal "$(echo unread | "$VMC" exec box sh -c 'cat; echo end')" end
    local begin=$SECONDS
    run in_box box sh -c 'sleep 1000 & exit 3'
    assert_status 3
    [ $((SECONDS - begin)) -lt 30 ] || fail "it waited for the child"
    end_box
}

@test "exec: a hundred one after another, and nothing is left of them" {
    box 'exec sleep 1000'
    local i rounds
    rounds=$(core_or_full 100 1000)
    for ((i = 0; i < rounds; i++)); do
        assert_equal "$(in_box box echo "$i")" "$i"
    done
    [ "$(in_box box sh -c 'ls -d /proc/[0-9]* | wc -l')" -lt 8 ] || fail "processes are left: $(in_box box ls /proc)"
    [ "$(find "/proc/$PID/fd" | wc -l)" -lt 48 ] || fail "descriptors are left: $(ls -l "/proc/$PID/fd")"
    end_box
}

@test "exec: one too many is refused, and its output has an end" {
    box 'exec sleep 1000'
    local i
    for ((i = 0; i < 64; i++)); do
        in_box -d box sleep 4321
    done
    run timeout "$DEADLINE" sh -c '"$VMC" exec box true 2>&1 | cat'
    assert_status 0
    assert_equal "$output" 'vmc: 64 commands run in this container already, the maximum'
    end_box
}

@test "exec, kill, stop: clients that say nothing keep nobody out" {
    box 'trap "echo usr1" USR1; while :; do sleep 0.1; done'
    local directory
    directory=$XDG_RUNTIME_DIR/vmc/$("$VMC" ps -q)
    python3 - "$directory" 3>&- <<'END' &
import os, socket, sys, time
os.chdir(sys.argv[1])
silent = []
for number in range(100):
    silent.append(socket.socket(socket.AF_UNIX))
    silent[-1].connect("control")
open("silent", "w").close()
time.sleep(300)
END
    local python=$!
    wait_for "$DEADLINE" test -e "$directory/silent" || fail "they do not connect"
    assert_equal "$(in_box box echo served)" served
    assert_equal "$("$VMC" kill -s USR1 box)" box
    wait_for "$DEADLINE" has_line out usr1 || fail "USR1 does not arrive"
    assert_equal "$("$VMC" stop --timeout 1 box)" box
    kill -KILL "$python"
    wait "$python" || true
    finish
}

@test "exec: a terminal, its size, and what is typed" {
    box 'exec sleep 1000'
    run --separate-stderr "$VMC_TEST_LIB/pty" size=30x90 expect=/dev/pts/ 'send=exit 7\r' -- \
        "$VMC" exec -it box sh -c 'stty size; tty; exec sh'
    assert_match "$stderr" '^status 7, terminal restored'
    assert_match "$output" '30 90'
    assert_match "$output" '/dev/pts/'
    # Line after line, and a size that changes.
    run --separate-stderr "$VMC_TEST_LIB/pty" size=30x90 expect='# ' 'send=stty size\r' expect='30 90' expect='# ' \
        size=40x120 'send=stty size\r' expect='40 120' expect='# ' \
        'send=sh -c "echo u\\"n\\"der; exec sleep 4321"\r' expect=under 'send=\x03' expect='# ' 'send=exit 8\r' -- "$VMC" exec -it box sh
    assert_match "$stderr" '^status 8, terminal restored'
    run --separate-stderr "$VMC" exec -it box true </dev/null
    assert_status 125
    assert_match "$stderr" 'needs a terminal'
    end_box
}

@test "exec: signals are its own, and a client that is killed takes its command along" {
    box 'trap "echo caught" TERM; while :; do sleep 0.1; done'
    "$VMC" exec box sh -c 'trap "echo got; exit 9" TERM; echo up; while :; do sleep 0.1; done' >exec-out 3>&- &
    local client=$! status=0
    wait_for "$DEADLINE" has_line exec-out up || fail "it does not start"
    kill -TERM "$client"
    wait "$client" || status=$?
    assert_equal "$status" 9
    ! has_line out caught || fail "the workload got the signal, too"
    "$VMC" exec box sh -c 'echo up; exec sleep 4321' >exec-out 3>&- &
    client=$!
    wait_for "$DEADLINE" has_line exec-out up || fail "it does not start"
    kill -KILL "$client"
    wait "$client" || true
    wait_for "$DEADLINE" no_sleeper || fail "the command goes on"
    # With -d it stays.
    in_box -d box sleep 4321
    ! no_sleeper || fail "it has not stayed"
    "$VMC" kill box
    finish
    assert_equal "$STATUS" 137
}

no_sleeper() {
    [ -z "$(in_box box sh -c 'grep -zl "^4321$" /proc/[0-9]*/cmdline 2>/dev/null')" ]
}

@test "exec: ^C ends a client whose container stands still; what is detached may write" {
    box 'exec sleep 1000'
    in_box -d box sh -c 'i=0; while [ $i -lt 5 ] && echo $i; do i=$((i + 1)); sleep 0.1; done; echo $i >/count; exec sleep 1000'
    wait_for "$DEADLINE" in_box box test -s /count || fail "it does not come to its end"
    assert_equal "$(in_box box cat /count)" 5
    kill -STOP "$PID"
    "$VMC" exec box true </dev/null 2>exec-err 3>&- &
    local client=$! status=0
    wait_for "$DEADLINE" interrupted "$client" || fail "the client does not end"
    wait "$client" || status=$?
    assert_equal "$status" 130
    kill -CONT "$PID"
    end_box
}

# interrupted PID: ^C for it; true when it has ended.
interrupted() {
    ! kill -INT "$1" 2>/dev/null || gone "$1"
}

@test "exec: the container ends while ten run: each ends with a status" {
    box 'exec sleep 1000'
    local i pids=()
    for i in 1 2 3 4 5 6 7 8 9 10; do
        "$VMC" exec box sh -c 'echo up; exec sleep 1000' >"out-$i" 2>"err-$i" </dev/null 3>&- &
        pids+=($!)
    done
    for i in 1 2 3 4 5 6 7 8 9 10; do
        wait_for "$DEADLINE" has_line "out-$i" up || fail "exec $i does not start"
    done
    "$VMC" kill box
    finish
    assert_equal "$STATUS" 137
    for i in "${pids[@]}"; do
        local status=0
        wait "$i" || status=$?
        assert_equal "$status" 137
    done
    run --separate-stderr in_box box true
    assert_refused "no container 'box' runs"
}

@test "ps, kill and stop: by name, id and the beginning of an id" {
    assert_equal "$("$VMC" ps -q)" ''
    box 'trap "echo usr1" USR1; while :; do sleep 0.1; done'
    local id
    id=$("$VMC" ps -q)
    assert_match "$id" '^[0-9a-f]{12}$'
    assert_equal "$("$VMC" ps --json | jq -r '.[] | "\(.id) \(.name) \(.command[0])"')" "$id box sh"
    assert_match "$("$VMC" ps)" "$id +box"
    assert_equal "$("$VMC" kill -s USR1 "${id:0:6}")" "${id:0:6}"
    wait_for "$DEADLINE" has_line out usr1 || fail "USR1 does not arrive"
    run --separate-stderr vmc --name box -- true
    assert_refused "the name box is in use by container $id"
    # TERM ends it: its shell has no handler for that.
    assert_equal "$("$VMC" stop "$id")" "$id"
    finish
    assert_equal "$STATUS" 143
    assert_equal "$("$VMC" ps -q)" ''
}

@test "ps, run: a state that is a fifo holds nobody up" {
    box 'exec sleep 1000'
    local directory
    directory=$XDG_RUNTIME_DIR/vmc/$("$VMC" ps -q)
    rm "$directory/state.json"
    mkfifo "$directory/state.json"
    assert_equal "$(timeout "$DEADLINE" "$VMC" ps -q && echo listed)" listed
    end_box
}

@test "kill, stop: one name that is wrong does not keep the others" {
    box 'exec sleep 1000'
    run --separate-stderr "$VMC" kill -s USR1 no-such-box box another
    assert_status 125
    assert_output box
    assert_match "$stderr" "no container 'no-such-box' runs"
    assert_match "$stderr" "no container 'another' runs"
    finish
    assert_equal "$STATUS" 138
}

@test "stop: KILL for a command that ignores TERM" {
    box 'trap "" TERM; while :; do sleep 0.1; done'
    "$VMC" stop --timeout 1 box
    # It has ended then: nothing is listed any more.
    assert_equal "$("$VMC" ps -q)" ''
    finish
    assert_equal "$STATUS" 137
}

# EXPECTED|ARGUMENTS
@test "exec, ps, kill, stop: what they refuse" {
    check_table <<'END'
needs a container and a command|exec
needs a container and a command|exec box
no container 'box' runs|exec box true
no container 'box' runs|kill box
no container 'box' runs|stop box
--detach cannot go with|exec -d -i box true
must be an absolute path|exec -w relative box true
is not a user|exec -u "" box true
has the capabilities of the container|exec --privileged box true
is not a signal|kill -s NOSUCH box
is not a signal|kill -s 65 box
does not take|ps more
END
}
