#include "host/backend/libvirt/client.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/util.h"
#include "host/backend/libvirt/api.h"

struct libvirt_client {
    struct libvirt_api api;
    virConnectPtr connection; /* NULL: no connection, and err says why */
    virDomainPtr domain;      /* or NULL */
    struct error err;
};

static void ignore_error(void *data, virErrorPtr error)
{
    (void)data;
    (void)error;
}

/* If there is no daemon to talk to, the message needs the way out. */
static int connection_error(const struct libvirt_api *api, const char *uri, struct error *err)
{
    bool nobody = api->virGetLastErrorCode() == VIR_ERR_SYSTEM_ERROR ||
                  api->virGetLastErrorCode() == VIR_ERR_NO_CONNECT;
    return error_set(err, "libvirt %s: %s%s", uri, api->virGetLastErrorMessage(),
                     nobody ? " (is its daemon installed and running? apt install libvirt-daemon "
                              "libvirt-daemon-driver-qemu)"
                            : "");
}

static int open_connection(struct libvirt_client *client, const char *uri, struct error *err)
{
    if (libvirt_api_load(&client->api, err) < 0)
        return -1;
    client->api.virSetErrorFunc(NULL, ignore_error);
    if (client->api.virInitialize() < 0)
        return error_set(err, "libvirt: %s", client->api.virGetLastErrorMessage());
    client->connection = client->api.virConnectOpen(uri);
    return client->connection ? 0 : connection_error(&client->api, uri, err);
}

static int create(struct libvirt_client *client, const char *xml, struct error *err)
{
    const struct libvirt_api *api = &client->api;
    if (!client->connection)
        return error_set(err, "%s", client->err.text);
    client->domain = api->virDomainCreateXML(client->connection, xml, VIR_DOMAIN_START_AUTODESTROY);
    return client->domain ? 0 : error_set(err, "libvirt: %s", api->virGetLastErrorMessage());
}

/*
 * Usually it is already gone, since vmc has ended its QEMU. This waits until libvirt has noticed.
 */
static void destroy(struct libvirt_client *client)
{
    if (!client->domain)
        return;
    client->api.virDomainDestroy(client->domain);
    client->api.virDomainFree(client->domain);
    client->domain = NULL;
}

static void answer(int socket, int result, const struct error *err)
{
    char message[1 + sizeof(err->text)];
    int length = result == 0 ? snprintf(message, sizeof(message), "%c", CLIENT_DONE)
                             : snprintf(message, sizeof(message), "%c%s", CLIENT_FAILED, err->text);
    send(socket, message, (size_t)length, MSG_NOSIGNAL);
}

void libvirt_client_main(int socket, const char *uri)
{
    struct libvirt_client client = {.err = ERROR_INIT};
    char *message = xcalloc(CLIENT_MESSAGE_MAX + 1, 1);
    ssize_t length;
    open_connection(&client, uri, &client.err);
    while ((length = recv(socket, message, CLIENT_MESSAGE_MAX, 0)) > 0) {
        struct error err = ERROR_INIT;
        int result = 0;
        message[length] = '\0';
        if (message[0] == CLIENT_CREATE)
            result = create(&client, message + 1, &err);
        else
            destroy(&client);
        answer(socket, result, &err);
    }
    /* Closing the connection destroys the domain. */
    _exit(0);
}
