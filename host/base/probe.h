/*
 * Trying things out in a child process that cannot hang and leaves nothing behind. For "vmc info",
 * and for a run that meets a new hypervisor (jail/files.h).
 */
#ifndef VMC_HOST_BASE_PROBE_H
#define VMC_HOST_BASE_PROBE_H

#include <stdint.h>

#include "common/error.h"

/* The most that is kept of a child's output. */
#define PROBE_OUTPUT_MAX (256u << 10)

/*
 * Runs body(arg) in a child whose standard input is /dev/null and whose output and error are
 * caught together. The child is a process group of its own, killed as a whole after timeout
 * nanoseconds (an error then) and when body has returned.
 *
 * *ret_output (owned) is the text without a final newline, *ret_status the value that body returned
 * (0 to 255), or 128 plus the signal that ended it.
 */
int probe_child(int (*body)(void *arg), void *arg, int64_t timeout, char **ret_output,
                int *ret_status, struct error *err);

/* The same for a program found in PATH; status 127 if there is none. */
int probe_program(char *const argv[], int64_t timeout, char **ret_output, int *ret_status,
                  struct error *err);

#endif
