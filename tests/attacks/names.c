/* Names that lead elsewhere, in every message that takes a name. */
#include "attacks.h"

static const char *const names[] = {"..",      ".",    "",       "/",
                                    "dir/new", "/new", "../new", "../../../../../../../../tmp/new"};

static int try_create(const char *name)
{
    int result = create_file(ROOT, FID, name, RDWR);
    if (result == 0)
        client_clunk(FID);
    return result;
}

static int try_directory(const char *name)
{
    return make_directory(ROOT, name);
}

static int try_fifo(const char *name)
{
    return client_call(T_MKNOD, "dsdddd", ROOT, name, MODE_FIFO | 0666u, 0u, 0u, 0u);
}

static int try_symlink(const char *name)
{
    return make_link(ROOT, name, "file");
}

static int try_link(const char *name)
{
    client_walk(ROOT, FID, "file");
    int result = client_call(T_LINK, "dds", ROOT, FID, name);
    client_clunk(FID);
    return result;
}

static int try_rename(const char *name)
{
    client_walk(ROOT, FID, "file");
    int result = client_call(T_RENAME, "dds", FID, ROOT, name);
    client_clunk(FID);
    return result;
}

static int try_rename_to(const char *name)
{
    return client_call(T_RENAMEAT, "dsds", ROOT, "file", ROOT, name);
}

static int try_rename_from(const char *name)
{
    return client_call(T_RENAMEAT, "dsds", ROOT, name, ROOT, "taken");
}

static int try_unlink(const char *name)
{
    return unlink_at(ROOT, name, 0);
}

static int try_remove_directory(const char *name)
{
    return unlink_at(ROOT, name, REMOVE_DIRECTORY);
}

/* The root of the share has no parent, and cannot be moved either. */
static void try_root(void)
{
    say("rename-root", client_call(T_RENAME, "dds", ROOT, ROOT, "moved"));
    say("link-root-directory", client_call(T_LINK, "dds", ROOT, ROOT, "hard"));
    client_walk(ROOT, FID, "");
    say("remove-root", client_call(T_REMOVE, "d", FID));
    say("unlink-flags", unlink_at(ROOT, "file", 0xffffffffu));
    client_walk(ROOT, FID, "dir");
    say("rename-into-itself", client_call(T_RENAMEAT, "dsds", ROOT, "dir", FID, "inner"));
    client_clunk(FID);
    client_walk(ROOT, FID, "file");
    say("rename-below-file", client_call(T_RENAMEAT, "dsds", ROOT, "dir", FID, "inner"));
    say("create-below-file", client_call(T_MKDIR, "dsdd", FID, "inner", 0755u, 0u));
    client_clunk(FID);
}

void attack_names(void)
{
    static const struct {
        const char *name;
        int (*attempt)(const char *name);
    } operations[] = {
        {"create", try_create},       {"mkdir", try_directory},
        {"mkfifo", try_fifo},         {"symlink", try_symlink},
        {"link", try_link},           {"rename", try_rename},
        {"rename-to", try_rename_to}, {"rename-from", try_rename_from},
        {"unlink", try_unlink},       {"rmdir", try_remove_directory},
    };
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        for (size_t j = 0; j < ARRAY_LEN(names); j++)
            say_named(operations[i].name, names[j][0] ? names[j] : "(empty)",
                      operations[i].attempt(names[j]));
    try_root();
}
