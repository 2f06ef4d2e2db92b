/*
 * passwd(5) and group(5) of a container. The input is text: a line with the user asked for,
 * the passwd file, a line "%%", the group file. Without "%%" there is no group file.
 */
#include <string.h>

#include "common/util.h"
#include "guest-agent/container/user.h"
#include "tests/fuzz/fuzz.h"

static const char separator[] = "\n%%\n";

/* NULL for an empty one, as for a file that is not there. */
static FILE *open_bytes(const uint8_t *data, size_t size)
{
    return size > 0 ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
}

static void resolve(const char *spec, FILE *passwd, FILE *group)
{
    struct error err = ERROR_INIT;
    static struct user user;
    if (user_resolve(spec, passwd, group, &user, &err) < 0) {
        FUZZ_CHECK(err.text[0]);
        return;
    }
    FUZZ_CHECK(user.home && user.home[0]);
    FUZZ_CHECK(user.group_count <= USER_GROUPS_MAX);
    for (size_t i = 0; i < user.group_count; i++)
        FUZZ_CHECK(user.groups[i] != user.gid);
    user_free(&user);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = data + size;
    const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
    if (!line)
        return 0;
    AUTO_FREE char *spec = strndup((const char *)data, (size_t)(line - data));
    /* From the first newline on: with an empty passwd, it is the separator's too. */
    const uint8_t *cut = memmem(line, (size_t)(end - line), separator, strlen(separator));
    const uint8_t *passwd_end = cut ? cut + 1 : end;
    const uint8_t *group_start = cut ? cut + strlen(separator) : end;
    const uint8_t *passwd_start = line + 1;
    FILE *passwd = open_bytes(passwd_start, (size_t)(passwd_end - passwd_start));
    FILE *group = open_bytes(group_start, (size_t)(end - group_start));
    resolve(spec, passwd, group);
    if (passwd)
        fclose(passwd);
    if (group)
        fclose(group);
    return 0;
}
