#include "host/spec/preferences.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "host/base/directories.h"

#define FILE_SIZE_MAX 65536
#define SYSTEM_FILE "/etc/vmc/vmc.conf"

/* From WITHOUT_KVM_TCG on. */
static const char *const without_kvm_names[] = {"tcg", "uml", NULL};

/* The word without the white space around it, in its own place. */
static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

static int set_without_kvm(const struct setting *s, struct preferences *ret, struct error *err)
{
    int i = choice_index(without_kvm_names, s->value, strlen(s->value));
    if (i < 0)
        return error_set(err, "%s = '%s': it must be tcg or uml", s->origin, s->value);
    ret->without_kvm = (enum without_kvm)(WITHOUT_KVM_TCG + i);
    return 0;
}

/* place: of the line, for messages. */
static int parse_line(const char *place, char *line, struct preferences *ret, struct error *err)
{
    line[strcspn(line, "#")] = '\0';
    char *equals = strchr(line, '=');
    if (!equals)
        return *trim(line) ? error_set(err, "%s: '%s' is not KEY = VALUE", place, trim(line)) : 0;
    *equals = '\0';
    const char *key = trim(line);
    AUTO_FREE char *origin = xasprintf("%s: %s", place, key);
    const struct setting s = {.value = trim(equals + 1), .origin = origin};
    if (strcmp(key, "without-kvm") == 0)
        return set_without_kvm(&s, ret, err);
    return error_set(err, "%s: '%s' is not a key of this file; the only one is without-kvm", place,
                     key);
}

int preferences_parse(const char *name, const char *text, struct preferences *ret,
                      struct error *err)
{
    AUTO_FREE char *copy = xstrdup(text);
    struct preferences said = {0};
    unsigned number = 0;
    for (char *rest = copy, *line; (line = strsep(&rest, "\n"));) {
        AUTO_FREE char *place = xasprintf("%s:%u", name, ++number);
        if (parse_line(place, line, &said, err) < 0)
            return -1;
    }
    if (!ret->without_kvm)
        *ret = said;
    return 0;
}

static int read_one(const char *path, struct preferences *ret, struct error *err)
{
    AUTO_FREE char *text = NULL;
    /* One in a directory that cannot be searched, as a HOME that sudo(8) has kept, is another
     * user's. */
    if (access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
        return 0;
    if (read_file_at(AT_FDCWD, path, FILE_SIZE_MAX, &text, NULL, err) < 0)
        return -1;
    return preferences_parse(path, text, ret, err);
}

int preferences_read(struct preferences *ret, struct error *err)
{
    AUTO_FREE char *dir = xdg_directory("XDG_CONFIG_HOME", ".config");
    AUTO_FREE char *path = dir ? xasprintf("%s/vmc.conf", dir) : NULL;
    *ret = (struct preferences){0};
    if (path && read_one(path, ret, err) < 0)
        return -1;
    return read_one(SYSTEM_FILE, ret, err);
}
