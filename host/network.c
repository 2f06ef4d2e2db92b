#include "host/network.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/log.h"
#include "host/frame_carrier.h"
#include "host/network_ports.h"

/* A locally administered address, IEEE 802: no vendor's. */
static void make_mac(char text[MAC_TEXT_SIZE])
{
    unsigned char b[5];
    if (getrandom(b, sizeof(b), 0) != sizeof(b))
        abort();
    snprintf(text, MAC_TEXT_SIZE, "02:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4]);
}

static const struct network_ops *choose_ops(const struct network_spec *spec)
{
    switch (spec->mode) {
    case NETWORK_USER: {
        AUTO_FREE char *passt = program_find("passt");
        return passt ? &network_passt : &network_slirp;
    }
    case NETWORK_BRIDGE:
        return &network_bridge;
    case NETWORK_TAP:
        return &network_tap;
    case NETWORK_NONE:
        break;
    }
    return NULL;
}

/* Whether passt cannot be the machine's immediate neighbour, frame_carrier.h. */
static bool needs_carrier(const struct network *network, bool in_pieces)
{
    bool tcp = false;
    for (size_t i = 0; i < network->spec->port_count; i++)
        tcp |= !network->ports[i].udp;
    return network->link.kind == LINK_STREAM && (in_pieces || tcp);
}

int network_prepare(const struct network_spec *spec, const char *directory, bool in_pieces,
                    struct network *ret, struct error *err)
{
    network_sweep();
    ret->spec = spec;
    ret->directory = directory;
    ret->ops = choose_ops(spec);
    if (!ret->ops)
        return 0;
    snprintf(ret->guest.interface, sizeof(ret->guest.interface), "eth0");
    snprintf(ret->guest.mac, sizeof(ret->guest.mac), "%s", spec->mac);
    if (!spec->mac[0])
        make_mac(ret->guest.mac);
    log_debug("network: %s", ret->ops->name);
    ret->ports = xcalloc(spec->port_count, sizeof(*ret->ports));
    if (spec->port_count > 0)
        memcpy(ret->ports, spec->ports, spec->port_count * sizeof(*ret->ports));
    if (ports_choose(ret->ports, spec->port_count, err) < 0)
        return -1;
    if (ret->ops->prepare && ret->ops->prepare(ret, err) < 0)
        return -1;
    return needs_carrier(ret, in_pieces) ? frame_carrier_start(ret, err) : 0;
}

int network_wait(struct network *network, int64_t deadline, struct error *err)
{
    if (!network->ops || !network->ops->wait)
        return 0;
    return network->ops->wait(network, deadline, err);
}

void network_last_words(const struct network *network, char ret[NETWORK_WORDS_MAX])
{
    char text[NETWORK_WORDS_MAX];
    ssize_t n = network->errors_fd < 0 ? 0 : read(network->errors_fd, text, sizeof(text) - 1);
    while (n > 0 && text[n - 1] == '\n')
        n--;
    text[n > 0 ? n : 0] = '\0';
    const char *line = strrchr(text, '\n');
    snprintf(ret, NETWORK_WORDS_MAX, "%s", line ? line + 1 : text);
    error_sanitize(ret);
}

static bool has_ended(const struct child *child)
{
    struct pollfd ended = {.fd = child->pidfd, .events = POLLIN};
    return child->pid > 0 && poll(&ended, 1, 0) > 0;
}

/* A helper that is not there any more before it was told to go has left the guest alone. */
static void report_early_end(const struct network *network)
{
    char words[NETWORK_WORDS_MAX];
    if (network->ready_fd >= 0 || !(has_ended(&network->helper) || has_ended(&network->forwarder) ||
                                    has_ended(&network->carrier)))
        return;
    network_last_words(network, words);
    fprintf(stderr,
            "vmc: warning: the guest's network (%s) had ended before the workload did%s%s\n",
            network->ops->name, words[0] ? ": " : "", words);
}

void network_release(struct network *network)
{
    report_early_end(network);
    /* First: a helper ends by itself when the last end of its socket is closed. */
    close_fd(&network->link.fd);
    close_fd(&network->life_fd);
    child_stop(&network->carrier);
    child_stop(&network->helper);
    child_stop(&network->forwarder);
    if (network->ops && network->ops->release)
        network->ops->release(network);
    close_fd(&network->ready_fd);
    close_fd(&network->errors_fd);
    free(network->link.vmm_options);
    free(network->ports);
    free(network->inner);
    strings_free(&network->guest.addresses);
    strings_free(&network->guest.gateways);
    strings_free(&network->guest.nameservers);
    *network = (struct network)NETWORK_INIT;
}
