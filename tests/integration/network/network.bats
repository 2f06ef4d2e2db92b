# The network: what the guest reaches, what reaches the guest, and what is left of it. Traffic
# stays in a network namespace of each test's own.
load ../../lib/common

TRAFFIC=$VMC_TEST_LIB/traffic

# --- a world of its own --------------------------------------------------------------------

# A network namespace with a loopback, and an interface "outside" with 192.0.2.1/24 and
# 2001:db8::1/64, whose other end is "elsewhere". world COMMAND... runs a command in it. With -m it
# has mounts of its own, too.
make_world() {
    if am_root; then
        unshare -n "$@" sleep infinity 3>&- &
        WORLD=(nsenter -t $! -n "$@" --)
    else
        unshare -n "$@" --map-root-user --map-auto sleep infinity 3>&- &
        WORLD=(nsenter -t $! -U -n "$@" --preserve-credentials --)
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
    # The kernel gives it once the link has a carrier.
    wait_for 10 has_link_local outside || fail "no link-local address"
}

has_link_local() {
    world ip -6 addr show dev "$1" scope link | grep -q 'inet6 fe80'
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
    world timeout -k 5 "${VMC_FULL_DEADLINE:-120}" env PATH="${GUEST_PATH:-$PATH}" \
        "$VMC" run -m 512M -r "$FULL" "${options[@]}" -- python3 -c "$(cat "$TRAFFIC")" "$@" 3>&-
}

# Several of them in one guest, an argument and a line for each: guest_each OPTION... -- 'get ADDRESS PORT'...
guest_each() {
    local options=()
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    world timeout -k 5 "${VMC_FULL_DEADLINE:-120}" env PATH="${GUEST_PATH:-$PATH}" \
        "$VMC" run -m 512M -r "$FULL" "${options[@]}" -- \
        sh -c 'for call; do python3 -c "$0" $call || echo "status $?"; done' "$(cat "$TRAFFIC")" "$@" 3>&-
}

# The same as guest in the background, as container NAME; waits until its server is up. Sets PID.
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

# bats test_tags=core:uml
@test "user: a server that speaks first, as SSH's and SMTP's do, is heard" {
    make_world
    make_outside
    guest_server mail -p 0.0.0.0:2525:25 -p '[::1]:2526:25' -- greet :: 25
    local i
    for i in 1 2 3; do
        run world "$TRAFFIC" hear 127.0.0.1 2525 "four $i"
        assert_output "hello from mail"
        wait_for "$DEADLINE" has_line guest-mail "four $i" || fail "not heard: $(cat guest-mail)"
    done
    run world "$TRAFFIC" hear 192.0.2.1 2525 outside
    assert_output "hello from mail"
    run world "$TRAFFIC" hear ::1 2526 six
    assert_output "hello from mail"
    wait_for "$DEADLINE" has_line guest-mail six || fail "not heard: $(cat guest-mail)"
    stop_guest "$PID"
}

# bats test_tags=core:uml
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

# bats test_tags=core:uml
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

# bats test_tags=core:uml
@test "user: UDP on a published port" {
    make_world
    make_outside
    guest_server echo -p 5000:5001/udp -p '[::1]:5000:5001/udp' -- echo :: 5001
    run world "$TRAFFIC" ask 127.0.0.1 5000 text
    assert_output "echo text"
    run world "$TRAFFIC" ask ::1 5000 six
    assert_output "echo six"
    stop_guest "$PID"
    guest_server echo -p 0.0.0.0:5000:5001/udp -- echo 0.0.0.0 5001
    run world "$TRAFFIC" ask 192.0.2.1 5000 other
    assert_output "echo other"
    stop_guest "$PID"
    guest_server echo -p 5000:5001/udp -p 127.0.0.2:5000:5001/udp -p 192.0.2.1:6000:5001/udp -- echo 0.0.0.0 5001
    run world "$TRAFFIC" ask 127.0.0.1 5000 one
    assert_output "echo one"
    run world "$TRAFFIC" ask 127.0.0.2 5000 two
    assert_output "echo two"
    run world "$TRAFFIC" ask 192.0.2.1 6000 three
    assert_output "echo three"
    stop_guest "$PID"
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
    run guest_each -- 'get 192.0.2.1 80' 'get 2001:db8::1 80' 'ask 192.0.2.1 5000 text'
    assert_equal "${#lines[@]}" 3
    assert_match "${lines[0]}" '^hello from four'
    assert_match "${lines[1]}" '^hello from six'
    assert_equal "${lines[2]}" "echo text"
}

# bats test_tags=core:uml
@test "user: the host's loopback is behind the gateway only with :host-loopback" {
    make_world
    world_server private serve 127.0.0.1 8000
    run guest -- refused 10.0.2.2 8000
    assert_output refused
    run guest --net user:host-loopback -- get 10.0.2.2 8000
    assert_match "$output" '^hello from private'
}

# bats test_tags=core:uml
@test "user: works on a host that has a loopback interface alone" {
    make_world
    guest_server web -p 8080:80 -- serve 0.0.0.0 80
    run world "$TRAFFIC" get 127.0.0.1 8080
    assert_match "$output" '^hello from web'
    stop_guest "$PID"
    run --separate-stderr guest -p '[::1]:8080:80' -- serve :: 80
    assert_refused 'IPv6'
    guest_server echo -p 5000:5001/udp -- echo 0.0.0.0 5001
    run world "$TRAFFIC" ask 127.0.0.1 5000 text
    assert_output "echo text"
    stop_guest "$PID"
}

# A PATH with QEMU and without passt.
no_passt() {
    local program
    mkdir -p programs
    for program in "$QEMU" newuidmap newgidmap; do
        ln -sf "$(command -v "$program")" programs/
    done
    GUEST_PATH=$PWD/programs
    export VMC_PASST=
}

# bats test_tags=qemu
@test "user: without passt QEMU does it, and the run says so in one line" {
    make_world
    make_outside
    no_passt
    world_server four serve 192.0.2.1 80
    world_server six serve 2001:db8::1 80
    world_server echo echo 192.0.2.1 5000
    world_server far ends 192.0.2.1 7000
    # An abort is another matter: host/network/slirp.c says which.
    run --separate-stderr guest_each -- 'get 192.0.2.1 80' 'get 2001:db8::1 80' 'ask 192.0.2.1 5000 text' \
        'meet 192.0.2.1 7000 1 esb' 'closed 192.0.2.1 7999'
    assert_equal "${#stderr_lines[@]}" 1
    assert_match "$stderr" 'there is no passt'
    assert_equal "${#lines[@]}" 5
    assert_match "${lines[0]}" '^hello from four'
    assert_match "${lines[1]}" '^hello from six'
    assert_equal "${lines[*]:2}" "echo text met ConnectionRefusedError"
}

# bats test_tags=qemu,core:none
@test "user: without passt ports are published, TCP and UDP" {
    make_world
    make_outside
    no_passt
    guest_server web -p 8080:80 -- serve 0.0.0.0 80
    run world "$TRAFFIC" get 127.0.0.1 8080
    assert_match "$output" '^hello from web'
    run world "$TRAFFIC" refused 192.0.2.1 8080
    assert_output refused
    stop_guest "$PID"
    guest_server echo -p 5000:5001/udp -- echo 0.0.0.0 5001
    run world "$TRAFFIC" ask 127.0.0.1 5000 text
    assert_output "echo text"
    stop_guest "$PID"
    run --separate-stderr guest -p '[::1]:8080:80' -- serve :: 80
    assert_status 125
    assert_match "$stderr" 'IPv6.*passt'
}

@test "a port that is taken is named, before anything starts" {
    make_world
    world_server other serve 127.0.0.1 8080
    run --separate-stderr world "$VMC" run -r "$SMALL" -p 8080:80 -- touch started
    assert_refused '127\.0\.0\.1:8080/tcp.*taken'
    run --separate-stderr world "$VMC" run -r "$SMALL" -p 127.1.2.3:8080:80 -p 192.0.2.77:8080:80 -- true
    assert_refused 'not an address of this host'
}

@test "user: a privileged port is root's, and passt has no rights left behind it" {
    am_root || {
        run --separate-stderr vmc -p 80:80 -- true
        assert_refused 'privileged: it needs root'
        return
    }
    make_world
    guest_server web -p 80:80 -- serve 0.0.0.0 80
    run world "$TRAFFIC" get 127.0.0.1 80
    assert_match "$output" '^hello from web'
    assert_shut_in "$(passt_process)"
    stop_guest "$PID"
}

@test "nothing is left of the network when vmc is killed" {
    vmc_background -p 80 -- sleep 1000
    wait_for "$DEADLINE" has_passt || fail "no passt"
    kill -KILL "$PID"
    wait_for 5 no_marked_processes || fail "left: $(marked_processes)"
    vmc -- true
}

passt_process() {
    local pid
    for pid in $(marked_processes); do
        [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") != */passt\ --foreground\ * ]] || echo "$pid"
    done
}

# PID: nobody for root, no capability, a system call filter, no new privileges.
assert_shut_in() {
    local status=/proc/$1/status uid
    uid=$(id -u)
    [ "$uid" != 0 ] || uid=65534
    assert_equal "$(awk '/^Uid:/ { print $2, $3, $4, $5 }' "$status")" "$uid $uid $uid $uid"
    assert_equal "$(awk '/^CapEff:|^CapPrm:|^CapAmb:/ { print $2 }' "$status" | sort -u)" 0000000000000000
    assert_equal "$(awk '/^Seccomp:/ { print $2 }' "$status")" 2
    assert_equal "$(awk '/^NoNewPrivs:/ { print $2 }' "$status")" 1
}

process_named() {
    local pid
    for pid in $(marked_processes); do
        [ "$(cat "/proc/$pid/comm")" != "$1" ] || echo "$pid"
    done
}

@test "user: passt is shut in" {
    mkfifo in
    exec 9<"$VMC_SOURCE/README.md"
    vmc_background -p 5000/udp -- cat
    exec {hold}>in
    echo text >&"$hold"
    wait_for "$DEADLINE" has_line out text || fail "no workload"
    assert_shut_in "$(passt_process)"
    exec {hold}>&- 9<&-
    finish
    assert_equal "$STATUS" 0
}

@test "user: passt is started by the first packet that leaves the guest" {
    make_world
    make_outside
    world_server web serve 192.0.2.1 80
    mkfifo in
    guest -- later 192.0.2.1 80 <in >out 2>err &
    PID=$!
    BACKGROUND+=("$PID")
    exec {hold}>in
    wait_for "$DEADLINE" has_line out up || fail "not up: $(cat err)"
    assert_equal "$(passt_process)" ""
    # What waits in its place holds the standard three and the guest's frames.
    local waiter
    waiter=$(process_named vmc-passt)
    assert_equal "$(find "/proc/$waiter/fd" -type l -printf '%f\n' | sort -n | tr '\n' ' ')" '0 1 2 3 '
    echo go >&"$hold"
    exec {hold}>&-
    wait_for "$DEADLINE" gone "$PID" || fail "vmc has not ended"
    assert_match "$(cat out)" 'hello from web'
    assert_equal "$(cat err)" ""
}

@test "user: when passt dies the run goes on without a network, and says so" {
    mkfifo in
    vmc_background -p 80 -- cat
    exec {hold}>in
    wait_for "$DEADLINE" has_machine || fail "no machine"
    echo text >&"$hold"
    wait_for "$DEADLINE" has_line out text || fail "no workload"
    local passt
    passt=$(passt_process)
    kill -KILL "$passt"
    wait_for 5 gone "$passt" || fail "passt is still there"
    exec {hold}>&-
    finish
    assert_equal "$STATUS" 0
    assert_match "$(cat err)" 'network \(passt\) ended'
}

# bats test_tags=core:uml
@test "user: when passt cannot be started its words are told, before the workload or with its end" {
    fake_passt 'passt 2099_01_01.abcdef0' 'echo "no room for $1" >&2; exit 1'
    make_world
    run --separate-stderr guest -p 8080:80 -- serve 0.0.0.0 80
    assert_refused 'could not be started: passt: no room for --foreground'
    run --separate-stderr guest -- refused 192.0.2.1 80
    assert_output refused
    assert_match "$stderr" 'ended before the workload: no room for --foreground'
}

# fake_passt VERSION SCRIPT: VMC_PASST is a program that says the one and does the other.
fake_passt() {
    printf '#!/bin/sh\n[ "$1" != --version ] || { echo "%s"; exit; }\n%s\n' "$1" "$2" >passt
    chmod +x passt
    export VMC_PASST=$PWD/passt
}

@test "user: a passt that is too old is not used: QEMU's own network is, or the run is refused" {
    fake_passt 'passt unknown version' 'exit 1'
    run --separate-stderr vmc -- true
    if [ -z "${VMC_TEST_BACKEND-}" ]; then
        assert_status 0
        assert_equal "${#stderr_lines[@]}" 1
        assert_match "$stderr" "passt is too old: it must be of .*QEMU makes the guest's connections"
        run --separate-stderr vmc --host -- true
    fi
    assert_refused 'needs passt: .*is too old'
    fake_passt 'passt 0.0~git20250503.587980c-2+deb13u1' 'exit 1'
    # shellcheck disable=SC2046 # no word or one
    run --separate-stderr vmc $([ -n "${VMC_TEST_BACKEND-}" ] || echo --host) -- true
    assert_refused 'is too old: it must be of .* or later'
}

# bats test_tags=root
@test "user: streams are whole where frames are lost, cut, joined, swapped and repeated, with the passt that is used" {
    make_world
    make_outside
    PATIENCE=90 world_server far ends 192.0.2.1 7000
    local passt
    passt=$("$VMC" info --json | jq -r '.checks[] | select(.name == "network").detail | split(",")[0]')
    # Ends by abort are not among them: nobody sends a lost RST again. TCP waits seconds where more is lost.
    run --separate-stderr world env PATIENCE=90 "$VMC_TEST_LIB/bad-link" "$passt" --lose 10 --repeat 10 --swap 10 \
        --cut 300 --join 300 -- "$TRAFFIC" meet 192.0.2.1 7000 "$(core_or_full 1 3)" esb
    assert_output met
    # What comes again behind the end of a connection is answered by a reset.
    run --separate-stderr world "$VMC_TEST_LIB/bad-link" "$passt" --repeat 1000 -- "$TRAFFIC" meet 192.0.2.1 7000 3 w
    assert_output met
}

# bats test_tags=core:uml
@test "user: what passt drops is said once: datagrams in fragments, and a ping" {
    make_world
    make_outside
    world_server far ends 192.0.2.1 7000
    run --separate-stderr guest -- sizes 192.0.2.1 7000 1 1472 9000 65492 65493 65507
    assert_output $'1 whole\n1472 whole\n9000 whole\n65492 whole\n65493 lost\n65507 lost'
    assert_equal "$(grep -c 'a datagram .* was dropped' <<<"$stderr")" 1
    # None may send one in a new namespace, ping_group_range is "1 0" there.
    run --separate-stderr guest -- ping 192.0.2.1
    assert_output 'no answer'
    assert_equal "$(grep -c 'ping gets no answer: .*ping_group_range' <<<"$stderr")" 1
    world "$VMC" info >told 3>&- || true
    grep -q '^warn  *ping ' told || fail "$(cat told)"
}

# bats test_tags=core:uml
@test "user: the largest datagram there is, into the guest, ends nothing but itself" {
    make_world
    make_outside
    guest_server far -p '[::1]:7000:7000/udp' -- ends :: 7000
    # Its answer leaves in fragments.
    run world "$TRAFFIC" sizes ::1 7000 1 65472 65527 1
    assert_output $'1 whole\n65472 whole\n65527 lost\n1 whole'
    stop_guest "$PID"
}

has_passt() {
    [ -n "$(passt_process)" ]
}

# --- name servers ----------------------------------------------------------------------------

# A world whose /etc/resolv.conf names one server.
make_world_with_resolver() {
    make_world -m
    make_outside
    echo "nameserver $1" >resolv.conf
    world mount --bind "$PWD/resolv.conf" /etc/resolv.conf
    world_server names dns "$1" 53 203.0.113.7
}

# With the /etc/resolv.conf that the guest is given.
guest_resolves() {
    world timeout -k 5 "${VMC_FULL_DEADLINE:-120}" env PATH="${GUEST_PATH:-$PATH}" \
        "$VMC" run -m 512M -r "$FULL" -- \
        sh -c 'cat /etc/resolv.conf; exec python3 -c "$0" resolve some.name.example' "$(cat "$TRAFFIC")" 3>&-
}

# bats test_tags=core:uml
@test "user: a name server on the host's loopback answers the guest" {
    make_world_with_resolver 127.0.0.53
    run guest_resolves
    assert_output $'nameserver 10.0.2.3\n203.0.113.7'
}

# bats test_tags=core:uml
@test "user: a name server on another address answers the guest" {
    make_world_with_resolver 192.0.2.1
    run guest_resolves
    assert_output $'nameserver 192.0.2.1\n203.0.113.7'
}

# bats test_tags=qemu
@test "user: without passt a name server answers the guest, on the host's loopback or not" {
    local server
    no_passt
    for server in $(core_or_full 127.0.0.53 "127.0.0.53 192.0.2.1"); do
        make_world_with_resolver "$server"
        run --separate-stderr guest_resolves
        assert_status 0
        assert_equal "${lines[-1]}" 203.0.113.7
    done
}

# --- bridge ----------------------------------------------------------------------------------

# An ordinary user has no bridge, which the first of these tests says; the others are root's.
nothing_of_the_bridge() {
    [ -z "$(world ip -o link show type bridge)" ] || fail "$(world ip link)"
    [ -z "$(world nft list ruleset)" ] || fail "$(world nft list ruleset)"
    assert_equal "$(world cat /proc/sys/net/ipv4/ip_forward)" 0
    assert_equal "$(world cat /proc/sys/net/ipv6/conf/all/forwarding)" 0
    [ ! -e "/run/vmc-network/$(world stat -Lc %i /proc/self/ns/net)" ] || fail "leases left"
}

bridge_leases() {
    find "/run/vmc-network/$(world stat -Lc %i /proc/self/ns/net)/vmc0" -type f ! -name made -printf '%f\n' | sort
}

# bats test_tags=qemu
@test "bridge: is refused without root, and with --nopriv" {
    if am_root; then
        run --separate-stderr "$VMC" run --net bridge --nopriv "$SMALL" -- true
    else
        run --separate-stderr vmc --net bridge -- true
    fi
    assert_refused 'needs root'
}

# bats test_tags=root,qemu
@test "bridge: two containers reach each other, IPv4, IPv6 and UDP; the last one leaves nothing" {
    make_world
    guest_server one --net bridge -- serve :: 80
    local one=$PID
    guest_server two --net bridge -- echo :: 5000
    local two=$PID
    assert_equal "$(bridge_leases)" $'10.118.99.2\n10.118.99.3\nfd76:6d63:0:63::2\nfd76:6d63:0:63::3'
    run guest_each --net bridge -- 'get 10.118.99.2 80' 'get fd76:6d63:0:63::2 80' 'ask fd76:6d63:0:63::3 5000 text'
    assert_output "hello from one to ::ffff:10.118.99.4
hello from one to fd76:6d63:0:63::4
echo text"
    run world "$TRAFFIC" get 10.118.99.2 80
    assert_match "$output" '^hello from one'
    stop_guest "$one"
    run world ip -o link show type bridge
    assert_match "$output" 'vmc0'
    stop_guest "$two"
    nothing_of_the_bridge
}

# bats test_tags=root,qemu
@test "bridge: published ports, on the loopback by default, TCP and UDP, IPv4 and IPv6" {
    make_world
    make_outside
    guest_server web --net bridge -p 8080:80 -p '[::1]:8080:80' -p 192.0.2.1:8081:80 -- serve 0.0.0.0 80
    run world "$TRAFFIC" get 127.0.0.1 8080
    assert_output "hello from web to 10.118.99.1"
    run world "$TRAFFIC" get ::1 8080
    assert_output "hello from web to 10.118.99.1"
    run world "$TRAFFIC" get 192.0.2.1 8081
    assert_output "hello from web to 10.118.99.1"
    run world "$TRAFFIC" refused 192.0.2.1 8080
    assert_output refused
    stop_guest "$PID"
    guest_server echo --net bridge -p 5000:5001/udp -- echo 0.0.0.0 5001
    local forwarder
    forwarder=$(process_named vmc-forwarder)
    assert_shut_in "$forwarder"
    # The standard three, the port and the line to vmc.
    assert_equal "$(find "/proc/$forwarder/fd" -type l -printf '%f\n' | sort -n | tr '\n' ' ')" '0 1 2 3 4 '
    run world "$TRAFFIC" ask 127.0.0.1 5000 text
    assert_output "echo text"
    stop_guest "$PID"
    nothing_of_the_bridge
}

# bats test_tags=root,qemu
@test "bridge: what leaves it has the host's address, IPv4 and IPv6" {
    make_world
    make_outside
    # Another host: a namespace with the other end of "outside".
    unshare -n sleep infinity 3>&- &
    local there=$!
    BACKGROUND+=("$there")
    wait_for 10 other_network "$there" || fail "no network namespace"
    world ip link set elsewhere netns "$there"
    local home=("${WORLD[@]}") away=(nsenter -t "$there" -n --)
    WORLD=("${away[@]}")
    world sh -c 'echo 0 >/proc/sys/net/ipv6/conf/elsewhere/accept_dad'
    world ip link set lo up
    world ip link set elsewhere up
    world ip addr add 192.0.2.2/24 dev elsewhere
    world ip addr add 2001:db8::2/64 dev elsewhere nodad
    world_server there serve :: 80
    WORLD=("${home[@]}")
    run guest_each --net bridge -- 'get 192.0.2.2 80' 'get 2001:db8::2 80'
    assert_output $'hello from there to ::ffff:192.0.2.1\nhello from there to 2001:db8::1'
    # And nothing comes in by itself.
    guest_server web --net bridge -- serve :: 80
    WORLD=("${away[@]}")
    world ip route add 10.118.99.0/24 via 192.0.2.1
    run world "$TRAFFIC" refused 10.118.99.2 80
    assert_output refused
    WORLD=("${home[@]}")
    stop_guest "$PID"
    nothing_of_the_bridge
}

# bats test_tags=root,qemu
@test "bridge: an address is a lease: distinct, chosen, refused while taken, free after kill -9" {
    make_world
    guest_server one --net bridge -- serve 0.0.0.0 80
    run world "$VMC" run --net bridge -r "$SMALL" --ip 10.118.99.2 -- true
    assert_status 125
    assert_match "$output" '10\.118\.99\.2: another container has it'
    run world "$VMC" run --net bridge -r "$SMALL" --ip 10.1.2.3 -- true
    assert_status 125
    assert_match "$output" 'not on the bridge'
    run world "$VMC" run --net bridge -r "$SMALL" --ip 10.118.99.77 --ip6 fd76:6d63:0:63::abc -- cat /proc/net/fib_trie /proc/net/if_inet6
    assert_match "$output" '10\.118\.99\.77'
    assert_match "$output" 'fd766d63000000630000000000000abc'
    kill_guest_vmc
    wait_for 10 no_tap || fail "the tap interface is still there: $(world ip link)"
    run bridge_leases
    assert_output $'10.118.99.2\nfd76:6d63:0:63::2'
    run world "$VMC" run --net bridge -r "$SMALL" -- cat /proc/net/fib_trie
    assert_match "$output" '10\.118\.99\.2'$'\n'
    nothing_of_the_bridge
    guest_server one --net bridge -- serve 0.0.0.0 80
    kill_guest_vmc
    wait_for 10 no_tap || fail "the tap interface is still there: $(world ip link)"
    world "$VMC" run --net none -r "$SMALL" -- true
    nothing_of_the_bridge
}

# kill -9 for the vmc that guest_server has started: a child of timeout's, which is one of PID's.
kill_guest_vmc() {
    local vmc
    vmc=$(pgrep -P "$(pgrep -P "$PID")")
    kill -KILL "$vmc"
    wait_for 10 gone "$vmc" && wait_for 10 gone "$PID"
}

no_tap() {
    ! world ip -o link | grep -q vmc-tap
}

# bats test_tags=root,qemu
@test "bridge: 6 containers at once have 6 addresses" {
    make_world
    local i pids=()
    for i in 1 2 3 4 5 6; do
        world timeout 100 "$VMC" run --net bridge -m 96m -r "$SMALL" -- cat /proc/net/fib_trie >"trie-$i" 2>"err-$i" 3>&- &
        pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i" || fail "$(cat err-*)"; done
    assert_equal "$(grep -ohE '10\.118\.99\.([2-9]|[1-9][0-9])$' trie-* | sort | uniq -c | wc -l)" 6
    nothing_of_the_bridge
}

# bats test_tags=root,qemu
@test "bridge: another name is another bridge, and an interface of somebody else's is refused" {
    make_world
    world ip link add name lab type bridge
    run world "$VMC" run --net bridge=lab -r "$SMALL" -- true
    assert_status 125
    assert_match "$output" 'lab that vmc has not made'
    world ip link del lab
    guest_server one --net bridge -- serve 0.0.0.0 80
    run world "$VMC" run --net bridge=lab -r "$SMALL" -- cat /proc/net/fib_trie
    assert_match "$output" '10\.118\.100\.2'
    run world "$TRAFFIC" get 10.118.99.2 80
    assert_match "$output" '^hello from one'
    stop_guest "$PID"
    nothing_of_the_bridge
}

# --- tap -------------------------------------------------------------------------------------

# bats test_tags=root,qemu
@test "tap: a prepared interface, with the addresses that were given" {
    make_world
    world ip tuntap add dev prepared mode tap
    world sh -c 'echo 0 >/proc/sys/net/ipv6/conf/prepared/accept_dad'
    world ip addr add 198.51.100.1/24 dev prepared
    world ip addr add 2001:db8:1::1/64 dev prepared nodad
    world ip link set prepared up
    guest_server web --net tap=prepared --ip 198.51.100.2/24 --ip6 2001:db8:1::2/64 --gateway 198.51.100.1 \
        --mac-address 02:00:5e:10:00:02 -- serve :: 80
    run world "$TRAFFIC" get 198.51.100.2 80
    assert_output "hello from web to ::ffff:198.51.100.1"
    run world "$TRAFFIC" get 2001:db8:1::2 80
    assert_output "hello from web to 2001:db8:1::1"
    run world ip neigh show 198.51.100.2
    assert_match "$output" '02:00:5e:10:00:02'
    run world "$VMC" run --net tap=prepared -r "$SMALL" -- true
    assert_status 125
    assert_match "$output" 'in use'
    stop_guest "$PID"
    run world "$VMC" run --net tap=prepared -r "$SMALL" -- sh -c 'ls /sys/class/net; cat /proc/net/route'
    assert_match "$output" '^eth0'
}

# bats test_tags=qemu
@test "tap: an interface that is not there, or none of that kind, is named" {
    run --separate-stderr vmc --net tap=surely-not -- true
    assert_refused 'surely-not'
    run --separate-stderr vmc --net tap=lo -- true
    if [ -r /dev/net/tun ]; then assert_refused 'interface lo'; else assert_refused '/dev/net/tun'; fi
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
it must be none, user|--net nat
it must be none, user|--net=
it must be none, user|--net user:
it must be none, user|--net user:loopback
it must be none, user|--net none=x
tap=INTERFACE|--net tap
an interface name|--net tap=
an interface name|--net bridge=a/b
an interface name|--net bridge=an-interface-with-a-long-name
no network|--net none -p 8080:80
no network|--net none --ip 10.1.2.3
no network|--net none --mac-address 02:00:5e:10:00:01
--net user|--ip 10.1.2.3
--net user|--ip6 fd00::5
--net user|--gateway 10.1.2.1
--net tap|--net tap=x -p 8080:80
leave out /24|--net bridge --ip 10.1.2.3/24
10.1.2.3/24|--net tap=x --ip 10.1.2.3
host address|--net tap=x --ip 127.0.0.1/8
host address|--net tap=x --ip 0.0.0.0/8
host address|--net tap=x --ip6 10.1.2.3/24
needs an address|--net tap=x --gateway 10.1.2.1
hardware address|--mac-address 02:00:5e:10:00
unicast MAC|--mac-address ff:ff:ff:ff:ff:ff
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
