#include "guest-agent/container/user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"

/* The longest line of passwd or group: a group of tens of thousands of members. */
#define LINE_MAX_BYTES (1u << 20)
/* The largest file that is read at all. */
#define FILE_MAX_BYTES (64u << 20)

/* (uid_t)-1 means "no change" to the system calls, so it is no id. */
static bool parse_id(const char *text, unsigned *ret_id)
{
    uint64_t id = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        id = id * 10 + (uint64_t)(*text - '0');
        if (id >= UINT32_MAX)
            return false;
    }
    *ret_id = (unsigned)id;
    return true;
}

/*
 * "+name" and "-name" lines switch NIS on and off (nsswitch.conf(5), "compat"). The C library
 * hands them out as users of id 0 without a home: they are nobody's entry here.
 */
static bool is_nis_switch(const char *name)
{
    return name[0] == '+' || name[0] == '-';
}

/*
 * Looks for a name, or for an id when by_id is not NULL; the first match wins, as in getpwnam(3).
 * 1 found (pointers into buffer), 0 not, -1 an error.
 */
static int find_user(FILE *file, const char *name, const uid_t *by_id, char *buffer,
                     struct passwd *ret_entry, struct error *err)
{
    struct passwd *found = NULL;
    if (!file)
        return 0;
    rewind(file);
    int problem;
    while ((problem = fgetpwent_r(file, ret_entry, buffer, LINE_MAX_BYTES, &found)) == 0 && found)
        if (!is_nis_switch(ret_entry->pw_name) &&
            (by_id ? ret_entry->pw_uid == *by_id : strcmp(ret_entry->pw_name, name) == 0))
            return 1;
    if (problem == ERANGE)
        return error_set(err, "/etc/passwd has a line longer than %u bytes", LINE_MAX_BYTES);
    return 0;
}

static int find_group(FILE *file, const char *name, char *buffer, struct group *ret_entry,
                      struct error *err)
{
    struct group *found = NULL;
    if (!file)
        return 0;
    rewind(file);
    int problem;
    while ((problem = fgetgrent_r(file, ret_entry, buffer, LINE_MAX_BYTES, &found)) == 0 && found)
        if (!is_nis_switch(ret_entry->gr_name) && strcmp(ret_entry->gr_name, name) == 0)
            return 1;
    if (problem == ERANGE)
        return error_set(err, "/etc/group has a line longer than %u bytes", LINE_MAX_BYTES);
    return 0;
}

static bool is_member(const struct group *entry, const char *name)
{
    for (char **member = entry->gr_mem; *member; member++)
        if (strcmp(*member, name) == 0)
            return true;
    return false;
}

static int add_supplementary(FILE *file, const char *name, char *buffer, struct user *user,
                             struct error *err)
{
    struct group entry, *found = NULL;
    if (!file)
        return 0;
    rewind(file);
    int problem;
    while ((problem = fgetgrent_r(file, &entry, buffer, LINE_MAX_BYTES, &found)) == 0 && found) {
        if (is_nis_switch(entry.gr_name) || entry.gr_gid == user->gid || !is_member(&entry, name))
            continue;
        if (user->group_count == USER_GROUPS_MAX)
            return error_set(err, "user '%s' is in more than %d groups", name, USER_GROUPS_MAX);
        user->groups[user->group_count++] = entry.gr_gid;
    }
    if (problem == ERANGE)
        return error_set(err, "/etc/group has a line longer than %u bytes", LINE_MAX_BYTES);
    return 0;
}

static int resolve_group(const char *text, FILE *file, char *buffer, gid_t *ret_gid,
                         struct error *err)
{
    struct group entry;
    int found = find_group(file, text, buffer, &entry, err);
    if (found < 0)
        return -1;
    if (found)
        *ret_gid = entry.gr_gid;
    else if (!parse_id(text, ret_gid))
        return error_set(err, "no group '%s' in the container's /etc/group", text);
    return 0;
}

/* *ret_name: the name in passwd, owned, or NULL for a number that is not there. */
static int resolve_user(const char *text, FILE *file, char *buffer, struct user *user,
                        char **ret_name, struct error *err)
{
    struct passwd entry;
    uid_t uid = 0;
    int found = find_user(file, text, NULL, buffer, &entry, err);
    bool number = parse_id(text, &uid);
    if (found == 0 && number)
        found = find_user(file, NULL, &uid, buffer, &entry, err);
    if (found < 0)
        return -1;
    if (!found && !number)
        return error_set(err, "no user '%s' in the container's /etc/passwd", text);
    user->uid = found ? entry.pw_uid : uid;
    user->gid = found ? entry.pw_gid : 0;
    user->home = xstrdup(found && entry.pw_dir[0] ? entry.pw_dir : "/");
    *ret_name = found ? xstrdup(entry.pw_name) : NULL;
    return 0;
}

int user_resolve(const char *spec, FILE *passwd, FILE *group, struct user *ret_user,
                 struct error *err)
{
    AUTO_FREE char *name = xstrdup(spec);
    AUTO_FREE char *buffer = xcalloc(LINE_MAX_BYTES, 1);
    AUTO_FREE char *known_name = NULL;
    struct user user = {0};
    char *group_name = strchr(name, ':');
    if (group_name)
        *group_name++ = '\0';
    if (!name[0] || (group_name && !group_name[0]))
        return error_set(err, "user '%s' is not NAME or NAME:GROUP", spec);
    if (resolve_user(name, passwd, buffer, &user, &known_name, err) < 0)
        return -1;
    int result = 0;
    if (group_name)
        result = resolve_group(group_name, group, buffer, &user.gid, err);
    else if (known_name)
        result = add_supplementary(group, known_name, buffer, &user, err);
    if (result < 0)
        user_free(&user);
    else
        *ret_user = user;
    return result;
}

/*
 * Opens a file of the container's: whatever it is, this does not hang (a fifo) or read for ever.
 * *ret_file is NULL when there is none.
 */
static int open_regular(const char *path, FILE **ret_file, struct error *err)
{
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    *ret_file = NULL;
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : error_errno(err, "cannot open %s", path);
    struct stat st;
    if (fstat(fd, &st) < 0)
        return error_errno(err, "cannot look at %s", path);
    if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX_BYTES)
        return error_set(err, "%s is not a regular file of at most %u bytes", path, FILE_MAX_BYTES);
    *ret_file = fdopen(fd, "r");
    if (!*ret_file)
        return error_errno(err, "cannot read %s", path);
    fd = -1;
    return 0;
}

static int add_groups(const struct strings *extra, FILE *group, struct user *user,
                      struct error *err)
{
    AUTO_FREE char *buffer = xcalloc(LINE_MAX_BYTES, 1);
    for (size_t i = 0; i < extra->count; i++) {
        if (user->group_count == USER_GROUPS_MAX)
            return error_set(err, "more than %d supplementary groups", USER_GROUPS_MAX);
        if (resolve_group(extra->items[i], group, buffer, &user->groups[user->group_count], err) <
            0)
            return -1;
        user->group_count++;
    }
    return 0;
}

int user_lookup(const char *spec, const struct strings *extra, struct user *ret_user,
                struct error *err)
{
    FILE *passwd = NULL, *group = NULL;
    int result = -1;
    if (open_regular("/etc/passwd", &passwd, err) == 0 &&
        open_regular("/etc/group", &group, err) == 0)
        result = user_resolve(spec, passwd, group, ret_user, err);
    if (result == 0 && (result = add_groups(extra, group, ret_user, err)) < 0)
        user_free(ret_user);
    if (passwd)
        fclose(passwd);
    if (group)
        fclose(group);
    return result;
}

/* user_namespaces(7): lines "inside outside count". Without the file the kernel has its say. */
static bool is_mapped(const char *path, unsigned id)
{
    unsigned first, outside, count;
    bool found = false;
    FILE *file = fopen(path, "re");
    if (!file)
        return true;
    while (!found && fscanf(file, "%u %u %u", &first, &outside, &count) == 3)
        found = id >= first && id - first < count;
    fclose(file);
    return found;
}

int user_check_mapped(const struct user *user, struct error *err)
{
    static const char way_out[] = "its user namespace has no such id: the user who runs vmc needs "
                                  "subordinate ids, as in subuid(5)";
    if (!is_mapped("/proc/self/uid_map", user->uid))
        return error_set(err, "the container cannot have user id %u; %s", user->uid, way_out);
    if (!is_mapped("/proc/self/gid_map", user->gid))
        return error_set(err, "the container cannot have group id %u; %s", user->gid, way_out);
    for (size_t i = 0; i < user->group_count; i++)
        if (!is_mapped("/proc/self/gid_map", user->groups[i]))
            return error_set(err, "the container cannot have group id %u; %s", user->groups[i],
                             way_out);
    return 0;
}

int user_become(const struct user *user)
{
    /* A host's user namespace with one id has no groups to set: user_namespaces(7). */
    bool set = setgroups(user->group_count, user->groups) == 0 ||
               (errno == EPERM && user->group_count == 0);
    if (!set || setresgid(user->gid, user->gid, user->gid) < 0)
        return -1;
    return setresuid(user->uid, user->uid, user->uid);
}

void user_free(struct user *user)
{
    free(user->home);
    *user = (struct user){0};
}
