/*
 * The attacks, by subject. Each prints one line for each thing it tries: its name and the result,
 * "ok" or the name of an error. Lines that begin with # are for the reader.
 */
#ifndef VMC_TESTS_ATTACKS_ATTACKS_H
#define VMC_TESTS_ATTACKS_ATTACKS_H

#include "client.h"

/* Open flags and modes, as 9P2000.L has them: Linux's. */
#define RDONLY 0u
#define WRONLY 1u
#define RDWR 2u
#define CREAT 0100u
#define EXCL 0200u
#define TRUNC 01000u
#define MODE_FIFO 0010000u
#define MODE_CHAR 0020000u
#define MODE_BLOCK 0060000u
#define MODE_SOCKET 0140000u
#define REMOVE_DIRECTORY 0x200u

#define EINVAL 22
#define EOPNOTSUPP 95

/* Bits of Tsetattr. */
#define SET_MODE 1u
#define SET_UID 2u
#define SET_GID 4u
#define SET_SIZE 8u
#define SET_TIME 0x20u

/* A host directory that no attack may reach: links lead there. */
extern const char *target;

void say(const char *name, int result);
/* "OPERATION NAME RESULT" */
void say_named(const char *operation, const char *name, int result);

int set_attributes(uint32_t fid, uint32_t valid, uint32_t mode, uint64_t size);
/* Makes an open file, directory or link below a fid; the fid stays. */
int create_file(uint32_t dir, uint32_t fid, const char *name, uint32_t flags);
int make_directory(uint32_t dir, const char *name);
int make_link(uint32_t dir, const char *name, const char *to);
int unlink_at(uint32_t dir, const char *name, uint32_t flags);
/* Walks FID there, opens it and prints what can be read. */
int open_and_read(const char *path, uint32_t flags);

void attack_lookups(void);
void attack_names(void);
void attack_special_files(void);
void attack_attributes(void);
void attack_stale_fids(void);
void attack_session(void);
void attack_old_protocol(void);
void attack_races(void);
void attack_swapped(void);
void attack_resources(void);
void attack_ring(void);
/* May end QEMU. */
void attack_fatally(void);

#endif
