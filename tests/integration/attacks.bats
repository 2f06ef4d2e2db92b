# What a hostile guest tries against the host: with requests of its own making, from the inside of a
# privileged container, and by what it leaves behind.
# VMC_CANARY is the number of machines of the last test.
load ../lib/common

ATTACKER=${VMC%/*}/tests/vmc-attacker

# A directory place with a canary and, beside it, the share, which has links to everywhere.
make_target() {
    rm -rf place
    mkdir -p place/canary/inner place/share/dir place/share/swap
    echo CANARY-SECRET | tee place/secret "$XDG_RUNTIME_DIR/secret" >place/canary/secret
    cd place/share || return
    echo plain | tee file dir/file >swap/secret
    ln -s "${PWD%/*}/canary" link-absolute
    ln -s ../canary link-up
    ln -s ../canary swap-link
    ln -s ../../canary dir/link-up
    ln -s / link-root
    ln -s /proc/self/root link-proc
    ln -s ../share link-share
    ln -s link-loop link-loop
    mkfifo fifo
    python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
    ! am_root || mknod device c 1 3
    cd ../.. || return
    host_state >before
}

# Everything that no attack may change, read from outside.
host_state() {
    tree_checksum place/canary
    cat place/secret "$XDG_RUNTIME_DIR/secret"
    find place "$XDG_RUNTIME_DIR" -maxdepth 1 ! -path "$XDG_RUNTIME_DIR/vmc" \
        -printf '%p %y %m %U\n' | sort
    ls -A /
}

check_host() {
    host_state >after
    diff before after || fail "the host has changed (< before, > after)"
    assert_nothing_left
}

# Swaps share/swap and a link, until it is killed; sets SWAPPER.
start_swapping() {
    # renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE)
    perl -e 'my ($a, $b) = @ARGV; while (1) { syscall(316, -100, $a, -100, $b, 2) }' \
        place/share/swap place/share/swap-link 3>&- &
    SWAPPER=$!
    BACKGROUND+=("$SWAPPER")
}

# The guest that is nothing but an attacker, on the tree share. Its console is the report.
attack() {
    run --separate-stderr timeout -k 5 "$DEADLINE" "$VMC" run --accel tcg --net none --upper "$1" \
        --kernel "$ATTACKER" --append "target=$PWD/place/canary" --console console -r place/share \
        -- true 3>&-
}

# Compares the report with what is expected; a device node is root's to make.
check_report() {
    grep -v '^#' console | tr -d '\r' >got
    cp "$VMC_SOURCE/tests/attacks/$1.expected" want
    am_root || sed -i '/ device /d' got want
    diff want got || fail "differences (< expected, > got)"
    ! grep -q CANARY-SECRET console || fail "a secret was read: $(grep -B1 CANARY-SECRET console)"
}

@test "a raw 9P client, on a share that is read-only: an error for each of its attempts" {
    make_target
    start_swapping
    attack ram
    kill "$SWAPPER"
    assert_status 125
    assert_match "$stderr" 'ended before the workload started'
    check_report read-only
    check_host
}

@test "a raw 9P client, on a share that it may write to: nothing outside, and QEMU may end" {
    local upper
    # The descriptors that it can make QEMU hold: few, since the server takes time for each.
    ulimit -n 512
    for upper in none host; do
        make_target
        [ $upper = host ] || start_swapping
        attack $upper
        [ $upper = host ] || kill "$SWAPPER"
        assert_status 125
        # QEMU's own assertion about a name in Twstat: the end of this guest, and of no other.
        assert_match "$stderr" 'ended before the workload started.*local_name_to_path'
        check_report writable
        check_host
    done
}
