/*
 * What other tools' users will try.
 */
#include "common/util.h"
#include "host/options.h"

/* clang-format off */
const struct refused_option refused_options[] = {
    {"mem-kmem", 0, "cgroup v2 has no limit for the kernel's own memory, which --mem-limit counts, too"},
    {"X11", 'X', "an X server's socket on the host is out of reach of another kernel; with an X server that "
     "listens on TCP, give --net user:host-loopback -e DISPLAY=10.0.2.2:0"},
    {"tempdir", 0, "vmc has its private directory; --upper says where changes go, and TMPDIR where images are made"},
    {"cpu", 0, "there is no mask, but a list: --cpuset-cpus"},
    {"simple", 0, "a container is always entered by pivot_root(2)"},
    {"background", 'B', "vmc run stays in the foreground; use the shell's '&', or systemd-run"},
    {"detach", 'd', "vmc run stays in the foreground; use the shell's '&', or systemd-run"},
    {"entrypoint", 0, "there is no image with a command of its own: write the whole COMMAND"},
};
const size_t refused_option_count = ARRAY_LEN(refused_options);
/* clang-format on */
