/* Network interfaces with their addresses, and routes. */
#include <arpa/inet.h>
#include <dirent.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/probe/see.h"

static void interface_file(struct json *j, const char *interface, const char *name)
{
    char path[128];
    snprintf(path, sizeof(path), "/sys/class/net/%s/%s", interface, name);
    char *text = text_of(path);
    json_string(j, name, text);
    free(text);
}

static unsigned prefix_length(const struct sockaddr *mask)
{
    const unsigned char *bytes =
        (const unsigned char *)&((const struct sockaddr_in *)(const void *)mask)->sin_addr;
    size_t size = 4;
    unsigned bits = 0;
    if (mask->sa_family == AF_INET6) {
        bytes = ((const struct sockaddr_in6 *)(const void *)mask)->sin6_addr.s6_addr;
        size = 16;
    }
    for (size_t i = 0; i < size; i++)
        bits += (unsigned)__builtin_popcount(bytes[i]);
    return bits;
}

static void address(struct json *j, const struct ifaddrs *a)
{
    char text[INET6_ADDRSTRLEN];
    const void *bytes = &((const struct sockaddr_in *)(const void *)a->ifa_addr)->sin_addr;
    if (a->ifa_addr->sa_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)(const void *)a->ifa_addr)->sin6_addr;
    if (inet_ntop(a->ifa_addr->sa_family, bytes, text, sizeof(text)))
        json_format(j, NULL, "%s/%u", text, prefix_length(a->ifa_netmask));
}

static void addresses(struct json *j, const struct ifaddrs *list, const char *interface)
{
    json_array(j, "addresses");
    for (const struct ifaddrs *a = list; a; a = a->ifa_next)
        if (strcmp(a->ifa_name, interface) == 0 && a->ifa_addr && a->ifa_netmask &&
            (a->ifa_addr->sa_family == AF_INET || a->ifa_addr->sa_family == AF_INET6))
            address(j, a);
    json_end(j);
}

static void interfaces(struct json *j)
{
    struct ifaddrs *list = NULL;
    struct if_nameindex *names = if_nameindex();
    if (getifaddrs(&list) < 0)
        list = NULL;
    json_object(j, "interfaces");
    for (const struct if_nameindex *n = names; n && n->if_name; n++) {
        json_object(j, n->if_name);
        interface_file(j, n->if_name, "flags");
        interface_file(j, n->if_name, "mtu");
        interface_file(j, n->if_name, "address");
        addresses(j, list, n->if_name);
        json_end(j);
    }
    json_end(j);
    if (names)
        if_freenameindex(names);
    freeifaddrs(list);
}

/* proc_net(5): numbers in hexadecimal, in network order as the machine reads them. */
static void routes(struct json *j)
{
    char *text = text_of("/proc/net/route"), *rest = text, *line;
    json_array(j, "routes");
    while (text && (line = strsep(&rest, "\n"))) {
        char name[IF_NAMESIZE], to[INET_ADDRSTRLEN], via[INET_ADDRSTRLEN];
        uint32_t destination, gateway, mask;
        if (sscanf(line, "%15s %" SCNx32 " %" SCNx32 " %*s %*s %*s %*s %" SCNx32, name,
                   &destination, &gateway, &mask) != 4)
            continue;
        inet_ntop(AF_INET, &destination, to, sizeof(to));
        inet_ntop(AF_INET, &gateway, via, sizeof(via));
        json_format(j, NULL, "%s/%d via %s dev %s", to, __builtin_popcount(mask), via, name);
    }
    json_end(j);
    free(text);
}

static void default_routes6(struct json *j)
{
    char *text = text_of("/proc/net/ipv6_route"), *rest = text, *line;
    json_array(j, "default_routes_ipv6");
    while (text && (line = strsep(&rest, "\n"))) {
        char to[33], length[3], via[33], name[IF_NAMESIZE];
        if (sscanf(line, "%32s %2s %*s %*s %32s %*s %*s %*s %*s %15s", to, length, via, name) ==
                4 &&
            strcmp(length, "00") == 0 && strcmp(name, "lo") != 0)
            json_format(j, NULL, "via %s dev %s", via, name);
    }
    json_end(j);
    free(text);
}

void see_network(struct json *j)
{
    json_object(j, "network");
    interfaces(j);
    routes(j);
    default_routes6(j);
    json_end(j);
}
