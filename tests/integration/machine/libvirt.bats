# bats file_tags=native
# --libvirt: the same run as a domain of libvirt's, whose daemon this file starts and ends.
load ../../lib/common
load ../../lib/libvirt
load ../../lib/examples

setup_file() {
    start_libvirt
}

teardown_file() {
    stop_libvirt
}

teardown() {
    vmc_teardown
    [ -z "$(domains)" ] || fail "domains left: $(domains)"
}

# vmc run --libvirt OPTION... -- COMMAND..., for bats' run.
vmc_lv() {
    vmc "--libvirt=$LIBVIRT_URI" "$@"
}

virsh_lv() {
    virsh -q -c "$LIBVIRT_URI" "$@" 3>&-
}

domains() {
    virsh_lv list --all --name | sed '/^$/d'
}

no_domain() {
    [ -z "$(domains)" ]
}

# A workload that runs until it is told otherwise, in domain DOMAIN.
start_sleeper() {
    vmc_background "--libvirt=$LIBVIRT_URI" "$@" -- sh -c 'echo ready; exec sleep 1000'
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
    DOMAIN=$(domains)
}

# libvirt's process of the domain, which stands in for QEMU.
emulator_process() {
    local pid
    for pid in $(marked_processes); do
        ! tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qx "guest=$DOMAIN,debug-threads=on" ||
            [[ $(readlink "/proc/$pid/exe") == *qemu-system-* ]] || echo "$pid"
    done
}

# --- the same run --------------------------------------------------------------------------

@test "exit statuses and deaths arrive" {
    local status_wanted
    for status_wanted in $(core_or_full 7 "0 7 255"); do
        run --separate-stderr vmc_lv -- sh -c "exit $status_wanted"
        assert_status "$status_wanted"
        assert_equal "$stderr" ''
    done
    run --separate-stderr vmc_lv -- sh -c 'kill -KILL $$'
    assert_status 137
    run -127 --separate-stderr vmc_lv -- /no/such/command
    assert_match "$stderr" '^vmc: .*/no/such/command'
    run --separate-stderr vmc_lv --timeout 1s -- sleep 1000
    assert_status 124
}

@test "three streams, binary-clean, and arguments as they were given" {
    head -c 1000000 /dev/urandom >in
    vmc_lv -- sh -c 'tee /proc/self/fd/2' <in >out 2>err
    cmp in out
    cmp in err
    run --separate-stderr vmc_lv -- printf '<%s>' 'two words' '' '$HOME' $'a\nb'
    assert_output $'<two words><><$HOME><a\nb>'
}

@test "an image is the root file system" {
    "$VMC" pack "$SMALL" -o image
    run --separate-stderr timeout -k 5 60 "$VMC" run "--libvirt=$LIBVIRT_URI" -r image -- sh -c 'echo x >/new; cat /new /etc/debian_version' 3>&-
    assert_status 0
    assert_output "x
$(cat "$SMALL/etc/debian_version")"
}

@test "signals reach the workload" {
    vmc_background "--libvirt=$LIBVIRT_URI" -- vmc-probe signals 2
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
    kill -USR1 "$PID"
    wait_for "$DEADLINE" has_line out USR1 || fail "USR1 does not arrive"
    kill -TERM "$PID"
    finish
    assert_equal "$STATUS" 0
    has_line out TERM
}

@test "a terminal" {
    run --separate-stderr timeout -k 5 120 "$VMC_TEST_LIB/pty" size=31x97 'expect=31 97' \
        'send=hello\n' 'expect=got hello' -- \
        "$VMC" run "--libvirt=$LIBVIRT_URI" -t -r "$SMALL" -- \
        sh -c 'stty size; read -r line; echo "got $line"; exit 42' 3>&-
    assert_equal "${stderr_lines[-1]}" "status 42, terminal restored"
}

@test "each device that a run may have: volumes, disks, swap, processors, memory, a network; one boot" {
    mkdir src
    echo host >src/file
    run --separate-stderr vmc_lv -v ./src:/mnt -v ./src:/ro:ro --upper disk -c 2 -m 300m --mem-limit 100m --mem-swap 150m \
        -p 80 -- sh -c 'cat /mnt/file; echo guest >/mnt/new; cat /ro/new; touch /ro/x 2>/dev/null || echo refused
            echo text >/file; cat /file; nproc; cat /sys/fs/cgroup/memory.swap.max; ls /sys/class/net'
    assert_status 0
    assert_output $'host\nguest\nrefused\ntext\n2\n52428800\neth0\nlo'
    assert_match "$stderr" '^vmc: port 80/tcp of the guest is published at 127.0.0.1:[0-9]+$'
    assert_equal "$(cat src/new)" guest
    [ ! -e "$SMALL/file" ] || fail "--upper disk changed the root file system"
}

@test "--upper host, --net none" {
    run --separate-stderr vmc_lv --upper host --net none -- sh -c 'echo text >/file; cat /file; ls /sys/class/net'
    assert_status 0
    assert_output $'text\nlo'
    [ ! -e "$SMALL/file" ] || fail "--upper host changed the root file system"
}

# bats test_tags=core:none
@test "another kernel, on a machine that ACPI tables describe" {
    run --separate-stderr vmc_lv --accel tcg --kernel distro -- uname -r
    assert_status 0
    [[ $output != *-vmc ]] || fail "the kernel is vmc's own: $output"
}

@test "QEMU is in the same jail" {
    local name machine
    start_sleeper
    machine=$(machine_processes)
    for name in user mnt pid net ipc uts cgroup; do
        [ "$(readlink "/proc/$machine/ns/$name")" != "$(readlink "/proc/self/ns/$name")" ] ||
            fail "no $name namespace of its own"
    done
    grep -qx $'NoNewPrivs:\t1' "/proc/$machine/status"
    grep -qx $'Seccomp:\t2' "/proc/$machine/status"
    kill -TERM "$PID"
    finish
    assert_equal "$STATUS" 143
}

# bats test_tags=root
@test "--require-jail is content: no layer is missing" {
    run --separate-stderr vmc_lv --require-jail -- echo text
    assert_status 0
    assert_output text
}

# bats test_tags=core:none
# All but the sweep of the 256 statuses, which are no different here. bats puts its own directory in
# front of PATH, and its inner program has the same name.
@test "the suite's core passes on libvirt" {
    local file filter failures=0
    mkdir bin
    ln -s "$(dirname "$VMC")/guest" bin/guest
    cat >bin/vmc <<END
#!/bin/sh
[ "\$1" = run ] && shift && exec '$VMC' run '--libvirt=$LIBVIRT_URI' "\$@"
exec '$VMC' "\$@"
END
    chmod +x bin/vmc
    while read -r file filter; do
        env -i PATH="${PATH#*/bats-core:}" HOME="$HOME" TMPDIR="$TMPDIR" VMC="$PWD/bin/vmc" \
            VMC_TREES="$VMC_TREES" VMC_TEST_LIB="$VMC_TEST_LIB" VMC_TEST_ARCH="$VMC_TEST_ARCH" \
            VMC_GUEST_TESTS="$VMC_GUEST_TESTS" VMC_SOURCE="$VMC_SOURCE" \
            XDG_CACHE_HOME="$XDG_CACHE_HOME" \
            timeout -k 5 900 bats --tap --filter "$filter" "$VMC_SOURCE/tests/integration/run/$file.bats" \
            >"$file.tap" 2>&1 </dev/null 3>&- || failures=$((failures + 1))
        grep -q '^ok' "$file.tap" || failures=$((failures + 1))
    done <<'END'
exit ^(a|the)
streams .
signals .
tty .
END
    [ "$failures" = 0 ] || fail "$(grep -hA 20 '^not ok' ./*.tap)"
}

# --- libvirt's view ------------------------------------------------------------------------

@test "virsh shows the domain, and what vmc says of it" {
    start_sleeper --name box
    assert_match "$DOMAIN" '^vmc-[0-9a-f]{12}$'
    assert_equal "$(virsh_lv domstate "$DOMAIN" | sed '/^$/d')" running
    virsh_lv metadata "$DOMAIN" urn:vmc:container:1 >said
    grep -qF "<id>${DOMAIN#vmc-}</id>" said
    grep -qF "<pid>$PID</pid>" said
    grep -qF "<rootfs>$SMALL</rootfs>" said
    grep -qF "<command>sh</command>" said
    assert_equal "$(virsh_lv desc "$DOMAIN" --title)" box
    assert_equal "$(virsh_lv dominfo "$DOMAIN" | sed -n 's/^Persistent: *//p')" no
    kill -TERM "$PID"
    finish
    assert_equal "$STATUS" 143
    no_domain
}

@test "libvirt is told no numbers of threads that are others' outside" {
    local emulator
    start_sleeper
    emulator=$(emulator_process)
    [ -n "$emulator" ] || fail "no emulator"
    virsh_lv qemu-monitor-command "$DOMAIN" '{"execute": "query-cpus-fast"}' >cpus
    assert_equal "$(jq '.return[0]["thread-id"]' cpus)" "$emulator"
    run virsh_lv vcpupin "$DOMAIN" 0 0
    [ "$status" != 0 ] || fail "a thread was pinned: $output"
    kill -TERM "$PID"
    finish
}

@test "virsh suspends, resumes and destroys it: then 125, and it says by whom" {
    start_sleeper
    virsh_lv suspend "$DOMAIN"
    assert_equal "$(virsh_lv domstate "$DOMAIN" | sed '/^$/d')" paused
    virsh_lv resume "$DOMAIN"
    virsh_lv destroy "$DOMAIN"
    finish 20
    assert_equal "$STATUS" 125
    assert_equal "$(cat err)" 'vmc: the domain was ended through libvirt'
    no_machine
}

@test "two domains at once" {
    local first
    start_sleeper
    first=$PID
    run vmc_lv -- echo text
    assert_output text
    assert_equal "$(domains)" "$DOMAIN"
    kill -TERM "$first"
    finish
}

@test "without a URI it is the session's libvirt, or the system's for root" {
    run --separate-stderr beside_libvirt timeout -k 5 "$DEADLINE" "$VMC" run --libvirt -r "$SMALL" -- echo text
    assert_status 0
    assert_output text
}

# --- ends ----------------------------------------------------------------------------------

@test "vmc killed: the domain is gone, and QEMU" {
    start_sleeper
    kill -KILL "$PID"
    finish 5
    wait_for 5 no_machine || fail "QEMU is left"
    wait_for 10 no_domain || fail "the domain is left"
    wait_for 5 no_marked_processes || fail "processes are left"
    run vmc_lv -- true
    assert_status 0
}

@test "QEMU killed: 125, one reason" {
    start_sleeper
    kill -KILL "$(machine_processes)"
    finish 20
    assert_equal "$STATUS" 125
    assert_match "$(head -n 1 err)" '^vmc: the virtual machine ended before the workload did'
    wait_for 10 no_domain || fail "the domain is left"
}

@test "libvirt's emulator killed: 125, and the machine is gone" {
    start_sleeper
    kill -KILL "$(emulator_process)"
    finish 20
    assert_equal "$STATUS" 125
    assert_equal "$(cat err)" 'vmc: the domain was ended through libvirt'
    wait_for 10 no_domain || fail "the domain is left"
}

@test "TERM while libvirt does not answer ends vmc" {
    socat UNIX-LISTEN:"$PWD/silent",fork EXEC:'sleep 1000' 3>&- &
    BACKGROUND+=($!)
    wait_for 10 test -S silent || fail "nobody listens"
    vmc_background "--libvirt=${LIBVIRT_URI%%\?*}?socket=$PWD/silent" -- true
    wait_for "$DEADLINE" has_handover_socket || fail "vmc does not get there"
    kill -TERM "$PID"
    finish 20
    assert_equal "$STATUS" 143
    pkill -P "${BACKGROUND[0]}" || true
    kill "${BACKGROUND[0]}"
}

has_handover_socket() {
    [ -n "$(find "$XDG_RUNTIME_DIR" -name vmm.sock)" ]
}

# --- what cannot be had --------------------------------------------------------------------

@test "URIs that cannot be QEMU's on this host are refused" {
    local other=system
    ! am_root || other=session
    check_table <<END
is not QEMU on this host|run --libvirt=test:///default @
is not QEMU on this host|run --libvirt=qemu+ssh://host/system @
is not QEMU on this host|run --libvirt=qemu://host/system @
is not QEMU on this host|run --libvirt=lxc:/// @
is not QEMU on this host|run --libvirt=qemu @
qemu:///session or qemu:///system|run --libvirt=qemu:/// @
qemu:///session or qemu:///system|run --libvirt=qemu:///systems @
qemu:///|run --libvirt=qemu:///$other @
has an empty value|run --libvirt= @
give one|run --qemu --libvirt @
--gdb cannot go with --libvirt: it makes the guest wait|run --libvirt --gdb 1234 @
--crash-dump cannot go with --libvirt: it needs QEMU's monitor|run --libvirt --crash-dump file @
is not for 'vmc shell-guest'|shell-guest --libvirt
END
}

@test "guests of another architecture are refused" {
    mkdir -p tree/bin
    printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\267\0' >tree/bin/true
    head -c 44 /dev/zero >>tree/bin/true
    chmod +x tree/bin/true
    run --separate-stderr vmc_at tree "--libvirt=$LIBVIRT_URI" -- /bin/true
    assert_refused 'does not run arm64 guests'
}

@test "no daemon: one line with libvirt's reason and what to do" {
    export LIBVIRT_AUTOSTART=0
    run --separate-stderr vmc "--libvirt=${LIBVIRT_URI%%\?*}?socket=$PWD/nobody" -- true
    assert_refused 'libvirt qemu.*Failed to connect socket.*No such file.*apt install libvirt-daemon'
}

@test "no libvirt: one line with what to install, and nothing without --libvirt needs it" {
    mkdir lib
    : >lib/libvirt.so.0
    : >lib/libxml2.so.2
    run --separate-stderr env LD_LIBRARY_PATH="$PWD/lib" "$VMC" run "--libvirt=$LIBVIRT_URI" \
        -r "$SMALL" -- true
    assert_refused 'apt install'
    rm lib/libxml2.so.2
    run --separate-stderr env LD_LIBRARY_PATH="$PWD/lib" "$VMC" run "--libvirt=$LIBVIRT_URI" \
        -r "$SMALL" -- true
    assert_refused 'libvirt.so.0 cannot be loaded: apt install libvirt0'
    run --separate-stderr env LD_LIBRARY_PATH="$PWD/lib" "$VMC" version
    assert_status 0
}

@test "a failure to start names libvirt's reason and QEMU's" {
    echo 'no kernel' >kernel
    run --separate-stderr vmc_lv --accel tcg --kernel "$PWD/kernel" -- true
    assert_refused '^vmc: libvirt: internal error: .*monitor.*kernel'
}

@test "what XML or a socket's name cannot hold is refused" {
    local long
    run --separate-stderr vmc_lv --append $'a\tb' -- true
    assert_refused 'XML cannot hold'
    long=$XDG_RUNTIME_DIR/$(printf 'x%.0s' {1..60})
    mkdir -m 700 "$long"
    XDG_RUNTIME_DIR=$long run --separate-stderr vmc_lv -- true
    assert_refused 'set XDG_RUNTIME_DIR to a shorter directory: .* is too long for a socket address'
    rm -r "$long"
}

@test "an emulator without its vmc says so and ends" {
    VMC_HANDOVER=$PWD/nobody run --separate-stderr "$VMC" -name guest=x \
        -chardev socket,id=charmonitor,fd=9,server=on
    assert_refused 'the vmc that asked for this domain: cannot connect'
}

# --- documents -----------------------------------------------------------------------------

@test "every example of docs/libvirt.md prints what it says" {
    check_examples "$VMC_SOURCE/docs/libvirt.md" 2 beside_libvirt timeout 120 bash
}
