/* Check: the guest images, and an emulator for each architecture. */
#include <json-c/json.h>
#include <string.h>

#include "common/util.h"
#include "host/base/arch.h"
#include "host/base/probe.h"
#include "host/check/checks.h"
#include "host/machine/guest_image.h"

/* QEMU links dozens of libraries: give a loaded machine time. */
#define QEMU_TIMEOUT (20 * NS_PER_S)

/* A missing part is fatal for the host's own architecture, a warning for another one. */
static enum check_result missing(const struct arch *arch)
{
    return arch == arch_native() ? CHECK_FAIL : CHECK_WARN;
}

/* Runs QEMU with one or two arguments. True and *ret_output (owned) if it ended with 0. */
static bool ask_qemu(const struct arch *arch, const char *option, const char *value,
                     char **ret_output, struct error *err)
{
    const char *argv[] = {arch->qemu, option, value, NULL};
    char *output = NULL;
    int status;

    if (probe_program((char *const *)argv, QEMU_TIMEOUT, &output, &status, err) < 0) {
        error_wrap(err, "%s %s", arch->qemu, option);
        return false;
    }
    if (status == 0) {
        *ret_output = output;
        return true;
    }
    if (status == STATUS_NOT_FOUND)
        error_set(err, "%s is not installed", arch->qemu);
    else
        error_set(err, "%s %s ended with status %d: %s", arch->qemu, option, status, output);
    free(output);
    return false;
}

static bool check_qemu(struct checks *checks, const struct arch *arch)
{
    AUTO_FREE char *name = xasprintf("qemu-%s", arch->name);
    AUTO_FREE char *version = NULL;
    AUTO_FREE char *machines = NULL;
    AUTO_FREE char *machine = xasprintf("\n%.*s ", (int)strcspn(arch->machine, ","), arch->machine);
    struct error err = ERROR_INIT;

    if (!ask_qemu(arch, "-version", NULL, &version, &err) ||
        !ask_qemu(arch, "-machine", "help", &machines, &err)) {
        checks_add(checks, name, missing(arch), xstrdup(err.text),
                   xasprintf("apt install %s", arch->qemu_package));
        return false;
    }
    version[strcspn(version, "\n")] = '\0';
    if (!strstr(machines, machine)) {
        checks_add(checks, name, missing(arch),
                   xasprintf("%s has no machine '%s'", version, strtok(machine, "\n ")),
                   xasprintf("apt install %s", arch->qemu_package));
        return false;
    }
    checks_add(checks, name, CHECK_OK, xstrdup(version), NULL);
    return true;
}

static void check_9p(struct checks *checks, const struct arch *arch)
{
    AUTO_FREE char *name = xasprintf("9p-%s", arch->name);
    AUTO_FREE char *devices = NULL;
    struct error err = ERROR_INIT;

    if (!ask_qemu(arch, "-device", "help", &devices, &err))
        checks_add(checks, name, missing(arch), xstrdup(err.text),
                   xasprintf("apt install %s", arch->qemu_package));
    else if (!strstr(devices, "\"virtio-9p-"))
        checks_add(checks, name, missing(arch),
                   xasprintf("%s was built without virtio-9p", arch->qemu),
                   xstrdup("install a QEMU configured with --enable-virtfs, as Debian's is"));
    else
        checks_add(checks, name, CHECK_OK, xasprintf("%s has virtio-9p", arch->qemu), NULL);
}

/* "kernel 6.12.117, busybox 1.35.0", from the breeder's manifest; owned. */
static char *image_versions(const char *directory)
{
    AUTO_FREE char *path = xasprintf("%s/manifest.json", directory);
    struct json_object *manifest = json_object_from_file(path);
    static const char *const parts[] = {"kernel", "busybox"};
    char *text = xstrdup(directory);

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        struct json_object *part, *version;

        if (json_object_object_get_ex(manifest, parts[i], &part) &&
            json_object_object_get_ex(part, "version", &version)) {
            AUTO_FREE char *before = text;

            text = xasprintf("%s, %s %s", before, parts[i], json_object_get_string(version));
        }
    }
    json_object_put(manifest);
    return text;
}

static void check_image(struct checks *checks, const struct arch *arch)
{
    AUTO_FREE char *name = xasprintf("guest-image-%s", arch->name);
    AUTO_FREE char *directory = NULL;
    struct guest_image image = {0};
    struct error err = ERROR_INIT;

    if (guest_image_directory(arch, &directory, &err) < 0)
        error_set(&err, "none for %s", arch->name);
    if (!directory || guest_image_find(arch, &(struct image_choice){0}, &image, &err) < 0) {
        AUTO_FREE char *advice = guest_image_advice(arch);
        checks_add(
            checks, name, missing(arch), xstrdup(err.text),
            xasprintf("%s; or name the directory of an existing one with VMC_GUEST_DIR", advice));
    } else
        checks_add(checks, name, CHECK_OK, image_versions(directory), NULL);
    guest_image_free(&image);
}

void check_architectures(struct checks *checks)
{
    for (const char *const *name = arch_names; *name; name++) {
        const struct arch *arch = arch_find(*name);

        if (check_qemu(checks, arch))
            check_9p(checks, arch);
        check_image(checks, arch);
    }
}
