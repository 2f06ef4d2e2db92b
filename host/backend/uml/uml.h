/*
 * The backend of --uml: User Mode Linux, a kernel that is an ordinary host process, in a jail. Its
 * programs are processes that it traces; its lines are descriptors, its root file system and
 * volumes directories in its jail (hostfs). The guest's agent is the same.
 */
#ifndef VMC_HOST_BACKEND_UML_UML_H
#define VMC_HOST_BACKEND_UML_UML_H

#include "host/machine/machine.h"
#include "host/spec/backend.h"

extern const struct machine_ops uml_ops;
extern const struct backend_spec uml_spec;

#endif
