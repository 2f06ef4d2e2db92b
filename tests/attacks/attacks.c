/*
 * A guest that is only an attacker: a kernel that talks 9P2000.L to QEMU's server, or FUSE to
 * virtiofsd, without a client in between that would keep to the rules. Start it with
 *
 *     vmc run --kernel vmc-attacker --append target=DIRECTORY --console FILE -r TREE -- true
 *
 * With "ring=NUMBER" before the target and virtiofs it is one lie in the ring, fuse_ring.c. It
 * expects in TREE what tests/integration/isolation/attacks.bats puts there. vmc itself reports a
 * machine that has ended without an exit record: 125.
 */
#include "attacks.h"

#include "fuse.h"

struct start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, command_line;
};

const char *target = "/";

void attack(const struct start_info *info);

static const char *error_name(int number)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {0, "ok"},
        {1, "EPERM"},
        {2, "ENOENT"},
        {5, "EIO"},
        {6, "ENXIO"},
        {7, "E2BIG"},
        {9, "EBADF"},
        {11, "EAGAIN"},
        {13, "EACCES"},
        {16, "EBUSY"},
        {17, "EEXIST"},
        {18, "EXDEV"},
        {20, "ENOTDIR"},
        {21, "EISDIR"},
        {22, "EINVAL"},
        {24, "EMFILE"},
        {27, "EFBIG"},
        {28, "ENOSPC"},
        {30, "EROFS"},
        {34, "ERANGE"},
        {36, "ENAMETOOLONG"},
        {38, "ENOSYS"},
        {39, "ENOTEMPTY"},
        {40, "ELOOP"},
        {61, "ENODATA"},
        {71, "EPROTO"},
        {75, "EOVERFLOW"},
        {90, "EMSGSIZE"},
        {95, "EOPNOTSUPP"},
        {105, "ENOBUFS"},
        {NO_ANSWER, "no-answer"},
        {OTHER_ANSWER, "other-answer"},
        {BROKEN, "broken-for-good"},
        {PART_WAY, "part-way"},
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (names[i].number == number)
            return names[i].name;
    return NULL;
}

void say_named(const char *operation, const char *name, int result)
{
    const char *error = error_name(result);
    const char *gap = name[0] ? " " : "";
    if (error)
        print("%s%s%s %s\n", operation, gap, name, error);
    else
        print("%s%s%s error-%u\n", operation, gap, name, (unsigned)result);
}

void say(const char *name, int result)
{
    say_named(name, "", result);
}

int set_attributes(uint32_t fid, uint32_t valid, uint32_t mode, uint64_t size)
{
    return client_call(T_SETATTR, "dddddqqqqq", fid, valid, mode, 0u, 0u, size, 0ull, 0ull, 0ull,
                       0ull);
}

int create_file(uint32_t dir, uint32_t fid, const char *name, uint32_t flags)
{
    int result = client_walk(dir, fid, "");
    if (result == 0)
        result = client_call(T_LCREATE, "dsddd", fid, name, flags | CREAT, 0644u, 0u);
    if (result != 0)
        client_clunk(fid);
    return result;
}

int make_directory(uint32_t dir, const char *name)
{
    return client_call(T_MKDIR, "dsdd", dir, name, 0755u, 0u);
}

int make_link(uint32_t dir, const char *name, const char *to)
{
    return client_call(T_SYMLINK, "dssd", dir, name, to, 0u);
}

int unlink_at(uint32_t dir, const char *name, uint32_t flags)
{
    return client_call(T_UNLINKAT, "dsd", dir, name, flags);
}

/* Data that an attack has obtained: the test looks for its secret in it. */
static void print_contents(uint32_t fid)
{
    char text[128];
    if (client_call(T_READ, "dqd", fid, 0ull, (uint32_t)sizeof(text) - 1) != 0 || reply_length < 4)
        return;
    size_t length = reply_length - 4 < sizeof(text) - 1 ? reply_length - 4 : sizeof(text) - 1;
    memcpy(text, reply + 4, length);
    text[length] = '\0';
    for (size_t i = 0; i < length; i++)
        if (text[i] < ' ')
            text[i] = '.';
    print("# read: %s\n", text);
}

int open_and_read(const char *path, uint32_t flags)
{
    int result = client_walk(ROOT, FID, path);
    if (result != 0)
        return result;
    result = client_call(T_LOPEN, "dd", FID, flags);
    if (result == 0)
        print_contents(FID);
    client_clunk(FID);
    return result;
}

/* The rest of the argument with this beginning; NULL: there is none. */
static const char *find_word(char *line, const char *key)
{
    size_t length = strlen(key);
    for (; *line; line++) {
        if (memcmp(line, key, length) != 0)
            continue;
        char *value = line + length;
        for (line = value; *line && *line != ' '; line++)
            ;
        *line = '\0';
        return value;
    }
    return NULL;
}

void attack(const struct start_info *info)
{
    static void (*const attacks[])(void) = {
        attack_lookups, attack_names,        attack_special_files, attack_attributes,
        attack_session, attack_old_protocol, attack_stale_fids,    attack_races,
        attack_swapped, attack_resources,    attack_ring,          attack_fatally,
    };
    const char *where = find_word((char *)(uint32_t)info->command_line, "target=");
    const char *ring = find_word((char *)(uint32_t)info->command_line, "ring=");
    target = where ? where : target;
    if (fuse_start()) {
        if (ring)
            attack_fuse_ring(ring[0]);
        else
            attack_fuse();
    }
    for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
        if (!client_start())
            break;
        print_all();
        attacks[i]();
    }
    print("done\n");
    print_all();
}
