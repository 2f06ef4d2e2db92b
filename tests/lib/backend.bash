# shellcheck shell=bash
# shellcheck disable=SC2034 # VMC_UNDER_TEST is for the tests
# For the file of one backend's own tests, instead of common: BACKEND is the backend's name. Every
# run uses it (vmc-backend); VMC_UNDER_TEST is the launcher itself.
if [ -z "${VMC_TEST_BACKEND-}" ]; then
    export VMC_TEST_BACKEND=$BACKEND VMC_UNDER_TEST=$VMC VMC=$VMC_TEST_LIB/vmc-backend
fi
load ../../lib/common
load ../../lib/probe
load ../../lib/examples

# A program of another architecture is refused, and the message names the option.
refuses_foreign_programs() {
    copy_tree "$SMALL" tree
    # e_machine, elf(5): EM_AARCH64, or EM_X86_64 on that
    local machine='\267'
    [ "$VMC_TEST_ARCH" = x86_64 ] || machine='\076'
    as_container_root sh -c "cp tree/bin/true tree/bin/foreign; printf '$machine' | dd of=tree/bin/foreign bs=1 seek=18 conv=notrunc 2>/dev/null"
    run --separate-stderr vmc_at tree -- foreign
    assert_refused "$BACKEND runs only programs of this host's architecture"
    remove_tree tree
}
