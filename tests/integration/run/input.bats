# Bad input: status 125, one line on standard error that names the cause, nothing left behind.
load ../../lib/common

@test "commands and options that do not exist" {
    check_table <<'EOT'
command|
no-such|no-such-command
no-such|--no-such-option
no-such-option|run --no-such-option @
option|run -Z @
command|run
COMMAND|run -r "$SMALL"
COMMAND|run -r "$SMALL" --
value|run -r
hostname|run --hostname= @
debug|run --debug=yes @
extra|version extra
EOT
}

@test "sizes and numbers" {
    check_table <<'EOT'
timeout|run --timeout x @
timeout|run --timeout -1 @
timeout|run --timeout '' @
timeout|run --timeout 1y @
timeout|run --timeout 99999999999999999999 @
EOT
}

@test "choices" {
    check_table <<'EOT'
upper|run --upper tape @
upper|run --upper '' @
upper|run --upper ram: @
upper|run --upper ram:x @
upper|run --upper ram:0 @
upper|run --upper host:1G @
upper|run --upper none:1G @
direct|run --direct --upper ram @
arch|run --arch pdp11 @
hostname|run --hostname 'two words' @
hostname|run --hostname "$(head -c 300 /dev/zero | tr '\0' x)" @
user|run -u '' @
user|run -u : @
workdir|run -w relative @
env|run -e =value @
env|run -e '' @
EOT
}

@test "files that are missing or are not what they should be" {
    : >unreadable
    chmod 0 unreadable
    mkdir directory
    check_table <<'EOT'
/no/such|run --env-file /no/such @
directory|run --env-file directory @
EOT
}

@test "lines of --env-file that are no variables, with their place" {
    printf '\357\273\277BOM=1\nexport C=3\n' >exported
    printf 'PEM="-----BEGIN KEY-----\nabc\n-----END KEY-----"\n' >pem
    printf '# a\n\n[section]\n' >section
    printf 'A=1\r\nB =2\r\n' >blank
    printf 'A=1\nB=2\0C=3\n' >nul
    printf '\377\376A\0=\0001\0' >utf16
    printf 'A=1\n=2\n' >nameless
    { printf 'A=1\nB='; head -c 131070 /dev/zero | tr '\0' x; } >long
    head -c 5000000 /dev/zero | tr '\0' '\n' >huge
    check_table <<'EOT'
exported:2: 'export C' .* white space .*leave out 'export'|run --env-file exported @
pem:3: '-----END KEY-----"' is not .* white space|run --env-file pem @
section:3: '\[section\]' is neither NAME=VALUE nor|run --env-file section @
blank:2: 'B ' .* white space|run --env-file blank @
nul:2: a NUL byte|run --env-file nul @
utf16:1: a NUL byte|run --env-file utf16 @
nameless:2: '=2' has no variable name|run --env-file nameless @
long:2: the line has 131072 bytes; a variable has at most 131071|run --env-file long @
huge is larger than|run --env-file huge @
EOT
}

# bats test_tags=machine
@test "the same of a machine: its size, its image, its console" {
    mkdir directory
    check_table <<'EOT'
12Q|run -m 12Q @
memory|run -m 0 @
memory|run -m '' @
memory|run -m -1 @
memory|run -m 512MM @
memory|run -m 1 @
memory|run -m 99999999999999999999 @
memory|run -m 100t @
memory|run -m 1e9 @
memory|run -m '12 M' @
cpus|run --cpus -1 @
cpus|run -c 0 @
cpus|run -c x @
cpus|run -c 1.5 @
cpus|run -c 100000 @
cpus|run -c 99999999999999999999 @
boot-timeout|run --boot-timeout 0 @
boot-timeout|run --boot-timeout soon @
accel|run --accel fast @
/no/such|run --kernel /no/such @
/no/such|run --initrd /no/such @
directory|run --kernel directory @
directory|run --initrd directory @
/no/such|run --console /no/such/log @
--debug shows|run --console - @
directory|run --console directory @
EOT
}

@test "root file systems that are missing, files, or not to be read" {
    : >file
    mkdir locked empty
    ln -s nowhere dangling
    ln -s loop loop
    check_table <<'EOT'
/no/such|run -r /no/such -- true
file|run -r file -- true
dangling|run -r dangling -- true
loop|run -r loop -- true
file system|run -r '' -- true
/no/such|run --nopriv /no/such -- true
leave out|run -r / --nopriv / -- true
host|run --direct -- true
EOT
    if ! am_root; then
        chmod 0 locked
        check_table <<<'locked|run -r locked -- true'
        chmod 700 locked
    fi
}

@test "an empty directory as the root file system: the command is not found" {
    mkdir empty
    run -127 --separate-stderr vmc_at empty --arch "$VMC_TEST_ARCH" -- true
    assert_status 127
    assert_match "$stderr" '^vmc: '
}

@test "a path longer than the kernel takes" {
    run --separate-stderr "$VMC" run -r "/$(head -c 5000 /dev/zero | tr '\0' x)" -- true
    assert_status 125
    assert_match "$stderr" 'too long'
}

@test "a run directory too long for a Unix socket works or is refused clearly" {
    local long
    long=$PWD/$(head -c 90 /dev/zero | tr '\0' d)/$(head -c 90 /dev/zero | tr '\0' e)
    mkdir -p "$long"
    XDG_RUNTIME_DIR=$long run --separate-stderr vmc -- echo up
    if [ "$status" = 0 ]; then
        assert_output up
    else
        assert_refused 'too long|socket'
    fi
    [ -z "$(find "$long" -mindepth 2)" ] || fail "left: $(find "$long" -mindepth 2)"
}

@test "a run directory that cannot be used is passed over or named" {
    local place
    : >file
    for place in "$PWD/missing" "$PWD/file" /proc; do
        XDG_RUNTIME_DIR=$place run --separate-stderr vmc -- echo up
        if [ "$status" = 0 ]; then
            assert_output up
        else
            assert_refused "$place|XDG_RUNTIME_DIR"
        fi
    done
}

# bats test_tags=machine,qemu
@test "no QEMU installed: which package has it" {
    mkdir bin
    run --separate-stderr env PATH="$PWD/bin" "$VMC" run -r "$SMALL" -- true
    assert_refused "$QEMU"
}

# bats test_tags=machine
@test "no guest image yet: how to breed it" {
    cp "${VMC_UNDER_TEST:-$VMC}" alone
    run --separate-stderr env -u VMC_GUEST_DIR ./alone run ${VMC_TEST_BACKEND:+"--$VMC_TEST_BACKEND"} -r "$SMALL" -- true
    assert_refused 'breeder'
}

@test "arguments near the kernel's limit, with an environment as large, work or are refused" {
    run --separate-stderr bash -c 'timeout 60 "$VMC" run -r "$0" -- sh -c "echo \$#" sh $(seq 1 250000)' "$SMALL" 3>&-
    if [ "$status" = 0 ]; then
        assert_output 250000
    else
        assert_match "$status" '^(125|126)$'
        assert_match "$stderr" 'too long'
    fi
}

@test "names with control characters do not reach the terminal raw" {
    run --separate-stderr "$VMC" run -r $'/no/\e[31mred\nsecond' -- true
    assert_refused
    [[ $stderr != *$'\e'* ]] || fail "an escape sequence is passed on"
}

@test "standard error closed, or full: the status is still right" {
    run "$VMC" run -r /no/such -- true 2>&-
    assert_status 125
    run bash -c '"$VMC" run -r /no/such -- true 2>/dev/full'
    assert_status 125
}
