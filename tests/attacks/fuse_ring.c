/* Lies in the ring of virtio-fs, which virtiofsd reads itself: one per machine. */
#include "fuse.h"

#define HUGE_ADDRESS 0xfffffffffffff000ull
#define DEVICE_REGISTERS 0xfeb00000ull

void attack_fuse_ring(char number)
{
    static struct descriptor table[1];
    struct device *device = fuse_raw();
    struct queue *queue = device->queue;
    struct descriptor *out = &queue->table[0], *in = &queue->table[1];
    uint16_t head = 0;
    uint64_t node;
    switch (number) {
    case '0':
        out->address = HUGE_ADDRESS;
        break;
    case '1':
        in->address = DEVICE_REGISTERS;
        break;
    case '2':
        out->length = 0xffffffff;
        break;
    case '3':
        out->next = 0;
        break;
    case '4':
        out->next = 65535;
        break;
    case '5':
        head = 65535;
        break;
    case '6':
        in->length = 8;
        break;
    case '7':
        out->length = 8;
        break;
    case '8':
        queue->available.index = (uint16_t)(queue->available.index + 30000);
        break;
    case '9':
        table[0] = (struct descriptor){
            .address = (uint32_t)table, .length = 64, .flags = DESCRIPTOR_INDIRECT};
        *out = table[0];
        break;
    }
    device_offer(device, head);
    device_notify(device);
    print("# %s\n", device_wait(device, PATIENCE / 16) ? "answered" : "no answer");
    print_all();
    say("after", fuse_start() ? fuse_lookup(FUSE_ROOT_ID, "file", &node) : BROKEN);
    print_all();
}
