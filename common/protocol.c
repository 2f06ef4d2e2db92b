#include "common/protocol.h"

#include <string.h>

#include "common/util.h"

/* Which frames may come from whom, and how long they may be. */
static const struct frame_rule {
    uint16_t type;
    uint8_t senders; /* bit per enum peer */
    uint32_t min_length;
    uint32_t max_length;
    const char *name;
} frame_rules[] = {
#define FROM(peer) (1u << (peer))
    {FRAME_PREPARE, FROM(PEER_HOST_CONTROL), 0, FRAME_PAYLOAD_MAX, "PREPARE"},
    {FRAME_CONFIG, FROM(PEER_HOST_CONTROL), 0, FRAME_PAYLOAD_MAX, "CONFIG"},
    {FRAME_EXEC, FROM(PEER_HOST_CONTROL) | FROM(PEER_CLIENT), 0, FRAME_PAYLOAD_MAX, "EXEC"},
    {FRAME_SIGNAL, FROM(PEER_HOST_CONTROL) | FROM(PEER_CLIENT), SIGNAL_SIZE, SIGNAL_SIZE, "SIGNAL"},
    {FRAME_WINSIZE, FROM(PEER_HOST_CONTROL) | FROM(PEER_CLIENT), WINSIZE_SIZE, WINSIZE_SIZE,
     "WINSIZE"},
    {FRAME_STDIN, FROM(PEER_HOST_DATA), 0, FRAME_PAYLOAD_MAX, "STDIN"},
    {FRAME_CREDIT, FROM(PEER_HOST_DATA) | FROM(PEER_GUEST_DATA), CREDIT_SIZE, CREDIT_SIZE,
     "CREDIT"},
    {FRAME_CLOSE, FROM(PEER_HOST_DATA) | FROM(PEER_GUEST_DATA), CLOSE_SIZE, CLOSE_SIZE, "CLOSE"},
    {FRAME_WAKE, FROM(PEER_HOST_CONTROL), 0, 0, "WAKE"},
    {FRAME_HELLO, FROM(PEER_GUEST_CONTROL), HELLO_SIZE, HELLO_SIZE, "HELLO"},
    {FRAME_PREPARED, FROM(PEER_GUEST_CONTROL), 0, 0, "PREPARED"},
    {FRAME_STARTED, FROM(PEER_GUEST_CONTROL) | FROM(PEER_MONITOR), STARTED_SIZE, STARTED_SIZE,
     "STARTED"},
    {FRAME_ERROR, FROM(PEER_GUEST_CONTROL) | FROM(PEER_MONITOR), 1, ERROR_SIZE_MAX, "ERROR"},
    {FRAME_EXIT, FROM(PEER_GUEST_CONTROL) | FROM(PEER_MONITOR), EXIT_SIZE, EXIT_SIZE, "EXIT"},
    {FRAME_STDOUT, FROM(PEER_GUEST_DATA), 0, FRAME_PAYLOAD_MAX, "STDOUT"},
    {FRAME_STDERR, FROM(PEER_GUEST_DATA), 0, FRAME_PAYLOAD_MAX, "STDERR"},
#undef FROM
};

static const struct frame_rule *find_rule(uint16_t type)
{
    for (size_t i = 0; i < ARRAY_LEN(frame_rules); i++)
        if (frame_rules[i].type == type)
            return &frame_rules[i];
    return NULL;
}

const char *frame_name(uint16_t type)
{
    const struct frame_rule *rule = find_rule(type);
    return rule ? rule->name : "unknown";
}

static void put(uint8_t *bytes, size_t size, uint64_t value)
{
    for (size_t i = size; i-- > 0; value >>= 8)
        bytes[i] = (uint8_t)value;
}

static uint64_t get(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

void decoder_init(struct decoder *d, enum peer peer)
{
    d->peer = peer;
    d->start = d->end = 0;
}

uint8_t *decoder_space(struct decoder *d, size_t *ret_room)
{
    /* The largest frame fits twice: after moving, an incomplete one always has room to grow. */
    if (d->start > 0) {
        memmove(d->bytes, d->bytes + d->start, d->end - d->start);
        d->end -= d->start;
        d->start = 0;
    }
    *ret_room = sizeof(d->bytes) - d->end;
    return d->bytes + d->end;
}

void decoder_added(struct decoder *d, size_t count)
{
    d->end += count;
}

static int check_frame(enum peer peer, const struct frame *frame, struct error *err)
{
    const struct frame_rule *rule = find_rule(frame->type);
    if (!rule)
        return error_set(err, "protocol error: unknown frame type %u", frame->type);
    if (!(rule->senders & (1u << peer)))
        return error_set(err, "protocol error: unexpected %s frame", rule->name);
    if (frame->length < rule->min_length || frame->length > rule->max_length)
        return error_set(err, "protocol error: %s frame of %u bytes", rule->name, frame->length);
    return 0;
}

int decoder_next(struct decoder *d, struct frame *ret_frame, struct error *err)
{
    size_t available = d->end - d->start;
    if (available < FRAME_HEADER_SIZE)
        return 0;
    const uint8_t *header = d->bytes + d->start;
    struct frame frame = {
        .type = (uint16_t)get(header, 2),
        .stream = (uint16_t)get(header + 2, 2),
        .length = (uint32_t)get(header + 4, 4),
        .payload = header + FRAME_HEADER_SIZE,
    };
    if (check_frame(d->peer, &frame, err) < 0)
        return -1;
    if (available - FRAME_HEADER_SIZE < frame.length)
        return 0;
    d->start += FRAME_HEADER_SIZE + frame.length;
    *ret_frame = frame;
    return 1;
}

void encode_header(uint8_t *bytes, enum frame_type type, uint16_t stream, uint32_t length)
{
    put(bytes, 2, type);
    put(bytes + 2, 2, stream);
    put(bytes + 4, 4, length);
}

void encode_hello(uint8_t *bytes, const struct hello *hello)
{
    put(bytes, 4, hello->version);
    put(bytes + 4, 8, hello->kernel_ns);
    put(bytes + 12, 8, hello->agent_ns);
}

int decode_hello(const struct frame *frame, struct hello *ret_hello, struct error *err)
{
    uint32_t version = (uint32_t)get(frame->payload, 4);
    if (version != PROTOCOL_VERSION)
        return error_set(err,
                         "the guest image speaks protocol version %u, this vmc speaks %u; "
                         "breed the image again with 'breeder/breeder build'",
                         version, PROTOCOL_VERSION);
    ret_hello->version = version;
    ret_hello->kernel_ns = get(frame->payload + 4, 8);
    ret_hello->agent_ns = get(frame->payload + 12, 8);
    return 0;
}

void encode_started(uint8_t *bytes, const struct started *started)
{
    put(bytes, 4, started->pid);
    put(bytes + 4, 8, started->config_ns);
    put(bytes + 12, 8, started->share_ns);
    put(bytes + 20, 8, started->rootfs_ns);
    put(bytes + 28, 8, started->start_ns);
}

int decode_started(const struct frame *frame, struct started *ret_started, struct error *err)
{
    (void)err;
    ret_started->pid = (uint32_t)get(frame->payload, 4);
    ret_started->config_ns = get(frame->payload + 4, 8);
    ret_started->share_ns = get(frame->payload + 12, 8);
    ret_started->rootfs_ns = get(frame->payload + 20, 8);
    ret_started->start_ns = get(frame->payload + 28, 8);
    return 0;
}

/* Bits of the exit record's first byte. */
#define EXIT_SIGNALED 1u
#define EXIT_OUT_OF_MEMORY 2u

void encode_exit(uint8_t *bytes, const struct exit_record *record)
{
    bytes[0] = (uint8_t)((record->signaled ? EXIT_SIGNALED : 0) |
                         (record->out_of_memory ? EXIT_OUT_OF_MEMORY : 0));
    bytes[1] = record->value;
    put(bytes + 2, 8, record->input_taken);
}

int decode_exit(const struct frame *frame, struct exit_record *ret_record, struct error *err)
{
    uint8_t kind = frame->payload[0];
    uint8_t value = frame->payload[1];
    bool signaled = kind & EXIT_SIGNALED;
    if (kind > (EXIT_SIGNALED | EXIT_OUT_OF_MEMORY) ||
        (signaled && (value < 1 || value > SIGNAL_MAX)))
        return error_set(err, "protocol error: exit record %u %u", kind, value);
    ret_record->signaled = signaled;
    ret_record->value = value;
    ret_record->out_of_memory = kind & EXIT_OUT_OF_MEMORY;
    ret_record->input_taken = get(frame->payload + 2, 8);
    return 0;
}

int exit_record_status(const struct exit_record *record)
{
    return record->signaled ? STATUS_SIGNAL_BASE + record->value : record->value;
}

size_t encode_error(uint8_t *bytes, const struct error *error)
{
    size_t length = strnlen(error->text, ERROR_TEXT_MAX);
    bytes[0] = (uint8_t)error->status;
    memcpy(bytes + 1, error->text, length);
    return 1 + length;
}

int decode_error(const struct frame *frame, struct error *err)
{
    int status = frame->payload[0];
    char text[ERROR_TEXT_MAX + 1] = "";
    memcpy(text, frame->payload + 1, frame->length - 1);
    error_sanitize(text);
    error_set(err, "%s", text[0] ? text : "the guest agent failed without saying why");
    if (err && (status == STATUS_NOT_EXECUTABLE || status == STATUS_NOT_FOUND))
        err->status = status;
    return -1;
}

void encode_signal(uint8_t *bytes, int signal)
{
    bytes[0] = (uint8_t)signal;
}

int decode_signal(const struct frame *frame, int *ret_signal, struct error *err)
{
    int signal = frame->payload[0];
    if (signal < 1 || signal > SIGNAL_MAX)
        return error_set(err, "protocol error: signal %d", signal);
    *ret_signal = signal;
    return 0;
}

void encode_winsize(uint8_t *bytes, const struct window_size *size)
{
    put(bytes, 2, size->rows);
    put(bytes + 2, 2, size->columns);
}

int decode_winsize(const struct frame *frame, struct window_size *ret_size, struct error *err)
{
    (void)err;
    ret_size->rows = (uint16_t)get(frame->payload, 2);
    ret_size->columns = (uint16_t)get(frame->payload + 2, 2);
    return 0;
}

static int decode_data_type(const struct frame *frame, uint16_t *ret_data_type, struct error *err)
{
    uint16_t type = (uint16_t)get(frame->payload, 2);
    if (type != FRAME_STDIN && type != FRAME_STDOUT && type != FRAME_STDERR)
        return error_set(err, "protocol error: %s for frame type %u", frame_name(frame->type),
                         type);
    *ret_data_type = type;
    return 0;
}

void encode_credit(uint8_t *bytes, enum frame_type data_type, uint32_t count)
{
    put(bytes, 2, data_type);
    put(bytes + 2, 4, count);
}

int decode_credit(const struct frame *frame, uint16_t *ret_data_type, uint32_t *ret_count,
                  struct error *err)
{
    if (decode_data_type(frame, ret_data_type, err) < 0)
        return -1;
    *ret_count = (uint32_t)get(frame->payload + 2, 4);
    return 0;
}

void encode_close(uint8_t *bytes, enum frame_type data_type)
{
    put(bytes, 2, data_type);
}

int decode_close(const struct frame *frame, uint16_t *ret_data_type, struct error *err)
{
    return decode_data_type(frame, ret_data_type, err);
}
