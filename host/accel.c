#include "host/accel.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/io.h"
#include "common/log.h"
#include "common/util.h"
#include "host/cache.h"
#include "host/identity.h"
#include "host/qemu.h"

#define VERDICT_FILE_MAX 65536

/* 0, or why /dev/kvm cannot be used by this process. */
static int kvm_errno(void)
{
    AUTO_CLOSE int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    return fd < 0 ? errno : 0;
}

static char *verdict_key(const char *vmm, const struct guest_image *image, int access_errno)
{
    AUTO_FREE char *boot = boot_identity();
    struct utsname host = {0};
    uname(&host);
    AUTO_FREE char *vmm_identity = file_identity(vmm);
    AUTO_FREE char *kernel_identity = file_identity(image->kernel);
    return xasprintf("boot %s; host %s; vmm %s; kernel %s; access %s", boot, host.release,
                     vmm_identity, kernel_identity,
                     access_errno ? strerror(access_errno) : "granted");
}

/* The verdict file as an object {key: reason, "" for "works"}; an empty one if there is none. */
static struct json_object *read_verdicts(const char *dir)
{
    AUTO_FREE char *path = xasprintf("%s/accel.json", dir);
    AUTO_FREE char *text = NULL;
    struct json_object *verdicts = NULL;
    if (read_file_at(AT_FDCWD, path, VERDICT_FILE_MAX, &text, NULL, NULL) == 0)
        verdicts = json_tokener_parse(text);
    if (json_object_is_type(verdicts, json_type_object))
        return verdicts;
    json_object_put(verdicts);
    return json_object_new_object();
}

static enum verdict read_verdict(const char *key, char *ret_reason, size_t size)
{
    ret_reason[0] = '\0';
    AUTO_FREE char *dir = cache_directory();
    if (!dir)
        return VERDICT_UNKNOWN;
    struct json_object *verdicts = read_verdicts(dir);
    struct json_object *found;
    enum verdict verdict = VERDICT_UNKNOWN;
    if (json_object_object_get_ex(verdicts, key, &found)) {
        snprintf(ret_reason, size, "%s", json_object_get_string(found));
        verdict = ret_reason[0] ? VERDICT_FAILS : VERDICT_WORKS;
    }
    json_object_put(verdicts);
    return verdict;
}

/* Drops verdicts of other boots of this host: they can never match again. */
static void drop_stale(struct json_object *verdicts, const char *key)
{
    size_t boot = strcspn(key, ";");
    /* Deleting the entry at hand is the one change json-c allows while iterating. */
    json_object_object_foreach(verdicts, name, value)
    {
        (void)value;
        if (strncmp(name, key, boot) != 0)
            json_object_object_del(verdicts, name);
    }
}

static void write_verdict(const char *key, const char *reason)
{
    AUTO_FREE char *dir = cache_directory();
    if (!dir)
        return;
    cache_make_directory(dir);
    struct json_object *verdicts = read_verdicts(dir);
    drop_stale(verdicts, key);
    json_object_object_add(verdicts, key, json_object_new_string(reason));
    AUTO_FREE char *path = xasprintf("%s/accel.json", dir);
    AUTO_FREE char *fresh = xasprintf("%s.%d", path, getpid());
    if (json_object_to_file_ext(fresh, verdicts, JSON_C_TO_STRING_PRETTY) < 0 ||
        rename(fresh, path) < 0) {
        log_debug("cannot keep the accelerator verdict in %s", path);
        unlink(fresh);
    }
    json_object_put(verdicts);
}

static void say_fallback(const char *reason, const char *how_long)
{
    fprintf(stderr,
            "vmc: KVM is not usable here (%s); using TCG, emulation in software%s "
            "(see 'vmc info')\n",
            reason, how_long);
}

static int decide_auto(const char *vmm, const struct guest_image *image, struct accel_plan *ret)
{
    int access_errno = kvm_errno();
    char reason[256];
    ret->key = verdict_key(vmm, image, access_errno);
    enum verdict verdict = read_verdict(ret->key, reason, sizeof(reason));
    ret->accel = verdict == VERDICT_FAILS ? ACCEL_TCG : ACCEL_KVM;
    ret->trial = verdict == VERDICT_UNKNOWN;
    if (ret->trial && access_errno) {
        snprintf(reason, sizeof(reason), "/dev/kvm: %s", strerror(access_errno));
        accel_failed(ret, reason, true);
    }
    return 0;
}

int accel_decide(const struct vm_spec *spec, const char *vmm, const struct guest_image *image,
                 struct accel_plan *ret, struct error *err)
{
    *ret = (struct accel_plan){.accel = spec->accel};
    if (spec->accel == ACCEL_TCG)
        return 0;
    if (spec->accel == ACCEL_KVM) {
        errno = kvm_errno();
        return errno ? error_errno(err, "--accel kvm: /dev/kvm") : 0;
    }
    if (spec->arch != arch_native()) {
        ret->accel = ACCEL_TCG;
        return 0;
    }
    return decide_auto(vmm, image, ret);
}

void accel_worked(const struct accel_plan *plan)
{
    if (plan->trial)
        write_verdict(plan->key, "");
}

void accel_failed(struct accel_plan *plan, const char *reason, bool keep)
{
    say_fallback(reason, keep ? ", from now on" : "");
    if (keep)
        write_verdict(plan->key, reason);
    plan->accel = ACCEL_TCG;
    plan->trial = false;
}

enum verdict accel_verdict(char *ret_reason, size_t size)
{
    const struct arch *arch = arch_native();
    AUTO_FREE char *qemu = NULL;
    AUTO_FREE char *key = NULL;
    struct guest_image image = {0};
    struct error err = ERROR_INIT;
    enum verdict verdict = VERDICT_UNKNOWN;
    int cause = kvm_errno();
    if (cause) {
        snprintf(ret_reason, size, "/dev/kvm: %s", strerror(cause));
        return VERDICT_FAILS;
    }
    ret_reason[0] = '\0';
    if (arch && qemu_find(arch, &qemu, &err) == 0 &&
        guest_image_find(arch, &(struct image_choice){0}, &image, &err) == 0)
        key = verdict_key(qemu, &image, 0);
    if (key)
        verdict = read_verdict(key, ret_reason, size);
    guest_image_free(&image);
    return verdict;
}

void accel_plan_free(struct accel_plan *plan)
{
    free(plan->key);
    *plan = (struct accel_plan){0};
}
