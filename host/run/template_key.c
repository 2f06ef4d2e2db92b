#include "host/run/template_key.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#define XXH_NO_INLINE_HINTS 1
#include <xxhash.h>

#include "host/base/identity.h"
#include "host/guest/config.h"

const char *template_refusal(const struct machine_request *request)
{
    const struct vm_spec *spec = request->spec;
    if (spec->cold)
        return "--cold";
    if (!machine_ops(spec->backend)->save || spec->maintenance)
        return "the machine does not wait for a configuration";
    if (spec->kernel || spec->initrd || spec->distro)
        return "its kernel is not the guest image's";
    if (spec->debug || spec->console)
        return "its console is requested";
    if (spec->debugging.gdb || spec->debugging.crash_dump)
        return "debugging is requested";
    if (machine_has_file_server(request))
        return "a file server shares its memory";
    if (request->network->link.kind == LINK_IN_VMM)
        return "its network is QEMU's own";
    return NULL;
}

/* A copy's disk is another one than its template's; but a guest has learnt its size. */
static void add_size(int fd, struct strings *ret)
{
    struct stat st;
    if (fd >= 0 && fstat(fd, &st) == 0)
        strings_addf(ret, "disk %lld", (long long)st.st_size);
}

/* The container's shape; the text of the profile stands for the filter that is compiled of it. */
static void add_shape(const struct machine_request *request, struct strings *ret)
{
    static const struct seccomp_filter none;
    const struct security_spec *security = &request->spec->container.security;
    AUTO_FREE char *shape = agent_shape_json(request->spec, &none);
    strings_add(ret, shape);
    strings_addf(ret, "seccomp %s",
                 security->unconfined     ? "unconfined"
                 : security->seccomp_text ? security->seccomp_text
                                          : "default");
}

char *template_key(const struct machine_request *request)
{
    AUTO_STRINGS struct strings parts = {0};
    AUTO_FREE char *boot = boot_identity();
    AUTO_FREE char *vmm = file_identity(request->vmm);
    AUTO_FREE char *kernel = file_identity(request->image->kernel);
    AUTO_FREE char *initrd = file_identity(request->image->initrd);
    strings_addf(&parts, "vmc %s; boot %s", VMC_VERSION, boot);
    strings_add(&parts, vmm);
    strings_add(&parts, kernel);
    strings_add(&parts, initrd);
    /* What a guest has read of its disk at its boot is in its memory. */
    AUTO_FREE char *image = request->spec->image ? file_identity(request->spec->rootfs) : NULL;
    if (image)
        strings_add(&parts, image);
    add_size(request->rootfs->disk_fd, &parts);
    add_size(request->swap_fd, &parts);
    machine_ops(request->spec->backend)->describe(request, &parts);
    add_shape(request, &parts);
    AUTO_FREE char *text = strings_join(&parts, "\n");
    XXH128_hash_t hash = XXH3_128bits(text, strlen(text));
    return xasprintf("%016llx%016llx", (unsigned long long)hash.high64,
                     (unsigned long long)hash.low64);
}
