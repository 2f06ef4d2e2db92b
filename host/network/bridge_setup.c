#include "host/network/bridge_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/log.h"
#include "common/util.h"
#include "host/base/child.h"
#include "host/base/notice.h"

#define NUMBER_FIRST 99 /* of vmc0, as a rule */
#define NUMBER_COUNT 256
/* The interface index is chosen, so that it can be written down before the interface exists. */
#define INDEX_BASE 761000
#define COMMAND_PATIENCE_NS (20 * NS_PER_S)
#define FORWARD4 "/proc/sys/net/ipv4/ip_forward"
#define FORWARD6 "/proc/sys/net/ipv6/conf/all/forwarding"
/* include/uapi/linux/route.h and ipv6_route.h: a default route from a router advertisement. */
#define RTF_ADDRCONF 0x00040000u

void bridge_address(const struct bridge_plan *plan, unsigned host, char ret[NET_ADDRESS_TEXT])
{
    snprintf(ret, NET_ADDRESS_TEXT, "10.118.%u.%u", plan->number, host);
}

void bridge_address6(const struct bridge_plan *plan, unsigned host, char ret[NET_ADDRESS_TEXT])
{
    snprintf(ret, NET_ADDRESS_TEXT, "fd76:6d63:0:%x::%x", plan->number, host);
}

/* ---- programs ---- */

/* A file in memory that a program reads as its standard input. */
static int text_file(const char *text, struct error *err)
{
    AUTO_CLOSE int fd = memfd_create("vmc-input", MFD_CLOEXEC);
    if (fd < 0 || write_all(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return error_errno(err, "cannot make a file in memory");
    return take_fd(&fd);
}

/* The first line of a program's output. */
static void first_line(int fd, char *text, size_t size)
{
    ssize_t n = pread(fd, text, size - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
}

/* Runs a program of a package on a text; its arguments follow, up to NULL. */
static int run_on(const char *text, const char *program, const char *package,
                  const char *const *words, struct error *err)
{
    AUTO_STRINGS struct strings argv = {0};
    AUTO_FREE char *path = program_find(program);
    AUTO_CLOSE int in = text_file(text, err);
    AUTO_CLOSE int out = in < 0 ? -1 : text_file("", err);
    struct child_process child = CHILD_INIT;
    int status = -1;
    if (!path)
        return error_set(err, "--net bridge needs %s: apt install %s", program, package);
    strings_add(&argv, program);
    for (; *words; words++)
        strings_add(&argv, *words);
    const int fds[] = {in, out, out};
    if (out < 0 || child_start(path, &argv, fds, ARRAY_LEN(fds), &child, err) < 0 ||
        child_wait(&child, now_ns() + COMMAND_PATIENCE_NS, &status, err) < 0)
        return error_wrap(err, "%s", program);
    if (status == 0)
        return 0;
    char said[512];
    first_line(out, said, sizeof(said));
    error_set(err, "%s: %s", program, said[0] ? said : "it failed without a message");
    error_sanitize(err->text);
    return -1;
}

static int run_ip(const char *commands, struct error *err)
{
    static const char *const words[] = {"-batch", "-", NULL};
    return run_on(commands, "ip", "iproute2", words, err);
}

static int run_nft(const char *rules, struct error *err)
{
    static const char *const words[] = {"-f", "-", NULL};
    return run_on(rules, "nft", "nftables", words, err);
}

/* ---- forwarding ---- */

static bool read_switch(const char *path)
{
    AUTO_FREE char *text = NULL;
    return read_file_at(AT_FDCWD, path, 16, &text, NULL, NULL) == 0 && text[0] != '0';
}

/*
 * A host that forwards IPv6 ignores router advertisements (ip-sysctl.rst, accept_ra): one that gets
 * its own default route from a router would lose it.
 */
static bool has_announced_route(void)
{
    FILE *file = fopen("/proc/net/ipv6_route", "re");
    unsigned length, flags;
    bool found = false;
    while (file && !found &&
           fscanf(file, "%*32s %x %*32s %*x %*32s %*x %*x %*x %x %*s", &length, &flags) == 2)
        found = length == 0 && (flags & RTF_ADDRCONF);
    if (file)
        fclose(file);
    return found;
}

/* The settings that have to be switched on. */
static void plan_forwarding(struct bridge_plan *plan)
{
    plan->forwarding = !read_switch(FORWARD4);
    plan->nat6 = read_switch(FORWARD6) || !has_announced_route();
    plan->forwarding6 = plan->nat6 && !read_switch(FORWARD6);
    if (!plan->nat6)
        notice("--net bridge: IPv6 stays on the bridge, since this host does not "
               "forward it (sysctl net.ipv6.conf.all.forwarding)");
}

static int start_forwarding(const struct bridge_plan *plan, struct error *err)
{
    if (plan->forwarding && write_file(FORWARD4, "1", err) < 0)
        return -1;
    return plan->forwarding6 ? write_file(FORWARD6, "1", err) : 0;
}

/* ---- the bridge ---- */

char *bridge_rules(const struct bridge_plan *plan)
{
    char net4[NET_ADDRESS_TEXT], net6[NET_ADDRESS_TEXT];
    bridge_address(plan, 0, net4);
    bridge_address6(plan, 0, net6);
    const char *name = plan->name;
    return xasprintf("table inet vmc_%u {\n"
                     " chain postrouting {\n"
                     "  type nat hook postrouting priority srcnat; policy accept;\n"
                     "  ip saddr %s/%d oifname != \"%s\" masquerade\n"
                     "  ip6 saddr %s/%d oifname != \"%s\" masquerade\n"
                     " }\n"
                     " chain forward {\n"
                     "  type filter hook forward priority filter; policy accept;\n"
                     "  iifname \"%s\" oifname \"%s\" accept\n"
                     "  oifname \"%s\" ct state established,related accept\n"
                     "  oifname \"%s\" drop\n"
                     " }\n"
                     "}\n",
                     plan->number, net4, BRIDGE_LENGTH, name, net6, BRIDGE_LENGTH6, name, name,
                     name, name, name);
}

/* True if an interface other than the bridge has an address in its networks. */
static bool number_taken(const struct bridge_plan *plan)
{
    struct net_address ours, ours6;
    char text[NET_ADDRESS_TEXT];
    struct ifaddrs *all = NULL;
    bool taken = false;
    bridge_address(plan, 0, text);
    net_address_parse(text, &ours);
    bridge_address6(plan, 0, text);
    net_address_parse(text, &ours6);
    if (getifaddrs(&all) < 0)
        return false;
    for (const struct ifaddrs *i = all; i && !taken; i = i->ifa_next) {
        if (!i->ifa_addr || strcmp(i->ifa_name, plan->name) == 0)
            continue;
        if (i->ifa_addr->sa_family == AF_INET) {
            const struct sockaddr_in *in = (const void *)i->ifa_addr;
            taken = (ntohl(in->sin_addr.s_addr) ^ ntohl(ours.v4.s_addr)) >> 8 == 0;
        } else if (i->ifa_addr->sa_family == AF_INET6) {
            const struct sockaddr_in6 *in6 = (const void *)i->ifa_addr;
            taken = memcmp(&in6->sin6_addr, &ours6.v6, BRIDGE_LENGTH6 / 8) == 0;
        }
    }
    freeifaddrs(all);
    return taken;
}

static int choose_number(struct bridge_plan *plan, struct error *err)
{
    for (unsigned i = 0; i < NUMBER_COUNT; i++) {
        plan->number = (NUMBER_FIRST + i) % NUMBER_COUNT;
        if (!number_taken(plan))
            return 0;
    }
    return error_set(err, "--net bridge: every network of 10.118.0.0/16 is in use on this host");
}

/* The note: number, interface index, the settings to switch off, whether IPv6 leaves. */
static int write_note(const struct lease_room *room, const struct bridge_plan *plan,
                      struct error *err)
{
    AUTO_FREE char *text = xasprintf("%u %u %d %d %d\n", plan->number, INDEX_BASE + plan->number,
                                     plan->forwarding, plan->forwarding6, plan->nat6);
    return lease_note_write(room, text, err);
}

/* False if vmc has made no bridge; *ret_index is the index of its interface. */
static bool read_note(const struct lease_room *room, struct bridge_plan *ret, unsigned *ret_index)
{
    AUTO_FREE char *text = lease_note_read(room);
    int forwarding, forwarding6, nat6;
    if (!text || sscanf(text, "%u %u %d %d %d", &ret->number, ret_index, &forwarding, &forwarding6,
                        &nat6) != 5)
        return false;
    ret->forwarding = forwarding;
    ret->forwarding6 = forwarding6;
    ret->nat6 = nat6;
    return true;
}

static int make(const struct lease_room *room, struct bridge_plan *plan, struct error *err)
{
    char v4[NET_ADDRESS_TEXT], v6[NET_ADDRESS_TEXT];
    if (choose_number(plan, err) < 0)
        return -1;
    bridge_address(plan, 1, v4);
    bridge_address6(plan, 1, v6);
    /* A fixed hardware address: without one, a bridge's address changes with each port. */
    AUTO_FREE char *commands =
        xasprintf("link add name %s index %u address 02:76:6d:63:%02x:01 type bridge "
                  "forward_delay 0 mcast_snooping 0\n"
                  "addr add %s/%d dev %s\n"
                  "addr add %s/%d dev %s nodad\n"
                  "link set %s up\n",
                  plan->name, INDEX_BASE + plan->number, plan->number, v4, BRIDGE_LENGTH,
                  plan->name, v6, BRIDGE_LENGTH6, plan->name, plan->name);
    AUTO_FREE char *rules = bridge_rules(plan);
    plan_forwarding(plan);
    /* The note is written first: if vmc is killed in between, the next run undoes it. */
    if (write_note(room, plan, err) < 0 || run_ip(commands, err) < 0 || run_nft(rules, err) < 0)
        return -1;
    return start_forwarding(plan, err);
}

int bridge_set_up(const struct lease_room *room, unsigned live, struct bridge_plan *ret,
                  struct error *err)
{
    unsigned index = if_nametoindex(room->bridge), noted = 0;
    snprintf(ret->name, sizeof(ret->name), "%s", room->bridge);
    bool ours = read_note(room, ret, &noted) && noted == index;
    if (index != 0 && !ours)
        return error_set(err,
                         "--net bridge: there is an interface %s that vmc has not made; another "
                         "name, --net bridge=NAME, makes another bridge, and --net tap=INTERFACE "
                         "uses one that is prepared",
                         ret->name);
    if (live > 0 && index != 0)
        return 0;
    /* No container is left on it, or another program has removed it. */
    bridge_tear_down(room);
    *ret = (struct bridge_plan){0};
    snprintf(ret->name, sizeof(ret->name), "%s", room->bridge);
    if (make(room, ret, err) < 0) {
        bridge_tear_down(room);
        return -1;
    }
    return 0;
}

void bridge_tear_down(const struct lease_room *room)
{
    struct bridge_plan plan = {0};
    struct error err = ERROR_INIT;
    unsigned index;
    if (!read_note(room, &plan, &index))
        return;
    AUTO_FREE char *rules =
        xasprintf("table inet vmc_%u\ndelete table inet vmc_%u\n", plan.number, plan.number);
    if (run_nft(rules, &err) < 0)
        log_debug("%s", err.text);
    if (index != 0 && if_nametoindex(room->bridge) == index) {
        AUTO_FREE char *commands = xasprintf("link del %s\n", room->bridge);
        if (run_ip(commands, &err) < 0)
            log_debug("%s", err.text);
    }
    bool only = lease_only_bridge(room);
    if (plan.forwarding && only && write_file(FORWARD4, "0", &err) < 0)
        log_debug("%s", err.text);
    if (plan.forwarding6 && only && write_file(FORWARD6, "0", &err) < 0)
        log_debug("%s", err.text);
}

int bridge_add_port(const struct bridge_plan *plan, const char *interface, struct error *err)
{
    /* No host address on it, of any family: it is only a cable. */
    AUTO_FREE char *commands = xasprintf("link set %s addrgenmode none\nlink set %s master %s up\n",
                                         interface, interface, plan->name);
    return run_ip(commands, err);
}
