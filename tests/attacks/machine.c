#include "machine.h"

/* Registers, virtio 1.2 sections 4.2.2 and 4.2.4. */
#define REG_MAGIC 0x000
#define REG_VERSION 0x004
#define REG_DEVICE_ID 0x008
#define REG_GUEST_FEATURES 0x020
#define REG_GUEST_FEATURES_WORD 0x024
#define REG_GUEST_PAGE_SIZE 0x028
#define REG_QUEUE_SELECT 0x030
#define REG_QUEUE_MAX 0x034
#define REG_QUEUE_SIZE 0x038
#define REG_QUEUE_ALIGN 0x03c
#define REG_QUEUE_PAGE 0x040
#define REG_QUEUE_READY 0x044
#define REG_QUEUE_NOTIFY 0x050
#define REG_STATUS 0x070
/* 64 bits each */
#define REG_QUEUE_TABLE 0x080
#define REG_QUEUE_AVAILABLE 0x090
#define REG_QUEUE_USED 0x0a0

#define MAGIC 0x74726976
#define STATUS_DRIVER 3 /* acknowledged, and there is a driver */
#define STATUS_READY 4
#define STATUS_FEATURES 8
#define VERSION_LEGACY 1
/* Of the second word of features: VIRTIO_F_VERSION_1. */
#define FEATURE_VERSION_1 1
#define PAGE 4096u

/* QEMU's microvm: hw/i386/microvm.c. */
#define FIRST_DEVICE 0xfeb00000u
#define DEVICE_STEP 512u
#define DEVICE_COUNT 24u

static volatile uint32_t *reg(uint32_t base, unsigned offset)
{
    return (volatile uint32_t *)(base + offset);
}

static uint64_t ticks_now(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static void barrier(void)
{
    __asm__ volatile("lock; addl $0, (%%esp)" ::: "memory");
}

static uint32_t find_device(unsigned kind)
{
    for (unsigned i = 0; i < DEVICE_COUNT; i++) {
        uint32_t base = FIRST_DEVICE + i * DEVICE_STEP;
        if (*reg(base, REG_MAGIC) == MAGIC && *reg(base, REG_DEVICE_ID) == kind)
            return base;
    }
    return 0;
}

static void set_address(uint32_t base, unsigned offset, const void *address)
{
    *reg(base, offset) = (uint32_t)address;
    *reg(base, offset + 4) = 0;
}

/* Where the queue is, which a legacy device learns from its first page. */
static void set_queue(const struct device *device)
{
    const struct queue *queue = device->queue;
    if (*reg(device->base, REG_VERSION) == VERSION_LEGACY) {
        *reg(device->base, REG_QUEUE_ALIGN) = PAGE;
        device_set_page(device, (uint32_t)queue / PAGE);
        return;
    }
    set_address(device->base, REG_QUEUE_TABLE, queue->table);
    set_address(device->base, REG_QUEUE_AVAILABLE, &queue->available);
    set_address(device->base, REG_QUEUE_USED, &queue->used);
    *reg(device->base, REG_QUEUE_READY) = 1;
}

static void agree_on_features(uint32_t base)
{
    *reg(base, REG_GUEST_FEATURES) = 0;
    if (*reg(base, REG_VERSION) == VERSION_LEGACY) {
        *reg(base, REG_GUEST_PAGE_SIZE) = PAGE;
        return;
    }
    *reg(base, REG_GUEST_FEATURES_WORD) = 1;
    *reg(base, REG_GUEST_FEATURES) = FEATURE_VERSION_1;
    *reg(base, REG_STATUS) = STATUS_DRIVER | STATUS_FEATURES;
}

bool device_start(struct device *device, unsigned kind, struct queue *queue, unsigned number)
{
    uint32_t base = find_device(kind);
    if (!base)
        return false;
    *device = (struct device){.base = base, .queue = queue, .queue_number = number};
    *reg(base, REG_STATUS) = 0;
    memset(queue, 0, sizeof(*queue));
    *reg(base, REG_STATUS) = STATUS_DRIVER;
    agree_on_features(base);
    *reg(base, REG_QUEUE_SELECT) = number;
    if (*reg(base, REG_QUEUE_MAX) < QUEUE_SIZE)
        return false;
    *reg(base, REG_QUEUE_SIZE) = QUEUE_SIZE;
    set_queue(device);
    *reg(base, REG_STATUS) = *reg(base, REG_STATUS) | STATUS_READY;
    return true;
}

void device_set_page(const struct device *device, uint32_t page)
{
    *reg(device->base, REG_QUEUE_SELECT) = device->queue_number;
    *reg(device->base, REG_QUEUE_PAGE) = page;
}

void device_offer(struct device *device, uint16_t head)
{
    struct queue *queue = device->queue;
    queue->available.ring[queue->available.index % QUEUE_SIZE] = head;
    barrier();
    queue->available.index++;
    barrier();
}

void device_notify(const struct device *device)
{
    *reg(device->base, REG_QUEUE_NOTIFY) = device->queue_number;
}

bool device_wait(struct device *device, uint64_t ticks)
{
    const volatile uint16_t *index = &device->queue->used.index;
    uint64_t end = ticks_now() + ticks;
    while (*index == device->seen) {
        if (ticks_now() > end)
            return false;
        __asm__ volatile("pause");
    }
    barrier();
    device->seen++;
    return true;
}

bool device_stop(struct device *device)
{
    const volatile uint16_t *index = &device->queue->used.index;
    *reg(device->base, REG_STATUS) = 0;
    barrier();
    return *index != device->seen;
}

/* Port 0 of the serial device, which is vmc's console if multiple ports are not negotiated. */
static void write_console(const char *text, size_t length)
{
    static struct queue queue;
    static struct device console;
    if (!console.base && !device_start(&console, DEVICE_CONSOLE, &queue, 1))
        return;
    queue.table[0] = (struct descriptor){.address = (uint32_t)text, .length = length};
    device_offer(&console, 0);
    device_notify(&console);
    device_wait(&console, PATIENCE);
}

/*
 * QEMU's console drops data that vmc has not read in time, and every write uses some of a socket's
 * buffer: so there should be few of them.
 */
static char output[4096];
static size_t used;

void print_all(void)
{
    if (used > 0)
        write_console(output, used);
    used = 0;
}

static void put(char byte)
{
    if (used == sizeof(output))
        print_all();
    output[used++] = byte;
}

static void put_number(uint32_t value)
{
    if (value >= 10)
        put_number(value / 10);
    put((char)('0' + value % 10));
}

/* Knows %s and %u. */
void print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
        } else if (*++format == 'u') {
            put_number(va_arg(args, unsigned));
        } else {
            const char *text = va_arg(args, const char *);
            while (*text)
                put(*text++);
        }
    }
    va_end(args);
}

void *memset(void *to, int byte, size_t count)
{
    for (unsigned char *out = to; count > 0; count--)
        *out++ = (unsigned char)byte;
    return to;
}

void *memcpy(void *to, const void *from, size_t count)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    for (; count > 0; count--)
        *out++ = *in++;
    return to;
}

int memcmp(const void *a, const void *b, size_t count)
{
    const unsigned char *x = a, *y = b;
    for (; count > 0; count--, x++, y++)
        if (*x != *y)
            return *x < *y ? -1 : 1;
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}
