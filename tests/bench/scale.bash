# shellcheck shell=bash
# Variables are shared with the other parts (tests/bench/bench sources all of them).
# shellcheck disable=SC2034,SC2154
# How many fit: N containers at once, each of which reports that it is up and then waits.

scale_counts=${VMC_BENCH_COUNTS:-1 2 4 8 16}
# For the slowest of sixteen on a busy host.
scale_patience_s=600

# The processes of a tree, the roots' numbers included.
descendants() {
    local pid
    for pid in "$@"; do
        echo "$pid"
        # shellcheck disable=SC2046 # numbers
        descendants $(cat /proc/"$pid"/task/*/children 2>/dev/null)
    done
}

# Proportional set size (proc(5)) of processes, kB: what would come free if they ended.
pss_of() {
    local pid
    for pid in "$@"; do
        sed -n 's/^Pss: *\([0-9]*\) kB/\1/p' "/proc/$pid/smaps_rollup" 2>/dev/null || true
    done | awk '{ n += $1 } END { print n + 0 }'
}

# Starts $1 containers; leaves the processes in pids, and the time until the last was up in
# wall_ms.
start_containers() {
    local count=$1 i begin line answer
    pids=() answers=()
    rm -f "$out"/scale-*.fifo
    mkfifo "$out/scale-hold.fifo"
    exec {hold}<>"$out/scale-hold.fifo"
    begin=${EPOCHREALTIME/./}
    for ((i = 0; i < count; i++)); do
        mkfifo "$out/scale-$i.fifo"
        exec {answer}<>"$out/scale-$i.fifo"
        answers+=("$answer")
        "$vmc" run --cold --accel "$accel" -r "$trees/x86_64/small" -- sh -c 'echo here; cat' \
            <"$out/scale-hold.fifo" >"$out/scale-$i.fifo" 2>"$out/scale-$i.log" {hold}>&- &
        pids+=($!)
    done
    for ((i = 0; i < count; i++)); do
        line=
        read -r -t "$scale_patience_s" line <&"${answers[i]}" || true
        [ "$line" = here ] || fail "container $i of $count is not there: $(cat "$out/scale-$i.log")"
    done
    wall_ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
}

# The last writer leaves: each reads the end of its input.
end_containers() {
    local pid fd
    exec {hold}>&-
    for fd in "${answers[@]}"; do exec {fd}>&-; done
    for pid in "${pids[@]}"; do
        wait "$pid" || fail "a container did not end well: $(cat "$out"/scale-*.log)"
    done
    rm -f "$out"/scale-*.fifo
}

# What `times` said in this shell (a subshell has none of its children's): user and system seconds of them.
children_seconds() {
    sed -n '2s/[ms]/ /gp' "$1" | awk '{ print 60 * ($1 + $3) + $2 + $4 }'
}

bench_scale() {
    local rounds=${VMC_BENCH_ROUNDS:-3} round count pss hold pids answers wall_ms
    echo round,count,wall_ms,cpu_ms,pss_kb_each >"$out/scale.csv"
    run_vmc # warms the page cache
    for ((round = 1; round <= rounds; round++)); do
        for count in $scale_counts; do
            times >"$out/times-before"
            start_containers "$count"
            # shellcheck disable=SC2046 # numbers
            pss=$(pss_of $(descendants "${pids[@]}"))
            end_containers
            times >"$out/times"
            awk -v head="$round,$count,$wall_ms" -v a="$(children_seconds "$out/times-before")" \
                -v b="$(children_seconds "$out/times")" -v p="$pss" -v n="$count" 'BEGIN { printf "%s,%.0f,%.0f\n", head, 1000 * (b - a), p / n }' >>"$out/scale.csv"
        done
        echo "round $round of $rounds" >&2
    done
    report_scale
    tests/bench/chart "$out/scale.csv" 'Containers at once' >"$out/scale.svg"
}

report_scale() {
    local count column
    # shellcheck disable=SC2016 # fields of awk's
    local columns=('$3' '$4 / $2' '$5 / 1024')
    printf '\n%-6s %-26s %-26s %s\n' count 'until all are there, ms' 'processor time each, ms' 'PSS each, MB'
    for count in $scale_counts; do
        printf '%-6s' "$count"
        for column in "${columns[@]}"; do
            printf ' %-26s' "$(awk -F, -v n="$count" "\$2 == n { print $column }" "$out/scale.csv" |
                spread %.0f | with_spread)"
        done
        echo
    done
}
