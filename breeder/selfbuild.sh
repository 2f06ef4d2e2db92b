# shellcheck shell=sh
# Variables are shared with the other parts (breeder/breeder sources all of them).
# shellcheck disable=SC2034,SC2154
# breeder selfbuild: `breeder build` in a clean Debian of its own, in its own namespaces (for an
# ordinary user, in a user namespace, too). The host provides its kernel, its network and the
# project's sources, read-only; its packages have no part in the result, which has the same bytes as
# a build outside.

command_selfbuild() {
    check_options
    selfbuild_check_tools
    work_begin
    selfbuild_packages=$("$top/scripts/install-deps" --list build) ||
        die "selfbuild: scripts/install-deps does not say what a build needs"
    [ -z "$cross" ] || selfbuild_packages="$selfbuild_packages $("$top/scripts/install-deps" --list arm)"
    selfbuild_archive
    selfbuild_root=$work/root
    mkdir "$selfbuild_root"
    progress_run "selfbuild: unpacking a clean Debian" "$cache/log/selfbuild.log" 0 \
        selfbuild_unpack || die "selfbuild: cannot unpack $selfbuild_tar (log: $cache/log/selfbuild.log)"
    # The build inside has its own cache for the next one.
    mkdir -p "$cache/selfbuild/cache" "$out/guest"
    in_own_namespaces selfbuild_inside || die "selfbuild: the build inside failed, see above"
    say "$out/guest/$arch: bred in a clean Debian, $(human_seconds $(($(now) - build_start)))"
}

selfbuild_check_tools() {
    missing=
    need mmdebstrap mmdebstrap
    need util-linux unshare
    [ "$(id -u)" -eq 0 ] || need uidmap newuidmap
    missing_report test
}

# The clean Debian, as an archive in the cache, made once for each list of packages. apt's lists stay
# in it: the build inside learns from them where sources are.
selfbuild_archive() {
    selfbuild_tar=$cache/selfbuild/$(echo "with lists $(selfbuild_versions)" | hash_key).tar
    mkdir -p "$cache/selfbuild"
    make_once selfbuild "$selfbuild_tar" selfbuild_install
}

# The packages, and their versions on this host: a newer compiler makes other bytes.
selfbuild_versions() {
    # shellcheck disable=SC2086 # names
    dpkg-query -W $selfbuild_packages 2>/dev/null || true
    echo "$selfbuild_packages"
}

selfbuild_install() {
    si_mode=unshare
    [ "$(id -u)" -ne 0 ] || si_mode=root
    progress_run "selfbuild: installing a clean Debian" "$cache/log/selfbuild.log" 0 \
        program mmdebstrap --mode="$si_mode" --variant=apt --format=tar --skip=cleanup/apt/lists \
        --include="$(echo "$selfbuild_packages" | tr -s ' \n' ',')" \
        "$("$top/scripts/install-deps" --codename)" "$work/selfbuild.tar" ||
        die "selfbuild: mmdebstrap failed (log: $cache/log/selfbuild.log)"
    mv -f "$work/selfbuild.tar" "$selfbuild_tar"
}

selfbuild_unpack() {
    in_own_namespaces selfbuild_tar_in
}

# Runs a function of this file, with its shell variables, as root with mounts and processes of its
# own: the root of a user namespace where the caller is not root.
in_own_namespaces() {
    export top out arch jobs cache selfbuild_tar selfbuild_root
    set -- "$1" --mount --pid --fork --kill-child
    [ "$(id -u)" -eq 0 ] || set -- "$@" --map-root-user --map-auto
    ion_function=$1
    shift
    ${launch:-} unshare "$@" sh -euc ". \"\$top/breeder/selfbuild.sh\"; $ion_function"
}

selfbuild_tar_in() {
    tar -C "$selfbuild_root" --numeric-owner -xpf "$selfbuild_tar" --exclude='./dev/*'
}

selfbuild_bind() {
    mkdir -p "$selfbuild_root$2"
    mount --bind "$1" "$selfbuild_root$2"
}

selfbuild_inside() {
    mount --make-rprivate /
    # A mount of its own, so that the mounts below go with it.
    mount --bind "$selfbuild_root" "$selfbuild_root"
    mount -t proc proc "$selfbuild_root/proc"
    for si_node in null zero full random urandom; do
        : >"$selfbuild_root/dev/$si_node"
        mount --bind "/dev/$si_node" "$selfbuild_root/dev/$si_node"
    done
    selfbuild_bind "$top" /vmc
    mount -o remount,bind,ro "$selfbuild_root/vmc"
    selfbuild_bind "$cache/selfbuild/cache" /cache
    selfbuild_bind "$out" /out
    cp -L /etc/resolv.conf "$selfbuild_root/etc/resolv.conf" 2>/dev/null || true
    exec chroot "$selfbuild_root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        XDG_CACHE_HOME=/cache /vmc/breeder/breeder build --arch "$arch" --jobs "$jobs" --out /out
}
