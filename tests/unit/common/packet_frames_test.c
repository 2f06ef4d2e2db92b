#include "common/packet_frames.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "tests/unit/check.h"

static void add_frame(struct queue *q, size_t length, unsigned char fill)
{
    unsigned char *frame = xcalloc(length, 1);
    memset(frame, fill, length);
    packet_frame_append(q, frame, length);
    free(frame);
}

static void test_first(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct queue all = {0}, q = {0};
    size_t size = 0;
    add_frame(&all, 1514, 'x');
    assert_memory_equal(queue_bytes(&all), ((unsigned char[]){0, 0, 1514 >> 8, 1514 & 0xff}), 4);
    /* Byte by byte: whole with the last one, and not before. */
    for (size_t i = 0; i < all.length; i++) {
        assert_int_equal(packet_frame_first(queue_bytes(&q), q.length, &size, &err), 0);
        queue_append(&q, queue_bytes(&all) + i, 1);
    }
    assert_int_equal(packet_frame_first(queue_bytes(&q), q.length, &size, &err), 1);
    assert_int_equal(size, all.length);
    queue_consume(&q, q.length);
    add_frame(&q, 0, 'x');
    assert_int_equal(packet_frame_first(queue_bytes(&q), q.length, &size, &err), 1);
    assert_int_equal(size, PACKET_LENGTH_SIZE);
    queue_consume(&q, q.length);
    add_frame(&q, PACKET_MAX, 'x');
    assert_int_equal(packet_frame_first(queue_bytes(&q), q.length, &size, &err), 1);
    queue_consume(&q, q.length);
    /* A datagram of 65527 bytes over IPv6: 8, 40 and 14 of headers, and a tag of 4. */
    add_frame(&q, 65527 + 8 + 40 + 14 + 4, 'x');
    assert_int_equal(packet_frame_first(queue_bytes(&q), q.length, &size, &err), 1);
    queue_consume(&q, q.length);
    /* Known to be too long from its length alone. */
    queue_append(&q, (const unsigned char[]){0, 1, 0, 0x3a}, PACKET_LENGTH_SIZE);
    assert_int_equal(packet_frame_first(queue_bytes(&q), q.length, &size, &err), -1);
    assert_non_null(strstr(err.text, "65594"));
    queue_free(&q);
    queue_free(&all);
}

static void test_writer(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct packet_writer w = {0};
    unsigned char got[8192];
    int pair[2];
    assert_return_code(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), errno);
    assert_return_code(set_nonblocking(pair[0], true), errno);
    assert_int_equal(packet_writer_ready(&w, &err), 0);
    add_frame(&w.queue, 1000, 'a');
    add_frame(&w.queue, 2000, 'b');
    queue_append(&w.queue, "\0\0", 2);
    /* One at a time, whatever stands behind it. */
    assert_int_equal(packet_writer_ready(&w, &err), 1);
    assert_int_equal(packet_writer_give(&w, pair[0]), 0);
    assert_int_equal(read(pair[1], got, sizeof(got)), 1004);
    assert_int_equal(packet_writer_ready(&w, &err), 1);
    assert_int_equal(packet_writer_give(&w, pair[0]), 0);
    assert_int_equal(read(pair[1], got, sizeof(got)), 2004);
    assert_int_equal(got[2003], 'b');
    assert_int_equal(packet_writer_ready(&w, &err), 0);
    /* The rest of one that found too little room comes first. */
    queue_consume(&w.queue, 2);
    do {
        if (w.queue.length == 0)
            add_frame(&w.queue, 60000, 'c');
        assert_int_equal(packet_writer_ready(&w, &err), 1);
        assert_int_equal(packet_writer_give(&w, pair[0]), 0);
    } while (!w.begun);
    assert_int_equal(w.queue.length, w.left);
    assert_int_equal(packet_writer_ready(&w, &err), 1);
    close(pair[1]);
    assert_int_equal(packet_writer_give(&w, pair[0]), -1);
    close(pair[0]);
    queue_free(&w.queue);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first),
        cmocka_unit_test(test_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
