#include "host/network/network.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/io.h"
#include "common/log.h"
#include "host/base/notice.h"
#include "host/network/frame_carrier.h"
#include "host/network/passt_program.h"
#include "host/network/ports.h"

/* A locally administered address, IEEE 802: it belongs to no vendor. */
static void make_mac(char text[MAC_TEXT_SIZE])
{
    unsigned char b[5];
    if (getrandom(b, sizeof(b), 0) != sizeof(b))
        abort();
    snprintf(text, MAC_TEXT_SIZE, "02:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4]);
}

static const struct network_ops *choose_ops(struct network *network)
{
    switch (network->spec->mode) {
    case NETWORK_USER:
        network->passt = passt_find(&network->no_passt);
        return network->passt ? &network_passt : &network_slirp;
    case NETWORK_BRIDGE:
        return &network_bridge;
    case NETWORK_TAP:
        return &network_tap;
    case NETWORK_NONE:
        break;
    }
    return NULL;
}

int network_prepare(const struct network_spec *spec, const char *directory, bool in_pieces,
                    struct network *ret, struct error *err)
{
    network_sweep();
    ret->spec = spec;
    ret->directory = directory;
    ret->ops = choose_ops(ret);
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
    return in_pieces && ret->link.kind == LINK_STREAM ? frame_carrier_start(ret, err) : 0;
}

int network_wait(struct network *network, int64_t deadline, struct error *err)
{
    if (!network->ops || !network->ops->wait)
        return 0;
    return network->ops->wait(network, deadline, err);
}

static void heed(struct network *network, const char *line)
{
    const struct network_hint *hints = network->ops->hints;
    for (unsigned i = 0; hints && hints[i].word; i++) {
        if ((network->said & 1u << i) || !strstr(line, hints[i].word))
            continue;
        network->said |= 1u << i;
        notice("network: %s", hints[i].says);
    }
}

void network_listen(struct network *network)
{
    char text[NETWORK_WORDS_MAX];
    ssize_t n;
    while (network->errors_fd >= 0 &&
           (n = read(network->errors_fd, text, sizeof(text) - 1)) != -1) {
        char *rest = text, *line;
        text[n] = '\0';
        while ((line = strsep(&rest, "\n"))) {
            if (!line[0])
                continue;
            snprintf(network->words, sizeof(network->words), "%s", line);
            error_sanitize(network->words);
            heed(network, network->words);
        }
        if (n == 0)
            close_fd(&network->errors_fd);
    }
}

static bool has_ended(const struct child_process *child)
{
    return child->pid > 0 && wait_readable(child->pidfd, 0);
}

/* A helper that ends before it is told to leaves the guest without a network. */
static void report_early_end(struct network *network)
{
    if (network->ready_fd >= 0 || !(has_ended(&network->helper) || has_ended(&network->forwarder) ||
                                    has_ended(&network->carrier)))
        return;
    network_listen(network);
    notice("warning: the guest's network (%s) ended before the workload%s%s", network->ops->name,
           network->words[0] ? ": " : "", network->words);
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
    free(network->link.unjailed);
    free(network->ports);
    free(network->passt);
    strings_free(&network->guest.addresses);
    strings_free(&network->guest.gateways);
    strings_free(&network->guest.nameservers);
    *network = (struct network)NETWORK_INIT;
}
