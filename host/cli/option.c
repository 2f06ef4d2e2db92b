#include "host/cli/option.h"

#include "common/util.h"
#include "host/base/arch.h"

/* clang-format off */
#define RUN COMMAND_BIT(COMMAND_RUN)
#define WARM COMMAND_BIT(COMMAND_TEMPLATE_WARM)
/* Those of a machine, with a container in it or without. */
#define GUEST (RUN | COMMAND_BIT(COMMAND_SHELL_GUEST))
/* What shapes a machine, by itself or by what is to be in it. */
#define SHAPE (GUEST | WARM)
#define SHAPE_OF_RUN (RUN | WARM)
#define PACK COMMAND_BIT(COMMAND_PACK)
#define INFO COMMAND_BIT(COMMAND_INFO)
#define ALL (COMMAND_BIT(COMMAND_MANUAL + 1) - 1)

#define ROOT "Root file system"
#define MACHINE "Machine"
#define WORKLOAD "Workload"
#define NETWORK "Network"
#define CONTAINER "Container"
#define LIMITS "Limits inside the machine"
#define ISOLATION "Isolation"
#define STREAMS "Terminal"
#define TIME "Time limits"
#define IMAGE "Guest image"
#define DIAGNOSTICS "Diagnostics"
#define GENERAL "General"

/* Who enforces it. */
#define BY_VMC "vmc"
#define BY_HOST "host"
#define BY_JAIL "jail"
#define BY_MACHINE "machine"
#define BY_MACHINE_AND_HOST_CGROUP "machine and host cgroup"
#define BY_HOST_AND_AGENT "host and agent"
#define BY_GUEST_CGROUP "guest cgroup"
#define BY_AGENT "agent"

static const char *const upper_choices[] = {"ram", "disk", "host", "none", NULL};
static const char *const transport_choices[] = {"9p", "virtiofs", NULL};
static const char *const net_choices[] = {"none", "user", "user:host-loopback", "bridge", NULL};
static const char *const accel_choices[] = {"auto", "kvm", "tcg", NULL};

const struct option option_table[] = {
    {.id = OPTION_ROOTFS, .name = "rootfs", .letter = 'r', .metavar = "DIR|IMAGE", .commands = SHAPE_OF_RUN,
     .on = ON_ALL, .group = ROOT, .layer = BY_HOST,
     .help = "root file system of the container (default: the host's own /)",
     .manual = "Any directory that looks like a Linux root: one made by mmdebstrap or debootstrap, or an exported "
         "container; or a file that 'vmc pack' has made of one, which is faster. It is a read-only lower layer. "
         "Without this option the host's own / is; other file systems that are mounted below it stay out."},
    {.id = OPTION_ROOTFS, .name = "rootdir", .metavar = "DIR|IMAGE", .commands = SHAPE_OF_RUN, .on = ON_ALL,
     .group = ROOT, .layer = BY_HOST,
     .hidden = true},
    {.id = OPTION_NOPRIV, .name = "nopriv", .metavar = "DIR", .commands = SHAPE_OF_RUN, .on = ON_ALL, .group = ROOT,
     .layer = BY_HOST,
     .help = "the same, always without privileges, even for root",
     .manual = "What an ordinary user gets anyway, said explicitly: the tree is put together in a user namespace and "
         "the hypervisor has no privilege on the host. The workload is still a real root inside its own kernel."},
    {.id = OPTION_UPPER, .name = "upper", .metavar = "WHERE", .commands = SHAPE_OF_RUN, .on = ON_ALL, .group = ROOT,
     .layer = BY_HOST_AND_AGENT,
     .help = "where changes go: ram[:SIZE], disk[:SIZE], host or none",
     .manual = "ram: a tmpfs in the guest, gone at the end; any file type works, since the guest's own kernel holds "
         "it. disk: the same on a sparse, unnamed file system image in $TMPDIR or /var/tmp, for large writes. host: "
         "an overlay on the host, without device nodes. none: no overlay, the directory itself is changed, which is "
         "refused for the host's own /. The last two need a virtiofsd and a cold boot.",
     .default_value = "ram", .choices = upper_choices},
    {.id = OPTION_TRANSPORT, .name = "rootfs-transport", .metavar = "WHICH", .commands = RUN, .on = ON_MACHINES,
     .group = ROOT, .layer = BY_MACHINE,
     .help = "how the machine reads the directory: 9p or virtiofs",
     .manual = "9p: QEMU itself answers; for --upper ram and disk, which only read the directory, and what they use. "
         "virtiofs: a process beside it does, virtiofsd in a jail of its own: directories of many files are read in a "
         "fraction of the time and file capabilities count, for more memory and a cold boot each time. --upper host "
         "and none use it anyway, as volumes do.",
     .choices = transport_choices},
    {.id = OPTION_DIRECT, .name = "direct", .letter = 'D', .commands = SHAPE_OF_RUN, .on = ON_ALL, .group = ROOT,
     .layer = BY_HOST,
     .help = "change DIR itself, the same as --upper none"},
    {.id = OPTION_KEEP, .name = "keep", .letter = 'k', .commands = RUN, .on = ON_MACHINES, .group = ROOT,
     .layer = BY_HOST,
     .help = "keep the changes for the next run with --keep and the same --name",
     .manual = "Changes go to a disk image of that name, as with --upper disk, which this option implies. One run at "
         "a time uses it, and it fits one root file system. What the workload has synchronized is on the disk, "
         "whatever happens to vmc. Without --name a name is made up, and said."},
    {.id = OPTION_NAME, .name = "name", .metavar = "NAME", .commands = RUN, .on = ON_ALL, .group = ROOT,
     .layer = BY_HOST_AND_AGENT,
     .help = "name of the container: for --keep, and its host name unless --hostname says otherwise"},
    {.id = OPTION_VOLUME, .name = "volume", .letter = 'v', .metavar = "SRC[:DST][:OPTIONS]", .commands = SHAPE_OF_RUN,
     .on = ON_ALL, .group = ROOT, .layer = BY_HOST,
     .help = "show SRC, a file or directory of this host or a named volume, at DST",
     .manual = "SRC with a slash is a path on this host, which has to exist; without one it is the name of a volume, "
         "which is made at its first use (see 'vmc volume'). DST is absolute and is made in the container where it is "
         "missing; without it a path goes to the same path. OPTIONS, separated by commas: ro, rw (default), "
         "cache=none (default: host and guest see at once what the other writes), cache=mmap (for programs that write "
         "to shared memory maps), cache=loose (fastest; only if nothing else changes SRC).",
     .repeatable = true},
    {.id = OPTION_VOLUME, .name = "bind", .letter = 'b', .metavar = "SRC[:DST][:OPTIONS]", .commands = SHAPE_OF_RUN,
     .on = ON_ALL, .group = ROOT, .layer = BY_HOST,
     .repeatable = true, .hidden = true},
    {.id = OPTION_OUTPUT, .name = "output", .letter = 'o', .metavar = "FILE", .commands = PACK, .on = ON_ANY,
     .group = ROOT, .layer = BY_VMC,
     .help = "where the image goes; it must not exist"},
    {.id = OPTION_FORCE, .name = "force", .letter = 'f', .commands = PACK, .on = ON_ANY, .group = ROOT,
     .layer = BY_VMC,
     .help = "overwrite FILE, once the new image is complete"},

    {.id = OPTION_QEMU, .name = "qemu", .commands = SHAPE, .on = ON_QEMU, .group = MACHINE, .layer = BY_MACHINE,
     .help = "run the machine with QEMU (default)"},
    {.id = OPTION_LIBVIRT, .name = "libvirt", .metavar = "[=URI]", .commands = RUN, .on = ON_LIBVIRT,
     .group = MACHINE, .layer = BY_MACHINE,
     .help = "run it as a transient domain of libvirt's, which is QEMU in the same jail",
     .manual = "virsh shows it as vmc-ID while it runs. URI is qemu:///session, the default of ordinary users, or "
         "qemu:///system, root's. libvirt makes QEMU's command line and keeps its monitor; vmc starts it. Guests are "
         "of this machine's architecture."},
    {.id = OPTION_HOST, .name = "host", .commands = RUN, .on = ON_HOST, .group = MACHINE, .layer = BY_HOST,
     .help = "run no machine: a plain container on this host's own kernel",
     .manual = "For code that is trusted, and for comparison: the same root file system, options and container, in a "
         "user namespace whose root is nobody on the host, and with this host's kernel as the only wall. Each run "
         "says so in one line. What only a machine has is refused."},
    {.id = OPTION_UML, .name = "uml", .commands = RUN, .on = ON_UML, .group = MACHINE, .layer = BY_MACHINE,
     .help = "run the machine's kernel as a process of this host's: User Mode Linux, for hosts without KVM",
     .manual = "The same container on a kernel of its own that needs no hypervisor: it computes at this processor's "
         "speed and starts in a fraction of what emulation takes. System calls and new processes cost more than they "
         "do on this host, and there is one processor. What only QEMU has is refused."},
    {.id = OPTION_UML, .name = "um", .commands = RUN, .on = ON_UML, .group = MACHINE, .layer = BY_MACHINE,
     .hidden = true},
    {.id = OPTION_ACCEL, .name = "accel", .metavar = "WHICH", .commands = SHAPE, .on = ON_MACHINES, .group = MACHINE,
     .layer = BY_MACHINE,
     .help = "accelerator: auto, kvm or tcg",
     .manual = "auto takes KVM if a machine has booted with it on this host before, tries it once if that is not "
         "known, and falls back to TCG with one line that says why. kvm never falls back. tcg is emulation in "
         "software: it works everywhere, is slow, and is not a security boundary by QEMU's own policy.",
     .default_value = "auto", .choices = accel_choices},
    {.id = OPTION_ARCH, .name = "arch", .metavar = "ARCH", .commands = SHAPE | PACK, .on = ON_ALL, .group = MACHINE,
     .layer = BY_MACHINE,
     .help = "architecture of the guest",
     .manual = "By default that of the command, which vmc reads from the file in the root file system (for a script, "
         "from its interpreter), or else of /bin/sh there; an image says it. Foreign programs run on an emulated "
         "machine.",
     .choices = arch_names},
    {.id = OPTION_ARCH, .name = "cross", .metavar = "ARCH", .commands = SHAPE | PACK, .on = ON_ALL, .group = MACHINE,
     .layer = BY_MACHINE,
     .choices = arch_names, .hidden = true},
    {.id = OPTION_MEMORY, .name = "memory", .letter = 'm', .metavar = "SIZE", .commands = SHAPE, .on = ON_KERNELS,
     .group = MACHINE, .layer = BY_MACHINE_AND_HOST_CGROUP,
     .help = "memory of the machine",
     .manual = "A plain number counts bytes, as with docker; the suffixes k, m, g and t are powers of 1024. At least "
         "32m, at most what the host has. The default leaves room for a compiler or a database with its changes in "
         "memory; the host spends only what the guest really uses.",
     .default_value = "512m"},
    {.id = OPTION_CPUS, .name = "cpus", .letter = 'c', .metavar = "N", .commands = SHAPE, .on = ON_KERNELS,
     .group = MACHINE, .layer = BY_MACHINE,
     .help = "number of processors of the machine",
     .manual = "Most commands use one, and each more costs the host a thread; ask for more where the work is parallel.",
     .default_value = "1"},
    {.id = OPTION_COLD, .name = "cold", .commands = RUN, .on = ON_KERNELS, .group = MACHINE, .layer = BY_VMC,
     .help = "boot the machine, instead of copying one that has booted",
     .manual = "Otherwise the first machine of its kind is kept as a template when it has booted, and later ones are "
         "copies of it, which start in a fraction of the time ('vmc template ls'). A machine with a kernel of one's "
         "own or something to debug always boots."},

    {.id = OPTION_ENV, .name = "env", .letter = 'e', .metavar = "NAME[=VALUE]", .commands = RUN, .on = ON_ALL,
     .group = WORKLOAD, .layer = BY_VMC,
     .help = "set an environment variable; NAME alone takes the caller's value",
     .manual = "The workload gets only what is set here and in files given with --env-file, besides PATH, HOME and, "
         "with a terminal, TERM. NAME alone is left out if the caller has no such variable.",
     .repeatable = true},
    {.id = OPTION_ENV_FILE, .name = "env-file", .metavar = "FILE", .commands = RUN, .on = ON_ALL, .group = WORKLOAD,
     .layer = BY_VMC,
     .help = "read environment variables from FILE",
     .manual = "One NAME=VALUE or NAME per line, as for --env; empty lines and lines that start with # are skipped, "
         "and quotes are part of the value, which ends with the line. A line that is neither is refused. --env wins "
         "over a file.",
     .repeatable = true},
    {.id = OPTION_WORKDIR, .name = "workdir", .letter = 'w', .metavar = "DIR", .commands = RUN, .on = ON_ALL,
     .group = WORKLOAD, .layer = BY_AGENT,
     .help = "absolute path of the directory to run COMMAND in",
     .default_value = "/"},
    {.id = OPTION_USER, .name = "user", .letter = 'u', .metavar = "USER[:GROUP]", .commands = RUN, .on = ON_ALL,
     .group = WORKLOAD, .layer = BY_AGENT,
     .help = "user to run COMMAND as, names or numbers",
     .manual = "Names are looked up in the container's own /etc/passwd and /etc/group. Without a group the user's own "
         "groups count.",
     .default_value = "0:0"},
    {.id = OPTION_HOSTNAME, .name = "hostname", .metavar = "NAME", .commands = RUN, .on = ON_ALL, .group = WORKLOAD,
     .layer = BY_AGENT,
     .help = "host name inside (default: made up for each run)"},

    {.id = OPTION_NET, .name = "net", .metavar = "MODE", .commands = SHAPE_OF_RUN, .on = ON_ALL, .group = NETWORK,
     .layer = BY_HOST,
     .help = "network: none, user[:host-loopback], bridge[=NAME] or tap=INTERFACE",
     .manual = "none: the loopback interface alone. user: connections of the guest are made on the host by passt, "
         "without privileges, so it reaches what the caller reaches, except the host's own loopback; with "
         ":host-loopback, that is what its gateway, 10.0.2.2, stands for. bridge: an interface on a bridge of vmc's "
         "own (vmc0) with an address there, as root; containers on it reach each other. tap: an interface that is "
         "there already and that the caller may use.",
     .default_value = "user", .choices = net_choices},
    {.id = OPTION_NET, .name = "network", .metavar = "MODE", .commands = SHAPE_OF_RUN, .on = ON_ALL, .group = NETWORK,
     .layer = BY_HOST,
     .hidden = true},
    {.id = OPTION_PUBLISH, .name = "publish", .letter = 'p', .metavar = "[ADDR:][HOST:]PORT[/udp]", .commands = RUN,
     .on = ON_ALL, .group = NETWORK, .layer = BY_HOST,
     .help = "serve a port of the guest on the host, on 127.0.0.1 unless ADDR says otherwise",
     .manual = "HOST is the port on the host, PORT the guest's; without HOST a free one is chosen and said. Only "
         "programs on this host reach it unless ADDR is another address: 0.0.0.0 is all of the host's IPv4 addresses, "
         "[::] all of its IPv6 ones. Ranges are FIRST-LAST on both sides.",
     .repeatable = true},
    {.id = OPTION_PUBLISH, .name = "port", .metavar = "[ADDR:][HOST:]PORT[/udp]", .commands = RUN, .on = ON_ALL,
     .group = NETWORK, .layer = BY_HOST,
     .repeatable = true, .hidden = true},
    {.id = OPTION_IP, .name = "ip", .metavar = "ADDR[/LENGTH]", .commands = RUN, .on = ON_ALL, .group = NETWORK,
     .layer = BY_HOST,
     .help = "IPv4 address of the guest, for bridge and tap"},
    {.id = OPTION_IP6, .name = "ip6", .metavar = "ADDR[/LENGTH]", .commands = RUN, .on = ON_ALL, .group = NETWORK,
     .layer = BY_HOST,
     .help = "IPv6 address of the guest, for bridge and tap"},
    {.id = OPTION_GATEWAY, .name = "gateway", .metavar = "ADDR", .commands = RUN, .on = ON_ALL, .group = NETWORK,
     .layer = BY_HOST,
     .help = "default gateway of the guest, for tap; one of each family",
     .repeatable = true},
    {.id = OPTION_MAC_ADDRESS, .name = "mac-address", .metavar = "MAC", .commands = RUN, .on = ON_ALL,
     .group = NETWORK, .layer = BY_MACHINE,
     .help = "hardware address of the guest's interface (default: made up)"},
    {.id = OPTION_DNS, .name = "dns", .metavar = "ADDR", .commands = RUN, .on = ON_ALL, .group = NETWORK,
     .layer = BY_AGENT,
     .help = "name server, up to three, instead of the host's",
     .manual = "It is written to the container's /etc/resolv.conf, with --dns-search and --dns-option; what is not "
         "given of the three is the host's.",
     .repeatable = true},
    {.id = OPTION_DNS_SEARCH, .name = "dns-search", .metavar = "DOMAIN", .commands = RUN, .on = ON_ALL,
     .group = NETWORK, .layer = BY_AGENT,
     .help = "domain in which names without a dot are looked up; '.' for none",
     .repeatable = true},
    {.id = OPTION_DNS_OPTION, .name = "dns-option", .metavar = "OPTION", .commands = RUN, .on = ON_ALL,
     .group = NETWORK, .layer = BY_AGENT,
     .help = "option of resolv.conf(5), as ndots:2",
     .repeatable = true},
    {.id = OPTION_ADD_HOST, .name = "add-host", .metavar = "NAME:ADDR", .commands = RUN, .on = ON_ALL,
     .group = NETWORK, .layer = BY_AGENT,
     .help = "a line of /etc/hosts",
     .manual = "'host-gateway' as ADDR is the host, with --net bridge and --net user:host-loopback.",
     .repeatable = true},

    {.id = OPTION_PRIVILEGED, .name = "privileged", .commands = RUN, .on = ON_KERNELS, .group = CONTAINER,
     .layer = BY_AGENT,
     .help = "give COMMAND all of the guest's kernel",
     .manual = "All capabilities, all devices, nothing masked or read-only. It is the guest's kernel that is given "
         "away, not the host's."},
    {.id = OPTION_CAP_ADD, .name = "cap-add", .metavar = "CAPABILITY", .commands = RUN, .on = ON_ALL,
     .group = CONTAINER, .layer = BY_AGENT,
     .help = "add a capability to the default set",
     .manual = "A name of capabilities(7), with or without CAP_, or ALL. The default set is the one of container "
         "engines.",
     .repeatable = true},
    {.id = OPTION_CAP_DROP, .name = "cap-drop", .metavar = "CAPABILITY", .commands = RUN, .on = ON_ALL,
     .group = CONTAINER, .layer = BY_AGENT,
     .help = "take a capability, or ALL, away",
     .repeatable = true},
    {.id = OPTION_NOCAPS, .name = "nocaps", .metavar = "LIST", .commands = RUN, .on = ON_ALL, .group = CONTAINER,
     .layer = BY_AGENT,
     .help = "take the capabilities of a comma-separated list away",
     .repeatable = true},
    {.id = OPTION_NO_NEW_PRIVS, .name = "no-new-privileges", .commands = RUN, .on = ON_ALL, .group = CONTAINER,
     .layer = BY_AGENT,
     .help = "no program gives COMMAND more rights, set-user-ID or not"},
    {.id = OPTION_READ_ONLY, .name = "read-only", .commands = RUN, .on = ON_ALL, .group = CONTAINER,
     .layer = BY_AGENT,
     .help = "COMMAND cannot write to its root file system",
     .manual = "/dev and /dev/shm stay writable; --tmpfs makes more places that are, as with docker."},
    {.id = OPTION_INIT, .name = "init", .commands = RUN, .on = ON_ALL, .group = CONTAINER, .layer = BY_AGENT,
     .help = "an init reaps orphans and passes signals on (default)"},
    {.id = OPTION_NO_INIT, .name = "no-init", .commands = RUN, .on = ON_ALL, .group = CONTAINER, .layer = BY_AGENT,
     .help = "COMMAND is process 1 itself",
     .manual = "The kernel then keeps signals from it that it has no handler for."},
    {.id = OPTION_PIVOT, .name = "pivot", .commands = RUN, .on = ON_ALL, .group = CONTAINER, .layer = BY_AGENT,
     .help = "enter the root file system by pivot_root(2), which is always done",
     .hidden = true},
    {.id = OPTION_NETNS, .name = "netns", .commands = RUN, .on = ON_ALL, .group = CONTAINER, .layer = BY_AGENT,
     .help = "a network namespace, in addition to those that a container always has"},
    {.id = OPTION_USERNS, .name = "userns", .commands = RUN, .on = ON_KERNELS, .group = CONTAINER, .layer = BY_AGENT,
     .help = "a user namespace: root's capabilities count inside the container only",
     .manual = "Every id is mapped to itself, so files keep their owners. Implies --netns."},
    {.id = OPTION_SECURITY_OPT, .name = "security-opt", .metavar = "OPTION", .commands = RUN, .on = ON_ALL,
     .group = CONTAINER, .layer = BY_AGENT,
     .help = "seccomp=FILE, seccomp=unconfined, no-new-privileges or systempaths=unconfined",
     .manual = "seccomp: the filter of COMMAND's system calls. FILE is a profile in the form of the OCI runtime "
         "specification or of container engines; without this option it is vmc's own, and with --privileged there is "
         "none unless one is asked for. systempaths=unconfined covers nothing in /proc and /sys.",
     .repeatable = true},
    {.id = OPTION_GROUP_ADD, .name = "group-add", .metavar = "GROUP", .commands = RUN, .on = ON_ALL,
     .group = CONTAINER, .layer = BY_AGENT,
     .help = "one more supplementary group for COMMAND, a name or a number",
     .repeatable = true},
    {.id = OPTION_SYSCTL, .name = "sysctl", .metavar = "NAME=VALUE", .commands = RUN, .on = ON_ALL,
     .group = CONTAINER, .layer = BY_AGENT,
     .help = "set a parameter of the guest's kernel",
     .manual = "Any that the kernel has, since it is this container's alone.",
     .repeatable = true},
    {.id = OPTION_TMPFS, .name = "tmpfs", .metavar = "PATH[:OPTION,...]", .commands = RUN, .on = ON_ALL,
     .group = CONTAINER, .layer = BY_AGENT,
     .help = "an empty file system in memory at PATH",
     .manual = "Options: size=SIZE, mode=MODE, uid=ID, gid=ID, ro, exec; without them mode 1777, noexec, half of the "
         "memory, and always nosuid and nodev.",
     .repeatable = true},
    {.id = OPTION_MOUNT, .name = "mount", .metavar = "type=TYPE,target=PATH[,...]", .commands = RUN, .on = ON_ALL,
     .group = CONTAINER, .layer = BY_HOST_AND_AGENT,
     .help = "--volume and --tmpfs as docker's --mount has them",
     .manual = "TYPE: bind (source= is a path), volume (source= is a name; the default) or tmpfs. Besides target= "
         "there are readonly and cache=, tmpfs-size= and tmpfs-mode=. A path may have a colon in it.",
     .repeatable = true},
    {.id = OPTION_SHM_SIZE, .name = "shm-size", .metavar = "SIZE", .commands = RUN, .on = ON_ALL, .group = CONTAINER,
     .layer = BY_AGENT,
     .help = "size of /dev/shm",
     .default_value = "64m"},
    {.id = OPTION_DEVICE, .name = "device", .metavar = "DEVICE[:PATH][:ACCESS]", .commands = RUN, .on = ON_KERNELS,
     .group = CONTAINER, .layer = BY_GUEST_CGROUP,
     .help = "give COMMAND a device of the guest's kernel, as /dev/kmsg",
     .manual = "ACCESS is of r, w and m (mknod). Devices of the host are no devices of the guest: a disk, a sound "
         "card or /dev/kvm of the host cannot be given this way.",
     .repeatable = true},
    {.id = OPTION_USEDEV, .name = "usedev", .commands = RUN, .on = ON_KERNELS, .group = CONTAINER, .layer = BY_AGENT,
     .help = "/dev is the guest kernel's own: every device, visible and usable"},
    {.id = OPTION_DEBUGFS, .name = "debugfs", .commands = RUN, .on = ON_KERNELS, .group = CONTAINER,
     .layer = BY_AGENT,
     .help = "mount debugfs on /sys/kernel/debug",
     .manual = "Needs a kernel that has it: breeder build --config tracing."},
    {.id = OPTION_FTRACE, .name = "ftrace", .metavar = "SCRIPT", .commands = RUN, .on = ON_MACHINES,
     .group = CONTAINER, .layer = BY_AGENT,
     .help = "run the host's shell script SCRIPT in the guest's tracefs before COMMAND starts",
     .manual = "It is run by the guest's busybox as root in /sys/kernel/tracing, which COMMAND then finds at the same "
         "place. Needs a kernel that has tracing: breeder build --config tracing."},

    {.id = OPTION_MEM_LIMIT, .name = "mem-limit", .metavar = "SIZE", .commands = RUN, .on = ON_ALL, .group = LIMITS,
     .layer = BY_GUEST_CGROUP,
     .help = "most memory of all of COMMAND's processes (memory.max)",
     .manual = "A limit within the machine's own, --memory: who exceeds it is ended by the kernel."},
    {.id = OPTION_MEM_HIGH, .name = "mem-high", .metavar = "SIZE", .commands = RUN, .on = ON_KERNELS, .group = LIMITS,
     .layer = BY_GUEST_CGROUP,
     .help = "memory above which COMMAND's processes are slowed down (memory.high)"},
    {.id = OPTION_MEM_SWAP, .name = "mem-swap", .metavar = "SIZE", .commands = RUN, .on = ON_MACHINES,
     .group = LIMITS, .layer = BY_HOST_AND_AGENT,
     .help = "memory and swap together, with --mem-limit; without it there is no swap",
     .manual = "As with docker's --memory-swap. The difference to --mem-limit is a disk of the machine, sparse, in "
         "$TMPDIR or /var/tmp."},
    {.id = OPTION_MEM_SWAP, .name = "memory-swap", .metavar = "SIZE", .commands = RUN, .on = ON_MACHINES,
     .group = LIMITS, .layer = BY_HOST_AND_AGENT,
     .hidden = true},
    {.id = OPTION_CPU_SHARES, .name = "cpu-shares", .metavar = "N", .commands = RUN, .on = ON_KERNELS,
     .group = LIMITS, .layer = BY_GUEST_CGROUP,
     .help = "share of the processors, 2 to 262144 (1024 is as without)",
     .manual = "Converted to cpu.weight as OCI runtimes do. It counts where others in the machine compete, so between "
         "COMMAND and the guest's agent alone."},
    {.id = OPTION_CPU_WEIGHT, .name = "cpu-weight", .metavar = "N", .commands = RUN, .on = ON_KERNELS,
     .group = LIMITS, .layer = BY_GUEST_CGROUP,
     .help = "the same in the units of cpu.weight, 1 to 10000"},
    {.id = OPTION_CPU_QUOTA, .name = "cpu-quota", .metavar = "MICROSECONDS", .commands = RUN, .on = ON_KERNELS,
     .group = LIMITS, .layer = BY_GUEST_CGROUP,
     .help = "processor time in each period (cpu.max)"},
    {.id = OPTION_CPU_PERIOD, .name = "cpu-period", .metavar = "MICROSECONDS", .commands = RUN, .on = ON_KERNELS,
     .group = LIMITS, .layer = BY_GUEST_CGROUP,
     .help = "the period, 1000 to 1000000",
     .default_value = "100000"},
    {.id = OPTION_CPUSET_CPUS, .name = "cpuset-cpus", .metavar = "LIST", .commands = RUN, .on = ON_MACHINES,
     .group = LIMITS, .layer = BY_GUEST_CGROUP,
     .help = "processors of the machine that COMMAND may use, as 0-2,4"},
    {.id = OPTION_IO_MAX, .name = "io-max", .metavar = "LIST", .commands = RUN, .on = ON_MACHINES, .group = LIMITS,
     .layer = BY_GUEST_CGROUP,
     .help = "rates for the disk of --upper disk: rbps=, wbps=, riops=, wiops=",
     .manual = "Bytes and operations per second, as in io.max."},
    {.id = OPTION_PIDS_LIMIT, .name = "pids-limit", .metavar = "N", .commands = RUN, .on = ON_ALL, .group = LIMITS,
     .layer = BY_GUEST_CGROUP,
     .help = "most processes and threads (pids.max); -1 for no limit"},
    {.id = OPTION_PIDS_LIMIT, .name = "pid-max", .metavar = "N", .commands = RUN, .on = ON_ALL, .group = LIMITS,
     .layer = BY_GUEST_CGROUP,
     .hidden = true},
    {.id = OPTION_ULIMIT, .name = "ulimit", .metavar = "NAME=SOFT[:HARD]", .commands = RUN, .on = ON_ALL,
     .group = LIMITS, .layer = BY_AGENT,
     .help = "a resource limit of setrlimit(2), as nofile=1024:4096",
     .manual = "Names: core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending "
         "stack as. Values are the kernel's units, or 'unlimited'.",
     .repeatable = true},

    {.id = OPTION_REQUIRE_JAIL, .name = "require-jail", .commands = SHAPE, .on = ON_KERNELS, .group = ISOLATION,
     .layer = BY_JAIL,
     .help = "refuse to run when the jail around the hypervisor lacks a layer",
     .manual = "Without it a layer that this host cannot give is named in one line, and the run goes on. An ordinary "
         "user has no control groups on most hosts, so this option is mostly root's; 'vmc info' shows the layers."},

    {.id = OPTION_TTY, .name = "tty", .letter = 't', .commands = RUN, .on = ON_ALL, .group = STREAMS, .layer = BY_VMC,
     .help = "give COMMAND a terminal",
     .manual = "Standard input must be a terminal. The workload's output and error both go to it, and the window size "
         "follows."},
    {.id = OPTION_TTY, .name = "pty", .commands = RUN, .on = ON_ALL, .group = STREAMS, .layer = BY_VMC,
     .hidden = true},
    {.id = OPTION_INTERACTIVE, .name = "interactive", .letter = 'i', .commands = RUN, .on = ON_ALL, .group = STREAMS,
     .layer = BY_VMC,
     .help = "keep standard input connected, which it always is",
     .manual = "For fingers used to -it: standard input is passed on to a COMMAND that reads it, and left alone "
         "otherwise, so this asks for what happens anyway."},

    {.id = OPTION_RM, .name = "rm", .commands = RUN, .on = ON_ALL, .group = TIME, .layer = BY_VMC,
     .help = "leave nothing behind, which is always so",
     .hidden = true},
    {.id = OPTION_TIMEOUT, .name = "timeout", .metavar = "DURATION", .commands = RUN, .on = ON_ALL, .group = TIME,
     .layer = BY_VMC,
     .help = "end COMMAND after that long, with status 124",
     .manual = "Seconds, or a number with ms, s, m or h; 0 means no limit. COMMAND gets TERM first, and the machine "
         "is ended soon after."},
    {.id = OPTION_BOOT_TIMEOUT, .name = "boot-timeout", .metavar = "DURATION", .commands = SHAPE, .on = ON_KERNELS,
     .group = TIME, .layer = BY_VMC,
     .help = "give up when the guest has not answered by then",
     .default_value = "60s"},

    {.id = OPTION_KERNEL, .name = "kernel", .metavar = "FILE|distro[:PACKAGE]", .commands = GUEST, .on = ON_KERNELS,
     .group = IMAGE, .layer = BY_MACHINE,
     .help = "boot this kernel instead of the bred one",
     .manual = "_distro_ is Debian's own kernel, or one of another PACKAGE, as 'breeder distro' has fetched it "
         "together with an initramfs that holds the modules it needs."},
    {.id = OPTION_LINUX, .name = "linux", .metavar = "DIR", .commands = GUEST, .on = ON_MACHINES, .group = IMAGE,
     .layer = BY_MACHINE,
     .help = "boot the kernel that was built in DIR",
     .manual = "A kernel's source tree after make, or the directory that O= named. What a guest cannot start without "
         "has to be built in; what is missing is named."},
    {.id = OPTION_INITRD, .name = "initrd", .metavar = "FILE", .commands = GUEST, .on = ON_KERNELS, .group = IMAGE,
     .layer = BY_MACHINE,
     .help = "boot this initramfs instead of the bred one"},
    {.id = OPTION_APPEND, .name = "append", .metavar = "TEXT", .commands = SHAPE, .on = ON_KERNELS, .group = IMAGE,
     .layer = BY_MACHINE,
     .help = "add TEXT to the kernel's command line",
     .repeatable = true},
    {.id = OPTION_ACPI, .name = "acpi", .commands = SHAPE, .on = ON_MACHINES, .group = IMAGE, .layer = BY_MACHINE,
     .help = "describe the machine to the kernel by ACPI tables",
     .manual = "For a kernel that looks for its devices there, as those of distributions do: with _--kernel_ or "
         "_--linux_. _--kernel distro_ implies it."},

    {.id = OPTION_CONSOLE, .name = "console", .metavar = "FILE", .commands = GUEST, .on = ON_KERNELS,
     .group = DIAGNOSTICS, .layer = BY_VMC,
     .help = "write the guest's console to FILE",
     .manual = "Kernel messages never reach standard output or error; this is where they can be read."},
    {.id = OPTION_GDB, .name = "gdb", .metavar = "[ADDR:]PORT|PATH", .commands = GUEST, .on = ON_QEMU,
     .group = DIAGNOSTICS, .layer = BY_MACHINE,
     .help = "let the guest wait for a debugger",
     .manual = "QEMU's gdb server listens there: on this host's loopback without ADDR, or on a Unix socket at PATH, "
         "with a slash in it, that only the user can open. Anyone who can connect controls the guest. The boot "
         "has no time limit unless _--boot-timeout_ is given, and the machine is emulated unless _--accel kvm_ is."},
    {.id = OPTION_CRASH_DUMP, .name = "crash-dump", .metavar = "FILE", .commands = RUN, .on = ON_QEMU,
     .group = DIAGNOSTICS, .layer = BY_MACHINE,
     .help = "write the guest's memory to FILE when its kernel panics",
     .manual = "An ELF core file, for gdb and crash. FILE must not exist; without a panic there is none."},
    {.id = OPTION_DEBUG, .name = "debug", .commands = GUEST, .on = ON_ANY, .group = DIAGNOSTICS, .layer = BY_VMC,
     .help = "say on standard error what vmc does"},
    {.id = OPTION_TIMING, .name = "timing", .commands = RUN, .on = ON_ALL, .group = DIAGNOSTICS, .layer = BY_VMC,
     .help = "print how long each phase took, on standard error"},
    {.id = OPTION_EXPLAIN, .name = "explain", .commands = RUN, .on = ON_ANY, .group = DIAGNOSTICS, .layer = BY_VMC,
     .help = "say for each setting which layer enforces it, and do not run",
     .manual = "Defaults are among them. With --json as JSON."},

    {.id = OPTION_ALL, .name = "all", .letter = 'a', .commands = COMMAND_BIT(COMMAND_TEMPLATE_RM), .on = ON_ANY,
     .group = GENERAL, .layer = BY_VMC,
     .help = "all there are"},
    {.id = OPTION_JSON, .name = "json",
     .commands = RUN | INFO | COMMAND_BIT(COMMAND_VERSION) | COMMAND_BIT(COMMAND_VOLUME_LS) | COMMAND_BIT(COMMAND_KEEP_LS) | COMMAND_BIT(COMMAND_TEMPLATE_LS),
     .on = ON_ANY, .group = GENERAL, .layer = BY_VMC,
     .help = "print JSON"},
    {.id = OPTION_HELP, .name = "help", .letter = 'h', .commands = ALL, .on = ON_ANY, .group = GENERAL,
     .layer = BY_VMC,
     .help = "print this help"},
};
const size_t option_count = ARRAY_LEN(option_table);
/* clang-format on */
