/*
 * libvirt's client: a separate process, since its calls may block for any time, since it needs the
 * caller's rights and namespaces and not those that vmc enters, and since the domain ends with the
 * process that holds the connection (VIR_DOMAIN_START_AUTODESTROY), however vmc ends.
 *
 * Messages over a socket (SOCK_SEQPACKET): a request is a letter, followed for CLIENT_CREATE by the
 * domain's XML; the answer is CLIENT_DONE, or CLIENT_FAILED and a reason. End of file ends the
 * client.
 */
#ifndef VMC_HOST_BACKEND_LIBVIRT_CLIENT_H
#define VMC_HOST_BACKEND_LIBVIRT_CLIENT_H

#define CLIENT_CREATE 'c'
#define CLIENT_DESTROY 'd'
#define CLIENT_DONE '+'
#define CLIENT_FAILED '-'

/* Less than socket(7) sends at once by default. */
#define CLIENT_MESSAGE_MAX (192u << 10)

/* Connects at once; if that fails, the answer to the first request says so. */
_Noreturn void libvirt_client_main(int socket, const char *uri);

#endif
