#include "host/spec/rlimits.h"

#include <errno.h>
#include <string.h>

#include "common/rlimits.h"
#include "common/util.h"
#include "host/spec/options.h"

/* clang-format off */
static const struct option ulimit_rows[] = {
    {.id = OPTION_ULIMIT, .name = "--ulimit", .metavar = "NAME=SOFT[:HARD]", .on = ON_ALL, .layer = BY_AGENT,
     .help = "a resource limit of setrlimit(2), such as nofile=1024:4096",
     .manual = "Names: core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack "
         "as. Values are in the kernel's units, or 'unlimited'.",
     .repeatable = true},
};
/* clang-format on */
const struct option_group ulimit_options = OPTION_GROUP(TITLE_LIMITS, ulimit_rows);

static int find_resource(const struct setting *s, const char *name, int *ret, struct error *err)
{
    for (int i = 0; i < RLIM_NLIMITS; i++)
        if (strcmp(rlimit_names[i], name) == 0) {
            *ret = i;
            return 0;
        }
    return error_set(err,
                     "%s: '%s' is not a resource (core cpu data fsize locks memlock "
                     "msgqueue nice nofile nproc rss rtprio rttime sigpending stack as)",
                     s->origin, name);
}

static int parse_limit(const char *text, int64_t *ret, struct error *err)
{
    char *end;
    if (strcmp(text, "unlimited") == 0 || strcmp(text, "-1") == 0) {
        *ret = -1;
        return 0;
    }
    errno = 0;
    *ret = strtoll(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && !*end && errno == ERANGE)
        return error_set(err, "'%s' is above every limit; 'unlimited' means no limit", text);
    if (text[0] < '0' || text[0] > '9' || *end || errno)
        return error_set(err, "'%s' is neither a number nor 'unlimited'", text);
    return 0;
}

static int add(struct rlimit_spec *spec, const struct setting *s, struct error *err)
{
    const char *text = s->value;
    AUTO_FREE char *name = xstrdup(text);
    char *soft = strchr(name, '=');
    int resource = 0;
    if (!soft)
        return error_set(err, "%s '%s' is not NAME=SOFT[:HARD]", s->origin, text);
    *soft++ = '\0';
    char *hard = strchr(soft, ':');
    if (hard)
        *hard++ = '\0';
    if (find_resource(s, name, &resource, err) < 0)
        return -1;
    int64_t values[2];
    if (parse_limit(soft, &values[0], err) < 0 ||
        parse_limit(hard ? hard : soft, &values[1], err) < 0)
        return error_wrap(err, "%s %s", s->origin, name);
    if (values[1] >= 0 && (values[0] < 0 || values[0] > values[1]))
        return error_set(err, "%s %s: the soft limit is above the hard one", s->origin, text);
    spec->limits[resource].set = true;
    spec->limits[resource].soft = values[0];
    spec->limits[resource].hard = values[1];
    return 0;
}

int rlimits_resolve(const struct request *req, struct rlimit_spec *ret, struct error *err)
{
    const struct setting *s = NULL;
    while ((s = request_next(req, OPTION_ULIMIT, s)))
        if (add(ret, s, err) < 0)
            return -1;
    return 0;
}

void rlimits_fill(const struct rlimit_spec *spec, struct rlimit_list *ret)
{
    ret->items = xcalloc(RLIM_NLIMITS, sizeof(*ret->items));
    for (int i = 0; i < RLIM_NLIMITS; i++)
        if (spec->limits[i].set)
            ret->items[ret->count++] = (struct rlimit_config){
                .resource = i,
                .soft = spec->limits[i].soft,
                .hard = spec->limits[i].hard,
            };
}
