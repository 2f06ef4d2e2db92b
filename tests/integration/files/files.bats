# What a Debian system does with its files, for every place that changes can go to.
load ../../lib/common
load ../../lib/host-files

# The outcome of each operation that standard input names.
expected() {
    local exceptions=
    case $1 in
        host | none)
            exceptions=$HOST_FILES
            ;;
    esac
    awk -v exceptions="$exceptions" '
        BEGIN { n = split(exceptions, word); for (i = 1; i < n; i += 2) outcome[word[i]] = word[i + 1] }
        { print $1, $1 in outcome ? outcome[$1] : "ok" }'
}

probe_files() {
    local upper=$1 tree=$2
    vmc_at "$tree" --upper "$upper" -- sh -c 'mkdir /battery && exec vmc-probe files /battery' >got 2>err
}

check_probe() {
    expected "$1" <got >want
    [ "$(wc -l <got)" -ge 30 ] || fail "only $(wc -l <got) operations: $(cat got)"
    diff want got || fail "differences (< expected, > got)"
}

@test "file operations on --upper ram" {
    probe_files ram "$SMALL"
    check_probe ram
}

# bats test_tags=qemu
@test "file operations on --upper disk" {
    probe_files disk "$SMALL"
    check_probe disk
}

@test "file operations on --upper host: what its file system cannot do is an error with its errno" {
    probe_files host "$SMALL"
    check_probe host
}

@test "file operations on --upper none: the same, on the tree itself" {
    copy_tree "$SMALL" tree
    probe_files none "$PWD/tree"
    assert_match "$(cat err)" '^vmc: '
    check_probe none
    remove_tree tree
}

# bats test_tags=qemu
@test "file operations on an image: all of them work" {
    local upper
    "$VMC" pack "$SMALL" -o image
    for upper in ram disk; do
        probe_files "$upper" image
        check_probe "$upper"
    done
}

@test "a file exercised at random is what it should be, wherever changes go" {
    local upper count here
    count=$(core_or_full 1000 3000)
    here="$count operations ok"
    for upper in $GUEST_UPPERS; do
        run vmc --net none --upper "$upper" -- sh -c "mkdir /exercise && vmc-probe exercise /exercise $RANDOM $count"
        assert_output "$here"
    done
    # hostfs has no fallocate(2).
    [ "${VMC_TEST_BACKEND-}" != uml ] || here+=', without fallocate'
    run vmc --net none --upper host -- sh -c "mkdir /exercise && vmc-probe exercise /exercise $RANDOM $count"
    assert_output "$here"
    copy_tree "$SMALL" tree
    run --separate-stderr vmc_at tree --net none --direct -- sh -c "mkdir /exercise && vmc-probe exercise /exercise $RANDOM $count"
    remove_tree tree
    assert_output "$here"
}

@test "--upper none changes the tree, and says so" {
    copy_tree "$SMALL" tree
    run --separate-stderr vmc_at tree --direct -- sh -c 'echo changed >/etc/changed'
    assert_status 0
    assert_match "$stderr" '^vmc: .*tree'
    assert_equal "$(cat tree/etc/changed)" changed
    remove_tree tree
}

@test "the tree is unchanged, content and metadata, wherever changes have gone" {
    local before upper
    before=$(tree_checksum "$SMALL")
    for upper in $GUEST_UPPERS host; do
        run vmc --upper "$upper" -- sh -c '
            echo x >/etc/passwd; rm /etc/debian_version; chmod 700 /usr/bin/env; mkdir /new
            mv /etc/debian_version /elsewhere; chown 5:5 /etc/group; ln /bin/cat /bin/cat2
            echo ran'
        assert_match "$output" 'ran$'
        assert_equal "$(tree_checksum "$SMALL")" "$before"
    done
}

@test "changes are gone with the run" {
    vmc -- sh -c 'echo x >/stays'
    run vmc -- cat /stays
    assert_status 1
}

@test "a size limit on the upper is a full disk inside" {
    local upper
    for upper in $GUEST_UPPERS; do
        run vmc --upper "$upper:16M" -- sh -c 'head -c 64000000 /dev/zero >/big; echo "status $?"'
        assert_match "$output" 'No space left'
        assert_match "$output" 'status 1'
    done
}

# bats test_tags=qemu
@test "--upper disk takes more than the guest's memory" {
    run vmc -m 128M --upper disk:1G -- sh -c 'head -c 200000000 /dev/zero >/big && wc -c </big'
    assert_output 200000000
}

# The battery that every file system has to stand: one boot, one line per subject.
battery() {
    cat <<'SH'
set -u
report() { name=$1; shift; if out=$("$@" 2>&1); then echo "$name ok"; else echo "$name failed: $out" | tr '\n' ' '; echo; fi; }
mkdir -p /battery && chmod 1777 /battery && cd /battery
dpkg_list() { test "$(dpkg -l | grep -c '^ii')" -gt 80; }
python() { test "$(python3 -c 'import json,ssl,sqlite3,hashlib; print(sum(range(10)))')" = 45; }
compile() { printf '#include <stdio.h>\nint main(void){puts("hello");return 7;}\n' >hello.c && gcc -O1 -o hello hello.c && test "$(./hello)" = hello && { ./hello >/dev/null; test $? = 7; }; }
sqlite_fsync() { sqlite3 a.db 'pragma synchronous=full; create table t(x); insert into t values(42);' && test "$(sqlite3 a.db 'select x from t')" = 42; }
sqlite_wal() { test "$(sqlite3 w.db 'pragma journal_mode=wal; create table t(x); insert into t values(1);')" = wal && test "$(sqlite3 w.db 'insert into t values(2); select sum(x) from t; pragma integrity_check')" = "3
ok"; }
attributes() { touch x && setfattr -n user.key -v value x && test "$(getfattr --only-values -n user.key x)" = value; }
acls() { touch y && setfacl -m u:daemon:rw y && getfacl -c y | grep -q user:daemon:rw; }
fifo() { mkfifo f && { echo through >f & } && test "$(cat f)" = through; }
many_files() { mkdir many && for i in $(seq 1 500); do echo $i >many/$i; done && test "$(cat many/* | wc -l)" = 500 && rm -r many; }
tarball() { mkdir t && tar -C /etc -cf t.tar . && tar -C t -xpf t.tar && diff -r --no-dereference /etc t; }
redis() {
    redis-server --port 0 --unixsocket /battery/redis.sock --daemonize yes --dir /battery --logfile /battery/redis.log >/dev/null || return 1
    for i in $(seq 1 100); do [ -S redis.sock ] && [ "$(redis-cli -s redis.sock ping)" = PONG ] && break; sleep 0.2; done
    test "$(redis-cli -s redis.sock set k v)" = OK && test "$(redis-cli -s redis.sock get k)" = v && redis-cli -s redis.sock shutdown save
}
postgres() {
    set -- /usr/lib/postgresql/*/bin
    install -d -o postgres pg || return 1
    su postgres -c "$1/initdb -D /battery/pg/data -A trust --no-locale -E UTF8" >initdb.log 2>&1 || { tail -n 5 initdb.log; return 1; }
    su postgres -c "$1/pg_ctl -D /battery/pg/data -w -t 120 -o '-k /battery/pg -c listen_addresses=' -l /battery/pg/log start" >start.log 2>&1 || { tail -n 5 start.log pg/log; return 1; }
    answer=$(su postgres -c "psql -h /battery/pg -Atc 'create table t as select generate_series(1,100) x; select sum(x) from t'" | tail -n 1)
    su postgres -c "$1/pg_ctl -D /battery/pg/data -m fast stop" >/dev/null
    test "$answer" = 5050
}
for subject in dpkg_list python compile sqlite_fsync sqlite_wal attributes acls fifo many_files tarball redis postgres; do report $subject $subject; done
SH
}

run_battery() {
    VMC_FULL_DEADLINE=420 vmc_full --upper "$1" -- sh -c "$(battery)" >got 2>err </dev/null
}

# Every subject of the battery is ok, but those named.
check_battery() {
    local failures=$1 subjects
    subjects=$(grep -c . got || true)
    [ "$subjects" = 12 ] || fail "$subjects subjects of 12"
    assert_equal "$(grep -v ' ok$' got | cut -d' ' -f1 | tr '\n' ' ')" "$failures"
}

# bats test_tags=core:uml
@test "Debian at work on --upper ram: dpkg, python, gcc, sqlite, PostgreSQL, Redis" {
    run_battery ram
    check_battery ''
}

# bats test_tags=qemu,core:none
@test "Debian at work on --upper disk" {
    run_battery disk:2G
    check_battery ''
}

# bats test_tags=core:none
@test "Debian at work on --upper host: nothing fails, but what hostfs lacks" {
    run_battery host
    if [ "${VMC_TEST_BACKEND-}" = uml ]; then
        check_battery 'attributes acls '
        return
    fi
    check_battery ''
}

# bats test_tags=core:uml
@test "find / -xdev counts what the host counts" {
    # The guest mounts its own file systems over these; -xdev does not enter them on either side.
    local inside outside
    inside=$(vmc_full -- find / -xdev -not -path '/proc/*' -not -path '/sys/*' -not -path '/dev/*' \
        -not -path '/run/*' -not -path '/tmp/*' -print | LC_ALL=C sort)
    outside=$(cd "$FULL" && as_container_root find . -xdev |
        sed 's|^\.$|/|; s|^\.||' | grep -vE '^/(proc|sys|dev|run|tmp)/' | LC_ALL=C sort)
    diff <(echo "$outside") <(echo "$inside") >differences || fail "$(head -n 20 differences)"
    [ "$(wc -l <<<"$inside")" -gt 5000 ] || fail "only $(wc -l <<<"$inside")"
}

# perl: the names in directories, and whether they are the same again and from any place in them.
LISTER='
sub names { my @n; opendir my $d, $_[0] or die "$_[0]: $!"; while (defined(my $e = readdir $d)) { push @n, $e } @n }
for my $dir (@ARGV) {
    my @first = names $dir;
    my @again = names $dir;
    "@first" eq "@again" or die "$dir: another listing: @first / @again\n";
    opendir my $d, $dir or die "$dir: $!";
    my @places;
    do { push @places, telldir $d } while (defined readdir $d);
    @places == @first + 1 or die "$dir: @places\n";
    for my $i (reverse 0 .. $#first) {
        next if $i % 97 && $i != $#first;
        seekdir $d, $places[$i];
        my $e = readdir $d;
        $e eq $first[$i] or die "$dir: $e at the place of $first[$i]\n";
    }
    seekdir $d, $places[-1];
    defined readdir $d and die "$dir: more behind the end\n";
    rewinddir $d;
    readdir $d eq $first[0] or die "$dir: not rewound\n";
    print map { "$dir/$_\n" } sort @first;
}'

@test "a directory lists the same once more, and from any place in it" {
    local directories=(usr/bin usr/lib/*-linux-gnu var/lib/dpkg/info usr/games)
    run --separate-stderr vmc_full -- sh -c "cd / && exec perl -e \"\$0\" ${directories[*]}" "$LISTER"
    assert_status 0
    (cd "$FULL" && as_container_root sh -c "exec perl -e \"\$0\" ${directories[*]}" "$LISTER") >outside
    diff outside <(echo "$output") >differences || fail "$(head -n 20 differences)"
    [ "$(wc -l <outside)" -gt 1500 ] || fail "only $(wc -l <outside)"
    # One that is too long for the guest to keep.
    copy_tree "$SMALL" tree
    as_container_root sh -c 'mkdir -p tree/opt/many && cd tree/opt/many && seq 3000 | sed "s/^/a-name-that-takes-some-room-/" | xargs touch'
    run --separate-stderr vmc_at tree -- sh -c 'ls -aU /opt/many >/tmp/a && ls -aU /opt/many | cmp - /tmp/a && LC_ALL=C sort /tmp/a | cksum'
    assert_output "$(as_container_root ls -a tree/opt/many | LC_ALL=C sort | cksum)"
    remove_tree tree
}

@test "owners, modes and times inside are the host's" {
    local inside outside
    # Without a network these two files are all that is put over the root's own.
    inside=$(vmc --net none -- sh -c 'cd / && find etc usr/bin -mindepth 1 ! -path etc/hosts ! -path etc/hostname -printf "%p %m %U %G %s %y %l\n" | LC_ALL=C sort')
    outside=$(cd "$SMALL" && as_container_root find etc usr/bin -mindepth 1 ! -path etc/hosts ! -path etc/hostname -printf '%p %m %U %G %s %y %l\n' | LC_ALL=C sort)
    diff <(echo "$outside") <(echo "$inside") >differences || fail "$(head -n 20 differences)"
}

@test "the content of every file inside is the host's" {
    local sums='find usr etc -type f ! -path etc/hosts ! -path etc/hostname -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum'
    assert_equal "$(vmc --net none -- sh -c "cd / && $sums")" "$(cd "$SMALL" && as_container_root sh -c "$sums")"
}

@test "a root file system whose path has spaces, newlines, commas and UTF-8" {
    local name names=('com,ma,s' $'new\nline' 'co:lon' 'quo"te'"'" 'a b' 'grüße' 'back\slash' 'equals=x,y')
    copy_tree "$SMALL" tree
    for name in "${names[@]:0:$(core_or_full 4 8)}"; do
        mkdir "$name"
        mv tree "$name/root"
        run --separate-stderr vmc_at "$name/root" -- sh -c 'echo x >/new; cat /new'
        mv "$name/root" tree
        [ "$status $output" = '0 x' ] || fail "path '$name': $status $output $stderr"
    done
    remove_tree tree
}

@test "a relative path, a trailing slash and a symbolic link to the tree" {
    ln -s "$SMALL" link
    run vmc_at link -- echo up
    assert_output up
    cd "$SMALL/etc"
    run vmc_at ../ -- echo up
    assert_output up
}

# bats test_tags=core:uml
@test "/run and /tmp are the tree's own in every mode, and take what the root takes; --tmpfs covers them" {
    local upper
    copy_tree "$SMALL" tree
    as_container_root sh -c 'cd tree && mkdir -p run/service run/cover tmp && chmod 755 run && chmod 1777 tmp && echo mine >tmp/file'
    for upper in $GUEST_UPPERS host none; do
        run --separate-stderr vmc_at tree --net none --upper "$upper" --tmpfs /run/cover:mode=711 -- sh -c '
            cd /run && ls -d service && cat /tmp/file && stat -c %a /run /tmp /run/cover && echo "$0" >>/tmp/written' "$upper"
        assert_output $'service\nmine\n755\n1777\n711'
    done
    assert_equal "$(as_container_root cat tree/tmp/written)" none
    # What is the guest's own layer holds any file, and set-user-ID counts there.
    run vmc_at tree --net none -- sh -c 'mkfifo /run/f && mknod /tmp/null c 1 3 && echo x >/tmp/null && [ -c /tmp/null ] &&
        cp "$(command -v vmc-probe)" /tmp/ && chmod 4755 /tmp/vmc-probe && stat -c %a /tmp/vmc-probe && stat -f -c %T /dev/shm'
    assert_output $'4755\ntmpfs'
    remove_tree tree
}

# bats test_tags=core:uml
@test "a tree without /run and /tmp gets them in the guest's own layer only" {
    copy_tree "$SMALL" tree
    as_container_root rm -rf tree/run tree/tmp
    run vmc_at tree --net none -- stat -c '%a %u' /run /tmp
    assert_output $'755 0\n1777 0'
    run --separate-stderr vmc_at tree --net none --direct -- sh -c 'ls -d /run /tmp 2>/dev/null; true'
    assert_output ''
    remove_tree tree
}

@test "file capabilities of programs in PATH count, on each kind of root" {
    copy_tree "$SMALL" tree
    as_container_root sh -c 'cp tree/bin/cat tree/usr/bin/peep && cp tree/bin/cat tree/usr/bin/plain &&
        setcap cap_dac_override=ep tree/usr/bin/peep && echo hidden >tree/etc/hidden && chmod 600 tree/etc/hidden &&
        ln -s plain tree/usr/bin/other'
    local way ways=('' --read-only --userns)
    # The others are made inside, the same on each kernel.
    [ -n "${VMC_TEST_BACKEND-}" ] || ways=('' --upper=disk:64m --rootfs-transport=virtiofs --cold --read-only --userns)
    for way in "${ways[@]:0:$(core_or_full 3 6)}"; do
        # shellcheck disable=SC2086 # no word or one
        run --separate-stderr vmc_at tree $way --net none -u nobody -- sh -c 'peep /etc/hidden; ! plain /etc/hidden && ! other /etc/hidden'
        assert_status 0
        assert_output hidden
    done
    assert_equal "$(as_container_root getcap tree/usr/bin/peep)" 'tree/usr/bin/peep cap_dac_override=ep'
    remove_tree tree
}

# bats test_tags=qemu
@test "file capabilities on a kept layer: what the guest has made of its programs stays" {
    copy_tree "$SMALL" tree
    as_container_root sh -c 'for name in gone other same; do
        cp tree/bin/cat tree/usr/bin/$name && setcap cap_dac_override=ep tree/usr/bin/$name; done
        echo hidden >tree/etc/hidden && chmod 600 tree/etc/hidden'
    run vmc_at tree --net none --keep --name "capable-$$" -- sh -c 'rm /usr/bin/gone && rm /usr/bin/other && cp /bin/cat /usr/bin/other'
    assert_status 0
    run vmc_at tree --net none --keep --name "capable-$$" -u nobody -- sh -c '! [ -e /usr/bin/gone ] && ! other /etc/hidden && same /etc/hidden'
    assert_match "$output" 'hidden$'
    "$VMC" keep rm "capable-$$"
    remove_tree tree
}

@test "two runs share a tree and do not see each other's changes" {
    mkfifo in
    exec 7<>in
    vmc_background -- sh -c 'echo one >/mine; echo ready; read -r line; cat /mine'
    wait_for "$DEADLINE" has_line out ready || fail "the first does not start"
    run vmc -- sh -c 'cat /mine || echo two >/mine; cat /mine'
    assert_match "$output" 'two$'
    echo >&7
    exec 7>&-
    finish
    assert_equal "$(cat out)" $'ready\none'
}
