#include "host/spec/names.h"

#include <string.h>

#include "host/base/net_address.h"
#include "host/base/resolver.h"

#define HOST_GATEWAY "host-gateway"
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

/* A further line: the words with the separator between them. */
static void append(char **text, const char *first, const char *separator, const char *second)
{
    char *longer = xasprintf("%s%s%s%s\n", *text, first, separator, second);
    free(*text);
    *text = longer;
}

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
            return error_set(err, "--dns '%s' is not an address", s->value);
        strings_add(&spec->dns, s->value);
    }
    if (spec->dns.count > RESOLVER_MAX)
        return error_set(err, "--dns: resolv.conf(5) takes no more than %d name servers",
                         RESOLVER_MAX);
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
            return error_set(err, "--%s '%s' is not %s", s->option->name, s->value,
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
static int add_host(const char *text, const struct network_spec *network, struct names_spec *spec,
                    struct error *err)
{
    size_t length = strcspn(text, ":=");
    AUTO_FREE char *name = xstrdup(text);
    const char *value = text[length] ? text + length + 1 : "";
    struct net_address address;
    name[length] = '\0';
    if (!is_name(name) || !value[0])
        return error_set(err, "--add-host '%s' is not NAME:ADDR", text);
    if (strcmp(value, HOST_GATEWAY) == 0 && !gateway_is_host(network))
        return error_set(err,
                         "--add-host %s: the host is reached with --net user:host-loopback or "
                         "--net bridge only",
                         text);
    if (strcmp(value, HOST_GATEWAY) != 0 && !net_address_parse(value, &address))
        return error_set(err, "--add-host '%s': '%s' is not an address", text, value);
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
        if (add_host(s->value, network, ret, err) < 0)
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

/* One line of all words: resolv.conf(5) takes the last line of a keyword. */
static void append_list(char **text, const char *keyword, const struct strings *list)
{
    AUTO_FREE char *words = strings_join(list, " ");
    if (list->count > 0)
        append(text, keyword, " ", words);
}

char *names_resolv_conf(const struct names_spec *spec, const struct network_guest *guest,
                        const char *host_file)
{
    const struct strings *servers = spec->dns.count > 0 ? &spec->dns : &guest->nameservers;
    AUTO_STRINGS struct strings search = {0};
    AUTO_STRINGS struct strings options = {0};
    if (servers->count == 0)
        return NULL;
    resolver_words(host_file, &search, &options);
    char *text = xstrdup("");
    for (size_t i = 0; i < servers->count; i++)
        append(&text, "nameserver", " ", servers->items[i]);
    if (spec->search.count == 0)
        append_list(&text, "search", &search);
    else if (spec->search.count > 1 || strcmp(spec->search.items[0], ".") != 0)
        append_list(&text, "search", &spec->search);
    append_list(&text, "options", spec->options.count > 0 ? &spec->options : &options);
    return text;
}

static void append_own(char **text, const struct network_guest *guest, const char *hostname)
{
    const char *dot = strchr(hostname, '.');
    AUTO_FREE char *names =
        dot ? xasprintf("%s %.*s", hostname, (int)(dot - hostname), hostname) : xstrdup(hostname);
    for (size_t i = 0; i < guest->addresses.count; i++) {
        AUTO_FREE char *address = xstrdup(guest->addresses.items[i]);
        address[strcspn(address, "/")] = '\0';
        append(text, address, "\t", names);
    }
    /* As Debian has it where a machine has no lasting address. */
    if (guest->addresses.count == 0)
        append(text, "127.0.1.1", "\t", names);
}

char *names_hosts(const struct names_spec *spec, const struct network_guest *guest,
                  const char *hostname)
{
    char *text = xstrdup("127.0.0.1\tlocalhost\n"
                         "::1\tlocalhost ip6-localhost ip6-loopback\n"
                         "ff02::1\tip6-allnodes\n"
                         "ff02::2\tip6-allrouters\n");
    for (size_t i = 0; i < spec->hosts.count; i++) {
        AUTO_FREE char *name = xstrdup(spec->hosts.items[i]);
        char *address = strchr(name, '=');
        *address++ = '\0';
        if (strcmp(address, HOST_GATEWAY) == 0 && guest->gateways.count > 0)
            address = guest->gateways.items[0];
        append(&text, address, "\t", name);
    }
    append_own(&text, guest, hostname);
    return text;
}
