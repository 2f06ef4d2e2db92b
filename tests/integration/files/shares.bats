# What the host and a guest share, held against the host's own file system: files that are replaced and
# removed while they are open, listings while others change the directory, calls and their errors.
# docs/volumes.md says how they come there. QEMU's machines have them by virtiofs, User Mode Linux by
# hostfs.
load ../../lib/common
load ../../lib/host-files

# Thousands of requests, each of which two processes take turns for: on a busy host that takes its time.
DEADLINE=240

setup() {
    vmc_setup
    mkdir volume
}

# Volumes of every cache mode at /none, /mmap and /loose, or the one that hostfs has.
every_mode() {
    MODES=$([ "${VMC_TEST_BACKEND-}" = uml ] && echo none || echo none mmap loose)
    VOLUMES=()
    local mode
    for mode in $MODES; do
        mkdir -p "$mode"
        VOLUMES+=(-v "./$mode:/$mode:cache=$mode")
    done
}

# Files keep come and go around N that stay, in DIR, until CHURN is killed: churn DIR N.
churn() {
    local number
    for ((number = 0; number < $2; number++)); do : >"$1/keep$number"; done
    perl -e 'my $d = shift; for (my $n = 0; ; $n++) {
        for my $i (0 .. 19) { open(my $f, ">", "$d/new$i"); close($f) }
        rename("$d/new$_", "$d/other$_") for 0 .. 9;
        unlink("$d/new$_", "$d/other$_") for 0 .. 19; select(undef, undef, undef, 0.005) }' "$1" 3>&- &
    CHURN=$!
    BACKGROUND+=("$CHURN")
}

@test "every listing is whole while the host, and another guest, make and remove files" {
    local rounds
    rounds=$(core_or_full 20 50)
    churn volume 200
    vmc_background --net none -v ./volume:/v -- sh -c '
        echo ready; while [ ! -e /v/end ]; do touch /v/guest1 /v/guest2; mv /v/guest1 /v/guest3; rm -f /v/guest?; sleep 0.01; done'
    wait_for "$DEADLINE" has_line out ready || fail "the first guest does not start"
    run vmc --net none -v ./volume:/v -- sh -c '
        for i in $(seq '"$rounds"'); do ls /v | grep -c "^keep"; stat /v/keep$i >/dev/null && : </v/keep$i; done | sort | uniq -c'
    assert_status 0
    assert_match "$output" "^ *$rounds 200\$"
    kill "$CHURN"
    touch volume/end
    finish
    assert_equal "$STATUS" 0
}

# DIR WHO COUNT: a lock file is made and removed so often, or until there is the file end; says how often
# somebody else had it, too.
lock_in_turns='
import os, sys
os.chdir(sys.argv[1])
me, left, shared = sys.argv[2].encode(), int(sys.argv[3]), 0
while left and not os.path.exists("end"):
    try:
        os.close(os.open("lock", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
    except FileExistsError:
        continue
    with open("owner", "r+b", buffering=0) as owner:
        owner.write(me)
        shared += any(os.pread(owner.fileno(), 1, 0) != me for _ in range(3))
    os.unlink("lock")
    left -= 1
print("shared", shared)'

@test "a lock file (O_EXCL) that the host makes, too, is one side's at a time" {
    : >volume/owner
    python3 -c "$lock_in_turns" volume h -1 >host 2>&1 3>&- &
    BACKGROUND+=("$!")
    run vmc_full --net none -v ./volume:/v -- python3 -c "$lock_in_turns" /v g 40
    touch volume/end
    wait "${BACKGROUND[0]}"
    assert_output 'shared 0'
    assert_equal "$(cat host)" 'shared 0'
}

# hostfs opens a file by its name: one that has gone since it was looked up is ENOENT.
# bats test_tags=qemu
@test "names that the host makes, replaces and removes, too, without a pause: a call ends as it would on one system" {
    perl -e 'chdir(shift); for (my $n = 0; ; $n++) {
        my ($name, $other) = ("name" . $n % 3, "name" . ($n + 1) % 3);
        open(my $f, ">", $name); close($f); rename($name, $other) if $n % 2; unlink($name) }' volume 3>&- &
    CHURN=$!
    BACKGROUND+=("$CHURN")
    run --separate-stderr vmc_full --net none -v ./volume:/v -- python3 -c '
import collections, errno, os
os.chdir("/v")
said = collections.Counter()
def call(what, *arguments):
    try:
        what(*arguments)
    except OSError as e:
        if what is make or e.errno != errno.ENOENT:
            said[f"{what.__name__}: {e.strerror}"] += 1
def make(name):
    os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o644))
for n in range(60):
    call(make, f"name{n % 3}")
    call(os.rename, f"name{n % 3}", f"name{(n + 1) % 3}")
    call(os.unlink, f"name{(n + n // 3) % 3}")
print(dict(said))'
    kill "$CHURN"
    assert_status 0
    assert_output '{}'
}

@test "a file that is replaced or removed while it is open stays that file, in every cache mode" {
    every_mode
    # shellcheck disable=SC2086 # words
    run vmc_full --net none "${VOLUMES[@]}" -- python3 -c '
import os, sys
for mode in sys.argv[1:]:
    os.chdir("/" + mode)
    def new(name, text):
        fd = os.open(name, os.O_CREAT | os.O_RDWR, 0o644)
        os.write(fd, text)
        return fd
    old = new("file", b"old" * 1000)
    os.close(new("next", b"new"))
    os.rename("next", "file")
    os.pwrite(old, b"OLD", 0)
    os.ftruncate(old, 2000)
    os.fchmod(old, 0o600)
    print(mode, "old", os.pread(old, 3, 0), os.fstat(old).st_size, oct(os.fstat(old).st_mode), os.fstat(old).st_nlink)
    print(mode, "new", open("file", "rb").read(), oct(os.stat("file").st_mode))
    gone = new("gone", b"gone" * 10)
    os.unlink("gone")
    os.ftruncate(gone, 4)
    os.fchmod(gone, 0o640)
    os.fchown(gone, 5, 6)
    os.utime(gone, (1, 2))
    st = os.fstat(gone)
    print(mode, "gone", st.st_size, oct(st.st_mode), st.st_uid, st.st_gid, st.st_mtime, st.st_nlink)
' $MODES
    assert_status 0
    # hostfs says what the last look by name has said.
    local links=0
    [ "${VMC_TEST_BACKEND-}" != uml ] || links=1
    for mode in $MODES; do
        assert_match "$output" "$mode old b'OLD' 2000 0o100600 0"
        assert_match "$output" "$mode new b'new' 0o100644"
        assert_match "$output" "$mode gone 4 0o100640 5 6 2.0 $links"
        assert_equal "$(cat "$mode/file") $(stat -c %a "$mode/file")" 'new 644'
        assert_equal "$(ls "$mode")" file
    done
}

# bats test_tags=qemu
@test "what calls say, as root and as a user, is what they say on the host" {
    local id
    mkdir inside outside
    chmod 777 inside outside
    for id in $(core_or_full 1000 "0 1000"); do
        as_container_root "$VMC_GUEST_TESTS/vmc-probe" calls "$PWD/outside" "$id" >want
        vmc --net none -v ./inside:/inside -- vmc-probe calls /inside "$id" >got
        # What root writes to keeps its set-user-ID bit on the host. A server that is root of a user namespace
        # loses it: the kernel asks for CAP_FSETID of the first one.
        [ "$id" != 0 ] || sed -i '/^open-write setuid:/d; /^truncate setuid:/d' want got
        [ "$(wc -l <want)" -ge 400 ] || fail "only $(wc -l <want) calls"
        diff want got >differences || fail "as $id: $(head -n 20 differences)"
    done
}

# bats test_tags=qemu,core:none
@test "5000 operations on a file, in every cache mode and on a root that is shared" {
    every_mode
    local mode
    for mode in $MODES; do
        run --separate-stderr vmc --net none "${VOLUMES[@]}" -- vmc-probe exercise "/$mode" "$RANDOM" 5000
        assert_output '5000 operations ok'
    done
    run --separate-stderr vmc --net none --upper host -- sh -c 'mkdir /x && vmc-probe exercise /x '$RANDOM' 5000'
    assert_output '5000 operations ok'
}

# bats test_tags=qemu
@test "attributes: capabilities and ACLs of files, given in a guest, are there in the next" {
    run vmc_full --net none -v ./volume:/v -- python3 -c '
import os, struct
os.close(os.open("/v/file", os.O_CREAT | os.O_RDWR, 0o644))
os.setxattr("/v/file", "security.capability", struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0))
os.setxattr("/v/file", "user.name", b"value")
os.setxattr("/v/file", "system.posix_acl_access", struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", *e) for e in ((1, 6, 0xffffffff), (2, 6, 1000), (4, 4, 0xffffffff), (16, 6, 0xffffffff), (32, 0, 0xffffffff))))'
    assert_status 0
    run vmc_full --net none -v ./volume:/v -- sh -c '
        python3 -c "import os; print(sorted(os.listxattr(\"/v/file\")), os.getxattr(\"/v/file\", \"security.capability\").hex())"
        setpriv --reuid 1000 --regid 1000 --clear-groups sh -c "echo x >>/v/file && echo written"
        setpriv --reuid 1001 --regid 1001 --clear-groups sh -c "cat /v/file || echo refused" 2>/dev/null'
    assert_output "['security.capability', 'system.posix_acl_access', 'user.name'] 0100000200200000000000000000000000000000
written
refused"
}

# The only way to have none: a directory of the host's is hidden from this run.
# bats test_tags=root,qemu
@test "without a virtiofsd, what 9p would do wrong is refused, and what it lacks is said" {
    local options refusal rounds
    rounds=$(core_or_full 30 100)
    hidden() {
        # shellcheck disable=SC2016
        unshare -m sh -c 'for f in /usr/lib/qemu/virtiofsd /usr/libexec/virtiofsd; do
            [ ! -e $f ] || mount --bind /dev/null $f; done; exec "$0" "$@"' "$VMC" run --net none -r "$SMALL" "$@"
    }
    echo content >volume/file
    while read -r options refusal; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr hidden ${options//,/ } -- true
        assert_refused "$refusal"
    done <<'LIST'
-v,./volume:/v --volume ./volume: no virtiofsd is installed: apt install .*\(:ro\)
--upper,host --upper host: no virtiofsd is installed
--kernel,distro,-v,./volume:/v:ro --volume ./volume: .* this kernel mistakes a failed listing
LIST
    churn volume 200
    run --separate-stderr hidden -v ./volume:/v:ro -- sh -c '
        for i in $(seq '"$rounds"'); do ls /v | grep -c "^keep"; done | sort | uniq -c; cat /v/file; : >/v/new'
    kill "$CHURN"
    assert_match "$output" "^ *$rounds 200"
    assert_match "$output" $'\ncontent'
    assert_equal "$(grep -c '^vmc: no usable virtiofsd, so volumes use 9p' <<<"$stderr")" 1
}
