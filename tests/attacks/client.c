#include "client.h"

#define HEADER 7u
#define R_LERROR 7
#define R_ERROR 107
#define MESSAGE_SIZE 8192u

struct slot {
    unsigned char out[MESSAGE_MAX];
    unsigned char in[MESSAGE_MAX];
    size_t length;
    uint8_t type;
};

static struct queue queue;
static struct device device;
static struct slot slots[SLOTS];

unsigned char *reply;
size_t reply_length;

static void put_bytes(struct slot *slot, const void *bytes, size_t length)
{
    if (slot->length + length > sizeof(slot->out))
        return;
    memcpy(slot->out + slot->length, bytes, length);
    slot->length += length;
}

/* Little endian, as the machine. */
static void put_integer(struct slot *slot, uint64_t value, size_t size)
{
    put_bytes(slot, &value, size);
}

static void put_string(struct slot *slot, const char *text)
{
    size_t length = strlen(text);
    put_integer(slot, length, 2);
    put_bytes(slot, text, length);
}

static void put_arguments(struct slot *slot, const char *format, va_list args)
{
    for (; *format; format++) {
        switch (*format) {
        case 'b':
            put_integer(slot, va_arg(args, unsigned), 1);
            break;
        case 'w':
            put_integer(slot, va_arg(args, unsigned), 2);
            break;
        case 'd':
            put_integer(slot, va_arg(args, uint32_t), 4);
            break;
        case 'q':
            put_integer(slot, va_arg(args, uint64_t), 8);
            break;
        case 's':
            put_string(slot, va_arg(args, const char *));
            break;
        case 'D': {
            const void *bytes = va_arg(args, const void *);
            put_bytes(slot, bytes, va_arg(args, size_t));
            break;
        }
        }
    }
}

static void fill(unsigned number, enum message_type type, const char *format, va_list args)
{
    struct slot *slot = &slots[number];
    uint16_t first = (uint16_t)(2 * number);
    slot->type = (uint8_t)type;
    slot->length = 0;
    memset(slot->in, 0, HEADER);
    put_integer(slot, 0, 4);
    put_integer(slot, type, 1);
    put_integer(slot, type == T_VERSION ? NO_TAG : number, 2);
    put_arguments(slot, format, args);
    memcpy(slot->out, &slot->length, 4);
    queue.table[first] = (struct descriptor){
        .address = (uint32_t)slot->out,
        .length = slot->length,
        .flags = DESCRIPTOR_NEXT,
        .next = (uint16_t)(first + 1),
    };
    queue.table[first + 1] = (struct descriptor){
        .address = (uint32_t)slot->in,
        .length = sizeof(slot->in),
        .flags = DESCRIPTOR_WRITE,
    };
}

static uint32_t number_at(const unsigned char *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return value;
}

static int result_of(unsigned number)
{
    struct slot *slot = &slots[number];
    uint32_t length = number_at(slot->in);
    if (length < HEADER || length > sizeof(slot->in))
        return OTHER_ANSWER;
    reply = slot->in + HEADER;
    reply_length = length - HEADER;
    if (slot->in[4] == R_LERROR)
        return (int)number_at(reply);
    /* 9P2000.u: a text, then the number. */
    if (slot->in[4] == R_ERROR && reply_length >= 6)
        return (int)number_at(reply + reply_length - 4);
    return slot->in[4] == slot->type + 1 ? 0 : OTHER_ANSWER;
}

int client_call(enum message_type type, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(0, type, format, args);
    va_end(args);
    device_offer(&device, 0);
    device_notify(&device);
    return device_wait(&device, PATIENCE) ? result_of(0) : NO_ANSWER;
}

int client_malformed(enum message_type type, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(0, type, format, args);
    va_end(args);
    device_offer(&device, 0);
    device_notify(&device);
    int result = device_stop(&device) ? result_of(0) : NO_ANSWER;
    return client_start() ? result : BROKEN;
}

void client_put(unsigned slot, enum message_type type, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(slot, type, format, args);
    va_end(args);
}

void client_send(unsigned count, int *results)
{
    unsigned answered = 0;
    for (unsigned i = 0; i < count; i++)
        device_offer(&device, (uint16_t)(2 * i));
    device_notify(&device);
    while (answered < count && device_wait(&device, PATIENCE))
        answered++;
    for (unsigned i = 0; i < count; i++)
        results[i] = answered == count ? result_of(i) : NO_ANSWER;
}

struct device *client_raw(enum message_type type, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(0, type, format, args);
    va_end(args);
    return &device;
}

int client_version(uint32_t message_size, const char *version)
{
    return client_call(T_VERSION, "ds", message_size, version);
}

bool client_start(void)
{
    return device_start(&device, DEVICE_9P, &queue, 0) &&
           client_version(MESSAGE_SIZE, "9P2000.L") == 0 &&
           client_call(T_ATTACH, "ddssd", ROOT, NO_FID, "root", "", 0u) == 0;
}

int client_walk(uint32_t from, uint32_t to, const char *path)
{
    unsigned char names[1024];
    size_t used = 0;
    unsigned count = 0;
    while (*path) {
        uint16_t length = 0;
        while (path[length] && path[length] != '/')
            length++;
        memcpy(names + used, &length, 2);
        memcpy(names + used + 2, path, length);
        used += 2u + length;
        path += path[length] ? length + 1u : length;
        count++;
    }
    int result = client_call(T_WALK, "ddwD", from, to, count, names, used);
    if (result == 0 && reply_length >= 2 && (reply[0] | reply[1] << 8) != (int)count)
        return PART_WAY;
    return result;
}

int client_clunk(uint32_t fid)
{
    return client_call(T_CLUNK, "d", fid);
}
