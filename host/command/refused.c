/*
 * Options of other tools that users will try: MINCS' minc, docker run and podman run.
 * docs/from-docker.md and docs/from-mincs.md say the same.
 */
#include "host/command/commands.h"

#define NO_IMAGE "vmc does not pull images: --rootfs is a directory, or an image made by 'vmc pack'"
#define NO_IMAGE_SETTINGS "there is no image whose settings this would change"
#define NO_HEALTH "vmc does not watch COMMAND; the program that starts vmc can, as systemd does"
#define NO_RECORD "a run leaves no record that could hold it"
#define NO_DAEMON "vmc run stays in the foreground; use the shell's '&', or systemd-run"
#define NO_POD "each run has a machine of its own; --net bridge connects them"
#define NO_OTHER_CONTAINER                                                                         \
    "a run cannot reach into another; --net bridge connects them, volumes are shared by name"
#define OWN_KERNEL "the guest has a kernel of its own, so host namespaces cannot be shared"
#define OWN_DISK "only the machine's own disk has limits: --upper disk with --io-max"
#define WEIGHTS "nothing else uses the machine's disks; for limits, use --io-max"
#define IDS                                                                                        \
    "files keep their owners, as far as the caller's rights go; --nopriv runs without privileges"
#define ETC "the root file system's own /etc is used; -u also takes numbers"
#define HOSTS "/etc/hosts is made from --hostname and --add-host; -v FILE:/etc/hosts replaces it"
#define REALTIME "cgroup v2 has no such limit; --ulimit rtprio= allows real-time priorities"
#define WINDOWS "docker has it only for Windows; use "
#define DESCRIPTORS "a machine gets only standard input, output and error; use a volume or a port"
#define ENVIRONMENT "the environment holds only -e, --env-file, PATH, HOME and TERM"
#define SYSTEMD "vmc mounts nothing for systemd by itself; give the --tmpfs mounts it needs"
#define PIDFILE "the process to watch is vmc itself: the shell's $! has its PID"
#define LIMIT_OF_KERNEL_MEMORY                                                                     \
    "cgroup v2 has no separate limit for kernel memory; --mem-limit counts it, too"

/* clang-format off */
const struct refused_option refused_of_run[] = {
    /* minc */
    {"mem-kmem", 0, LIMIT_OF_KERNEL_MEMORY},
    {"X11", 'X', "another kernel cannot reach an X server's socket on the host; if the X server "
     "listens on TCP, give --net user:host-loopback -e DISPLAY=10.0.2.2:0"},
    {"tempdir", 0, "vmc has its private directory; --upper says where changes go, and TMPDIR where images are made"},
    {"cpu", 0, "a mask is not supported; --cpuset-cpus takes a list"},
    {"simple", 0, "a container is always entered by pivot_root(2)"},
    {"background", 'B', NO_DAEMON},

    /* docker and podman */
    {"annotation", 0, NO_RECORD},
    {"attach", 'a', "all three streams are always attached; redirect the unwanted ones in the shell"},
    {"authfile", 0, NO_IMAGE},
    {"blkio-weight", 0, WEIGHTS},
    {"blkio-weight-device", 0, WEIGHTS},
    {"cgroup-conf", 0, "limits in the guest have their own options: --mem-high, --cpu-weight, --io-max, --pids-limit"},
    {"cgroup-parent", 0, "the guest has control groups of its own; for the host's, start vmc with systemd-run --slice"},
    {"cgroupns", 0, "the cgroup namespace is always private"},
    {"cgroups", 0, "the guest always has control groups of its own"},
    {"chrootdirs", 0, "there is one root; -v shows a file in more than one place"},
    {"cidfile", 0, "a run has no id; --name gives it a name"},
    {"conmon-pidfile", 0, PIDFILE},
    {"cpu-count", 0, WINDOWS "--cpus"},
    {"cpu-percent", 0, WINDOWS "--cpu-quota"},
    {"cpu-rt-period", 0, REALTIME},
    {"cpu-rt-runtime", 0, REALTIME},
    {"cpuset-mems", 0, "the machine has one memory node"},
    {"decryption-key", 0, NO_IMAGE},
    {"detach", 'd', NO_DAEMON},
    {"detach-keys", 0, "a run cannot be detached from; every key goes to COMMAND"},
    {"device-cgroup-rule", 0, "--device gives a device with its rights; --privileged gives all devices of the guest"},
    {"device-read-bps", 0, OWN_DISK " rbps="},
    {"device-read-iops", 0, OWN_DISK " riops="},
    {"device-write-bps", 0, OWN_DISK " wbps="},
    {"device-write-iops", 0, OWN_DISK " wiops="},
    {"disable-content-trust", 0, NO_IMAGE},
    {"domainname", 0, "it is a parameter of the guest's kernel: --sysctl kernel.domainname=NAME"},
    {"entrypoint", 0, "there is no image with a command of its own: write the whole COMMAND"},
    {"env-host", 0, ENVIRONMENT "; --env-file <(env) adds the caller's, if no value has a newline"},
    {"env-merge", 0, ENVIRONMENT},
    {"expose", 0, "every port of the guest is open inside; -p publishes one on the host"},
    {"gidmap", 0, IDS},
    {"gpus", 0, "host devices are not devices of the guest's kernel"},
    {"group-entry", 0, ETC},
    {"health-cmd", 0, NO_HEALTH},
    {"health-interval", 0, NO_HEALTH},
    {"health-log-destination", 0, NO_HEALTH},
    {"health-max-log-count", 0, NO_HEALTH},
    {"health-max-log-size", 0, NO_HEALTH},
    {"health-on-failure", 0, NO_HEALTH},
    {"health-retries", 0, NO_HEALTH},
    {"health-start-interval", 0, NO_HEALTH},
    {"health-start-period", 0, NO_HEALTH},
    {"health-startup-cmd", 0, NO_HEALTH},
    {"health-startup-interval", 0, NO_HEALTH},
    {"health-startup-retries", 0, NO_HEALTH},
    {"health-startup-success", 0, NO_HEALTH},
    {"health-startup-timeout", 0, NO_HEALTH},
    {"health-timeout", 0, NO_HEALTH},
    {"hosts-file", 0, HOSTS},
    {"hostuser", 0, ETC},
    {"http-proxy", 0, ENVIRONMENT "; -e http_proxy -e https_proxy passes the caller's"},
    {"image-volume", 0, NO_IMAGE_SETTINGS},
    {"init-path", 0, "the container's init is vmc's own; --no-init leaves it out"},
    {"io-maxbandwidth", 0, WINDOWS "--io-max"},
    {"io-maxiops", 0, WINDOWS "--io-max"},
    {"ipc", 0, OWN_KERNEL},
    {"isolation", 0, "docker has it only for Windows; each run has a machine, unless --host is given"},
    {"kernel-memory", 0, LIMIT_OF_KERNEL_MEMORY},
    {"label", 'l', NO_RECORD},
    {"label-file", 0, NO_RECORD},
    {"link", 0, "--net bridge connects containers, and --add-host gives names"},
    {"link-local-ip", 0, "use --ip and --ip6"},
    {"log-driver", 0, "output goes to standard output and error; systemd-run keeps it in the journal"},
    {"log-opt", 0, "output goes to standard output and error; systemd-run keeps it in the journal"},
    {"memory-reservation", 0, "the machine has its own memory, --memory; --mem-high slows COMMAND down above a size"},
    {"memory-swappiness", 0, "it is a parameter of the guest's kernel: --sysctl vm.swappiness=N"},
    {"network-alias", 0, "no name server knows containers; --add-host gives names"},
    {"no-healthcheck", 0, NO_IMAGE_SETTINGS},
    {"no-hostname", 0, "/etc/hostname always has this run's name: --hostname"},
    {"no-hosts", 0, HOSTS},
    {"oom-kill-disable", 0, "cgroup v2 cannot; --mem-high slows COMMAND down instead"},
    {"os", 0, "guests are Linux"},
    {"passwd", 0, ETC},
    {"passwd-entry", 0, ETC},
    {"personality", 0, "start COMMAND with setarch(1)"},
    {"pid", 0, OWN_KERNEL},
    {"pidfile", 0, PIDFILE},
    {"platform", 0, "use --arch: linux/amd64 is --arch amd64"},
    {"pod", 0, NO_POD},
    {"pod-id-file", 0, NO_POD},
    {"preserve-fd", 0, DESCRIPTORS},
    {"preserve-fds", 0, DESCRIPTORS},
    {"publish-all", 'P', "there is no image that names the ports; -p publishes one, or a range"},
    {"pull", 0, NO_IMAGE},
    {"quiet", 'q', NO_IMAGE "; vmc prints only what is needed"},
    {"rdt-class", 0, "write vmc's PID to the tasks file of the host's resctrl group"},
    {"read-only-tmpfs", 0, "name the writable places yourself: --tmpfs /tmp --tmpfs /run"},
    {"replace", 0, "an ended run leaves nothing that holds its name"},
    {"requires", 0, NO_OTHER_CONTAINER},
    {"restart", 0, "vmc run ends with COMMAND; systemd starts it again with Restart="},
    {"retry", 0, NO_IMAGE},
    {"retry-delay", 0, NO_IMAGE},
    {"rmi", 0, NO_IMAGE},
    {"runtime", 0, "--qemu, --uml or --libvirt chooses the machine; --host has none"},
    {"sdnotify", 0, "COMMAND cannot reach the notification socket; use systemd-run with Type=exec"},
    {"seccomp-policy", 0, NO_IMAGE_SETTINGS "; --security-opt seccomp=FILE sets the filter"},
    {"secret", 0, "vmc stores no secrets; -v FILE:/run/secrets/NAME:ro passes one"},
    {"shm-size-systemd", 0, SYSTEMD},
    {"sig-proxy", 0, "signals always go to COMMAND"},
    {"stop-signal", 0, "'vmc stop' sends TERM; 'vmc kill -s SIGNAL' sends any other"},
    {"stop-timeout", 0, "give it to 'vmc stop --timeout'"},
    {"storage-opt", 0, "--upper disk:SIZE or ram:SIZE limits how much can be written"},
    {"subgidname", 0, IDS},
    {"subuidname", 0, IDS},
    {"systemd", 0, SYSTEMD},
    {"tls-verify", 0, NO_IMAGE},
    {"tz", 0, "use -e TZ=ZONE, if the root file system knows the zone"},
    {"uidmap", 0, IDS},
    {"umask", 0, "COMMAND starts with 0022; sh -c 'umask 077; exec ...' changes it"},
    {"unsetenv", 0, NO_IMAGE_SETTINGS "; " ENVIRONMENT},
    {"unsetenv-all", 0, NO_IMAGE_SETTINGS "; " ENVIRONMENT},
    {"uts", 0, OWN_KERNEL},
    {"variant", 0, "use --arch: arm is ARMv7"},
    {"volume-driver", 0, "named volumes are vmc's own directories; mount others on the host and give their path to -v"},
    {"volumes-from", 0, NO_OTHER_CONTAINER},
    {NULL, 0, NULL},
};
/* clang-format on */
