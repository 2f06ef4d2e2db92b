# shellcheck shell=bash
# Variables are shared with the other parts (tests/bench/bench sources all of them).
# shellcheck disable=SC2154
# The results of the tables: medians with their spread, and ratios within a round.

# Median, lowest and highest of a column of numbers, in the format given.
spread() {
    sort -n | awk -v f="$1" '{ v[NR] = $1 }
        END { m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
              if (NR) printf f " " f " " f "\n", m, v[1], v[NR] }'
}

# column of $1.csv: 3 wall-clock, 4 processor time
of_subject() {
    awk -F, -v subject="$2" -v column="$3" '$2 == subject { print $column }' "$out/$1.csv"
}

# $2's figure divided by $3's in the same round.
quotients() {
    awk -F, -v a="$2" -v b="$3" -v column="$4" '$2 == a { x[$1] = $column } $2 == b { y[$1] = $column }
        END { for (r in x) if (y[r] > 0) print x[r] / y[r] }' "$out/$1.csv"
}

with_spread() {
    local median lowest highest
    read -r median lowest highest && printf '%s (%s to %s)' "$median" "$lowest" "$highest"
}

report() {
    local suite=$1 subject other goal rounds
    rounds=$(awk -F, 'NR > 1 { if ($1 > n) n = $1 } END { print n }' "$out/$suite.csv")
    printf '\nmedians of %s rounds (lowest to highest), ms\n' "$rounds"
    printf '%-10s %-28s %s\n' '' wall-clock 'processor time'
    while read -r subject; do
        [ -n "$(of_subject "$suite" "$subject" 3)" ] || continue
        printf '%-10s %-28s %s\n' "$subject" "$(of_subject "$suite" "$subject" 3 | spread %.0f | with_spread)" \
            "$(of_subject "$suite" "$subject" 4 | spread %.0f | with_spread)"
    done < <(subject_names "$suite")
    printf '\nratios within a round\n'
    while read -r subject other goal; do
        [ -n "$(quotients "$suite" "$subject" "$other" 3)" ] || continue
        printf '%-16s %-28s %-28s%s\n' "$subject / $other" \
            "$(quotients "$suite" "$subject" "$other" 3 | spread %.3f | with_spread)" \
            "$(quotients "$suite" "$subject" "$other" 4 | spread %.3f | with_spread)" \
            "$([ "$goal" = - ] || echo " goal: at most $goal")"
    done < <(awk -v suite="$suite" '$1 == suite { print $2, $3, $4 }' <<<"$ratio_table")
    report_phases "$suite"
    case $suite in
        stream) report_rates "$stream_bytes" pipe ;;
        network) report_rates "$network_bytes" host ;;
    esac
}

timed_subjects() {
    awk -F, 'NR > 1 && !seen[$2]++ { print $2 }' "$out/$1-phases.csv"
}

report_phases() {
    local subject phase
    while read -r subject; do
        printf '\nphases of %s, median ms\n' "$subject"
        awk -F, -v s="$subject" '$2 == s && !seen[$3]++ { print $3 }' "$out/$1-phases.csv" | while read -r phase; do
            printf '  %-12s %s\n' "$phase" "$(awk -F, -v s="$subject" -v p="$phase" \
                '$2 == s && $3 == p { print $4 }' "$out/$1-phases.csv" | spread %.1f | cut -d' ' -f1)"
        done
    done < <(timed_subjects "$1")
}

# BYTES SUBJECT: the start left out, from the workload's start to the end of its output; and of a subject
# that has no start.
report_rates() {
    local subject
    printf '\nMB/s while the workload ran\n'
    while read -r subject; do
        printf '%-10s %s\n' "$subject" "$(awk -F, -v s="$subject" -v n="$1" \
            '$2 == s && ($3 == "workload" || $3 == "output") { t[$1] += $4 }
             END { for (r in t) print n / 1000 / t[r] }' "$out/$suite-phases.csv" | spread %.1f | with_spread)"
    done < <(timed_subjects "$suite")
    printf '%-10s %s\n' "$2" "$(of_subject "$suite" "$2" 3 |
        awk -v n="$1" '{ print n / 1000 / $1 }' | spread %.1f | with_spread)"
}
