# How a run ends: the workload's status, its death, and vmc's own statuses.
load ../../lib/common

# The same path for everybody: all of them once, some of them for each user and architecture.
# bats test_tags=root,native,core:none
@test "every exit status from 0 to 255 arrives" {
    run bash -c 'seq 0 255 | xargs -P 2 -I{} "$VMC_TEST_LIB/exit-code" {} 3>&-'
    assert_status 0
    assert_output ''
}

@test "a spread of exit statuses arrives" {
    local statuses=(0 1 126 128 192 255 2 63 64 124 125 127 129 137 143 254)
    printf '%s\n' "${statuses[@]:0:$(core_or_full 6 16)}" >statuses
    run bash -c 'xargs -a statuses -P 2 -I{} "$VMC_TEST_LIB/exit-code" {} 3>&-'
    assert_status 0
    assert_output ''
}

@test "a workload killed by KILL, SEGV or TERM ends with 137, 139, 143" {
    local death
    for death in KILL:137 SEGV:139 TERM:143; do
        run --separate-stderr vmc -- sh -c "kill -${death%:*} \$\$"
        assert_status "${death#*:}"
        assert_equal "$stderr" ''
    done
}

# bats test_tags=core:uml
@test "a workload killed by ABRT, INT or a real-time signal ends with 128 and its number" {
    local death
    for death in ABRT:134 INT:130 64:192; do
        run --separate-stderr vmc -- sh -c "kill -${death%:*} \$\$"
        assert_status "${death#*:}"
    done
}

@test "a missing command is 127, with one line" {
    run -127 --separate-stderr vmc -- no-such-command
    assert_status 127
    assert_match "$stderr" '^vmc: .*no-such-command'
    assert_equal "${#stderr_lines[@]}" 1
    run -127 --separate-stderr vmc -- /no/such/command
    assert_status 127
}

@test "a command without the execute bit is 126, with one line" {
    run --separate-stderr vmc -- /etc/passwd
    assert_status 126
    assert_match "$stderr" '^vmc: .*/etc/passwd'
    assert_equal "${#stderr_lines[@]}" 1
}

# bats test_tags=core:uml
@test "a command that its user may not execute, or reach, is 126; root's capabilities do not count" {
    copy_tree "$SMALL" tree
    as_container_root sh -c 'printf "#!/bin/sh\nexit 9\n" >tree/usr/bin/of-root; mkdir -m 700 tree/closed
        cp tree/usr/bin/of-root tree/closed/open; chmod 700 tree/usr/bin/of-root; chmod 755 tree/closed/open'
    run --separate-stderr vmc_at tree -u 4711 -- of-root
    assert_status 126
    assert_match "$stderr" "^vmc: .*of-root.*Permission denied"
    run --separate-stderr vmc_at tree -u 4711 -- /closed/open
    assert_status 126
    run vmc_at tree -- of-root
    assert_status 9
}

# bats test_tags=core:uml
@test "a directory as the command is 126" {
    run --separate-stderr vmc -- /etc
    assert_status 126
}

# bats test_tags=core:uml
@test "a script whose interpreter is missing is 127, and the interpreter is named" {
    copy_tree "$SMALL" tree
    as_container_root sh -c 'printf "#!/no/interpreter\n" >tree/usr/bin/broken
        printf "#!/bin/sh\r\nexit 0\r\n" >tree/usr/bin/windows
        chmod 755 tree/usr/bin/broken tree/usr/bin/windows'
    run -127 --separate-stderr vmc_at tree -- broken
    assert_match "$stderr" \
        "^vmc: cannot run 'broken': /usr/bin/broken: its interpreter '/no/interpreter' does not exist$"
    run -127 --separate-stderr vmc_at tree -- /usr/bin/windows
    assert_match "$stderr" "^vmc: cannot run '/usr/bin/windows': its first line ends with .*CRLF"
    remove_tree tree
}

@test "a static program and a shell find their exit status with a closed standard output" {
    run vmc -- sh -c 'exit 9' >&-
    assert_status 9
}

@test "the workload is not pid 1 and its orphans do not delay the end" {
    local begin
    begin=$(now_ms)
    run vmc -- sh -c 'sleep 1000 >/dev/null 2>&1 </dev/null & echo $$'
    assert_status 0
    [ "$output" != 1 ] || fail "the workload is pid 1"
    [ $(($(now_ms) - begin)) -lt 30000 ] || fail "the end was delayed"
}
