#include "host/jail/rules.h"

#include <linux/securebits.h>
#include <sys/personality.h>

#include "host/jail/root.h"
#include "host/jail/seccomp_file_server.h"
#include "host/jail/seccomp_kernel.h"

/* A memory arena for each thread would only cost memory. */
static const char *const for_a_hypervisor[] = {"MALLOC_ARENA_MAX=2", NULL};
static const char *const for_an_agent[] = {NULL};
/* The place of its memory; its processes must not use features of the C library. */
static const char *const for_a_kernel[] = {"TMPDIR=" JAIL_RAM_PATH,
                                           "GLIBC_TUNABLES=glibc.pthread.rseq=0", NULL};

/*
 * Descriptors that the guest can make QEMU hold, through files it opens and unlinks: a bound.
 */
#define DESCRIPTORS 16384u
/* One for each file that the guest knows. */
#define DESCRIPTORS_OF_FILES 262144u

/* To serve files of every owner in the user namespace. */
static const cap_value_t to_read[] = {CAP_DAC_READ_SEARCH};
static const cap_value_t to_write[] = {CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE, CAP_CHOWN, CAP_FOWNER,
                                       CAP_FSETID};
/*
 * For the file server: it makes each file as the user who asks for it (setresuid(2)). The guest's
 * kernel has already checked that user's rights, with groups that only it knows, so the server
 * keeps its capabilities when it changes ids (SECBIT_NO_SETUID_FIXUP).
 */
static const cap_value_t to_serve[] = {
    CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE, CAP_CHOWN,   CAP_FOWNER,     CAP_FSETID,
    CAP_SETUID,          CAP_SETGID,       CAP_SETFCAP, CAP_SYS_CHROOT, CAP_SETPCAP};
/*
 * An overlay opens its lower files with O_NOATIME, which only a file's owner may, open(2).
 * virtiofsd drops the last two itself, once it has entered the tree.
 */
static const cap_value_t to_enter[] = {CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_SYS_CHROOT,
                                       CAP_SETPCAP};

#define CAPABILITIES(list)                                                                         \
    {                                                                                              \
        (list), ARRAY_LEN(list)                                                                    \
    }

static const struct jail_rules rules[] = {
    [JAIL_HYPERVISOR] =
        {
            .umask = 022,
            .environment = for_a_hypervisor,
            .descriptors = DESCRIPTORS,
            .attach = jail_root_attach_proc,
            .reading = CAPABILITIES(to_read),
            .writing = CAPABILITIES(to_write),
            .load_filter = jail_seccomp_load,
        },
    [JAIL_AGENT] =
        {
            .trusted = true,
            .umask = 022,
            .environment = for_an_agent,
            .attach = jail_root_attach_kernel,
        },
    [JAIL_KERNEL] =
        {
            /* It makes files with the modes that the guest's programs request. */
            .umask = 0,
            /*
             * Its own memory lies after a program's heap: with randomization up to a gigabyte after
             * it, and it would need page tables for all of that. It is at a fixed address anyway.
             */
            .personality = ADDR_NO_RANDOMIZE,
            .environment = for_a_kernel,
            .descriptors = DESCRIPTORS,
            .attach = jail_root_attach_ram,
            .reading = CAPABILITIES(to_read),
            .writing = CAPABILITIES(to_write),
            .load_filter = kernel_seccomp_load,
        },
    [JAIL_FILE_SERVER] =
        {
            .umask = 022,
            .environment = for_a_hypervisor,
            .descriptors = DESCRIPTORS_OF_FILES,
            .attach = jail_root_attach_whole_proc,
            .reading = CAPABILITIES(to_enter),
            .writing = CAPABILITIES(to_serve),
            .securebits = SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED,
            .load_filter = file_server_seccomp_load,
        },
};

const struct jail_rules *jail_rules(enum jail_tenant tenant)
{
    return &rules[tenant];
}

rlim_t jail_descriptors(enum jail_tenant tenant)
{
    struct rlimit now;
    rlim_t most = rules[tenant].descriptors;
    if (getrlimit(RLIMIT_NOFILE, &now) < 0)
        return 0;
    /* One is for the program, until it is executed. */
    return now.rlim_max > most ? most : now.rlim_max - 1;
}

int jail_memory_number(void)
{
    return JAIL_MEMORY_NUMBER((int)jail_descriptors(JAIL_HYPERVISOR));
}
