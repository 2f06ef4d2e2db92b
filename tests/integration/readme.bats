# The examples of README.md and of docs/: the blocks that follow a line <!-- example: NAME -->. Lines that
# begin with "$ " are run; the others are what must come out.
load ../lib/common

# Prints the block of an example: example FILE NAME
example() {
    awk -v wanted="<!-- example: $2 -->" '
        $0 == wanted { found = 1; next }
        found && /^```/ { if (inside) exit; inside = 1; next }
        inside { print }' "$VMC_SOURCE/$1"
}

# check_examples FILE LEAST: all of its examples, which are so many at least.
check_examples() {
    local name failures=0 count=0
    export XDG_DATA_HOME=$PWD/data
    mkdir build
    ln -s "$VMC" build/vmc
    copy_tree "$SMALL" rootfs
    PATH=$(dirname "$VMC"):$PATH
    for name in $(sed -n 's/^<!-- example: \(.*\) -->$/\1/p' "$VMC_SOURCE/$1"); do
        count=$((count + 1))
        example "$1" "$name" >block
        grep -v '^\$ ' block >want || true
        sed -n 's/^\$ //p' block >script
        [ -s script ] || { echo "$name: no command"; failures=$((failures + 1)); continue; }
        timeout 120 bash script >got 2>&1 </dev/null 3>&- || true
        diff want got || { echo "^ $name"; failures=$((failures + 1)); }
    done
    remove_tree rootfs
    [ "$count" -ge "$2" ] || fail "only $count examples"
    assert_equal "$failures" 0
}

@test "every example of README.md prints what it says" {
    check_examples README.md 10
}

@test "every example of docs/host-backend.md prints what it says" {
    check_examples docs/host-backend.md 3
}
