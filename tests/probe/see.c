#include "tests/probe/see.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX (64 * 1024)

char *text_of(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    char *text = malloc(TEXT_MAX);
    size_t length = 0;
    ssize_t n = 0;
    while (text && length < TEXT_MAX - 1 &&
           (n = read(fd, text + length, TEXT_MAX - 1 - length)) > 0)
        length += (size_t)n;
    int error = errno;
    close(fd);
    if (n < 0) {
        free(text);
        text = NULL;
    }
    if (text && length > 0 && text[length - 1] == '\n')
        length--;
    if (text)
        text[length] = '\0';
    errno = error;
    return text;
}

char *field_of(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) != 0 || line[length] != ':')
            continue;
        line += length + 1;
        line += strspn(line, " \t");
        size_t end = strcspn(line, "\n");
        while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\t'))
            end--;
        return strndup(line, end);
    }
    return NULL;
}

int see(char **argv)
{
    struct json j = json_start(stdout);
    json_object(&j, NULL);
    see_process(&j, argv);
    see_rights(&j);
    see_namespaces(&j);
    see_mounts(&j);
    see_devices(&j);
    see_files(&j);
    see_kernel(&j);
    see_network(&j);
    see_syscalls(&j);
    json_end(&j);
    return fflush(stdout) == 0 ? 0 : 1;
}
