# The network: what the guest reaches, what reaches the guest, and what is left of it. Traffic
# stays in a network namespace of each test's own.
load ../lib/common

TRAFFIC=$VMC_TEST_LIB/traffic

# --- a world of its own --------------------------------------------------------------------

# A network namespace with a loopback, and an interface "outside" with 192.0.2.1/24 and
# 2001:db8::1/64, whose other end is "elsewhere". world COMMAND... runs a command in it.
make_world() {
    if am_root; then
        unshare -n sleep infinity 3>&- &
        WORLD=(nsenter -t $! -n --)
    else
        unshare -n --map-root-user --map-auto sleep infinity 3>&- &
        WORLD=(nsenter -t $! -U -n --preserve-credentials --)
    fi
    local holder=$!
    BACKGROUND+=("$holder")
    wait_for 10 other_network "$holder" || fail "no network namespace"
    world ip link set lo up
}

other_network() {
    [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ] &&
        [ "$(cat "/proc/$1/comm")" = sleep ]
}

make_outside() {
    world ip link add name outside type veth peer name elsewhere
    local name
    for name in outside elsewhere; do
        world sh -c "echo 0 >/proc/sys/net/ipv6/conf/$name/accept_dad"
        world ip link set "$name" up
    done
    world ip addr add 192.0.2.1/24 dev outside
    world ip addr add 2001:db8::1/64 dev outside nodad
}

world() {
    "${WORLD[@]}" "$@"
}

# A server in the world: world_server NAME traffic's arguments...
world_server() {
    local name=$1
    shift
    NAME=$name "${WORLD[@]}" "$TRAFFIC" "$@" >"server-$name" 2>&1 3>&- &
    BACKGROUND+=($!)
    wait_for 10 has_line "server-$name" up || fail "no server: $(cat "server-$name")"
}

# vmc in the world with the full tree and a program that has traffic's arguments:
# guest OPTION... -- traffic's arguments. For bats' run.
guest() {
    local options=()
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    world timeout -k 5 "${VMC_FULL_DEADLINE:-120}" "$VMC" run -m 512M -r "$FULL" "${options[@]}" -- \
        python3 -c "$(cat "$TRAFFIC")" "$@" 3>&-
}

# The same in the background, as container NAME; waits until its server is up. Sets PID.
guest_server() {
    local name=$1
    shift
    guest -e "NAME=$name" "$@" >"guest-$name" 2>"guest-$name.err" </dev/null &
    PID=$!
    BACKGROUND+=("$PID")
    wait_for "$DEADLINE" has_line "guest-$name" up ||
        fail "no server in the guest: $(cat "guest-$name" "guest-$name.err")"
}

stop_guest() {
    local child
    for child in $(pgrep -P "$1"); do kill "$child"; done
    wait_for "$DEADLINE" gone "$1" || fail "vmc has not ended"
}

# --- none ------------------------------------------------------------------------------------

@test "--net none: the loopback interface, up, and nothing else" {
    run vmc --net none -- sh -c 'ls /sys/class/net; cat /sys/class/net/lo/flags'
    assert_status 0
    assert_output $'lo\n0x9'
    run vmc --network none -- ls /sys/class/net
    assert_output lo
}

# --- user ------------------------------------------------------------------------------------

@test "the default is an interface of its own" {
    run vmc -- ls /sys/class/net
    assert_output $'eth0\nlo'
    run vmc --mac-address 02:00:5e:10:00:01 -- cat /sys/class/net/eth0/address
    assert_output 02:00:5e:10:00:01
}

@test "user: HTTP from a container on a published port, and not on another address" {
    make_world
    make_outside
    guest_server web -p 8080:80 -- serve 0.0.0.0 80
    run world "$TRAFFIC" get 127.0.0.1 8080
    assert_output "hello from web to 10.0.2.2"
    run world "$TRAFFIC" refused 192.0.2.1 8080
    assert_output refused
    stop_guest "$PID"
}

@test "user: a port published on all addresses, and one of IPv6" {
    make_world
    make_outside
    guest_server web -p 0.0.0.0:8080:80 -p '[::1]:8081:80' -- serve :: 80
    run world "$TRAFFIC" get 192.0.2.1 8080
    assert_match "$output" '^hello from web to'
    run world "$TRAFFIC" get ::1 8081
    assert_match "$output" '^hello from web to'
    run world "$TRAFFIC" refused 2001:db8::1 8081
    assert_output refused
    stop_guest "$PID"
}

@test "user: without a host port a free one is chosen, and said" {
    make_world
    guest_server web -p 80 -- serve 0.0.0.0 80
    local port
    port=$(sed -n 's|^vmc: port 80/tcp of the guest is published at 127.0.0.1:\([0-9]*\)$|\1|p' guest-web.err)
    [ -n "$port" ] || fail "$(cat guest-web.err)"
    run world "$TRAFFIC" get 127.0.0.1 "$port"
    assert_match "$output" '^hello from web'
    stop_guest "$PID"
}

@test "user: UDP on a published port" {
    make_world
    make_outside
    guest_server echo --net user:host-loopback -p 5000:5001/udp -- echo 0.0.0.0 5001
    run world "$TRAFFIC" ask 127.0.0.1 5000 text
    assert_output "echo text"
    stop_guest "$PID"
}

@test "user: the guest fetches from the host's addresses, IPv4 and IPv6, and over UDP" {
    make_world
    make_outside
    world_server four serve 192.0.2.1 80
    world_server six serve 2001:db8::1 80
    world_server echo echo 192.0.2.1 5000
    run guest -- get 192.0.2.1 80
    assert_match "$output" '^hello from four'
    run guest -- get 2001:db8::1 80
    assert_match "$output" '^hello from six'
    run guest -- ask 192.0.2.1 5000 text
    assert_output "echo text"
}

@test "user: the host's loopback is behind the gateway only with :host-loopback" {
    make_world
    world_server private serve 127.0.0.1 8000
    run guest -- refused 10.0.2.2 8000
    assert_output refused
    run guest --net user:host-loopback -- get 10.0.2.2 8000
    assert_match "$output" '^hello from private'
}

@test "user: works on a host that has a loopback interface alone" {
    make_world
    guest_server web -p 8080:80 -- serve 0.0.0.0 80
    run world "$TRAFFIC" get 127.0.0.1 8080
    assert_match "$output" '^hello from web'
    stop_guest "$PID"
    run --separate-stderr guest -p '[::1]:8080:80' -- serve :: 80
    assert_refused 'IPv6'
}

@test "a port that is taken is named, before anything starts" {
    make_world
    world_server other serve 127.0.0.1 8080
    run --separate-stderr world "$VMC" run -r "$SMALL" -p 8080:80 -- touch started
    assert_refused '127\.0\.0\.1:8080/tcp.*taken'
    run --separate-stderr world "$VMC" run -r "$SMALL" -p 127.1.2.3:8080:80 -p 192.0.2.77:8080:80 -- true
    assert_refused 'no address of this host'
}

@test "a privileged port is root's, and refused to an ordinary user, who is told why" {
    if am_root; then
        make_world
        guest_server web -p 80:80 -- serve 0.0.0.0 80
        run world "$TRAFFIC" get 127.0.0.1 80
        assert_match "$output" '^hello from web'
        stop_guest "$PID"
    else
        run --separate-stderr vmc -p 80:80 -- true
        assert_refused 'privileged'
    fi
}

@test "nothing is left of the network when vmc is killed" {
    vmc_background -p 80 -- sleep 1000
    wait_for "$DEADLINE" has_passt || fail "no passt"
    kill -KILL "$PID"
    wait_for 5 no_marked_processes || fail "left: $(marked_processes)"
    vmc -- true
}

has_passt() {
    local pid
    for pid in $(marked_processes); do
        [[ $(readlink "/proc/$pid/exe" || tr '\0' ' ' <"/proc/$pid/cmdline") != *passt* ]] || return 0
    done
    return 1
}

# --- refusals --------------------------------------------------------------------------------

# One case a line: what the message says, then the options.
@test "bad inputs: each is refused with 125 and one line that names it" {
    local says options failures=0 count=0
    while IFS='|' read -r says options; do
        count=$((count + 1))
        # shellcheck disable=SC2086 # options without spaces in them
        run --separate-stderr vmc $options -- true
        assert_refused "$says" || { echo "^ $options"; failures=$((failures + 1)); }
    done <<'CASES'
kernel of its own|--net host
kernel of its own|--net container:other
kernel of its own|--net ns:/run/netns/x
none of none|--net nat
none of none|--net=
none of none|--net user:
none of none|--net user:loopback
none of none|--net none=x
tap=INTERFACE|--net tap
interface's name|--net tap=
interface's name|--net bridge=a/b
interface's name|--net bridge=an-interface-with-a-long-name
no network|--net none -p 8080:80
no network|--net none --ip 10.1.2.3
no network|--net none --mac-address 02:00:5e:10:00:01
--net user|--ip 10.1.2.3
--net user|--ip6 fd00::5
--net user|--gateway 10.1.2.1
--net tap|--net tap=x -p 8080:80
leave out /24|--net bridge --ip 10.1.2.3/24
10.1.2.3/24|--net tap=x --ip 10.1.2.3
of a machine|--net tap=x --ip 127.0.0.1/8
of a machine|--net tap=x --ip 0.0.0.0/8
of a machine|--net tap=x --ip6 10.1.2.3/24
needs an address|--net tap=x --gateway 10.1.2.1
hardware address|--mac-address 02:00:5e:10:00
nobody's|--mac-address ff:ff:ff:ff:ff:ff
--publish|-p 0
--publish|-p 65536
--publish|-p 80:
--publish|-p :80
--publish|-p a:80
--publish|-p 80:80:80
--publish|-p 8080:80/sctp
--publish|-p 127.0.0.1:80
--publish|-p localhost:8080:80
--publish|-p ::1:8080:80
--publish|-p [::1]:80
2 ports of the host|-p 8080-8081:80
more than 1024|-p 10000-12000:10000-12000
twice|-p 8080:80 -p 8080:81
twice|-p 8080:80 -p 0.0.0.0:8080:81
CASES
    [ "$count" -ge 20 ] || fail "only $count cases"
    assert_equal "$failures" 0
}
