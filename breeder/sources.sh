# shellcheck shell=sh
# Variables are shared with the other parts (breeder/breeder sources all of them).
# shellcheck disable=SC2034,SC2154
# Where the sources come from: Debian packages, through apt and its signatures.

readonly kernel_package=linux-source-6.12
readonly agent_packages=libjson-c-dev
readonly debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# --- the kernel ------------------------------------------------------------------

# Sets kernel_src and kernel_src_kind (tree or tarball) from --linux-src, or
# from the Debian package.
kernel_source_find() {
    kernel_src=$1
    if [ -z "$kernel_src" ]; then
        kernel_src=/usr/src/$kernel_package.tar.xz
        [ -r "$kernel_src" ] ||
            die "no kernel source: install $kernel_package (scripts/install-deps build) or pass --linux-src"
    fi
    if [ -d "$kernel_src" ]; then
        kernel_src=$(cd "$kernel_src" && pwd)
        kernel_src_kind=tree
        kernel_tree_check
    elif [ -f "$kernel_src" ] && [ -r "$kernel_src" ]; then
        kernel_src_kind=tarball
    else
        die "--linux-src $kernel_src: no such directory or readable file"
    fi
}

# A user's tree is only read; the kernel refuses to build from it when it holds the products of a
# build in place.
kernel_tree_check() {
    [ -f "$kernel_src/scripts/kconfig/conf.c" ] ||
        die "--linux-src $kernel_src: not a kernel source tree"
    if [ -e "$kernel_src/.config" ] || [ -d "$kernel_src/include/config" ]; then
        die "--linux-src $kernel_src: holds the products of a build in place; run 'make mrproper' there"
    fi
}

# What identifies the source: content for a tarball, name, size and time of
# every file for a tree (reading 80 000 files would be a wait in every build).
kernel_source_id() {
    if [ "$kernel_src_kind" = tarball ]; then
        hash_file_once "$kernel_src"
    else
        (cd "$kernel_src" && find . -name .git -prune -o -type f -printf '%p %s %T@\n') |
            LC_ALL=C sort | hash_key
    fi
}

# --- busybox ---------------------------------------------------------------------

# Leaves busybox's source package in the cache and sets busybox_src (directory)
# and busybox_version. Fetched once; `breeder clean` makes the next build look
# for a newer one.
busybox_source_fetch() {
    busybox_src=$cache/sources/busybox
    make_once busybox-source "$busybox_src/version" busybox_source_download
    busybox_version=$(cat "$busybox_src/version")
}

busybox_source_download() {
    say "busybox: fetching its source package"
    bsd_new=$work/busybox-source
    mkdir -p "$bsd_new"
    apt_private_setup "$work/apt" deb-src
    fetch_with_apt "$bsd_new" busybox -q source --download-only busybox
    sed -n 's/^Version: //p' "$bsd_new"/*.dsc | head -n 1 >"$bsd_new/version"
    [ -s "$bsd_new/version" ] || die "busybox: no version in its source package (log: $fwa_log)"
    mkdir -p "$cache/sources"
    rm -rf -- "$busybox_src"
    mv -T "$bsd_new" "$busybox_src"
}

# --- libraries of another architecture ----------------------------------------------

# What the agent is linked with, for a guest that is not of this machine's architecture: the
# package is unpacked in the cache, and the host's dpkg hears of no foreign architecture. Sets
# agent_sysroot; empty where the host's own libraries serve.
agent_libraries_fetch() {
    agent_sysroot=
    [ -n "$cross" ] || return 0
    agent_sysroot=$cache/sources/libraries-$arch
    make_once "libraries-$arch" "$agent_sysroot/usr" agent_libraries_download
}

agent_libraries_download() {
    say "agent: fetching $agent_packages for $ARCH_DEBIAN"
    ald_new=$work/libraries
    mkdir -p "$ald_new/packages" "$ald_new/root" "$cache/sources"
    apt_private_setup "$work/apt" "deb $ARCH_DEBIAN"
    for ald_package in $agent_packages; do
        fetch_with_apt "$ald_new/packages" "$ald_package" -q download "$ald_package:$ARCH_DEBIAN"
    done
    for ald_package in "$ald_new/packages"/*.deb; do
        dpkg-deb -x "$ald_package" "$ald_new/root" || die "agent: cannot unpack $ald_package"
    done
    rm -rf -- "$agent_sysroot"
    mv -T "$ald_new/root" "$agent_sysroot"
}

# --- corresponding source -----------------------------------------------------------

# Debian's source packages of the image, "NAME VERSION" a line, for its distributors. The kernel is
# missing if its source is not Debian's.
sources_debian() {
    if [ "$kernel_src" = "/usr/src/$kernel_package.tar.xz" ]; then
        source_of_package "$kernel_package"
    fi
    echo "busybox $busybox_version"
    libc_source
    if [ -z "$agent_sysroot" ]; then
        source_of_package "$agent_packages"
    else
        zcat "$agent_sysroot/usr/share/doc/$agent_packages/changelog.Debian.gz" |
            sed -n '1s/^\([^ ]*\) (\([^)]*\)).*/\1 \2/p'
    fi
}

source_of_package() {
    dpkg-query -W -f '${source:Package} ${source:Version}\n' "$1"
}

# A library for cross compilers is built from other packages' sources, which it names.
libc_source() {
    ls_package=$(arch_libc_package)
    if [ -z "$cross" ]; then
        source_of_package "$ls_package"
    else
        dpkg-query -W -f '${Built-Using}\n' "$ls_package" |
            sed -n 's/.*\(glibc\) (= \([^)]*\)).*/\1 \2/p'
    fi
}

# --- apt ------------------------------------------------------------------------------

# fetch_with_apt DIRECTORY NAME APT-GET'S ARGUMENTS...: the command there, with the breeder's apt.
fetch_with_apt() {
    fwa_log=$cache/log/fetch-$2.log
    fwa_directory=$1
    fwa_name=$2
    shift 2
    (cd "$fwa_directory" && APT_CONFIG=$work/apt/apt.conf apt-get "$@") >"$fwa_log" 2>&1 && return
    tail -n 10 "$fwa_log" >&2
    die "$fwa_name: apt could not fetch it (log: $fwa_log); is the Debian mirror reachable?"
}

# An apt of the breeder's own, in directory $1: works without root and leaves
# the host's alone. It asks the mirrors that the host itself uses for what $2
# says, "deb-src" or "deb ARCHITECTURE", and trusts Debian's archive keys only. With fresh lists.
# $3: a suite of those mirrors, instead of the host's own.
apt_private_setup() {
    mkdir -p "$1/state/lists/partial" "$1/cache/archives/partial"
    [ -r "$debian_keyring" ] ||
        die "no $debian_keyring: install debian-archive-keyring (scripts/install-deps build)"
    apt_source_lines "$2" "${3:-}" >"$1/sources.list"
    [ -s "$1/sources.list" ] ||
        die "apt has no Debian mirror configured (apt-get indextargets shows none)"
    cat >"$1/apt.conf" <<EOF
Dir::State "$1/state";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "$1/cache";
Dir::Etc::sourcelist "$1/sources.list";
Dir::Etc::sourceparts "/dev/null";
APT::Sandbox::User "";
APT::Architectures { "$(dpkg --print-architecture)"; "$ARCH_DEBIAN"; };
Acquire::Languages "none";
Acquire::Retries "3";
EOF
    # A list that could not be fetched may not be needed: fetch_with_apt will tell.
    APT_CONFIG=$1/apt.conf apt-get -q update >"$cache/log/apt-update.log" 2>&1 || true
}

# One line for each Debian suite the host's apt uses, or for suite $2 on its mirrors. Where the host
# has never fetched an index the origin is unknown, and the address must do.
apt_source_lines() {
    asl_options=signed-by=$debian_keyring
    [ "$1" = deb-src ] || asl_options="$asl_options arch=${1#deb }"
    # shellcheck disable=SC2016 # for apt to expand
    asl_format='$(REPO_URI) $(RELEASE) $(COMPONENT)'
    asl_found=$(apt-get indextargets --format "$asl_format" \
        'Created-By: Packages' 'Component: main' 'Origin: Debian')
    if [ -z "$asl_found" ]; then
        asl_found=$(apt-get indextargets --format "$asl_format" \
            'Created-By: Packages' 'Component: main' |
            grep -E '^[^ ]+/debian(-security)?/? ' || true)
    fi
    # Suites with a dash (security, updates) may be on mirrors that have only those.
    [ -z "$2" ] || asl_found=$(printf '%s\n' "$asl_found" | awk -v suite="$2" '$2 !~ /-/ { print $1, suite, $3 }')
    printf '%s\n' "$asl_found" | LC_ALL=C sort -u |
        sed -n "s|^..*|${1%% *} [$asl_options] &|p"
}
