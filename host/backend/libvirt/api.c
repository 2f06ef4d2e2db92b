#include "host/backend/libvirt/api.h"

#include <dlfcn.h>

#include "common/util.h"

#define LIBVIRT_LIBRARY "libvirt.so.0"
#define LIBXML_LIBRARY "libxml2.so.2"

struct function {
    const char *name;
    void *slot; /* the pointer to set, dlsym(3) */
};

static int load(const char *library, const char *packages, const struct function *functions,
                size_t count, struct error *err)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return error_set(err, "--libvirt: %s cannot be loaded: apt install %s", library, packages);
    for (size_t i = 0; i < count; i++) {
        void *address = dlsym(handle, functions[i].name);
        if (!address)
            return error_set(err, "--libvirt: %s has no %s: it is too old", library,
                             functions[i].name);
        *(void **)functions[i].slot = address;
    }
    return 0;
}

#define API_FUNCTION(function) {#function, &ret->function},

int libvirt_api_load(struct libvirt_api *ret, struct error *err)
{
    const struct function functions[] = {LIBVIRT_FUNCTIONS(API_FUNCTION)};
    return load(LIBVIRT_LIBRARY, "libvirt0 libvirt-daemon libvirt-daemon-driver-qemu", functions,
                ARRAY_LEN(functions), err);
}

int libxml_api_load(struct libxml_api *ret, struct error *err)
{
    const struct function functions[] = {LIBXML_FUNCTIONS(API_FUNCTION)};
    return load(LIBXML_LIBRARY, "libxml2", functions, ARRAY_LEN(functions), err);
}
