#include "host/spec/rootfs_arch.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "common/search_path.h"
#include "host/spec/options.h"
#include "host/spec/rootfs_image.h"

/* clang-format off */
static const struct option arch_rows[] = {
    {.id = OPTION_ARCH, .name = "--arch", .metavar = "ARCH", .part = PART_MACHINE, .on = ON_ALL, .layer = BY_MACHINE,
     .help = "architecture of the guest",
     .manual = "By default that of the command, which vmc reads from the file in the root file system (for a script, "
         "from its interpreter), or else that of /bin/sh there; an image states it. Foreign programs run on an "
         "emulated machine.",
     .choices = arch_names},
    {.id = OPTION_ARCH, .name = "--cross", .metavar = "ARCH", .part = PART_MACHINE, .on = ON_ALL, .layer = BY_MACHINE,
     .choices = arch_names, .hidden = true},
};
/* clang-format on */
const struct option_group arch_options = OPTION_GROUP(TITLE_MACHINE, arch_rows);

/* What execve(2) follows, and what it reads of a file. */
#define INTERPRETERS_MAX 4
#define HEAD_SIZE 256

/* Where most root file systems have a program. */
static const char *const usual[] = {"/bin/sh", "/usr/bin/env", "/sbin/init", "/bin/busybox"};

struct sighting {
    char *path; /* owned; NULL: no program seen */
    struct elf_kind kind;
};

static int open_in(int root, const char *path, int flags)
{
    struct open_how how = {.flags = (uint64_t)flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
    return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* The beginning of a regular file; the rest of head is zero. False if it is none. */
static bool read_head(int root, const char *path, unsigned char head[HEAD_SIZE])
{
    AUTO_CLOSE int found = open_in(root, path, O_PATH);
    struct stat st;
    if (found < 0 || fstat(found, &st) < 0 || !S_ISREG(st.st_mode))
        return false;
    AUTO_CLOSE int fd = open_in(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    memset(head, 0, HEAD_SIZE);
    return fd >= 0 && pread(fd, head, HEAD_SIZE - 1, 0) > 0;
}

static bool read_elf(const unsigned char head[HEAD_SIZE], struct elf_kind *ret)
{
    if (memcmp(head, ELFMAG, SELFMAG) != 0)
        return false;
    bool big = head[EI_DATA] == ELFDATA2MSB;
    size_t at = offsetof(Elf64_Ehdr, e_machine); /* the same in both widths */
    *ret = (struct elf_kind){
        .machine = (uint16_t)(big ? head[at] << 8 | head[at + 1] : head[at + 1] << 8 | head[at]),
        .width = head[EI_CLASS],
        .big_endian = big,
    };
    return true;
}

/* "#!", blanks, the interpreter: execve(2). False if the file is no script. */
static bool read_script(unsigned char head[HEAD_SIZE], char **ret_interpreter)
{
    char *text = (char *)head;
    if (strncmp(text, "#!", 2) != 0)
        return false;
    text += 2 + strspn(text + 2, " \t");
    text[strcspn(text, " \t\n")] = '\0';
    *ret_interpreter = text;
    return true;
}

/* The program at path, or the one that interprets it. */
static bool see(int root, const char *path, struct sighting *ret)
{
    AUTO_FREE char *current = xstrdup(path);
    unsigned char head[HEAD_SIZE];
    for (int i = 0; i <= INTERPRETERS_MAX && read_head(root, current, head); i++) {
        char *interpreter;
        if (read_elf(head, &ret->kind)) {
            ret->path = xstrdup(current);
            return true;
        }
        if (!read_script(head, &interpreter))
            return false;
        free(current);
        current = xstrdup(interpreter);
    }
    return false;
}

static void see_command(int root, const char *command, const char *cwd, struct strings *env,
                        struct sighting *ret)
{
    AUTO_STRINGS struct strings paths = {0};
    search_paths(command, strings_argv(env), &paths);
    for (size_t i = 0; i < paths.count && !ret->path; i++) {
        const char *path = paths.items[i];
        AUTO_FREE char *absolute = path[0] == '/' ? xstrdup(path) : xasprintf("%s/%s", cwd, path);
        see(root, absolute, ret);
    }
}

/* How a kind of program is called in a message; owned. */
static char *kind_name(const struct elf_kind *kind)
{
    const struct arch *arch = arch_for_program(kind);
    if (arch && arch->programs.machine == kind->machine)
        return xstrdup(arch->name);
    return xasprintf("ELF machine %u, %d bits%s", kind->machine,
                     kind->width == ELFCLASS64 ? 64 : 32, kind->big_endian ? ", big endian" : "");
}

static int refuse(const struct sighting *seen, const char *rootfs, const struct arch *named,
                  struct error *err)
{
    AUTO_FREE char *kind = kind_name(&seen->kind);
    const struct arch *other = arch_for_program(&seen->kind);
    if (named)
        return error_set(err, "--arch %s: %s in %s is a program for %s%s%s", named->name,
                         seen->path, rootfs, kind, other ? "; give --arch " : "",
                         other ? other->name : "");
    return error_set(err, "%s in %s is a program for %s, and vmc has no machine that runs it",
                     seen->path, rootfs, kind);
}

int rootfs_arch(const char *rootfs, const char *command, const char *cwd, struct strings *env,
                const struct arch *named, const struct arch **ret, struct error *err)
{
    AUTO_CLOSE int root = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct sighting seen = {0};
    int result = 0;
    if (root >= 0)
        see_command(root, command, cwd, env, &seen);
    /* A command that is not there may come with a volume: its architecture is for --arch to say. */
    for (size_t i = 0; i < ARRAY_LEN(usual) && !named && root >= 0 && !seen.path; i++)
        see(root, usual[i], &seen);
    *ret = named;
    if (!*ret)
        *ret = seen.path ? arch_for_program(&seen.kind) : arch_native();
    if (seen.path && (!*ret || !arch_runs(*ret, &seen.kind)))
        result = refuse(&seen, rootfs, named, err);
    else if (!*ret)
        result = error_set(err, "vmc has no machine of this host's architecture; see --arch in "
                                "'vmc help run'");
    free(seen.path);
    return result;
}

/* An image is not looked into: its label says it. */
static int image_arch(const char *image, const struct arch *named, const struct arch **ret,
                      struct error *err)
{
    AUTO_CLOSE int fd = -1;
    const struct arch *labelled;
    if (rootfs_image_open(image, &fd, &labelled, err) < 0)
        return -1;
    if (!named && !labelled)
        return error_set(err,
                         "%s does not say which architecture it is for, as images made by 'vmc "
                         "pack' do: give --arch",
                         image);
    if (named && labelled && named != labelled)
        return error_set(err, "--arch %s: %s is for %s", named->name, image, labelled->name);
    *ret = named ? named : labelled;
    return 0;
}

int arch_resolve(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const char *name = request_value(req, OPTION_ARCH);
    const struct arch *named = name ? arch_find(name) : NULL;
    if (name && !named)
        return error_set(
            err, "no guest of architecture %s can be run (see --arch in 'vmc help run')", name);
    spec->arch = named ? named : arch_native();
    if (spec->maintenance)
        return spec->arch ? 0 : error_set(err, "vmc has no machine of this host's architecture");
    if (spec->image)
        return image_arch(spec->rootfs, named, &spec->arch, err);
    /* --explain needs no command. */
    const char *command = spec->args.count > 0 ? spec->args.items[0] : "/bin/sh";
    return rootfs_arch(spec->rootfs, command, spec->cwd, &spec->env, named, &spec->arch, err);
}
