# The examples of README.md, tests/lib/examples.bash.
load ../../lib/common
load ../../lib/examples

@test "every example of README.md prints what it says" {
    export XDG_DATA_HOME=$PWD/data
    check_examples "$VMC_SOURCE/README.md" 10 timeout 120 bash
}
