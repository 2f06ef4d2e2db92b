# shellcheck shell=sh
# Variables are shared with the other parts (breeder/breeder sources all of them).
# shellcheck disable=SC2034,SC2154
# The architecture table: the only place in the breeder that names architectures.

# Sets the ARCH_ variables of a guest architecture; status 1 if it has no row.
#   ARCH_MACHINE   what uname -m says on it
#   ARCH_KERNEL    the kernel's name for it (make ARCH=)
#   ARCH_TRIPLET   prefix of the cross tools, used when the host is another one
#   ARCH_DEBIAN    Debian's name, for packages
#   ARCH_QEMU      Debian's package of the QEMU that runs it
#   ARCH_TARGET    what make builds
#   ARCH_IMAGE     where in the build tree that lands; its last part is the image's name
#   ARCH_STRIP     yes: the image is an ELF file and loses its symbols
#   ARCH_FRAGMENTS configuration fragments in guest-kernel/, in order
#   ARCH_XZ        xz's filter for its machine code, as the kernel's scripts/xz_wrap.sh has it
#   ARCH_STOCK     Debian's configuration to compare with, if there is one
#   ARCH_STOCK_KERNEL  Debian's package of a kernel, if there is one
#   ARCH_PACKAGE   what our own package is called by
# and ARCH_FILE, the image's name.
arch_load() {
    case $1 in
        x86_64)
            ARCH_MACHINE=x86_64
            ARCH_KERNEL=x86
            ARCH_TRIPLET=x86_64-linux-gnu-
            ARCH_DEBIAN=amd64
            ARCH_QEMU=qemu-system-x86
            ARCH_TARGET=vmlinux
            ARCH_IMAGE=vmlinux
            ARCH_STRIP=yes
            ARCH_FRAGMENTS='base container virtio hardening x86_64'
            ARCH_XZ=--x86
            ARCH_STOCK=config.amd64_none_amd64
            ARCH_STOCK_KERNEL=linux-image-amd64
            ARCH_PACKAGE=amd64
            ;;
        arm64)
            ARCH_MACHINE=aarch64
            ARCH_KERNEL=arm64
            ARCH_TRIPLET=aarch64-linux-gnu-
            ARCH_DEBIAN=arm64
            ARCH_QEMU=qemu-system-arm
            ARCH_TARGET=Image
            ARCH_IMAGE=arch/arm64/boot/Image
            ARCH_STRIP=no
            ARCH_FRAGMENTS='base container virtio hardening arm64'
            ARCH_XZ=--arm64
            ARCH_STOCK=config.arm64_none_arm64
            ARCH_STOCK_KERNEL=linux-image-arm64
            ARCH_PACKAGE=arm64
            ;;
        arm)
            ARCH_MACHINE=armv7l
            ARCH_KERNEL=arm
            ARCH_TRIPLET=arm-linux-gnueabihf-
            ARCH_DEBIAN=armhf
            ARCH_QEMU=qemu-system-arm
            ARCH_TARGET=zImage
            ARCH_IMAGE=arch/arm/boot/zImage
            ARCH_STRIP=no
            ARCH_FRAGMENTS='base container virtio hardening arm'
            ARCH_XZ=--arm
            ARCH_STOCK=config.armhf_none_armmp
            ARCH_STOCK_KERNEL=linux-image-armmp
            ARCH_PACKAGE=armhf
            ;;
        um)
            # User Mode Linux: a program for this machine, not a machine. Linux has it only for x86.
            ARCH_MACHINE=x86_64
            ARCH_KERNEL=um
            ARCH_TRIPLET=x86_64-linux-gnu-
            ARCH_DEBIAN=amd64
            ARCH_QEMU=
            ARCH_TARGET=linux
            ARCH_IMAGE=linux
            ARCH_STRIP=yes
            ARCH_FRAGMENTS='base container hardening um'
            ARCH_XZ=--x86
            ARCH_STOCK=
            ARCH_STOCK_KERNEL=
            ARCH_PACKAGE=um
            ;;
        *)
            return 1
            ;;
    esac
    ARCH_FILE=${ARCH_IMAGE##*/}
}

# Every row of the table, for messages.
arch_names() {
    echo x86_64 arm64 arm um
}

# The row of this machine, or its own name for itself.
arch_host() {
    ah_machine=$(uname -m)
    for ah_name in $(arch_names); do
        (arch_load "$ah_name" && [ "$ARCH_MACHINE" = "$ah_machine" ]) || continue
        ah_machine=$ah_name
        break
    done
    echo "$ah_machine"
}

# Debian's package of the C library to link statically with.
arch_libc_package() {
    if [ -n "$cross" ]; then
        echo "libc6-dev-$ARCH_DEBIAN-cross"
    else
        echo libc6-dev
    fi
}

# Debian's package of the compiler.
arch_gcc_package() {
    if [ -n "$cross" ]; then
        agp_triplet=$(echo "${ARCH_TRIPLET%-}" | tr _ -)
        echo "gcc-$agp_triplet"
    else
        echo gcc
    fi
}
