#include "host/jail_rules.h"

#include <sys/personality.h>

#include "host/jail_root.h"
#include "host/kernel_seccomp.h"

/* Threads that each keep memory of their own would only cost some. */
static const char *const for_a_hypervisor[] = {"MALLOC_ARENA_MAX=2", NULL};
static const char *const for_an_agent[] = {NULL};
/* Where its memory is; and its processes must have nothing of the C library's. */
static const char *const for_a_kernel[] = {"TMPDIR=" JAIL_RAM_PATH,
                                           "GLIBC_TUNABLES=glibc.pthread.rseq=0", NULL};

static const struct jail_rules rules[] = {
    [JAIL_HYPERVISOR] =
        {
            .umask = 022,
            .environment = for_a_hypervisor,
            .attach = jail_root_attach_proc,
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
            .attach = jail_root_attach_ram,
            .load_filter = kernel_seccomp_load,
        },
};

const struct jail_rules *jail_rules(enum jail_tenant tenant)
{
    return &rules[tenant];
}
