# breeder selfbuild: the same image from a clean Debian as from this host, in another directory.
load ../../lib/common

# What the breeder has made once is in the cache, of the build inside, too: without it this compiles a
# kernel, so that once has to be enough.
# bats test_tags=root,native
@test "selfbuild: in a clean Debian, in another directory, the same bytes" {
    local name
    XDG_CACHE_HOME='' timeout 3000 "$VMC_SOURCE/breeder/breeder" selfbuild --arch "$VMC_TEST_ARCH" --out "$PWD/out" \
        >log 2>&1 3>&- || fail "$(tail -n 20 log)"
    for name in "$KERNEL" initramfs.cpio vmc-agent; do
        cmp "$GUEST_IMAGE/$name" "out/guest/$VMC_TEST_ARCH/$name" || fail "$name is another one"
    done
}
