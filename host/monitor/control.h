/*
 * The control socket of a container that runs: CONTROL_NAME in its directory, served by the process
 * that has its machine, in the loop that it has anyway. vmc exec, kill and stop are its clients.
 *
 * A connection begins with one control_greeting, with the client's standard output, error and, if
 * its process is to have one, input as SCM_RIGHTS (unix(7)), and goes on with the frames of
 * common/protocol.h:
 *
 *     client  -> monitor  EXEC     pieces of a process_config; an empty one ends it: one more
 *                                  process in the container. Its streams are the client's
 *     client  -> monitor  SIGNAL   for that process; before an EXEC, for the workload
 *     client  -> monitor  WINSIZE  of that process's terminal
 *     monitor -> client   STARTED, ERROR or EXIT of that process. The last two are the end
 *
 * What the process_config leaves out is the workload's: environment (to which its own is added),
 * user and directory. A client that goes away takes its process along, unless it has detached. The
 * directory is closed to other users, and a peer of another uid (SO_PEERCRED) is turned away.
 */
#ifndef VMC_HOST_MONITOR_CONTROL_H
#define VMC_HOST_MONITOR_CONTROL_H

#include "common/loop.h"
#include "host/guest/guest.h"

#define CONTROL_NAME "control"
#define CONTROL_MAGIC "vmcctl"
#define CONTROL_STREAMS 3

/* In this host's byte order: both ends are on it. */
struct control_greeting {
    char magic[6];
    uint8_t version; /* PROTOCOL_VERSION */
    uint8_t detach;  /* the process outlives its client, and has no streams */
};

struct control_client;

/* Zero-initialised is closed. */
struct control_server {
    struct guest *guest; /* all borrowed */
    const struct guest_process *workload;
    const struct vm_spec *spec;
    int listen_fd; /* owned */
    struct watch on_connect;
    int pending_signal; /* for a workload that has not started; 0: none */
    struct control_client *clients;
    size_t count;
};

/* Listens in the directory, whose control this is until control_close(). c does not move. */
int control_open(struct control_server *c, struct guest *guest,
                 const struct guest_process *workload, const struct vm_spec *spec, int dir,
                 struct error *err);

/*
 * The workload has ended, and every process with it: until the output of those is written, for some
 * seconds at most.
 */
void control_finish(struct control_server *c);

/* Clients that are left learn that the container has ended. */
void control_close(struct control_server *c);

#endif
