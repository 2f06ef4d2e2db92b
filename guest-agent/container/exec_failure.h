/*
 * Why a command cannot be executed, in words that name the file at fault: execve(2) says ENOENT for
 * a script whose interpreter is missing as for one that is not there itself.
 */
#ifndef VMC_GUEST_AGENT_CONTAINER_EXEC_FAILURE_H
#define VMC_GUEST_AGENT_CONTAINER_EXEC_FAILURE_H

#include "common/error.h"

/*
 * Describes what search_exec() of paths (guest-agent/base/search.h) failed with, cause; command is
 * as the user wrote it. Looks with the rights that the caller has, so call it with the command's
 * own. Returns -1, with the status of docker-run(1).
 */
int exec_failure(char *const *paths, const char *command, int cause, struct error *err);

#endif
