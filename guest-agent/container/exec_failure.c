#include "guest-agent/container/exec_failure.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"

/* What the kernel reads of a file's beginning: BINPRM_BUF_SIZE. */
#define HEAD_SIZE 256
/* How often it follows from interpreter to interpreter: exec_binprm(). */
#define INTERPRETERS_MAX 5
#define PROGRAM_HEADERS_MAX 128
#define BYTE_ORDER_MARK "\357\273\277"

/* The file's beginning with a final NUL. False if it cannot be read. */
static bool read_head(int fd, char head[HEAD_SIZE + 1])
{
    ssize_t n = pread(fd, head, HEAD_SIZE, 0);
    if (n < 0)
        return false;
    memset(head + n, 0, HEAD_SIZE + 1 - (size_t)n);
    return true;
}

/* "#!", blanks, the interpreter: fs/binfmt_script.c. Owned; NULL: none. */
static char *script_interpreter(const char head[HEAD_SIZE + 1])
{
    if (strncmp(head, "#!", 2) != 0)
        return NULL;
    const char *name = head + 2 + strspn(head + 2, " \t");
    size_t length = strcspn(name, " \t\n");
    return length > 0 ? xasprintf("%.*s", (int)length, name) : NULL;
}

static char *read_name(int fd, uint64_t offset, uint64_t size)
{
    char name[HEAD_SIZE] = "";
    if (size >= sizeof(name) || pread(fd, name, (size_t)size, (off_t)offset) != (ssize_t)size)
        return NULL;
    return name[0] ? xstrdup(name) : NULL;
}

/* What PT_INTERP names, elf(5). The two widths differ in nothing but their types. */
#define DEFINE_LOADER(name, ehdr_type, phdr_type)                                                  \
    static char *name(int fd)                                                                      \
    {                                                                                              \
        ehdr_type header;                                                                          \
        phdr_type segment;                                                                         \
        if (pread(fd, &header, sizeof(header), 0) != sizeof(header) ||                             \
            header.e_phentsize != sizeof(segment))                                                 \
            return NULL;                                                                           \
        for (size_t i = 0; i < header.e_phnum && i < PROGRAM_HEADERS_MAX; i++)                     \
            if (pread(fd, &segment, sizeof(segment),                                               \
                      (off_t)(header.e_phoff + i * sizeof(segment))) == sizeof(segment) &&         \
                segment.p_type == PT_INTERP)                                                       \
                return read_name(fd, segment.p_offset, segment.p_filesz);                          \
        return NULL;                                                                               \
    }
DEFINE_LOADER(loader_32, Elf32_Ehdr, Elf32_Phdr)
DEFINE_LOADER(loader_64, Elf64_Ehdr, Elf64_Phdr)

static char *loader(int fd, const char head[HEAD_SIZE + 1])
{
    if (memcmp(head, ELFMAG, SELFMAG) != 0)
        return NULL;
    return head[EI_CLASS] == ELFCLASS32 ? loader_32(fd) : loader_64(fd);
}

/* True if the kernel could open and map it: access(2) sees a noexec mount, too. */
static bool is_executable(const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0 || access(path, X_OK) < 0)
        return false;
    if (S_ISREG(st.st_mode))
        return true;
    errno = EACCES;
    return false;
}

/* named is what file has as its interpreter, and cannot be executed: errno. */
static int blame(const char *command, const char *file, const char *named, bool script,
                 struct error *err)
{
    int cause = errno;
    const char *what = script ? "interpreter" : "loader";
    size_t length = strlen(named);
    bool crlf = length > 1 && named[length - 1] == '\r';
    if (crlf)
        error_set(err, "its first line ends with a carriage return (CRLF), so it names an "
                       "interpreter that does not exist; convert it with dos2unix(1)");
    else if (cause == ENOENT || cause == ENOTDIR)
        error_set(err, "its %s '%.900s' does not exist", what, named);
    else
        error_errno(err, "its %s '%.900s' cannot be executed", what, named);
    if (strcmp(file, command) != 0)
        error_wrap(err, "%.900s", file);
    return -1;
}

/* Follows the interpreters from path on. Returns -1 if one is at fault, described; else 0. */
static int try_interpreters(const char *command, const char *path, struct error *err)
{
    AUTO_FREE char *current = xstrdup(path);
    for (int i = 0; i <= INTERPRETERS_MAX; i++) {
        char head[HEAD_SIZE + 1];
        AUTO_CLOSE int fd = open(current, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0 || !read_head(fd, head))
            return 0;
        AUTO_FREE char *of_script = script_interpreter(head);
        AUTO_FREE char *of_program = of_script ? NULL : loader(fd, head);
        const char *named = of_script ? of_script : of_program;
        if (!named)
            return 0;
        if (!is_executable(named))
            return blame(command, current, named, of_script != NULL, err);
        free(current);
        current = xstrdup(named);
    }
    return 0;
}

/* The first of the places where there is something: what a shell would mean. NULL: nowhere. */
static const char *find(char *const *paths)
{
    struct stat st;
    for (; *paths; paths++)
        if (stat(*paths, &st) == 0 && (S_ISREG(st.st_mode) || !paths[1]))
            return *paths;
    return NULL;
}

/* What is wrong with a file that is in no format that the kernel knows; "" if that does not show.
 */
static const char *explain_format(const char *path)
{
    char head[HEAD_SIZE + 1];
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || !read_head(fd, head) || memcmp(head, ELFMAG, SELFMAG) == 0)
        return "";
    if (strncmp(head, BYTE_ORDER_MARK "#!", 5) == 0)
        return " (a byte order mark precedes its '#!')";
    if (!head[0])
        return " (it is empty)";
    return strncmp(head, "#!", 2) == 0 ? "" : " (neither a program nor a script with '#!')";
}

int exec_failure(char *const *paths, const char *command, int cause, struct error *err)
{
    const char *path = find(paths);
    bool missing = cause == ENOENT || cause == ENOTDIR;
    if (!path && missing && !strchr(command, '/')) {
        error_set(err, "command not found in PATH");
    } else if (!path || try_interpreters(command, path, err) == 0) {
        error_set(err, "%s%s", strerror(cause),
                  path && cause == ENOEXEC ? explain_format(path) : "");
        if (path && strcmp(path, command) != 0)
            error_wrap(err, "%.900s", path);
    }
    err->status = cause == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
    return error_wrap(err, "cannot run '%.900s'", command);
}
