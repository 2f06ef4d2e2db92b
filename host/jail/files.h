/*
 * Which files a hypervisor needs: its binary, the dynamic loader, its libraries, the modules and
 * the firmware of its architecture. Everything else on the host stays out of its jail.
 */
#ifndef VMC_HOST_JAIL_FILES_H
#define VMC_HOST_JAIL_FILES_H

#include "common/error.h"
#include "common/util.h"
#include "host/base/arch.h"

/*
 * Appends the files by the absolute paths under which the binary looks for them; arch is a
 * hypervisor's, or NULL for another program, which has no modules and no firmware. Asks the dynamic
 * loader once, and caches the answer in $XDG_CACHE_HOME/vmc as long as the binary and the loader's
 * cache stay the same.
 */
int jail_files_find(const struct arch *arch, const char *binary, struct strings *ret,
                    struct error *err);

/*
 * The directories of the files named *.so* in the list that the loader would not search by itself,
 * as for LD_LIBRARY_PATH: there is no /etc/ld.so.cache in a jail. Owned; NULL: none.
 */
char *jail_files_library_path(const struct strings *files);

/* The loader's name in a 64-bit ELF file (elf(5), PT_INTERP). Owned; NULL: it is static. */
char *jail_files_interpreter(const char *binary);

#endif
