#include "host/jail/rules.h"

#include <linux/securebits.h>
#include <sys/personality.h>

#include "host/jail/root.h"
#include "host/jail/seccomp_file_server.h"
#include "host/jail/seccomp_kernel.h"

/* Threads that each keep memory of their own would only cost some. */
static const char *const for_a_hypervisor[] = {"MALLOC_ARENA_MAX=2", NULL};
static const char *const for_an_agent[] = {NULL};
/* Where its memory is; and its processes must have nothing of the C library's. */
static const char *const for_a_kernel[] = {"TMPDIR=" JAIL_RAM_PATH,
                                           "GLIBC_TUNABLES=glibc.pthread.rseq=0", NULL};

/* Descriptors the guest can make QEMU hold, through files it opens and unlinks: none without end.
 */
#define DESCRIPTORS 16384u
/* A file that the guest knows is one. */
#define DESCRIPTORS_OF_FILES 262144u

/* To serve files of every owner in the user namespace. */
static const cap_value_t to_read[] = {CAP_DAC_READ_SEARCH};
static const cap_value_t to_write[] = {CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE, CAP_CHOWN, CAP_FOWNER,
                                       CAP_FSETID};
/*
 * The file server's: it makes each file as the one who asks for it (setresuid(2)), whose rights the
 * guest's kernel has checked already, with groups that it alone knows: so the change of ids takes
 * nothing from it (SECBIT_NO_SETUID_FIXUP).
 */
static const cap_value_t to_serve[] = {
    CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE, CAP_CHOWN,   CAP_FOWNER,     CAP_FSETID,
    CAP_SETUID,          CAP_SETGID,       CAP_SETFCAP, CAP_SYS_CHROOT, CAP_SETPCAP};
/*
 * An overlay opens what is below it with O_NOATIME, open(2), which is for a file's owner. The last
 * two virtiofsd drops itself, once it has entered the tree.
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
            /* It makes files with the modes that its guest's programs have asked for. */
            .umask = 0,
            /*
             * Its own memory lies behind what a program has for its heap: at random, up to a
             * gigabyte behind, all of which it would keep books of. It is at a fixed address
             * anyway.
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
    /* One is the program's, until it is executed. */
    return now.rlim_max > most ? most : now.rlim_max - 1;
}

int jail_memory_number(void)
{
    return JAIL_MEMORY_NUMBER((int)jail_descriptors(JAIL_HYPERVISOR));
}
