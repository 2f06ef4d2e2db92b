/*
 * Executing the command that was searched for as execvp(3) does, but without its fall-back to a
 * shell for files in no known format. The candidates are common/search_path.h's.
 */
#ifndef VMC_GUEST_AGENT_BASE_SEARCH_H
#define VMC_GUEST_AGENT_BASE_SEARCH_H

/*
 * Tries them. Returns only on failure, with errno: that of the one that was found and could not
 * be executed, else ENOENT. Async-signal-safe.
 */
void search_exec(char *const *paths, char *const *argv, char *const *env);

#endif
