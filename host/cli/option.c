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
    {OPTION_ROOTFS, "rootfs", 'r', "DIR|IMAGE", SHAPE_OF_RUN, ROOT, BY_HOST,
     "root file system of the container (default: the host's own /)",
     "Any directory that looks like a Linux root: one made by mmdebstrap or debootstrap, or an "
     "exported container; or a file that 'vmc pack' has made of one, which is faster. It is a "
     "read-only lower layer. Without this option the host's own / is; other file systems that are "
     "mounted below it stay out.",
     NULL, NULL, false, false},
    {OPTION_ROOTFS, "rootdir", 0, "DIR|IMAGE", SHAPE_OF_RUN, ROOT, BY_HOST,
     "the same", NULL,
     NULL, NULL, false, true},
    {OPTION_NOPRIV, "nopriv", 0, "DIR", SHAPE_OF_RUN, ROOT, BY_HOST,
     "the same, always without privileges, even for root",
     "What an ordinary user gets anyway, said explicitly: the tree is put together in a user "
     "namespace and the hypervisor has no privilege on the host. The workload is still a real root "
     "inside its own kernel.",
     NULL, NULL, false, false},
    {OPTION_UPPER, "upper", 0, "WHERE", SHAPE_OF_RUN, ROOT, BY_HOST_AND_AGENT,
     "where changes go: ram[:SIZE], disk[:SIZE], host or none",
     "ram: a tmpfs in the guest, gone at the end; any file type works, since the guest's own kernel "
     "holds it. disk: the same on a sparse, unnamed file system image in $TMPDIR or /var/tmp, for "
     "large writes. host: an overlay on the host, without device nodes. none: no overlay, the "
     "directory itself is changed, which is refused for the host's own /. The last two need a "
     "virtiofsd and a cold boot.",
     "ram", upper_choices, false, false},
    {OPTION_TRANSPORT, "rootfs-transport", 0, "WHICH", RUN, ROOT, BY_MACHINE,
     "how the machine reads the directory: 9p or virtiofs",
     "9p: QEMU itself answers; for --upper ram and disk, which only read the directory, and what they "
     "use. virtiofs: a process beside it does, virtiofsd in a jail of its own: directories of many files "
     "are read in a fraction of the time and file capabilities count, for more memory and a cold boot "
     "each time. --upper host and none use it anyway, as volumes do.",
     NULL, transport_choices, false, false},
    {OPTION_DIRECT, "direct", 'D', NULL, SHAPE_OF_RUN, ROOT, BY_HOST,
     "change DIR itself, the same as --upper none", NULL,
     NULL, NULL, false, false},
    {OPTION_KEEP, "keep", 'k', NULL, RUN, ROOT, BY_HOST,
     "keep the changes for the next run with --keep and the same --name",
     "Changes go to a disk image of that name, as with --upper disk, which this option implies. One run "
     "at a time uses it, and it fits one root file system. What the workload has synchronized is on "
     "the disk, whatever happens to vmc. Without --name a name is made up, and said.",
     NULL, NULL, false, false},
    {OPTION_NAME, "name", 0, "NAME", RUN, ROOT, BY_HOST_AND_AGENT,
     "name of the container: for --keep, and its host name unless --hostname says otherwise", NULL,
     NULL, NULL, false, false},
    {OPTION_VOLUME, "volume", 'v', "SRC[:DST][:OPTIONS]", SHAPE_OF_RUN, ROOT, BY_HOST,
     "show SRC, a file or directory of the host's or a named volume, at DST",
     "SRC with a slash is a path of the host's, which has to exist; without one it is the name of a "
     "volume, which is made at its first use (see 'vmc volume'). DST is absolute and is made in the "
     "container where it is missing; without it a path goes to the same path. OPTIONS, separated by "
     "commas: ro, rw (default), cache=none (default: host and guest see at once what the other "
     "writes), cache=mmap (for programs that write to shared memory maps), cache=loose (fastest; "
     "only where nobody else changes SRC).",
     NULL, NULL, true, false},
    {OPTION_VOLUME, "bind", 'b', "SRC[:DST][:OPTIONS]", SHAPE_OF_RUN, ROOT, BY_HOST,
     "the same", NULL,
     NULL, NULL, true, true},

    {OPTION_OUTPUT, "output", 'o', "FILE", PACK, ROOT, BY_VMC,
     "where the image goes; it must not exist", NULL,
     NULL, NULL, false, false},
    {OPTION_FORCE, "force", 'f', NULL, PACK, ROOT, BY_VMC,
     "overwrite FILE, once the new image is complete", NULL,
     NULL, NULL, false, false},

    {OPTION_QEMU, "qemu", 0, NULL, SHAPE, MACHINE, BY_MACHINE,
     "run the machine with QEMU (default)", NULL,
     NULL, NULL, false, false},
    {OPTION_LIBVIRT, "libvirt", 0, "[=URI]", RUN, MACHINE, BY_MACHINE,
     "run it as a transient domain of libvirt's, which is QEMU in the same jail",
     "virsh shows it as vmc-ID while it runs. URI is qemu:///session, the default of ordinary users, "
     "or qemu:///system, root's. libvirt makes QEMU's command line and keeps its monitor; vmc starts "
     "it. Guests are of this machine's architecture.",
     NULL, NULL, false, false},
    {OPTION_HOST, "host", 0, NULL, RUN, MACHINE, BY_HOST,
     "run no machine: a plain container on this host's own kernel",
     "For code that is trusted, and for comparison: the same root file system, options and container, "
     "in a user namespace whose root is nobody on the host, and with this host's kernel as the only "
     "wall. Each run says so in one line. What only a machine has is refused.",
     NULL, NULL, false, false},
    {OPTION_UML, "uml", 0, NULL, RUN, MACHINE, BY_MACHINE,
     "run the machine's kernel as a process of this host's: User Mode Linux, for hosts without KVM",
     "The same container on a kernel of its own that needs no hypervisor: it computes at this "
     "processor's speed and starts in a fraction of what emulation takes. System calls and new "
     "processes cost more than they do on this host, and there is one processor. What only QEMU has "
     "is refused.",
     NULL, NULL, false, false},
    {OPTION_UML, "um", 0, NULL, RUN, MACHINE, BY_MACHINE,
     "the same", NULL,
     NULL, NULL, false, true},
    {OPTION_ACCEL, "accel", 0, "WHICH", SHAPE, MACHINE, BY_MACHINE,
     "accelerator: auto, kvm or tcg",
     "auto takes KVM if a machine has booted with it on this host before, tries it once if that is "
     "not known, and falls back to TCG with one line that says why. kvm never falls back. "
     "tcg is emulation in software: it works everywhere, is slow, and is not a security boundary "
     "by QEMU's own policy.",
     "auto", accel_choices, false, false},
    {OPTION_ARCH, "arch", 0, "ARCH", SHAPE | PACK, MACHINE, BY_MACHINE,
     "architecture of the guest",
     "By default that of the command, which vmc reads from the file in the root file system (for a "
     "script, from its interpreter), or else of /bin/sh there; an image says it. Foreign programs run "
     "on an emulated machine.",
     NULL, arch_names, false, false},
    {OPTION_ARCH, "cross", 0, "ARCH", SHAPE | PACK, MACHINE, BY_MACHINE,
     "the same", NULL,
     NULL, arch_names, false, true},
    {OPTION_MEMORY, "memory", 'm', "SIZE", SHAPE, MACHINE, BY_MACHINE_AND_HOST_CGROUP,
     "memory of the machine",
     "A plain number counts bytes, as with docker; the suffixes k, m, g and t are powers of 1024. At "
     "least 32m, at most what the host has. The default leaves room for a compiler or a database "
     "with its changes in memory; the host spends only what the guest really uses.",
     "512m", NULL, false, false},
    {OPTION_CPUS, "cpus", 'c', "N", SHAPE, MACHINE, BY_MACHINE,
     "number of processors of the machine",
     "Most commands use one, and each more costs the host a thread; ask for more where the work is "
     "parallel.",
     "1", NULL, false, false},
    {OPTION_COLD, "cold", 0, NULL, RUN, MACHINE, BY_VMC,
     "boot the machine, instead of copying one that has booted",
     "Otherwise the first machine of its kind is kept as a template when it has booted, and later "
     "ones are copies of it, which start in a fraction of the time ('vmc template ls'). A machine "
     "with a kernel of one's own or something to debug always boots.",
     NULL, NULL, false, false},

    {OPTION_ENV, "env", 'e', "NAME[=VALUE]", RUN, WORKLOAD, BY_VMC,
     "set an environment variable; NAME alone takes the caller's value",
     "The workload gets only what is set here and in files given with --env-file, besides PATH, "
     "HOME and, with a terminal, TERM. NAME alone is left out if the caller has no such variable.",
     NULL, NULL, true, false},
    {OPTION_ENV_FILE, "env-file", 0, "FILE", RUN, WORKLOAD, BY_VMC,
     "read environment variables from FILE",
     "One NAME=VALUE or NAME per line, as for --env; empty lines and lines that start with # are "
     "skipped, and quotes are part of the value, which ends with the line. A line that is neither is "
     "refused. --env wins over a file.",
     NULL, NULL, true, false},
    {OPTION_WORKDIR, "workdir", 'w', "DIR", RUN, WORKLOAD, BY_AGENT,
     "absolute path of the directory to run COMMAND in", NULL,
     "/", NULL, false, false},
    {OPTION_USER, "user", 'u', "USER[:GROUP]", RUN, WORKLOAD, BY_AGENT,
     "user to run COMMAND as, names or numbers",
     "Names are looked up in the container's own /etc/passwd and /etc/group. Without a group "
     "the user's own groups count.",
     "0:0", NULL, false, false},
    {OPTION_HOSTNAME, "hostname", 0, "NAME", RUN, WORKLOAD, BY_AGENT,
     "host name inside (default: made up for each run)", NULL,
     NULL, NULL, false, false},

    {OPTION_NET, "net", 0, "MODE", SHAPE_OF_RUN, NETWORK, BY_HOST,
     "network: none, user[:host-loopback], bridge[=NAME] or tap=INTERFACE",
     "none: the loopback interface alone. user: connections of the guest are made on the host by "
     "passt, without privileges, so it reaches what the caller reaches, except the host's own "
     "loopback; with :host-loopback, that is what its gateway, 10.0.2.2, stands for. bridge: an "
     "interface on a bridge of vmc's own (vmc0) with an address there, as root; containers on it "
     "reach each other. tap: an interface that is there already and that the caller may use.",
     "user", net_choices, false, false},
    {OPTION_NET, "network", 0, "MODE", SHAPE_OF_RUN, NETWORK, BY_HOST,
     "the same as --net", NULL,
     NULL, NULL, false, true},
    {OPTION_PUBLISH, "publish", 'p', "[ADDR:][HOST:]PORT[/udp]", RUN, NETWORK, BY_HOST,
     "serve a port of the guest on the host, on 127.0.0.1 unless ADDR says otherwise",
     "HOST is the port on the host, PORT the guest's; without HOST a free one is chosen and said. "
     "Only programs on this host reach it unless ADDR is another address: 0.0.0.0 is all of the "
     "host's IPv4 addresses, [::] all of its IPv6 ones. Ranges are FIRST-LAST on both sides.",
     NULL, NULL, true, false},
    {OPTION_PUBLISH, "port", 0, "[ADDR:][HOST:]PORT[/udp]", RUN, NETWORK, BY_HOST,
     "the same", NULL,
     NULL, NULL, true, true},
    {OPTION_IP, "ip", 0, "ADDR[/LENGTH]", RUN, NETWORK, BY_HOST,
     "IPv4 address of the guest, for bridge and tap", NULL,
     NULL, NULL, false, false},
    {OPTION_IP6, "ip6", 0, "ADDR[/LENGTH]", RUN, NETWORK, BY_HOST,
     "IPv6 address of the guest, for bridge and tap", NULL,
     NULL, NULL, false, false},
    {OPTION_GATEWAY, "gateway", 0, "ADDR", RUN, NETWORK, BY_HOST,
     "default gateway of the guest, for tap; one of each family", NULL,
     NULL, NULL, true, false},
    {OPTION_MAC_ADDRESS, "mac-address", 0, "MAC", RUN, NETWORK, BY_MACHINE,
     "hardware address of the guest's interface (default: made up)", NULL,
     NULL, NULL, false, false},
    {OPTION_DNS, "dns", 0, "ADDR", RUN, NETWORK, BY_AGENT,
     "name server, up to three, instead of the host's",
     "It is written to the container's /etc/resolv.conf, with --dns-search and --dns-option; what "
     "is not given of the three is the host's.",
     NULL, NULL, true, false},
    {OPTION_DNS_SEARCH, "dns-search", 0, "DOMAIN", RUN, NETWORK, BY_AGENT,
     "domain in which names without a dot are looked up; '.' for none", NULL,
     NULL, NULL, true, false},
    {OPTION_DNS_OPTION, "dns-option", 0, "OPTION", RUN, NETWORK, BY_AGENT,
     "option of resolv.conf(5), as ndots:2", NULL,
     NULL, NULL, true, false},
    {OPTION_ADD_HOST, "add-host", 0, "NAME:ADDR", RUN, NETWORK, BY_AGENT,
     "a line of /etc/hosts",
     "'host-gateway' as ADDR is the host, with --net bridge and --net user:host-loopback.",
     NULL, NULL, true, false},

    {OPTION_PRIVILEGED, "privileged", 0, NULL, RUN, CONTAINER, BY_AGENT,
     "give COMMAND all of the guest's kernel",
     "All capabilities, all devices, nothing masked or read-only. It is the guest's kernel that is "
     "given away, not the host's.",
     NULL, NULL, false, false},
    {OPTION_CAP_ADD, "cap-add", 0, "CAPABILITY", RUN, CONTAINER, BY_AGENT,
     "add a capability to the default set",
     "A name of capabilities(7), with or without CAP_, or ALL. The default set is the one of "
     "container engines.",
     NULL, NULL, true, false},
    {OPTION_CAP_DROP, "cap-drop", 0, "CAPABILITY", RUN, CONTAINER, BY_AGENT,
     "take a capability, or ALL, away", NULL,
     NULL, NULL, true, false},
    {OPTION_NOCAPS, "nocaps", 0, "LIST", RUN, CONTAINER, BY_AGENT,
     "take the capabilities of a comma-separated list away", NULL,
     NULL, NULL, true, false},
    {OPTION_NO_NEW_PRIVS, "no-new-privileges", 0, NULL, RUN, CONTAINER, BY_AGENT,
     "no program gives COMMAND more rights, set-user-ID or not", NULL,
     NULL, NULL, false, false},
    {OPTION_READ_ONLY, "read-only", 0, NULL, RUN, CONTAINER, BY_AGENT,
     "COMMAND cannot write to its root file system",
     "/dev and /dev/shm stay writable; --tmpfs makes more places that are, as with docker.",
     NULL, NULL, false, false},
    {OPTION_INIT, "init", 0, NULL, RUN, CONTAINER, BY_AGENT,
     "an init reaps orphans and passes signals on (default)", NULL,
     NULL, NULL, false, false},
    {OPTION_NO_INIT, "no-init", 0, NULL, RUN, CONTAINER, BY_AGENT,
     "COMMAND is process 1 itself",
     "The kernel then keeps signals from it that it has no handler for.",
     NULL, NULL, false, false},
    {OPTION_PIVOT, "pivot", 0, NULL, RUN, CONTAINER, BY_AGENT,
     "enter the root file system by pivot_root(2), which is always done", NULL,
     NULL, NULL, false, true},
    {OPTION_NETNS, "netns", 0, NULL, RUN, CONTAINER, BY_AGENT,
     "a network namespace besides those that a container always has", NULL,
     NULL, NULL, false, false},
    {OPTION_USERNS, "userns", 0, NULL, RUN, CONTAINER, BY_AGENT,
     "a user namespace: root's capabilities count inside the container only",
     "Every id is mapped to itself, so files keep their owners. Implies --netns.",
     NULL, NULL, false, false},
    {OPTION_SECURITY_OPT, "security-opt", 0, "OPTION", RUN, CONTAINER, BY_AGENT,
     "seccomp=FILE, seccomp=unconfined, no-new-privileges or systempaths=unconfined",
     "seccomp: the filter of COMMAND's system calls. FILE is a profile in the form of the OCI "
     "runtime specification or of container engines; without this option it is vmc's own, and "
     "with --privileged there is none unless one is asked for. systempaths=unconfined covers "
     "nothing in /proc and /sys.",
     NULL, NULL, true, false},
    {OPTION_GROUP_ADD, "group-add", 0, "GROUP", RUN, CONTAINER, BY_AGENT,
     "one more supplementary group for COMMAND, a name or a number", NULL,
     NULL, NULL, true, false},
    {OPTION_SYSCTL, "sysctl", 0, "NAME=VALUE", RUN, CONTAINER, BY_AGENT,
     "set a parameter of the guest's kernel",
     "Any that the kernel has, since it is this container's alone.",
     NULL, NULL, true, false},
    {OPTION_TMPFS, "tmpfs", 0, "PATH[:OPTION,...]", RUN, CONTAINER, BY_AGENT,
     "an empty file system in memory at PATH",
     "Options: size=SIZE, mode=MODE, uid=ID, gid=ID, ro, exec; without them mode 1777, noexec, "
     "half of the memory, and always nosuid and nodev.",
     NULL, NULL, true, false},
    {OPTION_MOUNT, "mount", 0, "type=TYPE,target=PATH[,...]", RUN, CONTAINER, BY_HOST_AND_AGENT,
     "--volume and --tmpfs as docker's --mount has them",
     "TYPE: bind (source= is a path), volume (source= is a name; the default) or tmpfs. Besides target= "
     "there are readonly and cache=, tmpfs-size= and tmpfs-mode=. A path may have a colon in it.",
     NULL, NULL, true, false},
    {OPTION_SHM_SIZE, "shm-size", 0, "SIZE", RUN, CONTAINER, BY_AGENT,
     "size of /dev/shm", NULL,
     "64m", NULL, false, false},
    {OPTION_DEVICE, "device", 0, "DEVICE[:PATH][:ACCESS]", RUN, CONTAINER, BY_GUEST_CGROUP,
     "give COMMAND a device of the guest's kernel, as /dev/kmsg",
     "ACCESS is of r, w and m (mknod). Devices of the host are no devices of the guest: a disk, "
     "a sound card or /dev/kvm of the host cannot be given this way.",
     NULL, NULL, true, false},
    {OPTION_USEDEV, "usedev", 0, NULL, RUN, CONTAINER, BY_AGENT,
     "/dev is the guest kernel's own: every device, visible and usable", NULL,
     NULL, NULL, false, false},
    {OPTION_DEBUGFS, "debugfs", 0, NULL, RUN, CONTAINER, BY_AGENT,
     "mount debugfs on /sys/kernel/debug",
     "Needs a kernel that has it: breeder build --config tracing.",
     NULL, NULL, false, false},
    {OPTION_FTRACE, "ftrace", 0, "SCRIPT", RUN, CONTAINER, BY_AGENT,
     "run the host's shell script SCRIPT in the guest's tracefs before COMMAND starts",
     "It is run by the guest's busybox as root in /sys/kernel/tracing, which COMMAND then finds "
     "at the same place. Needs a kernel that has tracing: breeder build --config tracing.",
     NULL, NULL, false, false},

    {OPTION_MEM_LIMIT, "mem-limit", 0, "SIZE", RUN, LIMITS, BY_GUEST_CGROUP,
     "most memory of all of COMMAND's processes (memory.max)",
     "A limit within the machine's own, --memory: who exceeds it is ended by the kernel.",
     NULL, NULL, false, false},
    {OPTION_MEM_HIGH, "mem-high", 0, "SIZE", RUN, LIMITS, BY_GUEST_CGROUP,
     "memory above which COMMAND's processes are slowed down (memory.high)", NULL,
     NULL, NULL, false, false},
    {OPTION_MEM_SWAP, "mem-swap", 0, "SIZE", RUN, LIMITS, BY_HOST_AND_AGENT,
     "memory and swap together, with --mem-limit; without it there is no swap",
     "As with docker's --memory-swap. The difference to --mem-limit is a disk of the machine, "
     "sparse, in $TMPDIR or /var/tmp.",
     NULL, NULL, false, false},
    {OPTION_MEM_SWAP, "memory-swap", 0, "SIZE", RUN, LIMITS, BY_HOST_AND_AGENT,
     "the same", NULL,
     NULL, NULL, false, true},
    {OPTION_CPU_SHARES, "cpu-shares", 0, "N", RUN, LIMITS, BY_GUEST_CGROUP,
     "share of the processors, 2 to 262144 (1024 is as without)",
     "Converted to cpu.weight as OCI runtimes do. It counts where others in the machine compete, "
     "so between COMMAND and the guest's agent alone.",
     NULL, NULL, false, false},
    {OPTION_CPU_WEIGHT, "cpu-weight", 0, "N", RUN, LIMITS, BY_GUEST_CGROUP,
     "the same in the units of cpu.weight, 1 to 10000", NULL,
     NULL, NULL, false, false},
    {OPTION_CPU_QUOTA, "cpu-quota", 0, "MICROSECONDS", RUN, LIMITS, BY_GUEST_CGROUP,
     "processor time in each period (cpu.max)", NULL,
     NULL, NULL, false, false},
    {OPTION_CPU_PERIOD, "cpu-period", 0, "MICROSECONDS", RUN, LIMITS, BY_GUEST_CGROUP,
     "the period, 1000 to 1000000", NULL,
     "100000", NULL, false, false},
    {OPTION_CPUSET_CPUS, "cpuset-cpus", 0, "LIST", RUN, LIMITS, BY_GUEST_CGROUP,
     "processors of the machine that COMMAND may use, as 0-2,4", NULL,
     NULL, NULL, false, false},
    {OPTION_IO_MAX, "io-max", 0, "LIST", RUN, LIMITS, BY_GUEST_CGROUP,
     "rates for the disk of --upper disk: rbps=, wbps=, riops=, wiops=",
     "Bytes and operations per second, as in io.max.",
     NULL, NULL, false, false},
    {OPTION_PIDS_LIMIT, "pids-limit", 0, "N", RUN, LIMITS, BY_GUEST_CGROUP,
     "most processes and threads (pids.max); -1 for no limit", NULL,
     NULL, NULL, false, false},
    {OPTION_PIDS_LIMIT, "pid-max", 0, "N", RUN, LIMITS, BY_GUEST_CGROUP,
     "the same", NULL,
     NULL, NULL, false, true},
    {OPTION_ULIMIT, "ulimit", 0, "NAME=SOFT[:HARD]", RUN, LIMITS, BY_AGENT,
     "a resource limit of setrlimit(2), as nofile=1024:4096",
     "Names: core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime "
     "sigpending stack as. Values are the kernel's units, or 'unlimited'.",
     NULL, NULL, true, false},

    {OPTION_REQUIRE_JAIL, "require-jail", 0, NULL, SHAPE, ISOLATION, BY_JAIL,
     "refuse to run when the jail around the hypervisor lacks a layer",
     "Without it a layer that this host cannot give is named in one line, and the run goes on. An "
     "ordinary user has no control groups on most hosts, so this option is mostly root's; "
     "'vmc info' shows the layers.",
     NULL, NULL, false, false},

    {OPTION_TTY, "tty", 't', NULL, RUN, STREAMS, BY_VMC,
     "give COMMAND a terminal",
     "Standard input must be a terminal. The workload's output and error both go to it, and "
     "the window size follows.",
     NULL, NULL, false, false},
    {OPTION_TTY, "pty", 0, NULL, RUN, STREAMS, BY_VMC,
     "the same", NULL,
     NULL, NULL, false, true},
    {OPTION_INTERACTIVE, "interactive", 'i', NULL, RUN, STREAMS, BY_VMC,
     "keep standard input connected, which it always is",
     "For fingers used to -it: standard input is passed on to a COMMAND that reads it, and left "
     "alone otherwise, so this asks for what happens anyway.",
     NULL, NULL, false, false},

    {OPTION_RM, "rm", 0, NULL, RUN, TIME, BY_VMC,
     "leave nothing behind, which is always so", NULL,
     NULL, NULL, false, true},
    {OPTION_TIMEOUT, "timeout", 0, "DURATION", RUN, TIME, BY_VMC,
     "end COMMAND after that long, with status 124",
     "Seconds, or a number with ms, s, m or h; 0 means no limit. COMMAND gets TERM first, and "
     "the machine is ended soon after.",
     NULL, NULL, false, false},
    {OPTION_BOOT_TIMEOUT, "boot-timeout", 0, "DURATION", SHAPE, TIME, BY_VMC,
     "give up when the guest has not answered by then", NULL,
     "60s", NULL, false, false},

    {OPTION_KERNEL, "kernel", 0, "FILE|distro[:PACKAGE]", GUEST, IMAGE, BY_MACHINE,
     "boot this kernel instead of the bred one",
     "_distro_ is Debian's own kernel, or one of another PACKAGE, as 'breeder distro' has fetched it "
     "together with an initramfs that holds the modules it needs.",
     NULL, NULL, false, false},
    {OPTION_LINUX, "linux", 0, "DIR", GUEST, IMAGE, BY_MACHINE,
     "boot the kernel that was built in DIR",
     "A kernel's source tree after make, or the directory that O= named. What a guest cannot start "
     "without has to be built in; what is missing is named.",
     NULL, NULL, false, false},
    {OPTION_INITRD, "initrd", 0, "FILE", GUEST, IMAGE, BY_MACHINE,
     "boot this initramfs instead of the bred one", NULL,
     NULL, NULL, false, false},
    {OPTION_APPEND, "append", 0, "TEXT", SHAPE, IMAGE, BY_MACHINE,
     "add TEXT to the kernel's command line", NULL,
     NULL, NULL, true, false},
    {OPTION_ACPI, "acpi", 0, NULL, SHAPE, IMAGE, BY_MACHINE,
     "describe the machine to the kernel by ACPI tables",
     "For a kernel that looks for its devices there, as those of distributions do: with _--kernel_ or "
     "_--linux_. _--kernel distro_ implies it.",
     NULL, NULL, false, false},

    {OPTION_CONSOLE, "console", 0, "FILE", GUEST, DIAGNOSTICS, BY_VMC,
     "write the guest's console to FILE",
     "Kernel messages never reach standard output or error; this is where they can be read.",
     NULL, NULL, false, false},
    {OPTION_GDB, "gdb", 0, "[ADDR:]PORT|PATH", GUEST, DIAGNOSTICS, BY_MACHINE,
     "let the guest wait for a debugger",
     "QEMU's gdb server listens there: on this host's loopback where there is no ADDR, or on a Unix "
     "socket of the user's alone at PATH, which has a slash in it. Who can connect commands the "
     "guest. There is no time limit for the boot unless _--boot-timeout_ is given, and the "
     "machine is emulated unless _--accel kvm_ is.",
     NULL, NULL, false, false},
    {OPTION_CRASH_DUMP, "crash-dump", 0, "FILE", RUN, DIAGNOSTICS, BY_MACHINE,
     "write the guest's memory to FILE when its kernel panics",
     "An ELF core file, for gdb and crash. FILE must not exist; without a panic there is none.",
     NULL, NULL, false, false},
    {OPTION_DEBUG, "debug", 0, NULL, GUEST, DIAGNOSTICS, BY_VMC,
     "say on standard error what vmc does", NULL,
     NULL, NULL, false, false},
    {OPTION_TIMING, "timing", 0, NULL, RUN, DIAGNOSTICS, BY_VMC,
     "print how long each phase took, on standard error", NULL,
     NULL, NULL, false, false},

    {OPTION_EXPLAIN, "explain", 0, NULL, RUN, DIAGNOSTICS, BY_VMC,
     "say for each setting which layer enforces it, and do not run",
     "Defaults are among them. With --json as JSON.",
     NULL, NULL, false, false},

    {OPTION_ALL, "all", 'a', NULL, COMMAND_BIT(COMMAND_TEMPLATE_RM), GENERAL, BY_VMC,
     "all there are", NULL,
     NULL, NULL, false, false},
    {OPTION_JSON, "json", 0, NULL,
     RUN | INFO | COMMAND_BIT(COMMAND_VERSION) | COMMAND_BIT(COMMAND_VOLUME_LS) |
         COMMAND_BIT(COMMAND_KEEP_LS) | COMMAND_BIT(COMMAND_TEMPLATE_LS), GENERAL, BY_VMC,
     "print JSON", NULL,
     NULL, NULL, false, false},
    {OPTION_HELP, "help", 'h', NULL, ALL, GENERAL, BY_VMC,
     "print this help", NULL,
     NULL, NULL, false, false},
};
const size_t option_count = ARRAY_LEN(option_table);
/* clang-format on */
