/*
 * libvirt's client: a process of its own, since each of its calls takes as long as it takes, since
 * it is to have the caller's rights and namespaces and not those that vmc enters, and since a
 * connection that ends with a process takes the domain with it (VIR_DOMAIN_START_AUTODESTROY),
 * however vmc ends.
 *
 * Messages over a socket (SOCK_SEQPACKET): a request is a letter, and for CLIENT_CREATE the
 * domain's XML behind it; each is answered by CLIENT_DONE or by CLIENT_FAILED and a reason. End of
 * file ends the client.
 */
#ifndef VMC_HOST_BACKEND_LIBVIRT_CLIENT_H
#define VMC_HOST_BACKEND_LIBVIRT_CLIENT_H

#define CLIENT_CREATE 'c'
#define CLIENT_DESTROY 'd'
#define CLIENT_DONE '+'
#define CLIENT_FAILED '-'

/* What socket(7) sends at once by default, with room to spare. */
#define CLIENT_MESSAGE_MAX (192u << 10)

/* Connects at once; a failure of that is the answer to the first request. */
_Noreturn void libvirt_client_main(int socket, const char *uri);

#endif
