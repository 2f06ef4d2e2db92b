# A terminal for the workload: sized, raw, and given back; and vmc as one job of a terminal among others.
load ../../lib/common

# pty STEP... -- COMMAND: vmc run -t with that command, on a new terminal.
terminal() {
    local steps=()
    while [ "$1" != -- ]; do
        steps+=("$1")
        shift
    done
    shift
    timeout -k 5 $((120 * SLOW)) "$VMC_TEST_LIB/pty" "${steps[@]}" -- \
        "$VMC" run -t -r "$SMALL" -- "$@" 3>&-
}

assert_restored() {
    assert_equal "${stderr_lines[-1]}" "status $1, terminal restored"
}

# bats test_tags=core:uml
@test "-t gives a controlling terminal on all three descriptors" {
    run --separate-stderr terminal -- sh -c 'tty; tty <&1; tty <&2; : </dev/tty && echo controlling'
    assert_restored 0
    assert_match "${lines[0]}" '^/dev/pts/[0-9]'
    assert_equal "${lines[0]} ${lines[3]}" "${lines[1]} controlling"$'\r'
    assert_equal "${lines[0]}" "${lines[2]}"
}

# bats test_tags=kvm
@test "the exit status passes through a terminal run" {
    run --separate-stderr terminal -- sh -c 'exit 42'
    assert_restored 42
}

@test "the terminal has the size of the caller's, and follows it" {
    run --separate-stderr terminal size=31x97 'expect=31 97' size=50x132 'expect=50 132' 'send=q' -- \
        sh -c 'trap "stty size" WINCH; stty size; stty -icanon; dd bs=1 count=1 of=/dev/null 2>/dev/null </dev/tty & while ! wait $!; do :; done'
    assert_match "${stderr_lines[-1]}" 'terminal restored$'
}

@test "the caller's terminal is raw while the workload runs, and is restored" {
    run --separate-stderr terminal 'expect=go' raw 'send=\n' -- sh -c 'echo go; read -r line'
    assert_restored 0
}

@test "^C reaches the workload as SIGINT" {
    run --separate-stderr terminal 'expect=go' raw 'send=\x03' 'expect=interrupted' -- \
        sh -c 'trap "echo interrupted; exit 5" INT; echo go; while :; do sleep 1; done'
    assert_restored 5
}

@test "^D is an end of file, ^Z and ^\\ belong to the workload" {
    run --separate-stderr terminal 'expect=go' raw 'send=\x04' 'expect=ended' -- \
        sh -c 'echo go; cat; echo ended'
    assert_restored 0
    run --separate-stderr terminal 'expect=go' raw 'send=\x1c' -- \
        sh -c 'trap "exit 6" QUIT; echo go; while :; do sleep 1; done'
    assert_restored 6
}

@test "typed text is echoed once and arrives" {
    run --separate-stderr terminal 'expect=go' raw 'send=hello\n' 'expect=got hello' -- \
        sh -c 'echo go; read -r line; echo "got $line"'
    assert_restored 0
    assert_equal "$(grep -c hello <<<"$output")" 2
}

@test "8-bit text passes a terminal unchanged" {
    run --separate-stderr terminal -- printf 'gr\303\274\303\237e \342\202\254'
    assert_restored 0
    assert_output $'gr\303\274\303\237e \342\202\254'
}

@test "256 kB over the terminal lose nothing" {
    run --separate-stderr terminal -- sh -c 'seq 1 40000'
    assert_restored 0
    assert_equal "$(tr -d '\r' <<<"$output" | sha256sum)" "$(seq 1 40000 | sha256sum)"
}

@test "10 MB over the terminal lose nothing, nor does what is typed meanwhile" {
    terminal 'expect=go' raw 'send=typed\n' -- \
        sh -c 'stty -echo; echo go; yes 0123456789abcde | head -c 10485760; read -r line; echo "$line"' >out 2>err
    assert_equal "$(tail -n 1 err)" 'status 0, terminal restored'
    assert_equal "$(words_of out | tr -d '\r' | sha256sum)" "$({ echo go; yes 0123456789abcde | head -c 10485760; echo typed; } | sha256sum)"
}

@test "a terminal that goes away hangs up the workload's, whether or not vmc heeds HUP" {
    local script='trap "exit 7" HUP; echo go; read -r line || :; exit 8'
    run --separate-stderr terminal 'expect=go' hang-up -- sh -c "$script"
    assert_equal "${stderr_lines[-1]}" 'status 7, terminal gone'
    run --separate-stderr timeout -k 5 120 "$VMC_TEST_LIB/pty" 'expect=go' raw hang-up -- \
        sh -c 'trap "" HUP; exec "$@"' sh "$VMC" run -t -r "$SMALL" -- sh -c "$script" 3>&-
    assert_equal "${stderr_lines[-1]}" 'status 7, terminal gone'
}

# job STEP... -- SCRIPT: with job control, and vmc in SCRIPT's "$@".
job() {
    local steps=()
    while [ "$1" != -- ]; do
        steps+=("$1")
        shift
    done
    timeout -k 5 120 "$VMC_TEST_LIB/pty" "${steps[@]}" -- bash -c "set -m; $2" bash "$VMC" run -r "$SMALL" 3>&-
}

# bats test_tags=core:uml
@test "in the background -t is not stopped, leaves what is typed to others, and is ended by TERM" {
    run --separate-stderr job 'expect=go' 'send=mine\n' 'expect=mine 143' -- \
        '"$@" -t -- sh -c "echo go; exec sleep 1000" & read -r line; kill $!; wait $!; echo "$line $?"'
    assert_restored 0
}

# bats test_tags=core:uml
@test "timeout(1), which makes a background job of it, ends it" {
    run --separate-stderr job 'expect=124' -- 'timeout 2 "$@" -it -- sleep 1000; echo $?'
    assert_restored 0
}

# bats test_tags=core:uml
@test "a job without -t reads its terminal in the foreground only" {
    run --separate-stderr job 'expect=go' 'send=mine\n' 'expect=read mine' 'send=yours\n' 'expect=got yours' -- \
        '"$@" -- sh -c "echo go; read -r line; echo got \$line" & read -r line; echo "read $line"; fg %1'
    assert_restored 0
}

@test "the terminal is restored when vmc gets TERM" {
    run --separate-stderr terminal 'expect=go' raw signal=TERM -- sh -c 'echo go; exec sleep 1000'
    assert_restored 143
}

@test "the terminal is restored when QEMU is killed" {
    run --separate-stderr terminal 'expect=go' raw kill-machine -- sh -c 'echo go; exec sleep 1000'
    assert_restored 125
}

# bats test_tags=core:uml
@test "the terminal is restored when the workload is missing" {
    run --separate-stderr terminal -- no-such-command
    assert_restored 127
}

# bats test_tags=machine
@test "kernel messages reach neither the terminal nor the streams" {
    run --separate-stderr terminal -- sh -c 'echo "<0>from-the-kernel" >/dev/kmsg; echo text'
    assert_restored 0
    assert_equal "${output//$'\r'/}" text
    run --separate-stderr vmc --console log -- sh -c 'echo "<0>from-the-kernel" >/dev/kmsg; echo text'
    assert_output text
    assert_equal "$stderr" ''
}

# bats test_tags=core:uml
@test "without -t there is no terminal, and -t without a terminal is refused" {
    run vmc -- sh -c 'test -t 0 || test -t 1 || test -t 2'
    assert_status 1
    run --separate-stderr vmc -t -- true </dev/null
    assert_refused terminal
}

# bats test_tags=core:uml
@test "TERM is the caller's" {
    TERM=vt220 run --separate-stderr terminal -- sh -c 'echo "$TERM"'
    assert_equal "${output//$'\r'/}" vt220
}
