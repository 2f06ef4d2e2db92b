# The examples of README.md: the blocks that follow a line <!-- example: NAME -->. Lines that
# begin with "$ " are run; the others are what must come out.
load ../lib/common

# Prints the block of an example.
example() {
    awk -v wanted="<!-- example: $1 -->" '
        $0 == wanted { found = 1; next }
        found && /^```/ { if (inside) exit; inside = 1; next }
        inside { print }' "$VMC_SOURCE/README.md"
}

example_names() {
    sed -n 's/^<!-- example: \(.*\) -->$/\1/p' "$VMC_SOURCE/README.md"
}

@test "every example of README.md prints what it says" {
    local name failures=0 count=0
    export XDG_DATA_HOME=$PWD/data
    mkdir build
    ln -s "$VMC" build/vmc
    copy_tree "$SMALL" rootfs
    PATH=$(dirname "$VMC"):$PATH
    for name in $(example_names); do
        count=$((count + 1))
        example "$name" >block
        grep -v '^\$ ' block >want || true
        sed -n 's/^\$ //p' block >script
        [ -s script ] || { echo "$name: no command"; failures=$((failures + 1)); continue; }
        timeout 120 bash script >got 2>&1 </dev/null 3>&- || true
        diff want got || { echo "^ $name"; failures=$((failures + 1)); }
    done
    remove_tree rootfs
    [ "$count" -ge 10 ] || fail "only $count examples"
    assert_equal "$failures" 0
}
