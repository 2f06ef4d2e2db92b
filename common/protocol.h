/*
 * The wire protocol between vmc and vmc-agent. Pure: bytes in, frames out, no I/O.
 *
 * Two byte streams ("ports") join host and guest, so that a full standard input never delays
 * a signal. Each carries frames: a header of 8 bytes, big endian,
 *
 *     u16 type | u16 stream | u32 payload length (the header not counted)
 *
 * and the payload. stream numbers the process the frame is about: 0 is the workload. A frame
 * of an unknown type, of a type that does not belong to this port and direction, or of a length
 * outside the type's limits is a protocol error and ends the session.
 *
 * port     direction      frame    payload
 * control  guest -> host  HELLO    version, clock readings; first frame of all
 *          host -> guest  PREPARE  a piece of the JSON shape of the container; an empty one ends it
 *          guest -> host  PREPARED that much of the container is ready
 *          host -> guest  WAKE     to the copy of a guest that said HELLO long ago: say it again
 *          host -> guest  CONFIG   a piece of the JSON configuration; an empty one ends it
 *          host -> guest  EXEC     a piece of the JSON of one more process; an empty one ends it
 *          guest -> host  STARTED  the process runs
 *          guest -> host  ERROR    it does not: exit status and text; that of stream 0 ends all
 *          host -> guest  SIGNAL   signal number (of the guest's architecture: Linux generic)
 *          host -> guest  WINSIZE  terminal rows and columns
 *          guest -> host  EXIT     how the process ended. The workload's is the last frame of all
 * data     host -> guest  STDIN    bytes; an empty frame is end of file
 *          guest -> host  STDOUT, STDERR   the same
 *          both           CREDIT   the receiver of a data stream can take that many bytes more
 *          both           CLOSE    the receiver of a data stream takes no more (its reader left)
 *
 * Frames of one process on the two ports, and those of both sides, cross each other. So SIGNAL,
 * WINSIZE, STDIN, CREDIT and CLOSE for a process that has ended already are not errors and have no
 * effect. A process whose start has failed (ERROR) has sent nothing else on the data port; of one
 * that has started, EXIT and the ends of both outputs, in any order, are the last.
 *
 * Data flows only against credit: a sender starts with none. So nothing is dropped, memory is
 * bounded on both sides, and a blocked stream never holds up another. The first credit for STDIN is
 * small, and the next one says that the process reads: all that was sent before has been read.
 * After EOF of both outputs and EXIT the host ends the machine; the order of EXIT against the two
 * EOFs is not fixed, since they travel on different ports.
 *
 * EXEC runs one more process in the container, at any time between the workload's STARTED and its
 * end:
 * - The host chooses the stream, not one in use: from the first EXEC frame to ERROR, or to EXIT and
 *   both EOFs. It counts up, so that nothing under way is taken for the next process's. The text of
 *   one process is ended before that of another begins.
 * - The answer is STARTED or ERROR on that stream, once the empty frame has come. ERROR is the end
 *   of that process alone: the text is wrong, there are EXECS_MAX already, the command cannot run
 *   (STATUS_NOT_FOUND, STATUS_NOT_EXECUTABLE), or the workload has ended. A host may find the
 *   workload's EXIT instead, which has crossed its EXEC.
 * - WINSIZE may follow the empty frame at once. What else the host says to the process comes after
 *   its STARTED: the agent ignores frames for a process that is not there.
 * - With a terminal STDOUT is its output, STDERR is at its end from the start, and the end of STDIN
 *   or a CLOSE of STDOUT hangs it up.
 * - EXIT comes when the process itself has ended. What it has written until then follows, as the
 *   host grants credit, and the EOFs: other processes that still hold its streams delay nothing.
 * - The workload's end kills every process. Each has its EXIT before the workload's. What the host
 *   has not taken some seconds later is discarded, and its EOFs are sent.
 *
 * What the guest sends is hostile input: fixed layouts and fixed limits, no JSON, and nothing is
 * ever trusted because the guest said so.
 */
#ifndef VMC_COMMON_PROTOCOL_H
#define VMC_COMMON_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define PROTOCOL_VERSION 5

#define FRAME_HEADER_SIZE 8
#define FRAME_PAYLOAD_MAX 65536
#define CONFIG_SIZE_MAX (16u << 20) /* all frames of a JSON text; ARG_MAX is 2 MiB */
#define ERROR_TEXT_MAX 1024
#define SIGNAL_MAX 64
/* The most processes of EXEC at a time, beside the workload. */
#define EXECS_MAX 64

/*
 * 7 and 22 are kept for STATS, the host's question and the agent's answer: what the container's
 * cgroup has counted, its pressure (PSI) among it.
 */
enum frame_type {
    FRAME_CONFIG = 1,
    FRAME_SIGNAL = 2,
    FRAME_WINSIZE = 3,
    FRAME_STDIN = 4,
    FRAME_CREDIT = 5,
    FRAME_CLOSE = 6,
    FRAME_WAKE = 8,
    FRAME_PREPARE = 9,
    FRAME_EXEC = 10,
    FRAME_HELLO = 16,
    FRAME_STARTED = 17,
    FRAME_ERROR = 18,
    FRAME_EXIT = 19,
    FRAME_STDOUT = 20,
    FRAME_STDERR = 21,
    FRAME_PREPARED = 23,
};

/* A frame as decoded. payload points into the decoder and is valid until its next call. */
struct frame {
    uint16_t type;
    uint16_t stream;
    uint32_t length;
    const uint8_t *payload;
};

/* Who sent what a decoder reads. */
enum peer {
    PEER_HOST_CONTROL,
    PEER_HOST_DATA,
    PEER_GUEST_CONTROL,
    PEER_GUEST_DATA,
    PEER_CLIENT,  /* of a container's control socket: host/monitor/control.h */
    PEER_MONITOR, /* who serves it */
};

/* Incremental decoder. Fixed size, no allocation; survives any input. */
struct decoder {
    enum peer peer;
    size_t start;
    size_t end;
    uint8_t bytes[2 * (FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX)];
};

void decoder_init(struct decoder *d, enum peer peer);

/*
 * Where to put bytes that were read, and how many fit: at least one whenever decoder_next()
 * has just returned 0. decoder_added() tells how many were put there.
 */
uint8_t *decoder_space(struct decoder *d, size_t *ret_room);
void decoder_added(struct decoder *d, size_t count);

/* 1 and *ret_frame; 0 when more bytes are needed; -1 on a protocol error (the stream is dead). */
int decoder_next(struct decoder *d, struct frame *ret_frame, struct error *err);

/* Writes a header; bytes must hold FRAME_HEADER_SIZE. length <= FRAME_PAYLOAD_MAX. */
void encode_header(uint8_t *bytes, enum frame_type type, uint16_t stream, uint32_t length);

/* The name of a frame type for messages, "unknown" if it has none. */
const char *frame_name(uint16_t type);

/*
 * Typed payloads. encode_X writes exactly X_SIZE bytes (ERROR: returns the length); decode_X
 * takes a frame whose length the decoder has checked, and fails on values out of range.
 */
struct hello {
    uint32_t version;
    uint64_t kernel_ns; /* guest CLOCK_BOOTTIME when the agent began, or was woken */
    uint64_t agent_ns;  /* the same when it said HELLO */
};
#define HELLO_SIZE 20
void encode_hello(uint8_t *bytes, const struct hello *hello);
int decode_hello(const struct frame *frame, struct hello *ret_hello, struct error *err);

/* For an EXEC the first three times are those of its arrival. */
struct started {
    uint32_t pid;       /* in the guest */
    uint64_t config_ns; /* guest CLOCK_BOOTTIME when the configuration had come and been set */
    uint64_t share_ns;  /* the same when the host's tree was mounted */
    uint64_t rootfs_ns; /* the same when the root file system was complete */
    uint64_t start_ns;  /* the same when the workload's execve(2) had succeeded */
};
#define STARTED_SIZE 36
void encode_started(uint8_t *bytes, const struct started *started);
int decode_started(const struct frame *frame, struct started *ret_started, struct error *err);

/* How a process ended, as wait(2) tells it. */
struct exit_record {
    bool signaled;
    uint8_t value; /* exit code 0-255, or signal number 1-SIGNAL_MAX */
    /* The guest's kernel killed one of the container's processes for memory; for an EXEC: and
     * SIGKILL ended this one. */
    bool out_of_memory;
    uint64_t input_taken; /* how many bytes of STDIN the process has read; 0 of a terminal */
};
#define EXIT_SIZE 10
void encode_exit(uint8_t *bytes, const struct exit_record *record);
int decode_exit(const struct frame *frame, struct exit_record *ret_record, struct error *err);

/* The exit status vmc ends with: the code, or 128 plus the signal. */
int exit_record_status(const struct exit_record *record);

/* ERROR: u8 exit status (125-127), then text without a final NUL. */
#define ERROR_SIZE_MAX (1 + ERROR_TEXT_MAX)
size_t encode_error(uint8_t *bytes, const struct error *error);
/* Fills err with the guest's status and (sanitized) text. Always returns -1. */
int decode_error(const struct frame *frame, struct error *err);

#define SIGNAL_SIZE 1
void encode_signal(uint8_t *bytes, int signal);
int decode_signal(const struct frame *frame, int *ret_signal, struct error *err);

struct window_size {
    uint16_t rows;
    uint16_t columns;
};
#define WINSIZE_SIZE 4
void encode_winsize(uint8_t *bytes, const struct window_size *size);
int decode_winsize(const struct frame *frame, struct window_size *ret_size, struct error *err);

/* CREDIT and CLOSE name the data stream they are about by the type of its frames. */
#define CREDIT_SIZE 6
void encode_credit(uint8_t *bytes, enum frame_type data_type, uint32_t count);
int decode_credit(const struct frame *frame, uint16_t *ret_data_type, uint32_t *ret_count,
                  struct error *err);
#define CLOSE_SIZE 2
void encode_close(uint8_t *bytes, enum frame_type data_type);
int decode_close(const struct frame *frame, uint16_t *ret_data_type, struct error *err);

#endif
