#include "host/machine/accel.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/io.h"
#include "common/log.h"
#include "common/util.h"
#include "host/base/directories.h"
#include "host/base/identity.h"
#include "host/base/notice.h"
#include "host/base/userns.h"
#include "host/machine/kvm_access.h"
#include "host/machine/qemu_program.h"

/* Root's verdicts; gone at the next boot, as they should be. */
#define HOST_DIRECTORY "/run/vmc-accelerator"
#define FILE_NAME "accel.json"
#define VERDICT_FILE_MAX 65536

/* What KVM can do depends on this, for any kernel. */
static char *host_key(const char *vmm, int access_errno)
{
    AUTO_FREE char *boot = boot_identity();
    struct utsname host = {0};
    uname(&host);
    AUTO_FREE char *vmm_identity = file_identity(vmm);
    return xasprintf("boot %s; host %s; vmm %s; access %s", boot, host.release, vmm_identity,
                     access_errno ? strerror(access_errno) : "granted");
}

static char *kernel_key(const char *host, const struct guest_image *image)
{
    AUTO_FREE char *kernel_identity = file_identity(image->kernel);
    return xasprintf("%s; kernel %s", host, kernel_identity);
}

/* ---- the files of verdicts ---- */

/*
 * Root's, for all users: if others could write verdicts, they could take KVM away from each other.
 */
static bool host_directory_is_roots(void)
{
    struct stat st;
    return lstat(HOST_DIRECTORY, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == 0 &&
           (st.st_mode & 022) == 0;
}

/* A file of verdicts as an object {key: reason, "" for "works"}; an empty one if there is none. */
static struct json_object *read_verdicts(const char *dir)
{
    AUTO_FREE char *path = xasprintf("%s/" FILE_NAME, dir);
    AUTO_FREE char *text = NULL;
    struct json_object *verdicts = NULL;
    if (read_file_at(AT_FDCWD, path, VERDICT_FILE_MAX, &text, NULL, NULL) == 0)
        verdicts = json_tokener_parse(text);
    if (json_object_is_type(verdicts, json_type_object))
        return verdicts;
    json_object_put(verdicts);
    return json_object_new_object();
}

/* The verdict on the kernel, or else on the host, for which only failures are kept. */
static enum verdict read_verdict_in(const char *dir, const char *host, const char *kernel,
                                    char *ret_reason, size_t size)
{
    struct json_object *verdicts = read_verdicts(dir);
    struct json_object *found = NULL;
    enum verdict verdict = VERDICT_UNKNOWN;
    ret_reason[0] = '\0';
    if (json_object_object_get_ex(verdicts, kernel, &found) ||
        json_object_object_get_ex(verdicts, host, &found)) {
        snprintf(ret_reason, size, "%s", json_object_get_string(found));
        verdict = ret_reason[0] ? VERDICT_FAILS : VERDICT_WORKS;
    }
    json_object_put(verdicts);
    return verdict;
}

static enum verdict read_verdict(const char *host, const char *kernel, char *ret_reason,
                                 size_t size)
{
    enum verdict verdict = VERDICT_UNKNOWN;
    AUTO_FREE char *dir = cache_directory();
    ret_reason[0] = '\0';
    if (dir)
        verdict = read_verdict_in(dir, host, kernel, ret_reason, size);
    if (verdict == VERDICT_UNKNOWN && host_directory_is_roots())
        verdict = read_verdict_in(HOST_DIRECTORY, host, kernel, ret_reason, size);
    return verdict;
}

/* Drops verdicts from other boots of this host: they can never match again. */
static void drop_stale(struct json_object *verdicts, const char *key)
{
    size_t boot = strcspn(key, ";");
    /* Deleting the current entry is the only change that json-c allows while iterating. */
    json_object_object_foreach(verdicts, name, value)
    {
        (void)value;
        if (strncmp(name, key, boot) != 0)
            json_object_object_del(verdicts, name);
    }
}

/* False if it cannot be kept there. */
static bool write_verdict_in(const char *dir, mode_t mode, const char *key, const char *reason)
{
    struct json_object *verdicts = read_verdicts(dir);
    drop_stale(verdicts, key);
    json_object_object_add(verdicts, key, json_object_new_string(reason));
    AUTO_FREE char *path = xasprintf("%s/" FILE_NAME, dir);
    AUTO_FREE char *fresh = xasprintf("%s.%d", path, getpid());
    bool kept = json_object_to_file_ext(fresh, verdicts, JSON_C_TO_STRING_PRETTY) == 0 &&
                chmod(fresh, mode) == 0 && rename(fresh, path) == 0;
    if (!kept) {
        log_debug("cannot save the accelerator verdict in %s", path);
        unlink(fresh);
    }
    json_object_put(verdicts);
    return kept;
}

static bool write_verdict(const char *key, const char *reason)
{
    bool kept = false;
    AUTO_FREE char *dir = cache_directory();
    if (am_host_root() && (mkdir(HOST_DIRECTORY, 0755) == 0 || errno == EEXIST) &&
        host_directory_is_roots())
        kept = write_verdict_in(HOST_DIRECTORY, 0644, key, reason);
    if (dir) {
        make_directories(dir);
        kept = write_verdict_in(dir, 0600, key, reason) || kept;
    }
    return kept;
}

/* ---- the ladder ---- */

/* A kernel that the user chose or configured may fail for its own reasons. */
static bool kernel_is_ours(const struct vm_spec *spec)
{
    return !spec->kernel && !spec->initrd && !spec->distro && spec->append.count == 0;
}

static void fall_back(struct accel_plan *plan, const char *what, const char *advice, bool kept)
{
    notice("%s; using TCG, software emulation%s (%s)", what, kept ? ", from now on" : "", advice);
    plan->accel = ACCEL_TCG;
    plan->trial = false;
}

static void no_access(struct accel_plan *plan, int cause)
{
    AUTO_FREE char *why = xasprintf("/dev/kvm: %s", strerror(cause));
    AUTO_FREE char *advice = kvm_advice(cause);
    fall_back(plan, why, advice, write_verdict(plan->host_key, why));
}

int accel_decide(const struct vm_spec *spec, const char *vmm, const struct guest_image *image,
                 struct accel_plan *ret, struct error *err)
{
    char reason[256];
    *ret = (struct accel_plan){.accel = spec->accel};
    if (spec->accel == ACCEL_AUTO && spec->arch != arch_native())
        ret->accel = ACCEL_TCG;
    if (ret->accel == ACCEL_TCG)
        return 0;
    int cause = kvm_access();
    ret->host_key = host_key(vmm, cause);
    ret->kernel_key = kernel_key(ret->host_key, image);
    ret->of_host = kernel_is_ours(spec);
    ret->verdict = read_verdict(ret->host_key, ret->kernel_key, reason, sizeof(reason));
    if (spec->accel == ACCEL_KVM) {
        AUTO_FREE char *advice = cause ? kvm_advice(cause) : NULL;
        return cause ? error_set(err, "--accel kvm: /dev/kvm: %s (%s)", strerror(cause), advice)
                     : 0;
    }
    ret->accel = ret->verdict == VERDICT_FAILS ? ACCEL_TCG : ACCEL_KVM;
    ret->trial = ret->verdict == VERDICT_UNKNOWN;
    if (ret->trial && cause)
        no_access(ret, cause);
    return 0;
}

void accel_worked(const struct accel_plan *plan)
{
    if (plan->accel == ACCEL_KVM && plan->verdict != VERDICT_WORKS)
        write_verdict(plan->kernel_key, "");
}

void accel_failed(struct accel_plan *plan, const char *reason, bool keep)
{
    bool kept = keep && write_verdict(plan->of_host ? plan->host_key : plan->kernel_key, reason);
    fall_back(plan,
              plan->of_host ? "no machine boots with KVM on this host"
                            : "no machine boots this kernel with KVM on this host",
              kept ? "'vmc info' shows the reason" : reason, kept);
}

enum verdict accel_verdict(char *ret_reason, size_t size)
{
    const struct arch *arch = arch_native();
    AUTO_FREE char *qemu = NULL;
    struct guest_image image = {0};
    struct error err = ERROR_INIT;
    enum verdict verdict = VERDICT_UNKNOWN;
    int cause = kvm_access();
    if (cause) {
        snprintf(ret_reason, size, "/dev/kvm: %s", strerror(cause));
        return VERDICT_FAILS;
    }
    ret_reason[0] = '\0';
    if (arch && qemu_program_find(arch, &qemu, &err) == 0 &&
        guest_image_find(arch, &(struct image_choice){0}, &image, &err) == 0) {
        AUTO_FREE char *host = host_key(qemu, 0);
        AUTO_FREE char *kernel = kernel_key(host, &image);
        verdict = read_verdict(host, kernel, ret_reason, size);
    }
    guest_image_free(&image);
    return verdict;
}

void accel_plan_free(struct accel_plan *plan)
{
    free(plan->host_key);
    free(plan->kernel_key);
    *plan = (struct accel_plan){0};
}
