# File servers: processes beside QEMU, in jails of their own, that have a machine's shares, here its root.
# docs/files.md says what it is for.
load ../../lib/common

served() {
    vmc --rootfs-transport virtiofs "$@"
}

# A workload that runs until it is told otherwise; sets QEMU_PID and SERVER, children of vmc's, which
# no test finds by what is in their command lines: there is no path of its own in them.
start_served() {
    rm -f out
    vmc_background --rootfs-transport virtiofs -- sh -c 'echo ready; exec sleep 1000'
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start: $(cat err)"
    SERVER=$(pgrep -P "$PID" -x virtiofsd)
    QEMU_PID=$(pgrep -P "$PID" qemu-system)
}

end_served() {
    kill -TERM "$PID"
    finish
    assert_both_gone
}

assert_both_gone() {
    wait_for 5 gone "$SERVER" || fail "virtiofsd is left"
    wait_for 5 gone "$QEMU_PID" || fail "QEMU is left"
    assert_nothing_left
}

status_of() {
    sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"
}

# bats test_tags=core:user
@test "content, owners, modes, times and links are the host's" {
    local list='find etc usr -mindepth 1 ! -path etc/hosts ! -path etc/hostname -printf "%p %m %U %G %s %T@ %y %l\n" | LC_ALL=C sort'
    local sums='find usr etc -type f ! -path etc/hosts ! -path etc/hostname -print0 | LC_ALL=C sort -z | xargs -0 sha256sum'
    served --net none -- sh -c "cd / && $list && $sums" >inside
    (cd "$SMALL" && as_container_root sh -c "$list && $sums") >outside
    # A directory's size is its file system's.
    diff <(sed -E 's/^(.* )[0-9]+( [0-9.]+ d )/\1\2/' outside) <(sed -E 's/^(.* )[0-9]+( [0-9.]+ d )/\1\2/' inside) >differences ||
        fail "$(head -n 20 differences)"
    [ "$(wc -l <inside)" -gt 500 ] || fail "only $(wc -l <inside)"
}

@test "files of every owner, readable by their owner alone" {
    copy_tree "$SMALL" tree
    as_container_root sh -c 'echo secret >tree/etc/secret && chown 33:34 tree/etc/secret && chmod 600 tree/etc/secret'
    run --separate-stderr vmc_at tree --rootfs-transport virtiofs -- sh -c 'stat -c %u:%g:%a /etc/secret; cat /etc/secret'
    remove_tree tree
    assert_output $'33:34:600\nsecret'
    am_root || {
        run --separate-stderr vmc_at / --rootfs-transport virtiofs -- true
        assert_refused 'is for files of the caller and its subordinate ids, and / belongs to another'
    }
}

# bats test_tags=core:user
@test "every file operation works above it, in memory and on a disk; the directory is unchanged" {
    local upper before
    before=$(tree_checksum "$SMALL")
    for upper in ram disk; do
        served --upper "$upper" -- sh -c 'mkdir /battery && vmc-probe files /battery
            echo x >/etc/passwd; rm /etc/issue; chmod 700 /usr/bin/env; mkdir /new
            mv /etc/debian_version /elsewhere; chown 5:5 /etc/group; ln /bin/cat /bin/cat2
            mkdir /exercise && vmc-probe exercise /exercise '$RANDOM' 1000' >got
        [ "$(wc -l <got)" -gt 30 ] || fail "only $(wc -l <got) operations"
        ! grep -v ' ok$' got || fail "--upper $upper"
        has_line got '1000 operations ok' || fail "--upper $upper: $(tail -n 1 got)"
    done
    assert_equal "$(tree_checksum "$SMALL")" "$before"
}

# bats test_tags=core:user
@test "two runs share a directory, with volumes and a network; a second processor asks, too" {
    mkdir volume
    echo content >volume/file
    vmc_background --rootfs-transport virtiofs -- sh -c 'echo one >/mine; echo ready; exec sleep 1000'
    wait_for "$DEADLINE" has_line out ready || fail "the first does not start: $(cat err)"
    run served -c 2 -v "$PWD/volume:/volume" -- sh -c '
        cat /mine /volume/file; for n in 1 2 3 4; do cat /usr/bin/* | wc -c & done; wait'
    assert_match "$output" 'content'
    assert_equal "$(grep -c '^[0-9]*$' <<<"$output")" 4
    assert_equal "$(grep '^[0-9]*$' <<<"$output" | sort -u | wc -l)" 1
    kill -TERM "$PID"
    finish
}

@test "the process that reads holds the directory, read-only, and may read it: nothing else" {
    local name
    start_served
    for name in user mnt pid net ipc uts cgroup; do
        [ "$(readlink "/proc/$SERVER/ns/$name")" != "$(readlink "/proc/self/ns/$name")" ] ||
            fail "the $name namespace is the caller's"
        [ "$(readlink "/proc/$SERVER/ns/$name")" != "$(readlink "/proc/$QEMU_PID/ns/$name")" ] ||
            fail "the $name namespace is QEMU's"
    done
    for name in CapEff CapPrm; do
        assert_equal "$name $(status_of "$SERVER" $name)" "$name 000000000000000c"
    done
    assert_equal "$(status_of "$SERVER" CapBnd)" 0000000000000000
    assert_equal "$(status_of "$SERVER" NoNewPrivs)" 1
    [ "$(status_of "$SERVER" Seccomp_filters)" -ge 2 ] || fail "vmc's filter, or its own, is missing"
    assert_equal "$(status_of "$SERVER" Uid)" "$(status_of "$QEMU_PID" Uid)"
    # Its root is the directory; and QEMU has nothing of it.
    assert_match "$(readlink "/proc/$SERVER/root")" '/share$'
    assert_match "$(awk '$5 == "/" { print $6 }' "/proc/$SERVER/mountinfo" | head -n 1)" '^ro,nosuid,nodev,noexec'
    [ -z "$(awk '$5 ~ "/share$"' "/proc/$QEMU_PID/mountinfo")" ] || fail "QEMU has the directory, too"
    ! am_root || diff "/proc/$QEMU_PID/cgroup" "/proc/$SERVER/cgroup" || fail "another control group"
    end_served
}

@test "virtiofsd killed: one line, 125, and nothing is left" {
    start_served
    kill -KILL "$SERVER"
    finish
    assert_equal "$STATUS" 125
    assert_match "$(cat err)" "^vmc: the host's files are gone: virtiofsd ended"
    assert_equal "$(wc -l <err)" 1
    assert_both_gone
}

@test "QEMU killed: 125, and nothing is left" {
    start_served
    kill -KILL "$QEMU_PID"
    finish
    assert_equal "$STATUS" 125
    assert_match "$(cat err)" '^vmc: the virtual machine ended before the workload did: the hypervisor was killed by signal 9'
    assert_both_gone
}

@test "vmc killed: both end, and nothing is left after the next start" {
    start_served
    kill -KILL "$PID"
    finish 5
    wait_for 5 gone "$SERVER" || fail "virtiofsd is left"
    wait_for 5 gone "$QEMU_PID" || fail "QEMU is left"
    wait_for 5 no_machine || fail "something of them is left"
    run served -- true
    assert_both_gone
}

# bats test_tags=core:user
@test "a guest knows more files than the server may have descriptors, one after the other" {
    mkdir many
    (cd many && seq -f f%g 1200 | xargs touch)
    run prlimit --nofile=1000:1000 "$VMC" run --net none -r "$SMALL" -v ./many:/many:cache=loose -- \
        sh -c 'find /many -newer / -o -print | wc -l; find /many -type f -size 0 | wc -l'
    assert_output $'1201\n1200'
}

# bats test_tags=core:user
@test "a limit that leaves the server no files for the guest is named" {
    run --separate-stderr prlimit --nofile=128:128 "$VMC" run --net none -r "$SMALL" -v .:/here -- true
    assert_refused '--volume .*virtiofsd needs a limit of [0-9]* open files \(ulimit -Hn\), which is 128 here'
}

# All its layers are root's to have.
# bats test_tags=root
@test "--require-jail" {
    run served --require-jail -- echo ran
    assert_output ran
}

# bats test_tags=native,core:user,core:none
@test "under Debian's own kernel, whose driver is a module" {
    run vmc --accel tcg --kernel distro --net none --rootfs-transport virtiofs -- sh -c \
        'sha256sum /usr/bin/vmc-probe && grep -c "^virtiofs " /proc/modules'
    assert_status 0
    assert_match "$output" "$(sha256sum <"$SMALL/usr/bin/vmc-probe" | cut -d' ' -f1) .*probe"$'\n1$'
}

# bats test_tags=core:user
@test "what it does not go with is refused" {
    local refusal
    "$VMC" pack "$SMALL" -o image
    while read -r options refusal; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr "$VMC" run ${options//,/ } --rootfs-transport virtiofs -r "${TREE:-$SMALL}" -- true
        assert_refused "$refusal"
    done <<'LIST'
--host --rootfs-transport cannot go with --host
LIST
    run --separate-stderr "$VMC" run --rootfs-transport virtiofs -r image -- true
    assert_refused 'image is an image, which is a disk'
    run --separate-stderr "$VMC" run --rootfs-transport 9p --direct -r "$SMALL" -- true
    assert_refused '9p is only for reading, and --upper none writes'
    run --separate-stderr vmc --rootfs-transport nfs -- true
    assert_refused "'nfs' is neither 9p nor virtiofs"
}
