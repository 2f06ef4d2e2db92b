#include "host/spec/names.h"

#include <string.h>

#include "host/base/net_address.h"
#include "host/base/resolver.h"
#include "host/spec/options.h"

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

/* clang-format off */
static const struct option name_rows[] = {
    {.id = OPTION_DNS, .name = "--dns", .metavar = "ADDR", .on = ON_ALL, .layer = BY_AGENT,
     .help = "name server, up to three, instead of the host's",
     .manual = "It is written to the container's /etc/resolv.conf, with --dns-search and --dns-option; those of the "
         "three that are not given are taken from the host.",
     .repeatable = true},
    {.id = OPTION_DNS_SEARCH, .name = "--dns-search", .metavar = "DOMAIN", .on = ON_ALL, .layer = BY_AGENT,
     .help = "domain in which names without a dot are looked up; '.' for none",
     .repeatable = true},
    {.id = OPTION_DNS_OPTION, .name = "--dns-option", .metavar = "OPTION", .on = ON_ALL, .layer = BY_AGENT,
     .help = "option of resolv.conf(5), such as ndots:2",
     .repeatable = true},
    {.id = OPTION_ADD_HOST, .name = "--add-host", .metavar = "NAME:ADDR", .on = ON_ALL, .layer = BY_AGENT,
     .help = "add a line to /etc/hosts",
     .manual = "'host-gateway' as ADDR means the host, with --net bridge or --net user:host-loopback.",
     .repeatable = true},
};
/* clang-format on */
const struct option_group name_options = OPTION_GROUP(TITLE_NETWORK, name_rows);

static bool is_name(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= 253 && strspn(text, NAME_CHARACTERS) == length && text[0] != '-';
}

static int add_dns(const struct request *req, struct names_spec *spec, struct error *err)
{
    const struct setting *s = NULL;
    while ((s = request_next(req, OPTION_DNS, s))) {
        struct net_address address;
        if (!net_address_parse(s->value, &address))
            return error_set(err, "%s '%s' is not an address", s->origin, s->value);
        strings_add(&spec->dns, s->value);
        if (spec->dns.count > RESOLVER_MAX)
            return error_set(err, "%s: resolv.conf(5) allows at most %d name servers", s->origin,
                             RESOLVER_MAX);
    }
    return 0;
}

/* "." is docker's word for no search list at all. */
static int add_words(const struct request *req, enum option_id id, struct strings *list,
                     struct error *err)
{
    const struct setting *s = NULL;
    while ((s = request_next(req, id, s))) {
        bool good = id == OPTION_DNS_SEARCH ? is_name(s->value)
                                            : s->value[0] && !strpbrk(s->value, " \t\r\n#;");
        if (!good)
            return error_set(err, "%s '%s' is not %s", s->origin, s->value,
                             id == OPTION_DNS_SEARCH ? "a domain" : "an option of resolv.conf(5)");
        strings_add(list, s->value);
    }
    return 0;
}

/* Where the gateway is the host itself. */
static bool gateway_is_host(const struct network_spec *network)
{
    return network->mode == NETWORK_BRIDGE ||
           (network->mode == NETWORK_USER && network->host_loopback);
}

/* NAME:ADDR or NAME=ADDR; an IPv6 address has colons, too. */
static int add_host(const struct setting *s, const struct network_spec *network,
                    struct names_spec *spec, struct error *err)
{
    const char *text = s->value;
    size_t length = strcspn(text, ":=");
    AUTO_FREE char *name = xstrdup(text);
    const char *value = text[length] ? text + length + 1 : "";
    struct net_address address;
    name[length] = '\0';
    if (!is_name(name) || !value[0])
        return error_set(err, "%s '%s' is not NAME:ADDR", s->origin, text);
    if (strcmp(value, HOST_GATEWAY) == 0 && !gateway_is_host(network))
        return error_set(
            err,
            "%s %s: the host can be reached only with --net user:host-loopback or --net bridge",
            s->origin, text);
    if (strcmp(value, HOST_GATEWAY) != 0 && !net_address_parse(value, &address))
        return error_set(err, "%s '%s': '%s' is not an address", s->origin, text, value);
    strings_addf(&spec->hosts, "%s=%s", name, value);
    return 0;
}

int names_resolve(const struct request *req, const struct network_spec *network,
                  struct names_spec *ret, struct error *err)
{
    const struct setting *s = NULL;
    if (add_dns(req, ret, err) < 0 || add_words(req, OPTION_DNS_SEARCH, &ret->search, err) < 0 ||
        add_words(req, OPTION_DNS_OPTION, &ret->options, err) < 0)
        return -1;
    while ((s = request_next(req, OPTION_ADD_HOST, s)))
        if (add_host(s, network, ret, err) < 0)
            return -1;
    return 0;
}

void names_spec_free(struct names_spec *spec)
{
    strings_free(&spec->dns);
    strings_free(&spec->search);
    strings_free(&spec->options);
    strings_free(&spec->hosts);
}
