# --net user, whatever carries its frames: a device of QEMU's, or the agent (guest-agent/session/frames_process.h). What
# else a machine's network can do is in network.bats.
load ../../lib/common

TRAFFIC=$VMC_TEST_LIB/traffic

# A server on this host's loopback, as NAME.
host_server() {
    local name=$1
    shift
    NAME=$name "$TRAFFIC" "$@" >"server-$name" 2>&1 3>&- &
    BACKGROUND+=($!)
    wait_for 10 has_line "server-$name" up || fail "no server: $(cat "server-$name")"
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

@test "--net none has the loopback interface alone, --net user eth0 besides" {
    run vmc --net none -- ls /sys/class/net
    assert_output lo
    run vmc --mac-address 02:00:5e:10:00:01 -- sh -c 'ls /sys/class/net; cat /sys/class/net/eth0/address'
    assert_output $'eth0\nlo\n02:00:5e:10:00:01'
}

@test "the host's loopback where it is asked for, TCP and UDP" {
    local port
    port=$(free_port)
    host_server outside serve 127.0.0.1 "$port"
    run vmc_at "$FULL" --net user:host-loopback -- python3 -c "$(cat "$TRAFFIC")" get 10.0.2.2 "$port"
    assert_match "$output" '^hello from outside'
    run vmc_at "$FULL" -- python3 -c "$(cat "$TRAFFIC")" refused 10.0.2.2 "$port"
    assert_equal "${lines[-1]}" refused
    host_server echo echo 127.0.0.1 "$port"
    run vmc_at "$FULL" --net user:host-loopback -- python3 -c "$(cat "$TRAFFIC")" ask 10.0.2.2 "$port" text
    assert_output 'echo text'
}

@test "a published port" {
    local port
    port=$(free_port)
    SMALL=$FULL vmc_background -p "$port:80" -e NAME=inside -- python3 -c "$(cat "$TRAFFIC")" serve 0.0.0.0 80
    wait_for "$DEADLINE" has_line out up || fail "no server in the container"
    run "$TRAFFIC" get 127.0.0.1 "$port"
    assert_match "$output" '^hello from inside'
    kill -TERM "$PID"
    finish
}

@test "connections end as their ends say, out: half-closed, refused, reset; datagrams come whole" {
    local port
    port=$(free_port)
    host_server far ends 127.0.0.1 "$port"
    run --separate-stderr vmc_at "$FULL" --net user:host-loopback -- python3 -c "$(cat "$TRAFFIC")" \
        meet 10.0.2.2 "$port"
    assert_output met
    run --separate-stderr vmc_at "$FULL" --net user:host-loopback -- python3 -c "$(cat "$TRAFFIC")" \
        sizes 10.0.2.2 "$port" 1 1472 65492
    assert_output $'1 whole\n1472 whole\n65492 whole'
    run --separate-stderr vmc_at "$FULL" --net user:host-loopback -- python3 -c "$(cat "$TRAFFIC")" \
        closed 10.0.2.2 "$(free_port)"
    assert_output ConnectionRefusedError
}

@test "connections end as their ends say, in: half-closed, reset; datagrams come whole" {
    local port
    port=$(free_port)
    SMALL=$FULL vmc_background -p "$port:7000" -p "$port:7000/udp" -- python3 -c "$(cat "$TRAFFIC")" ends 0.0.0.0 7000
    wait_for "$DEADLINE" has_line out up || fail "no server in the container: $(cat err)"
    run "$TRAFFIC" meet 127.0.0.1 "$port"
    assert_output met
    run "$TRAFFIC" sizes 127.0.0.1 "$port" 1 1472 65492
    assert_output $'1 whole\n1472 whole\n65492 whole'
    kill -TERM "$PID"
    finish
}

@test "streams are whole both ways at once, out" {
    local port
    port=$(free_port)
    host_server far ends 127.0.0.1 "$port"
    run --separate-stderr vmc_at "$FULL" --net user:host-loopback -- python3 -c "$(cat "$TRAFFIC")" \
        both 10.0.2.2 "$port" 30000000
    assert_output met
}

@test "streams are whole both ways at once, in" {
    local port
    port=$(free_port)
    SMALL=$FULL vmc_background -p "$port:7000" -- python3 -c "$(cat "$TRAFFIC")" ends 0.0.0.0 7000
    wait_for "$DEADLINE" has_line out up || fail "no server in the container: $(cat err)"
    run --separate-stderr "$TRAFFIC" both 127.0.0.1 "$port" 30000000
    assert_output met
    kill -TERM "$PID"
    finish
}
