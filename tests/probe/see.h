/*
 * A workload's view of its surroundings, as JSON: one function for each subject, each of which adds
 * members to an open object. Looking changes nothing that a later look would see.
 */
#ifndef VMC_TESTS_PROBE_SEE_H
#define VMC_TESTS_PROBE_SEE_H

#include "tests/probe/json.h"

/* Prints everything. argv is the probe's own, NULL-terminated. Returns an exit status. */
int see(char **argv);

void see_process(struct json *j,
                 char **argv);       /* see_process.c: what execve(2) was given, and state */
void see_rights(struct json *j);     /* see_rights.c: ids, capabilities, seccomp, limits */
void see_namespaces(struct json *j); /* see_namespaces.c: namespaces and names */
void see_mounts(struct json *j);     /* see_mounts.c: the mount table */
void see_devices(struct json *j);    /* see_devices.c: /dev, and what may be opened */
void see_files(struct json *j);      /* see_files.c: masked, read-only, provided files */
void see_kernel(struct json *j);     /* see_kernel.c: cgroup files, sysctls */
void see_network(struct json *j);    /* see_network.c: interfaces, addresses, routes */
void see_syscalls(struct json *j);   /* see_syscalls.c: system calls, tried */

/*
 * A file's text without the newline at its end, for free(3); NULL with errno if it cannot be read.
 * Reads in pieces if the file system returns pieces, up to 64 KiB.
 */
char *text_of(const char *path);
/* The value of a line "NAME:<blanks>VALUE" of such a text, for free(3); NULL if there is none. */
char *field_of(const char *text, const char *name);

#endif
