/* A file exercised at random against a model of it, and by two writers in turn. */
#ifndef VMC_TESTS_PROBE_EXERCISE_H
#define VMC_TESTS_PROBE_EXERCISE_H

/*
 * In directory: count operations on one file, chosen by seed: reads, writes, appends, changes of
 * length, shared memory maps (where the file system has them), fsync, closing and opening, and a
 * copy under the same name. After each read, and at the end, contents and length are those that a
 * plain array has after the same. Prints "N operations ok", with "without maps" where a map was
 * refused; or what is wrong, and the operations before it. Returns 0, or 1.
 */
int exercise(const char *directory, unsigned seed, unsigned count);

/*
 * One of two writers of the same file, of which first makes it: they add a line each in turn, each
 * through one open descriptor, after having seen the other's whole. Prints "N turns ok" or what it
 * saw; gives up after a minute without a change. Returns 0, or 1.
 */
int take_turns(const char *path, int first, unsigned count);

#endif
