# Refusals of the container's options, and of what other tools have: input.bats has the others.
load ../../lib/common

@test "refused before anything is made: limits" {
    check_table <<'EOT'
--mem-limit: bad size 'x'|run --mem-limit x @
--mem-limit|run --mem-limit '' @
--mem-limit|run --mem-limit -1 @
at least 4m|run --mem-limit 1k @
more than the machine has|run --mem-limit 2g -m 1g @
--mem-limit|run --mem-limit 99999999999999999999 @
--mem-high|run --mem-high nonsense @
at least 4m|run --mem-high 1 @
--mem-high is more than the machine has|run --mem-high 2g -m 1g @
above --mem-limit|run --mem-high 64m --mem-limit 32m @
needs --mem-limit|run --mem-swap 64m @
cannot be less than|run --mem-swap 32m --mem-limit 64m @
needs a size|run --mem-swap -1 --mem-limit 64m @
less than 1m|run --mem-swap 65000k --mem-limit 64000k @
more than 1t|run --mem-swap 2t --mem-limit 64m @
--mem-swap|run --memory-swap q --mem-limit 64m @
'--mem-kmem': cgroup v2|run --mem-kmem 64m @
--pids-limit|run --pids-limit 0 @
leaves no room for COMMAND|run --pids-limit 1 @
--pids-limit|run --pids-limit many @
--pids-limit|run --pid-max 9999999 @
--cpu-shares|run --cpu-shares 1 @
--cpu-shares|run --cpu-shares 262145 @
--cpu-weight|run --cpu-weight 0 @
--cpu-weight|run --cpu-weight 10001 @
give one|run --cpu-weight 5 --cpu-shares 5 @
--cpu-quota|run --cpu-quota 999 @
more than the machine's 1 processors|run --cpu-quota 100001 @
--cpu-quota|run --cpu-quota 1.5 @
--cpu-period|run --cpu-period 999 @
--cpu-period|run --cpu-period 1000001 @
--cpuset-cpus 1 \(of the machine's --cpus 1\)|run --cpuset-cpus 1 @
it takes a whole number; for a part of a processor use --cpu-quota|run --cpus 0.5 @
--cpuset-cpus|run --cpuset-cpus 0-9 @
runs backwards|run --cpuset-cpus 2-1 -c 4 @
--cpuset-cpus|run --cpuset-cpus '' @
--cpuset-cpus|run --cpuset-cpus 0,x @
--upper disk|run --io-max wbps=1m @
is not a list of rbps=|run --io-max speed=1 --upper disk @
is not a list of rbps=|run --io-max wbps --upper disk @
--io-max wbps|run --io-max wbps=x --upper disk @
would stop the disk|run --io-max wbps=0 --upper disk @
--oom-score-adj '1001' is not a number from -1000|run --oom-score-adj 1001 @
--oom-score-adj '-1001' is not|run --oom-score-adj -1001 @
--oom-score-adj '5x' is not|run --oom-score-adj=5x @
--oom-score-adj '' is not|run --oom-score-adj '' @
NAME=SOFT\[:HARD\]|run --ulimit nofile @
'files' is not a resource|run --ulimit files=1 @
--ulimit nofile: 'x'|run --ulimit nofile=x @
'99999999999999999999' is above every limit|run --ulimit nofile=99999999999999999999 @
above the hard one|run --ulimit nofile=2:1 @
above the hard one|run --ulimit nofile=unlimited:1 @
--ulimit nofile|run --ulimit nofile=1:2:3 @
EOT
}

@test "refused before anything is made: rights and views" {
    echo '{"defaultAction": "SCMP_ACT_NOTIFY"}' >notify.json
    echo '{' >broken.json
    echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscals": []}' >misspelled.json
    printf '{"defaultAction": "SCMP_ACT_ALLOW"}\0{}' >nul.json
    check_table <<'EOT'
'FLY' is not a capability|run --cap-add FLY @
is not a capability|run --cap-add '' @
is not a capability|run --cap-add 5 @
is not a capability|run --cap-drop CAP_ @
same capability|run --cap-add chown --cap-drop CHOWN @
--nocaps|run --nocaps chown,,kill @
contradict|run --init --no-init @
--security-opt|run --security-opt '' @
--security-opt 'seccomp'|run --security-opt seccomp @
--security-opt|run --security-opt seccomp= @
cannot open /nonexistent|run --security-opt seccomp=/nonexistent @
seccomp profile broken\.json: not JSON|run --security-opt seccomp=broken.json @
listener|run --security-opt seccomp=notify.json @
misspelled\.json: "syscals" is not a known member|run --security-opt seccomp=misspelled.json @
nul\.json:1: a NUL byte|run --security-opt seccomp=nul.json @
--security-opt seccomp|run --security-opt seccomp=. @
'true' or 'false'|run --security-opt no-new-privileges=maybe @
neither AppArmor nor SELinux|run --security-opt apparmor=unconfined @
neither AppArmor nor SELinux|run --security-opt label=disable @
systempaths=unconfined|run --security-opt systempaths=all @
is not a group|run --group-add '' @
is not a group|run --group-add a:b @
NAME=VALUE|run --sysctl net.core.somaxconn @
NAME=VALUE|run --sysctl =5 @
NAME=VALUE|run --sysctl ../x=5 @
is not the name|run --sysctl net/../../x=5 @
is not the name|run --sysctl plain=5 @
absolute path|run --tmpfs relative @
absolute path|run --tmpfs / @
absolute path|run --tmpfs '' @
absolute path|run --tmpfs /a/.. @
--tmpfs /a|run --tmpfs /a:size=x @
less than a page|run --tmpfs /a:size=1 @
octal|run --tmpfs /a:mode=999 @
gives no one access|run --tmpfs /a:mode=0 @
nosuid and nodev|run --tmpfs /a:suid @
'colour': it must be size=|run --tmpfs /a:colour=red @
--tmpfs /a|run --tmpfs /a:uid=root @
twice|run --tmpfs /a --tmpfs //b/../a/ @
keep|run --rm --keep @
less than a page|run --shm-size 1 @
more than the machine's memory|run --shm-size 2g -m 1g @
below the guest's /dev|run --device null @
below the guest's /dev|run --device /etc/passwd @
below the guest's /dev|run --device /dev/../etc/passwd @
ACCESS|run --device /dev/null:/dev/x:q @
ACCESS|run --device /dev/null:/dev/x:r:w @
below the guest's /dev|run --device /dev/null:relative @
--ftrace: cannot open /nonexistent|run --ftrace /nonexistent @
--ftrace|run --ftrace /dev @
EOT
}

@test "refused before anything is made: machine, workload, and what other tools have" {
    check_table <<'EOT'
architecture|run --cross pdp11 @
/nonexistent|run --rootdir /nonexistent -- true
leave out|run --nopriv /nonexistent @
is not a user|run -u :0 @
is not a host name|run --hostname a_b @
moon|run --net moon @
--dns 'x' is not an address|run --dns x @
--dns|run --dns '' @
at most 3|run --dns 1.1.1.1 --dns 2.2.2.2 --dns 3.3.3.3 --dns 4.4.4.4 @
is not a domain|run --dns-search 'a b' @
is not a domain|run --dns-search '' @
is not an option|run --dns-option 'a b' @
is not NAME:ADDR|run --add-host '' @
is not NAME:ADDR|run --add-host :1.2.3.4 @
is not NAME:ADDR|run --add-host name @
'1.2.3' is not an address|run --add-host name:1.2.3 @
host-loopback|run --add-host name:host-gateway @
-p|run -p 0 @
99999|run -p 99999 @
nonsense|run --port nonsense @
x|run --mac-address x @
--json goes only with --explain|run --json @
'-X': another kernel|run -X @
'--X11': another kernel|run --X11 @
'-B'|run -B @
'-d'|run -d @
foreground|run --detach @
--upper says|run --tempdir /tmp @
--cpuset-cpus|run --cpu 3 @
pivot_root|run --simple @
COMMAND|run --entrypoint sh @
did you mean '--memory'|run --memroy 1g @
unknown option '--foo' \(see|run --foo @
unknown option '--ib' \(see|run --ib @
unknown command 'rm' \(see|rm
unknown command 'pause' \(see|pause
docker's -h NAME is --hostname NAME|run -h web @
'-h' prints help|run -ih web @
'--init' is a flag: for false leave it out|run --init=false @
takes no value|run --rm=yes @
target= is missing|run --mount type=bind,src=/usr @
source= is missing|run --mount target=/x @
a tmpfs has no source=|run --mount type=tmpfs,src=/usr,dst=/x @
must be bind, volume or tmpfs|run --mount type=npipe,src=/usr,dst=/x @
a path with a slash|run --mount type=bind,src=usr,dst=/x @
type=volume must be a name|run --mount src=/usr,dst=/x @
'bind-propagation' must be|run --mount type=bind,src=/usr,dst=/x,bind-propagation=shared @
'dst' repeats an earlier field|run --mount type=bind,src=/usr,dst=/x,dst=/y @
readonly must be 'true' or 'false'|run --mount type=bind,src=/usr,dst=/x,ro=maybe @
/nonexistent/x: No such file|run --mount type=bind,src=/nonexistent/x,dst=/x @
--mount '/' must be|run --mount type=tmpfs,dst=/ @
no SELinux label|run -v /usr:/x:z @
needs a value|run --mem-limit
EOT
}

@test "refused by the guest: one line that names the option, status 125" {
    check_table <<'EOT'
--sysctl net\.core\.nosuch|run --net none --sysctl net.core.nosuch=1 @
--sysctl kernel\.pid_max|run --net none --sysctl kernel.pid_max=word @
--device /dev/nosuch: the guest's kernel has no such device|run --net none --device /dev/nosuch @
no group 'nosuch'|run --net none --group-add nosuch @
nosuch|run --net none -u nosuch @
working directory '/nonexistent'|run --net none -w /nonexistent @
--ulimit nofile: the kernel's maximum is [0-9]+ \(sysctl fs.nr_open\)|run --net none --ulimit nofile=99999999 @
EOT
}

@test "--explain names the layer of every setting, the defaults, and runs nothing" {
    run timeout "$DEADLINE" "$VMC" run --explain -r "$SMALL" --mem-limit 64m --cap-add SYS_ADMIN \
        -m 1g -p 80 --require-jail
    assert_status 0
    assert_line() { grep -qxF -- "$(printf '%-38s  %s' "$1" "$2")" <<<"$output" || fail "$output"; }
    assert_line '--mem-limit 64m' 'guest cgroup'
    assert_line '--cap-add SYS_ADMIN' agent
    assert_line '--memory 1g' 'machine and host cgroup'
    assert_line '--publish 80' host
    assert_line --require-jail jail
    assert_line '--cpus 1' 'machine (default)'
    run timeout "$DEADLINE" "$VMC" run --explain --json -r "$SMALL" --init --pid-max 5
    assert_equal "$(jq -c '[.[] | select(.default | not) | {option, value, layer}]' <<<"$output")" \
        "$(jq -cn --arg r "$SMALL" '[{option: "rootfs", value: $r, layer: "host"},
            {option: "init", value: null, layer: "agent"},
            {option: "pid-max", value: "5", layer: "guest cgroup"}]')"
    run timeout "$DEADLINE" "$VMC" run --explain --mem-limit x
    assert_status 125
    # Every option has a layer, so every one can be explained.
    run timeout "$DEADLINE" "$VMC" run --explain --json -r "$SMALL"
    assert_equal "$(jq 'map(select(.layer == null or .layer == "")) | length' <<<"$output")" 0
}

# The rows of a table | theirs | vmc's | example | how |: the example works, or is refused where the
# last says so.
check_examples() {
    local theirs example how count=0
    while IFS='|' read -r _ theirs _ example how _; do
        [[ $example == *'`'* ]] || continue
        read -ra words <<<"$(tr -d '`' <<<"$example")"
        case " ${words[*]} " in
            *' -r '* | *' --rootdir '* | *' --rootfs '* | *' --nopriv '*) ;;
            *) words+=(-r "$SMALL") ;;
        esac
        local start=("$VMC" run --explain)
        # A terminal is asked for on a terminal.
        [[ $example != *--[pt]ty* ]] || start=("$VMC_TEST_LIB/pty" -- "${start[@]}")
        run timeout "$DEADLINE" "${start[@]}" "${words[@]}"
        [[ $example != *--[pt]ty* || $output == *'status 0, terminal restored'* ]] || fail "$output"
        local wanted=0
        [[ $how != *refused:* ]] || wanted=125
        [ "$status" = "$wanted" ] || fail "$theirs: $output"
        [ "$status" = 0 ] || [ "${#lines[@]}" = 1 ] || fail "$theirs: $output"
        count=$((count + 1))
    done <"$1"
    [ "$count" -ge "$2" ] || fail "only $count rows"
}

# Some rows are for guests of this machine's architecture alone.
# bats test_tags=native
@test "docs/from-mincs.md: every row works as its line says, or is refused" {
    check_examples "$VMC_SOURCE/docs/from-mincs.md" 27
}

# bats test_tags=native
@test "docs/from-docker.md: every example works, or is refused where its line says so" {
    check_examples "$VMC_SOURCE/docs/from-docker.md" 36
}

# The options in the first column of docs/from-docker.md: VERDICT[--name] is "works" or the reason.
read_verdicts() {
    local cell reason section=works
    declare -gA VERDICT=()
    while IFS='|' read -r _ cell reason _; do
        [[ $cell != *' why, '* && $reason != ' why, '* ]] || section=refused
        reason=${reason# } reason=${reason% }
        while [[ $cell =~ \`(--?[A-Za-z][A-Za-z0-9-]*)(.*) ]]; do
            VERDICT[${BASH_REMATCH[1]}]=works
            [ "$section" = works ] || VERDICT[${BASH_REMATCH[1]}]=$reason
            cell=${BASH_REMATCH[2]}
        done
    done <"$VMC_SOURCE/docs/from-docker.md"
}

@test "docs/from-docker.md: every option of docker run and podman run, with the reason that vmc gives" {
    local name letter option said faults='' count=0
    read_verdicts
    while read -r name letter _; do
        [ "$name" != '#' ] || continue
        for option in "--$name" ${letter/#[!-]/-${letter:0:1}}; do
            [ "$option" != - ] || continue
            count=$((count + 1))
            said=$(timeout "$DEADLINE" "$VMC" run "$option" 2>&1 </dev/null 3>&-) || true
            case ${VERDICT[$option]-} in
                '') faults+="$option has no row"$'\n' ;;
                works) [[ $said != *"unknown option"* && $said != "vmc: option '$option': "* ]] || faults+="$said"$'\n' ;;
                *) [ "$said" = "vmc: option '$option': ${VERDICT[$option]}" ] || faults+="$said"$'\n' ;;
            esac
            unset "VERDICT[$option]"
        done
    done <"$VMC_TEST_LIB/engine-options"
    [ -z "$faults" ] || fail "$faults"
    [ "${#VERDICT[@]}" = 0 ] || fail "no options of theirs: ${!VERDICT[*]}"
    [ "$count" -ge 175 ] || fail "only $count options"
}
