# Options of `vmc run`: each does what it says inside the guest.
load ../../lib/common

# bats test_tags=core:uml
@test "arguments arrive untouched: spaces, quotes, newlines, empty ones, dashes" {
    run vmc -- printf '<%s>' 'a b' '' "it's" '"q"' $'two\nlines' '$HOME' '*' -r --help 'grüße'
    assert_status 0
    assert_output "<a b><><it's><\"q\"><two
lines><\$HOME><*><-r><--help><grüße>"
}

@test "arguments of 1.5 MB in all, of 100 000 in number, arrive" {
    run bash -c 'word=$(head -c 120000 /dev/zero | tr "\0" x); words=(); for i in {1..12}; do words+=("$word"); done
        timeout 60 "$VMC" run -r "$0" -- sh -c "echo \$#; printf %s \"\$@\" | wc -c" sh "${words[@]}"' "$SMALL" 3>&-
    assert_output $'12\n1440000'
    run bash -c 'timeout 60 "$VMC" run -r "$0" -- sh -c "echo \$#" sh $(seq 1 100000)' "$SMALL" 3>&-
    assert_output 100000
}

# bats test_tags=core:uml
@test "a single argument of 128 kB less one arrives" {
    run bash -c 'timeout 60 "$VMC" run -r "$0" -- sh -c "echo \${#1}" sh "$(head -c 131071 /dev/zero | tr "\\0" x)"' "$SMALL" 3>&-
    assert_output 131071
}

# bats test_tags=core:uml
@test "the environment is what is set, and a PATH" {
    SECRET=leak run vmc -e 'A=1 2' -e EMPTY= -- env
    assert_status 0
    [[ $'\n'$output$'\n' == *$'\nA=1 2\n'* ]] || fail "A is not there: $output"
    [[ $'\n'$output$'\n' == *$'\nEMPTY=\n'* ]] || fail "EMPTY is not there: $output"
    [[ $output == *PATH=/* ]] || fail "no PATH: $output"
    [[ $output != *SECRET* ]] || fail "the caller's environment leaks"
    [[ $output != *"$VMC_TEST_MARK"* ]] || fail "the caller's environment leaks"
}

# bats test_tags=core:uml
@test "-e NAME takes the caller's value, and none if there is none" {
    FROM_CALLER=value run vmc -e FROM_CALLER -e SURELY_UNSET -- env
    [[ $output == *FROM_CALLER=value* ]] || fail "$output"
    [[ $output != *SURELY_UNSET* ]] || fail "$output"
}

# bats test_tags=core:uml
@test "--env-file, with comments and empty lines, and -e wins" {
    printf '# comment\n\nA=file\nB=also file\n' >variables
    run vmc --env-file variables -e A=line -- sh -c 'echo "$A,$B"'
    assert_output 'line,also file'
}

# bats test_tags=core:uml
@test "--env-file is read as docker reads it: white space, CRLF, quotes, names alone, no final newline" {
    printf '\357\273\277BOM=1\n \tA=  "x" # y\r\n\r\n  # no\nFROM_CALLER\nSURELY_UNSET\nB.c-d=' >variables
    FROM_CALLER=value run vmc --env-file variables --env-file <(echo PIPE=1) -- env
    assert_equal "$(grep -v '^\(PATH\|HOME\|PWD\)=' <<<"$output")" \
        $'BOM=1\nA=  "x" # y\nFROM_CALLER=value\nB.c-d=\nPIPE=1'
}

# bats test_tags=core:uml
@test "--mount: a path with a colon, read-only, and a tmpfs" {
    mkdir src:colon
    echo there >src:colon/file
    run vmc --mount "type=bind,src=$PWD/src:colon,dst=/mnt/a:b,readonly" \
        --mount type=tmpfs,target=/scratch,tmpfs-size=1m,tmpfs-mode=700 \
        -- sh -c 'cat /mnt/a:b/file; ! touch /mnt/a:b/new 2>/dev/null || echo written
            stat -c %a /scratch; df -k /scratch | tail -n 1 | tr -s " " | cut -d" " -f2'
    assert_output $'there\n700\n1024'
}

# bats test_tags=core:uml
@test "10 000 environment variables arrive" {
    run bash -c 'options=(); for i in {1..10000}; do options+=(-e "VARIABLE_$i=$i"); done
        timeout 60 "$VMC" run -r "$0" "${options[@]}" -- env' "$SMALL" 3>&-
    assert_status 0
    assert_equal "$(grep -c '^VARIABLE_' <<<"$output")" 10000
}

# bats test_tags=core:uml
@test "the working directory" {
    run vmc -w /usr/bin -- pwd
    assert_output /usr/bin
    run vmc -- pwd
    assert_output /
}

# bats test_tags=core:uml
@test "a missing working directory is named" {
    run --separate-stderr vmc -w /no/where -- pwd
    assert_refused /no/where
}

# bats test_tags=core:uml
@test "the user: by name, number, number and group, name and group name" {
    run vmc -u daemon -- id -u
    assert_output 1
    run vmc -u daemon -- id -g
    assert_output 1
    run vmc -u 1234 -- sh -c 'echo $(id -u) $(id -g)'
    assert_output '1234 0'
    run vmc -u 1234:567 -- sh -c 'echo $(id -u) $(id -g)'
    assert_output '1234 567'
    run vmc -u daemon:bin -- sh -c 'echo $(id -u) $(id -g)'
    assert_output '1 2'
    run vmc -- sh -c 'echo $(id -u) $(id -g) $(id -G)'
    assert_output '0 0 0'
}

# bats test_tags=core:uml
@test "an unknown user or group is named" {
    run --separate-stderr vmc -u nobody-knows -- id
    assert_refused nobody-knows
    run --separate-stderr vmc -u daemon:no-group -- id
    assert_refused no-group
}

# bats test_tags=core:uml
@test "another user has neither root's files nor its rights" {
    run vmc -u daemon -- sh -c '{ echo x >/etc/passwd || mknod /tmp/x c 1 3 || chmod 777 /etc || echo refused; } 2>/dev/null'
    assert_output refused
}

# bats test_tags=core:uml
@test "the host name" {
    run vmc --hostname some-name -- sh -c 'uname -n; cat /proc/sys/kernel/hostname'
    assert_output $'some-name\nsome-name'
}

@test "two runs without --hostname have different names" {
    local one two
    one=$(vmc -- uname -n)
    two=$(vmc -- uname -n)
    [ -n "$one" ] && [ "$one" != "$two" ] || fail "'$one' and '$two'"
}

@test "-m is the guest's memory" {
    local size total
    for size in $(core_or_full 300 "128 300 1024"); do
        total=$(vmc -m "${size}M" -- sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)
        [ "$total" -le $((size * 1024)) ] || fail "$total kB of ${size} MB"
        [ "$total" -ge $((size * 1024 * 80 / 100)) ] || fail "$total kB of ${size} MB"
    done
    total=$(vmc -m 1g -- sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)
    [ "$total" -ge 838860 ] || fail "$total kB of 1g"
}

# bats test_tags=qemu
@test "-c is the guest's processors" {
    run vmc -- nproc
    assert_output 1
    run vmc -c 2 -- nproc
    assert_output 2
}

@test "--timeout ends a workload with 124 and leaves a quick one alone" {
    run --separate-stderr vmc --timeout 2s -- sleep 1000
    assert_status 124
    run vmc --timeout 50s -- sh -c 'exit 3'
    assert_status 3
}

# bats test_tags=core:uml
@test "--timeout ends a workload that ignores TERM" {
    run --separate-stderr vmc --timeout 2 -- sh -c 'trap "" TERM; while :; do sleep 1; done'
    assert_status 124
}

@test "--kernel and --initrd boot what they name" {
    cp "$GUEST_IMAGE/$KERNEL" "my kernel"
    cp "$GUEST_IMAGE/initramfs.cpio" "my,initramfs"
    run --separate-stderr vmc --kernel "my kernel" --initrd "my,initramfs" -- echo up
    assert_status 0
    assert_output up
}

@test "--append reaches the kernel's command line, twice" {
    run vmc --append vmc.test=1 --append 'second third=3' -- cat /proc/cmdline
    assert_match "$output" 'vmc\.test=1 second third=3'
}

@test "--console keeps the kernel's messages" {
    run --separate-stderr vmc --console "the log" --append loglevel=7 -- true
    assert_status 0
    assert_equal "$stderr" ''
    [ "$(grep -ac '^\[ ' "the log")" -gt 20 ] || fail "no kernel messages: $(head -c 500 "the log")"
}

@test "--debug says what happens on standard error, and only there" {
    run --separate-stderr vmc --debug -- echo text
    assert_status 0
    assert_output text
    [ "${#stderr_lines[@]}" -ge 3 ] || fail "$stderr"
}

@test "--timing prints a line for each phase on standard error" {
    run --separate-stderr vmc --cold --timing -- echo text
    assert_status 0
    assert_output text
    local phases
    phases=$(sed -nE 's/^vmc: timing: ([a-z0-9]+) +-?[0-9]+\.[0-9]{2} ms .*/\1/p' <<<"$stderr" | xargs)
    assert_equal "$phases" \
        'prepare exec hypervisor kernel agent config 9p rootfs start workload output exit total vmc'
}

# bats test_tags=core:uml
@test "options end at the command: its options are its own" {
    run vmc -- sh -c 'echo "$0 $*"' -m --timing -r x
    assert_output '-m --timing -r x'
    run vmc echo -n text
    assert_output text
}

# bats test_tags=qemu
@test "--qemu is the default and can be said; --arch, too" {
    run vmc --qemu --arch "$VMC_TEST_ARCH" -- echo text
    assert_output text
}

# bats test_tags=core:uml
@test "an option given twice counts the last time" {
    run vmc --hostname one --hostname two -- uname -n
    assert_output two
}

@test "--nopriv DIR runs as -r DIR" {
    run timeout 60 "$VMC" run --nopriv "$SMALL" -- sh -c 'id -u; echo x >/etc/new && cat /etc/new' 3>&-
    assert_status 0
    assert_output $'0\nx'
    [ ! -e "$SMALL/etc/new" ] || fail "the tree has changed"
}

# bats test_tags=native
@test "without -r the host's own / is the root file system, and stays as it is" {
    run timeout 120 "$VMC" run -- sh -c 'cat /etc/debian_version && echo x >/etc/vmc-test-new && cat /etc/vmc-test-new' 3>&-
    assert_status 0
    assert_output "$(cat /etc/debian_version)"$'\nx'
    [ ! -e /etc/vmc-test-new ] || fail "the host has changed"
}

@test "version and help: status 0, standard output, and nothing else" {
    run --separate-stderr "$VMC" version
    assert_status 0
    assert_match "$output" '[0-9]+\.[0-9]+\.[0-9]+'
    run --separate-stderr "$VMC" help
    assert_status 0
    assert_match "$output" 'run'
    assert_equal "$stderr" ''
    run --separate-stderr "$VMC" run --help
    assert_status 0
    assert_match "$output" '--rootfs'
}

# bats test_tags=native
@test "info checks the host, in words and as JSON" {
    run --separate-stderr "$VMC" info
    assert_status 0
    assert_match "$output" 'QEMU'
    "$VMC" info --json | python3 -m json.tool >/dev/null
}

# bats test_tags=core:uml
@test "the guest is a machine of its own: kernel, pid 1, mounts, devices" {
    run vmc -- sh -c 'uname -r; tr "\0" " " </proc/1/cmdline; ls /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/ptmx /dev/pts /dev/shm /dev/fd /dev/stdin'
    assert_status 0
    [ "${lines[0]}" != "$(uname -r)" ] || fail "the host's kernel"
    run vmc -- sh -c 'for d in /proc /sys /dev /dev/shm; do while read -r _ at type _; do [ "$at" = $d ] && echo "$d $type"; done </proc/mounts; done'
    assert_output $'/proc proc\n/sys sysfs\n/dev devtmpfs\n/dev/shm tmpfs' ||
        assert_output $'/proc proc\n/sys sysfs\n/dev tmpfs\n/dev/shm tmpfs'
}

# bats test_tags=core:uml
@test "a real root inside: chown, mknod, mount, and names of its own" {
    run vmc -- sh -c 'set -e
        touch /f && chown 1234:4321 /f && stat -c %u:%g /f
        mknod /null c 1 3 && echo gone >/null
        mkdir /m && mount -t tmpfs none /m 2>/dev/null && echo mounted || { command -v mount >/dev/null || echo mounted; }'
    assert_status 0
    assert_output $'1234:4321\nmounted'
}

@test "the clock is the host's within two seconds" {
    local before after inside
    before=$(date +%s)
    inside=$(vmc -- date +%s)
    after=$(date +%s)
    [ "$inside" -ge $((before - 2)) ] && [ "$inside" -le $((after + 2)) ] ||
        fail "inside $inside, outside $before to $after"
}

@test "random numbers differ from run to run" {
    local one two
    one=$(vmc -- od -An -tx1 -N16 /dev/urandom)
    two=$(vmc -- od -An -tx1 -N16 /dev/urandom)
    [ "$one" != "$two" ] || fail "the same: $one"
}

# bats test_tags=core:uml
@test "the loopback interface is up" {
    run vmc -- sh -c 'cat /sys/class/net/lo/flags'
    assert_output 0x9
}
