#include "host/jail/files.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "common/log.h"
#include "host/base/directories.h"
#include "host/base/probe.h"

#define TRACE_TIMEOUT (10 * NS_PER_S)
#define CACHE_NAME "hypervisor-files"
#define CACHE_MAX (256u << 10)
#define INTERPRETER_MAX 4096u

char *jail_files_interpreter(const char *binary)
{
    AUTO_CLOSE int fd = open(binary, O_RDONLY | O_CLOEXEC);
    Elf64_Ehdr header;
    if (fd < 0 || pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64)
        return NULL;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;
        off_t at = (off_t)(header.e_phoff + (uint64_t)i * header.e_phentsize);
        if (pread(fd, &segment, sizeof(segment), at) != sizeof(segment))
            return NULL;
        if (segment.p_type != PT_INTERP || segment.p_filesz >= INTERPRETER_MAX)
            continue;
        AUTO_FREE char *name = xcalloc(segment.p_filesz + 1, 1);
        if (pread(fd, name, segment.p_filesz, (off_t)segment.p_offset) < 0 || name[0] != '/')
            return NULL;
        return xstrdup(name);
    }
    return NULL;
}

/*
 * Adds the first file that matches one of the patterns, which are relative to the binary's prefix.
 */
static void add_first(const char *prefix, const char *const *directories, const char *name,
                      struct strings *ret)
{
    for (; *directories; directories++) {
        AUTO_FREE char *pattern = xasprintf("%s/%s/%s", prefix, *directories, name);
        glob_t found;
        if (glob(pattern, 0, NULL, &found) == 0) {
            strings_add(ret, found.gl_pathv[0]);
            globfree(&found);
            return;
        }
    }
}

/* What QEMU finds relative to its binary: PREFIX/bin/../share/qemu and the like. */
static void add_data(const struct arch *arch, const char *binary, struct strings *modules,
                     struct strings *ret)
{
    static const char *const data[] = {"share/qemu", "share/seabios", NULL};
    static const char *const libraries[] = {"lib/*/qemu", "lib/qemu", "lib64/qemu", NULL};
    AUTO_FREE char *copy = xstrdup(binary);
    const char *prefix = dirname(dirname(copy));
    for (const char *const *name = arch->qemu_modules; *name; name++)
        add_first(prefix, libraries, *name, modules);
    for (const char *const *name = arch->firmware; *name; name++)
        add_first(prefix, data, *name, ret);
    for (size_t i = 0; i < modules->count; i++)
        strings_add(ret, modules->items[i]);
}

struct trace {
    const char *interpreter;
    const char *binary;
    const struct strings *modules;
};

/* Child: the loader prints the files it would load and runs nothing. ld.so(8), --list. */
static int list_libraries(void *arg)
{
    const struct trace *trace = arg;
    AUTO_FREE char *preload = strings_join(trace->modules, " ");
    clearenv();
    setenv("LD_PRELOAD", preload, 1);
    execl(trace->interpreter, trace->interpreter, "--list", trace->binary, (char *)NULL);
    return STATUS_NOT_EXECUTABLE;
}

static bool holds(const struct strings *list, const char *path)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], path) == 0)
            return true;
    return false;
}

/* "NAME => PATH (ADDRESS)" or "PATH (ADDRESS)"; the kernel's own page has no path. */
static void parse_libraries(char *text, struct strings *ret)
{
    char *rest = text, *line;
    while ((line = strsep(&rest, "\n"))) {
        char *arrow = strstr(line, "=> ");
        char *path = arrow ? arrow + 3 : line + strspn(line, " \t");
        char *end = strstr(path, " (0x");
        if (path[0] != '/' || !end)
            continue;
        *end = '\0';
        if (!holds(ret, path))
            strings_add(ret, path);
    }
}

static int find_all(const struct arch *arch, const char *binary, struct strings *ret,
                    struct error *err)
{
    AUTO_STRINGS struct strings modules = {0};
    AUTO_FREE char *interpreter = jail_files_interpreter(binary);
    AUTO_FREE char *output = NULL;
    struct trace trace = {.interpreter = interpreter, .binary = binary, .modules = &modules};
    int status;
    strings_add(ret, binary);
    if (arch)
        add_data(arch, binary, &modules, ret);
    if (!interpreter)
        return 0;
    strings_add(ret, interpreter);
    if (probe_child(list_libraries, &trace, TRACE_TIMEOUT, &output, &status, err) < 0)
        return error_wrap(err, "cannot find the libraries of %s", binary);
    if (status != 0)
        return error_set(err, "cannot find the libraries of %s: %s", binary, output);
    parse_libraries(output, ret);
    return 0;
}

/* One line: everything that the list depends on. NULL if the binary cannot be examined. */
static char *cache_key(const struct arch *arch, const char *name, const char *binary)
{
    struct stat st, loader = {0};
    if (stat(binary, &st) < 0)
        return NULL;
    stat("/etc/ld.so.cache", &loader);
    AUTO_STRINGS struct strings words = {0};
    strings_addf(&words, "%s %s %s %lld %lld.%ld %lld.%ld", VMC_VERSION, name, binary,
                 (long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                 (long long)loader.st_mtim.tv_sec, loader.st_mtim.tv_nsec);
    for (const char *const *file = arch ? arch->firmware : NULL; file && *file; file++)
        strings_add(&words, *file);
    return strings_join(&words, " ");
}

static bool read_cache(const char *path, const char *key, struct strings *ret)
{
    AUTO_FREE char *text = NULL;
    if (read_file_at(AT_FDCWD, path, CACHE_MAX, &text, NULL, NULL) < 0)
        return false;
    char *rest = text, *line = strsep(&rest, "\n");
    if (strcmp(line, key) != 0)
        return false;
    while ((line = strsep(&rest, "\n"))) {
        if (line[0] == '/' && access(line, F_OK) < 0)
            return false;
        if (line[0] == '/')
            strings_add(ret, line);
    }
    return true;
}

static void write_cache(const char *path, const char *key, const struct strings *files)
{
    AUTO_FREE char *fresh = xasprintf("%s.%d", path, getpid());
    FILE *file = fopen(fresh, "we");
    if (!file)
        return;
    bool good = fprintf(file, "%s\n", key) > 0;
    for (size_t i = 0; i < files->count; i++)
        good = fprintf(file, "%s\n", files->items[i]) > 0 && good;
    if (fclose(file) != 0 || !good || rename(fresh, path) < 0) {
        log_debug("cannot cache the list of the hypervisor's files in %s", path);
        unlink(fresh);
    }
}

int jail_files_find(const struct arch *arch, const char *binary, struct strings *ret,
                    struct error *err)
{
    const char *name = arch ? arch->name : strrchr(binary, '/') + 1;
    AUTO_FREE char *key = cache_key(arch, name, binary);
    AUTO_FREE char *dir = cache_directory();
    AUTO_FREE char *path = dir ? xasprintf("%s/%s-%s", dir, CACHE_NAME, name) : NULL;
    if (key && path && read_cache(path, key, ret))
        return 0;
    strings_free(ret);
    if (find_all(arch, binary, ret, err) < 0)
        return -1;
    log_debug("%s needs %zu files", binary, ret->count);
    if (key && path) {
        make_directories(dir);
        write_cache(path, key, ret);
    }
    return 0;
}

char *jail_files_library_path(const struct strings *files)
{
    AUTO_STRINGS struct strings directories = {0};
    for (size_t i = 0; i < files->count; i++) {
        AUTO_FREE char *copy = xstrdup(files->items[i]);
        if (!strstr(copy, ".so"))
            continue;
        const char *dir = dirname(copy);
        if (holds(&directories, dir) || strchr(dir, ':'))
            continue;
        strings_add(&directories, dir);
    }
    return directories.count > 0 ? strings_join(&directories, ":") : NULL;
}
