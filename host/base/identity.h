/*
 * Texts that identify a version of something, for cached findings about it. Owned by the caller.
 */
#ifndef VMC_HOST_BASE_IDENTITY_H
#define VMC_HOST_BASE_IDENTITY_H

/* Path, size and modification time of a file: hashing 12 MB would cost too much. */
char *file_identity(const char *path);

/* This boot of the host's kernel; "?" where there is no /proc. */
char *boot_identity(void);

#endif
