# shellcheck shell=sh
# Variables are shared with the other parts (breeder/breeder sources all of them).
# shellcheck disable=SC2034,SC2154
# busybox: Debian's source + initramfs/busybox.config -> one static program.

busybox_key() {
    {
        echo "source $busybox_version"
        echo "arch $arch"
        echo "compiler $("${cross}gcc" --version | head -n 1)"
        echo "library $(libc_source)"
        grep CONFIG_ "$top/initramfs/busybox.config"
        script_code "$top/breeder/busybox.sh" "$top/guest-kernel/check-config"
    } | hash_key
}

# Leaves busybox in the cache and sets busybox_entry (directory).
busybox_build() {
    busybox_source_fetch
    busybox_entry=$cache/busybox/$(busybox_key)
    if [ -s "$busybox_entry/busybox" ]; then
        touch "$busybox_entry"
        return
    fi
    lock_take "busybox-${busybox_entry##*/}"
    [ -s "$busybox_entry/busybox" ] || busybox_make
    lock_drop
    cache_prune busybox
}

busybox_make() {
    bm_log=$cache/log/busybox-${busybox_entry##*/}.log
    bm_tree=$work/busybox
    bm_start=$(now)
    # apt verified the package when it was fetched.
    dpkg-source --no-check -x "$busybox_src"/*.dsc "$bm_tree" >"$bm_log" 2>&1 ||
        die "busybox: cannot unpack its source package (log: $bm_log)"
    busybox_configure
    progress_run "busybox $busybox_version for $arch" "$bm_log" 0 busybox_run -j"$jobs" busybox busybox.links ||
        die "busybox: build failed (log: $bm_log)"
    busybox_collect
}

busybox_run() {
    ${launch:-} env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS LC_ALL=C KCONFIG_NOTIMESTAMP=1 SOURCE_DATE_EPOCH=0 \
        make -C "$bm_tree" CROSS_COMPILE="$cross" \
        CFLAGS="-ffile-prefix-map=$bm_tree=." "$@" </dev/null
}

# busybox's old Kconfig does not have KCONFIG_ALLCONFIG: take a configuration that names every
# option, switch all of them off, then set ours.
busybox_configure() {
    bc_config=$bm_tree/.config
    busybox_run -s allyesconfig >>"$bm_log" 2>&1 || die "busybox: configuration failed (log: $bm_log)"
    sed 's/^\(CONFIG_[A-Za-z0-9_]*\)=y$/# \1 is not set/' "$bc_config" >"$work/busybox.none"
    awk '
        {
            name = $0
            sub(/^# /, "", name)
            sub(/[= ].*/, "", name)
        }
        name !~ /^CONFIG_/ { next }
        FNR == NR { wanted[name] = 1; print; next }
        !(name in wanted)
    ' "$top/initramfs/busybox.config" "$work/busybox.none" >"$bc_config"
    # End of input answers every question with its default.
    busybox_run oldconfig >>"$bm_log" 2>&1 || die "busybox: configuration failed (log: $bm_log)"
    "$top/guest-kernel/check-config" "$top/initramfs/busybox.config" "$bc_config" >&2 ||
        die "busybox $busybox_version: options above did not take"
}

busybox_collect() {
    bco_entry=$work/busybox-entry
    mkdir -p "$bco_entry" "$cache/busybox"
    cp "$bm_tree/busybox" "$bco_entry/busybox"
    cp "$bc_config" "$bco_entry/config"
    # Its applets, as the paths that would be linked to it.
    cp "$bm_tree/busybox.links" "$bco_entry/links"
    echo "$busybox_version" >"$bco_entry/version"
    echo $(($(now) - bm_start)) >"$bco_entry/seconds"
    rm -rf -- "$busybox_entry"
    mv -T "$bco_entry" "$busybox_entry"
    rm -rf -- "$bm_tree"
}
