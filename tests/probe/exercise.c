#include "tests/probe/exercise.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAME "exercised"
#define COPY "exercised.new"
/* Larger than a 9p request, and not a multiple of anything. */
#define LENGTH_MAX (700 * 1000)
#define PIECE_MAX (150 * 1000)
#define HISTORY 16

static struct {
    unsigned seed;
    uint64_t random;
    int fd;
    size_t length;
    uint8_t model[LENGTH_MAX], buffer[LENGTH_MAX];
    bool no_maps, no_fallocate;
    unsigned number;
    char history[HISTORY][80];
} x;

/* xorshift64: the same everywhere for a seed. */
static size_t below(size_t limit)
{
    x.random ^= x.random << 13;
    x.random ^= x.random >> 7;
    x.random ^= x.random << 17;
    return (size_t)(x.random >> 11) % limit;
}

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(x.history[x.number % HISTORY], sizeof(x.history[0]), format, args);
    va_end(args);
}

__attribute__((format(printf, 1, 2))) static int wrong(const char *format, ...)
{
    va_list args;
    printf("seed %u, operation %u: ", x.seed, x.number);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf(" (%s)\n", strerror(errno));
    for (unsigned i = x.number < HISTORY ? 0 : x.number - HISTORY + 1; i <= x.number; i++)
        printf("  %u %s\n", i, x.history[i % HISTORY]);
    return 1;
}

static int compare(const uint8_t *got, size_t from, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (got[i] != x.model[from + i])
            return wrong("byte %zu is %02x and not %02x", from + i, got[i], x.model[from + i]);
    return 0;
}

/* The bytes between the old end and a new one are zero. */
static void extend_to(size_t length)
{
    if (length > x.length) {
        memset(x.model + x.length, 0, length - x.length);
        x.length = length;
    }
}

static void invent(size_t from, size_t length)
{
    for (size_t i = 0; i < length; i++)
        x.buffer[i] = (uint8_t)(x.number * 31 + (from + i) * 7);
    extend_to(from + length);
    memcpy(x.model + from, x.buffer, length);
}

static int do_write(size_t from, size_t length)
{
    note("write %zu at %zu", length, from);
    invent(from, length);
    for (size_t done = 0; done < length;) {
        ssize_t n = pwrite(x.fd, x.buffer + done, length - done, (off_t)(from + done));
        if (n <= 0)
            return wrong("pwrite");
        done += (size_t)n;
    }
    return 0;
}

static int do_read(size_t from, size_t length)
{
    size_t expected = from >= x.length ? 0 : x.length - from < length ? x.length - from : length;
    size_t done = 0;
    ssize_t n;
    note("read %zu at %zu", length, from);
    while (done < length &&
           (n = pread(x.fd, x.buffer + done, length - done, (off_t)(from + done))) > 0)
        done += (size_t)n;
    if (done != expected)
        return wrong("%zu bytes, not %zu of %zu", done, expected, x.length);
    return compare(x.buffer, from, done);
}

static int do_truncate(size_t length)
{
    note("truncate %zu to %zu", x.length, length);
    extend_to(length);
    x.length = length;
    return ftruncate(x.fd, (off_t)length) ? wrong("ftruncate") : 0;
}

/* Space: within the file or beyond its end, a hole, zeros. */
static int do_fallocate(size_t from, size_t length, int mode)
{
    size_t end = from + length < x.length ? from + length : x.length;
    if (x.no_fallocate)
        return 0;
    note("fallocate %d, %zu at %zu", mode, length, from);
    if (fallocate(x.fd, mode, (off_t)from, (off_t)length)) {
        x.no_fallocate = errno == EOPNOTSUPP;
        return x.no_fallocate ? 0 : wrong("fallocate");
    }
    if (mode & FALLOC_FL_PUNCH_HOLE && from < end)
        memset(x.model + from, 0, end - from);
    if (!mode)
        extend_to(from + length);
    return 0;
}

/* Through a shared map: reads, and with write also changes. */
static int do_map(size_t from, size_t length, bool write)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), start = from / page * page;
    if (x.no_maps || from >= x.length)
        return 0;
    length = x.length - from < length ? x.length - from : length;
    note("map %zu at %zu, %s", length, from, write ? "write" : "read");
    uint8_t *map = mmap(NULL, from - start + length, PROT_READ | (write ? PROT_WRITE : 0),
                        MAP_SHARED, x.fd, (off_t)start);
    if (map == MAP_FAILED && (errno == EINVAL || errno == ENODEV)) {
        x.no_maps = true;
        return 0;
    }
    if (map == MAP_FAILED)
        return wrong("mmap");
    int result = compare(map + (from - start), from, length);
    if (result == 0 && write) {
        invent(from, length);
        memcpy(map + (from - start), x.buffer, length);
    }
    munmap(map, from - start + length);
    return result;
}

static int do_append(size_t length)
{
    int fd = open(NAME, O_WRONLY | O_APPEND | O_CLOEXEC);
    size_t from = x.length;
    note("append %zu at %zu", length, from);
    invent(from, length);
    bool good = fd >= 0;
    for (size_t done = 0; good && done < length;) {
        ssize_t n = write(fd, x.buffer + done, length - done);
        good = n > 0;
        done += good ? (size_t)n : 0;
    }
    return !good || close(fd) ? wrong("append") : 0;
}

static int reopen(void)
{
    note("close and open");
    if (x.fd >= 0 && close(x.fd))
        return wrong("close");
    x.fd = open(NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    return x.fd < 0 ? wrong("open") : 0;
}

/* As editors do. */
static int replace(void)
{
    int fd = open(COPY, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    note("replace, %zu bytes", x.length);
    bool good = fd >= 0;
    for (size_t done = 0; good && done < x.length;) {
        ssize_t n = write(fd, x.model + done, x.length - done);
        good = n > 0;
        done += good ? (size_t)n : 0;
    }
    if (!good || close(fd) || rename(COPY, NAME))
        return wrong("replace");
    return reopen();
}

static int check_length(void)
{
    struct stat st;
    if (fstat(x.fd, &st))
        return wrong("fstat");
    return (size_t)st.st_size == x.length
               ? 0
               : wrong("length %lld, not %zu", (long long)st.st_size, x.length);
}

static int one(void)
{
    note("nothing");
    size_t from = below(x.length + PIECE_MAX), length = 1 + below(below(4) ? 5000 : PIECE_MAX);
    if (from + length > LENGTH_MAX)
        from = LENGTH_MAX - length;
    switch (below(14)) {
    case 0:
    case 1:
    case 2:
        return do_write(from, length);
    case 3:
    case 4:
    case 5:
        return do_read(from, length);
    case 6:
        return do_map(from, length, false);
    case 7:
        return do_map(from, length, true);
    case 8:
        return do_truncate(below(4) ? from : below(LENGTH_MAX));
    case 9:
        return x.length + length <= LENGTH_MAX ? do_append(length) : reopen();
    case 11:
        return do_fallocate(from, length, below(2) ? 0 : FALLOC_FL_KEEP_SIZE);
    case 12:
        return do_fallocate(from, length, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);
    case 10:
        note("fsync");
        return fsync(x.fd) ? wrong("fsync") : 0;
    default:
        return below(4) ? check_length() : below(2) ? reopen() : replace();
    }
}

int exercise(const char *directory, unsigned seed, unsigned count)
{
    x.seed = seed;
    x.random = 0x9e3779b97f4a7c15u ^ ((uint64_t)seed << 20 | seed);
    x.fd = -1;
    if (chdir(directory) || reopen() || ftruncate(x.fd, 0))
        return wrong("%s", directory);
    for (x.number = 1; x.number <= count; x.number++)
        if (one())
            return 1;
    if (check_length() || do_read(0, LENGTH_MAX) || reopen() || do_read(0, LENGTH_MAX))
        return 1;
    printf("%u operations ok%s%s\n", count, x.no_maps ? ", without maps" : "",
           x.no_fallocate ? ", without fallocate" : "");
    return unlink(NAME);
}

/* ---- two writers ---- */

#define TURN_LENGTH 5000
#define TURN_PATIENCE_S 60

/* The line of a turn: its length differs from a page's, and its text each time. */
static void make_line(unsigned turn, char line[TURN_LENGTH + 1])
{
    int head = snprintf(line, TURN_LENGTH, "turn %u ", turn);
    memset(line + head, 'a' + (int)(turn % 26), (size_t)(TURN_LENGTH - head - 1));
    line[TURN_LENGTH - 1] = '\n';
    line[TURN_LENGTH] = '\0';
}

/* Waits until the file holds the whole turn. */
static int await_turn(int fd, unsigned turn)
{
    char wanted[TURN_LENGTH + 1], got[TURN_LENGTH + 1] = "";
    struct timespec start, now;
    make_line(turn, wanted);
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        ssize_t n = pread(fd, got, TURN_LENGTH, (off_t)turn * TURN_LENGTH);
        if (n == TURN_LENGTH && memcmp(got, wanted, TURN_LENGTH) == 0)
            return 0;
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - start.tv_sec < TURN_PATIENCE_S);
    printf("turn %u has not come: '%.20s'\n", turn, got);
    return 1;
}

int take_turns(const char *path, int first, unsigned count)
{
    char line[TURN_LENGTH + 1];
    int fd = -1;
    time_t end = time(NULL) + TURN_PATIENCE_S;
    while ((fd = open(path, O_RDWR | O_APPEND | (first ? O_CREAT : 0), 0666)) < 0 &&
           time(NULL) < end)
        ;
    if (fd < 0) {
        printf("no %s: %s\n", path, strerror(errno));
        return 1;
    }
    for (unsigned turn = 0; turn < 2 * count; turn++) {
        if ((turn % 2 == 0) != !!first) {
            if (await_turn(fd, turn))
                return 1;
            continue;
        }
        make_line(turn, line);
        if (write(fd, line, TURN_LENGTH) != TURN_LENGTH) {
            printf("turn %u: %s\n", turn, strerror(errno));
            return 1;
        }
    }
    printf("%u turns ok\n", count);
    return close(fd);
}
