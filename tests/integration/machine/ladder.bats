# bats file_tags=native
# The accelerator ladder. Its verdicts are kept in the cache, so each test has one of its own.
load ../../lib/common

setup() {
    vmc_setup
    export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
}

kvm_opens() {
    [ -r /dev/kvm ] && [ -w /dev/kvm ]
}

# Runs a shell script in which no verdict of root's is known: what another run has found out on this host.
without_verdicts() {
    mkdir -p /run/vmc-accelerator
    unshare -m sh -c 'mount -t tmpfs -o mode=755 none /run/vmc-accelerator && eval "$0"' "$1"
}

# KVM is there and a guest boots on it.
kvm_works() {
    kvm_opens && timeout 60 "$VMC" run --accel kvm -r "$SMALL" -- true >/dev/null 2>&1 3>&-
}

@test "--accel auto runs, whatever KVM does, and is silent from the second run on" {
    run --separate-stderr vmc -- echo first
    assert_status 0
    assert_output first
    [ "${#stderr_lines[@]}" -le 1 ] || fail "more than one line: $stderr"
    run --separate-stderr vmc -- echo second
    assert_status 0
    assert_equal "$stderr" ''
}

@test "where KVM opens and fails, the first run says so once and falls back" {
    if ! am_root || ! kvm_opens || kvm_works; then
        run --separate-stderr vmc --accel auto -- echo text
        assert_output text
        return
    fi
    export VMC SMALL
    run --separate-stderr without_verdicts 'timeout 30 "$VMC" run -r "$SMALL" -- echo first'
    assert_output first
    assert_equal "${#stderr_lines[@]}" 1
    # Nothing of how QEMU has put it.
    assert_equal "$stderr" "vmc: no machine boots with KVM on this host; using TCG, software emulation, from now on ('vmc info' shows the reason)"
}

# bats test_tags=kvm
@test "--accel kvm never falls back" {
    if kvm_works; then
        run vmc --accel kvm -- echo text
        assert_output text
        return
    fi
    run --separate-stderr vmc --accel kvm -- echo text
    assert_status 125
    assert_equal "$output" ''
    assert_match "${stderr_lines[0]}" '^vmc: .*(KVM|/dev/kvm)'
}

# bats test_tags=core:user
@test "--accel tcg asks nothing of KVM" {
    run --separate-stderr vmc --accel tcg -- echo text
    assert_output text
    assert_equal "$stderr" ''
}

# bats test_tags=core:user
@test "a cache that cannot be written or holds nonsense stops nobody" {
    XDG_CACHE_HOME=/proc/no run --separate-stderr vmc -- echo text
    assert_status 0
    assert_output text
    run --separate-stderr vmc -- true
    find "$XDG_CACHE_HOME" -type f -exec sh -c 'head -c 3000 /dev/urandom >"$1"' - {} \; 2>/dev/null || true
    run --separate-stderr vmc -- echo text
    assert_status 0
    assert_output text
}

# A program that is no hypervisor, in QEMU's place, is a KVM on which nothing boots.
# bats test_tags=root
@test "a fall-back is said once on a host: not for the next kernel, nor for the next user after root" {
    mkdir place
    cp "${VMC%/*}/tests/vmc-jail-probe" "place/$QEMU"
    cp "$GUEST_IMAGE/$KERNEL" kernel
    export VMC SMALL PATH=$PWD/place:$PATH
    run without_verdicts '
        vmc_run() { "$VMC" run --net none "$@" -r "$SMALL" -- true </dev/null 2>&1 | grep -c "using TCG"; }
        vmc_run; vmc_run; vmc_run --kernel kernel
        XDG_CACHE_HOME=$PWD/another vmc_run
        # What cannot be kept is not said to be for good.
        mount -t tmpfs -o ro none /run/vmc-accelerator
        export XDG_CACHE_HOME=/proc/no; vmc_run
        "$VMC" run --net none -r "$SMALL" -- true </dev/null 2>&1 | grep -c "from now on"'
    assert_equal "${output//$'\n'/ }" '1 0 0 0 1 0'
}

# bats test_tags=user,no-kvm
@test "who may not open /dev/kvm is told what to do, by a run as by info" {
    local advice
    advice=$("$VMC" info --json | jq -r '.checks[] | select(.name == "kvm").advice')
    if kvm_opens; then
        [[ $advice != *usermod* && $advice != *setfacl* ]] || fail "$advice"
        return
    fi
    [[ $(stat -c '%A %G' /dev/kvm) != crw-rw????\ kvm ]] || assert_match "$advice" "usermod -aG kvm $(id -un);"
    run --separate-stderr vmc --accel kvm -- true
    assert_refused '--accel kvm: /dev/kvm: '
    [[ $stderr == *"($advice)" ]] || fail "not what info says, $advice: $stderr"
    run --separate-stderr vmc -- echo text
    assert_output text
    assert_equal "${#stderr_lines[@]}" 1
    [[ $stderr == "vmc: /dev/kvm: "*"; using TCG, software emulation, from now on ($advice)" ]] || fail "$stderr"
}

@test "info shows each rung and its verdict" {
    run vmc -- true
    run "$VMC" info --json
    if kvm_works; then
        assert_equal "$(jq -c '[.checks[] | select(.name == "kvm" or .name == "isolation") | .verdict]' <<<"$output")" '["ok","ok"]'
        assert_match "$output" 'a machine has booted with KVM'
        return
    fi
    assert_equal "$(jq -c '[.checks[] | select(.name == "kvm" or .name == "isolation") | .verdict]' <<<"$output")" '["warn","warn"]'
    assert_match "$output" 'TCG: software emulation'
}
