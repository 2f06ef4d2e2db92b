# The jail around QEMU: what /proc says of a running one, what a program in its place can do, and
# what is left of it. docs/isolation.md describes the layers.
load ../../lib/common

NAMESPACES='user mnt pid net ipc uts cgroup'
# The first of root's id ranges, and their size.
FIRST_RANGE=1879048192
RANGE=65536

# A workload that runs until it is told otherwise; sets MACHINE.
start_sleeper() {
    rm -f out
    vmc_background "$@" -- sh -c 'echo ready; exec sleep 1000'
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
    MACHINE=$(comm -12 <(machine_processes | sort) <(pgrep -P "$PID" | sort) | head -n 1)
}

# The machine is KVM's.
under_kvm() {
    grep -qzxF kvm "/proc/$MACHINE/cmdline"
}

end_sleeper() {
    kill -TERM "$PID"
    finish
}

# status FIELD [TASK]: a line of the machine's /proc/PID/status.
status_of() {
    sed -n "s/^$1:[[:space:]]*//p" "/proc/$MACHINE/${2:+task/$2/}status"
}

# The probe of tests/jail in QEMU's place; the report is in the file report. NET and
# PROBE_PATH may be set, and TREE.
probe() {
    local word=${1+--append=vmc-attempt=$1}
    mkdir -p place
    [ -e "place/$QEMU" ] ||
        cp "${VMC%/*}/tests/vmc-jail-probe" "place/$QEMU"
    rm -f report
    run --separate-stderr timeout $((20 * SLOW)) env PATH="${PROBE_PATH:-$PWD/place:$PATH}" "$VMC" run \
        --accel tcg --net "${NET:-none}" --console report ${word:+"$word"} -r "${TREE:-$SMALL}" \
        -- true 3>&-
}

# The control group of the machine for a controller, as a directory of the host's.
group_of() {
    local mount
    mount=$(awk -v controller="$1" '$9 == "cgroup" && $NF ~ "(^|,)" controller "(,|$)" { print $5; exit }' \
        /proc/self/mountinfo)
    if [ -n "$mount" ]; then
        echo "$mount$(sed -n "s/^[0-9]*:[^:]*\b$1\b[^:]*://p" "/proc/$MACHINE/cgroup")"
    else
        echo "$(awk '$9 == "cgroup2" { print $5; exit }' /proc/self/mountinfo)$(sed -n 's/^0:://p' "/proc/$MACHINE/cgroup")"
    fi
}

groups_left() {
    find /sys/fs/cgroup -type d \( -name 'vmc-????????????' -o -path '*/vmc/????????????' \) 2>/dev/null
}

@test "seven namespaces are not the caller's, and there is a user namespace around all of them" {
    local name
    start_sleeper
    for name in $NAMESPACES; do
        [ "$(readlink "/proc/$MACHINE/ns/$name")" != "$(readlink "/proc/self/ns/$name")" ] ||
            fail "the $name namespace is the caller's"
        [ "$(readlink "/proc/$MACHINE/ns/$name")" != "$(readlink "/proc/$PID/ns/$name")" ] ||
            fail "the $name namespace is vmc's"
    done
    assert_equal "$(status_of NSpid | awk '{ print $NF }')" 1
    # Nothing but a loopback that is down.
    run cat "/proc/$MACHINE/net/dev"
    assert_equal "$(grep -c : <<<"$output")" 1
    end_sleeper
}

@test "no capability on the host: few in a user namespace of its own, none to be had" {
    local task upper expected=0000000000000004
    for upper in ram host; do
        start_sleeper --upper "$upper"
        for task in /proc/"$MACHINE"/task/*; do
            task=${task##*/}
            assert_equal "$upper $(status_of CapEff "$task")" "$upper $expected"
            assert_equal "$(status_of CapPrm "$task")" "$expected"
            assert_equal "$(status_of CapBnd "$task")" "$expected"
            assert_equal "$(status_of CapInh "$task")" 0000000000000000
            assert_equal "$(status_of CapAmb "$task")" 0000000000000000
            assert_equal "$(status_of NoNewPrivs "$task")" 1
            assert_equal "$(status_of Seccomp "$task")" 2
        done
        [ "$(status_of Seccomp_filters)" -ge 2 ] || fail "vmc's filter, or QEMU's own, is missing"
        end_sleeper
    done
}

@test "host ids: never root's; a range of its own for each container of root's" {
    local id first=
    if ! am_root; then
        start_sleeper
        read -r id _ < <(status_of Uid)
        assert_equal "$id" "$(id -u)"
        assert_equal "$(status_of Groups)" ""
        end_sleeper
        return
    fi
    local number machines=()
    for number in 1 2; do
        start_sleeper
        machines+=("$PID")
        read -r id _ < <(status_of Uid)
        [ "$id" -ge $FIRST_RANGE ] || fail "host uid $id"
        assert_equal "$(((id - FIRST_RANGE) % RANGE))" 0
        assert_equal "$(status_of Gid | awk '{ print $2 }')" "$id"
        assert_equal "$(tr -s ' \n' ' ' <"/proc/$MACHINE/uid_map")" " 0 $id $RANGE "
        assert_equal "$(tr -s ' \n' ' ' <"/proc/$MACHINE/gid_map")" " 0 $id $RANGE "
        first+=" $id"
        mkdir -p "run$number"
        export XDG_RUNTIME_DIR=$PWD/run$number
    done
    read -r id number <<<"$first"
    [ "$id" != "$number" ] || fail "both have $id"
    for PID in "${machines[@]}"; do
        end_sleeper
    done
}

# Files that are visible in the root of the machine, apart from the share, /proc and KVM's device.
visible_files() {
    local root=/proc/$MACHINE/root
    find "$root/" \( -path "$root/proc" -o -path "$root/dev/kvm" -o -name share \) -prune -o ! -type d -print
}

# bats test_tags=kvm
@test "at most 60 files in its root, and none that can be written" {
    local count file
    start_sleeper
    count=$(visible_files | wc -l)
    [ "$count" -le 60 ] || fail "$count files"
    [ "$count" -ge 5 ] || fail "only $count files"
    visible_files | grep -q '/qemu-system-' || fail "not the root of QEMU"
    while read -r file; do
        ! [ -w "$file" ] || fail "$file can be written"
    done < <(visible_files)
    while read -r file; do
        ! [ -w "$file" ] || fail "the directory $file can be written"
    done < <(find "/proc/$MACHINE/root/" -path "/proc/$MACHINE/root/proc" -prune -o -name share -prune -o -type d -print)
    ! touch "/proc/$MACHINE/root/new" 2>/dev/null || fail "the root can be written"
    # Of /proc nothing but the one process.
    run ls "/proc/$MACHINE/root/proc"
    assert_equal "$(tr '\n' ' ' <<<"$output")" "1 self thread-self "
    # No device but the one that it runs on.
    local devices=''
    ! under_kvm || devices=kvm
    assert_equal "$(ls "/proc/$MACHINE/root/dev" 2>/dev/null)" "$devices"
    end_sleeper
}

@test "exactly its descriptors and its environment, whatever the caller leaks" {
    local i
    for i in {20..119}; do
        eval "exec $i</etc/passwd"
    done
    SECRET=leak probe
    for i in {20..119}; do
        eval "exec $i<&-"
    done
    assert_equal "$(grep ^fds report)" "fds 0 1 2 3 4 5 6 7"
    assert_equal "$(grep ^env report)" $'env PATH=/usr/bin:/bin\nenv LANG=C.UTF-8\nenv MALLOC_ARENA_MAX=2'
}

limit_of() {
    sed -n "s/^$1  *\([^ ]*\)  *\([^ ]*\) .*/\1 \2/p" "/proc/$MACHINE/limits"
}

@test "resource limits of the process" {
    local files
    start_sleeper -m 128M
    assert_equal "$(limit_of 'Max core file size')" '0 0'
    assert_equal "$(limit_of 'Max processes')" '128 128'
    assert_equal "$(limit_of 'Max file size')" '0 0'
    assert_equal "$(limit_of 'Max locked memory')" '0 0'
    assert_equal "$(limit_of 'Max address space')" "$(((128 << 20) + (6 << 30))) $(((128 << 20) + (6 << 30)))"
    read -r files _ < <(limit_of 'Max open files')
    [ "$files" -le 16384 ] || fail "$files open files"
    end_sleeper
    start_sleeper --upper disk:64M
    assert_equal "$(limit_of 'Max file size')" "$((64 << 20)) $((64 << 20))"
    end_sleeper
}

# An ordinary user has no control groups on most hosts.
# bats test_tags=root
@test "limits of its control groups, which are gone afterwards" {
    local memory pids beyond=1536
    start_sleeper -m 128M --upper disk:64M
    # Translated code is TCG's alone.
    ! under_kvm || beyond=512
    # A disk on a tmpfs is memory; /tmp is one from Debian 13 on.
    [ "$(stat -f -c %T "$TMPDIR")" != tmpfs ] || beyond=$((beyond + 64))
    memory=$(group_of memory)
    pids=$(group_of pids)
    [[ $memory == */vmc* ]] || fail "no group of its own: $memory"
    assert_match "$(cat "$memory"/memory.limit_in_bytes "$memory"/memory.max 2>/dev/null)" \
        "^$(((128 << 20) + (beyond << 20)))$"
    assert_equal "$(cat "$pids/pids.max")" 128
    grep -qx "$MACHINE" "$memory/cgroup.procs" || fail "it is not in its group"
    end_sleeper
    ! [ -e "$memory" ] || fail "$memory is left"
    ! [ -e "$pids" ] || fail "$pids is left"
}

@test "vmc killed: no machine, no mounts, and no control group after the next start" {
    local memory
    start_sleeper --upper host
    memory=$(group_of memory)
    kill -KILL "$PID"
    finish 5
    wait_for 5 no_machine || fail "QEMU is left"
    run vmc -- true
    assert_status 0
    ! am_root || ! [ -e "$memory" ] || fail "$memory is left"
    assert_nothing_left
}

# Nobody else expects control groups.
# bats test_tags=root
@test "vmc killed: a control group in use is left alone, and removed by a later start" {
    local memory inside
    start_sleeper
    memory=$(group_of memory)
    sleep 1000 3>&- &
    inside=$!
    echo "$inside" > "$memory/cgroup.procs"
    kill -KILL "$PID"
    finish 5
    run --separate-stderr vmc -- true
    assert_status 0
    assert_equal "$stderr" ''
    [ -d "$memory" ] || fail "$memory was removed under a process"
    kill "$inside"
    wait "$inside" || true
    run vmc -- true
    assert_status 0
    ! [ -e "$memory" ] || fail "$memory is left"
    assert_nothing_left
}

@test "--require-jail: all layers, or a refusal that names what is missing" {
    run --separate-stderr vmc --require-jail -- echo ran
    if am_root; then
        assert_status 0
        assert_output ran
    else
        assert_refused 'lacks control group limits'
    fi
}

# Nobody else expects control groups.
# bats test_tags=root
@test "a missing layer is said in one line, and refused where it is required" {
    local hide='mount -t tmpfs none /sys/fs/cgroup && exec "$0" "$@"'
    run --separate-stderr unshare -m sh -c "$hide" "$VMC" run -r "$SMALL" -- echo ran
    assert_status 0
    assert_output ran
    assert_equal "${#stderr_lines[@]}" 1
    assert_match "$stderr" 'lacks control group limits \('
    run --separate-stderr unshare -m sh -c "$hide" "$VMC" run --require-jail -r "$SMALL" -- echo ran
    assert_refused 'lacks control group limits'
}

# An ordinary user's machine has that user's ids.
# bats test_tags=root
@test "a root file system that cannot be shown with other ids: said, and it runs" {
    mkdir merged
    local make='mount -t overlay -o lowerdir="$SMALL:/etc" none merged && exec "$0" "$@"'
    export SMALL
    run --separate-stderr unshare -m sh -c "$make" "$VMC" run -r merged -- sh -c 'stat -c %u /etc/passwd'
    assert_status 0
    assert_output 0
    assert_match "$stderr" 'lacks ids of its own \(merged: '
    run --separate-stderr unshare -m sh -c "$make" "$VMC" run --require-jail -r merged -- true
    assert_refused 'ids of its own'
}

@test "a program in QEMU's place tries 200 things: none succeeds" {
    probe
    assert_status 125
    [ "$(grep -c ^denied report)" -ge 200 ] || fail "only $(grep -c ^denied report) attempts"
    assert_equal "$(grep ^SUCCEEDED report)" ""
    assert_equal "$(grep -c ^denied report)" "$(sed -n 's/^harmless //p' report)"
}

# A tree without programs is this machine's architecture's.
# bats test_tags=native
@test "a program in QEMU's place: a fifo of the host's in a read-only share is not to be written to" {
    mkdir tree
    mkfifo tree/fifo
    TREE=tree probe
    grep -qx 'denied write to a fifo in the share 13' report || fail "$(grep fifo report)"
}

@test "QEMU's own network: internet sockets, and none of the host's programs" {
    mkdir place
    ln -s "$(command -v newuidmap)" "$(command -v newgidmap)" place/
    VMC_PASST='' PROBE_PATH=$PWD/place NET=user probe
    assert_match "$stderr" 'there is no passt'
    assert_equal "$(grep ^SUCCEEDED report | cut -d ' ' -f -3)" "SUCCEEDED socket AF_INET
SUCCEEDED socket AF_INET6"
}

# An ordinary user's QEMU has the device through its group.
# bats test_tags=root
@test "root's groups stay outside, also where QEMU is given /dev/kvm" {
    local accel
    install -D "${VMC%/*}/tests/vmc-jail-probe" "place/$QEMU"
    for accel in tcg kvm; do
        [ $accel = tcg ] || { [ -e /dev/kvm ] && [ "$VMC_TEST_ARCH" = "$VMC_NATIVE_ARCH" ]; } || continue
        setpriv --groups 4711 env PATH="$PWD/place:$PATH" "$VMC" run --accel $accel --net none \
            --append vmc-attempt=stay -r "$SMALL" -- true </dev/null >out 2>err 3>&- &
        PID=$!
        BACKGROUND+=("$PID")
        wait_for "$DEADLINE" has_machine || fail "no machine"
        MACHINE=$(machine_processes | head -n 1)
        assert_equal "$(status_of Groups)" ''
        kill -TERM "$PID"
        finish
    done
}

@test "what only an intruder calls ends the process" {
    local count number
    probe
    count=$(sed -n 's/^deadly //p' report)
    [ "$count" -ge 60 ] || fail "only $count attempts"
    for ((number = 0; number < count; number++)); do
        probe "$number"
        assert_status 125
        assert_equal "$(grep -c ^trying report)" 1
        assert_match "$stderr" "killed by signal 31 "
        assert_equal "$(grep -E '^(SUCCEEDED|denied)' report)" ""
    done
}
