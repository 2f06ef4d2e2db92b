/* The table of `vmc-probe calls`. */
#ifndef VMC_TESTS_PROBE_CALLS_H
#define VMC_TESTS_PROBE_CALLS_H

/*
 * Calls that change files, each on a fresh object of each kind in directory: the result of the
 * call, and what is at the object's name afterwards. As root makes them, and root or another id
 * calls. Files of the same kind give the same lines. Returns the process's exit status.
 */
int try_calls(const char *directory, unsigned id);

#endif
