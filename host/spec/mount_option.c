#include "host/spec/mount_option.h"

#include <string.h>

#include "common/util.h"

static const char *const type_names[] = {
    [MOUNT_OPTION_BIND] = "bind",
    [MOUNT_OPTION_VOLUME] = "volume",
    [MOUNT_OPTION_TMPFS] = "tmpfs",
};

static int set_type(struct mount_option_spec *spec, const char *value, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(type_names); i++)
        if (strcmp(value, type_names[i]) == 0) {
            spec->type = (enum mount_type)i;
            return 0;
        }
    return error_set(err, "type '%s' must be bind, volume or tmpfs", value);
}

static int set_text(char **text, const char *key, const char *value, struct error *err)
{
    if (*text)
        return error_set(err, "'%s' repeats an earlier field", key);
    if (!value || !value[0])
        return error_set(err, "'%s' needs a value", key);
    *text = xstrdup(value);
    return 0;
}

static void add_option(struct mount_option_spec *spec, const char *name, const char *value)
{
    char *longer = xasprintf("%s%s%s%s", spec->options ? spec->options : "",
                             spec->options ? "," : "", name, value);
    free(spec->options);
    spec->options = longer;
}

static int set_read_only(struct mount_option_spec *spec, const char *value, struct error *err)
{
    bool on = !value || strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
    if (!on && strcmp(value, "false") != 0 && strcmp(value, "0") != 0)
        return error_set(err, "readonly must be 'true' or 'false', not '%s'", value);
    add_option(spec, on ? "ro" : "rw", "");
    return 0;
}

static bool is_one_of(const char *key, const char *a, const char *b, const char *c)
{
    return strcmp(key, a) == 0 || strcmp(key, b) == 0 || (c && strcmp(key, c) == 0);
}

static int set(struct mount_option_spec *spec, char *field, struct error *err)
{
    char *value = strchr(field, '=');
    if (value)
        *value++ = '\0';
    if (strcmp(field, "type") == 0)
        return set_type(spec, value ? value : "", err);
    if (is_one_of(field, "source", "src", NULL))
        return set_text(&spec->source, field, value, err);
    if (is_one_of(field, "target", "destination", "dst"))
        return set_text(&spec->target, field, value, err);
    if (is_one_of(field, "readonly", "ro", NULL))
        return set_read_only(spec, value, err);
    if (value && strcmp(field, "cache") == 0)
        add_option(spec, "cache=", value);
    else if (value && is_one_of(field, "tmpfs-size", "tmpfs-mode", NULL))
        add_option(spec, strcmp(field, "tmpfs-size") == 0 ? "size=" : "mode=", value);
    else
        return error_set(err,
                         "'%s' must be type=, source=, target=, readonly, cache=, tmpfs-size= or "
                         "tmpfs-mode=",
                         field);
    return 0;
}

int mount_option_parse(const struct setting *s, struct mount_option_spec *ret, struct error *err)
{
    const char *text = s->value;
    AUTO_FREE char *copy = xstrdup(text);
    char *rest = copy, *field;
    *ret = (struct mount_option_spec){.type = MOUNT_OPTION_VOLUME};
    while ((field = strsep(&rest, ",")))
        if (set(ret, field, err) < 0)
            return error_wrap(err, "%s %s", s->origin, text);
    if (!ret->target)
        return error_set(err, "%s %s: target= is missing", s->origin, text);
    if (ret->type == MOUNT_OPTION_TMPFS ? ret->source != NULL : ret->source == NULL)
        return error_set(err, "%s %s: %s", s->origin, text,
                         ret->source ? "a tmpfs has no source=" : "source= is missing");
    /* --volume tells the two by the slash. */
    if (ret->type != MOUNT_OPTION_TMPFS &&
        (ret->type == MOUNT_OPTION_BIND) != (strchr(ret->source, '/') != NULL))
        return error_set(err, "%s %s: source= of type=%s must be %s", s->origin, text,
                         type_names[ret->type],
                         ret->type == MOUNT_OPTION_BIND ? "a path with a slash in it" : "a name");
    return 0;
}

void mount_option_free(struct mount_option_spec *spec)
{
    free(spec->source);
    free(spec->target);
    free(spec->options);
    *spec = (struct mount_option_spec){0};
}
