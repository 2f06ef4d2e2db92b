# shellcheck shell=sh
# Variables are shared with the other parts (breeder/breeder sources all of them).
# shellcheck disable=SC2034,SC2154
# The kernel: fragments + source -> vmlinux, once per set of inputs.

# Sets kernel_fragments to the files that make up the configuration: the
# architecture's, then those of --config (one a line).
kernel_fragments_find() {
    kernel_fragments=
    for kff_name in $ARCH_FRAGMENTS; do
        kernel_fragments="$kernel_fragments$top/guest-kernel/$kff_name.config
"
    done
    kernel_fragments=$kernel_fragments$1
}

# Sets kernel_patches to the files to apply, one a line: the common ones, then the architecture's
# own. They are for the packaged source: the source of --linux-src is built as it is.
kernel_patches_find() {
    kernel_patches=
    [ -z "$1" ] || return 0
    for kpf_file in "$top"/guest-kernel/patches/*.patch "$top/guest-kernel/patches/$arch"/*.patch; do
        [ -f "$kpf_file" ] || continue
        kernel_patches="$kernel_patches$kpf_file
"
    done
}

# Everything that shapes the image; nothing else.
kernel_key() {
    {
        echo "source $kernel_id"
        echo "arch $arch $ARCH_KERNEL $ARCH_TARGET"
        echo "compiler $("${cross}gcc" --version | head -n 1)"
        echo "linker $("${cross}ld" --version | head -n 1)"
        printf '%s' "$kernel_fragments" | while read -r kk_file; do
            kernel_options "$kk_file"
        done
        printf '%s' "$kernel_patches" | while read -r kk_file; do
            # The text above the first hunk is the reason.
            sed -n '/^--- /,$p' "$kk_file"
        done
        script_code "$top/breeder/kernel.sh" "$top/guest-kernel/check-config"
    } | hash_key
}

# A fragment without its comments: editing a reason does not build a kernel.
kernel_options() {
    grep -E '^(CONFIG_[A-Za-z0-9_]+=|# CONFIG_[A-Za-z0-9_]+ is not set$)' "$1"
}

# Leaves the kernel in the cache and sets kernel_entry (directory).
kernel_build() {
    kernel_source_find "$linux_src"
    kernel_fragments_find "$extra_fragments"
    kernel_patches_find "$linux_src"
    kernel_id=$(kernel_source_id)
    kernel_entry=$cache/kernel/$(kernel_key)
    if [ -s "$kernel_entry/vmlinux" ]; then
        touch "$kernel_entry"
        return
    fi
    lock_take "kernel-${kernel_entry##*/}"
    [ -s "$kernel_entry/vmlinux" ] || kernel_make
    lock_drop
    cache_prune kernel
}

kernel_make() {
    km_out=$work/kernel
    km_log=$cache/log/kernel-${kernel_entry##*/}.log
    km_start=$(now)
    mkdir -p "$km_out" "$work/kernel-entry"
    kernel_unpack
    kernel_configure
    progress_run "kernel $kernel_version for $arch" "$km_log" "$(kernel_expected_lines)" \
        kernel_make_target || die "kernel: build failed (log: $km_log)"
    kernel_collect
}

# Sets kernel_tree, kernel_version and kernel_epoch.
kernel_unpack() {
    kernel_tree=$kernel_src
    if [ "$kernel_src_kind" = tarball ]; then
        mkdir "$work/linux"
        # Large parts that our builds never read; Kconfig and make do not need them.
        progress_run "kernel: unpacking $kernel_src" "$km_log" 0 \
            program tar -xf "$kernel_src" -C "$work/linux" --strip-components=1 \
            --exclude='*/drivers/gpu/drm/amd/include/asic_reg' \
            --exclude='*/tools/testing' --exclude='*/Documentation/translations' ||
            die "kernel: cannot unpack $kernel_src"
        kernel_tree=$work/linux
        kernel_patch
        [ -f "$kernel_tree/Kconfig" ] || die "--linux-src $kernel_src: holds no kernel source tree"
    fi
    kernel_version=$(kernel_run -s kernelversion 8>&- 9>&-) ||
        die "kernel: $kernel_src: make kernelversion failed"
    # The build time that the image claims: that of its source.
    kernel_epoch=$(stat -c %Y "$kernel_tree/Makefile")
}

kernel_patch() {
    printf '%s' "$kernel_patches" | while read -r kp_file; do
        patch -s -p1 -d "$kernel_tree" <"$kp_file" >>"$km_log" 2>&1 ||
            die "kernel: $kp_file does not apply to $kernel_src (log: $km_log)"
    done || exit 125
}

# make for the kernel, with every input that could differ between two machines
# or two runs pinned down.
kernel_run() {
    ${launch:-} env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS LC_ALL=C \
        KBUILD_BUILD_USER=vmc KBUILD_BUILD_HOST=vmc KBUILD_BUILD_VERSION=1 \
        KBUILD_BUILD_TIMESTAMP="$(LC_ALL=C date -u -d "@${kernel_epoch:-0}")" \
        make -C "$kernel_tree" O="$work/kernel" ARCH="$ARCH_KERNEL" CROSS_COMPILE="$cross" \
        KCFLAGS="-ffile-prefix-map=$work/kernel=. -ffile-prefix-map=$kernel_tree=." "$@"
}

kernel_make_target() {
    kernel_run -j"$jobs" "$ARCH_TARGET"
}

# allnoconfig with the fragments on top: options that they do not name are off, also those that only
# become visible through them.
kernel_configure() {
    kc_wanted=$work/wanted.config
    kernel_merge >"$kc_wanted"
    kernel_run -s KCONFIG_ALLCONFIG="$kc_wanted" allnoconfig >"$km_log" 2>&1 8>&- 9>&- || {
        tail -n 15 "$km_log" >&2
        die "kernel: configuration failed (log: $km_log)"
    }
    "$top/guest-kernel/check-config" "$kc_wanted" "$km_out/.config" >"$work/missed" && return
    sed "s|($kc_wanted)\$||; s/^/breeder:   /" "$work/missed" >&2
    die "kernel $kernel_version: options above did not take: a dependency is off, or the name is gone"
}

# All fragments as one; the last setting of an option wins.
kernel_merge() {
    printf '%s' "$kernel_fragments" | while read -r kme_file; do
        kernel_options "$kme_file"
    done | awk '
        {
            name = $0
            sub(/^# /, "", name)
            sub(/[= ].*/, "", name)
            if (!(name in line)) order[++count] = name
            line[name] = $0
        }
        END { for (i = 1; i <= count; i++) print line[order[i]] }'
}

# Lines that the last build wrote, for the percentage.
kernel_expected_lines() {
    cat "$cache/log/kernel-lines" 2>/dev/null || echo 0
}

kernel_collect() {
    kco_entry=$work/kernel-entry
    cp "$km_out/$ARCH_IMAGE" "$kco_entry/vmlinux"
    if [ "$ARCH_STRIP" = yes ]; then
        # The ELF notes stay: the PVH entry point is one.
        "${cross}strip" --strip-all "$kco_entry/vmlinux"
    fi
    if grep -q '^CONFIG_DEBUG_INFO=y' "$km_out/.config"; then
        cp "$km_out/vmlinux" "$kco_entry/vmlinux.debug"
    fi
    cp "$km_out/.config" "$kco_entry/config"
    cp "$km_out/System.map" "$kco_entry/System.map"
    # The program that writes the initramfs; it runs on the host.
    cp "$km_out/usr/gen_init_cpio" "$kco_entry/gen_init_cpio"
    echo "$kernel_version" >"$kco_entry/version"
    echo $(($(now) - km_start)) >"$kco_entry/seconds"
    wc -l <"$km_log" >"$cache/log/kernel-lines"
    mkdir -p "$cache/kernel"
    rm -rf -- "$kernel_entry"
    mv -T "$kco_entry" "$kernel_entry"
    rm -rf -- "$work/linux" "$km_out"
}
