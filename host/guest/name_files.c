#include "host/guest/name_files.h"

#include <string.h>

#include "host/base/resolver.h"

/* A further line: the words with the separator between them. */
static void append(char **text, const char *first, const char *separator, const char *second)
{
    char *longer = xasprintf("%s%s%s%s\n", *text, first, separator, second);
    free(*text);
    *text = longer;
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
