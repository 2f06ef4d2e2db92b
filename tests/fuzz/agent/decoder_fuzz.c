/*
 * The frame decoder and the typed payloads. The first byte picks the peer, the rest is the
 * stream. How the stream is cut into reads must not change what comes out.
 */
#include <string.h>

#include "common/protocol.h"
#include "tests/fuzz/fuzz.h"

static uint64_t mix(uint64_t digest, uint64_t value)
{
    return (digest ^ value) * 0x100000001b3u;
}

/* The digest holds what was decoded, and that decoding failed. */
static uint64_t take_payload(const struct frame *frame)
{
    static struct error err;
    struct hello hello;
    struct started started;
    struct exit_record record;
    struct window_size window;
    uint16_t type;
    uint32_t count;
    int number;
    switch (frame->type) {
    case FRAME_HELLO:
        return decode_hello(frame, &hello, &err) < 0 ? 1 : hello.kernel_ns ^ hello.agent_ns;
    case FRAME_STARTED:
        return decode_started(frame, &started, &err) < 0 ? 1 : started.pid ^ started.start_ns;
    case FRAME_EXIT:
        if (decode_exit(frame, &record, &err) < 0)
            return 1;
        FUZZ_CHECK(exit_record_status(&record) >= 0 && exit_record_status(&record) <= 255);
        return record.value;
    case FRAME_ERROR:
        FUZZ_CHECK(decode_error(frame, &err) == -1);
        FUZZ_CHECK(err.text[0] && strlen(err.text) < sizeof(err.text));
        FUZZ_CHECK(err.status >= STATUS_VMC_FAILED && err.status <= STATUS_NOT_FOUND);
        return (uint64_t)err.status + strlen(err.text);
    case FRAME_SIGNAL:
        if (decode_signal(frame, &number, &err) < 0)
            return 1;
        FUZZ_CHECK(number >= 1 && number <= SIGNAL_MAX);
        return (uint64_t)number;
    case FRAME_WINSIZE:
        return decode_winsize(frame, &window, &err) < 0 ? 1 : window.rows ^ window.columns;
    case FRAME_CREDIT:
        return decode_credit(frame, &type, &count, &err) < 0 ? 1 : type ^ count;
    case FRAME_CLOSE:
        return decode_close(frame, &type, &err) < 0 ? 1 : type;
    default:
        return 0;
    }
}

/* Every complete frame of what the decoder has. -1 when the stream is dead. */
static int take_frames(struct decoder *d, uint64_t *digest)
{
    static struct error err;
    struct frame frame;
    int result;
    while ((result = decoder_next(d, &frame, &err)) > 0) {
        FUZZ_CHECK(frame.length <= FRAME_PAYLOAD_MAX);
        *digest = mix(*digest, ((uint64_t)frame.type << 48) ^ ((uint64_t)frame.stream << 32));
        *digest = mix(*digest, take_payload(&frame));
        for (uint32_t i = 0; i < frame.length; i++)
            *digest = mix(*digest, frame.payload[i]);
    }
    if (result < 0)
        *digest = mix(*digest, 1);
    return result;
}

/* Reads of first, then first + step, ... bytes, as long as there is room for them. */
static uint64_t run(enum peer peer, const uint8_t *data, size_t size, size_t first, size_t step)
{
    static struct decoder d;
    uint64_t digest = 0xcbf29ce484222325u;
    decoder_init(&d, peer);
    for (size_t want = first; size > 0; want += step) {
        size_t room;
        uint8_t *space = decoder_space(&d, &room);
        FUZZ_CHECK(room > 0);
        size_t part = want < room ? want : room;
        part = part < size ? part : size;
        memcpy(space, data, part);
        decoder_added(&d, part);
        data += part;
        size -= part;
        if (take_frames(&d, &digest) < 0)
            break;
    }
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum peer peer = (enum peer)(data[0] % 4);
    uint64_t whole = run(peer, data + 1, size - 1, SIZE_MAX / 2, 0);
    FUZZ_CHECK(run(peer, data + 1, size - 1, 1, 0) == whole);
    FUZZ_CHECK(run(peer, data + 1, size - 1, 1, 3) == whole);
    FUZZ_CHECK(run(peer, data + 1, size - 1, 1u + data[0] / 4, 0) == whole);
    return 0;
}
