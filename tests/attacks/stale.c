/* Fids of files that no longer exist or have become links. */
#include "attacks.h"

/* A directory of which DIRECTORY is the fid is replaced by a link. */
#define DIRECTORY MORE

static void use_directory(const char *title)
{
    say_named(title, "create", create_file(DIRECTORY, FID, "evil", RDWR));
    client_clunk(FID);
    say_named(title, "mkdir", make_directory(DIRECTORY, "evil"));
    say_named(title, "symlink", make_link(DIRECTORY, "evil", "/"));
    say_named(title, "mkfifo",
              client_call(T_MKNOD, "dsdddd", DIRECTORY, "evil", MODE_FIFO | 0666u, 0u, 0u, 0u));
    client_walk(ROOT, FID, "file");
    say_named(title, "link", client_call(T_LINK, "dds", DIRECTORY, FID, "evil"));
    client_clunk(FID);
    say_named(title, "rename-in", client_call(T_RENAMEAT, "dsds", ROOT, "file", DIRECTORY, "evil"));
    say_named(title, "rename-out",
              client_call(T_RENAMEAT, "dsds", DIRECTORY, "secret", ROOT, "stolen"));
    say_named(title, "unlink", unlink_at(DIRECTORY, "secret", 0));
    say_named(title, "rmdir", unlink_at(DIRECTORY, "inner", REMOVE_DIRECTORY));
    say_named(title, "walk", client_walk(DIRECTORY, FID, "secret"));
    client_clunk(FID);
    say_named(title, "chmod", set_attributes(DIRECTORY, SET_MODE, 0777, 0));
    say_named(title, "xattr", client_call(T_XATTRCREATE, "dsqd", DIRECTORY, "user.x", 1ull, 0u));
    say_named(title, "clunk", client_clunk(DIRECTORY));
    client_walk(ROOT, DIRECTORY, "stale");
    say_named(title, "open", client_call(T_LOPEN, "dd", DIRECTORY, 0200000u));
    client_clunk(DIRECTORY);
}

/* Opened first and then replaced by a link: the open fid is still the old directory. */
static void use_open_directory(const char *to)
{
    make_directory(ROOT, "stale");
    client_walk(ROOT, FID, "stale");
    say("stale-open", client_call(T_LOPEN, "dd", FID, RDONLY));
    say("stale-remove", unlink_at(ROOT, "stale", REMOVE_DIRECTORY));
    say("stale-link", make_link(ROOT, "stale", to));
    say("stale-readdir", client_call(T_READDIR, "dqd", FID, 0ull, 4096u));
    print("# %u bytes\n", (unsigned)reply_length);
    client_clunk(FID);
    unlink_at(ROOT, "stale", 0);
}

static void use_file(void)
{
    say("gone-create", create_file(ROOT, FID, "gone", RDWR));
    client_walk(ROOT, MORE, "gone");
    say("gone-unlink", unlink_at(ROOT, "gone", 0));
    say("gone-getattr", client_call(T_GETATTR, "dq", MORE, 0x7ffull));
    say("gone-truncate", set_attributes(MORE, SET_SIZE, 0, 0));
    say("gone-walk", client_walk(MORE, MORE + 1, ""));
    client_clunk(MORE + 1);
    say("gone-link", make_link(ROOT, "gone", target));
    say("replaced-open", client_call(T_LOPEN, "dd", MORE, RDWR | TRUNC));
    say("replaced-truncate", set_attributes(MORE, SET_SIZE, 0, 0));
    say("replaced-chmod", set_attributes(MORE, SET_MODE, 04777, 0));
    say("replaced-open-truncate", set_attributes(FID, SET_SIZE, 0, 0));
    say("replaced-write", client_call(T_WRITE, "dqdD", FID, 0ull, 4u, "evil", 4u));
    client_clunk(FID);
    client_clunk(MORE);
    say("gone-unlink-link", unlink_at(ROOT, "gone", 0));
}

void attack_stale_fids(void)
{
    static const char *const titles[] = {"replaced-target", "replaced-up", "replaced-root"};
    const char *const targets[] = {target, "../..", "/"};
    for (size_t i = 0; i < ARRAY_LEN(titles); i++) {
        say_named(titles[i], "make", make_directory(ROOT, "stale"));
        client_walk(ROOT, DIRECTORY, "stale");
        unlink_at(ROOT, "stale", REMOVE_DIRECTORY);
        make_link(ROOT, "stale", targets[i]);
        use_directory(titles[i]);
        unlink_at(ROOT, "stale", 0);
    }
    use_open_directory(target);
    use_file();
}
