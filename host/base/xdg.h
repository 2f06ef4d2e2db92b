/*
 * Where a user's files of a kind are, by the XDG base directory specification: an environment
 * variable, which counts where it is an absolute path, or a place in the home directory.
 */
#ifndef VMC_HOST_BASE_XDG_H
#define VMC_HOST_BASE_XDG_H

/*
 * $VARIABLE/vmc, else $HOME/in_home/vmc (in_home NULL: no else); owned by the caller. NULL if
 * neither is known.
 */
char *xdg_directory(const char *variable, const char *in_home);

#endif
