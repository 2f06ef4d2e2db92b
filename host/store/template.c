#include "host/store/template.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/log.h"
#include "common/util.h"
#include "host/base/directories.h"
#include "host/base/identity.h"
#include "host/store/template_file.h"

/* The directory, or -1: err says why, errno is ENOENT if there is none. */
static int open_directory(bool create, struct error *err)
{
    struct stat st;
    AUTO_FREE char *cache = cache_directory();
    if (!cache)
        return error_set(err, "there is no home directory to keep templates in");
    AUTO_FREE char *path = xasprintf("%s/templates", cache);
    if (create)
        make_directories(path);
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_errno(
            err, "cannot keep templates in %s (set XDG_CACHE_HOME to a writable directory)", path);
    if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
        return error_set(err, "%s belongs to another user, or others can write to it", path);
    return take_fd(&fd);
}

/* A file that no other user can have written. */
static int open_file(int directory, const char *key, int *ret_fd, struct error *err)
{
    struct stat st;
    AUTO_CLOSE int fd = openat(directory, key, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_errno(err, "it cannot be opened");
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022) != 0 ||
        st.st_nlink != 1)
        return error_set(err, "it belongs to another user, or others can write to it");
    *ret_fd = take_fd(&fd);
    return 1;
}

/* A pipe that already holds the whole state: QEMU reads it when it is ready. */
static int fill_pipe(struct template *t, struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_errno(err, "cannot make a pipe");
    t->state_fd = ends[0];
    bool fits = fcntl(ends[1], F_SETPIPE_SZ, (int)t->state_size) >= 0 &&
                fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0 &&
                write(ends[1], t->state, t->state_size) == (ssize_t)t->state_size;
    int reason = errno;
    close(ends[1]);
    errno = reason;
    return fits ? 0 : error_errno(err, "the state of its devices does not fit in a pipe");
}

static int open_copy(struct template *t, int fd, struct error *err)
{
    struct template_trailer trailer;
    if (template_trailer_read(fd, &trailer, err) < 0)
        return -1;
    AUTO_FREE char *boot = boot_identity();
    if (strcmp(trailer.key, t->key) != 0 || strcmp(trailer.boot, boot) != 0 ||
        trailer.memory != t->memory || trailer.state == 0 || trailer.state > TEMPLATE_STATE_MAX)
        return error_set(err, "it is of another machine");
    t->state_size = (size_t)trailer.state;
    t->state = xcalloc(t->state_size, 1);
    if (pread(fd, t->state, t->state_size, (off_t)t->memory) != (ssize_t)t->state_size)
        return error_set(err, "it cannot be read");
    memcpy(t->sum, trailer.contents, sizeof(t->sum));
    return fill_pipe(t, err);
}

int template_open(const char *key, uint64_t memory, struct template *ret, struct error *err)
{
    struct template t = TEMPLATE_INIT;
    AUTO_CLOSE int fd = -1;
    t.directory = open_directory(true, err);
    if (t.directory < 0)
        return -1;
    t.key = xstrdup(key);
    t.memory = memory;
    int found = open_file(t.directory, key, &fd, err);
    if (found > 0 && open_copy(&t, fd, err) == 0) {
        /* The time of its last use; without it, the oldest templates are removed first. */
        futimens(fd, NULL);
        t.role = TEMPLATE_COPY;
        t.memory_fd = take_fd(&fd);
    } else if (found == 0) {
        t.memory_fd = memfd_create("vmc-memory", MFD_CLOEXEC);
        if (t.memory_fd < 0 || ftruncate(t.memory_fd, (off_t)memory) < 0)
            found = error_errno(err, "cannot make a file in memory");
        t.role = TEMPLATE_MAKE;
    } else {
        error_wrap(err, "the template %s", key);
        unlinkat(t.directory, key, 0);
        found = -1;
    }
    if (found < 0)
        template_close(&t);
    else
        *ret = t;
    return found < 0 ? -1 : 0;
}

int template_check(const struct template *t, struct error *err)
{
    uint8_t sum[16];
    if (template_sum(t->memory_fd, t->memory, t->state, t->state_size, sum, err) < 0 ||
        (memcmp(sum, t->sum, sizeof(sum)) != 0 && error_set(err, "it is damaged") < 0))
        return error_wrap(err, "the template %s", t->key);
    return 0;
}

/* Those that can never be used again go first, then the oldest. */
static void make_room(int directory)
{
    struct template_list list = {0};
    uint64_t bytes = 0;
    if (template_list(&list, NULL) < 0)
        return;
    for (size_t i = 0; i < list.count; i++) {
        const struct template_entry *entry = &list.items[i];
        bytes += entry->size;
        if (entry->stale || i >= TEMPLATES_MAX || (i > 0 && bytes > TEMPLATES_BYTES_MAX))
            unlinkat(directory, entry->key, 0);
    }
    template_list_free(&list);
}

static int write_file_contents(const struct template *t, int fd, const void *state, size_t size,
                               const char *about, struct error *err)
{
    struct template_trailer trailer = {.magic = TEMPLATE_MAGIC, .memory = t->memory, .state = size};
    AUTO_FREE char *boot = boot_identity();
    snprintf(trailer.key, sizeof(trailer.key), "%s", t->key);
    snprintf(trailer.boot, sizeof(trailer.boot), "%s", boot);
    snprintf(trailer.about, sizeof(trailer.about), "%s", about);
    if (template_copy_memory(t->memory_fd, fd, t->memory, err) < 0 ||
        template_sum(fd, t->memory, state, size, trailer.contents, err) < 0)
        return -1;
    template_trailer_seal(&trailer);
    off_t end = (off_t)(t->memory + size);
    if (pwrite(fd, state, size, (off_t)t->memory) != (ssize_t)size ||
        pwrite(fd, &trailer, sizeof(trailer), end) != (ssize_t)sizeof(trailer))
        return error_errno(err, "it cannot be written");
    return 0;
}

int template_save(const struct template *t, const void *state, size_t size, const char *about,
                  struct error *err)
{
    AUTO_CLOSE int fd = openat(t->directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    AUTO_FREE char *path = xasprintf("/proc/self/fd/%d", fd);
    if (fd < 0 || ftruncate(fd, (off_t)t->memory) < 0)
        return error_errno(err, "cannot make a file for a template");
    if (write_file_contents(t, fd, state, size, about, err) < 0)
        return error_wrap(err, "a new template");
    /* Another vmc may have been faster: its template is as good. */
    if (linkat(AT_FDCWD, path, t->directory, t->key, AT_SYMLINK_FOLLOW) < 0 && errno != EEXIST)
        return error_errno(err, "cannot give the template its name");
    make_room(t->directory);
    return 0;
}

void template_forget(const struct template *t)
{
    if (t->role == TEMPLATE_COPY)
        unlinkat(t->directory, t->key, 0);
}

void template_close(struct template *t)
{
    close_fd(&t->directory);
    close_fd(&t->memory_fd);
    close_fd(&t->state_fd);
    free(t->key);
    free(t->state);
    *t = (struct template)TEMPLATE_INIT;
}

/* ---- listing ---- */

static bool is_key(const char *name)
{
    return strlen(name) == 32 && strspn(name, "0123456789abcdef") == 32;
}

static struct template_entry describe(int directory, const char *key)
{
    struct template_entry entry = {.stale = true, .about = "damaged"};
    struct template_trailer trailer;
    struct stat st = {0};
    AUTO_FREE char *boot = boot_identity();
    AUTO_CLOSE int fd = -1;
    snprintf(entry.key, sizeof(entry.key), "%s", key);
    if (open_file(directory, key, &fd, NULL) > 0 && fstat(fd, &st) == 0 &&
        template_trailer_read(fd, &trailer, NULL) == 0) {
        snprintf(entry.about, sizeof(entry.about), "%s", trailer.about);
        entry.memory = trailer.memory;
        entry.stale = strcmp(trailer.boot, boot) != 0;
    }
    entry.size = (uint64_t)st.st_blocks * 512;
    entry.used_ns = st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
    return entry;
}

static int compare_use(const void *a, const void *b)
{
    const struct template_entry *first = a, *second = b;
    return (first->used_ns < second->used_ns) - (first->used_ns > second->used_ns);
}

int template_list(struct template_list *ret, struct error *err)
{
    AUTO_CLOSE int directory = open_directory(false, err);
    if (directory < 0)
        return errno == ENOENT ? 0 : -1;
    AUTO_CLOSE int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *found;
    if (!dir)
        return error_errno(err, "cannot read the templates");
    take_fd(&fd);
    while ((found = readdir(dir))) {
        if (!is_key(found->d_name))
            continue;
        ret->items = xrealloc(ret->items, ret->count + 1, sizeof(*ret->items));
        ret->items[ret->count++] = describe(directory, found->d_name);
    }
    closedir(dir);
    if (ret->count > 0)
        qsort(ret->items, ret->count, sizeof(*ret->items), compare_use);
    return 0;
}

void template_list_free(struct template_list *list)
{
    free(list->items);
    *list = (struct template_list){0};
}

/* The one template whose key begins like that. */
static int find_one(const struct template_list *list, const char *name,
                    char ret_key[TEMPLATE_KEY_SIZE], struct error *err)
{
    size_t matches = 0;
    for (size_t i = 0; i < list->count && name[0]; i++) {
        if (strncmp(list->items[i].key, name, strlen(name)) != 0)
            continue;
        snprintf(ret_key, TEMPLATE_KEY_SIZE, "%s", list->items[i].key);
        matches++;
    }
    if (matches == 0)
        return error_set(err, "no such template: '%s' (see 'vmc template ls')", name);
    if (matches > 1)
        return error_set(err, "'%s' is the beginning of the keys of %zu templates", name, matches);
    return 0;
}

int template_remove(const char *name, char ret_key[TEMPLATE_KEY_SIZE], struct error *err)
{
    struct template_list list = {0};
    int result = template_list(&list, err);
    if (result == 0)
        result = find_one(&list, name, ret_key, err);
    template_list_free(&list);
    AUTO_CLOSE int directory = result == 0 ? open_directory(false, err) : -1;
    if (directory < 0)
        return -1;
    if (unlinkat(directory, ret_key, 0) < 0 && errno != ENOENT)
        return error_errno(err, "cannot remove the template %s", ret_key);
    return 0;
}
