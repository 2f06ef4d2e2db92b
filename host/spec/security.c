#include "host/spec/security.h"

#include <fcntl.h>
#include <string.h>

#include "common/io.h"
#include "common/util.h"
#include "host/spec/options.h"

#define PROFILE_SIZE_MAX (4u << 20)

/* clang-format off */
static const struct option security_rows[] = {
    {.id = OPTION_NO_NEW_PRIVS, .name = "--no-new-privileges", .on = ON_ALL, .layer = BY_AGENT,
     .help = "no program gives COMMAND more privileges, set-user-ID or not"},
    {.id = OPTION_SECURITY_OPT, .name = "--security-opt", .metavar = "OPTION", .on = ON_ALL, .layer = BY_AGENT,
     .help = "seccomp=FILE, seccomp=unconfined, no-new-privileges or systempaths=unconfined",
     .manual = "seccomp: the filter for COMMAND's system calls. FILE is a profile in the format of the OCI runtime "
         "specification or of container engines; the default is vmc's own, or none with --privileged. "
         "systempaths=unconfined masks nothing in /proc and /sys.",
     .repeatable = true},
};
/* clang-format on */
const struct option_group security_options = OPTION_GROUP(TITLE_CONTAINER, security_rows);

static int set_seccomp(const struct setting *s, struct security_spec *spec, const char *value,
                       struct error *err)
{
    free(spec->seccomp_file);
    free(spec->seccomp_text);
    spec->seccomp_file = spec->seccomp_text = NULL;
    spec->unconfined = strcmp(value, "unconfined") == 0;
    /* docker's word for the default profile, which is then asked for even with --privileged. */
    if (spec->unconfined || strcmp(value, "builtin") == 0)
        return 0;
    spec->seccomp_file = xstrdup(value);
    if (read_file_at(AT_FDCWD, value, PROFILE_SIZE_MAX, &spec->seccomp_text, NULL, err) < 0)
        return error_wrap(err, "%s seccomp", s->origin);
    return 0;
}

static int set_no_new_privs(const struct setting *s, struct security_spec *spec, const char *value,
                            struct error *err)
{
    if (!value || strcmp(value, "true") == 0)
        spec->no_new_privs = true;
    else if (strcmp(value, "false") == 0)
        spec->no_new_privs = false;
    else
        return error_set(err, "%s no-new-privileges must be 'true' or 'false', not '%s'", s->origin,
                         value);
    return 0;
}

/* NAME, NAME=VALUE or NAME:VALUE. */
static int set(struct security_spec *spec, const struct setting *s, struct error *err)
{
    const char *text = s->value;
    AUTO_FREE char *name = xstrdup(text);
    char *value = strpbrk(name, "=:");
    if (value)
        *value++ = '\0';
    if (strcmp(name, "no-new-privileges") == 0)
        return set_no_new_privs(s, spec, value, err);
    if (strcmp(name, "seccomp") == 0 && value && value[0])
        return set_seccomp(s, spec, value, err);
    if (strcmp(name, "systempaths") == 0 && value && strcmp(value, "unconfined") == 0) {
        spec->system_paths_bare = true;
        return 0;
    }
    if (strcmp(name, "apparmor") == 0 || strcmp(name, "label") == 0)
        return error_set(err,
                         "%s %s: the guest's kernel has neither AppArmor nor SELinux; the machine "
                         "is the boundary",
                         s->origin, text);
    return error_set(err,
                     "%s '%s': it must be seccomp=FILE, seccomp=unconfined, "
                     "no-new-privileges or systempaths=unconfined",
                     s->origin, text);
}

int security_resolve(const struct request *req, struct security_spec *ret, struct error *err)
{
    const struct setting *s = NULL;
    ret->unconfined = request_has(req, OPTION_PRIVILEGED);
    ret->system_paths_bare = request_has(req, OPTION_PRIVILEGED);
    while ((s = request_next(req, OPTION_SECURITY_OPT, s)))
        if (set(ret, s, err) < 0)
            return -1;
    ret->no_new_privs = ret->no_new_privs || request_has(req, OPTION_NO_NEW_PRIVS);
    return 0;
}

void security_spec_free(struct security_spec *spec)
{
    free(spec->seccomp_file);
    free(spec->seccomp_text);
    *spec = (struct security_spec){0};
}
