/*
 * A template and the machine at hand: over QEMU's monitor, and the guest's channel.
 */
#ifndef VMC_HOST_BACKEND_QEMU_SNAPSHOT_H
#define VMC_HOST_BACKEND_QEMU_SNAPSHOT_H

#include "host/guest/session.h"
#include "host/store/template.h"

/*
 * The machine was started: gives it its memory. One that ends before, and a signal that comes, are
 * left to the session to find.
 */
int template_give_memory(const struct template *t, struct session *session, struct error *err);

/*
 * The machine of a COPY, which waits for its state: gives it that, checks what it is a copy of
 * meanwhile, and wakes the guest. It says HELLO when it is there.
 */
int template_wake(const struct template *t, struct session *session, struct error *err);

/*
 * The machine of a MAKE, whose guest has said HELLO: stops it, saves the template and lets it run
 * on. -1 when no template was saved; *ret_running tells whether the machine runs on, as it should.
 */
int template_take(const struct template *t, struct session *session, const char *about,
                  bool *ret_running, struct error *err);

#endif
