/* The table of `vmc-probe calls`. */
#ifndef VMC_TESTS_PROBE_CALLS_H
#define VMC_TESTS_PROBE_CALLS_H

/*
 * Calls that change files, each on an object of each kind, made anew in directory: what the call
 * said, and what is at the object's name then. As root makes them, and root or another id calls.
 * Files of the same kind give the same lines. Returns the process's exit status.
 */
int try_calls(const char *directory, unsigned id);

#endif
