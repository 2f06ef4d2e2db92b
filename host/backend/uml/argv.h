/*
 * The command line of User Mode Linux. Pure, with golden tests.
 */
#ifndef VMC_HOST_BACKEND_UML_ARGV_H
#define VMC_HOST_BACKEND_UML_ARGV_H

#include "host/machine/machine.h"

/* The descriptors it inherits, by their numbers: connected sockets, except the filter's file. */
enum uml_fd {
    UML_FD_CONTROL = 3,
    UML_FD_DATA,
    UML_FD_CONSOLE,
    UML_FD_FRAMES, /* with a network */
    UML_FD_FILTER, /* the system call filter for the time after its start */
    UML_FD_END,
};

/* Appends argv[0] and all arguments. */
void uml_argv(const struct machine_request *request, struct strings *ret);

#endif
