# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034,SC2154 # $SMALL is for eval; STATUS is for the tests; status, stderr are from bats
# The basis of every integration test. The runner sets
#   VMC             the launcher under test
#   VMC_TREES       a directory with the root file systems: small, full
#   VMC_TEST_LIB    this directory
#   VMC_TEST_ARCH   the guest's architecture
#   VMC_GUEST_TESTS a directory with programs for the guest
#   VMC_SOURCE      the checkout (README.md)
#   VMC_TEST_BACKEND  what the runs are in: empty for the default, host or uml; VMC is vmc-backend then
# A test gets a private XDG_RUNTIME_DIR, so anything that vmc leaves behind is seen at once, and a
# mark in its environment, which identifies its processes.

bats_require_minimum_version 1.5.0

: "${VMC:?run the suite through tests/run}" "${VMC_TREES:?}" "${VMC_TEST_LIB:?}"
SMALL=$VMC_TREES/small
FULL=$VMC_TREES/full
GUEST_IMAGE=${VMC%/*}/guest/$VMC_TEST_ARCH
# Differences between architectures: QEMU's program, the kernel's file, its place in a build, and
# the serial line.
case $VMC_TEST_ARCH in
    x86_64) QEMU=qemu-system-x86_64 KERNEL=vmlinux TREE_KERNEL=arch/x86/boot/bzImage ;;
    arm64) QEMU=qemu-system-aarch64 KERNEL=Image TREE_KERNEL=arch/arm64/boot/Image ;;
    arm) QEMU=qemu-system-arm KERNEL=zImage TREE_KERNEL=arch/arm/boot/zImage ;;
esac
if [ "${VMC_TEST_BACKEND-}" = uml ]; then
    GUEST_IMAGE=${VMC_UNDER_TEST%/*}/guest/um KERNEL=linux
fi
# core_or_full CORE FULL: what a test runs in this tier, where every round is like the others.
core_or_full() {
    if [ -n "${VMC_TEST_FULL-}" ]; then echo "$2"; else echo "$1"; fi
}

# The factor for all deadlines on a machine that is itself emulated.
SLOW=${VMC_TEST_SLOW:-1}
# No step of a test takes longer than this; it bounds hangs and does not measure speed.
DEADLINE=${VMC_TEST_DEADLINE:-60}

setup() {
    vmc_setup
}

teardown() {
    vmc_teardown
}

vmc_setup() {
    export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/run XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config
    export VMC_TEST_MARK=$BATS_TEST_TMPDIR
    mkdir -m 700 "$XDG_RUNTIME_DIR"
    BACKGROUND=()
    SHARED_MEMORY=$(shared_memory)
    cd "$BATS_TEST_TMPDIR" || return
}

vmc_teardown() {
    local pid
    for pid in "${BACKGROUND[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true
    done
    remove_volumes
    assert_nothing_left
}

# Files in an ordinary user's volumes may belong to the user's subordinate ids: vmc removes them.
remove_volumes() {
    local volume
    case ${XDG_DATA_HOME-} in "$BATS_TEST_TMPDIR"/*) ;; *) return 0 ;; esac
    for volume in "$XDG_DATA_HOME"/vmc/volumes/*/; do
        [ ! -d "$volume" ] || "$VMC" volume rm "$(basename "$volume")" >/dev/null
    done
}

# --- running vmc -------------------------------------------------------------------------

# vmc_at TREE [OPTION...] -- COMMAND...: vmc run, for bats' `run`. Never hangs.
vmc_at() {
    local tree=$1
    shift
    timeout -k 5 "$((DEADLINE * SLOW))" "$VMC" run -r "$tree" "$@" 3>&-
}

# The same in the small root file system.
vmc() {
    vmc_at "$SMALL" "$@"
}

# The same in the full one, which needs more memory.
vmc_full() {
    timeout -k 5 "$((${VMC_FULL_DEADLINE:-240} * SLOW))" "$VMC" run -m 512M -r "$FULL" "$@" 3>&-
}

# Starts vmc in the background, in its own process group; sets PID. Standard streams are the
# files in, out and err of the test's directory; in may be a fifo made before.
vmc_background() {
    [ -e in ] || : >in
    "$VMC" run -r "$SMALL" "$@" <in >out 2>err 3>&- &
    PID=$!
    BACKGROUND+=("$PID")
}

# Waits for PID with a deadline; sets STATUS.
finish() {
    wait_for "${1:-$DEADLINE}" gone "$PID" || fail "vmc has not ended"
    STATUS=0
    wait "$PID" || STATUS=$?
}

# A backend's notice in every run does not count as output of the run: bats' `run` drops it.
BACKEND_SAYS='vmc: the container lacks a kernel of its own'

without_backend() {
    local -n backend_text=$1 backend_lines=$2
    [[ ${backend_text-} == *"$BACKEND_SAYS"* ]] || return 0
    backend_text=$(sed "/^$BACKEND_SAYS/d" <<<"$backend_text")
    mapfile -t backend_lines < <(sed '/^$/d' <<<"$backend_text")
}

# The text of a file, without that notice.
words_of() {
    sed "/^$BACKEND_SAYS/d" "$1"
}

# An upper layer that is not a host directory: a disk, if there is a machine to have it.
UPPER_INSIDE=disk
if [ -n "${VMC_TEST_BACKEND-}" ]; then
    UPPER_INSIDE=ram
    eval "bats_$(declare -f run)"
    run() {
        bats_run "$@"
        without_backend output lines
        without_backend stderr stderr_lines
    }
fi

# --- waiting -----------------------------------------------------------------------------

# wait_for SECONDS COMMAND...: true once the command is, false at the deadline.
wait_for() {
    local end=$((SECONDS + $1 * SLOW + 1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        read -rt 0.03 <> <(:) || :
    done
}

gone() {
    case $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) in
        '' | Z | X) return 0 ;;
        *) return 1 ;;
    esac
}

# A line of a file equals this text.
has_line() {
    grep -aqxF -- "$2" "$1" 2>/dev/null
}

now_ms() {
    local now=${EPOCHREALTIME/./}
    echo "$((now / 1000))"
}

# --- assertions --------------------------------------------------------------------------

fail() {
    printf '%s\n' "$*"
    local name
    for name in out err; do
        [ ! -f "$name" ] || { echo "--- $name"; head -c 2000 "$name"; }
    done
    return 1
}

# The outcome of bats' `run`.
assert_status() {
    [ "$status" = "$1" ] || fail "status $status, not $1; stdout: ${output-}; stderr: ${stderr-}"
}

assert_output() {
    [ "$output" = "$1" ] || fail "stdout '$output', not '$1'; stderr: ${stderr-}"
}

assert_equal() {
    [ "$1" = "$2" ] || fail "'$1' is not '$2'"
}

assert_match() {
    [[ $1 =~ $2 ]] || fail "'$1' does not match '$2'"
}

# vmc refused: 125, nothing on stdout, exactly one line on stderr (and it says what: $1).
assert_refused() {
    [ "$status" = 125 ] || { fail "status $status, not 125: ${stderr-}"; return; }
    [ -z "$output" ] || { fail "stdout: $output"; return; }
    [ "${#stderr_lines[@]}" = 1 ] || { fail "not one line: $stderr"; return; }
    [[ $stderr == vmc:* ]] || { fail "not vmc's: $stderr"; return; }
    [ -z "${1-}" ] || assert_match "$stderr" "$1"
}

# Each line of a table: a pattern for the message, then the arguments of `vmc`, in shell syntax. @
# stands for a valid root file system and command.
check_table() {
    local wanted arguments failures=0
    while IFS='|' read -r wanted arguments; do
        [ -n "$arguments" ] || continue
        arguments=${arguments//@/-r '"$SMALL"' -- true}
        eval "run --separate-stderr timeout -k 5 "$((30 * SLOW))" \"\$VMC\" $arguments 3>&- </dev/null"
        if ! (assert_refused "$wanted"); then
            echo "^ vmc $arguments"
            failures=$((failures + 1))
        fi
    done
    assert_equal "$failures" 0
}

# --- what a run leaves -------------------------------------------------------------------

# Processes of this test: those with its mark in their environment, and those with its run directory
# in their arguments, as QEMU with a 9p share. The commands that look must not find themselves.
named_processes() {
    {
        env -u VMC_TEST_MARK grep -lzxF "VMC_TEST_MARK=$VMC_TEST_MARK" /proc/[0-9]*/environ
        grep -laFf <(echo "$XDG_RUNTIME_DIR/") /proc/[0-9]*/cmdline
    } 2>/dev/null | sed -E 's|^/proc/([0-9]+)/.*|\1|'
}

# Whether there may be any, with one look at all processes: the answer after nearly every test is no. A mark that is the
# beginning of another one is a reason to look closer.
maybe_processes() {
    env -u VMC_TEST_MARK grep -qzaFf <(printf '%s\n' "VMC_TEST_MARK=$VMC_TEST_MARK" "$XDG_RUNTIME_DIR/") \
        /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null
}

# These processes and their children, which may have neither.
marked_processes() {
    local pid found children
    maybe_processes || return 0
    found=$(named_processes)
    children=$found
    while [ -n "$children" ]; do
        children=$(pgrep -P "$(paste -sd, <<<"$children")") || true
        found+=$'\n'$children
    done
    sort -nu <<<"$found" | grep . | while read -r pid; do
        gone "$pid" || echo "$pid"
    done || true
}

# The oldest first: that is the machine's own. (By their numbers they have no order, which begin again.)
machine_processes() {
    local pid
    for pid in $(marked_processes); do
        case $(readlink "/proc/$pid/exe") in *qemu-system-* | */vmc-agent | */um/linux) started "$pid" ;; esac
    done | sort -n | cut -d' ' -f2
}

# Its start in ticks since the host's boot, proc(5), and its number.
started() {
    local ticks
    ticks=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20)
    [ -z "$ticks" ] || echo "$ticks $1"
}

# Processes in the control groups noted in run directories: an ending process is visible only there
# while it gives its memory back.
grouped_processes() {
    local noted group
    for noted in "$XDG_RUNTIME_DIR"/vmc/*/cgroups; do
        while read -r group; do
            cat "$group/cgroup.procs" 2>/dev/null || true
        done 2>/dev/null <"$noted"
    done 2>/dev/null
}

no_marked_processes() {
    [ -z "$(marked_processes)$(grouped_processes)" ]
}

no_machine() {
    [ -z "$(machine_processes)$(grouped_processes)" ]
}

has_machine() {
    [ -n "$(machine_processes)" ]
}

shared_memory() {
    local name
    for name in /dev/shm/*vmc*; do
        [ ! -O "$name" ] || echo "$name"
    done
}

no_mounts() {
    [[ $(</proc/self/mountinfo) != *"$XDG_RUNTIME_DIR"* ]]
}

# Directories and sockets of containers; a lock file or the like may stay.
run_directories() {
    find "$XDG_RUNTIME_DIR" -mindepth 2 \( -type d -o -type s -o -type p \)
}

assert_nothing_left() {
    wait_for 5 no_marked_processes ||
        { fail "processes left: $(for p in $(marked_processes); do tr '\0' ' ' <"/proc/$p/cmdline"; echo; done)"; return; }
    no_mounts || { fail "mounts left: $(grep -F "$XDG_RUNTIME_DIR" /proc/self/mountinfo)"; return; }
    [ -z "$(run_directories)" ] || { fail "directories left: $(run_directories)"; return; }
    [ "$(shared_memory)" = "$SHARED_MEMORY" ] || fail "shared memory left: $(shared_memory)"
}

# Content, owners, modes, times and links of a tree, as one hash.
tree_checksum() {
    "$VMC_TEST_LIB/checksum" "$1"
}

# A copy of a tree, by and for its owner.
copy_tree() {
    as_container_root cp -a "$1" "$2"
}

remove_tree() {
    as_container_root rm -rf "$1"
}

# Runs a command as the owner of all files of a tree.
as_container_root() {
    if am_root; then
        "$@"
    else
        unshare --map-root-user --map-auto -- "$@"
    fi
}

am_root() {
    [ "$(id -u)" = 0 ]
}
