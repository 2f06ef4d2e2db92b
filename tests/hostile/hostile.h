/*
 * A hostile static program that is root in a container. Its paths are the container's.
 */
#ifndef VMC_TESTS_HOSTILE_HOSTILE_H
#define VMC_TESTS_HOSTILE_HOSTILE_H

/*
 * Leaves a tree behind that is hard to remove, a different one for each seed: links to the canary
 * and to everywhere, deep and closed directories, long names. Then a separate process swaps
 * directories and links as long as the machine lives.
 */
void leave_tree(const char *canary, unsigned seed);

/* Tries everything that an ordinary kernel's file systems allow: one line for each attempt. */
void attack_files(const char *canary, unsigned files);

/* Fills the file system, with data and then with names. */
void fill_up(void);

#endif
