#include "host/spec/kernel.h"

#include <string.h>

#include "common/util.h"
#include "host/spec/kernel_tree.h"
#include "host/spec/options.h"

/* clang-format off */
static const struct option kernel_rows[] = {
    {.id = OPTION_KERNEL, .name = "--kernel", .metavar = "FILE|distro[:PACKAGE]", .part = PART_BOOT, .on = ON_KERNELS,
     .layer = BY_MACHINE,
     .help = "boot this kernel instead of the bred one",
     .manual = "'distro' is Debian's own kernel, or that of another PACKAGE, as fetched by 'breeder distro' together "
         "with an initramfs of the modules it needs."},
    {.id = OPTION_LINUX, .name = "--linux", .metavar = "DIR", .part = PART_BOOT, .on = ON_MACHINES, .layer = BY_MACHINE,
     .help = "boot the kernel that was built in DIR",
     .manual = "A kernel source tree after make, or the directory given as O=. What a guest needs to start must be "
         "built in; vmc names what is missing."},
    {.id = OPTION_INITRD, .name = "--initrd", .metavar = "FILE", .part = PART_BOOT, .on = ON_KERNELS,
     .layer = BY_MACHINE,
     .help = "boot this initramfs instead of the bred one"},
    {.id = OPTION_APPEND, .name = "--append", .metavar = "TEXT", .part = PART_MACHINE, .on = ON_KERNELS,
     .layer = BY_MACHINE,
     .help = "add TEXT to the kernel's command line",
     .repeatable = true},
    {.id = OPTION_ACPI, .name = "--acpi", .part = PART_MACHINE, .on = ON_MACHINES, .layer = BY_MACHINE,
     .help = "describe the machine to the kernel by ACPI tables",
     .manual = "For a kernel that finds its devices there, such as those of distributions: with --kernel or --linux. "
         "--kernel distro implies it."},
};
/* clang-format on */
const struct option_group kernel_options = OPTION_GROUP(TITLE_IMAGE, kernel_rows);

/* The package of "distro" or "distro:PACKAGE", "" where none is named; NULL for a file's name. */
static const char *distro_package(const char *kernel)
{
    static const char word[] = "distro";
    if (!kernel || strncmp(kernel, word, strlen(word)) != 0)
        return NULL;
    const char *rest = kernel + strlen(word);
    return rest[0] == ':' ? rest + 1 : rest[0] == '\0' ? rest : NULL;
}

/* Where the kernel comes from, and whether it wants ACPI tables. */
static int choose_kernel(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const struct setting *image = request_setting(req, OPTION_KERNEL);
    const struct setting *tree = request_setting(req, OPTION_LINUX);
    const char *kernel = image ? image->value : NULL;
    const char *distro = distro_package(kernel);
    if (image && tree)
        return error_set(err, "%s %s and %s %s both name the kernel: give one", tree->origin,
                         tree->value, image->origin, kernel);
    if (tree)
        return kernel_tree_find(spec->arch, tree, &spec->kernel, &spec->acpi, err);
    if (!distro) {
        spec->kernel = xstrdup_or_null(kernel);
        return 0;
    }
    if (strchr(distro, '/') || (kernel[strlen("distro")] == ':' && !distro[0]))
        return error_set(err, "%s '%s' is not the name of a package", image->origin, kernel);
    if (spec->initrd)
        return error_set(err,
                         "%s distro needs the initramfs with its modules, which "
                         "--initrd would replace",
                         image->origin);
    spec->distro = xstrdup(distro);
    spec->acpi = spec->arch->machine_acpi;
    return 0;
}

int kernel_spec_resolve(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const struct setting *acpi = request_setting(req, OPTION_ACPI);
    spec->initrd = xstrdup_or_null(request_value(req, OPTION_INITRD));
    if (choose_kernel(req, spec, err) < 0)
        return -1;
    if (acpi && !spec->arch->machine_acpi)
        return error_set(err, "%s: a machine of architecture %s is described by a device tree",
                         acpi->origin, spec->arch->name);
    if (acpi && !spec->kernel && !spec->distro)
        return error_set(err,
                         "%s: the bred kernel has no ACPI and would find no device; this option is "
                         "for --kernel and --linux",
                         acpi->origin);
    spec->acpi = spec->acpi || acpi;
    for (const struct setting *s = NULL; (s = request_next(req, OPTION_APPEND, s));)
        strings_add(&spec->append, s->value);
    return 0;
}
