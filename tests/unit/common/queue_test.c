#include "common/queue.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"

static void empty_queue_works(void **state)
{
    (void)state;
    struct queue q = {0};
    queue_append(&q, NULL, 0);
    queue_consume(&q, 0);
    assert_int_equal(q.length, 0);
    queue_free(&q);
    queue_free(&q);
}

static void bytes_come_out_in_order(void **state)
{
    (void)state;
    struct queue q = {0};
    queue_append(&q, "hello ", 6);
    queue_append(&q, "world", 5);
    assert_int_equal(q.length, 11);
    assert_memory_equal(queue_bytes(&q), "hello world", 11);
    queue_consume(&q, 6);
    assert_memory_equal(queue_bytes(&q), "world", 5);
    queue_consume(&q, 5);
    assert_int_equal(q.length, 0);
    queue_free(&q);
}

/* Every byte is a function of its position, so any mix-up shows. */
static unsigned char at(size_t position)
{
    return (unsigned char)(position * 131 + (position >> 8));
}

static void random_use_loses_nothing(void **state)
{
    (void)state;
    struct queue q = {0};
    size_t in = 0, out = 0;
    srand(1);
    for (int round = 0; round < 20000; round++) {
        unsigned char piece[1000];
        size_t n = (size_t)rand() % sizeof(piece);
        if (q.length < 100000) {
            for (size_t i = 0; i < n; i++)
                piece[i] = at(in++);
            queue_append(&q, piece, n);
        }
        n = (size_t)rand() % 1000;
        if (n > q.length)
            n = q.length;
        for (size_t i = 0; i < n; i++)
            if (queue_bytes(&q)[i] != at(out + i))
                fail();
        queue_consume(&q, n);
        out += n;
    }
    assert_int_equal(in, out + q.length);
    queue_free(&q);
}

static void steady_use_does_not_grow(void **state)
{
    (void)state;
    struct queue q = {0};
    unsigned char piece[3000] = {0};
    queue_append(&q, piece, 100);
    for (int round = 0; round < 10000; round++) {
        queue_append(&q, piece, sizeof(piece));
        queue_consume(&q, sizeof(piece));
    }
    assert_true(q.capacity <= 8192);
    queue_free(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_queue_works),
        cmocka_unit_test(bytes_come_out_in_order),
        cmocka_unit_test(random_use_loses_nothing),
        cmocka_unit_test(steady_use_does_not_grow),
    };
    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
