/*
 * The root directory of a jail: the stages that make it and enter it, in the child between
 * clone3(2) and exec.
 */
#ifndef VMC_HOST_JAIL_ROOT_H
#define VMC_HOST_JAIL_ROOT_H

#include "host/jail/stages.h"

/*
 * Trees of an agent. Must: come from the namespace's copy of vmc's mounts, in which the kernel has
 * locked the read-only flag (mount_namespaces(7)): no capability of a container removes it. Must
 * not: come after the child has lost the ids of vmc, who owns the directories with the trees.
 */
int jail_root_open_trees(const struct jail_child *child, struct error *err);

/*
 * Further parts of a tenant's root directory, jail/rules.h: its own processes; the kernel's file
 * systems; a place for its memory.
 */
int jail_root_attach_proc(struct jail_child *child, int root, struct error *err);
int jail_root_attach_whole_proc(struct jail_child *child, int root, struct error *err);
int jail_root_attach_kernel(struct jail_child *child, int root, struct error *err);
int jail_root_attach_ram(struct jail_child *child, int root, struct error *err);

/*
 * Root directory. Must: show the files, trees and devices that the jail lists, and its own
 * processes; be read-only, except for writable trees. An agent's shows the kernel's file systems,
 * too. Must not: resolve a host path: every mount is already open. Nothing of the old root may be
 * reachable afterwards, by name or by descriptor (stage_descriptors).
 */
int jail_root_enter(struct jail_child *child, struct error *err);

#endif
