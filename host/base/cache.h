/*
 * The user's cache: what vmc has found out about this host and would find out again if it were
 * gone.
 */
#ifndef VMC_HOST_BASE_CACHE_H
#define VMC_HOST_BASE_CACHE_H

/* $XDG_CACHE_HOME/vmc, or $HOME/.cache/vmc; owned by the caller. NULL if neither is known. */
char *cache_directory(void);

/* Makes a directory with those above it, mode 0700. Failures show when it is used. */
void cache_make_directory(const char *dir);

#endif
