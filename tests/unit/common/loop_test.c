#include "common/loop.h"

#include <poll.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "tests/unit/check.h"

/* A pipe's read end in a loop, and what happens when it is ready. */
struct reader {
    struct loop *loop;
    struct watch watch;
    int fds[2];
    bool silent; /* wants nothing */
    int calls;
    int order;             /* of the last call */
    struct reader *remove; /* when called */
    struct reader *add;
    bool fail;
};
static int calls;

static short events(const void *owner)
{
    return ((const struct reader *)owner)->silent ? WATCH_NOTHING : POLLIN;
}

static int ready(void *owner, short revents, struct error *err)
{
    struct reader *r = owner;
    char byte;
    if (revents & POLLIN)
        assert_int_equal(read(r->fds[0], &byte, 1), 1);
    r->calls++;
    r->order = ++calls;
    if (r->remove)
        loop_remove(r->loop, &r->remove->watch);
    if (r->add)
        loop_add(r->loop, &r->add->watch);
    r->add = NULL;
    return r->fail ? error_set(err, "as it was told") : 0;
}

static void reader_open(struct reader *r, struct loop *l)
{
    *r = (struct reader){.loop = l, .watch = {r->fds, events, ready, r}};
    assert_int_equal(pipe(r->fds), 0);
}

static void reader_write(const struct reader *r)
{
    assert_int_equal(write(r->fds[1], "x", 1), 1);
}

static void reader_close(struct reader *r)
{
    close(r->fds[0]);
    close(r->fds[1]);
}

static void test_order_and_deadline(void **state)
{
    (void)state;
    struct loop l = {0};
    struct error err = ERROR_INIT;
    struct reader a, b;
    reader_open(&a, &l);
    reader_open(&b, &l);
    assert_int_equal(loop_turn(&l, 0, &err), 0);
    loop_add(&l, &a.watch);
    loop_add(&l, &b.watch);
    assert_int_equal(loop_turn(&l, now_ns() + NS_PER_MS, &err), 0);
    assert_int_equal(a.calls + b.calls, 0);
    reader_write(&b);
    reader_write(&a);
    assert_int_equal(loop_turn(&l, DEADLINE_NONE, &err), 0);
    assert_int_equal(a.calls, 1);
    assert_int_equal(b.order, a.order + 1);
    /* One that wants nothing is not told, and keeps its place. */
    a.silent = true;
    reader_write(&a);
    reader_write(&b);
    assert_int_equal(loop_turn(&l, DEADLINE_NONE, &err), 0);
    assert_int_equal(a.calls, 1);
    assert_int_equal(b.calls, 2);
    a.silent = false;
    assert_int_equal(loop_turn(&l, 0, &err), 0);
    assert_int_equal(a.calls, 2);
    /* A descriptor that comes later, and one that is not there. */
    a.watch.events = NULL;
    int fd = -1;
    b.watch.fd = &fd;
    reader_write(&a);
    reader_write(&b);
    assert_int_equal(loop_turn(&l, DEADLINE_NONE, &err), 0);
    assert_int_equal(a.calls, 3);
    assert_int_equal(b.calls, 2);
    fd = b.fds[0];
    assert_int_equal(loop_turn(&l, DEADLINE_NONE, &err), 0);
    assert_int_equal(b.calls, 3);
    reader_close(&a);
    reader_close(&b);
    loop_free(&l);
}

static void test_coming_and_going_in_a_turn(void **state)
{
    (void)state;
    struct loop l = {0};
    struct error err = ERROR_INIT;
    struct reader a, b, c;
    reader_open(&a, &l);
    reader_open(&b, &l);
    reader_open(&c, &l);
    loop_add(&l, &a.watch);
    loop_add(&l, &b.watch);
    a.remove = &b;
    a.add = &c;
    reader_write(&a);
    reader_write(&b);
    reader_write(&c);
    assert_int_equal(loop_turn(&l, DEADLINE_NONE, &err), 0);
    assert_int_equal(a.calls, 1);
    assert_int_equal(b.calls, 0);
    assert_int_equal(c.calls, 0);
    assert_int_equal(loop_turn(&l, DEADLINE_NONE, &err), 0);
    assert_int_equal(b.calls, 0);
    assert_int_equal(c.calls, 1);
    /* What removes itself. */
    c.remove = &c;
    reader_write(&c);
    reader_write(&c);
    assert_int_equal(loop_turn(&l, DEADLINE_NONE, &err), 0);
    assert_int_equal(loop_turn(&l, 0, &err), 0);
    assert_int_equal(c.calls, 2);
    reader_close(&a);
    reader_close(&b);
    reader_close(&c);
    loop_free(&l);
}

static void test_an_error_ends_the_turn(void **state)
{
    (void)state;
    struct loop l = {0};
    struct error err = ERROR_INIT;
    struct reader a, b;
    reader_open(&a, &l);
    reader_open(&b, &l);
    loop_add(&l, &a.watch);
    loop_add(&l, &b.watch);
    a.fail = true;
    reader_write(&a);
    reader_write(&b);
    assert_int_equal(loop_turn(&l, DEADLINE_NONE, &err), -1);
    assert_string_equal(err.text, "as it was told");
    assert_int_equal(b.calls, 0);
    assert_int_equal(loop_turn(&l, DEADLINE_NONE, &err), 0);
    assert_int_equal(b.calls, 1);
    reader_close(&a);
    reader_close(&b);
    loop_free(&l);
}

static void test_many(void **state)
{
    (void)state;
    struct loop l = {0};
    struct error err = ERROR_INIT;
    static struct reader readers[200];
    for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
        reader_open(&readers[i], &l);
        loop_add(&l, &readers[i].watch);
        reader_write(&readers[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(readers); i += 2)
        loop_remove(&l, &readers[i].watch);
    assert_int_equal(loop_turn(&l, DEADLINE_NONE, &err), 0);
    for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
        assert_int_equal(readers[i].calls, i % 2);
        reader_close(&readers[i]);
    }
    loop_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_deadline),
        cmocka_unit_test(test_coming_and_going_in_a_turn),
        cmocka_unit_test(test_an_error_ends_the_turn),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
