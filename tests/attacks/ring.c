/* Attacks one layer below the protocol: false descriptors. A device that gives up is reset. */
#include "attacks.h"

#define HUGE_ADDRESS 0xfffffffffffff000ull
#define BEYOND_MEMORY 0x100000000000ull
#define DEVICE_REGISTERS 0xfeb00000ull

/*
 * Offers the corrupted chain of slot 0, and starts again. Whether there is a reply depends on the
 * memory at the false address; that the device works again does not.
 */
static void offer(const char *name, struct device *device, uint16_t head)
{
    device_offer(device, head);
    device_notify(device);
    bool answered = device_stop(device);
    print("# %s\n", answered ? "answered" : "no answer");
    say_named("after", name, client_start() ? client_walk(ROOT, FID, "dir/file") : BROKEN);
    client_clunk(FID);
}

static struct device *statfs(struct descriptor **ret_out, struct descriptor **ret_in)
{
    struct device *device = client_raw(T_STATFS, "d", ROOT);
    *ret_out = &device->queue->table[0];
    *ret_in = &device->queue->table[1];
    return device;
}

static void bend_addresses(void)
{
    static const uint64_t addresses[] = {HUGE_ADDRESS, BEYOND_MEMORY, DEVICE_REGISTERS, 0xf0000,
                                         ~0ull};
    static const char *const names[] = {"huge", "beyond", "registers", "rom", "wraps"};
    struct descriptor *out, *in;
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        char name[32] = "request-at-";
        struct device *device = statfs(&out, &in);
        out->address = addresses[i];
        memcpy(name + strlen(name), names[i], strlen(names[i]) + 1);
        offer(name, device, 0);
        memcpy(name, "response-at-", 12);
        memcpy(name + 12, names[i], strlen(names[i]) + 1);
        device = statfs(&out, &in);
        in->address = addresses[i];
        offer(name, device, 0);
    }
    struct device *device = statfs(&out, &in);
    in->address = out->address;
    offer("response-over-request", device, 0);
    device = statfs(&out, &in);
    in->address = (uint32_t)device->queue;
    offer("response-over-ring", device, 0);
}

static void bend_lengths(void)
{
    static const uint32_t lengths[] = {0, 1, 6, 7, 0x7fffffff, 0xffffffff};
    static const char *const names[] = {"request-of-0", "request-of-1",      "request-of-6",
                                        "request-of-7", "request-of-2^31-1", "request-of-2^32-1"};
    struct descriptor *out, *in;
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        struct device *device = statfs(&out, &in);
        out->length = lengths[i];
        offer(names[i], device, 0);
    }
    struct device *device = statfs(&out, &in);
    in->length = 0;
    offer("response-of-0", device, 0);
    device = statfs(&out, &in);
    in->length = 8;
    offer("response-of-8", device, 0);
    device = statfs(&out, &in);
    out->flags = 0;
    offer("no-response", device, 0);
    device = statfs(&out, &in);
    offer("no-request", device, 1);
    /* The length in the header, which differs from the descriptor's. */
    device = statfs(&out, &in);
    memset((void *)(uint32_t)out->address, 0xff, 4);
    offer("header-of-2^32-1", device, 0);
    device = statfs(&out, &in);
    memset((void *)(uint32_t)out->address, 0, 4);
    offer("header-of-0", device, 0);
}

static void bend_chains(void)
{
    static struct descriptor table[4];
    struct descriptor *out, *in;
    struct device *device = statfs(&out, &in);
    out->next = 0;
    offer("chain-to-itself", device, 0);
    device = statfs(&out, &in);
    out->next = 65535;
    offer("chain-out-of-table", device, 0);
    device = statfs(&out, &in);
    offer("head-out-of-table", device, 65535);
    device = statfs(&out, &in);
    in->flags |= DESCRIPTOR_NEXT;
    in->next = 0;
    offer("response-before-request", device, 1);
    device = statfs(&out, &in);
    device->queue->available.index = (uint16_t)(device->queue->available.index + 30000);
    offer("index-far-ahead", device, 0);
    device = statfs(&out, &in);
    table[0] = *out;
    table[1] = *in;
    *out =
        (struct descriptor){.address = (uint32_t)table, .length = 32, .flags = DESCRIPTOR_INDIRECT};
    offer("indirect", device, 0);
    device = statfs(&out, &in);
    *out =
        (struct descriptor){.address = (uint32_t)table, .length = 17, .flags = DESCRIPTOR_INDIRECT};
    offer("indirect-of-17", device, 0);
    table[0] =
        (struct descriptor){.address = (uint32_t)table, .length = 64, .flags = DESCRIPTOR_INDIRECT};
    device = statfs(&out, &in);
    *out = table[0];
    offer("indirect-in-itself", device, 0);
}

void attack_ring(void)
{
    static const uint32_t pages[] = {0, 0xf0, DEVICE_REGISTERS >> 12, 0xfffff, 0xffffffff};
    static const char *const names[] = {"page-0", "page-rom", "page-registers", "page-4g",
                                        "page-huge"};
    struct descriptor *out, *in;
    bend_addresses();
    bend_lengths();
    bend_chains();
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        struct device *device = statfs(&out, &in);
        device_set_page(device, pages[i]);
        offer(names[i], device, 0);
    }
}
