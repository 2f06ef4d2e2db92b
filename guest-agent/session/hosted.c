#include "guest-agent/session/hosted.h"

#include <sys/stat.h>

#include "guest-agent/session/frames_process.h"

int hosted_prepare(const struct agent_config *config, int frames, struct error *err)
{
    if (mkdir("/mnt", 0755) < 0)
        return error_errno(err, "cannot make a place for provided files");
    return frames_start(&config->network, frames, err);
}
