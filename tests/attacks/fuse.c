#include "fuse.h"

/* Queue 0 is for urgent requests. */
#define REQUEST_QUEUE 1u
#define ROOM 16384u

static struct queue queue;
static struct device device;
static unsigned char out[ROOM], in[ROOM];

const unsigned char *fuse_reply;
size_t fuse_reply_length;

static size_t put(size_t at, const void *bytes, size_t size)
{
    if (at + size > sizeof(out))
        return at;
    memcpy(out + at, bytes, size);
    return at + size;
}

static void fill(uint32_t length, uint32_t opcode, uint64_t node, size_t end)
{
    const struct fuse_in_header header = {
        .len = length, .opcode = opcode, .unique = 1, .nodeid = node};
    put(0, &header, sizeof(header));
    memset(in, 0, sizeof(struct fuse_out_header));
    queue.table[0] = (struct descriptor){
        .address = (uint32_t)out, .length = end, .flags = DESCRIPTOR_NEXT, .next = 1};
    queue.table[1] = (struct descriptor){
        .address = (uint32_t)in, .length = sizeof(in), .flags = DESCRIPTOR_WRITE};
}

static bool transact(void)
{
    device_offer(&device, 0);
    device_notify(&device);
    return device_wait(&device, PATIENCE);
}

struct device *fuse_raw(void)
{
    const struct fuse_getattr_in getattr = {0};
    size_t end = put(sizeof(struct fuse_in_header), &getattr, sizeof(getattr));
    fill(end, FUSE_GETATTR, FUSE_ROOT_ID, end);
    return &device;
}

static int result(void)
{
    struct fuse_out_header header;
    memcpy(&header, in, sizeof(header));
    if (header.len < sizeof(header) || header.len > sizeof(in) || header.unique != 1)
        return OTHER_ANSWER;
    fuse_reply = in + sizeof(header);
    fuse_reply_length = header.len - sizeof(header);
    return header.error > 0 ? OTHER_ANSWER : -header.error;
}

int fuse_call(uint32_t opcode, uint64_t node, const void *args, size_t size, const char *name)
{
    size_t end = put(sizeof(struct fuse_in_header), args, size);
    if (name)
        end = put(end, name, strlen(name) + 1);
    fill(end, opcode, node, end);
    return transact() ? result() : NO_ANSWER;
}

int fuse_malformed(uint32_t length, uint32_t opcode, uint64_t node, const void *args, size_t size)
{
    fill(length, opcode, node, put(sizeof(struct fuse_in_header), args, size));
    return transact() ? result() : NO_ANSWER;
}

bool fuse_start(void)
{
    /* The flags that a server with ACLs requires. */
    const struct fuse_init_in init = {.major = FUSE_KERNEL_VERSION,
                                      .minor = 31,
                                      .max_readahead = 131072,
                                      .flags = FUSE_DONT_MASK | FUSE_POSIX_ACL | FUSE_SETXATTR_EXT};
    return device_start(&device, DEVICE_FS, &queue, REQUEST_QUEUE) &&
           fuse_call(FUSE_INIT, 0, &init, sizeof(init), NULL) == 0;
}

int fuse_lookup(uint64_t parent, const char *name, uint64_t *ret)
{
    struct fuse_entry_out entry;
    int error = fuse_call(FUSE_LOOKUP, parent, NULL, 0, name);
    if (error == 0 && fuse_reply_length < sizeof(entry))
        return OTHER_ANSWER;
    if (error == 0) {
        memcpy(&entry, fuse_reply, sizeof(entry));
        *ret = entry.nodeid;
    }
    return error;
}

int fuse_open(uint32_t opcode, uint64_t node, uint32_t flags, uint64_t *ret)
{
    const struct fuse_open_in open = {.flags = flags};
    struct fuse_open_out opened;
    int error = fuse_call(opcode, node, &open, sizeof(open), NULL);
    if (error == 0 && fuse_reply_length < sizeof(opened))
        return OTHER_ANSWER;
    if (error == 0) {
        memcpy(&opened, fuse_reply, sizeof(opened));
        *ret = opened.fh;
    }
    return error;
}
