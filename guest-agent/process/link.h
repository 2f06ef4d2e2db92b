/*
 * The private channel between the agent and the container's first process: a SOCK_SEQPACKET pair,
 * one small message at a time, with descriptors where the kind has some. Until the workload's
 * program runs, what comes over it is from the agent's own code; after that it may be the
 * workload's, which may trace the init that holds the other end (init.h).
 */
#ifndef VMC_GUEST_AGENT_PROCESS_LINK_H
#define VMC_GUEST_AGENT_PROCESS_LINK_H

#include <stdint.h>

#include "common/error.h"
#include "common/protocol.h"

#define LINK_FDS_MAX 2

enum link_kind {
    LINK_GO = 1,   /* agent: what only it can set up for the shape is ready */
    LINK_PREPARED, /* container: all that needs no configuration is ready */
    LINK_CONFIG,   /* agent: the rest is ready too; the configuration is in shared memory */
    LINK_TERMINAL, /* container: master and slave of the workload's terminal */
    LINK_WORKLOAD, /* container: pidfd of the workload, where it is not the first process */
    LINK_EXIT,     /* container: how the workload ended; record */
};

struct link_message {
    int32_t kind;
    struct exit_record record;
    int fds[LINK_FDS_MAX]; /* -1: none; owned by the receiver */
};

/* fds are borrowed; count is at most LINK_FDS_MAX. */
int link_send(int link, enum link_kind kind, const struct exit_record *record, const int *fds,
              int count, struct error *err);

/* 1 and *ret, link_message_free(); 0 at the end, or when a non-blocking link has nothing; -1. */
int link_receive(int link, struct link_message *ret, struct error *err);

/* Closes the descriptors that have not been taken. */
void link_message_free(struct link_message *message);

#endif
