/*
 * Where a user's files are, by the XDG base directory specification: an environment variable, which
 * counts if it is an absolute path, or a place in the home directory. All paths are owned by the
 * caller; NULL: there is no such variable, and no home directory.
 */
#ifndef VMC_HOST_BASE_DIRECTORIES_H
#define VMC_HOST_BASE_DIRECTORIES_H

/* $VARIABLE/vmc, else $HOME/in_home/vmc (in_home NULL: nothing else). */
char *xdg_directory(const char *variable, const char *in_home);

/*
 * The user's cache: what vmc has found out about this host and can find out again. $XDG_CACHE_HOME
 * or ~/.cache.
 */
char *cache_directory(void);

/*
 * What users asked vmc to keep: $XDG_DATA_HOME/vmc, else /var/lib/vmc for root, else
 * ~/.local/share/vmc. Call before namespaces_enter().
 */
char *data_directory(void);

/* Makes a directory and its parents, mode 0700. Failures show when it is used. */
void make_directories(const char *path);

#endif
