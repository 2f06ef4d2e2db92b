# Other kernels than the bred one, and what their developers need.
load ../../lib/common

# A command in the guest's own shell, without a container: its output.
shell_guest() {
    timeout -k 5 $((DEADLINE * SLOW)) "$VMC" shell-guest --arch "$VMC_TEST_ARCH" "$@" 3>&-
}

# --- a distribution's --------------------------------------------------------------------

@test "--kernel distro: Debian's kernel runs a container, with a network, volumes and a disk" {
    mkdir shared
    echo from-host >shared/file
    run --separate-stderr vmc --kernel distro --upper disk -v ./shared:/mnt -- sh -c \
        'uname -v; cat /mnt/file; echo from-guest >/mnt/other; ls /sys/class/net; df / | grep -c overlay; sleep 0.1; exit 7'
    assert_status 7
    assert_match "${lines[0]}" Debian
    assert_equal "${lines[*]:1}" 'from-host eth0 lo 1'
    assert_equal "$(cat shared/other)" from-guest
    # Where the hard limit of descriptors is low, a kernel that does not count is told of.
    assert_equal "$(grep -v '^vmc: virtiofs: the guest can know only some' <<<"$stderr")" ''
}

@test "--kernel distro: a terminal, signals, and an end that is reported" {
    run --separate-stderr "$VMC_TEST_LIB/pty" size=24x80 -- "$VMC" run --kernel distro -r "$SMALL" --cpus 2 --net none -t -- \
        sh -c 'stty size; nproc; sleep 0.1; kill -TERM $$'
    assert_match "$output" '24 80'$'\r\n''2'
    assert_equal "${stderr_lines[-1]}" "status 143, terminal restored"
}

# --- a tree of one's own -----------------------------------------------------------------

# What is left of a kernel's build: its configuration, and the image where make puts it.
make_tree() {
    mkdir -p "tree/${TREE_KERNEL%/*}"
    cp "$GUEST_IMAGE/kernel.config" tree/.config
    cp "$GUEST_IMAGE/$KERNEL" "tree/$TREE_KERNEL"
}

@test "--linux: the kernel that was built in a tree, under any root file system" {
    make_tree
    run --separate-stderr vmc --linux tree -- uname -r
    assert_status 0
    assert_match "$output" '-vmc$'
    assert_equal "$stderr" ''
}

@test "--linux: what a tree lacks is named" {
    make_tree
    run --separate-stderr vmc --linux no-such -- true
    assert_refused 'no-such: No such file'
    mv "tree/$TREE_KERNEL" tree/elsewhere
    run --separate-stderr vmc --linux tree -- true
    assert_refused "no kernel for $VMC_TEST_ARCH has been built in it: $TREE_KERNEL"
    mv tree/elsewhere "tree/$TREE_KERNEL"
    sed -i 's/^CONFIG_9P_FS=y/CONFIG_9P_FS=m/; /^CONFIG_OVERLAY_FS=/d' tree/.config
    run --separate-stderr vmc --linux tree -- true
    assert_refused 'built without CONFIG_9P_FS, CONFIG_OVERLAY_FS, which'
    rm tree/.config
    run --separate-stderr vmc --linux tree -- true
    assert_refused '\.config: No such file'
}

@test "which kernel: bad inputs, each with its reason" {
    make_tree
    check_table <<'TABLE'
both name the kernel|run --linux tree --kernel distro @
both name the kernel|run --linux tree --kernel tree/.config @
breeder distro --arch .* --package no-such-kernel|run --kernel distro:no-such-kernel @
--acpi: |run --acpi @
is not the name of a package|run --kernel distro: @
is not the name of a package|run --kernel distro:a/b @
with its modules|run --kernel distro --initrd /dev/null @
the port.*70000|run --gdb 70000 @
the port|run --gdb 127.0.0.1: @
neither \[ADDRESS:\]PORT nor|run --gdb somewhere:1234 @
at most 107|run --gdb /tmp/$(printf %0200d 1) @
No such file|run --gdb no/such/directory/socket @
already exists|run --crash-dump /etc/passwd @
No such file|run --crash-dump no/such/directory/core @
is not for|shell-guest --rootfs /
is not for|shell-guest --crash-dump core
does not take|shell-guest true
TABLE
}

# --- its developers ----------------------------------------------------------------------

@test "--crash-dump: the memory of a guest that panics, as a core file, and the whole console" {
    run --separate-stderr vmc --privileged -m 96M --net none --crash-dump core --console console -- \
        sh -c 'echo 2 >/proc/sys/vm/panic_on_oom && exec vmc-probe memory 100000'
    assert_status 125
    assert_equal "${stderr_lines[0]}" "vmc: the guest's memory is in core"
    assert_match "${stderr_lines[1]}" 'Kernel panic'
    assert_match "$(readelf -h core)" 'Type: +CORE'
    grep -aq "Linux version .*-vmc" core || fail "the kernel is not in it"
    assert_equal "$(stat -c %a core)" 600
    grep -aq "Kernel panic - not syncing: Out of memory" console || fail "$(cat console)"
    # And none without a panic.
    run --separate-stderr vmc --net none --crash-dump other -- true
    assert_status 0
    assert_equal "$stderr" ''
    [ ! -e other ] || fail "there is a file"
}

@test "--gdb: the guest waits for a debugger, which sees it, and goes on" {
    "$VMC" run -r "$SMALL" --net none --gdb ./socket -- sh -c 'echo hello; exit 5' >out 2>err </dev/null 3>&- &
    PID=$!
    BACKGROUND+=("$PID")
    wait_for "$DEADLINE" test -S socket || fail "no socket"
    assert_equal "$(stat -c %a socket)" 700
    [ ! -s out ] || fail "it did not wait"
    timeout $((DEADLINE * SLOW)) gdb-multiarch -nx -batch -ex 'set architecture auto' -ex 'target remote ./socket' \
        -ex 'info threads' -ex detach </dev/null >gdb.out 2>&1 3>&- || fail "$(cat gdb.out)"
    assert_match "$(cat gdb.out)" 'Thread 1'
    finish
    assert_equal "$STATUS" 5
    assert_equal "$(cat out)" hello
    assert_match "$(cat err)" 'waits for gdb: target remote \./socket'
    [ ! -e socket ] || fail "the socket is left"
}

@test "--gdb: on a port, of the loopback alone" {
    local port
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$VMC" run -r "$SMALL" --net none --gdb "$port" -- true >out 2>err </dev/null 3>&- &
    PID=$!
    BACKGROUND+=("$PID")
    wait_for "$DEADLINE" grep -q "127.0.0.1:$port" err || fail "$(cat err)"
    run --separate-stderr vmc --gdb "$port" -- true
    assert_refused '--gdb: port .* of the host is taken'
    timeout $((DEADLINE * SLOW)) gdb-multiarch -nx -batch -ex "target remote 127.0.0.1:$port" -ex kill </dev/null >gdb.out 2>&1 3>&- || true
    finish
    assert_equal "$STATUS" 125
}

@test "shell-guest: the guest's own shell, scripted and on a terminal, and its end" {
    shell_guest >out < <(echo 'uname -r'; echo 'echo $((6 * 7))'; echo 'ls /')
    tr -d '\r' <out | grep -qx 42 || fail "$(cat out)"
    tr -d '\r' <out | grep -q -- '-vmc$' || fail "$(cat out)"
    run --separate-stderr "$VMC_TEST_LIB/pty" size=24x80 'expect=vmc-guest:/#' 'send=exit\n' -- "$VMC" shell-guest --arch "$VMC_TEST_ARCH"
    assert_match "$output" 'maintenance shell'
    assert_match "$stderr" 'status 0, terminal restored'
}

@test "shell-guest: a panic is 125, and with Debian's kernel there is a shell, too" {
    run --separate-stderr shell_guest --append rdinit=/no </dev/null
    assert_status 125
    assert_match "$stderr" 'Kernel panic'
    shell_guest --kernel distro >out < <(echo 'uname -v')
    grep -q Debian out || fail "$(cat out)"
}

# --- where a boot's time goes ------------------------------------------------------------

@test "breeder initcalls: names for what the kernel's start says of itself" {
    run vmc --net none --append initcall_debug --append log_buf_len=1M --append loglevel=8 --console console.log -- true
    assert_status 0
    # A cache with a table of the kernel's symbols, in which one of its calls has a name.
    local call key
    call=$(grep -ao 'initcall [^ ]* returned' console.log | sed -n '20s/^initcall \(0x\)\{0,1\}\([^ +]*\).*/\2/p')
    assert_match "$call" .
    key=$(sed -n 's/.*"key": "\(.*\)".*/\1/p' "$GUEST_IMAGE/manifest.json" | head -n 1)
    mkdir -p "cache/vmc/breeder/kernel/$key"
    echo "$call T the_call" >"cache/vmc/breeder/kernel/$key/System.map"
    # Its own log ten times as slow: it is the slowest, and the least of both logs is what counts.
    sed -E "s/^\[ *[0-9.]+\] (initcall (0x)?$call.*)/[   99.000000] \1/" console.log >slow.log
    XDG_CACHE_HOME=$PWD/cache run "$VMC_SOURCE/breeder/breeder" initcalls --arch "$VMC_TEST_ARCH" \
        --out "${GUEST_IMAGE%/guest/*}" --log slow.log
    assert_status 0
    assert_equal "${#lines[@]}" 20
    assert_match "${lines[0]}" '^ *9[0-9]{4}\.[0-9]{2} ms  the_call$'
    XDG_CACHE_HOME=$PWD/cache run "$VMC_SOURCE/breeder/breeder" initcalls --arch "$VMC_TEST_ARCH" \
        --out "${GUEST_IMAGE%/guest/*}" --log slow.log --log console.log
    assert_status 0
    assert_match "$output" 'ms'
    run ! grep -Eq '9[0-9]{4}\.[0-9]{2} ms' <<<"$output"
    echo nothing >empty.log
    XDG_CACHE_HOME=$PWD/cache run "$VMC_SOURCE/breeder/breeder" initcalls --arch "$VMC_TEST_ARCH" \
        --out "${GUEST_IMAGE%/guest/*}" --log empty.log
    assert_status 125
    assert_match "$output" 'no initcall in these logs'
}
