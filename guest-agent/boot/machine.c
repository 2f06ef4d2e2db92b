#include "guest-agent/boot/machine.h"

#include <fcntl.h>
#include <linux/random.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/io.h"
#include "common/util.h"
#include "guest-agent/base/disks.h"
#include "guest-agent/container/cgroup.h"
#include "guest-agent/container/ftrace.h"
#include "guest-agent/container/network.h"

/* As systemd gives its services: room for servers, and a soft limit that select(2) survives. */
#define OPEN_FILES_SOFT 1024
#define OPEN_FILES_HARD 524288

uint64_t boottime_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static int set_clock(int64_t time_ns, struct error *err)
{
    struct timespec t = {.tv_sec = time_ns / NS_PER_S, .tv_nsec = time_ns % NS_PER_S};
    if (time_ns && clock_settime(CLOCK_REALTIME, &t) < 0)
        return error_errno(err, "cannot set the guest's clock");
    return 0;
}

/* random(4), RNDADDENTROPY: with full credit, so that getrandom(2) does not wait for noise. */
static int seed_generator(const struct agent_config *config, struct error *err)
{
    struct {
        struct rand_pool_info info;
        uint8_t bytes[ENTROPY_SIZE];
    } pool = {.info = {.entropy_count = 8 * ENTROPY_SIZE, .buf_size = ENTROPY_SIZE}};
    if (config->entropy.length == 0)
        return 0;
    memcpy(pool.bytes, config->entropy.bytes, ENTROPY_SIZE);
    AUTO_CLOSE int fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);
    if (fd < 0 || ioctl(fd, RNDADDENTROPY, &pool) < 0)
        return error_errno(err, "cannot seed the guest's random numbers");
    /* A clone of a template carries the generator's state of all its siblings: new key now. */
    if (ioctl(fd, RNDRESEEDCRNG) < 0)
        return error_errno(err, "cannot reseed the guest's random numbers");
    return 0;
}

static int raise_limits(struct error *err)
{
    struct rlimit files = {.rlim_cur = OPEN_FILES_SOFT, .rlim_max = OPEN_FILES_HARD};
    if (setrlimit(RLIMIT_NOFILE, &files) < 0)
        return error_errno(err, "cannot raise the limit of open files");
    return 0;
}

int machine_begin(struct error *err)
{
    if (cgroup_make(err) < 0 || network_raise_loopback(err) < 0 || raise_limits(err) < 0)
        return -1;
    /* The kernel ends someone else when memory runs out: without this process nothing works. */
    return write_file("/proc/self/oom_score_adj", "-1000", err);
}

int machine_prepare(const struct agent_config *config, struct error *err)
{
    if (set_clock(config->time_ns, err) < 0 || seed_generator(config, err) < 0)
        return -1;
    if (!config->shape.netns && network_configure(&config->network, err) < 0)
        return -1;
    if (config->swap_disk && disk_swap_on(SWAP_DISK_SERIAL, err) < 0)
        return -1;
    return config->ftrace ? ftrace_run(config->ftrace, err) : 0;
}
