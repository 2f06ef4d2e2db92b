# shellcheck shell=sh
# Variables are shared with the other parts (breeder/breeder sources all of them).
# shellcheck disable=SC2034,SC2154
# Puts the parts together: agent, kernel, initramfs.cpio, manifest.json.

# The project's own Makefile builds the agent.
agent_build() {
    agent_libraries_fetch
    agent=$out/guest/$arch/vmc-agent
    if ! env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS \
        make -s --no-print-directory -C "$top" -j"$jobs" agent BUILD="$out" GUEST_ARCH="$arch" \
        GUEST_CROSS="$cross" GUEST_LIBRARIES="$agent_sysroot" >&2; then
        die "agent: 'make agent GUEST_ARCH=$arch' failed, see above"
    fi
    [ -s "$agent" ] || die "agent: 'make agent' left no $agent"
}

image_build() {
    image_dir=$out/guest/$arch
    mkdir -p "$image_dir" 2>/dev/null || die "--out $out: cannot create $image_dir"
    image_dir=$(cd "$image_dir" && pwd)
    initramfs_write "$work/initramfs.cpio"
    manifest_write >"$work/manifest.json"
    image_install "$kernel_entry/vmlinux" "$ARCH_FILE"
    image_install "$kernel_entry/config" kernel.config
    image_install "$work/initramfs.cpio" initramfs.cpio
    image_install "$work/manifest.json" manifest.json
    if [ -f "$kernel_entry/vmlinux.debug" ]; then
        image_install "$kernel_entry/vmlinux.debug" vmlinux.debug
    else
        rm -f "$image_dir/vmlinux.debug"
    fi
}

# Renamed into place, and only when it differs: a running vmc never sees half a
# file, and make sees no change where there is none.
image_install() {
    if ! cmp -s "$1" "$image_dir/$2"; then
        cp "$1" "$image_dir/.$2.$$"
        mv -f "$image_dir/.$2.$$" "$image_dir/$2"
    fi
}

# Uncompressed: unpacking costs the guest more time than the host needs to read
# it. All times are 0, owners are root, order is the list's: reproducible.
initramfs_write() {
    iw_list=$work/initramfs.list
    {
        sed -e "s|@AGENT@|$agent|" -e "s|@BUSYBOX@|$busybox_entry/busybox|" \
            -e "s|@HERE@|$top/initramfs|" "$top/initramfs/files"
        sed -n 's|^/.*/\([^/]*\)$|slink /bin/\1 busybox 0777 0 0|p' "$busybox_entry/links"
    } >"$iw_list"
    "$kernel_entry/gen_init_cpio" -t 0 "$iw_list" >"$1" 2>"$work/cpio.log" ||
        die "initramfs: $(tail -n 1 "$work/cpio.log")"
}

config_count() {
    grep -c "=$1\$" "$kernel_entry/config" || true
}

# One file of the image as a member of the manifest.
manifest_file() {
    printf '    %s: {"bytes": %s, "sha256": %s}' \
        "$(json_string "$1")" "$(file_size "$2")" "$(json_string "$(hash_file "$2")")"
}

manifest_files() {
    echo '  "files": {'
    echo "$(manifest_file "$ARCH_FILE" "$1"),"
    echo "$(manifest_file initramfs.cpio "$work/initramfs.cpio"),"
    manifest_file vmc-agent "$agent"
    printf '\n  }\n'
}

manifest_fragments() {
    printf '%s' "$kernel_fragments" | while read -r mf_file; do
        printf '%s%s' "${mf_comma:-}" "$(json_string "${mf_file##*/}")"
        mf_comma=', '
    done
}

manifest_sources() {
    sources_debian | while read -r ms_name ms_version; do
        printf '%s\n    %s: %s' "${ms_comma:-}" "$(json_string "$ms_name")" "$(json_string "$ms_version")"
        ms_comma=,
    done
}

# The parts of the image. No times of day: the same inputs give the same file.
manifest_write() {
    cat <<EOF
{
  "arch": $(json_string "$arch"),
  "compiler": $(json_string "$("${cross}gcc" --version | head -n 1)"),
  "kernel": {
    "version": $(json_string "$(cat "$kernel_entry/version")"),
    "source_id": $(json_string "$kernel_id"),
    "key": $(json_string "${kernel_entry##*/}"),
    "fragments": [$(manifest_fragments)],
    "options_builtin": $(config_count y),
    "options_module": $(config_count m),
    "build_seconds": $(cat "$kernel_entry/seconds")
  },
  "busybox": {
    "version": $(json_string "$(cat "$busybox_entry/version")"),
    "key": $(json_string "${busybox_entry##*/}"),
    "build_seconds": $(cat "$busybox_entry/seconds")
  },
  "debian_sources": {$(manifest_sources)
  },
$(manifest_files "$kernel_entry/vmlinux")
}
EOF
}
