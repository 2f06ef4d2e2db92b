#include "guest-agent/container/capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct masks {
    uint64_t effective, permitted, inheritable;
};

static int get(struct masks *ret)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0)
        return -1;
    *ret = (struct masks){
        .effective = data[0].effective | (uint64_t)data[1].effective << 32,
        .permitted = data[0].permitted | (uint64_t)data[1].permitted << 32,
        .inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32,
    };
    return 0;
}

static int set(const struct masks *masks)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct data[2] = {
        {(uint32_t)masks->effective, (uint32_t)masks->permitted, (uint32_t)masks->inheritable},
        {(uint32_t)(masks->effective >> 32), (uint32_t)(masks->permitted >> 32),
         (uint32_t)(masks->inheritable >> 32)},
    };
    return (int)syscall(SYS_capset, &header, data);
}

int capabilities_bound(int64_t bounding, struct error *err)
{
    for (int n = 0; n < 64; n++) {
        if ((uint64_t)bounding >> n & 1 || prctl(PR_CAPBSET_DROP, n, 0, 0, 0) == 0)
            continue;
        /* Behind the last capability that this kernel knows. */
        if (errno == EINVAL)
            return 0;
        /* Who may drop none (capabilities(7), CAP_SETPCAP) may have this one dropped already. */
        if (prctl(PR_CAPBSET_READ, n, 0, 0, 0) != 0)
            return error_errno(err, "cannot drop capability %d", n);
    }
    return 0;
}

int capabilities_raise(struct error *err)
{
    struct masks masks;
    if (get(&masks) < 0)
        return error_errno(err, "cannot read capabilities");
    masks.effective = masks.permitted;
    return set(&masks) < 0 ? error_errno(err, "cannot raise capabilities") : 0;
}

static int raise_ambient(uint64_t ambient, struct error *err)
{
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
        return error_errno(err, "cannot clear the ambient capabilities");
    for (unsigned n = 0; n < 64; n++)
        if (ambient >> n & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, n, 0, 0) < 0)
            return error_errno(err, "cannot make capability %u ambient", n);
    return 0;
}

int capabilities_set(const struct capability_sets *sets, struct error *err)
{
    struct masks now;
    if (get(&now) < 0)
        return error_errno(err, "cannot read capabilities");
    const struct masks wanted = {
        .permitted = now.permitted & (uint64_t)sets->permitted,
        .effective = now.permitted & (uint64_t)sets->permitted & (uint64_t)sets->effective,
        .inheritable = now.permitted & (uint64_t)sets->inheritable,
    };
    if (set(&wanted) < 0)
        return error_errno(err, "cannot set capabilities");
    return raise_ambient((uint64_t)sets->ambient & wanted.permitted & wanted.inheritable, err);
}
