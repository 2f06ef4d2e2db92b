# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of bats and of common.bash
# The probe's view of a run, against the request.

# see [OPTION...]: runs the probe with these options; what it saw is in seen.json.
see() {
    run --separate-stderr vmc "$@" -- vmc-probe see
    assert_status 0
    [ -z "$stderr" ] || { fail "stderr: $stderr"; return; }
    printf '%s\n' "$output" >seen.json
}

# The functions of expect.jq that come first and last for the backend of these runs.
case ${VMC_TEST_BACKEND-} in
    uml) BEFORE='uml | ' NETWORK='uml_network | ' AFTER=' | uml_kernel' ;;
    *) BEFORE='' NETWORK='' AFTER='' ;;
esac

# expect [FILTER]: seen.json is the default run's, changed by FILTER and what follows from that,
# and nothing else.
expect() {
    expect_of "$NETWORK${1-.}"
}

# The same, and a filter for what comes after the consequences.
expect_of() {
    "$VMC_TEST_LIB/expect" seen.json "$VMC_SOURCE/tests/probe/default.json" "$BEFORE$1 | consequences$AFTER${2-}"
}

# Both, without a network, which does not matter for most options.
see_alone() {
    see --net none "$@"
}

expect_alone() {
    expect_of "network_none | ${1-.}"
}
