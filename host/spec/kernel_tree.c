#include "host/spec/kernel_tree.h"

#include <fcntl.h>
#include <string.h>

#include "common/io.h"
#include "common/util.h"

/* A configuration of everything there is has some 300 kB. */
#define CONFIG_SIZE_MAX (4u << 20)

/* What the agent cannot do without, or the container cannot be made without. */
static const char *const needed[] = {
    "BLK_DEV_INITRD", "BINFMT_ELF", "DEVTMPFS",      "TMPFS",      "UNIX",           "VIRTIO_MMIO",
    "VIRTIO_CONSOLE", "9P_FS",      "NET_9P_VIRTIO", "OVERLAY_FS", "NAMESPACES",     "PID_NS",
    "UTS_NS",         "IPC_NS",     "NET_NS",        "CGROUPS",    "SECCOMP_FILTER",
};

/* Whether a line of the configuration is CONFIG_name=value. */
static bool config_is(const char *config, const char *name, const char *value)
{
    AUTO_FREE char *line = xasprintf("\nCONFIG_%s=%s\n", name, value);
    return strstr(config, line) != NULL;
}

static int check_needed(const struct setting *s, const char *config, struct error *err)
{
    AUTO_STRINGS struct strings missing = {0};
    for (size_t i = 0; i < ARRAY_LEN(needed); i++)
        if (!config_is(config, needed[i], "y"))
            strings_addf(&missing, "CONFIG_%s", needed[i]);
    if (missing.count == 0)
        return 0;
    AUTO_FREE char *names = strings_join(&missing, ", ");
    return error_set(err,
                     "%s %s: built without %s, which a guest needs built in; 'breeder/breeder "
                     "build --linux-src' configures a tree with all of it",
                     s->origin, s->value, names);
}

int kernel_tree_find(const struct arch *arch, const struct setting *s, char **ret_kernel,
                     bool *ret_acpi, struct error *err)
{
    const char *directory = s->value;
    AUTO_FREE char *config_path = xasprintf("%s/.config", directory);
    AUTO_FREE char *kernel = xasprintf("%s/%s", directory, arch->tree_kernel);
    AUTO_FREE char *text = NULL;
    if (access(directory, X_OK) < 0)
        return error_errno(err, "%s %s", s->origin, directory);
    if (access(kernel, R_OK) < 0)
        return error_errno(err, "%s %s: no kernel for %s has been built in it: %s", s->origin,
                           directory, arch->name, arch->tree_kernel);
    if (read_file_at(AT_FDCWD, config_path, CONFIG_SIZE_MAX, &text, NULL, err) < 0)
        return error_wrap(err, "%s %s", s->origin, directory);
    AUTO_FREE char *config = xasprintf("\n%s", text);
    if (check_needed(s, config, err) < 0)
        return -1;
    bool announced = !arch->machine_acpi || config_is(config, "VIRTIO_MMIO_CMDLINE_DEVICES", "y");
    if (!announced && !config_is(config, "ACPI", "y"))
        return error_set(err,
                         "%s %s: built with neither CONFIG_ACPI nor "
                         "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES: it cannot find the machine's devices",
                         s->origin, directory);
    *ret_acpi = !announced;
    *ret_kernel = kernel;
    kernel = NULL;
    return 0;
}
