# shellcheck shell=bash
# shellcheck disable=SC2034 # for the tests
# What 9p cannot do where it holds the changes itself, with the error that reports it; everything
# else works. Only one loss is silent: the kernel's 9p client keeps times in whole seconds.
#   rename flags, fallocate, O_TMPFILE    the protocol has no such request
#   special files                         QEMU refuses to open them (its fix of CVE-2023-2861)
#   device nodes                          QEMU is in a user namespace, mknod(2)
#   a file's attributes after unlink      QEMU's server goes by path
NINE_P='
    rename-noreplace    EINVAL
    rename-exchange     EINVAL
    fallocate           EOPNOTSUPP
    unlinked-fallocate  EOPNOTSUPP
    unlinked-truncate   ENOENT
    unlinked-chmod      ENOENT
    temporary-file      EOPNOTSUPP
    fifo                ENXIO
    socket              ENXIO
    device              EPERM
    nanoseconds         wrong
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
    *) HOST_FILES=$NINE_P GUEST_UPPERS='ram disk' ;;
esac
