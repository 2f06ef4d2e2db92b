/*
 * What tells versions of things apart that vmc keeps findings about. All texts are owned by the
 * caller.
 */
#ifndef VMC_HOST_BASE_IDENTITY_H
#define VMC_HOST_BASE_IDENTITY_H

/* Path, size and time of change of a file: hashing 12 MB would cost too much. */
char *file_identity(const char *path);

/* This boot of the host's kernel; "?" where there is no /proc. */
char *boot_identity(void);

#endif
