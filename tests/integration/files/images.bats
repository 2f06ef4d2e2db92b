# A root file system as one file: vmc pack, and runs of what it makes.
load ../../lib/common

# The image of the small tree, made once for the file.
setup_file() {
    "$VMC" pack "$VMC_TREES/small" -o "$BATS_FILE_TMPDIR/small.img"
}

setup() {
    vmc_setup
    IMAGE=$BATS_FILE_TMPDIR/small.img
}

packed() {
    vmc_at "$IMAGE" --net none "$@"
}

# Changes bytes of a file: poke FILE OFFSET '\x..'
poke() {
    printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "owners, modes, times and contents in an image are the tree's" {
    local list='find etc usr -mindepth 1 ! -path etc/hosts ! -path etc/hostname -printf "%p %m %U %G %s %T@ %l %n\n" | LC_ALL=C sort'
    local sums='find usr etc -type f ! -path etc/hosts ! -path etc/hostname -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum'
    packed -- sh -c "cd / && $list" | grep -v '^usr [0-9]* [0-9]* [0-9]* [0-9]*' >inside
    (cd "$SMALL" && as_container_root sh -c "$list") | grep -v '^usr [0-9]* [0-9]* [0-9]* [0-9]*' >outside
    # The size of a directory, and where its links are counted, is each file system's own.
    diff <(sed -E 's/^([^ ]+ [0-7]+ [0-9]+ [0-9]+) .*/\1/' outside) <(sed -E 's/^([^ ]+ [0-7]+ [0-9]+ [0-9]+) .*/\1/' inside) >differences ||
        fail "owners and modes: $(head -n 20 differences)"
    [ "$(wc -l <inside)" -gt 500 ] || fail "only $(wc -l <inside)"
    assert_equal "$(packed -- sh -c "cd / && $sums")" "$(cd "$SMALL" && as_container_root sh -c "$sums")"
    assert_equal "$(packed -- stat -c '%y %s' /bin/cat /etc/debian_version)" \
        "$(cd "$SMALL" && as_container_root stat -c '%y %s' bin/cat etc/debian_version)"
}

# bats test_tags=core:user
@test "special files, hard links, long names and extended attributes are packed" {
    copy_tree "$SMALL" tree
    as_container_root sh -c 'cd tree && mkdir odd && cd odd && mkfifo fifo && : >one && ln one two &&
        ln -s /no/where link && : >"$(printf %0254d 7)" && : >"a
b" && chown 7:8 one && chmod 4751 one && truncate -s 3000000 sparse && cp ../usr/bin/vmc-probe capable &&
        setcap cap_net_raw+ep capable && setfattr -n user.key -v value one'
    run "$VMC" pack tree -o odd.img
    assert_status 0
    assert_output ''
    remove_tree tree
    IMAGE=$PWD/odd.img
    run packed -- sh -c 'cd /odd && stat -c "%n %F %a %u:%g %h %s" fifo one two sparse && readlink link &&
        ls | wc -l && test -e "$(printf %0254d 7)" && test -e "a
b" && echo both >>one && cat two'
    assert_match "$output" '^fifo fifo'
    assert_match "$output" 'one regular empty file 4751 7:8 2 0'
    assert_match "$output" 'two regular empty file 4751 7:8 2 0'
    assert_match "$output" 'sparse regular file [0-7]+ 0:0 1 3000000'
    assert_match "$output" '/no/where'
    assert_match "$output" $'\n9\nboth$'
    # A file's capabilities are an extended attribute.
    run packed -u nobody -- /odd/capable see
    assert_equal "$(jq -c '.capabilities.effective.names' <<<"$output")" '["NET_RAW"]'
}

# bats test_tags=core:user
@test "an image is a lower layer like a tree: ram and disk, a kept disk, a read-only root" {
    local before upper
    export XDG_DATA_HOME=$PWD/data
    before=$(sha256sum <"$IMAGE")
    for upper in ram disk; do
        run packed --upper "$upper" -- sh -c 'rm /etc/debian_version; echo x >/etc/passwd; mkfifo /f; mv /usr/bin/env /e; cat /etc/passwd; test -e /etc/debian_version || echo gone'
        assert_output $'x\ngone'
    done
    packed --keep --name box -- sh -c 'echo kept >/kept'
    run packed --keep --name box -- cat /kept
    assert_output kept
    run --separate-stderr vmc --net none --keep --name box -- true
    assert_refused 'changes to another root file system'
    run packed --read-only -- sh -c 'touch /x 2>/dev/null || echo read-only'
    assert_output read-only
    assert_equal "$(sha256sum <"$IMAGE")" "$before"
}

# bats test_tags=core:user
@test "volumes lie over an image" {
    mkdir shared
    echo from the host >shared/note
    run packed -v ./shared:/mnt/deep/er -v "$SMALL/etc/group:/etc/group:ro" -- sh -c 'cat /mnt/deep/er/note; echo back >/mnt/deep/er/answer; head -n 1 /etc/group'
    assert_equal "${lines[0]}" 'from the host'
    assert_match "${lines[1]}" '^root:'
    assert_equal "$(cat shared/answer)" back
}

@test "the machine of an image has no share, and its jail no tree" {
    vmc_background --net none -r "$IMAGE" -- sh -c 'echo ready; exec sleep 1000'
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
    local machine
    # Nothing in its arguments names a directory of this test.
    machine=$(pgrep -P "$PID" -f "$QEMU")
    tr '\0' '\n' <"/proc/$machine/cmdline" >arguments
    ! grep -q -e -fsdev arguments || fail "$(cat arguments)"
    grep -q 'read-only=on' arguments || fail "$(cat arguments)"
    [ ! -e "$(echo "$XDG_RUNTIME_DIR"/vmc/*)/share" ] || fail "a share all the same"
    kill -TERM "$PID"
    finish
}

@test "an image is replaced in one step, and never without --force" {
    local before
    cp "$IMAGE" mine.img
    before=$(stat -c %i mine.img)
    run --separate-stderr "$VMC" pack "$SMALL" -o mine.img
    assert_refused 'mine.img already exists; --force'
    assert_equal "$(stat -c %i mine.img)" "$before"
    vmc_background --net none -r "$PWD/mine.img" -- sh -c 'echo ready; read -r x; sha256sum /usr/bin/* | tail -n 1'
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
    run --separate-stderr "$VMC" pack --force "$SMALL" --output mine.img
    assert_status 0
    assert_equal "$output$stderr" ''
    [ "$(stat -c %i mine.img)" != "$before" ] || fail "written into the old one"
    assert_equal "$(stat -c %a mine.img)" 600
    assert_equal "$(find . -maxdepth 1 -type f -name '*img*')" ./mine.img
    kill -TERM "$PID"
    finish
}

# bats test_tags=core:user
@test "machines with an image are copied, and never one of another image" {
    local kind
    export XDG_CACHE_HOME=$PWD/cache
    mkdir -p tree
    copy_tree "$SMALL" tree/root
    for kind in first second; do
        as_container_root sh -c "echo $kind >tree/root/etc/which"
        "$VMC" pack --force tree/root -o which.img
        for _ in template copy; do
            run vmc_at which.img --net none --accel tcg -- cat /etc/which
            assert_output "$kind"
        done
    done
    assert_equal "$("$VMC" template ls | wc -l)" 3
    as_container_root rm -rf tree
}

@test "a packing that is interrupted leaves nothing" {
    mkdir empty
    mkfifo ready
    # In mkfs.erofs's place something that does not end.
    mkdir place
    printf '#!/bin/sh\n: >"%s/started"\nexec sleep 1000\n' "$PWD" >place/mkfs.erofs
    chmod 755 place/mkfs.erofs
    PATH=$PWD/place:$PATH "$VMC" pack "$SMALL" -o "$PWD/empty/image" 2>err &
    PID=$!
    BACKGROUND+=("$PID")
    wait_for "$DEADLINE" test -e started || fail "not started"
    kill -INT "$PID"
    finish
    assert_equal "$STATUS" 130
    assert_match "$(cat err)" '^vmc: interrupted: Interrupt$'
    assert_equal "$(ls -A empty)" ''
}

@test "what mkfs.erofs says when it fails is shown" {
    mkdir place
    printf '#!/bin/sh\necho "no room left" >&2; exit 1\n' >place/mkfs.erofs
    chmod 755 place/mkfs.erofs
    run --separate-stderr env PATH="$PWD/place:$PATH" "$VMC" pack "$SMALL" -o image
    assert_status 125
    assert_equal "$stderr" $'vmc: mkfs.erofs could not make the image\n  | no room left'
    [ ! -e image ] || fail "an image all the same"
}

# bats test_tags=root
@test "what is mounted below a tree is not packed" {
    copy_tree "$SMALL" tree
    mount -t tmpfs none tree/home
    echo secret >tree/home/secret
    run "$VMC" pack tree -o tree.img
    umount tree/home
    remove_tree tree
    assert_status 0
    IMAGE=$PWD/tree.img
    run packed -- ls -A /home
    assert_output ''
}

# bats test_tags=user
@test "an ordinary user's files are root's in the image, as in a run" {
    copy_tree "$SMALL" tree
    echo mine >tree/mine
    unshare --map-root-user --map-auto -- sh -c 'echo x >tree/other && chown 1000:1001 tree/other'
    "$VMC" pack tree -o tree.img
    remove_tree tree
    IMAGE=$PWD/tree.img
    run packed -- stat -c '%u:%g' /mine /other /etc/passwd
    assert_output $'0:0\n1000:1001\n0:0'
}

# bats test_tags=core:user
@test "refused: what is no image, or not one for this run" {
    local other
    head -c 100000 "$IMAGE" >cut.img
    head -c 1100 "$IMAGE" >short.img
    : >empty.img
    cp "$SMALL/etc/passwd" text.img
    cp "$IMAGE" compressed.img
    poke compressed.img 1104 '\x01'
    cp "$IMAGE" blocks.img
    poke blocks.img 1036 '\x20'
    cp "$IMAGE" unknown.img
    poke unknown.img 1088 'other'
    mkfifo fifo.img
    other=$([ "$VMC_TEST_ARCH" = arm64 ] && echo x86_64 || echo arm64)
    check_table <<EOT
--upper host is for directories|run --upper host -r '$IMAGE' -- true
--upper none is for directories|run --direct -r '$IMAGE' -- true
--upper host is for directories|run --upper host --keep --name x -r '$IMAGE' -- true
vmc: --host [rn]|run --host -r '$IMAGE' -- true
is for $VMC_TEST_ARCH|run --arch $other -r '$IMAGE' -- true
is truncated: 100000 bytes|run -r cut.img -- true
is truncated|run -r short.img -- true
not an erofs image|run -r empty.img -- true
not an erofs image|run -r text.img -- true
is compressed|run -r compressed.img -- true
block size 2\^32|run -r blocks.img -- true
does not say which architecture|run -r unknown.img -- true
neither a directory nor a file|run -r fifo.img -- true
neither a directory nor a file|run -r /dev/null -- true
EOT
    run vmc_at unknown.img --arch "$VMC_TEST_ARCH" --net none -- echo up
    assert_output up
}

# bats test_tags=core:user
@test "refused: what cannot be packed, or not there" {
    mkdir -p dir place
    ln -s "$IMAGE" link.img
    check_table <<EOT
needs an argument|pack
--output IMAGE|pack '$SMALL'
is not the name of a file|pack '$SMALL' -o ''
is not the name of a file|pack '$SMALL' -o dir/
not a regular file|pack --force '$SMALL' -o dir
not a regular file|pack --force '$SMALL' -o link.img
not a regular file|pack --force '$SMALL' -o /dev/null
already exists|pack '$SMALL' -o link.img
No such file|pack '$SMALL' -o missing/image
No such file|pack missing -o image
not a directory|pack '$IMAGE' -o image
does not take|pack '$SMALL' -o image more
not an architecture|pack --arch pdp11 '$SMALL' -o image
is a program for $VMC_TEST_ARCH|pack --arch $([ "$VMC_TEST_ARCH" = arm ] && echo x86_64 || echo arm) '$SMALL' -o image
EOT
    [ ! -e image ] || fail "an image all the same"
}
