/*
 * What the launcher reads from QEMU: its monitor, and the console of the guest. The first byte is
 * the size of the pieces in which the rest comes.
 */
#include <string.h>

#include "common/util.h"
#include "host/machine/console_log.h"
#include "host/machine/qmp.h"
#include "tests/fuzz/fuzz.h"

static void feed_monitor(const char *bytes, size_t size, size_t piece)
{
    struct error err = ERROR_INIT;
    struct qmp q;
    FUZZ_CHECK(qmp_open(&q, -1, &err) == 0);
    while (size > 0) {
        size_t part = piece < size ? piece : size;
        if (qmp_feed(&q, bytes, part, &err) < 0)
            break;
        FUZZ_CHECK(q.in.length <= QMP_LINE_MAX);
        bytes += part;
        size -= part;
    }
    qmp_close(&q);
}

/* One safe line each, and never more than fits. The heap shows a byte too many. */
static void check_console(const struct console_log *log, size_t size)
{
    AUTO_FREE char *text = xcalloc(size, 1);
    if (console_log_panic(log, text, size))
        for (const char *c = text; *c; c++)
            FUZZ_CHECK((unsigned char)*c >= 0x20 && *c != 0x7f);
    console_log_last_lines(log, text, size);
    FUZZ_CHECK(strlen(text) < size);
    for (const char *c = text; *c; c++)
        FUZZ_CHECK(((unsigned char)*c >= 0x20 && *c != 0x7f) || *c == '\n');
}

static void feed_console(const char *bytes, size_t size, size_t piece)
{
    struct console_log log;
    FUZZ_CHECK(console_log_open(&log, NULL, false, NULL) == 0);
    while (size > 0) {
        size_t part = piece < size ? piece : size;
        console_log_add(&log, bytes, part);
        FUZZ_CHECK(log.length <= sizeof(log.tail));
        bytes += part;
        size -= part;
    }
    check_console(&log, 4096);
    check_console(&log, 3 + piece);
    console_log_close(&log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    size_t piece = 1u + data[0];
    feed_monitor((const char *)data + 1, size - 1, piece);
    feed_console((const char *)data + 1, size - 1, piece);
    return 0;
}
