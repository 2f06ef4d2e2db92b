# Volumes: what the guest sees of the host's files, what the host sees of the guest's, and what is
# left. docs/volumes.md describes them.
load ../../lib/common
load ../../lib/host-files

setup() {
    vmc_setup
    export XDG_DATA_HOME=$PWD/data
    mkdir src
}

# --- a guest that is told what to do, step by step ---------------------------------------

# Starts it with options of `vmc run`; ends with end_guest.
start_guest() {
    rm -f in out
    mkfifo in
    STEPS=0
    vmc_background --net none "$@" -- sh -c 'echo ready; while read -r line; do eval "$line"; echo "= $?"; done 2>&1'
    exec 7>in
    wait_for "$DEADLINE" has_line out ready || fail "the guest does not start"
}

steps_done() {
    [ "$(grep -c '^= ' out)" -ge "$STEPS" ]
}

# Runs a line of shell in the guest; its output is in ANSWER.
guest() {
    STEPS=$((STEPS + 1))
    printf '%s\n' "$1" >&7
    wait_for "$DEADLINE" steps_done || fail "no answer to: $1"
    ANSWER=$(awk -v step="$STEPS" '/^= / { if (++n == step) exit; text = ""; next } $0 != "ready" { text = text $0 "\n" } END { printf "%s", text }' out)
}

# guest_says TEXT LINE: that line of shell prints TEXT.
guest_says() {
    guest "$2"
    [ "$ANSWER" = "$1" ] || fail "the guest says '$ANSWER', not '$1', to: $2"
}

end_guest() {
    exec 7>&-
    finish
    assert_equal "$STATUS" 0
}

# --- mounting ------------------------------------------------------------------------------

# bats test_tags=qemu,core:user
@test "directories, files, nested volumes, names with spaces, commas and UTF-8: one boot" {
    local before
    before=$(tree_checksum "$SMALL")
    mkdir -p 'a b, grüße' src/inner nested
    echo one >src/file
    echo two >'a b, grüße/ä ö'
    echo three >nested/file
    ln -s src link
    mkdir 'co:lon'
    echo four >'co:lon/file'
    ln -s 'co:lon' colon
    run --separate-stderr vmc --net none -v ./src:/data -v './a b, grüße:/mnt/x y/ü' \
        -b "$PWD/src/file" --bind=./src/file:/etc/debian_version:ro --volume ./nested:/data/inner/deep:cache=mmap \
        -v ./link:/linked:ro,cache=loose -v ./colon:/colon -v ./src/file:/tmp/file -v ./src:/run/src -- sh -c '
        cat /data/file "/mnt/x y/ü/ä ö" "$1" /etc/debian_version /data/inner/deep/file /linked/file
        cat /colon/file /tmp/file /run/src/file
        echo guest >/data/new; echo guest >"/mnt/x y/ü/neu ü"; echo guest >>"$1"
        mkdir /data/dir && ln -s file /data/symlink && mv /data/new /data/dir/moved
        grep " virtiofs " /proc/mounts | cut -d" " -f2 | sort' sh "$PWD/src/file"
    assert_status 0
    assert_equal "$stderr" ''
    assert_equal "$(head -n 9 <<<"$output" | tr '\n' ' ')" 'one two one one three one four one one '
    assert_equal "$(tail -n +10 <<<"$output" | sed "s|$PWD|.|" | LC_ALL=C sort)" "./src/file
/colon
/data
/data/inner/deep
/etc/debian_version
/linked
/mnt/x\\040y/ü
/run/src
/tmp/file"
    assert_equal "$(cat src/dir/moved 'a b, grüße/neu ü')" $'guest\nguest'
    assert_equal "$(cat src/file)" $'one\nguest'
    assert_equal "$(readlink src/symlink)" file
    # The places were made in the guest's own layer; that in a volume is the volume's.
    assert_equal "$(tree_checksum "$SMALL")" "$before"
    [ -d src/inner/deep ] || fail "no place for the nested volume"
}

# A volume to write to is by the same server, or with another cache mode by another: then the first one's changes nothing.
# bats test_tags=core:user
@test "read-only on the guest's side, and on the host's where the guest has undone its own" {
    local modes='none mmap' mode
    [ "${VMC_TEST_BACKEND-}" != uml ] || modes=none
    echo one >src/file
    echo one >single
    for mode in $modes; do
        rm -f src/written
        run vmc_full --net none --privileged -v ./src:/data:ro -v ./single:/single:ro -v "./src:/rw:cache=$mode" -- sh -c '
            for m in /data /single; do grep " $m \(virtiofs\|hostfs\) ro," /proc/mounts >/dev/null || echo "$m is not read-only"; done
            echo x >/data/file; rm /data/file; touch /data/new; echo x >/single
            python3 -c "
import ctypes
for place in b\"/data\", b\"/single\":
    print(ctypes.CDLL(None).mount(None, place, None, 0x1020, None)) # MS_REMOUNT | MS_BIND
"
            grep -c " /\(data\|single\) [^ ]* rw," /proc/mounts
            echo x >/data/file; rm /data/file; touch /data/new; echo x >/single; chmod 600 /data/file
            mkdir /data/dir; ln -s file /data/link; ln /data/file /data/other; mv /data/file /data/other
            echo y >/rw/written' 2>&1
        assert_status 0
        assert_equal "$(grep -c 'Read-only file system' <<<"$output")" 13
        assert_equal "$(grep -v 'Read-only file system' <<<"$output" | tr '\n' ' ')" '0 0 2 '
        assert_equal "$(cat src/file single src/written)" $'one\none\ny'
        assert_equal "$(ls src)" $'file\nwritten'
    done
}

# bats test_tags=core:user
@test "both sides write, and each sees at once what the other does" {
    start_guest -v ./src:/data
    # New files, contents, sizes, names.
    echo one >src/a
    guest_says one 'cat /data/a'
    guest 'echo two >/data/b'
    assert_equal "$(cat src/b)" two
    guest_says 'gone' 'test -e /data/later || echo gone'
    echo here >src/later
    guest_says here 'cat /data/later'
    rm src/later
    guest_says gone 'test -e /data/later || echo gone'
    mkdir src/dir
    guest_says 'a b dir' 'cd /data && echo * && cd /'
    mv src/dir src/folder
    guest_says 'a b folder' 'cd /data && echo * && cd /'
    guest 'rmdir /data/folder'
    [ ! -e src/folder ] || fail "the host has a directory that the guest removed"
    # A file that the guest holds open, all the time.
    guest 'exec 5<>/data/a'
    guest_says one 'head -n 1 <&5'
    echo three >>src/a
    guest_says three 'cat <&5'
    guest 'echo four >&5'
    assert_equal "$(cat src/a)" $'one\nthree\nfour'
    printf 'ONE' | dd of=src/a conv=notrunc status=none
    guest_says ONE 'head -n 1 /data/a'
    # Shortened while it is open: the guest takes the new end, and is not stuck looking for the old.
    guest 'seq 100 >/data/short; exec 8</data/short'
    echo all >src/short
    guest_says 'all.' 'while read -r line <&8; do printf "%s." "$line"; done; echo'
    # Replaced, as editors do. hostfs has the name's old file for as long as that is open.
    [ "${VMC_TEST_BACKEND-}" != uml ] || guest 'exec 5<&-'
    echo new >src/a.new
    mv src/a.new src/a
    guest_says new 'cat /data/a'
    # Appending in turns loses nothing.
    guest 'exec 6>>/data/log'
    for number in 1 2 3; do
        guest "echo guest $number >&6"
        echo "host $number" >>src/log
    done
    assert_equal "$(tr '\n' ' ' <src/log)" 'guest 1 host 1 guest 2 host 2 guest 3 host 3 '
    guest_says "$(cat src/log)" 'cat /data/log'
    # Modes and times.
    chmod 640 src/b
    guest_says 640 'stat -c %a /data/b'
    guest 'chmod 604 /data/b; touch -d @1000000 /data/b'
    assert_equal "$(stat -c '%a %Y' src/b)" '604 1000000'
    end_guest
}

# bats test_tags=core:user,core:uml
@test "a volume in the place of a file that vmc provides, and one around such files" {
    mkdir etc
    cp "$SMALL/etc/passwd" etc/
    echo '192.0.2.1 mine' >src/hosts
    run vmc -v ./src/hosts:/etc/hosts -- cat /etc/hosts
    assert_output '192.0.2.1 mine'
    run vmc -v ./etc:/etc:ro -- sh -c 'ls /etc'
    assert_output passwd
    run vmc -v ./etc:/etc -- true
    assert_equal "$(ls etc)" passwd
}

# bats test_tags=core:user
@test "one volume in two guests at once: each sees what the other does" {
    start_guest -v ./src:/data
    run vmc --net none -v ./src:/data -- sh -c 'echo other >/data/other; cat /data/other'
    assert_output other
    guest_says other 'cat /data/other'
    guest 'echo first >/data/other'
    run vmc --net none -v ./src:/data:ro -- cat /data/other
    assert_output first
    end_guest
}

# bats test_tags=qemu,core:user
@test "the three cache modes, and shared memory maps where the mode says so" {
    local mode
    mkdir none mmap loose
    run vmc_full --net none -v ./none:/none:cache=none -v ./mmap:/mmap:cache=mmap -v ./loose:/loose:cache=loose -- python3 -c '
import mmap, os
for mode in ("none", "mmap", "loose"):
    with open(f"/{mode}/file", "w+b") as f:
        f.write(b"x" * 4096)
        f.flush()
        try:
            with mmap.mmap(f.fileno(), 4096) as m:
                m[0:6] = b"mapped"
            print(mode, "mapped")
        except OSError as e:
            print(mode, e.strerror)
'
    assert_output $'none mapped\nmmap mapped\nloose mapped'
    for mode in none mmap loose; do
        assert_equal "$(head -c 7 $mode/file)" mappedx
    done
}

# The operations of standard input with another outcome than 'ok', against a table of them.
check_files() {
    [ "$(wc -l <"$1")" -ge 30 ] || fail "only $(wc -l <"$1") operations: $(cat "$1")"
    diff <(tr -s ' ' <<<"$2" | sed 's/^ //; /^$/d' | sort) <(grep -v ' ok$' "$1" | sort) ||
        fail "differences (< expected, > got)"
}

# bats test_tags=qemu,core:user
@test "file operations, and a file exercised at random, in every cache mode" {
    local mode count
    count=$(core_or_full 1500 3000)
    mkdir none mmap loose
    DEADLINE=240 vmc --net none -v ./none:/none:cache=none -v ./mmap:/mmap:cache=mmap -v ./loose:/loose:cache=loose -- sh -c "
        for mode in none mmap loose; do
            mkdir /\$mode/files /\$mode/exercise
            vmc-probe files /\$mode/files >/\$mode/outcomes
            vmc-probe exercise /\$mode/exercise $RANDOM $count
        done" >out 2>err
    assert_equal "$(sort out | uniq -c | tr -s ' ')" " 3 $count operations ok"
    for mode in none mmap loose; do
        check_files $mode/outcomes "$VIRTIOFS"
    done
    as_container_root rm -rf none mmap loose
}

# bats test_tags=native,core:user
@test "two writers of one file, in two guests, and a guest and the host: no byte is lost or late" {
    local turns=40
    for second in guest host; do
        rm -f src/turns out
        vmc_background --net none -v ./src:/data -- vmc-probe turns /data/turns first "$turns"
        if [ "$second" = guest ]; then
            run vmc --net none -v ./src:/data -- vmc-probe turns /data/turns second "$turns"
        else
            run "$VMC_GUEST_TESTS/vmc-probe" turns src/turns second "$turns"
        fi
        assert_output "$turns turns ok"
        finish
        assert_equal "$(cat out)" "$turns turns ok"
        assert_equal "$(grep -c '^turn' src/turns)" "$((2 * turns))"
    done
}

# --- ids -------------------------------------------------------------------------------------

# bats test_tags=root
@test "ids: root's volumes have the host's, also those that the guest gives" {
    touch src/mine src/his src/far
    chown 1234:567 src/his
    chown 100000:100000 src/far
    run vmc --net none -v ./src:/data -- sh -c '
        cd /data; stat -c "%u:%g" mine his far; touch new; mkdir dir; touch given; chown 77:88 given; stat -c %u:%g new given'
    assert_output $'0:0\n1234:567\n65534:65534\n0:0\n77:88'
    run vmc --net none -u 1234:567 -v ./src:/data -- sh -c 'echo x >>/data/his; echo x >>/data/mine'
    assert_status 2
    assert_equal "$(cd src && stat -c '%n %u:%g' -- * | tr '\n' ' ')" \
        'dir 0:0 far 100000:100000 given 77:88 his 1234:567 mine 0:0 new 0:0 '
    assert_equal "$(stat -c %s src/his src/mine)" $'2\n0'
}

# bats test_tags=user
@test "ids: an ordinary user's files are root's inside, others' nobody's, and subordinate ids count" {
    local first
    first=$(sed -n "s/^$(id -un):\([0-9]*\):.*/\1/p" /etc/subuid | head -n 1)
    touch src/mine
    chmod 777 src
    run --separate-stderr vmc --net none -v ./src:/data -v /etc/hostname:/theirs -- sh -c '
        cd /data; stat -c %u mine /theirs; touch new; touch given; chown 77 given; stat -c %u new given
        echo x >/theirs'
    assert_status 2
    assert_output $'0\n65534\n0\n77'
    run vmc --net none -u 1234 -v ./src:/data -- touch /data/other
    assert_status 0
    assert_equal "$(cd src && stat -c '%n %u' -- * | tr '\n' ' ')" \
        "given $((first + 76)) mine $(id -u) new $(id -u) other $((first + 1233)) "
    as_container_root rm src/given src/other
}

# --- named volumes ---------------------------------------------------------------------------

@test "named volumes: made at first use, kept, listed, in use, removed without following links" {
    local path
    mkdir canary
    echo alive >canary/file
    run --separate-stderr vmc --net none -v store:/store -v other:/other:ro -- sh -c '
        stat -c "%u %a" /store; echo kept >/store/file; mkdir -p /store/d/e; touch /store/d/e/f; chown 12 /store/d
        chmod 0 /store/d/e; ln -s "$1" /store/link; ln -s "$1" /store/d/.vmc-removed-0' sh "$PWD/canary"
    assert_status 0
    assert_equal "$stderr" ''
    assert_output '0 755'
    start_guest -v store:/again
    guest_says kept 'cat /again/file'
    path=$XDG_DATA_HOME/vmc/volumes/store/data
    assert_equal "$(stat -c %a "$XDG_DATA_HOME/vmc/volumes")" 700
    run "$VMC" volume ls
    assert_equal "$(awk '{ print $1, $NF }' <<<"$output")" "NAME DIRECTORY
other ${path/store/other}
store $path"
    run "$VMC" volume ls --json
    assert_equal "$(tr -d ' \n' <<<"$output")" \
        "[{\"name\":\"other\",\"in_use\":false,\"path\":\"${path/store/other}\"},{\"name\":\"store\",\"in_use\":true,\"path\":\"$path\"}]"
    run --separate-stderr "$VMC" volume rm other store
    assert_refused 'store is in use'
    run --separate-stderr "$VMC" volume rm other no-such
    assert_refused 'no such volume: no-such'
    [ -d "${path/store/other}" ] || fail "removed, although the command was refused"
    # Another run at the same time.
    run vmc --net none -v store:/x -- cat /x/file
    assert_output kept
    end_guest
    run "$VMC" volume rm other store
    assert_output $'other\nstore'
    assert_equal "$(ls -A "$XDG_DATA_HOME/vmc/volumes")" ''
    assert_equal "$(cat canary/file)" alive
}

@test "volume create; what an interrupted removal left goes with the next" {
    run "$VMC" volume create one two-2.x
    assert_output $'one\ntwo-2.x'
    run "$VMC" volume create one
    assert_output one
    mv "$XDG_DATA_HOME/vmc/volumes/one" "$XDG_DATA_HOME/vmc/volumes/.removed-one"
    run "$VMC" volume ls
    assert_equal "$(awk 'NR > 1 { print $1 }' <<<"$output")" two-2.x
    run "$VMC" volume rm one two-2.x
    assert_status 0
    assert_equal "$(ls -A "$XDG_DATA_HOME/vmc/volumes")" ''
}

@test "vmc killed: the volumes are as they were, and no longer in use" {
    echo one >src/file
    start_guest -v ./src:/data -v store:/store
    guest 'echo two >/store/file'
    kill -KILL "$PID"
    exec 7>&-
    finish 5
    wait_for 5 no_machine || fail "QEMU is left"
    run vmc --net none -v ./src:/data -- cat /data/file
    assert_output one
    run "$VMC" volume ls
    assert_match "$output" 'store +unused'
    assert_equal "$(cat "$XDG_DATA_HOME/vmc/volumes/store/data/file")" two
}

# --- places ------------------------------------------------------------------------------------

# bats test_tags=core:user,core:uml
@test "places behind symbolic links stay in the container" {
    copy_tree "$SMALL" tree
    as_container_root ln -s /srv/made tree/absolute
    as_container_root ln -s ../../../../../../../../srv tree/up
    as_container_root ln -s loop tree/loop
    echo one >src/file
    run vmc_at tree --net none -v ./src:/absolute -v ./src:/up/below -- sh -c '
        cat /srv/made/file /srv/below/file; grep " \(virtiofs\|hostfs\) " /proc/mounts | cut -d" " -f2 | sort'
    assert_output $'one\none\n/srv/below\n/srv/made'
    run --separate-stderr vmc_at tree --net none -v ./src:/loop/x -- true
    assert_refused '/loop: Too many levels'
    [ ! -e tree/srv/made ] || fail "a place was made on the host"
    run --separate-stderr vmc_at tree --net none -v ./src:/etc/passwd -- true
    assert_refused ' --volume: /etc/passwd is a file there, so a directory cannot be mounted on it$'
    run --separate-stderr vmc_at tree --net none -v ./src:/etc/passwd/below -- true
    assert_refused ' --volume: cannot mount on /etc/passwd/below: Not a directory$'
    run --separate-stderr vmc_at tree --net none -v ./src/file:/etc -- true
    assert_refused ' --volume: /etc is a directory there, so a file cannot be mounted on it$'
    remove_tree tree
}

# bats test_tags=core:user,core:uml
@test "--direct adds no place to the tree; --upper host makes it in its own layer" {
    copy_tree "$SMALL" tree
    as_container_root mkdir tree/here
    echo one >src/file
    run --separate-stderr vmc_at tree --net none --direct -v ./src:/missing -- true
    assert_status 125
    assert_match "${stderr_lines[-1]}" '^vmc: --volume: tree has no directory /missing'
    [ ! -e tree/missing ] || fail "a place was made"
    run vmc_at tree --net none --direct -v ./src:/here -v ./src:/dev/x -v ./src/file:/here/file -- cat /here/file /dev/x/file
    assert_match "$output" $'one\none$'
    run vmc_at tree --net none --upper host -v ./src:/missing -- cat /missing/file
    assert_output one
    [ ! -e tree/missing ] || fail "a place was made"
    remove_tree tree
}

@test "what is mounted below a source comes along, but for kernels" {
    echo outside >src/file
    if am_root; then
        mkdir -p src/sub/x src/kernel
        local mounts='mount -t tmpfs none src/sub && echo inside >src/sub/file && mount -t proc none src/kernel && exec "$0" "$@"'
        run --separate-stderr unshare -m sh -c "$mounts" "$VMC" run --net none -r "$SMALL" -v ./src:/data -- sh -c '
            cat /data/file /data/sub/file; ls /data/kernel | wc -l; echo new >/data/sub/new; cat /data/sub/new'
        assert_equal "$stderr" ''
        assert_output $'outside\ninside\n0\nnew'
    fi
    run vmc --net none -v /:/host:ro -- sh -c 'cat /host/etc/hostname; ls /host/proc /host/sys | wc -l; echo x >/host/x'
    assert_match "$output" "^$(cat /etc/hostname)"
    assert_match "$output" $'\n3\n' # the two headings and a blank
}

# bats test_tags=root
@test "a file system that cannot be shown with other ids: said, and it runs" {
    local make='mount -t overlay -o lowerdir="$PWD/src:/etc" none merged && exec "$0" "$@"'
    mkdir merged
    echo one >src/file
    run --separate-stderr unshare -m sh -c "$make" "$VMC" run --net none -r "$SMALL" -v ./merged:/data -v ./src:/src -- \
        sh -c 'cat /data/file; stat -c %u /etc/passwd /src/file'
    assert_status 0
    assert_output $'one\n0\n0'
    assert_match "$stderr" 'lacks ids of its own \(\./merged: '
    run --separate-stderr unshare -m sh -c "$make" "$VMC" run --require-jail -r "$SMALL" -v ./merged:/data -- true
    assert_refused 'ids of its own'
}

# --- the jail ------------------------------------------------------------------------------------

# bats test_tags=qemu
@test "virtiofsd sees the sources and nothing around them, read-only where they are; QEMU sees none" {
    local machine server root
    mkdir -p outer/inner
    touch outer/secret outer/inner/file
    start_guest -v ./outer/inner:/rw -v ./outer/inner/file:/single:ro
    machine=$(machine_processes | head -n 1)
    server=$(pgrep -P "$PID" -x virtiofsd)
    root=/proc/$server/root
    assert_equal "$(cd "$root" && find . | sort | tr '\n' ' ')" '. ./0 ./0/file ./1 '
    ! find "/proc/$machine/root/" -path "/proc/$machine/root/proc" -prune -o \( -name secret -o -name file \) -print | grep -q . ||
        fail "QEMU sees a source, or a file beside it"
    ! touch "$root/new" 2>/dev/null || fail "the directory of sources can be written"
    assert_equal "$(awk '{ print $5, $6 }' "/proc/$server/mountinfo" |
        sed -E 's/,(relatime|idmapped)//g' | sort | tr '\n' ' ')" '/ ro,nosuid,nodev,noexec /0 rw,nosuid,nodev,noexec /1 ro,nosuid,nodev,noexec '
    # To act as the one who asks, and to give files capabilities; not CAP_MKNOD.
    assert_equal "$(sed -n 's/^CapEff:\t//p' "/proc/$server/status")" 00000000800000df
    end_guest
    # Nothing to write to: fewer capabilities.
    start_guest -v ./outer/inner:/ro:ro
    assert_equal "$(sed -n 's/^CapEff:\t//p' "/proc/$(pgrep -P "$PID" -x virtiofsd)/status")" 000000000000000c
    end_guest
}

# --- what is refused -------------------------------------------------------------------------------

# bats test_tags=core:user
@test "bad input: one line, status 125, nothing made" {
    mkfifo src/fifo
    check_table <<'EOT'
No such file|run -v ./missing:/x true
No such file|run -v /no/such/directory true
no source|run -v :/x true
no source|run --bind '' true
needs a value|run -v
place in the container, src:DIR|run -v src true
not a name|run -v 'a b:/x' true
not a name|run -v -x:/x true
neither an absolute path|run -v ./src:relative true
is for --mount type=bind|run -v ./a:b:/x true
is for --mount type=bind|run -v ./src:/x:ro:rw true
files get no SELinux label|run -v ./src:/x:z true
it must be ro, rw or |run -v ./src:/x: true
it must be ro, rw or |run -v ./src:/x:cache=fast true
repeats or contradicts an earlier option|run -v ./src:/x:ro,rw true
container's /|run -v ./src:/ true
guest's kernel|run -v ./src:/proc/x true
guest's kernel|run -v ./src:/sys true
its own devices|run -v ./src:/dev true
both to be /x|run -v ./src:/x -v data:/y/../x/ true
both to be /x|run --tmpfs /x -v ./src:/x true
through a fifo; give it a port|run -v ./src/fifo:/x true
host devices cannot|run -v /dev/null:/x true
host's kernel|run -v /proc:/x true
host's kernel|run -v /proc/self/status:/x true
followed by one of create, ls, rm|volume
followed by one of create, ls, rm|volume list
needs an argument|volume rm
not a name|volume create .x
not a name|volume create ok x/y
not a name|volume rm ../vmc
no such volume|volume rm missing
does not take|volume ls x
EOT
    [ ! -e data ] || fail "something was made: $(find data)"
}
