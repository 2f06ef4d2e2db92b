#include "host/store/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/util.h"
#include "host/store/named.h"

#define DATA "data"

static const struct named_kind volumes = {.directory = "volumes", .what = "volume", .lock = "lock"};

static int make_data(int dir, const char *name, struct error *err)
{
    if (mkdirat(dir, DATA, 0755) == 0) {
        /* Independent of the caller's umask: it is the container's directory. */
        if (fchmodat(dir, DATA, 0755, 0) < 0)
            return error_errno(err, "cannot make the volume %s", name);
    } else if (errno != EEXIST) {
        return error_errno(err, "cannot make the volume %s", name);
    }
    return 0;
}

int named_volume_use(const char *base, const char *name, int *ret_dir, int *ret_lock,
                     struct error *err)
{
    AUTO_CLOSE int dir = -1;
    AUTO_CLOSE int lock = -1;
    if (named_use(&volumes, base, name, F_RDLCK, &dir, &lock, err) < 0 ||
        make_data(dir, name, err) < 0)
        return -1;
    *ret_dir = take_fd(&dir);
    *ret_lock = take_fd(&lock);
    return 0;
}

int named_volume_list(const char *base, struct named_volume_list *ret, struct error *err)
{
    AUTO_CLOSE int parent = -1;
    AUTO_STRINGS struct strings names = {0};
    if (named_list(&volumes, base, &parent, &names, err) < 0)
        return -1;
    ret->items = xcalloc(names.count, sizeof(*ret->items));
    for (; ret->count < names.count; ret->count++) {
        const char *name = names.items[ret->count];
        ret->items[ret->count] = (struct named_volume){
            .name = xstrdup(name),
            .path = xasprintf("%s/%s/%s/" DATA, base, volumes.directory, name),
            .in_use = named_in_use(&volumes, parent, name),
        };
    }
    return 0;
}

void named_volume_list_free(struct named_volume_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].name);
        free(list->items[i].path);
    }
    free(list->items);
    *list = (struct named_volume_list){0};
}

int named_volume_remove(const char *base, char *const *names, size_t count, struct error *err)
{
    return named_remove(&volumes, base, names, count, err);
}
