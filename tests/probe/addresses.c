/*
 * Readable memory at the top of the address space that is not in /proc/self/maps: a kernel whose
 * processes begin as copies of another process (User Mode Linux) could leave parts of that there.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/probe/addresses.h"

#define TOP UINT64_C(0x7ffffffff000)
#define SPAN (UINT64_C(64) << 20)

static sigjmp_buf back;

static void go_back(int number)
{
    siglongjmp(back, number);
}

static int is_readable(uint64_t address)
{
    if (sigsetjmp(back, 1) != 0)
        return 0;
    (void)*(volatile const char *)(uintptr_t)address;
    return 1;
}

/* True if a line of the file covers it. */
static int is_listed(uint64_t address)
{
    char line[512];
    uint64_t first, end;
    int listed = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps && !listed && fgets(line, sizeof(line), maps))
        listed = sscanf(line, "%" SCNx64 "-%" SCNx64, &first, &end) == 2 && address >= first &&
                 address < end;
    if (maps)
        fclose(maps);
    return listed;
}

int read_addresses(void)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    signal(SIGSEGV, go_back);
    signal(SIGBUS, go_back);
    for (uint64_t address = TOP - SPAN; address < TOP; address += page)
        if (is_readable(address) && !is_listed(address))
            printf("%" PRIx64 "\n", address);
    return 0;
}
