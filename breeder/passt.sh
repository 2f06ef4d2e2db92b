# shellcheck shell=sh
# Variables are shared with the other parts (breeder/breeder sources all of them).
# shellcheck disable=SC2034,SC2154
# passt: the source of a newer Debian, and breeder/passt/*.patch -> the program of --net user.
# host/network/passt_program.h says what is wrong with a host's own.

# It stays there, and moves upwards.
readonly passt_suite=trixie-backports

command_passt() {
    check_options
    check_passt_tools
    missing_report build
    work_begin
    passt_build
    say "$out/passt: passt $passt_version, $(human_seconds $(($(now) - build_start)))"
}

check_passt_tools() {
    missing=
    need make make
    need gcc gcc
    need patch patch
    need xz-utils xz
    need util-linux flock
}

# Built beside a guest image, which is complete without it, too: a run says what it lacks.
passt_build_beside() {
    # A separate process: its failure is not this one's failure.
    "$top/breeder/breeder" passt --out "$out" ||
        say "no passt was built: --net user does with what this host has, see 'vmc info';" \
            "'breeder passt' tries again"
}

passt_since() {
    sed -n 's/^#define PASST_SINCE \([0-9]*\).*/\1/p' "$top/host/network/passt_program.h"
}

# The day in a version, as a number: "passt 0.0~git20260728.f8df3f1-1", "passt 2026_07_28.f8df3f1"; 0: none.
passt_day() {
    pd_day=$(printf '%s\n' "$1" | head -n 1 | grep -oE '20[0-9]{2}_?[0-9]{2}_?[0-9]{2}' | head -n 1 | tr -d _)
    echo "${pd_day:-0}"
}

passt_key() {
    {
        echo "source $passt_version"
        echo "compiler $(gcc --version | head -n 1)"
        script_code "$top/breeder/passt.sh"
        cat "$top"/breeder/passt/*.patch
    } | hash_key
}

# Makes $out/passt.
passt_build() {
    passt_source_fetch
    passt_entry=$cache/passt/$(passt_key)
    make_once "passt-${passt_entry##*/}" "$passt_entry/manifest.json" passt_make
    touch "$passt_entry"
    cache_prune passt
    mkdir -p "$out/passt" 2>/dev/null || die "--out $out: cannot create $out/passt"
    for pb_file in "$passt_entry"/*; do
        cmp -s "$pb_file" "$out/passt/${pb_file##*/}" && continue
        # Renamed into place: a running passt keeps its file.
        cp -p "$pb_file" "$out/passt/.new"
        mv -f "$out/passt/.new" "$out/passt/${pb_file##*/}"
    done
}

passt_make() {
    pm_log=$cache/log/passt-${passt_entry##*/}.log
    pm_tree=$work/passt
    pm_entry=$work/passt-entry
    mkdir -p "$pm_tree" "$pm_entry" "$cache/passt"
    tar -C "$pm_tree" --strip-components=1 -xf "$passt_src"/*.orig.tar.* ||
        die "passt: cannot unpack its source"
    # It would look for a second build of itself, for AVX2, and report that there is none.
    sed -i 's/^#ifdef __x86_64__$/#if 0/' "$pm_tree/arch.c"
    for pm_patch in "$top"/breeder/passt/*.patch; do
        # A newer version may have fixed it, in another way.
        if patch -s -N -p1 -d "$pm_tree" --dry-run <"$pm_patch" >/dev/null; then
            patch -s -p1 -d "$pm_tree" <"$pm_patch"
        else
            say "passt: ${pm_patch##*/} does not fit $passt_version, which is built without it"
        fi
    done
    progress_run "passt $passt_version" "$pm_log" 0 passt_run ||
        die "passt: build failed (log: $pm_log)"
    cp "$pm_tree/passt" "$pm_entry/passt"
    passt_manifest_write >"$pm_entry/manifest.json"
    rm -rf -- "$pm_tree" "$passt_entry"
    mv -T "$pm_entry" "$passt_entry"
}

passt_run() {
    ${launch:-} env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS LC_ALL=C SOURCE_DATE_EPOCH=0 make -C "$pm_tree" \
        VERSION="$passt_version" CFLAGS="-fstack-clash-protection -ffile-prefix-map=$pm_tree=." \
        LDFLAGS='-Wl,-z,relro,-z,now -s' passt </dev/null
}

passt_manifest_write() {
    cat <<EOF
{
  "passt": {
    "version": $(json_string "$passt_version"),
    "key": $(json_string "${passt_entry##*/}"),
    "compiler": $(json_string "$(gcc --version | head -n 1)"),
    "sha256": $(json_string "$(hash_file "$pm_entry/passt")")
  },
  "debian_sources": {
    "passt": $(json_string "$passt_version")
  }
}
EOF
}

# Leaves the source in the cache and sets passt_src (directory) and passt_version. Fetched once;
# `breeder clean` makes the next build look for a newer one.
passt_source_fetch() {
    passt_src=$cache/sources/passt-$passt_suite
    make_once passt-source "$passt_src/version" passt_source_download
    passt_version=$(cat "$passt_src/version")
}

passt_source_download() {
    say "passt: fetching its source from $passt_suite"
    psd_new=$work/passt-source
    mkdir -p "$psd_new" "$cache/sources"
    apt_private_setup "$work/apt" deb-src "$passt_suite"
    # Only the upstream part, which the archive's signed index vouches for: Debian adds its
    # packaging.
    fetch_with_apt "$psd_new" passt -q source --download-only --tar-only passt
    APT_CONFIG=$work/apt/apt.conf apt-cache showsrc --only-source passt |
        sed -n 's/^Version: //p' | head -n 1 >"$psd_new/version"
    [ "$(passt_day "$(cat "$psd_new/version")")" -ge "$(passt_since)" ] ||
        die "passt: $passt_suite has $(cat "$psd_new/version"), vmc needs one of $(passt_since) or later"
    rm -rf -- "$passt_src"
    mv -T "$psd_new" "$passt_src"
}
