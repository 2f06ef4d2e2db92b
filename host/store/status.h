/*
 * What runs: each container's directory has a file state.json that says what it is, from before its
 * command starts. Whether it runs is never written down: it does while the directory's lock is held
 * (container.h).
 */
#ifndef VMC_HOST_STORE_STATUS_H
#define VMC_HOST_STORE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include "common/error.h"
#include "common/util.h"
#include "host/store/container.h"

/* Everything in it is owned. */
struct status {
    char *id;
    char *name;    /* NULL: none was given */
    char *backend; /* "qemu", "libvirt", "uml", "host" */
    char *rootfs;
    struct strings command;
    int64_t pid;        /* of its vmc, in the caller's PID namespace */
    int64_t started_ms; /* CLOCK_REALTIME */
};

struct status_list {
    struct status *items; /* owned, the youngest first */
    size_t count;
};

/* Of a container whose directory is ours; a name that a container has that runs is refused. */
int status_write(const struct container *c, const struct status *status, struct error *err);

/* Of a container's directory: true once its vmc has ended, until the deadline (now_ns() time). */
bool status_await_end(int dir, int64_t deadline);

/* All containers of this user that run. */
int status_list(struct status_list *ret, struct error *err);
void status_list_free(struct status_list *list);
void status_free(struct status *status);

/* As state.json and 'vmc ps --json' have it; owned by the caller. */
struct json_object *status_to_json(const struct status *s);

/*
 * The one that word names: its name, its id, or a beginning of its id that no other has. *ret_dir,
 * owned by the caller, is its directory.
 */
int status_find(const char *word, struct status *ret, int *ret_dir, struct error *err);

#endif
