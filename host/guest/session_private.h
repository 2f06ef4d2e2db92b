/*
 * What the files of the session share: the loop (session.c), the guest's frames (guest/frames.c).
 */
#ifndef VMC_HOST_GUEST_SESSION_PRIVATE_H
#define VMC_HOST_GUEST_SESSION_PRIVATE_H

#include "host/guest/session.h"

/* From EXIT to the last byte of output, while nothing waits for our own side. */
#define SESSION_OUTPUT_GRACE_NS (10 * NS_PER_S)

/* A frame from one of the guest's ports. -1 ends the session: the guest's ERROR, or a violation. */
int guest_control_frame(struct session *s, const struct frame *frame, struct error *err);
int guest_data_frame(struct session *s, const struct frame *frame, struct error *err);

#endif
