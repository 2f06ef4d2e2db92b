# Many runs: no failure, no hang, nothing left. VMC_STRESS is the number of runs in a row: 200 in `make test-full`; in core
# 12 on QEMU and 40 where they cost a tenth. A quarter of that for the ordinary user, whose runs go the same way.
load ../../lib/common

# where_dear N M: N on QEMU, M elsewhere.
where_dear() {
    if [ -z "${VMC_TEST_BACKEND-}" ]; then echo "$1"; else echo "$2"; fi
}

@test "many runs in a row (VMC_STRESS)" {
    local number count=${VMC_STRESS:-$(core_or_full "$(where_dear 12 40)" 200)} slowest=0 begin took
    am_root || count=$((count / 4))
    for ((number = 1; number <= count; number++)); do
        begin=$(now_ms)
        run --separate-stderr vmc -- echo "$number"
        took=$(($(now_ms) - begin))
        [ "$took" -le "$slowest" ] || slowest=$took
        [ "$status $output $stderr" = "0 $number " ] || fail "run $number: $status $output $stderr"
    done
    assert_nothing_left
    echo "# slowest of $count: $slowest ms" >&3
}

@test "8 at once" {
    local round i pids rounds
    rounds=$(core_or_full "$(where_dear 1 3)" 3)
    for ((round = 1; round <= rounds; round++)); do
        pids=()
        for i in {1..8}; do
            vmc --upper "$(upper_of "$i")" -- sh -c "echo $i; exit $i" >"out.$i" 2>"err.$i" </dev/null &
            pids+=($!)
        done
        for i in {1..8}; do
            status=0
            wait "${pids[i - 1]}" || status=$?
            [ "$status $(cat "out.$i")$(words_of "err.$i")" = "$i $i" ] ||
                fail "round $round, run $i: $status $(cat "out.$i" "err.$i")"
        done
    done
    assert_nothing_left
}

upper_of() {
    case $(($1 % 4)) in
        0) echo "$UPPER_INSIDE" ;;
        1) echo host ;;
        *) echo ram ;;
    esac
}

@test "starts and kills in turn leave nothing" {
    local i rounds
    rounds=$(core_or_full 6 10)
    for ((i = 1; i <= rounds; i++)); do
        rm -f out
        vmc_background -- sh -c 'echo ready; exec sleep 1000'
        [ $((i % 2)) = 0 ] || wait_for "$DEADLINE" has_line out ready || fail "run $i does not start"
        kill -KILL "$PID"
        finish 5
    done
    wait_for 3 no_marked_processes || fail "processes are left"
    run vmc -- true
    assert_status 0
    assert_nothing_left
}
