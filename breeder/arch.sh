# shellcheck shell=sh
# Variables are shared with the other parts (breeder/breeder sources all of them).
# shellcheck disable=SC2034,SC2154
# The architecture table: the only place in the breeder that names one.

# Sets the ARCH_ variables of a guest architecture; status 1 if it has no row.
#   ARCH_KERNEL    the kernel's name for it (make ARCH=)
#   ARCH_TRIPLET   prefix of the cross tools, used when the host is another one
#   ARCH_DEBIAN    Debian's name, for packages
#   ARCH_TARGET    what make builds
#   ARCH_IMAGE     where in the build tree that lands
#   ARCH_STRIP     yes: the image is an ELF file and loses its symbols
#   ARCH_FRAGMENTS configuration fragments in guest-kernel/, in order
#   ARCH_XZ        xz's filter for its machine code, as the kernel's scripts/xz_wrap.sh has it
#   ARCH_STOCK     Debian's configuration to compare with
arch_load() {
    case $1 in
        x86_64)
            ARCH_KERNEL=x86
            ARCH_TRIPLET=x86_64-linux-gnu-
            ARCH_DEBIAN=amd64
            ARCH_TARGET=vmlinux
            ARCH_IMAGE=vmlinux
            ARCH_STRIP=yes
            ARCH_FRAGMENTS='base container virtio hardening x86_64'
            ARCH_XZ=--x86
            ARCH_STOCK=config.amd64_none_amd64
            ;;
        *)
            return 1
            ;;
    esac
}

# Every row of the table, for messages.
arch_names() {
    echo x86_64
}
