#include "host/spec/network.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "host/base/units.h"
#include "host/spec/options.h"

/* The modes, and another word that completion offers. */
static const char *const mode_names[] = {
    [NETWORK_NONE] = "none", [NETWORK_USER] = "user", [NETWORK_BRIDGE] = "bridge",
    [NETWORK_TAP] = "tap",   "user:host-loopback",    NULL,
};

#define BRIDGE_DEFAULT "vmc0"

/* clang-format off */
static const struct option network_rows[] = {
    {.id = OPTION_NET, .name = "--net", .metavar = "MODE", .part = PART_CONTENT, .on = ON_ALL, .layer = BY_HOST,
     .help = "network: none, user[:host-loopback], bridge[=NAME] or tap=INTERFACE",
     .manual = "none: only the loopback interface. user: passt makes the guest's connections on the host, without "
         "privileges, so the guest reaches what the caller reaches, except the host's own loopback; with "
         ":host-loopback, the gateway's address, 10.0.2.2, stands for that. bridge: an interface on vmc's own bridge "
         "(vmc0) with an address there, as root; containers on it reach each other. tap: an existing interface that "
         "the caller may use.",
     .default_value = "user", .choices = mode_names},
    {.id = OPTION_NET, .name = "--network", .metavar = "MODE", .part = PART_CONTENT, .on = ON_ALL, .layer = BY_HOST,
     .hidden = true},
    {.id = OPTION_PUBLISH, .name = "--publish", .letter = 'p', .metavar = "[ADDR:][HOST:]PORT[/udp]", .on = ON_ALL,
     .layer = BY_HOST,
     .help = "serve a port of the guest on the host, on 127.0.0.1 unless ADDR says otherwise",
     .manual = "HOST is the port on the host, PORT the guest's; without HOST vmc chooses a free one and prints it. "
         "Only programs on this host reach it unless ADDR is another address: 0.0.0.0 is all of the host's IPv4 "
         "addresses, [::] all of its IPv6 addresses. Ranges are FIRST-LAST on both sides.",
     .repeatable = true},
    {.id = OPTION_PUBLISH, .name = "--port", .metavar = "[ADDR:][HOST:]PORT[/udp]", .on = ON_ALL, .layer = BY_HOST,
     .repeatable = true, .hidden = true},
    {.id = OPTION_IP, .name = "--ip", .metavar = "ADDR[/LENGTH]", .on = ON_ALL, .layer = BY_HOST,
     .help = "IPv4 address of the guest, for bridge and tap"},
    {.id = OPTION_IP6, .name = "--ip6", .metavar = "ADDR[/LENGTH]", .on = ON_ALL, .layer = BY_HOST,
     .help = "IPv6 address of the guest, for bridge and tap"},
    {.id = OPTION_GATEWAY, .name = "--gateway", .metavar = "ADDR", .on = ON_ALL, .layer = BY_HOST,
     .help = "default gateway of the guest, for tap; one per address family",
     .repeatable = true},
    {.id = OPTION_MAC_ADDRESS, .name = "--mac-address", .metavar = "MAC", .on = ON_ALL, .layer = BY_MACHINE,
     .help = "hardware address of the guest's interface (default: generated)"},
};
/* clang-format on */
const struct option_group network_options = OPTION_GROUP(TITLE_NETWORK, network_rows);

const char *network_mode_name(enum network_mode mode)
{
    return mode_names[mode];
}

/* ---- --net ---- */

/* What the kernel takes for a name (dev_valid_name in net/core/dev.c), and no shell would mind. */
static int set_interface(const struct setting *s, struct network_spec *spec, const char *name,
                         struct error *err)
{
    size_t length = strlen(name);
    size_t good = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    if (length == 0 || length >= INTERFACE_NAME_SIZE || good != length || name[0] == '-' ||
        name[0] == '.')
        return error_set(
            err,
            "%s %s: '%s' is not an interface name (letters, digits, '.', '_' and '-', at most %d)",
            s->origin, mode_names[spec->mode], name, INTERFACE_NAME_SIZE - 1);
    snprintf(spec->interface, sizeof(spec->interface), "%s", name);
    return 0;
}

/* Modes that container engines have and a virtual machine cannot. */
static int refuse_mode(const struct setting *s, struct error *err)
{
    const char *value = s->value;
    if (strcmp(value, "host") == 0)
        return error_set(err,
                         "%s host: the guest has a kernel of its own and cannot use the "
                         "host's interfaces; --net user reaches what the host reaches",
                         s->origin);
    if (strncmp(value, "container:", strlen("container:")) == 0 || strncmp(value, "ns:", 3) == 0)
        return error_set(err,
                         "%s %s: the guest has a kernel of its own and cannot join a "
                         "network namespace; --net bridge connects containers",
                         s->origin, value);
    return error_set(err,
                     "%s '%s': it must be none, user[:host-loopback], bridge[=NAME] or "
                     "tap=INTERFACE",
                     s->origin, value);
}

static int resolve_mode(const struct setting *s, struct network_spec *spec, struct error *err)
{
    const char *value = s->value;
    size_t length = strcspn(value, "=:");
    const char *rest = value + length;
    int i = choice_index(mode_names, value, length);
    if (i < 0)
        return refuse_mode(s, err);
    spec->mode = (enum network_mode)i;
    spec->host_loopback = spec->mode == NETWORK_USER && strcmp(rest, ":host-loopback") == 0;
    if (spec->mode == NETWORK_TAP && *rest != '=')
        return error_set(err, "%s tap needs the name of an interface: --net tap=INTERFACE",
                         s->origin);
    if (spec->mode == NETWORK_BRIDGE && *rest == '\0')
        return set_interface(s, spec, BRIDGE_DEFAULT, err);
    if (*rest == '\0' || spec->host_loopback)
        return 0;
    if (*rest == '=' && (spec->mode == NETWORK_TAP || spec->mode == NETWORK_BRIDGE))
        return set_interface(s, spec, rest + 1, err);
    return refuse_mode(s, err);
}

/* ---- --publish ---- */

struct port_range {
    unsigned first, count;
};

static bool parse_port(const char *text, size_t length, unsigned *ret)
{
    unsigned port = 0;
    if (length == 0 || length > 5)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!isdigit((unsigned char)text[i]))
            return false;
        port = 10 * port + (unsigned)(text[i] - '0');
    }
    *ret = port;
    return port > 0 && port <= UINT16_MAX;
}

static bool parse_range(const char *text, size_t length, struct port_range *ret)
{
    unsigned first, last;
    const char *dash = memchr(text, '-', length);
    size_t first_length = dash ? (size_t)(dash - text) : length;
    if (!parse_port(text, first_length, &first))
        return false;
    last = first;
    if (dash && !parse_port(dash + 1, length - first_length - 1, &last))
        return false;
    *ret = (struct port_range){first, last - first + 1};
    return last >= first;
}

/* Takes "ADDR:" off the front where there is one; *at is left at the ports. */
static int take_address(const struct setting *s, const char **at, struct net_address *ret,
                        struct error *err)
{
    const char *text = *at, *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
    const char *end = text[0] != '[' ? strchr(text, ':') : bracket ? bracket + 1 : text;
    *ret = (struct net_address){.family = AF_INET, .v4.s_addr = htonl(INADDR_LOOPBACK)};
    if (text[0] != '[' && (!end || !strchr(end + 1, ':')))
        return 0; /* GUEST or HOST:GUEST */
    if (!net_address_parse_host(text, (size_t)(end - text), ret))
        return error_set(err,
                         "%s %s: the address must be an IPv4 address or an IPv6 address "
                         "in brackets",
                         s->origin, s->value);
    if (*end != ':')
        return error_set(err, "%s %s: an address must be followed by :HOST:GUEST", s->origin,
                         s->value);
    *at = end + 1;
    return 0;
}

/* The protocol behind a slash; *ret_length is what is in front of it. */
static int take_protocol(const struct setting *s, const char *text, size_t *ret_length,
                         bool *ret_udp, struct error *err)
{
    const char *slash = strchr(text, '/');
    *ret_length = slash ? (size_t)(slash - text) : strlen(text);
    *ret_udp = slash && strcmp(slash, "/udp") == 0;
    if (slash && !*ret_udp && strcmp(slash, "/tcp") != 0)
        return error_set(err, "%s %s: the protocol must be tcp or udp", s->origin, text);
    return 0;
}

static bool covers(const struct publish *a, const struct publish *b)
{
    return a->udp == b->udp && a->host_port == b->host_port &&
           a->address.family == b->address.family &&
           (net_address_equal(&a->address, &b->address) || net_address_is_any(&a->address) ||
            net_address_is_any(&b->address));
}

static int add_port(const struct setting *s, struct network_spec *spec, const struct publish *port,
                    struct error *err)
{
    if (spec->port_count == PUBLISH_MAX)
        return error_set(err, "%s %s: more than %d ports", s->origin, s->value, PUBLISH_MAX);
    for (size_t i = 0; i < spec->port_count && port->host_port != 0; i++)
        if (covers(&spec->ports[i], port))
            return error_set(err, "%s %s: port %u of the host is published twice", s->origin,
                             s->value, port->host_port);
    spec->ports = xrealloc(spec->ports, spec->port_count + 1, sizeof(*spec->ports));
    spec->ports[spec->port_count++] = *port;
    return 0;
}

int publish_parse(const struct setting *s, struct network_spec *spec, struct error *err)
{
    const char *text = s->value;
    struct publish port = {0};
    struct port_range host = {0}, guest;
    const char *at = text;
    size_t length;
    if (take_address(s, &at, &port.address, err) < 0 ||
        take_protocol(s, at, &length, &port.udp, err) < 0)
        return -1;
    const char *colon = memchr(at, ':', length);
    const char *inside = colon ? colon + 1 : at;
    size_t host_length = colon ? (size_t)(colon - at) : 0;
    if (!parse_range(inside, length - (size_t)(inside - at), &guest) ||
        (host_length > 0 && !parse_range(at, host_length, &host)) ||
        (at == text ? colon && host_length == 0 : !colon))
        return error_set(err,
                         "%s '%s' is not [ADDR:][HOST:]GUEST[/tcp|/udp] with ports of 1 to "
                         "65535, or ranges FIRST-LAST of them",
                         s->origin, text);
    if (host_length > 0 && host.count != guest.count)
        return error_set(err, "%s %s: %u ports of the host for %u of the guest", s->origin, text,
                         host.count, guest.count);
    for (unsigned i = 0; i < guest.count; i++) {
        port.host_port = host_length > 0 ? (uint16_t)(host.first + i) : 0;
        port.guest_port = (uint16_t)(guest.first + i);
        if (add_port(s, spec, &port, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- addresses ---- */

static const char *mac_hint = "six hexadecimal pairs like 02:00:5e:10:00:01, not a group address";

static int resolve_mac(const struct setting *s, struct network_spec *spec, struct error *err)
{
    const char *value = s->value;
    unsigned char bytes[6];
    int end = 0;
    if (strlen(value) != MAC_TEXT_SIZE - 1 ||
        sscanf(value, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &bytes[0], &bytes[1], &bytes[2],
               &bytes[3], &bytes[4], &bytes[5], &end) != 6 ||
        end != MAC_TEXT_SIZE - 1)
        return error_set(err, "%s '%s' is not a hardware address: %s", s->origin, value, mac_hint);
    bool zero = true;
    for (size_t i = 0; i < ARRAY_LEN(bytes); i++)
        zero = zero && bytes[i] == 0;
    if (zero || (bytes[0] & 1))
        return error_set(err, "%s %s is not a unicast MAC address: %s", s->origin, value, mac_hint);
    snprintf(spec->mac, sizeof(spec->mac), "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1],
             bytes[2], bytes[3], bytes[4], bytes[5]);
    return 0;
}

/* Addresses that a single machine cannot have. */
static bool is_host_address(const struct net_address *a)
{
    if (net_address_is_any(a) || net_address_is_loopback(a))
        return false;
    if (a->family == AF_INET)
        return ntohl(a->v4.s_addr) >> 28 != 14 && a->v4.s_addr != htonl(INADDR_BROADCAST);
    return !IN6_IS_ADDR_MULTICAST(&a->v6);
}

static int resolve_ip(const struct setting *s, sa_family_t family, bool with_length,
                      struct net_prefix *ret, struct error *err)
{
    const char *value = s->value, *slash = strchrnul(value, '/');
    char text[NET_ADDRESS_TEXT] = "";
    unsigned most = family == AF_INET ? 32 : 128;
    if ((size_t)(slash - value) < sizeof(text))
        memcpy(text, value, (size_t)(slash - value));
    if (!net_address_parse(text, &ret->address) || ret->address.family != family ||
        !is_host_address(&ret->address))
        return error_set(err, "%s '%s' is not %s host address", s->origin, value,
                         family == AF_INET ? "an IPv4" : "an IPv6");
    if (*slash && !with_length)
        return error_set(err, "%s %s: the bridge determines the prefix length: leave out %s",
                         s->origin, value, slash);
    if (!*slash && with_length)
        return error_set(err, "%s %s: with --net tap it needs a prefix length, as in %s/%u",
                         s->origin, value, value, family == AF_INET ? 24 : 64);
    if (*slash && parse_count(slash + 1, 1, most, &ret->length, err) < 0)
        return error_wrap(err, "%s %s", s->origin, value);
    return 0;
}

static int resolve_gateways(const struct request *req, struct network_spec *spec, struct error *err)
{
    for (const struct setting *s = NULL; (s = request_next(req, OPTION_GATEWAY, s));) {
        struct net_address address;
        if (!net_address_parse(s->value, &address) || !is_host_address(&address))
            return error_set(err, "%s '%s' is not an IPv4 or IPv6 host address", s->origin,
                             s->value);
        bool v4 = address.family == AF_INET;
        if ((v4 ? spec->ip : spec->ip6).address.family == AF_UNSPEC)
            return error_set(err, "%s %s needs an address of the same family: %s", s->origin,
                             s->value, v4 ? "--ip" : "--ip6");
        *(v4 ? &spec->gateway : &spec->gateway6) = address;
    }
    return 0;
}

/* Which modes an option makes sense in; everywhere else it is refused. */
struct mode_rule {
    enum option_id id;
    unsigned modes;
    const char *reason;
};

#define MODE(m) (1u << (m))
static const struct mode_rule mode_rules[] = {
    {OPTION_PUBLISH, MODE(NETWORK_USER) | MODE(NETWORK_BRIDGE),
     "no vmc process is in between to publish a port"},
    {OPTION_IP, MODE(NETWORK_BRIDGE) | MODE(NETWORK_TAP),
     "the guest's address is not visible outside and cannot be chosen"},
    {OPTION_IP6, MODE(NETWORK_BRIDGE) | MODE(NETWORK_TAP),
     "the guest's address is not visible outside and cannot be chosen"},
    {OPTION_GATEWAY, MODE(NETWORK_TAP), "the gateway is vmc's own"},
    {OPTION_MAC_ADDRESS, MODE(NETWORK_USER) | MODE(NETWORK_BRIDGE) | MODE(NETWORK_TAP),
     "there is no interface"},
};

static int check_modes(const struct request *req, const struct network_spec *spec,
                       struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(mode_rules); i++) {
        const struct mode_rule *rule = &mode_rules[i];
        const struct setting *s = request_setting(req, rule->id);
        if (!s || (rule->modes & MODE(spec->mode)))
            continue;
        return error_set(err, "%s cannot go with --net %s: %s", s->origin, mode_names[spec->mode],
                         spec->mode == NETWORK_NONE ? "there is no network" : rule->reason);
    }
    return 0;
}

int network_spec_resolve(const struct request *req, struct network_spec *ret, struct error *err)
{
    const struct setting mode = request_setting_or_default(req, OPTION_NET);
    const struct setting *ip = request_setting(req, OPTION_IP);
    const struct setting *ip6 = request_setting(req, OPTION_IP6);
    const struct setting *mac = request_setting(req, OPTION_MAC_ADDRESS);
    if (resolve_mode(&mode, ret, err) < 0 || check_modes(req, ret, err) < 0)
        return -1;
    bool tap = ret->mode == NETWORK_TAP;
    if ((ip && resolve_ip(ip, AF_INET, tap, &ret->ip, err) < 0) ||
        (ip6 && resolve_ip(ip6, AF_INET6, tap, &ret->ip6, err) < 0) ||
        resolve_gateways(req, ret, err) < 0 || (mac && resolve_mac(mac, ret, err) < 0))
        return -1;
    for (const struct setting *s = NULL; (s = request_next(req, OPTION_PUBLISH, s));)
        if (publish_parse(s, ret, err) < 0)
            return -1;
    return 0;
}

void network_spec_free(struct network_spec *spec)
{
    free(spec->ports);
    *spec = (struct network_spec){0};
}
