/*
 * State that containers on bridges share on one host: which addresses are taken, and who is the
 * last to leave.
 *
 *     /run/vmc-network/NETNS/            one for each network namespace, by its inode; locked with
 *                                        flock(2) by whoever changes anything
 *     /run/vmc-network/NETNS/BRIDGE/     one for each bridge
 *         ADDRESS                        a lease, locked by the vmc that has it for as long as it
 *                                        lives: kill -9 frees it
 *         made                           what was set up, to be undone by the last one
 *
 * The place is fixed, like the interfaces that it describes: it does not follow XDG_RUNTIME_DIR.
 */
#ifndef VMC_HOST_NETWORK_LEASE_H
#define VMC_HOST_NETWORK_LEASE_H

#include <stdbool.h>

#include "common/error.h"
#include "common/util.h"
#include "host/spec/network.h"

struct lease_room {
    int root_fd;   /* /run/vmc-network; -1: not open */
    int netns_fd;  /* the directory of the network namespace, which is locked through it */
    int bridge_fd; /* the bridge's directory */
    char netns[24];
    char bridge[INTERFACE_NAME_SIZE];
};

#define LEASE_ROOM_INIT                                                                            \
    {                                                                                              \
        .root_fd = -1, .netns_fd = -1, .bridge_fd = -1                                             \
    }

/*
 * Opens and locks the directories of a bridge, making those that are missing. Waits some seconds.
 */
int lease_room_enter(const char *bridge, struct lease_room *ret, struct error *err);

/* Locks them again, after lease_room_leave(). */
int lease_room_reenter(struct lease_room *room, struct error *err);

/* Gives up the lock; the directories stay open. */
void lease_room_leave(struct lease_room *room);
void lease_room_close(struct lease_room *room);

/* The names of all bridges that the network namespace has directories for. */
void lease_bridges(struct strings *ret);

/* The following need the lock. */

/* Removes leases whose vmc is gone. Returns how many live ones there are. */
unsigned lease_sweep(const struct lease_room *room);

/* Takes an address. *ret_fd, owned by the caller, is the lease; -1 if another run has it. */
int lease_take(const struct lease_room *room, const char *address, int *ret_fd, struct error *err);
void lease_drop(const struct lease_room *room, const char *address, int *fd);

/* Reads and writes the note about the setup; NULL if there is none. Owned by the caller. */
char *lease_note_read(const struct lease_room *room);
int lease_note_write(const struct lease_room *room, const char *text, struct error *err);

/* True if no other bridge of this network namespace has a note. */
bool lease_only_bridge(const struct lease_room *room);

/* Removes the bridge's directory, which has no leases any more, and the empty ones above it. */
void lease_room_remove(const struct lease_room *room);

#endif
