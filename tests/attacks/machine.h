/*
 * The attacker's view of the machine: virtio devices behind virtio-mmio (either layout, virtio 1.2
 * section 4.2), driven by polling, and a console to print on. Memory is flat: a pointer is a bus
 * address.
 */
#ifndef VMC_TESTS_ATTACKS_MACHINE_H
#define VMC_TESTS_ATTACKS_MACHINE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Time-stamp counter ticks: some seconds on any host. */
#define PATIENCE 20000000000ull

#define DEVICE_CONSOLE 3
#define DEVICE_9P 9
#define DEVICE_FS 26

#define DESCRIPTOR_NEXT 1
#define DESCRIPTOR_WRITE 2
#define DESCRIPTOR_INDIRECT 4

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags;
    uint16_t next;
};

#define QUEUE_SIZE 128

/* A virtqueue in the legacy layout. */
struct queue {
    struct descriptor table[QUEUE_SIZE];
    struct {
        uint16_t flags, index, ring[QUEUE_SIZE];
    } available;
    struct {
        uint16_t flags, index;
        struct {
            uint32_t id, length;
        } ring[QUEUE_SIZE];
    } used __attribute__((aligned(4096)));
} __attribute__((aligned(4096)));

struct device {
    uint32_t base; /* of its registers; 0: there is none */
    struct queue *queue;
    unsigned queue_number;
    uint16_t seen; /* of used.index */
};

/* Resets the first device of this kind and sets up one of its queues. False: there is none. */
bool device_start(struct device *device, unsigned kind, struct queue *queue, unsigned number);

/* Lets the device's queue begin at this page instead. */
void device_set_page(const struct device *device, uint32_t page);

/* Makes a chain available: its first descriptor. */
void device_offer(struct device *device, uint16_t head);
void device_notify(const struct device *device);

/* Waits until the device has used one more chain. False: it did not. */
bool device_wait(struct device *device, uint64_t ticks);

/*
 * Resets the device, which waits for requests under way. True: it has used one more chain. This
 * distinguishes, without waiting, a device that does not answer from one that has not answered yet.
 */
bool device_stop(struct device *device);

/* The console: what has been printed comes out with print_all(). */
void print_all(void);
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* freestanding programs provide these to the compiler */
void *memset(void *to, int byte, size_t count);
void *memcpy(void *to, const void *from, size_t count);
int memcmp(const void *a, const void *b, size_t count);
size_t strlen(const char *text);

#endif
