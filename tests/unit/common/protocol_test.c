#include "common/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/util.h"
#include "tests/unit/check.h"

static const enum peer peers[] = {PEER_HOST_CONTROL, PEER_HOST_DATA, PEER_GUEST_CONTROL,
                                  PEER_GUEST_DATA,   PEER_CLIENT,    PEER_MONITOR};
#define FROM(peer) (1u << (peer))

/* The wire format, written down once more and by hand: this table is the specification. */
static const struct golden {
    const char *name;
    unsigned senders;
    enum frame_type type;
    uint32_t shortest, longest;
    const char *bytes; /* a whole frame on stream 0 */
    size_t length;
} goldens[] = {
#define G(text) text, sizeof(text) - 1
    {"CONFIG", FROM(PEER_HOST_CONTROL), FRAME_CONFIG, 0, 65536, G("\0\1\0\0\0\0\0\2{}")},
    {"SIGNAL", FROM(PEER_HOST_CONTROL) | FROM(PEER_CLIENT), FRAME_SIGNAL, 1, 1,
     G("\0\2\0\0\0\0\0\1\017")},
    {"WINSIZE", FROM(PEER_HOST_CONTROL) | FROM(PEER_CLIENT), FRAME_WINSIZE, 4, 4,
     G("\0\3\0\0\0\0\0\4\0\030\1\004")},
    {"STDIN", FROM(PEER_HOST_DATA), FRAME_STDIN, 0, 65536, G("\0\4\0\0\0\0\0\3abc")},
    {"CREDIT", FROM(PEER_HOST_DATA) | FROM(PEER_GUEST_DATA), FRAME_CREDIT, 6, 6,
     G("\0\5\0\0\0\0\0\6\0\024\0\4\0\0")},
    {"CLOSE", FROM(PEER_HOST_DATA) | FROM(PEER_GUEST_DATA), FRAME_CLOSE, 2, 2,
     G("\0\6\0\0\0\0\0\2\0\025")},
    {"PREPARE", FROM(PEER_HOST_CONTROL), FRAME_PREPARE, 0, 65536, G("\0\011\0\0\0\0\0\2{}")},
    {"WAKE", FROM(PEER_HOST_CONTROL), FRAME_WAKE, 0, 0, G("\0\010\0\0\0\0\0\0")},
    {"HELLO", FROM(PEER_GUEST_CONTROL), FRAME_HELLO, 20, 20,
     G("\0\020\0\0\0\0\0\024\0\0\0\5\0\0\0\0\0\0\1\2\1\2\3\4\5\6\7\010")},
    {"EXEC", FROM(PEER_HOST_CONTROL) | FROM(PEER_CLIENT), FRAME_EXEC, 0, 65536,
     G("\0\012\0\0\0\0\0\2{}")},
    {"PREPARED", FROM(PEER_GUEST_CONTROL), FRAME_PREPARED, 0, 0, G("\0\027\0\0\0\0\0\0")},
    {"STARTED", FROM(PEER_GUEST_CONTROL) | FROM(PEER_MONITOR), FRAME_STARTED, 36, 36,
     G("\0\021\0\0\0\0\0\044\0\0\0\052\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\5"
       "\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\011")},
    {"ERROR", FROM(PEER_GUEST_CONTROL) | FROM(PEER_MONITOR), FRAME_ERROR, 1, 1025,
     G("\0\022\0\0\0\0\0\5\177nope")},
    {"EXIT", FROM(PEER_GUEST_CONTROL) | FROM(PEER_MONITOR), FRAME_EXIT, 10, 10,
     G("\0\023\0\0\0\0\0\012\1\011\0\0\0\0\0\0\1\2")},
    {"STDOUT", FROM(PEER_GUEST_DATA), FRAME_STDOUT, 0, 65536, G("\0\024\0\0\0\0\0\0")},
    {"STDERR", FROM(PEER_GUEST_DATA), FRAME_STDERR, 0, 65536, G("\0\025\0\0\0\0\0\1\377")},
#undef G
};

/* Heap copies, so that the address sanitizer sees a read past the end. */
static struct decoder *new_decoder(enum peer peer)
{
    struct decoder *d = xcalloc(1, sizeof(*d));
    decoder_init(d, peer);
    return d;
}

static void feed(struct decoder *d, const void *bytes, size_t length)
{
    size_t room;
    uint8_t *space = decoder_space(d, &room);
    assert_true(room >= length);
    if (length)
        memcpy(space, bytes, length);
    decoder_added(d, length);
}

static void golden_frames_are_accepted_from_their_senders_only(void **state)
{
    (void)state;
    for (size_t g = 0; g < ARRAY_LEN(goldens); g++) {
        for (size_t p = 0; p < ARRAY_LEN(peers); p++) {
            AUTO_FREE struct decoder *d = new_decoder(peers[p]);
            struct frame frame;
            struct error err = ERROR_INIT;
            feed(d, goldens[g].bytes, goldens[g].length);
            int expected = goldens[g].senders & FROM(peers[p]) ? 1 : -1;
            assert_int_equal(decoder_next(d, &frame, &err), expected);
            if (expected < 0) {
                assert_non_null(strstr(err.text, goldens[g].name));
                continue;
            }
            assert_int_equal(frame.type, goldens[g].type);
            assert_int_equal(frame.stream, 0);
            assert_int_equal(frame.length, goldens[g].length - FRAME_HEADER_SIZE);
            assert_memory_equal(frame.payload, goldens[g].bytes + FRAME_HEADER_SIZE, frame.length);
            assert_int_equal(decoder_next(d, &frame, &err), 0);
        }
    }
}

static void headers_are_encoded_as_in_the_table(void **state)
{
    (void)state;
    for (size_t g = 0; g < ARRAY_LEN(goldens); g++) {
        uint8_t header[FRAME_HEADER_SIZE];
        encode_header(header, goldens[g].type, 0,
                      (uint32_t)(goldens[g].length - FRAME_HEADER_SIZE));
        assert_memory_equal(header, goldens[g].bytes, sizeof(header));
        assert_string_equal(frame_name((uint16_t)goldens[g].type), goldens[g].name);
    }
    uint8_t header[FRAME_HEADER_SIZE];
    encode_header(header, FRAME_STDOUT, 0x1234, 65536);
    assert_memory_equal(header, "\0\024\x12\x34\0\1\0\0", 8);
    assert_string_equal(frame_name(0), "unknown");
    assert_string_equal(frame_name(0xffff), "unknown");
}

static void frames_come_byte_by_byte(void **state)
{
    (void)state;
    for (size_t g = 0; g < ARRAY_LEN(goldens); g++) {
        enum peer peer = peers[__builtin_ctz(goldens[g].senders)];
        AUTO_FREE struct decoder *d = new_decoder(peer);
        struct frame frame;
        struct error err = ERROR_INIT;
        for (size_t i = 0; i < goldens[g].length; i++) {
            assert_int_equal(decoder_next(d, &frame, &err), 0);
            feed(d, goldens[g].bytes + i, 1);
        }
        assert_int_equal(decoder_next(d, &frame, &err), 1);
        assert_memory_equal(frame.payload, goldens[g].bytes + FRAME_HEADER_SIZE, frame.length);
    }
}

/* What the decoder says to a header alone: 1 or 0 is well, -1 an error. */
static int judge(enum peer peer, uint16_t type, uint32_t length)
{
    /* Its room is large, and hundreds of thousands of headers are judged. */
    static struct decoder d;
    decoder_init(&d, peer);
    uint8_t header[FRAME_HEADER_SIZE];
    struct frame frame;
    struct error err = ERROR_INIT;
    encode_header(header, (enum frame_type)type, 0, length);
    feed(&d, header, sizeof(header));
    int result = decoder_next(&d, &frame, &err);
    if (result < 0)
        assert_non_null(strstr(err.text, "protocol error"));
    return result;
}

static void limits_hold_before_the_payload_comes(void **state)
{
    (void)state;
    for (size_t g = 0; g < ARRAY_LEN(goldens); g++) {
        enum peer peer = peers[__builtin_ctz(goldens[g].senders)];
        uint16_t type = (uint16_t)goldens[g].type;
        assert_true(judge(peer, type, goldens[g].shortest) >= 0);
        assert_true(judge(peer, type, goldens[g].longest) >= 0);
        assert_int_equal(judge(peer, type, goldens[g].longest + 1), -1);
        assert_int_equal(judge(peer, type, UINT32_MAX), -1);
        if (goldens[g].shortest)
            assert_int_equal(judge(peer, type, goldens[g].shortest - 1), -1);
    }
}

static void all_other_types_are_refused(void **state)
{
    (void)state;
    unsigned accepted = 0;
    for (unsigned type = 0; type <= UINT16_MAX; type++)
        for (size_t p = 0; p < ARRAY_LEN(peers); p++)
            for (uint32_t length = 0; length <= 36; length += type < 32 ? 1 : 36)
                if (judge(peers[p], (uint16_t)type, length) >= 0)
                    accepted |= 1u << type;
    unsigned expected = 0;
    for (size_t g = 0; g < ARRAY_LEN(goldens); g++)
        expected |= 1u << goldens[g].type;
    assert_int_equal(accepted, expected);
}

static void largest_frames_fit_back_to_back(void **state)
{
    (void)state;
    AUTO_FREE struct decoder *d = new_decoder(PEER_GUEST_DATA);
    size_t size = FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX;
    AUTO_FREE uint8_t *bytes = xcalloc(3, size);
    for (size_t i = 0; i < 3; i++) {
        memset(bytes + i * size, (int)(i + 1), size);
        encode_header(bytes + i * size, FRAME_STDOUT, (uint16_t)i, FRAME_PAYLOAD_MAX);
    }
    size_t done = 0, frames = 0;
    struct frame frame;
    struct error err = ERROR_INIT;
    while (frames < 3) {
        size_t room;
        uint8_t *space = decoder_space(d, &room);
        assert_true(room > 0);
        /* Odd pieces, so that frames lie across every border. */
        size_t n = room < 30001 ? room : 30001;
        n = n < 3 * size - done ? n : 3 * size - done;
        memcpy(space, bytes + done, n);
        decoder_added(d, n);
        done += n;
        while (decoder_next(d, &frame, &err) > 0) {
            assert_int_equal(frame.stream, frames);
            assert_int_equal(frame.length, FRAME_PAYLOAD_MAX);
            frames++;
            assert_int_equal(frame.payload[0], frames);
            assert_int_equal(frame.payload[FRAME_PAYLOAD_MAX - 1], frames);
        }
    }
    assert_int_equal(done, 3 * size);
}

/* A frame around payload bytes, for the typed decoders. */
static struct frame frame_of(enum frame_type type, const void *payload, size_t length)
{
    return (struct frame){.type = (uint16_t)type, .length = (uint32_t)length, .payload = payload};
}

static const char *golden_payload(enum frame_type type)
{
    size_t g = 0;
    while (goldens[g].type != type)
        g++;
    return goldens[g].bytes + FRAME_HEADER_SIZE;
}

static void hello_both_ways(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct hello in = {PROTOCOL_VERSION, 0x0102, 0x0102030405060708}, out;
    uint8_t bytes[HELLO_SIZE];
    encode_hello(bytes, &in);
    assert_memory_equal(bytes, golden_payload(FRAME_HELLO), HELLO_SIZE);
    struct frame frame = frame_of(FRAME_HELLO, bytes, sizeof(bytes));
    assert_int_equal(decode_hello(&frame, &out, &err), 0);
    assert_int_equal(out.version, in.version);
    assert_int_equal(out.kernel_ns, in.kernel_ns);
    assert_int_equal(out.agent_ns, in.agent_ns);
    bytes[3] = PROTOCOL_VERSION + 1;
    assert_int_equal(decode_hello(&frame, &out, &err), -1);
    assert_non_null(strstr(err.text, "version 6"));
}

static void started_both_ways(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct started in = {42, 3, 5, 7, 9}, out = {0};
    uint8_t bytes[STARTED_SIZE];
    encode_started(bytes, &in);
    assert_memory_equal(bytes, golden_payload(FRAME_STARTED), STARTED_SIZE);
    struct frame frame = frame_of(FRAME_STARTED, bytes, sizeof(bytes));
    assert_int_equal(decode_started(&frame, &out, &err), 0);
    assert_int_equal(out.pid, 42);
    assert_int_equal(out.config_ns, 3);
    assert_int_equal(out.share_ns, 5);
    assert_int_equal(out.rootfs_ns, 7);
    assert_int_equal(out.start_ns, 9);
}

static void exit_record_for_every_status(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    for (unsigned kind = 0; kind <= 255; kind++) {
        for (unsigned value = 0; value <= 255; value++) {
            uint8_t bytes[EXIT_SIZE] = {(uint8_t)kind, (uint8_t)value, [8] = 1, [9] = 2};
            struct frame frame = frame_of(FRAME_EXIT, bytes, sizeof(bytes));
            struct exit_record record;
            int good = kind < 4 && (!(kind & 1) || (value >= 1 && value <= SIGNAL_MAX)) ? 0 : -1;
            assert_int_equal(decode_exit(&frame, &record, &err), good);
            if (good < 0)
                continue;
            assert_int_equal(exit_record_status(&record), kind & 1 ? 128 + value : value);
            assert_int_equal(record.out_of_memory, kind >> 1);
            assert_int_equal(record.input_taken, 258);
            uint8_t again[EXIT_SIZE];
            encode_exit(again, &record);
            assert_memory_equal(again, bytes, EXIT_SIZE);
        }
    }
}

static void error_carries_status_and_harmless_text(void **state)
{
    (void)state;
    static const struct {
        int sent, received;
    } statuses[] = {{125, 125}, {126, 126}, {127, 127}, {0, 125}, {124, 125}, {255, 125}};
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        struct error in = {.status = statuses[i].sent}, out = ERROR_INIT;
        snprintf(in.text, sizeof(in.text), "no\n\033such");
        uint8_t bytes[ERROR_SIZE_MAX];
        size_t length = encode_error(bytes, &in);
        assert_int_equal(length, 1 + 8);
        struct frame frame = frame_of(FRAME_ERROR, bytes, length);
        assert_int_equal(decode_error(&frame, &out), -1);
        assert_int_equal(out.status, statuses[i].received);
        assert_string_equal(out.text, "no??such");
    }
    struct error out = ERROR_INIT;
    struct frame frame = frame_of(FRAME_ERROR, "\175", 1);
    assert_int_equal(decode_error(&frame, &out), -1);
    assert_true(out.text[0] != '\0');
}

static void error_text_is_cut_to_its_limit(void **state)
{
    (void)state;
    struct error in = ERROR_INIT, out = ERROR_INIT;
    memset(in.text, 'x', sizeof(in.text) - 1);
    in.text[sizeof(in.text) - 1] = '\0';
    AUTO_FREE uint8_t *bytes = xcalloc(ERROR_SIZE_MAX, 1);
    assert_int_equal(encode_error(bytes, &in), ERROR_SIZE_MAX);
    struct frame frame = frame_of(FRAME_ERROR, bytes, ERROR_SIZE_MAX);
    decode_error(&frame, &out);
    assert_int_equal(strlen(out.text), ERROR_TEXT_MAX);
}

static void signals_are_checked(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    for (int number = 0; number <= 255; number++) {
        uint8_t byte;
        int out = -1;
        encode_signal(&byte, number);
        struct frame frame = frame_of(FRAME_SIGNAL, &byte, 1);
        int good = number >= 1 && number <= SIGNAL_MAX;
        assert_int_equal(decode_signal(&frame, &out, &err), good ? 0 : -1);
        assert_int_equal(out, good ? number : -1);
    }
}

static void window_size_both_ways(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct window_size in = {24, 260}, out;
    uint8_t bytes[WINSIZE_SIZE];
    encode_winsize(bytes, &in);
    assert_memory_equal(bytes, "\0\030\1\004", 4);
    struct frame frame = frame_of(FRAME_WINSIZE, bytes, sizeof(bytes));
    assert_int_equal(decode_winsize(&frame, &out, &err), 0);
    assert_int_equal(out.rows, 24);
    assert_int_equal(out.columns, 260);
}

static void credit_and_close_name_a_data_stream(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    for (unsigned type = 0; type < 300; type++) {
        uint8_t credit[CREDIT_SIZE], closing[CLOSE_SIZE];
        uint16_t named;
        uint32_t count;
        encode_credit(credit, (enum frame_type)type, 0xfffefdfc);
        encode_close(closing, (enum frame_type)type);
        struct frame credit_frame = frame_of(FRAME_CREDIT, credit, sizeof(credit));
        struct frame close_frame = frame_of(FRAME_CLOSE, closing, sizeof(closing));
        int good = type == FRAME_STDIN || type == FRAME_STDOUT || type == FRAME_STDERR ? 0 : -1;
        assert_int_equal(decode_credit(&credit_frame, &named, &count, &err), good);
        if (good == 0) {
            assert_int_equal(named, type);
            assert_int_equal(count, 0xfffefdfc);
        }
        assert_int_equal(decode_close(&close_frame, &named, &err), good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_frames_are_accepted_from_their_senders_only),
        cmocka_unit_test(headers_are_encoded_as_in_the_table),
        cmocka_unit_test(frames_come_byte_by_byte),
        cmocka_unit_test(limits_hold_before_the_payload_comes),
        cmocka_unit_test(all_other_types_are_refused),
        cmocka_unit_test(largest_frames_fit_back_to_back),
        cmocka_unit_test(hello_both_ways),
        cmocka_unit_test(started_both_ways),
        cmocka_unit_test(exit_record_for_every_status),
        cmocka_unit_test(error_carries_status_and_harmless_text),
        cmocka_unit_test(error_text_is_cut_to_its_limit),
        cmocka_unit_test(signals_are_checked),
        cmocka_unit_test(window_size_both_ways),
        cmocka_unit_test(credit_and_close_name_a_data_stream),
    };
    return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
