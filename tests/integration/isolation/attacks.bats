# What a hostile guest tries against the host: with requests of its own making, from the inside of a
# privileged container, and by what it leaves behind.
# VMC_CANARY is the number of machines of the last test, VMC_CANARY_FIRST that of the first: a thousand
# are better had in parts, since a shell whose process numbers come round again may wait for the wrong one.
load ../../lib/common

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

# The guest that is nothing but an attacker, on the tree share: attack UPPER [OPTION...]. Its console is
# the report.
attack() {
    run --separate-stderr timeout -k 5 "$DEADLINE" "$VMC" run --accel tcg --net none --upper "$1" \
        --kernel "$ATTACKER" --append "${LIE:+ring=$LIE }target=$PWD/place/canary" --console console \
        -r place/share "${@:2}" -- true 3>&-
}

# Compares the report with what is expected; a device node is root's to make.
check_report() {
    grep -v '^#' console | tr -d '\r' >got
    cp "$VMC_SOURCE/tests/attacks/$1.expected" want
    am_root || sed -i '/ device /d' got want
    diff want got || fail "differences (< expected, > got)"
    ! grep -q CANARY-SECRET console || fail "a secret was read: $(grep -B1 CANARY-SECRET console)"
}

# bats test_tags=native
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

# bats test_tags=native
@test "a raw FUSE client, on a share that it may write to: nothing outside, and virtiofsd may end" {
    local upper
    for upper in none host; do
        make_target
        [ $upper = host ] || start_swapping
        attack $upper
        [ $upper = host ] || kill "$SWAPPER"
        assert_status 125
        assert_match "$stderr" 'ended before the workload started'
        check_report virtiofs-writable
        check_host
    done
}

# bats test_tags=native,core:root
@test "a raw FUSE client of virtiofs: an error for each of its attempts, and virtiofsd may end" {
    make_target
    attack ram --rootfs-transport virtiofs
    assert_status 125
    # virtiofsd's own assertion about what the guest forgets, which comes last.
    assert_match "$stderr" "the host's files are gone: virtiofsd ended"
    check_report virtiofs
    check_host
    # Lies in the ring end virtiofsd, or change nothing.
    local LIE
    for LIE in 0 1 2 3 4 5 6 7 8 9; do
        attack ram --rootfs-transport virtiofs
        assert_status 125
        [[ $stderr == *'virtiofsd ended'* ]] || grep -q '^# no answer' console || has_line console "after ok" ||
            fail "lie $LIE: $stderr $(cat console)"
        check_host
    done
}

# A root file system of one program, for the container it is root of.
make_guest() {
    rm -rf guest
    mkdir -p guest/bin guest/var guest/opt
    cp "$VMC_GUEST_TESTS/vmc-hostile" guest/bin/hostile
}

# hostile UPPER COMMAND...: a privileged container that means harm.
hostile() {
    timeout -k 5 "$DEADLINE" "$VMC" run --net none --privileged -m 96M --upper "$1" -r guest -- \
        /bin/hostile "${@:2}" 3>&-
}

# What the attempts come to on a file system of the guest's own, and on the host's through virtiofs.
expected_in_guest() {
    cat <<'END'
directory ok
open-up ENOENT
open-canary ENOENT
symlink ok
open-through-link ENOENT
create-through-link ENOENT
link-the-link ok
rename-over-root EBUSY
unlink ok
mknod-null ok
mknod-disk ok
mknod-kvm ok
open-disk ENXIO
open-kvm ENODEV
mkfifo ok
open-fifo ok
setuid ok
capability ok
trusted ok
race ok
open-unlinked ENOSPC
afterwards ok
data ENOSPC
data-flushed ok
data-removed ok
names ENOSPC
name-removed ok
after-names ok
END
}

expected_on_host() {
    expected_in_guest | sed -E '/^afterwards/q' |
        sed -E 's/^(mknod-.*) ok/\1 EPERM/; s/^(open-(disk|kvm|fifo)) .*/\1 ENOENT/
            s/^open-fifo .*/open-fifo ok/; s/^trusted ok/trusted EPERM/
            s/^open-unlinked .*/open-unlinked EMFILE/'
}

# bats test_tags=core:none
@test "root in a privileged container: an error in this guest, nothing on the host" {
    local upper
    make_target
    # 10^5 files that are open and have no name: more than descriptors, inodes or memory.
    ulimit -n 512
    for upper in ram:8M disk:8M host none; do
        make_guest
        case $upper in
            *:*)
                expected_in_guest >want
                run --separate-stderr hostile $upper attack "$PWD/place/canary" 100000 full
                ;;
            *)
                expected_on_host >want
                run --separate-stderr hostile $upper attack "$PWD/place/canary" 100000
                ;;
        esac
        assert_status 0
        grep -v '^#' <<<"$output" >got
        diff want got || fail "$upper: differences (< expected, > got)"
        check_host
    done
}

# One machine that leaves what is hard to remove: it ends by itself, or vmc is killed while the
# guest's root still renames.
leave_behind() {
    local ending=$1 seed=$2
    rm -f out
    : >in
    "$VMC" run --net none --privileged --upper host -r guest -- \
        /bin/hostile leave "$PWD/place/canary" "$seed" "$ending" <in >out 2>err 3>&- &
    PID=$!
    BACKGROUND+=("$PID")
    wait_for "$DEADLINE" ready_or_gone
    has_line out ready || fail "seed $seed: the guest does not get ready"
    [ "$ending" = end ] || kill -KILL "$PID"
    finish
    [ "$ending" = stay ] || assert_equal "$STATUS $(cat err)" "7 "
}

ready_or_gone() {
    has_line out ready || gone "$PID"
}

@test "cleaning up follows no link that the guest left, nor after vmc was killed (VMC_CANARY)" {
    local seed first=${VMC_CANARY_FIRST:-1} count=${VMC_CANARY:-4}
    make_target
    make_guest
    for ((seed = first; seed < first + count; seed++)); do
        if [ $((seed % 4)) = 2 ]; then
            leave_behind stay "$seed"
        else
            leave_behind end "$seed"
            [ -z "$(run_directories)" ] || fail "seed $seed: left: $(run_directories)"
        fi
        host_state | diff before - || fail "seed $seed has changed the host (< before, > after)"
    done
    # What a killed one has left goes with the next start.
    run hostile ram leave / 0 end
    assert_status 7
    check_host
}
