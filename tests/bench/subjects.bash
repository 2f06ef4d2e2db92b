# shellcheck shell=bash
# Variables are shared with the other parts (tests/bench/bench sources all of them).
# shellcheck disable=SC2034,SC2154
# The subjects of the measurements. A subject is a line here, run_NAME(), which fails if it did not do
# its work, and prepare_NAME() if it needs something: it returns 1 and prints the reason on standard
# output if that is missing, and the subject is left out.

# suite, name, what it is (the legend of the picture)
subject_table='
start  vmc     vmc run --cold -- true
start  warm    vmc run -- true, a copy of a template
start  uml     vmc run --uml -- true
start  debian  QEMU q35, Debian cloud kernel, busybox
start  bare    QEMU alone: vmc'\''s kernel, an init that ends
start  arm64   vmc run --cold -- true, an arm64 guest
start  runc    runc run true, on the host'\''s kernel
stream out     vmc run -- head -c 256M /dev/zero | cat
stream pipe    head -c 256M /dev/zero | cat
stream in      head -c 256M /dev/zero | vmc run -- cat
stream echo    head -c 256M /dev/zero | vmc run -- cat | cat
network passt  vmc run: out to the host'\''s loopback and in at once
network slirp  the same without passt
network um     vmc run --uml, the same
network host   the same without a machine
'

# suite, subject, the one it is divided by, the goal: at most that (-: none)
ratio_table='
start  vmc     debian  0.15
start  vmc     bare    1.10
start  warm    vmc     0.20
start  warm    runc    5.00
start  uml     vmc     0.25
start  uml     runc    5.00
start  arm64   vmc     1.30
start  vmc     runc    -
stream out     pipe    -
stream in      pipe    -
stream echo    pipe    -
network passt  slirp   1.00
network passt  host    -
network um     host    -
'

subject_names() {
    awk -v suite="$1" '$1 == suite { print $2 }' <<<"$subject_table"
}

chart_title() {
    case $1 in
        start) echo "A start of true, under ${accel^^} (but runc and --uml)" ;;
        stream) echo '256 MiB through standard output and input' ;;
        network) echo '50 MB out and in at once, over one connection' ;;
    esac
}

# --- vmc ---------------------------------------------------------------------------------

run_vmc() {
    "$vmc" run --cold --accel "$accel" --timing -r "$trees/x86_64/small" -- true 2>"$out/timing-vmc" </dev/null
}

run_warm() {
    "$vmc" run --accel "$accel" --timing -r "$trees/x86_64/small" -- true 2>"$out/timing-warm" </dev/null
}

prepare_uml() {
    [ -s "$build/guest/um/linux" ] || { echo "no image: breeder/breeder build --arch um"; return 1; }
}

run_uml() {
    "$vmc" run --uml --timing -r "$trees/x86_64/small" -- true 2>"$out/timing-uml" </dev/null
}

prepare_arm64() {
    [ -s "$build/guest/arm64/Image" ] || { echo "no guest image: make guest GUEST_ARCH=arm64"; return 1; }
    command -v qemu-system-aarch64 >/dev/null || { echo "no emulator: scripts/install-deps arm"; return 1; }
    tests/lib/rootfs tree small "$trees/arm64" arm64 >/dev/null || { echo "no root file system"; return 1; }
}

run_arm64() {
    "$vmc" run --cold --accel tcg --timing -r "$trees/arm64/small" -- true 2>"$out/timing-arm64" </dev/null
}

# --- QEMU without vmc --------------------------------------------------------------------

# Fetches a package and unpacks it into directory $2, once.
unpack() {
    [ ! -d "$2" ] || return 0
    rm -rf "$2.new" && mkdir -p "$2.new/deb"
    # apt-get download drops root for a user that may not write everywhere.
    (cd "$2.new/deb" && apt-get -o APT::Sandbox::User=root download "$1") >&2 &&
        dpkg -x "$2.new"/deb/*.deb "$2.new" && mv "$2.new" "$2"
}

prepare_debian() {
    local package init=$out/debian
    package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
        sed -n 's/^ *Depends: *\(linux-image-.*\)/\1/p' | head -n 1)
    [ -n "$package" ] || { echo "no linux-image-cloud-amd64 in the package lists (apt-get update)"; return 1; }
    if ! unpack "$package" "$out/kernel" || ! unpack busybox-static "$out/busybox"; then
        echo "a package cannot be fetched"
        return 1
    fi
    mkdir -p "$init/bin" "$init/proc" "$init/dev"
    cp "$out/busybox/bin/busybox" "$init/bin/"
    cat >"$init/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox echo hello
/bin/busybox poweroff -f
INIT
    chmod 755 "$init/init"
    (cd "$init" && find . | cpio --quiet -o -H newc) >"$out/debian.cpio"
}

# no_timer_check: on a busy host the emulated timer comes too late for Debian's kernel, which panics then.
run_debian() {
    timeout 60 qemu-system-x86_64 -accel "$accel" -machine q35 -m 512 -nodefaults -no-user-config -no-reboot \
        -display none -serial stdio -kernel "$out"/kernel/boot/vmlinuz-* -initrd "$out/debian.cpio" \
        -append 'console=ttyS0 quiet panic=-1 no_timer_check' </dev/null >"$out/debian.log" 2>&1
    grep -q hello "$out/debian.log" || fail "Debian's kernel did not boot: $(tail -n 3 "$out/debian.log")"
}

# An init of five instructions: reboot(2), which ends a QEMU with -no-reboot.
make_ending_init() {
    mkdir -p "$out/bare"
    gcc -nostdlib -static -Wl,--build-id=none -x assembler -o "$out/bare/init" - <<'INIT' || return 1
.globl _start
_start: mov $169, %eax
    mov $0xfee1dead, %edi
    mov $0x28121969, %esi
    mov $0x01234567, %edx
    syscall
    ud2
INIT
    (cd "$out/bare" && echo init | cpio --quiet -o -H newc) >"$out/bare.cpio"
}

# The machine, kernel and parameters are those of vmc's own runs; its devices and its jail are not.
prepare_bare() {
    local word value
    if [ "$(uname -m)" != x86_64 ] || ! make_ending_init; then
        echo "its init is for x86_64"
        return 1
    fi
    "$vmc" run --cold --accel "$accel" --debug -r "$trees/x86_64/small" -- true 2>&1 </dev/null |
        sed -n 's/^vmc: debug: qemu: //p' >"$out/bare.words"
    {
        read -r word && printf '%s\n' "$word"
        while read -r word; do
            case $word in
                -machine | -accel | -cpu | -smp | -m | -display | -monitor | -kernel | -append)
                    read -r value
                    # --debug has made the kernel talk.
                    printf '%s\n%s\n' "$word" "${value/#loglevel=7/quiet}"
                    ;;
                -nodefaults | -no-user-config | -no-reboot) printf '%s\n' "$word" ;;
            esac
        done
        printf '%s\n' -initrd "$out/bare.cpio"
    } <"$out/bare.words" >"$out/bare.argv"
    check_bare || { echo "it does not reach its init: $out/bare.log"; return 1; }
}

# Its end looks like a panic's: once, it has to say which of the two it was.
check_bare() {
    local words
    mapfile -t words <"$out/bare.argv"
    timeout 60 "${words[@]/#quiet/console=ttyS0 loglevel=7}" -serial stdio </dev/null >"$out/bare.log" 2>&1
    grep -q 'reboot: Restarting system' "$out/bare.log" && ! grep -q panic: "$out/bare.log"
}

run_bare() {
    local words
    mapfile -t words <"$out/bare.argv"
    timeout 60 "${words[@]}" -serial null </dev/null >"$out/bare.log" 2>&1 ||
        fail "the bare machine: $(tail -n 3 "$out/bare.log")"
}

# --- no machine --------------------------------------------------------------------------

prepare_runc() {
    [ "$(id -u)" = 0 ] || { echo "it needs root here"; return 1; }
    command -v runc >/dev/null || { echo "it is not installed: scripts/install-deps bench"; return 1; }
    mkdir -p "$out/bundle"
    rm -f "$out/bundle/config.json"
    runc spec -b "$out/bundle"
    sed -i -e 's|"terminal": true|"terminal": false|' \
        -e "s|\"path\": \"rootfs\"|\"path\": \"$trees/x86_64/small\"|" \
        -e 's|^\(\t*\)"sh"$|\1"true"|' "$out/bundle/config.json"
}

run_runc() {
    runc run -b "$out/bundle" "vmc-bench-$$" </dev/null >"$out/runc.log" 2>&1 ||
        fail "runc: $(cat "$out/runc.log")"
}

# --- streams -----------------------------------------------------------------------------

stream_bytes=${VMC_BENCH_BYTES:-268435456}

# What arrives is counted: a stream that lost something is no measurement.
expect_all() {
    local count
    count=$(wc -c)
    [ "$count" = "$stream_bytes" ] || fail "$count bytes of $stream_bytes have arrived"
}

run_out() {
    "$vmc" run --cold --accel "$accel" --timing -r "$trees/x86_64/small" -- head -c "$stream_bytes" /dev/zero \
        2>"$out/timing-out" </dev/null | expect_all
}

run_pipe() {
    head -c "$stream_bytes" /dev/zero | expect_all
}

run_in() {
    head -c "$stream_bytes" /dev/zero |
        "$vmc" run --cold --accel "$accel" --timing -r "$trees/x86_64/small" -- wc -c 2>"$out/timing-in" |
        grep -qx "$stream_bytes" || fail "not all bytes have arrived"
}

run_echo() {
    head -c "$stream_bytes" /dev/zero |
        "$vmc" run --cold --accel "$accel" --timing -r "$trees/x86_64/small" -- cat 2>"$out/timing-echo" | expect_all
}

# --- network -----------------------------------------------------------------------------

network_bytes=${VMC_BENCH_BYTES:-50000000}

# COMMAND ADDR with a server's port and the count of bytes behind it; the server is on the host's loopback.
with_server() {
    local port server said
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    { PATIENCE=60 tests/lib/traffic ends 127.0.0.1 "$port" & } >"$out/server"
    server=$!
    until grep -qx up "$out/server"; do
        kill -0 "$server" || fail "no server"
        sleep 0.1
    done
    said=$("$@" "$port" "$network_bytes") || true
    kill "$server"
    wait "$server" || true
    [ "$said" = met ] || fail "not all bytes have arrived: $said"
}

prepare_passt() {
    tests/lib/rootfs tree full "$trees/x86_64" x86_64 >/dev/null || { echo "no root file system"; return 1; }
}

prepare_slirp() {
    prepare_passt
}

prepare_um() {
    prepare_uml && prepare_passt
}

# SUBJECT OPTION...
both_ways() {
    local subject=$1
    shift
    with_server "$vmc" run "$@" -m 512M --timing --net user:host-loopback -r "$trees/x86_64/full" -e PATIENCE=60 -- \
        python3 -c "$(cat tests/lib/traffic)" both 10.0.2.2 2>"$out/timing-$subject" </dev/null
}

run_passt() {
    both_ways passt --cold --accel "$accel"
}

run_slirp() {
    VMC_PASST='' both_ways slirp --cold --accel "$accel"
}

run_um() {
    both_ways um --uml
}

run_host() {
    with_server tests/lib/traffic both 127.0.0.1 2>/dev/null
}
