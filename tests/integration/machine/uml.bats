# --uml: the same container on User Mode Linux, a kernel that is a process of the host's. The files
# of the matrix (tests/run) hold for it, too; here is what is its own. docs/uml-backend.md describes it.
# bats file_tags=native
export BACKEND=uml
load ../../lib/backend

kernel_process() {
    machine_processes | head -n 1
}

start_waiting() {
    mkfifo in
    exec 7<>in
    vmc_background -- sh -c 'echo ready; read -r line'
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
}

# see, and what is expected of it on this kernel: FILTER on top of the default run.
expect_uml() {
    "$VMC_TEST_LIB/expect" seen.json "$VMC_SOURCE/tests/probe/default.json" \
        "uml | ${1-.} | consequences | uml_kernel"
}

# --- what it is --------------------------------------------------------------------------

@test "the kernel is one of its own, on the host's processor, and nothing emulates anything" {
    run --separate-stderr vmc -- sh -c 'uname -rm; grep -c . /proc/version; grep vendor_id /proc/cpuinfo'
    assert_status 0
    assert_match "${lines[0]}" "-vmc $(uname -m)\$"
    assert_match "$output" 'User Mode Linux'
    assert_equal "$stderr" ""
}

@test "the workload sees what it sees in QEMU's machine, apart from what is listed" {
    see
    expect_uml uml_network
}

@test "the same of options: --net none with a user, --read-only, no capabilities" {
    see_alone -u 4711:4712 --read-only
    expect_uml 'network_none | read_only | user(4711; 4712; "/") | .ids.group = "4712 4712 4712 4712"'
    see_alone --cap-drop ALL
    expect_uml 'network_none | capabilities([])'
}

@test "--usedev and --privileged: the agent's lines are its own, and to open a device is not the end" {
    local line
    run --separate-stderr vmc --usedev --net none -- sh -c 'for f in /dev/tty*; do (: <>"$f") && echo "open $f"; done; echo end'
    for line in 0 1; do
        assert_match "$stderr" "/dev/ttyS$line: Device or resource busy"
    done
    assert_match "$output" 'open /dev/tty'
    assert_equal "${lines[-1]}" end
    run --separate-stderr vmc --privileged --net none -- sh -c 'mknod c c 4 7; mknod s c 4 90; (: <>c); (: <>s); echo end'
    assert_match "$stderr" 'c: No such device'
    assert_match "$stderr" 's: No such device'
    assert_output end
}

@test "--explain names it, and leaves out what only QEMU has" {
    run "$VMC" run --explain -r "$SMALL" -- true
    assert_status 0
    assert_match "$output" '--uml +machine'
    [[ $output == *--memory* && $output != *--accel* ]] || fail "$output"
    run --separate-stderr "$VMC_UNDER_TEST" run --um --explain -r "$SMALL" -- true
    assert_status 0
}

@test "vmc info says whether it can be used, and what it isolates" {
    run "$VMC" info --json
    assert_equal "$(jq -r '.checks[] | select(.name == "uml").verdict' <<<"$output")" ok
    assert_match "$(jq -r '.checks[] | select(.name == "uml").detail' <<<"$output")" 'jail'
}

prefer() {
    mkdir -p "$XDG_CONFIG_HOME/vmc"
    printf '%s\n' "$1" >"$XDG_CONFIG_HOME/vmc/vmc.conf"
}

# assert_preferred KERNEL OPTIONS: whose processor a run without --uml is on, 'QEMU' or 'User Mode Linux'.
assert_preferred() {
    run --separate-stderr "$VMC_UNDER_TEST" run "${@:2}" -- cat /proc/cpuinfo
    assert_status 0
    case $output in *'User Mode Linux'*) output='User Mode Linux' ;; *) output=QEMU ;; esac
    assert_output "$1"
}

# bats test_tags=core:user
@test "vmc.conf: without-kvm = uml is --uml where KVM is not usable, for what UML has" {
    local without_kvm='User Mode Linux'
    "$VMC_UNDER_TEST" info --json >seen
    [ "$(jq -r '.checks[] | select(.name == "kvm").verdict' seen)" != ok ] || without_kvm=QEMU
    prefer '# no emulation where it can be helped
without-kvm = uml'
    assert_preferred "$without_kvm" -r "$SMALL"
    assert_preferred "$without_kvm" -r "$SMALL" --net none --read-only
    assert_preferred QEMU --qemu -r "$SMALL"
    assert_preferred QEMU -c 2 -r "$SMALL"
    assert_preferred QEMU --upper disk -r "$SMALL"
    "$VMC_UNDER_TEST" pack "$SMALL" -o image
    assert_preferred QEMU -r image
    prefer 'without-kvm = tcg'
    assert_preferred QEMU -r "$SMALL"
}

# bats test_tags=core:user
@test "vmc.conf: --explain and vmc info say what it makes of a run" {
    prefer 'without-kvm = uml'
    "$VMC_UNDER_TEST" info --json >seen
    "$VMC_UNDER_TEST" run --explain -r "$SMALL" >explained
    if [ "$(jq -r '.checks[] | select(.name == "kvm").verdict' seen)" = ok ]; then
        ! grep -e '--uml' explained || fail "KVM is usable"
        return
    fi
    assert_match "$(jq -r '.checks[] | select(.name == "isolation").detail' seen)" 'User Mode Linux.*jail'
    grep -e '--uml .*(default)' explained
    ! grep -e '--accel' explained || fail "the run has no accelerator"
}

# bats test_tags=core:user
@test "vmc.conf: a line that is not understood is refused, with its place" {
    prefer 'without-kvm = xen'
    run --separate-stderr "$VMC_UNDER_TEST" run -r "$SMALL" -- true
    assert_refused "vmc/vmc.conf:1: without-kvm = 'xen': it must be tcg or uml"
    prefer $'\nmemory = 1g'
    run --separate-stderr "$VMC_UNDER_TEST" run -r "$SMALL" -- true
    assert_refused "vmc/vmc.conf:2: 'memory' is not a key"
    rm "$XDG_CONFIG_HOME/vmc/vmc.conf"
    mkdir "$XDG_CONFIG_HOME/vmc/vmc.conf"
    run --separate-stderr "$VMC_UNDER_TEST" run -r "$SMALL" -- true
    assert_refused 'vmc/vmc.conf'
}

@test "every example of docs/uml-backend.md prints what it says" {
    VMC=$VMC_UNDER_TEST check_examples "$VMC_SOURCE/docs/uml-backend.md" 2 timeout 60 bash
}

# --- what is refused ---------------------------------------------------------------------

# bats test_tags=core:user
@test "what it does not have is refused with its reason" {
    "$VMC_UNDER_TEST" pack "$SMALL" -o image
    check_table <<'EOT'
qemu.*give one|run --qemu @
libvirt.*give one|run --libvirt @
accel.*emulated|run --accel tcg @
acpi.*emulated|run --acpi @
linux.*ARCH=um|run --linux x @
keep.*no disk|run --keep @
mem-swap.*no disk|run --mem-limit 32m --mem-swap 64m @
io-max.*no disk|run --io-max rbps=1 @
upper disk.*no disk|run --upper disk @
cpuset-cpus.*one processor|run --cpuset-cpus 0 @
cpus 2.*one processor|run -c 2 @
ftrace.*tracer|run --ftrace x @
gdb.*QEMU|run --gdb 1234 @
crash-dump.*QEMU|run --crash-dump x @
kernel distro.*machines|run --kernel distro @
volume.*directory itself|run -v /tmp:/x:cache=loose @
net tap.*line|run --net tap=x @
net bridge.*line|run --net bridge @
needs a directory.*image|run -r image -- true
EOT
    run --separate-stderr "$VMC_UNDER_TEST" run --uml --host -r "$SMALL" -- true
    assert_refused 'uml cannot go with --host'
}

@test "a program of another architecture is refused" {
    refuses_foreign_programs
}

# --- lines -------------------------------------------------------------------------------

# bats test_tags=core:user
@test "bytes of every value pass in both directions, unchanged and in order" {
    head -c 3000000 /dev/urandom >data
    vmc -- sh -c 'cat; cat /proc/self/fd/0 >/dev/null' <data >copy
    cmp data copy
}

# bats test_tags=core:user
@test "a reader that waits holds up nothing, and loses nothing" {
    head -c 2000000 /dev/urandom >data
    run --separate-stderr vmc -- sh -c 'sleep 1; sha256sum' <data
    assert_output "$(sha256sum <data)"
    run "$VMC_TEST_LIB/slow-reader" "$VMC" run -r "$SMALL" -- cat /usr/bin/vmc-probe
    assert_match "$output" "$(sha256sum <"$SMALL/usr/bin/vmc-probe" | cut -d' ' -f1)\$"
}

# --- root file system and volumes --------------------------------------------------------

# bats test_tags=core:user
@test "files, links, owners and modes are those of the tree, and the tree is not changed" {
    copy_tree "$SMALL" tree
    as_container_root sh -c 'mkdir tree/data && echo text >tree/data/file && chown 1000:2000 tree/data/file && chmod 4751 tree/data/file && ln -s file tree/data/link && mkfifo tree/data/fifo'
    tree_checksum tree >before
    run vmc_at tree -- sh -c 'cd /data && stat -c "%u %g %a %s" file && readlink link && cat link && echo more >>file && rm fifo && mkdir new && mknod node c 1 3 && chown 5:6 link'
    assert_status 0
    assert_output "1000 2000 4751 5
file
text"
    tree_checksum tree | diff before -
    remove_tree tree
}

@test "--upper none: what users of the guest make is theirs, with the modes they asked for" {
    copy_tree "$SMALL" tree
    as_container_root sh -c 'mkdir tree/data && chmod 1777 tree/data'
    run --separate-stderr vmc_at tree --direct -u 1000:2000 -- sh -c 'umask 0; cd /data && echo text >file && mkdir dir && ln -s file link && mkfifo fifo && echo more >>file && mv file name && stat -c "%n %u %g %a" *'
    assert_status 0
    assert_output "dir 1000 2000 777
fifo 1000 2000 666
link 1000 2000 777
name 1000 2000 666"
    as_container_root sh -c 'cat tree/data/name; stat -c "%u %g %a" tree/data/name tree/data/dir' >seen
    assert_equal "$(cat seen)" $'text\nmore\n1000 2000 666\n1000 2000 777'
    remove_tree tree
}

@test "volumes: what one side writes the other reads, a read-only one stays as it is" {
    mkdir shared fixed
    echo host >shared/file
    echo fixed >fixed/file
    run vmc -v "$PWD/shared:/s" -v "$PWD/fixed:/f:ro" -- sh -c 'cat /s/file /f/file; echo guest >/s/new; echo x >/f/new; rm /f/file; true'
    assert_status 0
    assert_match "$output" $'^host\nfixed\n'
    assert_equal "$(cat shared/new)" guest
    assert_equal "$(ls fixed)" file
}

# A link of the guest's is the guest's to follow: it ends in the guest's root.
@test "volumes: a directory that several of them show is in each what that one was given as" {
    mkdir -p shared/below
    echo one >shared/file
    echo two >shared/below/file
    run vmc_full --privileged -v "$PWD/shared:/r:ro" -v "$PWD/shared:/w" -v "$PWD/shared/below:/b" -v "$PWD/shared/file:/f:ro" -- sh -c '
        cat /r/file /r/below/file /b/file /f
        echo three >/b/new; cat /r/below/new
        # Undone in the guest (MS_REMOUNT, MS_BIND), it holds on the host.
        python3 -c "import ctypes; print([ctypes.CDLL(None).mount(None, p, None, 0x1020, None) for p in (b\"/r\", b\"/f\")])"
        for place in /r/file /r/below/file /f; do echo x 2>/dev/null >$place || echo "$place kept"; done
        rm -f /r/file 2>/dev/null || echo "file kept"
        echo four >/w/file; echo five >/b/file; cat /r/file /w/below/file'
    assert_output $'one\ntwo\ntwo\none\nthree\n[0, 0]\n/r/file kept\n/r/below/file kept\n/f kept\nfile kept\nfour\nfive'
    assert_equal "$(cat shared/file shared/below/file shared/below/new)" $'four\nfive\nthree'
    as_container_root rm -rf shared
}

@test "a symbolic link in a tree or a volume leads nowhere on the host" {
    mkdir shared
    echo secret >outside
    ln -s "$PWD/outside" shared/link
    ln -s ../../../../../../../../../etc/hostname shared/up
    run --separate-stderr vmc --hostname inside -v "$PWD/shared:/s" -- sh -c 'cat /s/up; cat /s/link'
    assert_output inside
    assert_status 1
}

# --- the end -----------------------------------------------------------------------------

# What AddressSanitizer, ThreadSanitizer and collectors of Java's and Go's do.
# bats test_tags=core:user
@test "a program may reserve terabytes of addresses, and use what it touches" {
    run vmc_full -- python3 -c '
import mmap
for size in 40, 44, 46:
    area = mmap.mmap(-1, 1 << size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
    area[(1 << size) - 1] = 7
    print(size, area[(1 << size) - 1])'
    assert_output $'40 7\n44 7\n46 7'
    mkdir asan
    printf '%s\n' '#include <stdlib.h>' 'int main(void) { char *p = malloc(8); return p[8]; }' >asan/over.c
    run vmc_full -v "$PWD/asan:/w" -w /w -- sh -c 'gcc -g -fsanitize=address over.c -o over && ./over'
    assert_status 1
    assert_match "$output" 'heap-buffer-overflow'
}

@test "O_DIRECT: what was written is the host's when write(2) returns" {
    mkdir shared
    run vmc -v "$PWD/shared:/shared" -- sh -c 'head -c 1048576 /dev/urandom >/shared/in &&
        dd if=/shared/in of=/shared/out bs=64k oflag=direct 2>/dev/null && cmp /shared/in /shared/out &&
        dd if=/shared/out of=/tmp/back bs=64k iflag=direct 2>/dev/null && cmp /shared/in /tmp/back &&
        dd if=/shared/in of=/tmp/out bs=64k oflag=direct 2>/dev/null && cmp /shared/in /tmp/out && echo same'
    assert_output same
    cmp shared/in shared/out
}

# bats test_tags=core:user
@test "a root that fills the memory is full, and a program that takes too much is ended; the machine runs on" {
    run --separate-stderr vmc -m 128M -- sh -c 'head -c 1G /dev/zero >/tmp/big; echo "$?"; rm /tmp/big; echo on'
    assert_status 0
    assert_output $'1\non'
    assert_match "$stderr" 'No space left'
    run --separate-stderr vmc_full -m 256M -- sh -c 'python3 -c "
all = []
while True: all.append(bytearray(1 << 20))"; echo "$?"'
    assert_status 0
    assert_output 137
    assert_match "$stderr" 'out of memory'
}

@test "a kernel that is killed, and one that panics: 125, with the console's last lines" {
    start_waiting
    kill -KILL "$(kernel_process)"
    finish 5
    assert_equal "$STATUS" 125
    assert_match "$(cat err)" 'User Mode Linux was killed by signal 9'
    run --separate-stderr vmc --append rdinit=/no-such-init -- true
    assert_status 125
    assert_match "${stderr_lines[0]}" '^vmc: .*Kernel panic'
}

# --- the jail ----------------------------------------------------------------------------

@test "its jail: nobody outside, a root with its files alone, no network, no way to more" {
    start_waiting
    local pid
    pid=$(kernel_process)
    grep -qx $'NoNewPrivs:\t1' "/proc/$pid/status"
    grep -qx $'Seccomp:\t2' "/proc/$pid/status"
    grep -qx $'Seccomp_filters:\t2' "/proc/$pid/status"
    assert_equal "$(readlink "/proc/$pid/ns/"{net,pid,mnt,user,ipc,uts} | sort | uniq | wc -l)" 6
    local namespace
    for namespace in net pid mnt user ipc uts; do
        [ "$(readlink "/proc/$pid/ns/$namespace")" != "$(readlink "/proc/self/ns/$namespace")" ] ||
            fail "the host's $namespace namespace"
    done
    ! am_root || [ "$(awk '{print $2}' "/proc/$pid/uid_map")" -ge 1879048192 ] || fail "the host's root"
    # Images, share and the empty directory of its memory.
    find "/proc/$pid/root/" -xdev -type f | sed "s|/proc/$pid/root||" | sort >files
    printf '%s\n' "$GUEST_IMAGE/initramfs.cpio" "$GUEST_IMAGE/linux" | diff - files
    [ -z "$(ls -A "/proc/$pid/root/ram")" ] || fail "its memory has a name"
    [ ! -e "/proc/$pid/root/proc" ] || fail "it has a /proc"
    echo >&7
    exec 7>&-
    finish
}

@test "a kernel of one's own may not load its filter: said, and refused with --require-jail" {
    run --separate-stderr vmc --net none --kernel "$GUEST_IMAGE/linux" -- echo text
    assert_output text
    assert_match "$stderr" '^vmc: the jail .* lacks a system call filter \(--kernel: '
    run --separate-stderr vmc --net none --require-jail --kernel "$GUEST_IMAGE/linux" -- echo text
    assert_refused 'require-jail: .*system call filter'
}

# The host's processors that the machine's processes may run on, a line each.
places() {
    local pid
    for pid in $(machine_processes); do
        sed -n 's/^Cpus_allowed_list:[ \t]*//p' "/proc/$pid/status" 2>/dev/null || :
    done
}

keep_together() {
    local seen
    seen=$(places | sort -u)
    [[ $seen =~ ^[0-9]+$ ]]
}

# Two machines, each on a processor of its own.
are_apart() {
    [ "$(places | sort -u | grep -c .)" = 2 ] && ! places | grep -q '[^0-9]'
}

# bats test_tags=core:none
@test "its processes keep to one processor of the host's, and machines that compute to different ones" {
    local pids=()
    vmc_background --net none -- sh -c 'echo ready; while :; do :; done'
    pids+=("$PID")
    wait_for "$DEADLINE" has_line out ready || fail "the workload does not start"
    wait_for "$DEADLINE" keep_together || fail "they lie on $(places | sort | uniq -c)"
    if [ "$(nproc)" -gt 1 ]; then
        vmc_background --net none -- sh -c 'echo ready; while :; do :; done'
        pids+=("$PID")
        wait_for "$DEADLINE" are_apart || fail "they lie on $(places | sort | uniq -c)"
    fi
    for PID in "${pids[@]}"; do
        kill -TERM "$PID"
        finish
        assert_equal "$STATUS" 143
    done
}

@test "it leaves none of the processors that vmc was not given" {
    local last=$(($(nproc --all) - 1))
    taskset -cp "$last" "$BASHPID" >/dev/null
    start_waiting
    assert_equal "$(places | sort -u)" "$last"
    echo >&7
    finish
    assert_equal "$STATUS" 0
}

# bats test_tags=core:user
@test "a program of the guest's finds nothing of the kernel's in its memory" {
    # The kernel's own stack would be there, and the vdso of the host's.
    run --separate-stderr vmc -- vmc-probe addresses
    assert_status 0
    assert_output ""
}
