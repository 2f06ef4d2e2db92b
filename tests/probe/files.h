/* The file operations of ordinary programs, one after the other. */
#ifndef VMC_TESTS_PROBE_FILES_H
#define VMC_TESTS_PROBE_FILES_H

/*
 * Tries every operation in directory, which must be empty and writable. Prints one line each:
 * "NAME ok", "NAME ERRNO" (it was refused: the name of the errno), or "NAME wrong" (it claimed
 * success and did not do what it said). Returns 0, or 1 if the directory cannot be entered.
 */
int try_files(const char *directory);

#endif
