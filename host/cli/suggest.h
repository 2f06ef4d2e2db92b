/*
 * Which name a misspelt word may mean.
 */
#ifndef VMC_HOST_CLI_SUGGEST_H
#define VMC_HOST_CLI_SUGGEST_H

#include <stddef.h>

/*
 * How far a word of that many bytes is from a name: 0 is equal, SIZE_MAX is not worth suggesting.
 */
size_t unlikeness(const char *word, size_t length, const char *name);

#endif
