# Guests of other architectures than the host's: found out, asked for, refused. What runs in them is
# the other files' business, which the suite runs on them as well.
load ../../lib/common

TREES=${VMC_TREES%/*}

# The root file systems beside the one that is tested.
other_archs() {
    local tree
    for tree in "$TREES"/*/small; do
        [ "$tree" = "$SMALL" ] || basename "$(dirname "$tree")"
    done
}

machine_of() {
    case $1 in
        arm64) echo aarch64 ;;
        arm) echo armv7l ;;
        *) echo "$1" ;;
    esac
}

@test "the architecture is that of the root file system's programs" {
    local other
    [ -n "$(other_archs)" ] || fail "there is no other root file system"
    for other in $(other_archs); do
        run --separate-stderr vmc_at "$TREES/$other/small" -- sh -c 'uname -m; exit 7'
        assert_status 7
        assert_output "$(machine_of "$other")"
        assert_equal "$stderr" ''
    done
}

@test "--arch by all its names, and what else such a guest runs" {
    local name
    for name in arm64 aarch64; do
        run --separate-stderr vmc_at "$TREES/arm64/small" --arch $name -- uname -m
        assert_output aarch64
    done
    run --separate-stderr vmc_at "$TREES/arm/small" --cross armhf -- uname -m
    assert_output armv7l
    # 32-bit programs under a 64-bit kernel.
    run --separate-stderr vmc_at "$TREES/arm/small" --arch arm64 -- sh -c 'uname -m; exit 3'
    assert_status 3
    assert_match "$output" '^(aarch64|armv8l)$'
}

@test "a program that the guest cannot run is named, with the place and the way out" {
    run --separate-stderr vmc_at "$TREES/arm64/small" --arch x86_64 -- true
    assert_refused "--arch x86_64: /bin/true in $TREES/arm64/small is a program for arm64; give --arch arm64"
    run --separate-stderr vmc_at "$TREES/x86_64/small" --arch arm -- /usr/bin/env
    assert_refused '/usr/bin/env in .* is a program for x86_64; give --arch x86_64'
    run --separate-stderr vmc_at "$TREES/arm64/small" --arch arm -- true
    assert_refused 'give --arch arm64'
    run --separate-stderr vmc --arch sparc -- true
    assert_refused 'no guest of architecture sparc'
    run --separate-stderr vmc_at "$TREES/arm64/small" --accel kvm -- true
    assert_refused 'cannot run a guest of architecture arm64|/dev/kvm'
}

@test "vmc info says of each architecture whether it can be run" {
    run --separate-stderr "$VMC" info --json
    local name
    for name in x86_64 arm64 arm; do
        assert_equal "$(jq -r --arg n "qemu-$name" '.checks[] | select(.name == $n) | .verdict' <<<"$output")" ok
        assert_equal "$(jq -r --arg n "guest-image-$name" '.checks[] | select(.name == $n) | .verdict' <<<"$output")" ok
    done
}
