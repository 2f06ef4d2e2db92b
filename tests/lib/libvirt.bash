# shellcheck shell=bash
# A libvirt of the tests' own: for an ordinary user the session's daemon in directories of a test
# file's, for root the system's in a mount namespace in which its directories are empty. Sets
#   LIBVIRT_DIR     where its socket is
#   LIBVIRT_URI     for vmc and virsh
#   LIBVIRT_DAEMON  the reaper's process

start_libvirt() {
    export LIBVIRT_DIR LIBVIRT_URI LIBVIRT_DAEMON
    LIBVIRT_DIR=$(mktemp -d "${TMPDIR:-/tmp}/vmc-lv.XXXXXX")
    mkdir -m 700 "$LIBVIRT_DIR/run" "$LIBVIRT_DIR/config" "$LIBVIRT_DIR/cache"
    if am_root; then
        start_system_daemon
        LIBVIRT_URI="qemu+unix:///system?socket=$LIBVIRT_DIR/run/libvirt-sock"
    else
        start_session_daemon
        LIBVIRT_URI="qemu+unix:///session?socket=$LIBVIRT_DIR/run/libvirt/libvirt-sock"
    fi
    wait_for 30 libvirt_answers || { cat "$LIBVIRT_DIR/log"; return 1; }
}

# Its log goes to a file: no virtlogd, which would be one more daemon.
start_session_daemon() {
    mkdir "$LIBVIRT_DIR/config/libvirt"
    echo 'stdio_handler = "file"' >"$LIBVIRT_DIR/config/libvirt/qemu.conf"
    env -u VMC_TEST_MARK XDG_RUNTIME_DIR="$LIBVIRT_DIR/run" \
        XDG_CONFIG_HOME="$LIBVIRT_DIR/config" XDG_CACHE_HOME="$LIBVIRT_DIR/cache" \
        "$VMC_TEST_LIB/reaper" libvirtd >"$LIBVIRT_DIR/log" 2>&1 </dev/null 3>&- &
    LIBVIRT_DAEMON=$!
}

# libvirt asks emulators for their capabilities as root: if only root may open /dev/kvm, it would
# ask again and again, since the answers differ.
start_system_daemon() {
    # shellcheck disable=SC2016 # for the inner shell
    unshare --mount --propagation private sh -c '
        for dir in /run/libvirt /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do
            mkdir -p "$dir" && mount -t tmpfs -o mode=755 libvirt "$dir" || exit
        done
        # The accounts that it was built to use; the separate package with its service makes them.
        for file in passwd group; do
            cp "/etc/$file" "$1/$file" || exit
            grep -q ^libvirt-qemu: "$1/$file" || case $file in
                passwd) echo libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin ;;
                group) echo libvirt-qemu:x:64055: ;;
            esac >>"$1/$file"
            mount --bind "$1/$file" "/etc/$file" || exit
        done
        printf "%s\n" "stdio_handler = \"file\"" "user = \"root\"" "group = \"root\"" \
            >/etc/libvirt/qemu.conf
        printf "%s\n" "unix_sock_dir = \"$1/run\"" "auth_unix_rw = \"none\"" >"$1/libvirtd.conf"
        # The default place for clients.
        ln -s "$1/run/libvirt-sock" /run/libvirt/libvirt-sock
        exec "$2" libvirtd --config "$1/libvirtd.conf" --pid-file "$1/pid"
    ' sh "$LIBVIRT_DIR" "$VMC_TEST_LIB/reaper" >"$LIBVIRT_DIR/log" 2>&1 </dev/null 3>&- &
    LIBVIRT_DAEMON=$!
}

libvirt_answers() {
    virsh -c "$LIBVIRT_URI" list >/dev/null 2>&1
}

stop_libvirt() {
    [ -n "${LIBVIRT_DAEMON-}" ] || return 0
    kill -TERM "$LIBVIRT_DAEMON" || true
    wait_for 30 gone "$LIBVIRT_DAEMON" || kill -KILL "$LIBVIRT_DAEMON"
    rm -rf "$LIBVIRT_DIR"
}

# Runs a command for which an address without a socket leads to this libvirt.
beside_libvirt() {
    if am_root; then
        # shellcheck disable=SC2016 # for the inner shell
        nsenter --mount="/proc/$LIBVIRT_DAEMON/ns/mnt" sh -c 'cd "$0" && exec "$@"' "$PWD" "$@"
    else
        [ -e "$XDG_RUNTIME_DIR/libvirt" ] || ln -s "$LIBVIRT_DIR/run/libvirt" "$XDG_RUNTIME_DIR/"
        "$@"
    fi
}
