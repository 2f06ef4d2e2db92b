/*
 * Who the workload runs as: a user given by name or number, resolved in the passwd(5) and
 * group(5) files of its own root. No NSS: there is nothing but files in a root file system.
 */
#ifndef VMC_GUEST_AGENT_CONTAINER_USER_H
#define VMC_GUEST_AGENT_CONTAINER_USER_H

#include <stdio.h>
#include <sys/types.h>

#include "common/error.h"
#include "common/util.h"

/* NGROUPS_MAX is 65536; no sensible file has more entries than this. */
#define USER_GROUPS_MAX 1024

struct user {
    uid_t uid;
    gid_t gid;
    char *home; /* owned; never NULL after user_resolve() */
    size_t group_count;
    gid_t groups[USER_GROUPS_MAX]; /* supplementary groups, without gid */
};

/*
 * Resolves "name|uid[:group|gid]". A name must be in the file; a number need not be (group 0, home
 * "/"). Without ":group", a user found in passwd gets its group and the supplementary groups that
 * name it, as in docker-run(1); with it, only that group. passwd and group may be NULL: no such
 * file. ret_user is filled on success only: user_free().
 */
int user_resolve(const char *spec, FILE *passwd, FILE *group, struct user *ret_user,
                 struct error *err);

/*
 * The same with /etc/passwd and /etc/group of the current root, and with the supplementary groups
 * of extra, names or numbers, on top.
 */
int user_lookup(const char *spec, const struct strings *extra, struct user *ret_user,
                struct error *err);

/* Whether this user namespace has the ids, which on a host may be just one: 0, or -1. */
int user_check_mapped(const struct user *user, struct error *err);

/* setgroups(2), setgid(2), setuid(2), in this order: async-signal-safe. 0, or -1 with errno. */
int user_become(const struct user *user);

void user_free(struct user *user);

#endif
