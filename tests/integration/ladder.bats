# bats file_tags=native
# The accelerator ladder. Its verdicts are kept in the cache, so each test has one of its own.
load ../lib/common

setup() {
    vmc_setup
    export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
}

kvm_opens() {
    [ -r /dev/kvm ] && [ -w /dev/kvm ]
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
    if ! kvm_opens || kvm_works; then
        run --separate-stderr vmc --accel auto -- echo text
        assert_output text
        return
    fi
    rm -rf "$XDG_CACHE_HOME"
    local begin took
    begin=$(now_ms)
    run --separate-stderr vmc -- echo first
    took=$(($(now_ms) - begin))
    assert_output first
    assert_equal "${#stderr_lines[@]}" 1
    assert_match "$stderr" '^vmc: .*KVM'
    assert_match "$stderr" 'TCG'
    [ "$took" -lt 30000 ] || fail "took $took ms"
}

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

@test "--accel tcg asks nothing of KVM" {
    run --separate-stderr vmc --accel tcg -- echo text
    assert_output text
    assert_equal "$stderr" ''
}

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

@test "info shows each rung and its verdict" {
    run vmc -- true
    run "$VMC" info
    assert_match "$output" 'KVM'
    assert_match "$output" 'TCG'
}
