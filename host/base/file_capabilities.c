#include "host/base/file_capabilities.h"

#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/search_path.h"

/* The agent accepts no more. */
#define LIST_MAX 1024
#define DIRECTORIES_MAX 64

struct seen_directories {
    struct stat seen[DIRECTORIES_MAX];
    size_t count;
};

static bool is_new(struct seen_directories *directories, int dir)
{
    struct stat st;
    if (directories->count == DIRECTORIES_MAX || fstat(dir, &st) < 0)
        return false;
    for (size_t i = 0; i < directories->count; i++)
        if (directories->seen[i].st_dev == st.st_dev && directories->seen[i].st_ino == st.st_ino)
            return false;
    directories->seen[directories->count++] = st;
    return true;
}

/* The kernel shows the namespace's root in our own ids, as it does the owner. */
static bool is_for(const struct vfs_ns_cap_data *data, size_t length, const struct stat *st)
{
    switch (le32toh(data->magic_etc) & VFS_CAP_REVISION_MASK) {
    case VFS_CAP_REVISION_2:
        return length == XATTR_CAPS_SZ_2;
    case VFS_CAP_REVISION_3:
        return length == XATTR_CAPS_SZ_3 && le32toh(data->rootid) == st->st_uid;
    default:
        return false;
    }
}

static void look_at(int dir, const char *directory, const char *name, struct capable_files *list)
{
    struct vfs_ns_cap_data data;
    struct stat st;
    AUTO_FREE char *path = xasprintf("/proc/self/fd/%d/%s", dir, name);
    ssize_t length = lgetxattr(path, "security.capability", &data, sizeof(data));
    if (length < 0 || list->count == LIST_MAX || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        !is_for(&data, (size_t)length, &st))
        return;
    data.magic_etc =
        htole32(VFS_CAP_REVISION_2 | (le32toh(data.magic_etc) & VFS_CAP_FLAGS_EFFECTIVE));
    list->items = xrealloc(list->items, list->count + 1, sizeof(*list->items));
    struct capable_file *found = &list->items[list->count++];
    found->path = xasprintf("%s/%s", directory, name);
    memcpy(found->value, &data, sizeof(found->value));
}

/* Takes dir. */
static void look_in(int dir, const char *directory, struct capable_files *list)
{
    DIR *stream = fdopendir(dir);
    if (!stream) {
        close(dir);
        return;
    }
    for (struct dirent *entry; (entry = readdir(stream));)
        if (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN)
            look_at(dir, directory, entry->d_name, list);
    closedir(stream);
}

int file_capabilities_find(const char *root, char *const *env, struct capable_files *ret,
                           struct error *err)
{
    struct seen_directories directories = {.count = 0};
    struct strings paths = {0};
    AUTO_CLOSE int top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (top < 0)
        return error_errno(err, "cannot open %s", root);
    *ret = (struct capable_files){0};
    search_paths(".", env, &paths);
    for (size_t i = 0; i < paths.count; i++) {
        struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                               .resolve = RESOLVE_IN_ROOT};
        char *directory = paths.items[i];
        /* A relative directory of PATH is not a lasting place for programs. */
        int dir =
            directory[0] == '/' ? (int)syscall(SYS_openat2, top, directory, &how, sizeof(how)) : -1;
        if (dir < 0)
            continue;
        directory[strlen(directory) - strlen("/.")] = '\0';
        if (is_new(&directories, dir))
            look_in(dir, directory, ret);
        else
            close(dir);
    }
    strings_free(&paths);
    return 0;
}

void file_capabilities_free(struct capable_files *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].path);
    free(list->items);
    *list = (struct capable_files){0};
}
