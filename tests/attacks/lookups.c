/* Ways out of the share through existing names and links. */
#include "attacks.h"

#define QID_LENGTH 13u

/* True if FID is the root of the share. Clunks it. */
static const char *place(void)
{
    static unsigned char root[QID_LENGTH];
    if (client_call(T_GETATTR, "dq", ROOT, 0x7ffull) != 0)
        return "nowhere";
    memcpy(root, reply + 8, QID_LENGTH);
    bool same = client_call(T_GETATTR, "dq", FID, 0x7ffull) == 0 &&
                memcmp(reply + 8, root, QID_LENGTH) == 0;
    client_clunk(FID);
    return same ? "root" : "elsewhere";
}

static void walk_up(const char *name, const char *path)
{
    int result = client_walk(ROOT, FID, path);
    if (result != 0)
        say(name, result);
    else
        print("%s %s\n", name, place());
}

/* One name, whatever is in it. */
static void walk_name(const char *title, const void *name, uint32_t length)
{
    say(title, client_call(T_WALK, "ddwwD", ROOT, FID, 1u, length, name, (size_t)length));
    client_clunk(FID);
}

static void try_names(void)
{
    static char longest[5000];
    memset(longest, 'x', sizeof(longest));
    walk_name("walk-slash", "dir/file", 8);
    walk_name("walk-absolute", "/etc/passwd", 11);
    walk_name("walk-dotdot-slash", "../canary", 9);
    walk_name("walk-slash-only", "/", 1);
    walk_name("walk-empty", "", 0);
    walk_name("walk-zero-byte", "file\0/../../canary", 18);
    walk_name("walk-not-utf8", "\xff\xfe\xc0\xaf", 4);
    walk_name("walk-256", longest, 256);
    walk_name("walk-5000", longest, 5000);
    say("walk-17", client_walk(ROOT, FID, "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"));
    say("walk-65535-missing", client_malformed(T_WALK, "ddw", ROOT, FID, 65535u));
    say("walk-longer-than-message",
        client_malformed(T_WALK, "ddwwD", ROOT, FID, 1u, 65535u, "x", 1u));
    say("walk-from-unknown-fid", client_walk(77, FID, "file"));
    client_walk(ROOT, FID, "");
    say("walk-to-used-fid", client_walk(ROOT, FID, "dir/file"));
    client_clunk(FID);
}

static void try_links(void)
{
    static const char *const paths[] = {
        "link-absolute",
        "link-absolute/secret",
        "link-up",
        "link-up/secret",
        "link-root",
        "link-root/proc",
        "link-root/etc",
        "link-proc",
        "link-proc/1",
        "link-share",
        "link-share/file",
        "link-loop",
        "link-loop/x",
        "dir/link-up",
        "dir/link-up/secret",
    };
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        say_named("open", paths[i], open_and_read(paths[i], RDONLY));
        say_named("truncate", paths[i], open_and_read(paths[i], RDWR | TRUNC));
        say_named("directory", paths[i], open_and_read(paths[i], 0200000u));
    }
}

void attack_lookups(void)
{
    walk_up("walk-dotdot", "..");
    walk_up("walk-dotdot-16", "../../../../../../../../../../../../../../../..");
    walk_up("walk-down-up", "dir/../../..");
    walk_up("walk-dot", ".");
    walk_up("walk-link-up", "link-up/..");
    try_names();
    try_links();
}
