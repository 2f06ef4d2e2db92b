#include "host/base/resolver.h"

#include <fcntl.h>
#include <string.h>

#include "common/io.h"
#include "common/util.h"

#define RESOLV_CONF_MAX 65536

size_t resolver_read(const char *path, struct net_address ret[RESOLVER_MAX])
{
    AUTO_FREE char *text = NULL;
    size_t count = 0;
    if (read_file_at(AT_FDCWD, path, RESOLV_CONF_MAX, &text, NULL, NULL) < 0)
        return 0;
    char *rest = text, *line;
    while (count < RESOLVER_MAX && (line = strsep(&rest, "\n"))) {
        const char *keyword = strsep(&line, " \t");
        if (strcmp(keyword, "nameserver") != 0 || !line)
            continue;
        line += strspn(line, " \t");
        line[strcspn(line, " \t\r#;")] = '\0';
        if (net_address_parse(line, &ret[count]))
            count++;
    }
    return count;
}

static void add_words(char *line, struct strings *list)
{
    char *word;
    while ((word = strsep(&line, " \t\r"))) {
        if (word[0] == '#' || word[0] == ';')
            return;
        if (word[0])
            strings_add(list, word);
    }
}

void resolver_words(const char *path, struct strings *search, struct strings *options)
{
    AUTO_FREE char *text = NULL;
    if (read_file_at(AT_FDCWD, path, RESOLV_CONF_MAX, &text, NULL, NULL) < 0)
        return;
    char *rest = text, *line;
    while ((line = strsep(&rest, "\n"))) {
        const char *keyword = strsep(&line, " \t");
        if (strcmp(keyword, "search") == 0 || strcmp(keyword, "domain") == 0) {
            strings_free(search);
            *search = (struct strings){0};
            add_words(line, search);
        } else if (strcmp(keyword, "options") == 0) {
            add_words(line, options);
        }
    }
}
