/*
 * The description of a machine as a libvirt domain (libvirt.org/formatdomain.html): the devices of
 * backend/qemu/argv.h, in libvirt's words. Pure, with golden tests.
 */
#ifndef VMC_HOST_BACKEND_LIBVIRT_XML_H
#define VMC_HOST_BACKEND_LIBVIRT_XML_H

#include "host/backend/libvirt/api.h"
#include "host/machine/machine.h"

/* The namespace of vmc's entry in a domain's metadata. */
#define LIBVIRT_METADATA "urn:vmc:container:1"

/* The sockets between vmc and the machine, in the container's private directory. */
enum domain_socket {
    DOMAIN_SOCKET_CONTROL,
    DOMAIN_SOCKET_DATA,
    DOMAIN_SOCKET_CONSOLE,
    DOMAIN_SOCKET_SERIAL,
    DOMAIN_SOCKET_MONITOR,  /* QEMU's own: monitor_relay.h */
    DOMAIN_SOCKET_HANDOVER, /* vmc listens: handover.h */
    DOMAIN_SOCKET_COUNT,
};

/* dir: the container's. Owned by the caller. */
char *domain_socket_path(const char *dir, enum domain_socket which);

/* Facts that are not in the request. */
struct domain_facts {
    const char *emulator; /* what libvirt starts */
    unsigned tsc_khz;     /* see qemu_kernel_parameters() */
    pid_t pid;            /* of vmc */
    bool root;            /* the emulator runs as root, as vmc does */
};

/* Owned by the caller. Fails if XML cannot hold a path or a parameter. */
int libvirt_xml(const struct libxml_api *api, const struct machine_request *request,
                const struct domain_facts *facts, char **ret, struct error *err);

#endif
