# shellcheck shell=sh
# Variables are shared with the other parts (breeder/breeder sources all of them).
# shellcheck disable=SC2034,SC2154
# Messages, progress, hashing and the cache: what every part of the breeder uses.

# One line that names the thing and the way out. 125 means a failure of vmc itself everywhere in the
# project.
die() {
    printf 'breeder: %s\n' "$*" >&2
    exit 125
}

say() {
    printf 'breeder: %s\n' "$*" >&2
}

# "3 s" or "5 min 07 s"
human_seconds() {
    if [ "$1" -lt 60 ]; then
        printf '%d s' "$1"
    else
        printf '%d min %02d s' $(($1 / 60)) $(($1 % 60))
    fi
}

now() {
    date +%s
}

file_size() {
    stat -c %s -- "$1"
}

hash_file() {
    sha256sum <"$1" | cut -d' ' -f1
}

# Hash of standard input, short enough for a directory name and a message.
hash_key() {
    sha256sum | cut -c1-24
}

# Scripts as inputs of a key, without their comments.
script_code() {
    sed '/^ *#/d; /^ *$/d' "$@"
}

# Hash of a large file, remembered by its path, size, time and inode: hashing
# 150 MB of sources would take longer than a warm build.
hash_file_once() {
    hfo_stamp=$(stat -Lc '%n %s %Y %Z %i' -- "$1")
    hfo_memo=$cache/hash/$(printf '%s' "$hfo_stamp" | hash_key)
    if [ ! -s "$hfo_memo" ]; then
        mkdir -p "$cache/hash"
        hash_file "$1" >"$hfo_memo.$$"
        mv -f "$hfo_memo.$$" "$hfo_memo"
    fi
    cat "$hfo_memo"
}

json_string() {
    printf '"%s"' "$(printf '%s' "$1" | tr '\n\t' '  ' | sed 's/[\\"]/\\&/g')"
}

# --- the cache ---------------------------------------------------------------

# The cache belongs to one user; every entry is complete or absent, because it
# is built elsewhere and renamed into place.
cache_open() {
    cache_base=${XDG_CACHE_HOME:-}
    if [ -z "$cache_base" ]; then
        [ -n "${HOME:-}" ] || die "neither HOME nor XDG_CACHE_HOME is set: no place for the cache"
        cache_base=$HOME/.cache
    fi
    cache=$cache_base/vmc/breeder
    case $cache in
        *[[:space:]:]*)
            die "the cache $cache has a space or a colon in its path, which the kernel's build refuses: set XDG_CACHE_HOME"
            ;;
    esac
    mkdir -p "$cache/lock" "$cache/tmp" "$cache/log" 2>/dev/null ||
        die "cannot create the cache $cache: set XDG_CACHE_HOME to a directory you can write"
    work_sweep
}

# Waits for the lock of one cache entry on descriptor 9, with a message if another breeder has it.
lock_take() {
    exec 9>"$cache/lock/$1"
    if ! flock -n 9; then
        say "$1: another breeder is at it, waiting for it"
        flock 9
    fi
}

# make_once LOCK FILE COMMAND...: the command makes FILE, unless it exists or another breeder has
# made it meanwhile.
make_once() {
    mo_file=$2
    [ ! -s "$mo_file" ] || return 0
    lock_take "$1"
    shift 2
    [ -s "$mo_file" ] || "$@"
    lock_drop
}

lock_drop() {
    exec 9>&-
}

# A working directory of this process. Its lock file is held on descriptor 8
# while the process lives, so that others can tell it from a leftover.
work_open() {
    work=$(mktemp -d "$cache/tmp/XXXXXXXX")
    exec 8>"$work/.lock"
    flock 8
}

# The beginning of every command that makes something: the cache, a working directory, and their
# cleanup.
work_begin() {
    cache_open
    trap on_exit EXIT
    trap 'exit 125' INT TERM HUP
    work_open
    build_start=$(now)
}

work_close() {
    if [ -n "${work:-}" ]; then
        rm -rf -- "$work"
        work=
    fi
}

# Removes the remains of killed breeders.
work_sweep() {
    for ws_dir in "$cache"/tmp/*; do
        [ -f "$ws_dir/.lock" ] || continue
        (flock -n 7 && rm -rf -- "$ws_dir") 7<"$ws_dir/.lock" || true
    done
}

# Keeps the newest entries of a part of the cache: a kernel is 10 MB, and
# everyone who edits a fragment makes another.
cache_prune() {
    # shellcheck disable=SC2012 # names are hexadecimal keys
    ls -1t "$cache/$1" 2>/dev/null | tail -n +13 | while read -r cp_old; do
        rm -rf -- "${cache:?}/$1/$cp_old"
    done
}

# --- long commands -------------------------------------------------------------

# progress_run TITLE LOG EXPECTED COMMAND...
# Runs a command with its output in LOG, showing that it lives: a counter that
# updates on a terminal, otherwise a line every half minute. EXPECTED is the
# number of log lines of an earlier run, 0 if unknown. On failure the end of
# the log is shown and the status is the command's.
progress_run() {
    pr_title=$1 pr_log=$2 pr_expected=$3
    shift 3
    pr_start=$(now)
    pr_next=30
    # launch=exec: the child is the command itself, so that it can be ended.
    (
        # shellcheck disable=SC2030,SC2209 # the word, and only here
        launch=exec
        "$@"
    ) >"$pr_log" 2>&1 8>&- 9>&- &
    child=$!
    while kill -0 "$child" 2>/dev/null; do
        sleep 1
        progress_show $(($(now) - pr_start))
    done
    pr_status=0
    wait "$child" || pr_status=$?
    child=
    [ ! -t 2 ] || printf '\r\033[K' >&2
    if [ "$pr_status" -ne 0 ]; then
        progress_failed
        return "$pr_status"
    fi
    say "$pr_title: done in $(human_seconds $(($(now) - pr_start)))"
}

# For progress_run with a program instead of a function.
program() {
    # shellcheck disable=SC2031
    ${launch:-} "$@"
}

progress_show() {
    ps_done=$(wc -l <"$pr_log")
    ps_part=
    if [ "$pr_expected" -gt 0 ]; then
        ps_percent=$((ps_done * 100 / pr_expected))
        [ "$ps_percent" -le 99 ] || ps_percent=99
        ps_part="$ps_percent %, "
    fi
    if [ -t 2 ]; then
        printf '\r\033[Kbreeder: %s: %s%s steps, %s' \
            "$pr_title" "$ps_part" "$ps_done" "$(human_seconds "$1")" >&2
    elif [ "$1" -ge "$pr_next" ]; then
        say "$pr_title: $ps_part$ps_done steps, $(human_seconds "$1")"
        pr_next=$((pr_next + 30))
    fi
}

progress_failed() {
    say "$pr_title: failed; the last lines of $pr_log:"
    tail -n 25 "$pr_log" >&2
}

# Ends what this process has started and removes its working directory.
on_exit() {
    oe_status=$?
    trap - EXIT INT TERM HUP
    if [ -n "${child:-}" ]; then
        kill "$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    fi
    work_close
    exit "$oe_status"
}
