#include "host/store/template_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_NO_INLINE_HINTS 1
#include <xxhash.h>

#include "common/util.h"

#define PIECE 65536u
#define PAGE 4096u

static void canonical(XXH128_hash_t hash, uint8_t ret[16])
{
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, hash);
    memcpy(ret, bytes.digest, 16);
}

static void sum_trailer(const struct template_trailer *trailer, uint8_t ret[16])
{
    canonical(XXH3_128bits(trailer, offsetof(struct template_trailer, sum)), ret);
}

void template_trailer_seal(struct template_trailer *trailer)
{
    sum_trailer(trailer, trailer->sum);
}

int template_trailer_read(int fd, struct template_trailer *ret, struct error *err)
{
    struct stat st;
    uint8_t sum[16];
    if (fstat(fd, &st) < 0)
        return error_errno(err, "it cannot be read");
    off_t at = st.st_size - (off_t)sizeof(*ret);
    if (!S_ISREG(st.st_mode) || at < 0 || pread(fd, ret, sizeof(*ret), at) != sizeof(*ret))
        return error_set(err, "it is not a template");
    sum_trailer(ret, sum);
    if (memcmp(ret->magic, TEMPLATE_MAGIC, sizeof(ret->magic)) != 0 ||
        memcmp(ret->sum, sum, sizeof(sum)) != 0 || ret->memory > (uint64_t)at ||
        ret->memory + ret->state != (uint64_t)at)
        return error_set(err, "it is damaged");
    return 0;
}

static bool is_zero(const unsigned char *bytes, size_t length)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

/* The operation on a piece of memory that is not a hole. */
typedef int piece_handler(void *context, const unsigned char *bytes, size_t length, uint64_t offset,
                          struct error *err);

/* The next offset that is not in a hole, a whole number of pieces; limit if there is none. */
static uint64_t next_piece(int fd, uint64_t from, uint64_t limit)
{
    off_t data = lseek(fd, (off_t)from, SEEK_DATA);
    if (data < 0)
        return errno == ENXIO ? limit : from;
    return (uint64_t)data - (uint64_t)data % PIECE;
}

static int for_each_piece(int fd, uint64_t memory, piece_handler *handle, void *context,
                          struct error *err)
{
    AUTO_FREE unsigned char *bytes = xcalloc(PIECE, 1);
    for (uint64_t at = next_piece(fd, 0, memory); at < memory; at = next_piece(fd, at, memory)) {
        size_t length = memory - at < PIECE ? (size_t)(memory - at) : PIECE;
        if (pread(fd, bytes, length, (off_t)at) != (ssize_t)length)
            return error_set(err, "it cannot be read");
        if (!is_zero(bytes, length) && handle(context, bytes, length, at, err) < 0)
            return -1;
        at += length;
        if (at >= memory)
            return 0;
    }
    return 0;
}

static int sum_piece(void *context, const unsigned char *bytes, size_t length, uint64_t offset,
                     struct error *err)
{
    (void)err;
    XXH3_128bits_update(context, &offset, sizeof(offset));
    XXH3_128bits_update(context, bytes, length);
    return 0;
}

int template_sum(int memory_fd, uint64_t memory, const void *state, size_t size, uint8_t ret[16],
                 struct error *err)
{
    XXH3_state_t *sum = XXH3_createState();
    if (!sum)
        abort();
    XXH3_128bits_reset(sum);
    int result = for_each_piece(memory_fd, memory, sum_piece, sum, err);
    XXH3_128bits_update(sum, state, size);
    canonical(XXH3_128bits_digest(sum), ret);
    XXH3_freeState(sum);
    return result;
}

/*
 * Page by page: a piece has few zero pages, and skipping them costs nothing.
 */
static int write_piece(void *context, const unsigned char *bytes, size_t length, uint64_t offset,
                       struct error *err)
{
    const int *fd = context;
    for (size_t from = 0; from < length;) {
        size_t to = from;
        while (to < length && !is_zero(bytes + to, PAGE))
            to += PAGE;
        if (to > from &&
            pwrite(*fd, bytes + from, to - from, (off_t)(offset + from)) != (ssize_t)(to - from))
            return error_errno(err, "it cannot be written");
        from = to + PAGE;
    }
    return 0;
}

int template_copy_memory(int from, int to, uint64_t memory, struct error *err)
{
    return for_each_piece(from, memory, write_piece, &to, err);
}
