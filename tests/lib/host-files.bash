# shellcheck shell=bash
# shellcheck disable=SC2034 # for the tests
# Operations that fail on virtiofs where the host holds the changes, with their error; everything
# else works.
#   O_TMPFILE                             QEMU's virtiofsd has no such request
#   device nodes                          it is in a user namespace, mknod(2)
VIRTIOFS='
    temporary-file      EOPNOTSUPP
    device              EPERM
'

# Operations that fail on hostfs, where User Mode Linux writes to the host's files itself: its
# driver lacks them; a link count is the last one seen; times are set in microseconds.
#   device nodes                          the kernel is in a user namespace, mknod(2)
HOSTFS='
    fallocate           EOPNOTSUPP
    unlinked-fallocate  EOPNOTSUPP
    unlinked-stat       wrong
    temporary-file      EOPNOTSUPP
    xattr               EOPNOTSUPP
    acl                 EOPNOTSUPP
    device              EPERM
    nanoseconds         wrong
'

# Where the host holds the changes, and where the guest's own kernel does.
case ${VMC_TEST_BACKEND-} in
    uml) HOST_FILES=$HOSTFS GUEST_UPPERS=ram ;;
    *) HOST_FILES=$VIRTIOFS GUEST_UPPERS='ram disk' ;;
esac
