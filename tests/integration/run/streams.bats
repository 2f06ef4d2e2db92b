# Standard input, output and error: separate, byte for byte, with back-pressure.
load ../../lib/common

random() {
    openssl enc -aes-128-ctr -K "$(printf %032x "$2")" -iv 00000000000000000000000000000000 \
        -in /dev/zero 2>/dev/null | head -c "$1"
}

# Far more than every buffer on the way, and than the credit that one side gives the other.
BULK=$(core_or_full 16777216 67108864)

sum() {
    sha256sum | cut -d' ' -f1
}

# bats test_tags=kvm
@test "random bytes by the megabyte go in unchanged" {
    assert_equal "$(random "$BULK" 1 | vmc -- sha256sum | cut -d' ' -f1)" "$(random "$BULK" 1 | sum)"
}

@test "random bytes by the megabyte come out unchanged, after a round trip" {
    assert_equal "$(random "$BULK" 2 | vmc -- cat | sum)" "$(random "$BULK" 2 | sum)"
}

@test "standard error carries bytes unchanged, apart from standard output" {
    random 8388608 3 | vmc -- sh -c 'tee /dev/stderr' >out 2>err
    assert_equal "$(sum <out)" "$(random 8388608 3 | sum)"
    assert_equal "$(tail -c 8388608 err | sum)" "$(random 8388608 3 | sum)"
}

@test "output and error are separate" {
    run --separate-stderr vmc -- sh -c 'echo out; echo err >&2'
    assert_status 0
    assert_output out
    assert_equal "$stderr" err
}

# bats test_tags=core:uml
@test "another user opens /dev/stdin, stdout and stderr, and what process 1 has of them" {
    run --separate-stderr vmc -u 4711:4712 -- sh -c 'cat /dev/stdin; echo out >/dev/stdout; echo err >/dev/stderr
        exec >/dev/null 2>&1; echo log >/proc/1/fd/1; echo loud >/proc/1/fd/2' <<<in
    assert_status 0
    assert_output $'in\nout\nlog'
    assert_equal "$stderr" $'err\nloud'
}

@test "every byte value passes, and none is added" {
    local i all=
    for i in {0..255}; do all+=$(printf '\\%03o' "$i"); done
    # shellcheck disable=SC2059 # the escapes are the point
    printf "$all" >in
    vmc -- cat <in >out
    cmp in out
}

@test "an end of input is seen as one" {
    assert_equal "$(printf abc | vmc -- sh -c 'cat; echo .')" 'abc.'
}

# bats test_tags=core:uml
@test "input from a file, /dev/null, a pipe, a closed descriptor" {
    echo text >file
    assert_equal "$(vmc -- cat <file)" text
    assert_equal "$(vmc -- wc -c </dev/null)" 0
    assert_equal "$(echo text | vmc -- cat)" text
    assert_equal "$(vmc -- wc -c <&-)" 0
}

# bats test_tags=core:uml
@test "a named fifo whose writer is gone, comes late, or wrote nothing" {
    mkfifo fifo
    # The shell has the fifo open before vmc starts, and no writer any more.
    exec 7<>fifo
    echo early >fifo
    exec 8<fifo 7>&-
    run vmc --net none -- cat <&8
    assert_status 0
    assert_output early
    exec 8<&-
    { exec 9>fifo && wait_for "$DEADLINE" has_line out ready && echo late >&9; } 3>&- &
    vmc --net none -- sh -c 'echo ready; cat' <fifo >out
    assert_equal "$(cat out)" $'ready\nlate'
    : >fifo &
    run vmc --net none -- wc -c <fifo
    assert_output 0
}

# bats test_tags=core:uml
@test "output into a file, an appended file, a pipe, /dev/null" {
    vmc -- echo one >file
    vmc -- echo two >>file
    assert_equal "$(cat file)" $'one\ntwo'
    assert_equal "$(vmc -- echo text | cat)" text
    vmc -- echo text >/dev/null
}

# bats test_tags=core:uml
@test "what the workload does not read is left to others, in a file and in a pipe" {
    local line
    seq 5 >list
    { vmc -- sh -c 'read -r line; echo "inside $line"' && cat; } <list >out
    assert_equal "$(words_of out)" $'inside 1\n2\n3\n4\n5'
    seq 5 | { vmc -- sh -c 'read -r line; echo "inside $line"' && cat; } >out
    assert_equal "$(words_of out)" $'inside 1\n2\n3\n4\n5'
    printf 'a\nb\n' | while read -r line; do vmc -- echo "got $line"; done >out
    assert_equal "$(words_of out)" $'got a\ngot b'
}

# bats test_tags=core:uml
@test "input that comes in pieces, and as a socket" {
    assert_equal "$({ echo one; wait_for "$DEADLINE" has_line out one; echo two; } | vmc -- cat 2>/dev/null | tee out)" $'one\ntwo'
    run timeout 120 python3 - "$VMC" "$SMALL" <<'PY' 3>&-
import socket, subprocess, sys
ours, theirs = socket.socketpair()
run = lambda *command: subprocess.run([sys.argv[1], "run", "-r", sys.argv[2], "--", *command], stdin=theirs, check=True, stderr=subprocess.DEVNULL)
ours.sendall(b"unread")
run("true")
print(theirs.recv(100).decode(), flush=True)
ours.sendall(b"x" * 100000)
ours.shutdown(socket.SHUT_WR)
run("wc", "-c")
PY
    assert_output $'unread\n100000'
}

@test "input that the workload never reads does not delay the end" {
    mkfifo in
    sleep 1000 >in 3>&- &
    BACKGROUND+=($!)
    run vmc -- true <in
    assert_status 0
}

@test "input larger than every buffer, unread: the workload's end is the end" {
    run bash -c 'head -c 33554432 /dev/zero | timeout 60 "$VMC" run -r "$0" -- sh -c "exit 3"; exit "${PIPESTATUS[1]}"' "$SMALL" 3>&-
    assert_status 3
}

@test "the reader of the output goes away: the workload gets SIGPIPE and vmc ends" {
    run bash -c 'timeout 60 "$VMC" run -r "$0" -- sh -c "yes; echo \$? >&2" 2>err | head -n 3; cat err' "$SMALL" 3>&-
    assert_equal "${lines[2]}" y
    # A shell reports the death of yes; had EPIPE reached it as an error it would be 1.
    assert_match "${lines[3]}" '^(141|1)$'
}

@test "the reader inside goes away: the writer outside gets SIGPIPE" {
    run bash -c 'yes | timeout 60 "$VMC" run -r "$0" -- head -n 2; echo "${PIPESTATUS[*]}"' "$SMALL" 3>&-
    assert_output $'y\ny\n141 0'
}

@test "the workload closes its input early and goes on: the writer outside gets SIGPIPE" {
    run bash -c 'yes | { timeout 60 "$VMC" run -r "$0" -- sh -c "exec <&-; echo on; exec sleep 2"; }; echo "${PIPESTATUS[*]}"' "$SMALL" 3>&-
    assert_output $'on\n141 0'
}

# bats test_tags=core:uml
@test "a full disk for the output is a clear failure" {
    run --separate-stderr bash -c 'timeout 60 "$VMC" run -r "$0" -- echo text >/dev/full' "$SMALL" 3>&-
    [ "$status" != 0 ] || fail "status 0 though the output was lost"
    assert_match "$stderr" 'vmc: .*No space left'
}

@test "a slow reader loses nothing and vmc's memory stays small" {
    local size
    # Of which more than half would be too much of vmc's memory.
    size=$(core_or_full 41943040 67108864)
    run timeout 120 "$VMC_TEST_LIB/slow-reader" "$VMC" run -r "$SMALL" -- \
        sh -c "yes 0123456789abcdef | head -c $size" 3>&-
    assert_status 0
    assert_match "$output" "^$size bytes, peak [0-9]+ kB, "
    assert_equal "${output##*, }" "$(yes 0123456789abcdef | head -c "$size" | sum)"
    local peak=${output#*peak }
    [ "${peak%% *}" -lt 32768 ] || fail "vmc grew to ${peak%% *} kB"
}

@test "a blocked output holds up neither error nor signals, only the end, until it is read" {
    local status=0
    mkfifo blocked
    exec 7<>blocked
    "$VMC" run -r "$SMALL" -- \
        sh -c 'trap "echo got TERM >&2; exit 5" TERM; yes & echo alive >&2; while :; do sleep 0.1; done' \
        >&7 2>err </dev/null 3>&- 7>&- &
    PID=$!
    BACKGROUND+=("$PID")
    wait_for "$DEADLINE" has_line err alive || fail "error is held up"
    kill -TERM "$PID"
    wait_for "$DEADLINE" has_line err 'got TERM' || fail "the signal is held up"
    # Nothing is dropped: vmc ends when a reader has taken all.
    cat blocked >drained &
    BACKGROUND+=("$!")
    exec 7>&-
    wait_for "$DEADLINE" gone "$PID" || fail "the end is held up"
    wait "$PID" || status=$?
    assert_equal "$status" 5
}

@test "interleaved lines arrive as they are written, not at the end" {
    mkfifo in
    exec 7<>in
    vmc_background -- sh -c 'echo first; read -r line; echo "$line"'
    wait_for "$DEADLINE" has_line out first || fail "the first line is held back"
    echo second >&7
    exec 7>&-
    finish
    assert_equal "$STATUS" 0
    assert_equal "$(cat out)" $'first\nsecond'
}

# bats test_tags=core:uml
@test "non-blocking standard streams of the caller stay usable and lose nothing" {
    run timeout 120 python3 - "$VMC" "$SMALL" <<'PY' 3>&-
import fcntl, os, subprocess, sys
read, write = os.pipe()
fcntl.fcntl(write, fcntl.F_SETFL, os.O_NONBLOCK)
child = subprocess.Popen([sys.argv[1], "run", "-r", sys.argv[2], "--", "head", "-c", "4194304", "/dev/zero"],
                         stdin=subprocess.DEVNULL, stdout=write)
os.close(write)
count = 0
while data := os.read(read, 4096):
    count += len(data)
print(count, child.wait())
PY
    assert_output '4194304 0'
}
