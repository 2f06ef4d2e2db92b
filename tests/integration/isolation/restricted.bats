# Hosts that give less than usual: a run works there, or says in one line who refuses what and what to
# do, with status 125 and nothing left.
# shellcheck disable=SC2016 # scripts for sh -c
load ../../lib/common

RESTRICT=${VMC%/*}/tests/vmc-restrict

# on_host COMMAND... -- ARGUMENT...: vmc run --host with these arguments, started by COMMAND.
on_host() {
    local way=()
    while [ "$1" != -- ]; do
        way+=("$1")
        shift
    done
    shift
    timeout -k 5 "$DEADLINE" "${way[@]}" "$VMC" run --host --net none -r "$SMALL" "$@" 3>&-
}

# As root of a user namespace with mounts of its own, which may cover what the host has.
IN_NAMESPACE=(unshare -Urm sh -c)

@test "root of a user namespace runs, with the places of the user who has made it" {
    local data=$BATS_TEST_TMPDIR/data
    mkdir "$data"
    run on_host env -u XDG_RUNTIME_DIR XDG_DATA_HOME="$data" unshare -Ur -- -v named:/v \
        -- sh -c 'id -u; echo kept >/v/file'
    assert_status 0
    assert_equal "${lines[-1]}" 0
    assert_equal "$(cat "$data/vmc/volumes/named/data/file")" kept
    rm -r "$data"
}

# bats test_tags=machine
@test "root of a user namespace gets machines" {
    run timeout -k 5 "$DEADLINE" unshare -Ur "$VMC" run -r "$SMALL" -- sh -c 'id -u; uname -n' 3>&-
    assert_status 0
}

# Of another user: in one's own directory vmc's root may search, whatever its mode is.
@test "HOME and the XDG directories cannot be searched" {
    local place=/root
    [ "$(id -u)" != 0 ] || place=/proc/sys/none
    local where=(HOME="$place" XDG_CONFIG_HOME="$place/a" XDG_CACHE_HOME="$place/b" XDG_DATA_HOME="$place/c")
    run --separate-stderr on_host env "${where[@]}" XDG_RUNTIME_DIR="$place/d" -- true
    assert_status 0
    run --separate-stderr on_host env "${where[@]}" -- -v named:/v -- true
    assert_refused 'set XDG_DATA_HOME'
    run --separate-stderr env "${where[@]}" "$VMC" run --explain -r "$SMALL"
    assert_status 0
    # What the user has there is not passed over.
    mkdir -p "$XDG_CONFIG_HOME/vmc/vmc.conf"
    run --separate-stderr "$VMC" run --explain -r "$SMALL"
    assert_refused 'vmc.conf: Is a directory'
}

@test "no /proc, no /dev, a covered /proc" {
    run --separate-stderr on_host "${IN_NAMESPACE[@]}" 'mount -t tmpfs none /proc; exec "$@"' sh -- true
    assert_refused '^vmc: /proc is not mounted here: mount -t proc'
    run --separate-stderr on_host "${IN_NAMESPACE[@]}" 'mount -t tmpfs none /dev; exec "$@"' sh -- true
    assert_refused '^vmc: /dev has no devices here'
    run --separate-stderr on_host "${IN_NAMESPACE[@]}" 'mount -t tmpfs none /proc/sys; exec "$@"' sh -- true
    assert_refused 'cannot mount a new /proc.*unmask=ALL'
}

@test "a /proc that hides what others run (hidepid=)" {
    run --separate-stderr on_host unshare -Urmpf sh -c 'mount -t proc -o hidepid=invisible proc /proc; exec "$@"' sh -- \
        sh -c 'echo ran; exit 7'
    assert_status 7
    assert_output ran
}

@test "an empty user namespace limit" {
    run --separate-stderr on_host "${IN_NAMESPACE[@]}" \
        'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"' sh -- true
    assert_refused 'sysctl -w user.max_user_namespaces='
    run timeout "$DEADLINE" "${IN_NAMESPACE[@]}" \
        'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"' sh "$VMC" info 3>&-
    assert_match "$output" 'user.max_user_namespaces'
}

@test "system calls that a filter hides or refuses" {
    local rule wanted
    while IFS='|' read -r rule wanted; do
        run --separate-stderr on_host "$RESTRICT" "$rule" -- true
        assert_refused "$wanted"
    done <<'END'
clone3=ENOSYS|^vmc: clone3\(2\) is missing here: .*seccomp=unconfined
openat2=ENOSYS|^vmc: openat2\(2\) is missing here: .*seccomp=unconfined
mount_setattr=ENOSYS|^vmc: mount_setattr\(2\) is missing here
clone3=EPERM|namespace.*: Operation not permitted \(a system call filter around vmc
unshare=EPERM|namespace.*: Operation not permitted \(a system call filter around vmc
mount=EACCES|mount namespace private: Permission denied \(a system call filter around vmc
END
    run timeout "$DEADLINE" "$RESTRICT" clone3=ENOSYS "$VMC" info 3>&-
    assert_status 1
    assert_match "$output" 'fail +host +clone3\(2\) is missing here'
}

# The sysctl that says so is not on every kernel: a file stands in for it.
@test "user namespaces that can be made and have no rights" {
    run --separate-stderr on_host "${IN_NAMESPACE[@]}" 'mount -t tmpfs none /proc/sys/kernel &&
        echo 1 >/proc/sys/kernel/apparmor_restrict_unprivileged_userns &&
        exec unshare -U --map-user=1 --map-group=1 "$@"' sh "$RESTRICT" mount=EACCES -- true
    assert_refused 'Permission denied \(AppArmor gives user namespaces no rights'
}

@test "a root without CAP_SYS_ADMIN, and a chroot" {
    run --separate-stderr on_host unshare -Ur setpriv --bounding-set -sys_admin -- true
    assert_refused 'no CAP_SYS_ADMIN here; a container engine gives it with --privileged'
    run --separate-stderr on_host "${IN_NAMESPACE[@]}" 'mkdir root && mount --rbind / root &&
        exec chroot root "$@"' sh -- true
    assert_refused 'the kernel makes none in a chroot'
}
