# Bad input: one line on standard error that names the thing and the way out, status 125, nothing
# on standard output, nothing left behind, and no machine started.
load ../lib/common

# Each line: what vmc run is given (split at blanks, "''" is the empty word) | a part of what it says.
refusals() {
    local line arguments expected words count=0 failures=0
    while IFS= read -r line; do
        arguments=${line%% | *}
        expected=${line#* | }
        eval "words=($arguments)"
        run --separate-stderr timeout -k 5 "$DEADLINE" "$VMC" run -r "$SMALL" "${words[@]}" 3>&-
        count=$((count + 1))
        if [ "$status" -ne 125 ] || [ -n "$output" ] || [ "${#stderr_lines[@]}" -ne 1 ] ||
            [[ $stderr != "vmc: "*"$expected"* ]]; then
            printf '%s\n  status %s\n  stdout %s\n  stderr %s\n  wanted %s\n' \
                "$arguments" "$status" "$output" "$stderr" "$expected"
            failures=$((failures + 1))
        fi
    done
    echo "$count cases"
    [ "$failures" -eq 0 ] && [ "$count" -ge "${1:-1}" ]
}

@test "refused before anything is made: limits" {
    refusals 44 <<'END'
--mem-limit x -- true | --mem-limit: bad size 'x'
--mem-limit '' -- true | --mem-limit
--mem-limit -1 -- true | --mem-limit
--mem-limit 1k -- true | at least 4m
--mem-limit 2g -m 1g -- true | more than the machine has
--mem-limit 99999999999999999999 -- true | --mem-limit
--mem-high nonsense -- true | --mem-high
--mem-high 1 -- true | at least 4m
--mem-high 2g -m 1g -- true | --mem-high is more than the machine has
--mem-high 64m --mem-limit 32m -- true | above --mem-limit
--mem-swap 64m -- true | needs --mem-limit
--mem-swap 32m --mem-limit 64m -- true | not less than
--mem-swap -1 --mem-limit 64m -- true | needs a size
--mem-swap 65000k --mem-limit 64000k -- true | less than 1m
--mem-swap 2t --mem-limit 64m -- true | more than 1t
--memory-swap q --mem-limit 64m -- true | --mem-swap
--mem-kmem 64m -- true | '--mem-kmem': cgroup v2
--pids-limit 0 -- true | --pids-limit
--pids-limit many -- true | --pids-limit
--pid-max 9999999 -- true | --pids-limit
--cpu-shares 1 -- true | --cpu-shares
--cpu-shares 262145 -- true | --cpu-shares
--cpu-weight 0 -- true | --cpu-weight
--cpu-weight 10001 -- true | --cpu-weight
--cpu-weight 5 --cpu-shares 5 -- true | give one
--cpu-quota 999 -- true | --cpu-quota
--cpu-quota 100001 -- true | more than the machine's 1 processors
--cpu-quota 1.5 -- true | --cpu-quota
--cpu-period 999 -- true | --cpu-period
--cpu-period 1000001 -- true | --cpu-period
--cpuset-cpus 1 -- true | --cpuset-cpus 1 (of the machine's --cpus 1)
--cpuset-cpus 0-9 -- true | --cpuset-cpus
--cpuset-cpus 2-1 -c 4 -- true | runs backwards
--cpuset-cpus '' -- true | --cpuset-cpus
--cpuset-cpus 0,x -- true | --cpuset-cpus
--io-max wbps=1m -- true | --upper disk
--io-max speed=1 --upper disk -- true | is not a list of rbps=
--io-max wbps --upper disk -- true | is not a list of rbps=
--io-max wbps=x --upper disk -- true | --io-max wbps
--io-max wbps=0 --upper disk -- true | would stop the disk
--ulimit nofile -- true | NAME=SOFT[:HARD]
--ulimit files=1 -- true | 'files' is no resource
--ulimit nofile=x -- true | --ulimit nofile: 'x'
--ulimit nofile=2:1 -- true | above the hard one
--ulimit nofile=unlimited:1 -- true | above the hard one
--ulimit nofile=1:2:3 -- true | --ulimit nofile
END
}

@test "refused before anything is made: rights and views" {
    echo '{"defaultAction": "SCMP_ACT_NOTIFY"}' >notify.json
    echo '{' >broken.json
    refusals 44 <<'END'
--cap-add FLY -- true | 'FLY' is no capability
--cap-add '' -- true | is no capability
--cap-add 5 -- true | is no capability
--cap-drop CAP_ -- true | is no capability
--cap-add chown --cap-drop CHOWN -- true | same capability
--nocaps chown,,kill -- true | --nocaps
--init --no-init -- true | contradict
--security-opt '' -- true | --security-opt
--security-opt seccomp -- true | --security-opt 'seccomp'
--security-opt seccomp= -- true | --security-opt
--security-opt seccomp=/nonexistent -- true | cannot open /nonexistent
--security-opt seccomp=broken.json -- true | seccomp profile broken.json: not JSON
--security-opt seccomp=notify.json -- true | listener
--security-opt seccomp=. -- true | --security-opt seccomp
--security-opt no-new-privileges=maybe -- true | 'true' or 'false'
--security-opt apparmor=unconfined -- true | neither AppArmor nor SELinux
--security-opt label=disable -- true | neither AppArmor nor SELinux
--security-opt systempaths=all -- true | systempaths=unconfined
--group-add '' -- true | names no group
--group-add a:b -- true | names no group
--sysctl net.core.somaxconn -- true | NAME=VALUE
--sysctl =5 -- true | NAME=VALUE
--sysctl ../x=5 -- true | NAME=VALUE
--sysctl net/../../x=5 -- true | is not the name
--sysctl plain=5 -- true | is not the name
--tmpfs relative -- true | absolute path
--tmpfs / -- true | absolute path
--tmpfs '' -- true | absolute path
--tmpfs /a/../b -- true | '..'
--tmpfs /a:size=x -- true | --tmpfs /a
--tmpfs /a:size=1 -- true | less than a page
--tmpfs /a:mode=999 -- true | octal
--tmpfs /a:mode=0 -- true | nobody in
--tmpfs /a:suid -- true | nosuid and nodev
--tmpfs /a:colour=red -- true | is none of size=
--tmpfs /a:uid=root -- true | --tmpfs /a
--tmpfs /a --tmpfs /a -- true | twice
--shm-size 1 -- true | less than a page
--shm-size 2g -m 1g -- true | more than the machine's memory
--device null -- true | below /dev
--device /etc/passwd -- true | below /dev
--device /dev/../etc/passwd -- true | below /dev
--device /dev/null:/dev/x:q -- true | ACCESS
--device /dev/null:/dev/x:r:w -- true | ACCESS
--device /dev/null:relative -- true | below /dev
--ftrace /nonexistent -- true | --ftrace: cannot open /nonexistent
--ftrace /dev -- true | --ftrace
END
}

@test "refused before anything is made: machine, workload, and what other tools have" {
    refusals 40 <<'END'
-m 1 -- true | at least
-m lots -- true | --memory
-c 0 -- true | --cpus
-c 999 -- true | --cpus
--accel hvf -- true | none of auto, kvm, tcg
--arch pdp11 -- true | architecture
--cross pdp11 -- true | architecture
--upper tape -- true | none of ram
--upper ram:0 -- true | at least 1m
--upper host:1g -- true | takes no size
--direct --upper ram -- true | cannot go with
--rootdir /nonexistent -- true | /nonexistent
-r /etc/passwd -- true | /etc/passwd
--nopriv /nonexistent -r /tmp -- true | leave out
-w relative -- true | absolute path
-u '' -- true | names no user
-u :0 -- true | names no user
--hostname -x -- true | is not a host name
--hostname a_b -- true | is not a host name
-e =x -- true | no variable name
--env-file /nonexistent -- true | --env-file
--timeout soon -- true | --timeout
--boot-timeout 0 -- true | leaves no time
--net moon -- true | moon
-p 0 -- true | -p
-p 99999 -- true | 99999
--port nonsense -- true | nonsense
--mac-address x -- true | x
--json -- true | --json is for --explain
--kernel /nonexistent -- true | /nonexistent
--initrd /nonexistent -- true | /nonexistent
-X -- true | '-X': an X server
--X11 -- true | '--X11': an X server
-B -- true | '-B'
-d -- true | '-d'
--detach -- true | foreground
--tempdir /tmp -- true | --upper says
--cpu 3 -- true | --cpuset-cpus
--simple -- true | pivot_root
--um -- true | User Mode Linux
--entrypoint sh -- true | COMMAND
--memroy 1g -- true | did you mean '--memory'
--privileged=yes -- true | takes no value
--mem-limit | needs a value
-- | needs a command
END
}

@test "refused by the guest: one line that names the option, status 125" {
    refusals 6 <<'END'
--net none --sysctl net.core.nosuch=1 -- true | --sysctl net.core.nosuch
--net none --sysctl kernel.pid_max=word -- true | --sysctl kernel.pid_max
--net none --device /dev/nosuch -- true | --device /dev/nosuch: the guest's kernel has no such device
--net none --group-add nosuch -- true | no group 'nosuch'
--net none -u nosuch -- true | nosuch
--net none -w /nonexistent -- true | working directory '/nonexistent'
--net none --ulimit nofile=99999999 -- true | --ulimit nofile
END
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
