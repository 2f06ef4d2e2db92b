/* Attacks on the server of virtio-fs: names, nodes and handles that lie, and every way to write. */
#include "fuse.h"

#define ROOT_NODE ((uint64_t)FUSE_ROOT_ID)

static void read_and_say(uint64_t node, uint64_t handle)
{
    const struct fuse_read_in read = {.fh = handle, .size = 100};
    char text[101];
    if (fuse_call(FUSE_READ, node, &read, sizeof(read), NULL) != 0 || fuse_reply_length > 100)
        return;
    memcpy(text, fuse_reply, fuse_reply_length);
    text[fuse_reply_length] = '\0';
    for (char *c = text; *c; c++)
        if (*c < ' ')
            *c = '.';
    print("# read: %s\n", text);
}

/* Looks it up, and reads it if it exists. */
static void reach(uint64_t parent, const char *operation, const char *name)
{
    uint64_t node, handle;
    int result = fuse_lookup(parent, name, &node);
    say_named(operation, name, result);
    if (result != 0)
        return;
    say_named("open", name, result = fuse_open(FUSE_OPEN, node, RDONLY, &handle));
    if (result == 0)
        read_and_say(node, handle);
    result = fuse_open(FUSE_OPENDIR, node, RDONLY, &handle);
    say_named("opendir", name, result);
}

static void attack_lookups_of_fuse(void)
{
    static const char *const names[] = {
        "file",     "dir",       "..",        ".",           "/",          "",
        "dir/file", "dir/../..", "../canary", "/etc/passwd", "dir/",       "./file",
        "link-up",  "link-root", "link-proc", "link-loop",   "link-share", "link-absolute",
        "fifo",     "socket",    "device",    "nothing",
    };
    static const char *const below[] = {"secret", "inner", "..", "canary", "etc", "file"};
    static const char *const links[] = {"link-absolute", "link-up", "link-root",
                                        "link-proc",     "..",      "."};
    static char longest[4200];
    uint64_t node;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        reach(ROOT_NODE, "lookup", names[i]);
    /* Its place differs from run to run. */
    say("lookup-target", fuse_lookup(ROOT_NODE, target, &node));
    memset(longest, 'x', sizeof(longest) - 1);
    say("lookup-long", fuse_lookup(ROOT_NODE, longest, &node));
    for (size_t i = 0; i < ARRAY_LEN(links); i++) {
        if (fuse_lookup(ROOT_NODE, links[i], &node) != 0)
            continue;
        for (size_t j = 0; j < ARRAY_LEN(below); j++)
            reach(node, links[i], below[j]);
    }
    if (fuse_lookup(ROOT_NODE, "dir", &node) == 0)
        for (size_t j = 0; j < ARRAY_LEN(below); j++)
            reach(node, "dir", below[j]);
    if (fuse_lookup(ROOT_NODE, "file", &node) == 0)
        reach(node, "file", "file");
}

/* It is not answered: the chain comes back. */
static void forget(uint64_t node, uint64_t count)
{
    const struct fuse_forget_in in = {.nlookup = count};
    fuse_call(FUSE_FORGET, node, &in, sizeof(in), NULL);
}

static void attack_nodes(void)
{
    static const uint64_t nodes[] = {0, 1000, 0x7fffffff, 0xffffffff, 1ull << 63, ~0ull};
    static const char *const names[] = {"0", "1000", "2^31-1", "2^32-1", "2^63", "2^64-1"};
    const struct fuse_getattr_in getattr = {0};
    uint64_t node, handle;
    for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
        say_named("node-lookup", names[i], fuse_lookup(nodes[i], "file", &node));
        say_named("node-getattr", names[i],
                  fuse_call(FUSE_GETATTR, nodes[i], &getattr, sizeof(getattr), NULL));
        say_named("node-open", names[i], fuse_open(FUSE_OPEN, nodes[i], RDONLY, &handle));
        say_named("node-opendir", names[i], fuse_open(FUSE_OPENDIR, nodes[i], RDONLY, &handle));
        say_named("node-readlink", names[i], fuse_call(FUSE_READLINK, nodes[i], NULL, 0, NULL));
    }
    if (fuse_lookup(ROOT_NODE, "swap", &node) != 0)
        return;
    forget(node, 1);
    say("forgotten-getattr", fuse_call(FUSE_GETATTR, node, &getattr, sizeof(getattr), NULL));
    say("forgotten-open", fuse_open(FUSE_OPENDIR, node, RDONLY, &handle));
    say("forgotten-lookup", fuse_lookup(node, "secret", &node));
}

static void attack_handles(void)
{
    static const uint64_t handles[] = {0, 1, 1000, 0xffffffff, ~0ull};
    static const char *const names[] = {"0", "1", "1000", "2^32-1", "2^64-1"};
    for (size_t i = 0; i < ARRAY_LEN(handles); i++) {
        const struct fuse_read_in read = {.fh = handles[i], .size = 100};
        const struct fuse_release_in release = {.fh = handles[i]};
        const struct fuse_flush_in flush = {.fh = handles[i]};
        const struct fuse_fsync_in fsync = {.fh = handles[i]};
        const struct fuse_lseek_in lseek = {.fh = handles[i]};
        say_named("read", names[i], fuse_call(FUSE_READ, 999, &read, sizeof(read), NULL));
        say_named("readdir", names[i], fuse_call(FUSE_READDIR, 999, &read, sizeof(read), NULL));
        say_named("readdirplus", names[i],
                  fuse_call(FUSE_READDIRPLUS, 999, &read, sizeof(read), NULL));
        say_named("flush", names[i], fuse_call(FUSE_FLUSH, 999, &flush, sizeof(flush), NULL));
        say_named("fsync", names[i], fuse_call(FUSE_FSYNC, 999, &fsync, sizeof(fsync), NULL));
        say_named("lseek", names[i], fuse_call(FUSE_LSEEK, 999, &lseek, sizeof(lseek), NULL));
        say_named("release", names[i],
                  fuse_call(FUSE_RELEASE, 999, &release, sizeof(release), NULL));
        say_named("releasedir", names[i],
                  fuse_call(FUSE_RELEASEDIR, 999, &release, sizeof(release), NULL));
    }
}

/* A name behind the first one. */
static int call_two(uint32_t opcode, const void *args, size_t size, const char *one,
                    const char *two)
{
    unsigned char bytes[256];
    size_t length = strlen(one) + 1;
    memcpy(bytes, args, size);
    memcpy(bytes + size, one, length);
    return fuse_call(opcode, ROOT_NODE, bytes, size + length, two);
}

static void write_open(uint64_t node)
{
    /*
     * Not CREAT, nor without EXCL below: the C library ends a server that opens with it and no
     * mode.
     */
    static const uint32_t flags[] = {WRONLY, RDWR, WRONLY | TRUNC, RDONLY | TRUNC};
    static const char *const names[] = {"wronly", "rdwr", "trunc", "rdonly-trunc"};
    uint64_t handle;
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        say_named("open-to-write", names[i], fuse_open(FUSE_OPEN, node, flags[i], &handle));
    if (fuse_open(FUSE_OPEN, node, RDONLY, &handle) != 0)
        return;
    const struct fuse_write_in write = {.fh = handle, .size = 4};
    const struct fuse_fallocate_in allocate = {.fh = handle, .length = 1 << 20};
    const struct fuse_copy_file_range_in copy = {
        .fh_in = handle, .nodeid_out = node, .fh_out = handle, .len = 4};
    say("write", fuse_call(FUSE_WRITE, node, &write, sizeof(write), "bad"));
    say("fallocate", fuse_call(FUSE_FALLOCATE, node, &allocate, sizeof(allocate), NULL));
    say("copy-file-range", fuse_call(FUSE_COPY_FILE_RANGE, node, &copy, sizeof(copy), NULL));
}

static void write_names(const char *name)
{
    const struct fuse_mknod_in file = {.mode = 0100644}, fifo = {.mode = MODE_FIFO | 0644},
                               disk = {.mode = MODE_BLOCK | 0644, .rdev = 8 << 8};
    const struct fuse_mkdir_in mkdir = {.mode = 0755};
    const struct fuse_create_in create = {.flags = CREAT | EXCL | RDWR, .mode = 0644};
    const struct fuse_rename_in rename = {.newdir = ROOT_NODE};
    const struct fuse_rename2_in exchange = {.newdir = ROOT_NODE, .flags = 2};
    const struct fuse_link_in link = {.oldnodeid = ROOT_NODE};
    say_named("mknod", name, fuse_call(FUSE_MKNOD, ROOT_NODE, &file, sizeof(file), name));
    say_named("mkfifo", name, fuse_call(FUSE_MKNOD, ROOT_NODE, &fifo, sizeof(fifo), name));
    say_named("mkdisk", name, fuse_call(FUSE_MKNOD, ROOT_NODE, &disk, sizeof(disk), name));
    say_named("mkdir", name, fuse_call(FUSE_MKDIR, ROOT_NODE, &mkdir, sizeof(mkdir), name));
    say_named("create", name, fuse_call(FUSE_CREATE, ROOT_NODE, &create, sizeof(create), name));
    say_named("unlink", name, fuse_call(FUSE_UNLINK, ROOT_NODE, NULL, 0, name));
    say_named("rmdir", name, fuse_call(FUSE_RMDIR, ROOT_NODE, NULL, 0, name));
    say_named("link", name, fuse_call(FUSE_LINK, ROOT_NODE, &link, sizeof(link), name));
    say_named("symlink", name, call_two(FUSE_SYMLINK, NULL, 0, name, "/"));
    say_named("rename-from", name,
              call_two(FUSE_RENAME, &rename, sizeof(rename), name, "elsewhere"));
    say_named("rename-to", name, call_two(FUSE_RENAME, &rename, sizeof(rename), "file", name));
    say_named("exchange", name, call_two(FUSE_RENAME2, &exchange, sizeof(exchange), "file", name));
}

static void attack_writes(void)
{
    static const char *const names[] = {"file",   "dir",     "new",           "..", ".",
                                        "../new", "dir/new", "link-absolute", ""};
    static const uint32_t valid[] = {FATTR_MODE, FATTR_UID, FATTR_SIZE, FATTR_MTIME};
    static const char *const attributes[] = {"mode", "uid", "size", "mtime"};
    const struct fuse_setxattr_in setxattr = {.size = 1};
    uint64_t node;
    if (fuse_lookup(ROOT_NODE, "file", &node) != 0)
        return;
    write_open(node);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        write_names(names[i]);
    for (size_t i = 0; i < ARRAY_LEN(valid); i++) {
        const struct fuse_setattr_in set = {.valid = valid[i], .mode = 04777};
        say_named("setattr", attributes[i], fuse_call(FUSE_SETATTR, node, &set, sizeof(set), NULL));
    }
    say("setxattr", fuse_call(FUSE_SETXATTR, node, &setxattr, sizeof(setxattr), "user.x\0y"));
    say("removexattr", fuse_call(FUSE_REMOVEXATTR, node, NULL, 0, "user.x"));
}

/*
 * Requests that contradict themselves. The server need not answer them, but must answer the next
 * one.
 */
static void attack_layout(void)
{
    static const uint32_t opcodes[] = {FUSE_LOOKUP,   FUSE_GETATTR, FUSE_OPEN,    FUSE_READ,
                                       FUSE_READDIR,  FUSE_RENAME,  FUSE_SYMLINK, FUSE_SETXATTR,
                                       FUSE_GETXATTR, FUSE_CREATE,  FUSE_LSEEK,   FUSE_BATCH_FORGET,
                                       FUSE_WRITE,    FUSE_IOCTL,   FUSE_POLL,    FUSE_SETUPMAPPING,
                                       FUSE_SYNCFS,   200,          0x7fffffff,   0xffffffff};
    static const unsigned char ones[64] = {[0 ... 63] = 0xff};
    uint64_t node;
    for (size_t i = 0; i < ARRAY_LEN(opcodes); i++) {
        print("# opcode %u\n", opcodes[i]);
        say("no-arguments", fuse_call(opcodes[i], ROOT_NODE, NULL, 0, NULL));
        say("part-of-arguments", fuse_call(opcodes[i], ROOT_NODE, ones, 3, NULL));
        say("all-ones", fuse_call(opcodes[i], ROOT_NODE, ones, sizeof(ones), NULL));
        say("after", fuse_lookup(ROOT_NODE, "file", &node));
    }
}

/* The length in a header, and the beginning and end of sessions. */
static void attack_session_of_fuse(void)
{
    static const uint32_t lengths[] = {0, 1, 39, 41, 4096, 0x7fffffff, 0xffffffff};
    const struct fuse_init_in init = {.major = 1, .minor = 0}, future = {.major = 1000};
    uint64_t node;
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        print("# length %u\n", lengths[i]);
        say("length", fuse_malformed(lengths[i], FUSE_LOOKUP, ROOT_NODE, "file", 5));
        say("after", fuse_lookup(ROOT_NODE, "file", &node));
    }
    say("init-again", fuse_call(FUSE_INIT, 0, &init, sizeof(init), NULL));
    say("after", fuse_lookup(ROOT_NODE, "file", &node));
    say("init-of-the-future", fuse_call(FUSE_INIT, 0, &future, sizeof(future), NULL));
    say("after", fuse_lookup(ROOT_NODE, "file", &node));
    say("cuse-init", fuse_call(CUSE_INIT, 0, &init, sizeof(init), NULL));
    say("after", fuse_lookup(ROOT_NODE, "file", &node));
    say("destroy", fuse_call(FUSE_DESTROY, 0, NULL, 0, NULL));
    say("after", fuse_lookup(ROOT_NODE, "file", &node));
    say("another-session", fuse_start() ? fuse_lookup(ROOT_NODE, "file", &node) : BROKEN);
}

/* virtiofsd checks its count with an assertion: this ends it, and the machine. */
static void attack_count(void)
{
    uint64_t node;
    if (fuse_lookup(ROOT_NODE, "file", &node) == 0)
        forget(node, ~0ull);
}

void attack_fuse(void)
{
    static void (*const attacks[])(void) = {
        attack_lookups_of_fuse, attack_nodes,           attack_handles, attack_writes,
        attack_layout,          attack_session_of_fuse, attack_count};
    for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
        attacks[i]();
        print_all();
    }
}
