# What is built, installed: by make below some directory, as Debian packages in a Debian that has
# seen nothing of it. The commands are those of README.md, from the blocks that follow a line
# <!-- install: NAME -->.
load ../../lib/common
load ../../lib/examples

setup() {
    vmc_setup
    BUILT=$(dirname "$VMC")
    stage=$PWD/stage
    unset VMC_GUEST_DIR MAKEFLAGS MAKELEVEL MFLAGS ARCH GUEST_ARCH
}

# Runs a command with its output in a file, which is shown if it fails.
logged() {
    if ! timeout -k 5 300 "$@" >output.log 2>&1 </dev/null 3>&-; then
        fail "$(tail -n 30 output.log)"
    fi
}

# as_written NAME VARIABLE=VALUE...: runs such a block, make's further variables added to its calls.
as_written() {
    document_block "$VMC_SOURCE/README.md" "install: $1" >commands
    [ -s commands ] || fail "README.md has no block '$1'"
    cat - commands >script <<'SH'
set -eu
sudo() { "$@"; }
make() { command make -C "$VMC_SOURCE" BUILD="$BUILT" "${variables[@]}" "$@"; }
SH
    shift
    BUILT=$BUILT logged bash -c 'variables=("$@"); . ./script' variables "$@"
}

# --- make install ----------------------------------------------------------------------------

@test "make install: what is installed runs a container, with the images beside it" {
    as_written make DESTDIR="$stage"
    run --separate-stderr "$stage/usr/local/bin/vmc" run -r "$SMALL" -- sh -c 'echo hi; exit 7' 3>&-
    assert_status 7
    assert_output hi
    "$stage/usr/local/bin/vmc" info --json >report 3>&- || true
    jq -e --arg name "guest-image-$VMC_TEST_ARCH" --arg at "$stage/usr/local/bin/../lib/vmc/guest/" \
        '.checks[] | select(.name == $name) | .verdict == "ok" and (.detail | startswith($at))' report ||
        fail "$(cat report)"
    cmp "$BUILT/guest/$VMC_TEST_ARCH/manifest.json" "$stage/usr/local/lib/vmc/guest/$VMC_TEST_ARCH/manifest.json"
}

@test "make install: manual, completion and documentation" {
    local share=$stage/opt/vmc/share file
    as_written make DESTDIR="$stage" PREFIX=/opt/vmc
    grep -q '^\.TH "vmc" "1" ' "$share/man/man1/vmc.1"
    grep -q 'fB--require-jail' "$share/man/man1/vmc.1"
    assert_equal "$(bash -c '. "$1" && complete -p vmc' - "$share/bash-completion/completions/vmc")" \
        'complete -F _vmc vmc'
    for file in README.md LICENSE docs/network.md; do
        cmp "$VMC_SOURCE/$file" "$share/doc/vmc/${file##*/}"
    done
}

@test "make install: the examples do what they say" {
    local examples=$stage/usr/local/share/doc/vmc/examples
    as_written make DESTDIR="$stage"
    PATH=$stage/usr/local/bin:$PATH
    export ROOTFS=$SMALL
    printf 'pear\napple\n' >in
    run --separate-stderr "$examples/filter" sort <in 3>&-
    assert_status 0
    assert_output $'apple\npear'
    run --separate-stderr "$examples/filter" sh -c 'id -un; ls /sys/class/net; exit 3' <in 3>&-
    assert_status 3
    assert_output $'nobody\nlo'

    mkdir source
    echo 'echo built >result; touch /elsewhere; ls' >source/script
    cd source || return
    run --separate-stderr "$examples/build" sh ./script 3>&-
    assert_status 0
    assert_output $'result\nscript'
    assert_equal "$(cat result)" built

    echo 'rm -rf /usr/share; test -e /usr/share || echo gone; id -u; exit 4' >harm
    run --separate-stderr "$examples/throw-away" harm 3>&-
    assert_status 4
    assert_output $'gone\n0'
    [ -e "$SMALL/usr/share" ]
    [ ! -e "$SMALL/elsewhere" ]
    for example in "$examples"/*; do
        case ${example##*/} in filter | build | throw-away) ;; *) fail "nobody tests $example" ;; esac
    done
}

@test "make install: again changes nothing, and make uninstall removes what it has installed" {
    local images=$stage/usr/local/lib/vmc/guest/$VMC_TEST_ARCH
    mkdir -p "$stage"/usr/local/{bin,lib,share/{bash-completion/completions,doc,man/man1}}
    echo mine | tee "$stage/usr/local/bin/other" "$stage/usr/local/share/man/man1/other.1" >/dev/null
    (cd "$stage" && find . | sort) >before
    as_written make DESTDIR="$stage"
    tree_checksum "$stage" >installed
    as_written make DESTDIR="$stage"
    tree_checksum "$stage" | cmp installed -
    [ -s "$images/initramfs.cpio" ]
    as_written unmake DESTDIR="$stage"
    (cd "$stage" && find . | sort) | diff before -
    assert_equal "$(cat "$stage/usr/local/bin/other")" mine

    # What is not vmc's stays, with the directories that hold it.
    as_written make DESTDIR="$stage"
    echo mine >"$images/notes"
    as_written unmake DESTDIR="$stage"
    assert_equal "$(cd "$stage" && find . -type f | sort)" "$(printf '%s\n' ./usr/local/bin/other \
        "./usr/local/lib/vmc/guest/$VMC_TEST_ARCH/notes" ./usr/local/share/man/man1/other.1)"
}

@test "make install: directories of one's own, or the reason why not" {
    as_written make DESTDIR="$stage" prefix=/opt bindir=/opt/vmc/bin libdir=/opt/vmc/lib \
        mandir=/opt/man docdir=/opt/papers bashcompletiondir=/opt/completions
    "$stage/opt/vmc/bin/vmc" run -r "$SMALL" -- true 3>&-
    [ -s "$stage/opt/man/man1/vmc.1" ]
    [ -s "$stage/opt/papers/README.md" ]
    assert_equal "$(ls "$stage/opt/completions")" vmc
    as_written unmake DESTDIR="$stage" bindir=/opt/vmc/bin libdir=/opt/vmc/lib \
        mandir=/opt/man docdir=/opt/papers bashcompletiondir=/opt/completions
    assert_equal "$(find "$stage" -type f)" ''

    rm -r "$stage"
    run make -C "$VMC_SOURCE" install BUILD="$BUILT" DESTDIR="$stage" libdir=/usr/local/lib/elsewhere 3>&-
    [ "$status" != 0 ]
    assert_match "$output" "installation: libdir '/usr/local/lib/elsewhere': has to be lib beside"
    [ ! -e "$stage" ]
}

# --- Debian packages -------------------------------------------------------------------------

# The packages, made once for all tests of this file; as README.md says.
make_debs() {
    debs=$BATS_FILE_TMPDIR/debs
    [ ! -d "$debs" ] || return 0
    as_written deb-make
    mkdir "$debs.new"
    cp "$BUILT"/deb/*.deb "$BUILT"/deb/*.changes "$BUILT"/deb/*.buildinfo "$debs.new"
    mv "$debs.new" "$debs"
}

debian_name() {
    (. "$VMC_SOURCE/breeder/arch.sh" && arch_load "$1" && echo "$ARCH_PACKAGE")
}

field() {
    dpkg-deb -f "$debs"/"$1"_*.deb "$2"
}

# bats test_tags=root,core:none
@test "make deb: the packages, their relations, what is in them" {
    local image guest tree=$PWD/tree
    make_debs
    for image in "$BUILT"/guest/*/manifest.json; do
        image=${image%/manifest.json}
        echo "vmc-guest-$(debian_name "${image##*/}")"
    done | cat - <(echo vmc) | sort >want
    (cd "$debs" && printf '%s\n' *.deb) | sed 's/_.*//' | sort | diff want -

    guest=vmc-guest-$(debian_name "$VMC_TEST_ARCH")
    assert_equal "$(field vmc Architecture)" "$(dpkg --print-architecture)"
    assert_match "$(field vmc Depends)" 'qemu-system-.*libc6 .*libjson-c5 .*libseccomp2 '
    assert_match "$(field vmc Recommends)" "vmc-guest-$(dpkg --print-architecture) .*passt, uidmap"
    assert_equal "$(field "$guest" Architecture)" all
    assert_match "$(field "$guest" Built-Using)" 'busybox \(= .*glibc \(= .*linux.* \(= '

    # The image is what the manifest says it is, and where its source is, is said.
    dpkg-deb -x "$debs/$guest"_*.deb "$tree"
    jq -r '.files | to_entries[] | "\(.value.sha256)  \(.key)"' \
        "$tree/usr/lib/vmc/guest/$VMC_TEST_ARCH/manifest.json" >sums
    [ "$(wc -l <sums)" = 3 ]
    (cd "$tree/usr/lib/vmc/guest/$VMC_TEST_ARCH" && sha256sum -c) <sums
    jq -r '.debian_sources | to_entries[] | "\(.key) (= \(.value))"' \
        "$BUILT/guest/$VMC_TEST_ARCH/manifest.json" >sources
    [ "$(wc -l <sources)" = 4 ]
    while read -r source; do
        grep -qF "  $source" "$tree/usr/share/doc/$guest/copyright" || fail "no $source"
    done <sources
    zcat -f "$tree/usr/share/doc/$guest/source"/kernel.config* | cmp - "$BUILT/guest/$VMC_TEST_ARCH/kernel.config"
    [ -s "$tree/usr/share/doc/$guest/source/busybox.config" ]
}

@test "make deb: an image whose kernel's source is nowhere is not passed on" {
    mkdir -p "other/guest/$VMC_TEST_ARCH"
    jq 'del(.debian_sources[] | select(startswith("6.")))' "$BUILT/guest/$VMC_TEST_ARCH/manifest.json" \
        >"other/guest/$VMC_TEST_ARCH/manifest.json"
    run --separate-stderr env BUILD="$PWD/other" VERSION=1 SOURCE_DATE_EPOCH=1 DEBFULLNAME=a DEBEMAIL=a@b \
        "$VMC_SOURCE/scripts/deb" 3>&-
    assert_status 125
    assert_match "$stderr" "^deb: guest/$VMC_TEST_ARCH: its manifest does not name a Debian package with the kernel's source"
    assert_equal "$(find other -name '*.deb')" ''
}

# bats test_tags=root,core:none
@test "make deb: lintian finds nothing" {
    make_debs
    run lintian --allow-root --fail-on error,warning "$debs"/*.changes 3>&-
    assert_status 0
    assert_output ''
}

# bats test_tags=root,core:none
@test "make deb: compiled elsewhere, by somebody else, the packages are the same" {
    local name
    make_debs
    mkdir elsewhere
    for name in Makefile LICENSE README.md breeder common docs guest-agent guest-kernel host initramfs scripts; do
        cp -r "$VMC_SOURCE/$name" elsewhere/
    done
    mkdir -p elsewhere/output/guest
    cp -r "$BUILT/guest/$VMC_TEST_ARCH" elsewhere/output/guest/
    [ ! -d "$BUILT/passt" ] || cp -r "$BUILT/passt" elsewhere/output/
    umask 077
    export TZ=Asia/Tokyo LC_ALL=C.UTF-8
    for name in SOURCE_DATE_EPOCH:%ct DEBFULLNAME:%an DEBEMAIL:%ae; do
        export "${name%%:*}=$(git -C "$VMC_SOURCE" log -1 --format="${name#*:}")"
    done
    logged make -C elsewhere -j2 BUILD=output deb
    [ -s elsewhere/output/obj/host/main.o ]
    (cd elsewhere/output/deb && printf '%s\n' *.deb) >made
    [ "$(wc -l <made)" = 2 ]
    while read -r name; do
        cmp "$debs/$name" "elsewhere/output/deb/$name"
    done <made
}

# --- clean Debians -----------------------------------------------------------------------------

# debian_setup TREE: a Debian that has seen nothing of vmc, with a root file system for guests in
# /mnt/small.
debian_setup() {
    mkdir -p mnt/build/deb debian
    copy_tree "$SMALL" mnt/small
    ENTER=(timeout -k 5 "${ENTER_DEADLINE:-240}" "$VMC_TEST_LIB/enter" "$VMC_TREES/$1" "$PWD/debian" "$PWD/mnt")
}

# debian COMMAND...: in there, as root. What it leaves in /run and /tmp ends with it.
debian() {
    "${ENTER[@]}" "$@" 3>&- </dev/null
}

# Debian's package of the QEMU that the suite's guests need, if they are not of this machine's
# architecture: for those it is a dependency of vmc's.
foreign_qemu() {
    # shellcheck source=breeder/arch.sh
    . "$VMC_SOURCE/breeder/arch.sh"
    arch_load "$VMC_TEST_ARCH"
    [ "$ARCH_DEBIAN" = "$(dpkg --print-architecture)" ] || echo "$ARCH_QEMU"
}

# Runs a block of README.md in there.
debian_as_written() {
    document_block "$VMC_SOURCE/README.md" "install: $1" >mnt/commands
    [ -s mnt/commands ] || fail "README.md has no block '$1'"
    logged "${ENTER[@]}" bash -c 'set -eu; sudo() { "$@"; }; cd /mnt; . ./commands'
}

# Everything but what apt, dpkg and man keep about what they have done.
debian_files() {
    debian find / -xdev \( -path '/var/lib/dpkg' -o -path '/var/lib/apt' -o -path '/var/log' -o \
        -path '/var/cache' \) -prune -o ! -name '*-' -print | sort
}

# The packages in $debs, in a clean Debian of that tree: installed, used, removed.
check_packages_in() {
    local recommended foreign
    debian_setup "$1"
    cp "$debs"/*.deb mnt/build/deb/
    # apt is to ask nothing, and to install what vmc recommends but not what others do.
    read -ra recommended < <(field vmc Recommends | sed 's/vmc-guest-[^,]*,//; s/,//g')
    mapfile -t foreign < <(foreign_qemu)
    printf 'APT::Get::Assume-Yes "true";\nAPT::Install-Recommends "false";\nAPT::AutoRemove::RecommendsImportant "false";\n' >mnt/apt.conf
    logged "${ENTER[@]}" sh -euc 'cp /mnt/apt.conf /etc/apt/apt.conf.d/suite
        apt install "$@"
        useradd --create-home somebody' sh "${recommended[@]}" "${foreign[@]}"
    run debian sh -c 'command -v vmc || echo none'
    assert_output none
    debian_files >before
    grep -qx /usr/bin/apt before || fail "no list of files"

    debian_as_written deb-install
    run --separate-stderr debian sh -c 'command -v vmc; man -w vmc
        bash -c ". /usr/share/bash-completion/bash_completion; _completion_loader vmc; complete -p vmc"'
    assert_status 0
    assert_output $'/usr/bin/vmc\n/usr/share/man/man1/vmc.1.gz\ncomplete -F _vmc vmc'
    # Twice: the second is a copy of the first one's machine.
    run --separate-stderr debian sh -c 'for run in first second; do
        XDG_CACHE_HOME=/tmp vmc run --require-jail -r /mnt/small -- \
            sh -c "echo hi from \$(uname -n); exit 7" || echo "$?"; done'
    assert_status 0
    assert_match "$output" $'^hi from [a-z0-9]+\n7\nhi from [a-z0-9]+\n7$'
    run --separate-stderr debian setpriv --reuid somebody --regid somebody --init-groups --reset-env \
        env XDG_CACHE_HOME=/tmp/cache vmc run -r /mnt/small -- sh -c 'chown 1234 /root; id -u; exit 9'
    assert_status 9
    assert_output 0

    # Without its images, it names their package.
    logged "${ENTER[@]}" mv /usr/lib/vmc/guest /usr/lib/vmc/away
    run --separate-stderr debian vmc run -r /mnt/small -- true
    assert_status 125
    assert_match "$stderr" "^vmc: no guest image for .* yet; install the package vmc-guest-$(debian_name "$VMC_TEST_ARCH"), or "
    logged "${ENTER[@]}" mv /usr/lib/vmc/away /usr/lib/vmc/guest

    debian_as_written deb-remove
    # apt keeps what a package that was there before recommends or suggests, as trixie's libc6 does libidn2.
    logged "${ENTER[@]}" apt -y --purge autoremove -o APT::AutoRemove::RecommendsImportant=false \
        -o APT::AutoRemove::SuggestsImportant=false
    debian_files | diff before - || fail "this is left"
    run debian dpkg-query -W 'vmc*'
    assert_status 1
    assert_output 'dpkg-query: no packages found matching vmc*'
}

# bats test_tags=root,core:none
@test "the packages in a clean Debian: installed, used, removed" {
    make_debs
    check_packages_in clean
}

# The sources as they are, and the image that is bred here: what a kernel takes minutes for.
newcomer_checkout() {
    local name
    mkdir -p mnt/vmc/build/guest mnt/cache
    for name in Makefile LICENSE README.md breeder common docs guest-agent guest-kernel host initramfs scripts tests; do
        cp -r "$VMC_SOURCE/$name" mnt/vmc/
    done
    cp -r "$BUILT/guest/$VMC_TEST_ARCH" mnt/vmc/build/guest/
    rm -f "mnt/vmc/build/guest/$VMC_TEST_ARCH/distro"*/*
}

# bats test_tags=root,native,core:none
@test "the other release of Debian: README's first commands, packages made there, installed, used, removed" {
    local release
    [ -e "$VMC_SOURCE/host" ] || fail "no sources"
    for release in $("$VMC_SOURCE/scripts/install-deps" --releases | grep -vx "$("$VMC_SOURCE/scripts/install-deps" --codename)"); do
        mkdir "newcomer-$release" "clean-$release"
        cd "newcomer-$release" || return
        newcomer_checkout
        # What is fetched there is kept for the next time.
        export VMC_ENTER_CACHE=$VMC_TREES/cache-$release
        ENTER_DEADLINE=900 debian_setup "newcomer-$release"
        document_block "$VMC_SOURCE/README.md" "install: try" >mnt/commands
        run debian env KERNEL=distro bash -c 'set -eu; cd /mnt/vmc; . /mnt/commands'
        assert_status 7
        assert_match "$output" $'hello from Debian .*\nexit status 7\n.*hi from [0-9.]+'
        logged "${ENTER[@]}" env SOURCE_DATE_EPOCH=1 DEBFULLNAME=Somebody DEBEMAIL=somebody@example.org make -C /mnt/vmc deb
        unset VMC_ENTER_CACHE
        debs=$PWD/mnt/vmc/build/deb
        cd "../clean-$release" || return
        check_packages_in "clean-$release"
        cd ..
    done
}
