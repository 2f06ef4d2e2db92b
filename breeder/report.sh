# shellcheck shell=sh
# Variables are shared with the other parts (breeder/breeder sources all of them).
# shellcheck disable=SC2034,SC2154
# breeder report: the bred image against Debian's stock kernel configuration.

command_report() {
    check_options
    report_dir=$out/guest/$arch
    for cr_file in "$ARCH_FILE" initramfs.cpio kernel.config manifest.json; do
        [ -s "$report_dir/$cr_file" ] ||
            die "report: no $report_dir/$cr_file; run 'breeder build' first"
    done
    [ -n "$ARCH_STOCK" ] || die "report: Debian has no stock configuration of $arch"
    report_stock=/usr/src/linux-config-${kernel_package##*-}/$ARCH_STOCK.xz
    [ -r "$report_stock" ] ||
        die "report: no $report_stock, Debian's configuration of this architecture; install linux-config-${kernel_package##*-} (scripts/install-deps build)"
    report_options
    report_sizes
    report_times
}

# report_row NAME COMMAND...: counts of =y and =m in a configuration.
report_row() {
    rr_name=$1
    shift
    "$@" | awk -v name="$rr_name" '
        /^CONFIG_.*=y$/ { y++ }
        /^CONFIG_.*=m$/ { m++ }
        END { printf "%-44s %9d %9d\n", name, y, m }'
}

report_options() {
    printf '%-44s %9s %9s\n' 'kernel options' 'built in' 'modules'
    report_row "Debian $ARCH_STOCK" xz -dc "$report_stock"
    report_row "vmc $arch" cat "$report_dir/kernel.config"
}

report_sizes() {
    printf '\n%-44s %9s %9s\n' 'image, bytes' raw xz
    rs_total=0
    rs_packed=0
    for rs_file in "$ARCH_FILE" initramfs.cpio; do
        rs_raw=$(file_size "$report_dir/$rs_file")
        rs_xz=$(xz "$ARCH_XZ" --lzma2=preset=9e,lc=4 -c "$report_dir/$rs_file" | wc -c)
        printf '%-44s %9d %9d\n' "$rs_file" "$rs_raw" "$rs_xz"
        rs_total=$((rs_total + rs_raw))
        rs_packed=$((rs_packed + rs_xz))
    done
    printf '%-44s %9d %9d\n' 'together (goal: at most 3500000 as xz)' "$rs_total" "$rs_packed"
}

report_times() {
    printf '\n'
    awk -F'[:,]' '
        /"kernel": \{/ { part = "kernel" }
        /"busybox": \{/ { part = "busybox" }
        /"version"/ { version = $0; sub(/.*: "/, "", version); sub(/".*/, "", version) }
        /"build_seconds"/ { printf "%-44s %7d s\n", "built " part " " version " in", $2 }
    ' "$report_dir/manifest.json"
}
