# shellcheck shell=sh
# Variables are shared with the other parts (breeder/breeder sources all of them).
# shellcheck disable=SC2034,SC2154
# breeder distro: Debian's own kernel for a guest, with the few modules it needs in the initramfs.
# No part of the kernel is compiled.

# The modules of Debian's kernel that the guest uses; their dependencies come along.
readonly distro_modules='virtio_mmio virtio_console 9pnet_virtio 9p overlay virtio_net virtio_blk
    ext4 erofs virtiofs virtio_rng virtio_balloon'

command_distro() {
    check_options
    [ -n "$ARCH_STOCK_KERNEL" ] || die "distro: Debian has no kernel of $arch for machines"
    distro_check_tools
    work_begin
    distro_package=${distro_package:-$ARCH_STOCK_KERNEL}
    distro_build
    busybox_build
    agent_build
    distro_image_build
    passt_build_beside
    say "$image_dir: $distro_package $(cat "$distro_entry/version")," \
        "$(grep -c . "$distro_entry/modules/order") modules," \
        "$(human_seconds $(($(now) - build_start)))"
}

distro_check_tools() {
    case $distro_package in
        *[!a-z0-9.+-]*) die "--package '$distro_package': not the name of a Debian package" ;;
    esac
    check_tools
    need kmod depmod modprobe
    need cpio cpio
    need zstd zstd
    missing_report "build${cross:+ arm}"
}

# Leaves kernel, modules and version in the cache and sets distro_entry. Fetched once;
# `breeder clean` makes the next call look for a newer one.
distro_build() {
    distro_entry=$cache/distro/$arch-$distro_package
    make_once "distro-$arch-$distro_package" "$distro_entry/version" distro_fetch
}

distro_fetch() {
    say "kernel: fetching $distro_package for $ARCH_DEBIAN"
    df_new=$work/distro-entry
    df_root=$work/distro-root
    mkdir -p "$df_new/modules" "$df_root/usr/lib" "$work/distro-package" "$cache/distro"
    # As in Debian's own root: a package of Debian 12 has its modules in /lib, later ones in
    # /usr/lib.
    ln -s usr/lib "$df_root/lib"
    apt_private_setup "$work/apt" "deb $ARCH_DEBIAN"
    # A metapackage depends on the newest kernel of its kind.
    fetch_with_apt "$work/distro-package" "$distro_package" -q download "$distro_package:$ARCH_DEBIAN"
    df_real=$(dpkg-deb -f "$work/distro-package"/*.deb Depends |
        sed -n 's/.*\(linux-image-[0-9][^ ,]*\).*/\1/p')
    if [ -n "$df_real" ]; then
        rm -f "$work/distro-package"/*.deb
        fetch_with_apt "$work/distro-package" "$df_real" -q download "$df_real:$ARCH_DEBIAN"
    fi
    dpkg-deb -x "$work/distro-package"/*.deb "$df_root" || die "kernel: cannot unpack $df_real"
    df_release=$(cd "$df_root/lib/modules" 2>/dev/null && echo *) ||
        die "--package $distro_package: holds no kernel"
    distro_kernel "$df_root/boot/vmlinuz-$df_release" "$df_new/kernel"
    distro_take_modules "$df_root" "$df_release" "$df_new/modules"
    dpkg-deb -f "$work/distro-package"/*.deb Version >"$df_new/version"
    rm -rf -- "$distro_entry"
    mv -T "$df_new" "$distro_entry"
}

# The file that the machine loads: on x86 the ELF file inside a bzImage, so that the guest need not
# unpack it (Documentation/arch/x86/boot.rst: payload_offset and payload_length), elsewhere the file
# itself.
distro_kernel() {
    if [ "$ARCH_STRIP" != yes ]; then
        cp "$1" "$2"
        return
    fi
    dk_setup=$(od -An -tu1 -j 497 -N 1 "$1")
    dk_offset=$(od -An -tu4 -j 584 -N 4 "$1")
    dk_length=$(od -An -tu4 -j 588 -N 4 "$1")
    tail -c +$(((dk_setup + 1) * 512 + dk_offset + 1)) "$1" | head -c $((dk_length)) >"$work/payload"
    # The unpacked size follows the packed data.
    head -c -4 "$work/payload" >"$work/packed"
    distro_unpack "$work/packed" >"$2" || die "kernel: cannot unpack $1"
}

# An ELF file, packed or not, in one of the ways of Debian's kernels.
distro_unpack() {
    case $(od -An -tx1 -N 4 "$1" | tr -d ' ') in
        fd377a58) xz -dc <"$1" ;;
        28b52ffd) zstd -dcq <"$1" ;;
        1f8b*) gzip -dc <"$1" ;;
        7f454c46) cat "$1" ;;
        *) die "kernel: $1 is packed in a way that is not known here" ;;
    esac
}

# The files of the modules and what they depend on, unpacked for the agent, and the order to load
# them in.
distro_take_modules() {
    depmod -b "$1" "$2" || die "kernel: depmod failed"
    for dtm_name in $distro_modules; do
        modprobe -d "$1" -S "$2" --show-depends "$dtm_name" ||
            die "--package $distro_package: the kernel has no $dtm_name, which a guest needs"
    done >"$work/modules"
    : >"$3/order"
    awk '$1 == "insmod" && !($2 in seen) { seen[$2]; print $2 }' "$work/modules" |
        while read -r dtm_file; do
            dtm_name=${dtm_file##*/}
            dtm_name=${dtm_name%.ko*}.ko
            distro_unpack "$dtm_file" >"$3/$dtm_name" || die "kernel: cannot unpack $dtm_file"
            echo "$dtm_name" >>"$3/order"
        done || exit 125
}

distro_image_build() {
    image_dir=$out/guest/$arch/distro-$distro_package
    mkdir -p "$image_dir" 2>/dev/null || die "--out $out: cannot create $image_dir"
    distro_initramfs_write "$work/initramfs.cpio"
    distro_manifest_write >"$work/manifest.json"
    image_install "$distro_entry/kernel" "$ARCH_FILE"
    image_install "$work/initramfs.cpio" initramfs.cpio
    image_install "$work/manifest.json" manifest.json
    [ "$distro_package" != "$ARCH_STOCK_KERNEL" ] ||
        ln -sfn "distro-$distro_package" "${image_dir%/*}/distro"
}

# The files of initramfs/files, without the kernel's own program for it: no device nodes, which the
# agent makes instead.
distro_initramfs_write() {
    diw_root=$work/initramfs
    mkdir "$diw_root"
    sed -e "s|@AGENT@|$agent|" -e "s|@BUSYBOX@|$busybox_entry/busybox|" \
        -e "s|@HERE@|$top/initramfs|" "$top/initramfs/files" |
        while read -r diw_kind diw_path diw_from diw_mode diw_rest; do
            case $diw_kind in
                dir) install -d -m "$diw_from" "$diw_root$diw_path" ;;
                file) install -m "$diw_mode" "$diw_from" "$diw_root$diw_path" ;;
            esac
        done
    sed -n 's|^/.*/\([^/]*\)$|\1|p' "$busybox_entry/links" | while read -r diw_path; do
        ln -s busybox "$diw_root/bin/$diw_path"
    done
    cp -r "$distro_entry/modules" "$diw_root/modules"
    find "$diw_root" -exec touch -hd @0 {} +
    (cd "$diw_root" && find . | LC_ALL=C sort |
        cpio -o -H newc -R 0:0 --reproducible --quiet) >"$1" 2>"$work/cpio.log" ||
        die "initramfs: $(tail -n 1 "$work/cpio.log")"
}

distro_manifest_write() {
    cat <<EOF
{
  "arch": $(json_string "$arch"),
  "kernel": {
    "version": $(json_string "$(cat "$distro_entry/version")"),
    "package": $(json_string "$distro_package")
  },
  "busybox": {
    "version": $(json_string "$(cat "$busybox_entry/version")"),
    "key": $(json_string "${busybox_entry##*/}")
  },
$(manifest_files "$distro_entry/kernel")
}
EOF
}
