/* Special files, attributes, and links that lead elsewhere. */
#include "attacks.h"

static int make_node(const char *name, uint32_t mode, uint32_t major, uint32_t minor)
{
    return client_call(T_MKNOD, "dsdddd", ROOT, name, mode, major, minor, 0u);
}

void attack_special_files(void)
{
    /* This fifo has no reader: QEMU must not wait for one. */
    static const char *const special[] = {"fifo",      "socket",      "device",
                                          "made-fifo", "made-socket", "made-whiteout"};
    say("mknod-null", make_node("made-null", MODE_CHAR | 0666u, 1, 3));
    say("mknod-mem", make_node("made-mem", MODE_CHAR | 0666u, 1, 1));
    say("mknod-kvm", make_node("made-kvm", MODE_CHAR | 0666u, 10, 232));
    say("mknod-disk", make_node("made-disk", MODE_BLOCK | 0666u, 8, 0));
    /* The only device that can be made without privilege, mknod(2), but not opened. */
    make_node("made-whiteout", MODE_CHAR, 0, 0);
    say("mknod-garbage", make_node("made-garbage", 0xffffffffu, 0xffffffffu, 0xffffffffu));
    say("mknod-fifo", make_node("made-fifo", MODE_FIFO | 0666u, 0, 0));
    say("mknod-socket", make_node("made-socket", MODE_SOCKET | 0666u, 0, 0));
    for (size_t i = 0; i < ARRAY_LEN(special); i++) {
        say_named("read", special[i], open_and_read(special[i], RDONLY));
        say_named("write", special[i], open_and_read(special[i], WRONLY));
        say_named("both", special[i], open_and_read(special[i], RDWR));
    }
}

static void try_links(void)
{
    static const char *const targets[] = {NULL, "..", "/", "/proc/self/root", "/proc/self/fd/3"};
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        const char *to = targets[i] ? targets[i] : target;
        const char *name = targets[i] ? targets[i] : "TARGET";
        say_named("symlink-to", name, make_link(ROOT, "made-link", to));
        say_named("open-link-to", name, open_and_read("made-link", RDONLY));
        say_named("walk-link-to", name, open_and_read("made-link/secret", RDONLY));
        say_named("create-over-link-to", name, create_file(ROOT, FID, "made-link", RDWR | TRUNC));
        client_clunk(FID);
        say_named("mkdir-over-link-to", name, make_directory(ROOT, "made-link"));
        say_named("remove-link-to", name, unlink_at(ROOT, "made-link", 0));
    }
    static char longest[4200];
    memset(longest, 'x', sizeof(longest) - 1);
    say("symlink-to-4199", make_link(ROOT, "made-long", longest));
    say("symlink-to-nothing", make_link(ROOT, "made-empty", ""));
}

/* Writes one, with the error of whatever step fails: the value is set when the fid is clunked. */
static int write_xattr(const char *path, const char *name, uint64_t size, const char *value)
{
    client_walk(ROOT, FID, path);
    int result = client_call(T_XATTRCREATE, "dsqd", FID, name, size, 0u);
    if (result == 0 && value)
        result =
            client_call(T_WRITE, "dqdD", FID, 0ull, (uint32_t)strlen(value), value, strlen(value));
    int clunked = client_clunk(FID);
    return result ? result : clunked;
}

static void try_xattrs(void)
{
    static const char *const names[] = {
        "security.capability",
        "security.selinux",
        "trusted.overlay.opaque",
        "user.virtfs.uid",
        "user.overlay.redirect",
        "system.posix_acl_access",
        "system.nfs4_acl",
        "garbage",
        "",
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *name = names[i][0] ? names[i] : "(empty)";
        int result = write_xattr("file", names[i], 4, "evil");
        /* A file system may support access control lists or not. */
        say_named("xattr", name, result == EINVAL ? EOPNOTSUPP : result);
        say_named("xattr-of-link", name, write_xattr("link-absolute", names[i], 4, "evil"));
    }
    say("xattr-size-65536", write_xattr("file", "user.big", 65536, NULL));
    say("xattr-size-65537", write_xattr("file", "user.big", 65537, NULL));
    say("xattr-size-2^63", write_xattr("file", "user.big", 1ull << 63, NULL));
    say("xattr-size-2^64-1", write_xattr("file", "user.big", ~0ull, NULL));
    say("xattr-more-than-said", write_xattr("file", "user.short", 2, "evil"));
    client_walk(ROOT, FID, "file");
    client_call(T_XATTRCREATE, "dsqd", FID, "user.x", 8ull, 0u);
    say("xattr-write-at-2^63", client_call(T_WRITE, "dqdD", FID, 1ull << 63, 4u, "evil", 4u));
    say("xattr-write-at-2^64-1", client_call(T_WRITE, "dqdD", FID, ~0ull, 4u, "evil", 4u));
    say("xattr-read-one-written", client_call(T_READ, "dqd", FID, 0ull, 4096u));
    client_clunk(FID);
    client_walk(ROOT, FID, "file");
    say("xattr-list", client_call(T_XATTRWALK, "dds", FID, MORE, ""));
    say("xattr-list-read-at-2^64-1", client_call(T_READ, "dqd", MORE, ~0ull, 4096u));
    say("xattr-list-read-at-2^63", client_malformed(T_READ, "dqd", MORE, 1ull << 63, 0xffffffffu));
}

void attack_attributes(void)
{
    static const char *const links[] = {"link-absolute", "link-root", "link-proc", "link-share"};
    for (size_t i = 0; i < ARRAY_LEN(links); i++) {
        client_walk(ROOT, FID, links[i]);
        say_named("chmod", links[i], set_attributes(FID, SET_MODE, 04777, 0));
        say_named("truncate-attribute", links[i], set_attributes(FID, SET_SIZE, 0, 0));
        say_named("chown-itself", links[i], set_attributes(FID, SET_UID | SET_GID, 0, 0));
        say_named("touch-itself", links[i], set_attributes(FID, SET_TIME, 0, 0));
        client_clunk(FID);
    }
    client_walk(ROOT, FID, "file");
    say("chmod-garbage", set_attributes(FID, SET_MODE, 0xffffffffu, 0));
    say("truncate-2^63", set_attributes(FID, SET_SIZE, 0, 1ull << 63));
    say("setattr-garbage", set_attributes(FID, 0xfffffe00u, 0, 0));
    say("chown-unmapped", client_call(T_SETATTR, "dddddqqqqq", FID, SET_UID | SET_GID, 0u, 70000u,
                                      70000u, 0ull, 0ull, 0ull, 0ull, 0ull));
    client_clunk(FID);
    try_links();
    try_xattrs();
}
