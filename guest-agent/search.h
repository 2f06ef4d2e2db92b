/*
 * Finding the command in PATH as execvp(3) does, but in the workload's environment, and without
 * its fall-back to a shell for files in no known format.
 */
#ifndef VMC_GUEST_AGENT_SEARCH_H
#define VMC_GUEST_AGENT_SEARCH_H

#include "common/util.h"

/* Fills paths with the candidates for command, in order. */
void search_paths(const char *command, char *const *env, struct strings *paths);

/*
 * Tries them. Returns only on failure, with errno: that of the one that was found and could not
 * be executed, else ENOENT. Async-signal-safe.
 */
void search_exec(char *const *paths, char *const *argv, char *const *env);

#endif
