# What the workload sees, field by field: of the default, of each option, and of options that
# meet. One run each; whatever an option is not said to change must be as in the default.
load ../lib/common
load ../lib/probe

@test "the comparison names every field that differs, is missing or is not expected" {
    echo '{"same": 1, "different": "x", "list": [1, 2], "matches": "a7", "more": {"a b": {}}}' >seen
    echo '{"same": 1, "different": "y", "list": [1, 3], "matches": "~^a[0-9]$", "less": null}' >wanted
    run "$VMC_TEST_LIB/expect" seen wanted
    assert_status 1
    assert_output '.different is "x"; expected "y"
.list is [1,2]; expected [1,3]
.more["a b"] is {}, which nobody asked for
.less is missing; expected null'
    run "$VMC_TEST_LIB/expect" seen wanted '.different = "x" | .list[1] = 2 | .more["a b"] = {} | del(.less)'
    assert_status 0
    assert_output ''
    run "$VMC_TEST_LIB/expect" seen wanted '.matches = "~^b" | no_such_word'
    [ "$status" != 0 ] || fail "a filter with a mistake passes"
}

# --- the default and what concerns COMMAND ------------------------------------------------

@test "the default" {
    see
    expect
}

@test "--net none" {
    see_alone
    expect_alone
}

@test "arguments, --env, --env-file, --workdir, --hostname" {
    printf '# a comment\nFILE=from the file\nBOTH=file\nCALLER\nABSENT\n' >variables
    CALLER=mine run --separate-stderr vmc --net none --env-file variables -e BOTH=line -e EMPTY= \
        -e 'ODD= "quoted" \ $HOME' -w /usr/bin --hostname one.example -- vmc-probe see 'two words' '' $'tab\there' -- -x
    assert_status 0
    printf '%s\n' "$output" >seen.json
    expect_alone '.arguments += ["two words", "", "tab\there", "--", "-x"]
        | .environment = [.environment[0], "FILE=from the file", "BOTH=line", "CALLER=mine", "EMPTY=",
                          "ODD= \"quoted\" \\ $HOME", .environment[1]]
        | .working_directory = "/usr/bin" | .hostname = "one.example"'
}

@test "--user NAME, and the groups it is in" {
    see_alone --user games
    expect_alone 'user(5; 60; "/usr/games")'
}

@test "--user UID:GID without an account" {
    see_alone -u 4711:4712
    expect_alone 'user(4711; 4712; "/") | .ids.group = "4712 4712 4712 4712"'
}

@test "--tty" {
    run --separate-stderr env TERM=linux "$VMC_TEST_LIB/pty" size=24x80 -- "$VMC" run -r "$SMALL" --net none -t -- vmc-probe see
    tr -d '\r' <<<"$output" >seen.json
    expect_alone 'terminal(0)'
}

# --- rights ------------------------------------------------------------------------------

@test "--cap-add, --cap-drop and --nocaps" {
    see_alone --cap-add SYS_TIME --cap-add CAP_SYS_ADMIN --cap-drop sys_chroot --nocaps net_raw,cap_kill
    expect_alone 'capabilities(default_capabilities + ["SYS_TIME", "SYS_ADMIN"] - ["SYS_CHROOT", "NET_RAW", "KILL"])'
}

@test "--cap-drop ALL with --cap-add" {
    see_alone --cap-add setuid --cap-drop ALL --cap-add BPF
    expect_alone 'capabilities(["SETUID", "BPF"])'
}

@test "--cap-add ALL without --privileged: capabilities alone, less what is dropped" {
    see_alone --cap-add ALL --cap-drop SYS_PTRACE --cap-drop SYS_BOOT --cap-drop SYSLOG
    expect_alone 'capabilities(all_capabilities - ["SYS_PTRACE", "SYS_BOOT", "SYSLOG"])'
}

@test "--no-new-privileges, --hostname of 64 characters" {
    local name
    name=a.$(printf '%062d' 0)
    see_alone --no-new-privileges --hostname "$name"
    expect_alone ".no_new_privileges = \"1\" | .hostname = \"$name\""
}

@test "--privileged" {
    see_alone --privileged
    expect_alone privileged
}

# --- the container -----------------------------------------------------------------------

@test "--read-only" {
    see_alone --read-only
    expect_alone read_only
}

@test "--no-init" {
    see_alone --no-init
    expect_alone no_init
}

@test "--netns keeps the network, in a namespace of its own" {
    see --netns
    expect '.namespaces.net = "its own"'
}

@test "--userns" {
    see_alone --userns
    expect_alone userns
}

@test "--mem-limit and --pids-limit; --cpus and --memory" {
    see_alone --mem-limit 65m --pids-limit 57 -c 2 -m 300m
    expect_alone '.cgroup["memory.max"] = "68157440" | .cgroup["pids.max"] = "57"
        | .scheduling.processors = 2 | .scheduling.cpus_allowed = "0-1"
        | .cgroup["cpuset.cpus.effective"] = "0-1"'
}

@test "--upper disk, host and none: another root, and nothing else" {
    see_alone --upper disk
    expect_alone '.masked["/sys/dev/block"] = "a directory"'
    see_alone --upper host
    expect_alone root_of_9p
    copy_tree "$SMALL" tree
    run --separate-stderr vmc_at tree --net none --direct -- vmc-probe see
    printf '%s\n' "$output" >seen.json
    remove_tree tree
    expect_alone root_of_9p
}

# --- options that meet -------------------------------------------------------------------

@test "--privileged with --cap-drop: everything but the capability" {
    see_alone --privileged --cap-drop SYS_ADMIN --cap-drop MKNOD
    expect_alone 'privileged | capabilities(all_capabilities - ["SYS_ADMIN", "MKNOD"])'
}

@test "--privileged with --user: rights are root's, and the user may become none" {
    see_alone --privileged -u 4711:4712
    expect_alone 'privileged | user(4711; 4712; "/")'
}

@test "--privileged with --read-only and --no-new-privileges" {
    see_alone --privileged --read-only --no-new-privileges
    expect_alone 'privileged | read_only | .no_new_privileges = "1"'
}

@test "--privileged with --userns: nothing that belongs to the machine" {
    see_alone --privileged --userns
    expect_alone 'privileged | userns'
}

@test "--user with --cap-add: the bounding set alone, no ambient capability" {
    see_alone --user 4711:4712 --cap-add SYS_TIME --cap-drop CHOWN
    expect_alone 'capabilities(default_capabilities + ["SYS_TIME"] - ["CHOWN"]) | user(4711; 4712; "/")'
}

@test "--user with --no-new-privileges and --pids-limit" {
    see_alone --user games --no-new-privileges --pids-limit 20
    expect_alone 'user(5; 60; "/usr/games") | .no_new_privileges = "1" | .cgroup["pids.max"] = "20"'
}

@test "--user with --tty and --workdir: the terminal is the user's" {
    run --separate-stderr env TERM=linux "$VMC_TEST_LIB/pty" size=24x80 -- "$VMC" run -r "$SMALL" --net none -t -u 4711:4712 -w /tmp -- vmc-probe see
    tr -d '\r' <<<"$output" >seen.json
    expect_alone 'user(4711; 4712; "/") | terminal(4711) | .working_directory = "/tmp"'
}

@test "--userns with --user" {
    see_alone --userns --user 4711:4712
    expect_alone 'userns | user(4711; 4712; "/")'
}

@test "--userns with --read-only, --cap-drop ALL and --no-new-privileges" {
    see_alone --userns --read-only --cap-drop ALL --no-new-privileges
    expect_alone 'userns | read_only | capabilities([]) | .no_new_privileges = "1"'
}

@test "--userns with --netns, the same as without, and with a network" {
    see --userns --netns
    expect userns
}

@test "--read-only with --workdir and --user in a directory that stays writable" {
    see_alone --read-only --workdir /dev/shm --user games
    expect_alone 'read_only | user(5; 60; "/usr/games") | .working_directory = "/dev/shm"'
}

@test "--no-init with --pids-limit 1: COMMAND alone; with an init that is refused" {
    run --separate-stderr vmc --net none --pids-limit 1 -- true
    assert_refused '--pids-limit 1 .*--no-init'
    see_alone --no-init --pids-limit 1
    expect_alone 'no_init | .cgroup["pids.max"] = "1"'
}

@test "--no-init with --tty, --hostname and --privileged" {
    run --separate-stderr env TERM=linux "$VMC_TEST_LIB/pty" size=24x80 -- "$VMC" run -r "$SMALL" --net none -t --no-init --privileged --hostname one -- vmc-probe see
    tr -d '\r' <<<"$output" >seen.json
    expect_alone 'privileged | no_init | terminal(0) | .hostname = "one"'
}

@test "--no-init with --userns and --user" {
    see_alone --no-init --userns -u 4711:4712
    expect_alone 'userns | user(4711; 4712; "/") | no_init'
}
