# What people run: the container as it is by default, on Debian's own packages.
load ../../lib/common

setup() {
    vmc_setup
    export XDG_DATA_HOME=$PWD/data
    mkdir scripts
}

# script NAME: what the guest is to run, from standard input; it stops at the first failure.
script() {
    { echo 'set -eu'; cat; } >"scripts/$1"
}

# run_script NAME [OPTION...]: bats' run of it.
run_script() {
    run --separate-stderr vmc_full -v ./scripts:/scripts:ro "${@:2}" -- bash "/scripts/$1"
}

# bats test_tags=core:uml
@test "apt, a Python venv, git, make and gcc" {
    script main <<'SH'
cd "$(mktemp -d)"
mkdir -p greeting/DEBIAN greeting/usr/bin
printf 'Package: greeting\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\nDescription: d\n' >greeting/DEBIAN/control
printf '#!/bin/sh\necho greetings\n' >greeting/usr/bin/greeting
chmod 755 greeting/usr/bin/greeting
dpkg-deb --build greeting >/dev/null
chmod 755 . && apt-get install -qq -y ./greeting.deb >apt.log 2>&1 || { cat apt.log; exit 1; }
greeting
apt-get purge -qq -y greeting >/dev/null 2>&1
test ! -e /usr/bin/greeting

python3 -m venv --without-pip venv
venv/bin/python -c 'import sys; print(sys.prefix != sys.base_prefix)'

git config --global user.email a@b
git config --global user.name a
git init -q -b main origin
cat >origin/Makefile <<'MAKE'
CFLAGS = -O1 -Wall -Werror
program: main.o sum.o
	$(CC) -o $@ $^
MAKE
printf 'int sum(int n);\nint sum(int n) { return n * (n + 1) / 2; }\n' >origin/sum.c
printf '#include <stdio.h>\nint sum(int n);\nint main(void) { printf("%%d\\n", sum(100)); return 0; }\n' >origin/main.c
git -C origin add . && git -C origin commit -q -m 'A program'
git clone -q "file://$PWD/origin" clone
git -C clone fsck --no-progress
git -C clone log --format=%s
make -s -C clone
clone/program
SH
    run_script main -m 1g --net none
    assert_status 0
    assert_output $'greetings\nTrue\nA program\n5050'
}

fetch() {
    python3 -c 'import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=30).read().decode(), end="")' "$1"
}

@test "nginx serves a volume, which the host goes on writing to" {
    local port
    mkdir site
    echo first >site/index.html
    "$VMC" run -m 512M -r "$FULL" -p 80 -v ./site:/var/www/html:ro -- \
        nginx -g 'daemon off; error_log stderr notice;' >out 2>err </dev/null 3>&- &
    PID=$!
    BACKGROUND+=("$PID")
    wait_for "$DEADLINE" grep -q 'start worker process' err || fail "nginx does not start"
    port=$(sed -n 's|^vmc: port 80/tcp of the guest is published at 127.0.0.1:\([0-9]*\)$|\1|p' err)
    assert_equal "$(fetch "http://127.0.0.1:$port/")" first
    echo second >site/index.html
    assert_equal "$(fetch "http://127.0.0.1:$port/")" second
    head -c 3000000 /dev/urandom >site/large
    assert_equal "$(fetch "http://127.0.0.1:$port/index.html")" second
    python3 -c 'import sys, urllib.request
assert urllib.request.urlopen(sys.argv[1], timeout=60).read() == open("site/large", "rb").read()' \
        "http://127.0.0.1:$port/large"
    kill -QUIT "$PID"
    finish
    assert_equal "$STATUS" 0
}

@test "Redis on a volume: what it has written to its log is there after SIGKILL" {
    script main <<'SH'
cd /data
start() {
    redis-server --port 0 --unixsocket /run/redis.sock --appendonly yes --appendfsync always \
        --save '' --dir /data --logfile /tmp/redis.log >/dev/null &
    server=$!
    until [ "$(redis-cli -s /run/redis.sock ping 2>/dev/null)" = PONG ]; do kill -0 $server; sleep 0.1; done
}
start
for i in $(seq 100); do echo "set key$i $i"; done | redis-cli -s /run/redis.sock | sort | uniq -c | tr -s ' '
kill -KILL $server
wait $server || true
start
redis-cli -s /run/redis.sock dbsize
redis-cli -s /run/redis.sock get key100
redis-cli -s /run/redis.sock shutdown
SH
    run_script main --net none -v redis:/data
    assert_status 0
    assert_output $' 100 OK\n100\n100'
}

# PostgreSQL in /pg, with TRANSACTIONS, and more until the machine is killed.
TRANSACTIONS=$(core_or_full 300 1000)
postgres_scripts() {
    script common <<'SH'
bin=$(echo /usr/lib/postgresql/*/bin)
server() {
    su postgres -c "$bin/pg_ctl -D /pg/data -w -t 200 -o '-k /tmp -c listen_addresses=' -l /pg/log start" >/tmp/start.log 2>&1 ||
        { cat /tmp/start.log /pg/log; exit 1; }
}
sql() { su postgres -c "psql -h /tmp -qAt -v ON_ERROR_STOP=1"; }
SH
    script first <<'SH'
. /scripts/common
mkdir -p /pg
chown postgres /pg
su postgres -c "$bin/initdb -D /pg/data -A trust --no-locale -E UTF8" >/tmp/initdb.log 2>&1 || { cat /tmp/initdb.log; exit 1; }
server
{
    echo 'create table t (n int primary key);'
    for i in $(seq $1); do echo "insert into t values ($i);"; done
    echo 'select count(*) from t;'
} | sql
i=$1
while :; do
    i=$((i + 1))
    echo "insert into t values ($i);"
    echo "\\echo $i"
done | sql
SH
    script second <<'SH'
. /scripts/common
server
echo "select count(*) = max(n) and max(n) >= $1 from t; select count(*) from t where n <= $2; insert into t values (0);" | sql
grep -c 'automatic recovery in progress' /pg/log
su postgres -c "$bin/pg_ctl -D /pg/data -m fast -w stop" >/dev/null
SH
}

written() {
    [ "$(tail -n 1 out 2>/dev/null | tr -cd 0-9)" -gt $((TRANSACTIONS + 20)) ] 2>/dev/null
}

# crash_postgres OPTION...: QEMU is killed in the middle of it; the next run recovers.
crash_postgres() {
    local last
    postgres_scripts
    "$VMC" run -m 512M --net none -r "$FULL" -v ./scripts:/scripts:ro "$@" -- \
        bash /scripts/first "$TRANSACTIONS" >out 2>err </dev/null 3>&- &
    PID=$!
    BACKGROUND+=("$PID")
    wait_for 240 written || fail "no transactions"
    kill -KILL "$(machine_processes | head -n 1)"
    finish 10
    assert_equal "$STATUS" 125
    assert_equal "$(head -n 1 out)" "$TRANSACTIONS"
    # The last line may be cut; the one before has been committed.
    last=$(tail -n 2 out | head -n 1)
    run --separate-stderr vmc_full --net none -v ./scripts:/scripts:ro "$@" -- bash /scripts/second "$last" "$TRANSACTIONS"
    assert_status 0
    assert_output $'t\n'"$TRANSACTIONS"$'\n1'
}

# bats test_tags=qemu,core:none
@test "PostgreSQL on a kept upper layer: transactions, kill -9 in the middle of more, recovery" {
    crash_postgres --keep --name pg
}

# bats test_tags=core:none
@test "PostgreSQL on a volume: transactions, kill -9 in the middle of more, recovery" {
    crash_postgres -v pg:/pg
}
