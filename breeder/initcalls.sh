# shellcheck shell=sh
# Variables are shared with the other parts (breeder/breeder sources all of them).
# shellcheck disable=SC2034,SC2154
# breeder initcalls: where the time of a boot goes, from the kernel's messages with initcall_debug.

command_initcalls() {
    check_options
    cache_open
    [ -n "$console_logs" ] || die "initcalls: no --log FILE, as vmc run --console FILE writes it"
    # The bred kernel prints addresses: it has no symbol table.
    ci_key=$(sed -n 's/.*"key": "\([0-9a-f]*\)".*/\1/p' "$out/guest/$arch/manifest.json" 2>/dev/null | head -n 1)
    ci_map=$cache/kernel/$ci_key/System.map
    [ -s "$ci_map" ] || die "initcalls: no $ci_map; run 'breeder build' first"
    set -f
    IFS='
'
    # shellcheck disable=SC2086 # one path a line
    ci_table=$(initcalls_table "$ci_map" $console_logs)
    unset IFS
    set +f
    [ -n "$ci_table" ] || die "initcalls: no initcall in these logs; vmc run --append initcall_debug \
--append log_buf_len=1M --append loglevel=8 --console FILE writes them"
    echo "$ci_table" | sort -k 1,1nr -k 3 | sed 20q
}

# The time of each, ms, the lowest of all logs. The clock of the messages runs from the first one
# on; the clock with which the kernel measures its calls only ticks in the first half of a boot.
initcalls_table() {
    awk '
        FILENAME == ARGV[1] { name[$1] = $3; next }
        { sub(/\r$/, "") }
        !match($0, /\[ *[0-9]+\.[0-9]+\] /) { next }
        { time = substr($0, RSTART + 1, RLENGTH - 3) + 0; $0 = substr($0, RSTART + RLENGTH) }
        $1 == "calling" { began[called($2)] = time }
        $1 == "initcall" && / returned / {
            call = called($2)
            took = 1000 * (time - began[call])
            if (call in began && (!(call in least) || took < least[call])) least[call] = took
        }
        END {
            for (call in least) printf "%9.2f ms  %s\n", least[call], call in name ? name[call] : call
        }
        function called(word) { sub(/^0x/, "", word); sub(/\+0x.*/, "", word); return word }' "$@"
}
