/*
 * The places of a command: PATH of the workload's environment, as execvp(3) reads it.
 */
#ifndef VMC_COMMON_SEARCH_PATH_H
#define VMC_COMMON_SEARCH_PATH_H

#include "common/util.h"

/* Fills paths with the candidates for command, in order. env is NULL-terminated, or NULL. */
void search_paths(const char *command, char *const *env, struct strings *paths);

#endif
