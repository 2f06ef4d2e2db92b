/*
 * Names that users give to the things vmc keeps for them: volumes and containers.
 */
#ifndef VMC_HOST_BASE_OBJECT_NAME_H
#define VMC_HOST_BASE_OBJECT_NAME_H

#include "common/error.h"

/* The longest host name, sethostname(2): a container's name is its host name, too. */
#define OBJECT_NAME_MAX 64

/*
 * An error unless name is one that container engines would take: a letter or a digit, then at least
 * one more of letters, digits, '_', '.' and '-' (docker-volume-create(1), "Volume names"). Such a
 * name is a file name, and neither a path nor an option. what is the thing, for the error.
 */
int object_name_check(const char *what, const char *name, struct error *err);

#endif
