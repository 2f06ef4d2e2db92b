# shellcheck shell=bash
# The examples of a document: the blocks that follow a line <!-- example: NAME -->. Lines that begin
# with "$ " are run; the others are the expected output.

# Prints the block of a document that follows such a line: document_block FILE LINE.
document_block() {
    awk -v wanted="<!-- $2 -->" '
        $0 == wanted { found = 1; next }
        found && /^```/ { if (inside) exit; inside = 1; next }
        inside { print }' "$1"
}

example_names() {
    sed -n 's/^<!-- example: \(.*\) -->$/\1/p' "$1"
}

# Runs all examples of a document, at least COUNT, each with the remaining arguments and a script:
# check_examples FILE COUNT timeout 120 bash
check_examples() {
    local file=$1 least=$2 name failures=0 count=0
    shift 2
    mkdir build
    ln -s "$VMC" build/vmc
    copy_tree "$SMALL" rootfs
    PATH=$(dirname "$VMC"):$PATH
    for name in $(example_names "$file"); do
        count=$((count + 1))
        document_block "$file" "example: $name" >block
        grep -v '^\$ ' block >want || true
        sed -n 's/^\$ //p' block >script
        [ -s script ] || { echo "$name: no command"; failures=$((failures + 1)); continue; }
        "$@" script >got 2>&1 </dev/null 3>&- || true
        diff want got || { echo "^ $name"; failures=$((failures + 1)); }
    done
    remove_tree rootfs
    [ "$count" -ge "$least" ] || fail "only $count examples"
    assert_equal "$failures" 0
}
