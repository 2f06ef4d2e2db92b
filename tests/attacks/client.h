/*
 * A 9P2000.L client that sends anything. Message types and layouts: diod's protocol.md and Linux's
 * include/net/9p/9p.h.
 */
#ifndef VMC_TESTS_ATTACKS_CLIENT_H
#define VMC_TESTS_ATTACKS_CLIENT_H

#include "machine.h"

enum message_type {
    T_STATFS = 8,
    T_LOPEN = 12,
    T_LCREATE = 14,
    T_SYMLINK = 16,
    T_MKNOD = 18,
    T_RENAME = 20,
    T_READLINK = 22,
    T_GETATTR = 24,
    T_SETATTR = 26,
    T_XATTRWALK = 30,
    T_XATTRCREATE = 32,
    T_READDIR = 40,
    T_FSYNC = 50,
    T_LOCK = 52,
    T_GETLOCK = 54,
    T_LINK = 70,
    T_MKDIR = 72,
    T_RENAMEAT = 74,
    T_UNLINKAT = 76,
    T_VERSION = 100,
    T_AUTH = 102,
    T_ATTACH = 104,
    T_FLUSH = 108,
    T_WALK = 110,
    T_OPEN = 112,
    T_CREATE = 114,
    T_READ = 116,
    T_WRITE = 118,
    T_CLUNK = 120,
    T_REMOVE = 122,
    T_STAT = 124,
    T_WSTAT = 126,
};

/* Results of a call other than 0 and the server's error number. */
#define NO_ANSWER (-1)
#define OTHER_ANSWER (-2) /* neither the reply to this message nor an error */
#define BROKEN (-3)       /* a reset does not help either */
#define PART_WAY (-4)     /* Rwalk, for the first names only: there is no fid */

#define NO_FID 0xffffffffu
#define NO_TAG 0xffffu
#define MESSAGE_MAX 16384u
#define SLOTS 32u

/* The root of the share is attached as this fid; a scratch fid; and further ones from here up. */
#define ROOT 1u
#define FID 2u
#define MORE 10u

/* The last reply: its bytes after the header, and how many they are. */
extern unsigned char *reply;
extern size_t reply_length;

/* Resets the device and attaches the root. False: it no longer works. */
bool client_start(void);

/* The same session's version, as text of a Tversion. Returns as client_call(). */
int client_version(uint32_t message_size, const char *version);

/*
 * Sends a message and waits for the reply. The format says how the arguments are laid out: b, w,
 * d, q are integers of 1, 2, 4 and 8 bytes (q takes a uint64_t), s a string with its length in
 * front, D a pointer and a size_t: these bytes. Returns 0, the error number, or one of the above.
 */
int client_call(enum message_type type, const char *format, ...);

/*
 * As client_call() for messages that may stop the device, which is reset afterwards: all fids are
 * gone.
 */
int client_malformed(enum message_type type, const char *format, ...);

/* As client_call(), without waiting: into one of SLOTS; slots are sent together. */
void client_put(unsigned slot, enum message_type type, const char *format, ...);
/* Sends the first slots and waits for all; results[i] is as of client_call(). */
void client_send(unsigned count, int *results);

/* Fills the descriptors and buffers of slot 0 with a message, for attacks on the ring itself. */
struct device *client_raw(enum message_type type, const char *format, ...);

/* FID walks from a fid by one name, or by the names of a path with slashes between them. */
int client_walk(uint32_t from, uint32_t to, const char *path);
int client_clunk(uint32_t fid);

#endif
