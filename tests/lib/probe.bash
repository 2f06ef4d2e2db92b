# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of bats and of common.bash
# What the probe sees of a run, against what was asked for.

# see [OPTION...]: runs the probe with these options; what it saw is in seen.json.
see() {
    run --separate-stderr vmc "$@" -- vmc-probe see
    assert_status 0
    [ -z "$stderr" ] || { fail "stderr: $stderr"; return; }
    printf '%s\n' "$output" >seen.json
}

# expect [FILTER]: seen.json is the default run's, changed by FILTER and what follows from that,
# and nothing else.
expect() {
    "$VMC_TEST_LIB/expect" seen.json "$VMC_SOURCE/tests/probe/default.json" "${1-.} | consequences"
}

# Both, without a network, which is what most options have nothing to do with.
see_alone() {
    see --net none "$@"
}

expect_alone() {
    expect "network_none | ${1-.}"
}
