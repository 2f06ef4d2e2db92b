#include "host/network/passt_program.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/util.h"
#include "host/base/child.h"
#include "host/base/probe.h"

#define VERSION_TIMEOUT_NS (5 * NS_PER_S)

/* The ends of messages. */
#define WAY_OUT "'breeder/breeder passt' builds one"

static unsigned parse_day(const char *text)
{
    unsigned year, month, day;
    if (sscanf(text, "%4u_%2u_%2u", &year, &month, &day) != 3 &&
        sscanf(text, "%4u%2u%2u", &year, &month, &day) != 3)
        return 0;
    return year < 2000 || month < 1 || month > 12 || day < 1 || day > 31
               ? 0
               : year * 10000 + month * 100 + day;
}

unsigned passt_version_day(const char *text)
{
    static const char digits[] = "0123456789";
    size_t line = strcspn(text, "\n");
    for (size_t i = 0; i < line; i++) {
        /* The beginning of a number. */
        if (!strchr(digits, text[i]) || (i > 0 && strchr(digits, text[i - 1])))
            continue;
        unsigned day = parse_day(text + i);
        if (day)
            return day;
    }
    return 0;
}

/* Beside vmc in a build directory, or in lib/vmc beside its own directory. */
static char *find_bred(void)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[n > 0 ? n : 0] = '\0';
    const char *dir = dirname(self);
    static const char *const places[] = {"passt/passt", "../lib/vmc/passt/passt"};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        AUTO_FREE char *path = xasprintf("%s/%s", dir, places[i]);
        if (access(path, X_OK) == 0)
            return realpath(path, NULL);
    }
    return NULL;
}

static bool is_new(const char *passt)
{
    char *argv[] = {(char *)(uintptr_t)passt, (char[]){"--version"}, NULL};
    AUTO_FREE char *output = NULL;
    int status = 0;
    return probe_program(argv, VERSION_TIMEOUT_NS, &output, &status, NULL) == 0 && status == 0 &&
           passt_version_day(output) >= PASST_SINCE;
}

char *passt_find(struct error *err)
{
    const char *named = getenv("VMC_PASST");
    char *bred = named ? NULL : find_bred();
    if (bred)
        return bred;
    AUTO_FREE char *passt = !named     ? program_find("passt")
                            : named[0] ? realpath(named, NULL)
                                       : NULL;
    if (!passt)
        error_set(err, "there is no passt: " WAY_OUT);
    else if (!is_new(passt))
        error_set(err, "%s is too old: it must be of %u-%02u-%02u or later; " WAY_OUT, passt,
                  PASST_SINCE / 10000, PASST_SINCE / 100 % 100, PASST_SINCE % 100);
    else
        return realpath(passt, NULL);
    return NULL;
}

int passt_require(const char *backend, struct error *err)
{
    AUTO_FREE char *passt = passt_find(err);
    return passt ? 0 : error_wrap(err, "--net user with %s needs passt", backend);
}
