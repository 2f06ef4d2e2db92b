# Upper layers that outlive their runs: vmc run --keep, vmc keep.
load ../../lib/common

setup() {
    vmc_setup
    export XDG_DATA_HOME=$PWD/data
}

@test "kept changes are there in the next run of that name, and nowhere else" {
    local before
    before=$(tree_checksum "$SMALL")
    run --separate-stderr vmc --net none -k --name box-1 -- sh -c '
        uname -n; echo kept >/kept; rm /etc/debian_version; chmod 751 /; mkdir -m 700 /dir; chown 5:6 /dir; mkfifo /fifo'
    assert_status 0
    assert_output box-1
    assert_equal "$stderr" ''
    run vmc --net none --keep --name box-1 --hostname other --upper disk -- sh -c '
        uname -n; cat /kept; stat -c "%a %u:%g %F" / /dir /fifo; test -e /etc/debian_version || echo gone'
    assert_output $'other\nkept\n751 0:0 directory\n700 5:6 directory\n644 0:0 fifo\ngone'
    run vmc --net none --name box-1 -- sh -c 'test -e /kept || echo fresh'
    assert_output fresh
    assert_equal "$(tree_checksum "$SMALL")" "$before"
    run "$VMC" keep ls --json
    assert_match "$(tr -d ' \n' <<<"$output")" '^\[\{"name":"box-1","in_use":false,"size":17179869184,"used":[0-9]+,"rootfs":"'"$(realpath "$SMALL")"'"\}\]$'
    run "$VMC" keep rm box-1
    assert_output box-1
    assert_equal "$(ls -A data/vmc/kept)" ''
}

# bats test_tags=core:user
@test "without a name one is made up and said" {
    local name
    run --separate-stderr vmc --net none --keep -- sh -c 'echo kept >/kept'
    assert_status 0
    assert_match "$stderr" '^vmc: changes are kept: --keep --name [0-9a-f]{12}$'
    name=${stderr##* }
    run vmc --net none --keep --name "$name" -- cat /kept
    assert_output kept
}

@test "one run at a time; vmc or QEMU killed: what was synchronized is there, and it mounts again" {
    local victim
    for victim in vmc qemu; do
        rm -f out
        vmc_background --net none --keep --name box -- sh -c "
            echo $victim >/synced; sync; echo ready; i=0; while :; do i=\$((i + 1)); echo \$i >/busy\$((i % 50)); rm -f /busy\$(((i + 7) % 50)); done"
        wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
        run --separate-stderr vmc --net none --keep --name box -- true
        assert_refused 'box is in use'
        run --separate-stderr "$VMC" keep rm box
        assert_refused 'box is in use'
        run "$VMC" keep ls
        assert_match "$output" 'box +in use'
        if [ $victim = vmc ]; then
            kill -KILL "$PID"
        else
            kill -KILL "$(machine_processes | head -n 1)"
        fi
        finish 10
        wait_for 5 no_machine || fail "QEMU is left"
        run --separate-stderr vmc --net none --keep --name box -- sh -c 'cat /synced; echo x >/after; ls / >/dev/null'
        assert_status 0
        assert_equal "$stderr" ''
        assert_output "$victim"
    done
    # The image is sound, which fsck knows better than a mount.
    run vmc --net none --keep --name box -- sync
    run env PATH="$PATH:/usr/sbin:/sbin" e2fsck -fp data/vmc/kept/box/upper.img
    [ "$status" -le 1 ] || fail "e2fsck: $output"
}

# bats test_tags=core:user
@test "directories of the tree can be renamed, chmod copies no contents, also in a layer made before that" {
    copy_tree "$SMALL" tree
    as_container_root sh -c 'mkdir -p tree/srv/dir/sub && echo in >tree/srv/dir/sub/file && echo a >tree/srv/h1 && truncate -s 1G tree/srv/sparse'
    # As vmc made them without the overlay's redirects.
    mkdir -p old/upper/srv old/work data/vmc/kept/old
    echo before >old/upper/srv/before
    truncate -s 64m data/vmc/kept/old/upper.img
    PATH=$PATH:/usr/sbin:/sbin mke2fs -q -t ext4 -E root_owner=0:0 -d old data/vmc/kept/old/upper.img
    printf %s "$PWD/tree" >data/vmc/kept/old/rootfs
    chmod 700 data/vmc/kept data/vmc/kept/old
    run --separate-stderr vmc_at tree --net none --keep --name old -- sh -c '
        cd /srv && cat before && vmc-probe rename dir moved && chmod 600 sparse && echo more >>h1 && ls'
    assert_equal "$stderr" ''
    assert_output $'before\nbefore\nh1\nmoved\nsparse'
    run --separate-stderr vmc_at tree --net none --keep --name old -- sh -c '
        cd /srv && cat moved/sub/file before h1 && stat -c "%a %s" sparse && vmc-probe rename moved dir && ls -d *'
    assert_output $'in\nbefore\na\nmore\n600 1073741824\nbefore\ndir\nh1\nsparse'
    remove_tree tree
}

# bats test_tags=core:user
@test "an image whose making was interrupted is made anew" {
    mkdir -p data/vmc/kept/box
    head -c 100000 /dev/zero >data/vmc/kept/box/upper.img
    run vmc --net none --keep --name box --upper disk:64m -- sh -c 'echo fine >/x; cat /x'
    assert_output fine
    run --separate-stderr vmc --net none --keep --name box --upper disk:64m -- cat /x
    assert_output fine
}

# bats test_tags=core:user
@test "bad input: one line, status 125" {
    vmc --net none --keep --name box --upper disk:64m -- true
    mkdir other
    check_table <<'EOT'
has none|run --keep --upper ram @
has none|run --keep --upper host @
has none|run --keep --direct @
'x' is not a name|run --name x @
'' is not a name|run --name= @
not a name|run --keep --name ../box @
leave out the size|run --keep --name box --upper disk:65m @
changes to another root file system|run --arch $VMC_TEST_ARCH --keep --name box -r other true
no such kept container: missing|keep rm box missing
not a name|keep rm ../kept
followed by one of ls, rm|keep
does not take|keep ls box
EOT
    assert_equal "$(ls data/vmc/kept)" box
}
