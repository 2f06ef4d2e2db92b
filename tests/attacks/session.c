/* Messages that do not fit the session: sizes, fids, tags, offsets, and an older protocol. */
#include "attacks.h"

static void try_versions(void)
{
    static const uint32_t sizes[] = {0, 1, 7, 4095, 4096, 0x7fffffff, 0xffffffff};
    static const char *const texts[] = {"0", "1", "7", "4095", "4096", "2^31-1", "2^32-1"};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        say_named("version-size", texts[i], client_version(sizes[i], "9P2000.L"));
        client_start();
    }
    say("version-unknown", client_version(8192, "9P2000.evil"));
    print("# says: %u bytes\n", (unsigned)reply_length);
    say("walk-after-unknown-version", client_walk(ROOT, FID, "file"));
    client_start();
}

static void try_attaching(void)
{
    static const char *const names[] = {"/", "..", "../..", "/etc"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        say_named("attach", names[i],
                  client_call(T_ATTACH, "ddssd", MORE, NO_FID, "root", names[i], 0u));
        /* Wherever it is, only the share's root is above it. */
        say_named("attached", names[i], client_walk(MORE, FID, "dir/file"));
        client_clunk(FID);
        client_clunk(MORE);
    }
    say("attach-again", client_call(T_ATTACH, "ddssd", ROOT, NO_FID, "root", "", 0u));
    say("auth", client_call(T_AUTH, "dssd", MORE, "root", "", 0u));
}

static void try_fids(void)
{
    say("clunk-unknown", client_clunk(77));
    say("clunk-no-fid", client_clunk(NO_FID));
    client_walk(ROOT, FID, "file");
    client_clunk(FID);
    say("clunk-twice", client_clunk(FID));
    say("getattr-clunked", client_call(T_GETATTR, "dq", FID, 0x7ffull));
    client_walk(ROOT, FID, "file");
    say("read-not-open", client_call(T_READ, "dqd", FID, 0ull, 100u));
    say("write-not-open", client_call(T_WRITE, "dqdD", FID, 0ull, 4u, "evil", 4u));
    say("fsync-not-open", client_call(T_FSYNC, "dd", FID, 0u));
    say("readdir-not-open", client_call(T_READDIR, "dqd", FID, 0ull, 100u));
    say("readlink-of-file", client_call(T_READLINK, "d", FID));
    say("open", client_call(T_LOPEN, "dd", FID, RDONLY));
    say("open-twice", client_call(T_LOPEN, "dd", FID, RDONLY));
    client_clunk(FID);
}

/* FID is a file, MORE a directory, both open. */
static void open_both(void)
{
    client_walk(ROOT, FID, "file");
    client_call(T_LOPEN, "dd", FID, RDONLY);
    client_walk(ROOT, MORE, "dir");
    client_call(T_LOPEN, "dd", MORE, RDONLY);
}

static void try_offsets(void)
{
    static const uint64_t offsets[] = {1ull << 31, 1ull << 62, 1ull << 63, ~0ull};
    static const char *const texts[] = {"2^31", "2^62", "2^63", "2^64-1"};
    open_both();
    for (size_t i = 0; i < ARRAY_LEN(offsets); i++) {
        say_named("read-at", texts[i], client_call(T_READ, "dqd", FID, offsets[i], 4096u));
        say_named("readdir-at", texts[i], client_call(T_READDIR, "dqd", MORE, offsets[i], 4096u));
        say_named("read-directory-at", texts[i],
                  client_call(T_READ, "dqd", MORE, offsets[i], 4096u));
    }
    say("readdir-0", client_call(T_READDIR, "dqd", MORE, 0ull, 0u));
    say("readdir-7", client_call(T_READDIR, "dqd", MORE, 0ull, 7u));
    say("readdir-of-file", client_call(T_READDIR, "dqd", FID, 0ull, 100u));
    say("write-to-read-only", client_call(T_WRITE, "dqdD", FID, 0ull, 4u, "evil", 4u));
    say("lock-garbage",
        client_call(T_LOCK, "dbdqqds", FID, 0xffu, 0xffffffffu, ~0ull, ~0ull, 0xffffffffu, "evil"));
    say("getlock-garbage",
        client_call(T_GETLOCK, "dbqqds", FID, 0xffu, ~0ull, ~0ull, 0xffffffffu, "evil"));
}

/* More than fits. */
static void try_counts(void)
{
    static const uint32_t counts[] = {20000, 0x7fffffff, 0x80000000, 0xffffffff};
    static const char *const texts[] = {"20000", "2^31-1", "2^31", "2^32-1"};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        open_both();
        say_named("read-count", texts[i], client_malformed(T_READ, "dqd", FID, 0ull, counts[i]));
        open_both();
        say_named("read-directory-count", texts[i],
                  client_malformed(T_READ, "dqd", MORE, 0ull, counts[i]));
        open_both();
        say_named("readdir-count", texts[i],
                  client_malformed(T_READDIR, "dqd", MORE, 0ull, counts[i]));
        client_walk(ROOT, FID, "file");
        client_call(T_LOPEN, "dd", FID, RDWR);
        say_named("write-count", texts[i],
                  client_malformed(T_WRITE, "dqdD", FID, 0ull, counts[i], "evil", 4u));
    }
}

static void try_tags(void)
{
    static const unsigned types[] = {0, 6, 7, 9, 101, 106, 107, 111, 127, 128, 255};
    int results[2];
    say("flush-unknown", client_call(T_FLUSH, "w", 4711u));
    say("flush-itself", client_call(T_FLUSH, "w", 0u));
    /* The same tag twice at once: both are answered, and nothing breaks. */
    client_put(0, T_STATFS, "d", ROOT);
    client_put(1, T_FLUSH, "w", 0u);
    client_send(2, results);
    say("flush-running", results[1]);
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        print("type-%u", types[i]);
        say("", client_malformed((enum message_type)types[i], "dd", ROOT, ROOT));
    }
    say("no-arguments", client_malformed(T_GETATTR, ""));
    say("half-an-argument", client_malformed(T_GETATTR, "w", 1u));
    say("too-many-arguments", client_call(T_STATFS, "dqqqq", ROOT, ~0ull, ~0ull, ~0ull, ~0ull));
}

void attack_session(void)
{
    try_versions();
    try_attaching();
    try_fids();
    try_offsets();
    try_counts();
    try_tags();
}

/* 9P2000.u: Tcreate makes every kind of file, and Twstat renames. */
#define U_SYMLINK 0x02000000u
#define U_LINK 0x01000000u
#define U_DEVICE 0x00800000u
#define U_FIFO 0x00200000u
#define U_SOCKET 0x00100000u
#define U_DIRECTORY 0x80000000u

static int create_u(const char *name, uint32_t permissions, const char *extension)
{
    client_walk(ROOT, FID, "");
    int result = client_call(T_CREATE, "dsdbs", FID, name, permissions, 2u, extension);
    client_clunk(FID);
    return result;
}

/* Twstat of path: sets only the fields that are not all ones. */
static int change_u(const char *path, uint32_t mode, uint64_t length, const char *name)
{
    int result = client_walk(ROOT, FID, path);
    if (result == 0)
        /* fid, size of what follows twice; type, dev, qid, mode, atime, mtime, length; names */
        result = client_call(T_WSTAT, "dwwwdbdqdddqsssssddd", FID, 0u, 0u, 0xffffu, 0xffffffffu,
                             0xffu, 0xffffffffu, ~0ull, mode, 0xffffffffu, 0xffffffffu, length,
                             name, "", "", "", "", 0xffffffffu, 0xffffffffu, 0xffffffffu);
    client_clunk(FID);
    return result;
}

static void start_u(void)
{
    say("version-u", client_version(8192, "9P2000.u"));
    say("attach-u", client_call(T_ATTACH, "ddssd", ROOT, NO_FID, "root", "/", 0u));
}

void attack_old_protocol(void)
{
    static const char *const names[] = {"..", ".", "", "../new", "/new", "dir/new", "../../../new"};
    start_u();
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *name = names[i][0] ? names[i] : "(empty)";
        say_named("create-u", name, create_u(names[i], 0644, ""));
        say_named("mkdir-u", name, create_u(names[i], U_DIRECTORY | 0755u, ""));
        say_named("symlink-u", name, create_u(names[i], U_SYMLINK, target));
    }
    say("rename-u ..", change_u("file", 0xffffffffu, ~0ull, ".."));
    say("rename-u .", change_u("file", 0xffffffffu, ~0ull, "."));
    say("rename-deep-u ..", change_u("dir/file", 0xffffffffu, ~0ull, ".."));
    say("device-u", create_u("made-u-device", U_DEVICE | 0666u, "c 1 3"));
    /* The error is the previous value of errno. */
    create_u("made-u-garbage", U_DEVICE | 0666u, "evil");
    say("device-u-garbage made", client_walk(ROOT, FID, "made-u-garbage"));
    say("fifo-u", create_u("made-u-fifo", U_FIFO | 0666u, ""));
    say("socket-u", create_u("made-u-socket", U_SOCKET | 0666u, ""));
    say("link-u-unknown", create_u("made-u-link", U_LINK, "77"));
    say("link-u-garbage", create_u("made-u-link", U_LINK, "../canary"));
    say("chmod-u", change_u("link-absolute", 0777, ~0ull, ""));
    say("truncate-u", change_u("link-absolute", 0xffffffffu, 0, ""));
    client_walk(ROOT, FID, "link-absolute");
    say("open-u", client_call(T_OPEN, "db", FID, 2u));
    client_clunk(FID);
}

/* QEMU checks this name for slashes with an assertion: this ends the guest. */
void attack_fatally(void)
{
    start_u();
    print_all();
    say("rename-u ../new", change_u("file", 0xffffffffu, ~0ull, "../new"));
}
