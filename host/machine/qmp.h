/*
 * The part of QMP, QEMU's machine protocol, that vmc needs: to learn that QEMU has stopped the
 * guest by itself, as it does when KVM fails (run state "internal-error"), and to give one command
 * at a time. QEMU's manual, "QEMU Machine Protocol Specification".
 */
#ifndef VMC_HOST_MACHINE_QMP_H
#define VMC_HOST_MACHINE_QMP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/queue.h"

#define QMP_LINE_MAX 65536

struct qmp {
    int fd; /* borrowed from the machine; -1: none */
    struct queue in;
    bool stopped;     /* a STOP event has come */
    bool shutdown;    /* a SHUTDOWN event has come: the guest ended itself */
    char io_node[32]; /* the node name of the disk whose error stopped it, or "" */
    char io_reason[128];
    int asked;         /* the id of the last command */
    int answered;      /* the id of the last answer */
    char failure[200]; /* the error of the last answer, or "" */
    bool migrated;     /* the machine's whole state has been sent */
    bool lost;         /* sending or receiving it failed */
};

/* Asks for events. fd may be -1. */
int qmp_open(struct qmp *q, int fd, struct error *err);
void qmp_close(struct qmp *q);

/* Sends a command, with its arguments as JSON, and waits for the answer until the deadline. */
int qmp_command(struct qmp *q, const char *command, const char *arguments, int64_t deadline,
                struct error *err);

/* Sends a command without waiting: qmp_pump() reads the answer. */
int qmp_post(struct qmp *q, const char *command, const char *arguments, struct error *err);

/* Passes QEMU a descriptor, which the caller keeps, under a name for other commands. */
int qmp_give_fd(struct qmp *q, const char *name, int fd, int64_t deadline, struct error *err);

/* Waits for the end of a migration, with the capability "events" set. */
int qmp_wait_migration(struct qmp *q, int64_t deadline, struct error *err);

/* One read(2) and its messages. -1 if a line is too long or is not JSON. */
int qmp_pump(struct qmp *q, struct error *err);

/* Processes bytes as if read; separate from qmp_pump() for tests and fuzzing. */
int qmp_feed(struct qmp *q, const char *bytes, size_t length, struct error *err);

#endif
