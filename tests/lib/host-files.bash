# shellcheck shell=bash
# shellcheck disable=SC2034 # for the tests
# What virtiofs cannot do where the host holds the changes, with the error that reports it; everything
# else works.
#   O_TMPFILE                             QEMU's virtiofsd has no such request
#   device nodes                          it is in a user namespace, mknod(2)
VIRTIOFS='
    temporary-file      EOPNOTSUPP
    device              EPERM
'

# What hostfs cannot do, where User Mode Linux writes to the host's files itself: its driver has no
# such operations; a count of links is what the last look found; times are set in microseconds.
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
