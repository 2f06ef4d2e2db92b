# bats file_tags=machine
# Machines that are copies of one that has booted. Each test has a cache of its own; the ladder's
# verdict on KVM comes from the suite's.
load ../../lib/common

setup() {
    vmc_setup
    mkdir -p cache/vmc
    [ ! -f "$XDG_CACHE_HOME/vmc/accel.json" ] || cp "$XDG_CACHE_HOME/vmc/accel.json" cache/vmc/
    export XDG_CACHE_HOME=$PWD/cache
}

templates() {
    find cache/vmc/templates -type f 2>/dev/null | sort
}

# How the run that wrote this --timing got its machine.
way_of() {
    if grep -q '^vmc: timing: copy ' <<<"$1"; then echo copy; else echo boot; fi
}

# What must differ from copy to copy, a line each. The link-local address is made of the hardware's when
# the interface is brought up: in a copy, not in its template, whose frames would go ahead of it.
identity='until grep -q "^fe80.* eth0$" /proc/net/if_inet6; do sleep 0.1; done
    grep "^fe80.* eth0$" /proc/net/if_inet6 | cut -c 1-32
    cat /proc/sys/kernel/random/boot_id /proc/sys/kernel/random/uuid
    head -c 16 /dev/urandom | od -An -tx1; head -c 16 /dev/random | od -An -tx1
    cat /sys/class/net/eth0/address; uname -n
    tr "\0" "\n" </proc/self/auxv | od -An -tx1 | head -n 3 | tr -d " \n"; echo'

# bats test_tags=kvm
@test "the first run boots, the next are copies, and --cold boots" {
    run --separate-stderr vmc --timing -- echo text
    assert_output text
    assert_equal "$(way_of "$stderr")" boot
    assert_equal "$(templates | wc -l)" 1
    run --separate-stderr vmc --timing -- echo text
    assert_output text
    assert_equal "$(way_of "$stderr")" copy
    run --separate-stderr vmc --timing --cold -- echo text
    assert_output text
    assert_equal "$(way_of "$stderr")" boot
    assert_equal "$(templates | wc -l)" 1
}

# bats test_tags=core:user
@test "no two copies have anything random in common, and all have the time" {
    run vmc --net user -- true
    local i line copies
    copies=$(core_or_full 3 4)
    for ((i = 0; i < copies; i++)); do
        run vmc --net user -- sh -c "$identity; date +%s"
        assert_status 0
        line=${lines[-1]}
        [ "$line" -ge "$(($(date +%s) - DEADLINE))" ] && [ "$line" -le "$(date +%s)" ] || fail "the time is $line"
        printf '%s\n' "${lines[@]:0:8}" >>all
    done
    assert_equal "$(wc -l <all)" $((8 * copies))
    assert_equal "$(sort -u all | wc -l)" $((8 * copies))
}

# bats test_tags=core:none
@test "machines that differ have templates of their own" {
    local before
    run vmc -- true
    run vmc -m 96m -- cat /proc/meminfo
    assert_match "$output" '^MemTotal: +[789][0-9]{4} kB'
    run vmc -m 96m -- cat /proc/meminfo
    assert_match "$output" '^MemTotal: +[789][0-9]{4} kB'
    run vmc -c 2 -- grep -c ^processor /proc/cpuinfo
    assert_output 2
    run vmc -c 2 -- grep -c ^processor /proc/cpuinfo
    assert_output 2
    mkdir volume
    # A file server's memory is not in a template.
    run vmc -v "$PWD/volume:/v" -- sh -c 'echo one >/v/file'
    run --separate-stderr vmc --timing -v "$PWD/volume:/v" -- cat /v/file
    assert_output one
    assert_equal "$(way_of "$stderr")" boot
    run vmc --append vmc.test=1 -- cat /proc/cmdline
    assert_match "$output" 'vmc\.test=1'
    run vmc --append vmc.test=2 -- cat /proc/cmdline
    assert_match "$output" 'vmc\.test=2'
    assert_equal "$(templates | wc -l)" 5
}

# What options make of a container, a line each.
rights='grep -E "^(CapBnd|NoNewPrivs|Seccomp):" /proc/self/status | tr -d "\t"; ulimit -n
    if [ -w /proc/sysrq-trigger ]; then echo bare; else echo covered; fi
    df -k /dev/shm | tail -n 1 | tr -s " " | cut -d " " -f 2
    readlink /proc/self/ns/user | grep -q . && cat /proc/self/uid_map | tr -s " "'

# bats test_tags=core:none
@test "containers that differ have templates of their own, and a copy has what was asked for" {
    local options boot count=0 shapes=('' '--cap-drop all' --privileged '--device /dev/null:/dev/x:r'
        '--security-opt seccomp=unconfined' '--ulimit nofile=77' '--shm-size 1m' --no-new-privileges --userns)
    for options in "${shapes[@]:0:$(core_or_full 3 9)}"; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr vmc --timing $options -- sh -c "$rights"
        assert_status 0
        assert_equal "$(way_of "$stderr")" boot
        boot=$output
        # shellcheck disable=SC2086 # words
        run --separate-stderr vmc --timing $options -- sh -c "$rights"
        assert_equal "$(way_of "$stderr")" copy
        assert_output "$boot"
        count=$((count + 1))
        assert_equal "$(templates | wc -l)" "$count"
    done
    run --separate-stderr vmc --timing -e A=b -u 5:6 -w /tmp --hostname box --mem-limit 64m \
        --sysctl kernel.msgmax=4242 --add-host other:192.0.2.1 -- \
        sh -c 'echo $A $(id -u) $(id -g) $PWD $(uname -n) $(cat /sys/fs/cgroup/memory.max \
            /proc/sys/kernel/msgmax) $(grep -c other /etc/hosts)'
    assert_output 'b 5 6 /tmp box 67108864 4242 1'
    assert_equal "$(way_of "$stderr")" copy
    assert_equal "$(templates | wc -l)" "$count"
}

@test "a copy has everything a machine has: streams, terminal, signals, status" {
    run vmc -- true
    run --separate-stderr vmc --timing -- sh -c 'cat; echo err >&2; exit 7' <<<in
    assert_status 7
    assert_output in
    assert_match "$stderr" err
    assert_equal "$(way_of "$stderr")" copy
    run --separate-stderr vmc -- sh -c 'kill -9 $$'
    assert_status 137
    vmc_background -- sh -c 'trap "echo got; exit 3" TERM; echo ready; while :; do sleep 0.1; done'
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
    kill -TERM "$PID"
    finish
    assert_equal "$STATUS" 3
    has_line out got || fail "no signal arrived"
}

# bats test_tags=core:user
@test "a machine with a kernel of its own or to be looked at boots, and makes no template" {
    local options
    for options in "--kernel $GUEST_IMAGE/$KERNEL" '--console log'; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr vmc --timing $options -- echo text
        assert_output text
        assert_equal "$(way_of "$stderr")" boot
    done
    assert_equal "$(templates)" ''
}

# What a guest has read of a disk before it is copied would be another machine's.
# bats test_tags=core:none
@test "a copy has disks of its own: an upper layer, one that is kept, swap" {
    local turn name keys
    export XDG_DATA_HOME=$PWD/data
    run vmc --upper disk -- sh -c 'echo one >/first'
    keys=$(templates)
    run --separate-stderr vmc --timing --upper disk -- sh -c 'ls /first; head -c 30000000 /dev/urandom >/big; sha256sum </big; sync; echo 3 >/proc/sys/vm/drop_caches; sha256sum </big'
    assert_equal "$(way_of "$stderr")" copy
    assert_match "$stderr" "cannot access '/first'"
    assert_equal "${#lines[@]} ${lines[0]}" "2 ${lines[1]}"
    for turn in $(seq "$(core_or_full 2 3)"); do
        for name in ada bob; do
            run --separate-stderr vmc --timing --keep --name $name -- sh -c "echo $name $turn >>/turns; cp -r /etc /etc-$turn; cat /turns"
            assert_status 0
            assert_output "$(seq -f "$name %g" "$turn")"
            [ "$turn $name" = '1 ada' ] || assert_equal "$(way_of "$stderr")" copy
        done
    done
    find data -type f -size +1M >images
    assert_equal "$(wc -l <images)" 2
    while read -r name; do
        # What is in the journal is written first, as the next mount would.
        /sbin/e2fsck -y -E journal_only "$name" >report 2>&1 || [ $? = 1 ] || fail "$name: $(cat report)"
        /sbin/e2fsck -fn "$name" >report 2>&1 || fail "$name: $(cat report)"
    done <images
    for turn in 1 2; do
        run --separate-stderr vmc --timing --mem-limit 64m --mem-swap 128m -- sh -c 'grep -c /dev/vd /proc/swaps; head -c 80000000 /dev/zero >/dev/shm/big && sha256sum </dev/shm/big'
    done
    assert_equal "$(way_of "$stderr")" copy
    assert_equal "${lines[0]}" 1
    # Another size is another machine.
    run vmc --upper disk:1g -- true
    [ "$(templates | wc -l)" -gt "$(wc -l <<<"$keys")" ] || fail "no template of its own"
}

# A copy's hypervisor is told that every hole it makes in its memory is there, and that of memory alone.
# bats test_tags=full,core:user
@test "a copy's disk has zeros where the guest has asked for them" {
    local turn
    for turn in 1 2; do
        run --separate-stderr vmc_full --timing --net none --privileged --usedev --mem-limit 64m --mem-swap 96m -- sh -c '
            python3 -c "import ctypes; ctypes.CDLL(None).swapoff(b\"/dev/vda\")"
            head -c 4000000 /dev/zero | tr "\0" x | dd of=/dev/vda bs=4000 conv=fsync status=none
            head -c 4000000 /dev/vda | tr -d "\0" | wc -c
            blkdiscard -z /dev/vda
            echo 3 >/proc/sys/vm/drop_caches
            head -c 4000000 /dev/vda | tr -d "\0" | wc -c'
        assert_output $'4000000\n0'
    done
    assert_equal "$(way_of "$stderr")" copy
}

# Adds 1 to a byte of a file.
damage() {
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    # shellcheck disable=SC2059 # an octal escape
    printf "\\$(printf %03o $(((byte + 1) % 256)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# bats test_tags=core:user
@test "a template with any byte changed gives a cold start and a line, and is gone" {
    local size at where
    local places=(0 devices trailer 4096 17000000 middle)
    for where in "${places[@]:0:$(core_or_full 3 6)}"; do
        rm -rf cache/vmc/templates
        run vmc -- true
        size=$(stat -c %s "$(templates)")
        case $where in
            middle) at=$((size / 2)) ;;
            devices) at=$((size - 1000)) ;;
            trailer) at=$((size - 10)) ;;
            *) at=$where ;;
        esac
        damage "$(templates)" "$at"
        run --separate-stderr vmc -- echo text
        assert_status 0
        assert_output text
        assert_equal "${#stderr_lines[@]}" 1
        assert_match "$stderr" '^vmc: the template [0-9a-f]{32}: it is damaged; starting cold$'
        run --separate-stderr vmc -- echo text
        assert_equal "$stderr" ''
    done
}

@test "what is not the user's own is not used" {
    run vmc -- true
    chmod 666 "$(templates)"
    run --separate-stderr vmc -- echo text
    assert_output text
    assert_match "$stderr" "^vmc: the template [0-9a-f]{32}: it belongs to another user, or others can write to it; starting cold$"
    chmod 777 cache/vmc/templates
    run --separate-stderr vmc -- echo text
    assert_output text
    assert_match "$stderr" "^vmc: .*/templates belongs to another user, or others can write to it; starting cold$"
}

# bats test_tags=core:user
@test "an image that was bred anew is another machine" {
    local first
    mkdir -p "guest/$VMC_TEST_ARCH"
    cp "$GUEST_IMAGE/$KERNEL" "$GUEST_IMAGE/initramfs.cpio" "guest/$VMC_TEST_ARCH/"
    export VMC_GUEST_DIR=$PWD/guest
    run vmc -- true
    first=$(templates)
    touch "guest/$VMC_TEST_ARCH/initramfs.cpio"
    run --separate-stderr vmc --timing -- true
    assert_equal "$(way_of "$stderr")" boot
    assert_equal "$(templates | wc -l)" 2
    [ -f "$first" ] || fail "the first is gone"
}

# bats test_tags=core:user
@test "many first runs at once: all are well, and one template is left" {
    local i pids=()
    for i in 1 2 3 4; do
        vmc -- echo "text $i" >"out.$i" 2>"err.$i" </dev/null &
        pids+=("$!")
    done
    for i in 1 2 3 4; do
        wait "${pids[i - 1]}" || fail "run $i: $? $(cat "err.$i")"
        assert_equal "$(cat "out.$i")" "text $i"
    done
    assert_equal "$(templates | wc -l)" 1
}

# bats test_tags=core:user
@test "vmc killed while a template is made leaves nothing of it" {
    local i
    for i in $(seq 1 "$(core_or_full 2 1)" 6); do
        rm -rf cache/vmc/templates
        vmc_background -- true
        wait_for 5 test -d cache/vmc/templates || fail "nothing began"
        # Anywhere in the boot, and in the making: this is no wait for anything.
        read -rt "0.$((i * 13))" <> <(:) || :
        kill -KILL "$PID" 2>/dev/null || :
        wait "$PID" 2>/dev/null || :
        find cache/vmc/templates -type f | while read -r name; do
            assert_match "$name" '/[0-9a-f]{32}$'
        done
        wait_for "$DEADLINE" no_machine || fail "its machine goes on"
        run --separate-stderr vmc -- echo text
        assert_output text
        assert_equal "$stderr" ''
    done
}

# bats test_tags=core:user
@test "template warm makes one before it is needed; ls shows it, rm removes it" {
    local key
    run "$VMC" template ls
    assert_status 0
    assert_equal "${#lines[@]}" 1
    run "$VMC" template warm -r "$SMALL"
    assert_status 0
    assert_output ''
    run --separate-stderr vmc --timing -- true
    assert_equal "$(way_of "$stderr")" copy
    run "$VMC" template warm -r "$SMALL" -m 96m
    assert_status 0
    run "$VMC" template ls --json
    assert_equal "$(jq length <<<"$output")" 2
    assert_equal "$(jq -r '.[] | select(.memory == 100663296) | .stale' <<<"$output")" false
    key=$(jq -r '.[] | select(.memory == 100663296) | .key' <<<"$output")
    run "$VMC" template ls
    assert_match "$output" "${key:0:12} $VMC_TEST_ARCH, 96m, 1 CPU"
    run "$VMC" template rm "${key:0:10}"
    assert_output "$key"
    run --separate-stderr "$VMC" template rm "${key:0:10}"
    assert_refused "no such template: '${key:0:10}'"
    run --separate-stderr "$VMC" template rm
    assert_refused 'KEY... or --all'
    run "$VMC" template rm --all
    assert_equal "${#lines[@]}" 1
    assert_equal "$(templates)" ''
    run --separate-stderr "$VMC" template warm -r "$SMALL" --gdb 1234
    assert_refused "--gdb"
}

# bats test_tags=root
@test "a copy's hypervisor cannot write to what it is a copy of" {
    local template pid fd before count=0
    run vmc -- true
    template=$(basename "$(templates)")
    before=$(sha256sum <"$(templates)")
    mkfifo in
    exec {INPUT}<>in
    vmc_background -- sh -c 'head -c 10000000 /dev/urandom >/fill; echo ready; read -r line'
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
    pid=$(machine_processes | head -n 1)
    # The guest's memory is that file, privately.
    grep -qE "^[0-9a-f]+-[0-9a-f]+ rw-p .*$template" "/proc/$pid/maps" || fail "its memory is another file"
    ! grep -E "^[0-9a-f]+-[0-9a-f]+ ...s .*$template" "/proc/$pid/maps" || fail "it is shared"
    # And no descriptor of it is open for writing.
    for fd in /proc/"$pid"/fd/*; do
        [[ $(readlink "$fd") == *"$template"* ]] || continue
        assert_match "$(sed -n 's/^flags:[[:space:]]*//p' "/proc/$pid/fdinfo/${fd##*/}")" '0$'
        count=$((count + 1))
    done
    [ "$count" -gt 0 ] || fail "it has no descriptor of it"
    assert_equal "$(sha256sum <"$(templates)")" "$before"
    echo end >&"$INPUT"
    finish
    assert_equal "$STATUS" 0
}
