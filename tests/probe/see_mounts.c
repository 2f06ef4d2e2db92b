/* The mount table. proc_pid_mountinfo(5) */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/probe/see.h"

#define FIELDS_MAX 32

/* A further mount on the same mount point gets "#2", "#3". */
static void mount_key(char *const *seen, size_t count, const char *target, char *ret, size_t size)
{
    int times = 1;
    for (size_t i = 0; i < count; i++)
        times += strcmp(seen[i], target) == 0;
    if (times == 1)
        snprintf(ret, size, "%s", target);
    else
        snprintf(ret, size, "%s#%d", target, times);
}

/* The propagation stands between the options and "-": nothing for a private mount. */
static void propagation(struct json *j, char *const *fields, size_t first, size_t dash)
{
    char text[256] = "";
    for (size_t i = first; i < dash; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i > first ? " " : "",
                 fields[i]);
    json_string(j, "propagation", dash > first ? text : "private");
}

/* False for an invalid line. */
static bool mount_line(struct json *j, char *line, char **seen, size_t count)
{
    char *fields[FIELDS_MAX], *word, key[4200];
    size_t n = 0, dash = 6;
    while (n < FIELDS_MAX && (word = strsep(&line, " ")))
        fields[n++] = word;
    while (dash < n && strcmp(fields[dash], "-") != 0)
        dash++;
    if (dash + 3 >= n)
        return false;
    seen[count] = fields[4];
    mount_key(seen, count, fields[4], key, sizeof(key));
    json_object(j, key);
    json_string(j, "type", fields[dash + 1]);
    json_string(j, "source", fields[dash + 2]);
    json_string(j, "root", fields[3]);
    json_string(j, "options", fields[5]);
    json_string(j, "file_system_options", fields[dash + 3]);
    propagation(j, fields, 6, dash);
    json_end(j);
    return true;
}

void see_mounts(struct json *j)
{
    char *text = text_of("/proc/self/mountinfo"), *rest = text, *line;
    char *seen[256];
    size_t count = 0;
    json_object(j, "mounts");
    while (text && count < sizeof(seen) / sizeof(seen[0]) && (line = strsep(&rest, "\n")))
        count += mount_line(j, line, seen, count);
    json_end(j);
    free(text);
}
