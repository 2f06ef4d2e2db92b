/* The table of commands: names, help texts, option groups and functions. */
#include "common/util.h"
#include "host/command/commands.h"
#include "host/spec/options.h"

/* clang-format off */
static const struct option json_rows[] = {
    {.id = OPTION_JSON, .name = "--json", .on = ON_ANY, .layer = BY_VMC,
     .help = "print JSON"},
};
/* clang-format on */
const struct option_group json_options = OPTION_GROUP(TITLE_GENERAL, json_rows);

/* clang-format off */
static const char *const run_description[] = {
    "Boots a virtual machine of its own, runs COMMAND in it with DIR as its root file system, and "
    "ends with COMMAND's exit status. Standard input, output and error are passed through byte "
    "for byte; signals are forwarded.",
    "Options end at the first word that is not an option, or at '--': the rest is COMMAND and its arguments, unchanged. If an option is given twice, the last one counts, unless it is marked as repeatable.",
    "Nothing in DIR is changed, except with --direct. Changes live as long as the run, in a "
    "place that --upper chooses.",
    NULL,
};
static const char *const exec_description[] = {
    "Runs COMMAND in CONTAINER, which runs: in its namespaces and control group, with its capabilities, system call filter and limits. The exit status is COMMAND's.",
    "CONTAINER is the name of a run (--name), its id ('vmc ps'), or an unambiguous beginning of the id. COMMAND's environment is the container's, with what the options add. Its signals and the size of its terminal are its own. When vmc exec ends, so does COMMAND, except with --detach.",
    NULL,
};
static const char *const ps_description[] = {
    "Lists the caller's containers that run, the youngest first.",
    NULL,
};
static const char *const kill_description[] = {
    "Sends a signal to the commands of containers that run, KILL if no other is given. Prints what was named.",
    NULL,
};
static const char *const stop_description[] = {
    "Ends containers: TERM for their commands, and KILL for those that have not ended in time. Returns when they have ended. Prints what was named.",
    NULL,
};
static const char *const shell_guest_description[] = {
    "Boots the guest without a container and serves a shell on its serial line: the guest's own "
    "initramfs, with busybox. For looking at a kernel. It ends when the shell does.",
    NULL,
};
static const char *const pack_description[] = {
    "Makes IMAGE, an erofs file system in one file, from ROOTFS, a directory as for 'vmc run --rootfs'. "
    "'vmc run -r IMAGE' then reads it as a disk, which is faster than reading a host directory. File systems mounted below ROOTFS are not included.",
    "Owners and permissions are those that a run by the caller sees. Only the caller can read the image, since it holds all files. IMAGE appears once it is complete. Needs "
    "mkfs.erofs (Debian: erofs-utils).",
    NULL,
};
static const char *const volume_create_description[] = {
    "Makes named volumes, directories that outlive the runs that use them with --volume NAME:DST. An existing volume stays as it is. Prints the names.",
    "Volumes are in $XDG_DATA_HOME/vmc/volumes, else in /var/lib/vmc/volumes for root and in "
    "~/.local/share/vmc/volumes for others.",
    NULL,
};
static const char *const volume_ls_description[] = {
    "Lists the named volumes: name, whether a run uses it, and its directory.",
    NULL,
};
static const char *const volume_rm_description[] = {
    "Removes named volumes with their contents. If one of them does not exist or is in use, none is removed. Prints the names.",
    NULL,
};
static const char *const keep_ls_description[] = {
    "Lists the changes that 'vmc run --keep' has kept: name, whether a run uses them, the size of their file system, the space they take on the host, and the root file system they belong to.",
    NULL,
};
static const char *const keep_rm_description[] = {
    "Removes kept changes. If one of them does not exist or is in use, none is removed. Prints "
    "the names.",
    NULL,
};
static const char *const template_ls_description[] = {
    "Lists the templates, booted guests that later machines are copies of: key, the machine's size, the space the file takes on the host, and when it was last used.",
    "vmc makes them by itself and keeps only a few; one from an earlier boot of the host is never used again. "
    "They are in $XDG_CACHE_HOME/vmc/templates.",
    NULL,
};
static const char *const template_rm_description[] = {
    "Removes templates, by key or by an unambiguous prefix of one. Running copies are not affected. Prints the keys.",
    NULL,
};
static const char *const template_warm_description[] = {
    "Boots the machine that 'vmc run' would use with the same options, saves it as a template and ends it. Does nothing if there already is one.",
    NULL,
};
static const char *const info_description[] = {
    "Checks what vmc needs on this host and says how to get each missing part. The exit status is 0 if no essential "
         "part is missing, and 1 otherwise.",
    NULL,
};
static const char *const version_description[] = {
    "Prints the version of vmc.",
    NULL,
};
static const char *const help_description[] = {
    "Lists the commands, or describes one of them with all its options.",
    NULL,
};
static const char *const completion_description[] = {
    "Prints a completion script for the shell. For bash: source <(vmc completion bash)",
    NULL,
};
static const char *const manual_description[] = {
    "Prints the manual page vmc(1) as scdoc(5) source: vmc manual | scdoc | man -l -",
    NULL,
};

static const char *const shells[] = {"bash", NULL};

/* The options of each, in the order of the help. */
static const struct option_group *const run_groups[] = {
    &rootfs_options, &volume_options, &backend_options, &arch_options, &machine_options, &environment_options,
    &workload_options, &network_options, &name_options, &capability_options, &security_options, &container_options,
    &mount_options, &device_options, &limit_options, &ulimit_options, &isolation_options, &terminal_options,
    &time_options, &boot_time_options, &kernel_options, &debug_options, &explain_options, &json_options,
    &global_options, NULL,
};
static const struct option_group *const exec_groups[] = {&exec_options, &environment_options, &global_options, NULL};
static const struct option_group *const ps_groups[] = {&ps_options, &json_options, &global_options, NULL};
static const struct option_group *const kill_groups[] = {&kill_options, &global_options, NULL};
static const struct option_group *const stop_groups[] = {&stop_options, &global_options, NULL};
static const struct option_group *const pack_groups[] = {&pack_options, &arch_options, &global_options, NULL};
static const struct option_group *const json_groups[] = {&json_options, &global_options, NULL};
static const struct option_group *const template_groups[] = {&template_options, &global_options, NULL};
static const struct option_group *const plain_groups[] = {&global_options, NULL};

const struct command command_table[] = {
    {.name = "run", .run = cmd_run,
     .groups = run_groups, .refused = refused_of_run, .argument = "a command to run",
     .summary = "run a command in a virtual machine of its own",
     .synopsis = "[OPTION]... [--] COMMAND [ARG]...", .description = run_description,
     .min_args = 1, .max_args = ARGS_ANY},
    {.name = "exec", .run = cmd_exec,
     .groups = exec_groups, .refused = refused_of_exec, .argument = "a container and a command",
     .summary = "run one more command in a container that runs",
     .synopsis = "[OPTION]... CONTAINER COMMAND [ARG]...", .description = exec_description,
     .min_args = 2, .max_args = ARGS_ANY},
    {.name = "ps", .run = cmd_ps,
     .groups = ps_groups,
     .summary = "list the containers that run",
     .synopsis = "[OPTION]...", .description = ps_description},
    {.name = "kill", .run = cmd_kill,
     .groups = kill_groups, .argument = "a container",
     .summary = "send a signal to a container's command",
     .synopsis = "[OPTION]... CONTAINER...", .description = kill_description, .min_args = 1, .max_args = ARGS_ANY},
    {.name = "stop", .run = cmd_stop,
     .groups = stop_groups, .argument = "a container",
     .summary = "end containers",
     .synopsis = "[OPTION]... CONTAINER...", .description = stop_description, .min_args = 1, .max_args = ARGS_ANY},
    {.name = "shell-guest", .run = cmd_shell_guest,
     .groups = run_groups, .parts = PART_MACHINE | PART_BOOT,
     .summary = "boot a guest without a container, for maintenance",
     .synopsis = "[OPTION]...", .description = shell_guest_description},
    {.name = "pack", .run = cmd_pack,
     .groups = pack_groups,
     .summary = "make one read-only image of a root file system",
     .synopsis = "[OPTION]... ROOTFS", .description = pack_description, .min_args = 1, .max_args = 1},
    {.name = "volume create", .run = cmd_volume_create,
     .groups = plain_groups,
     .summary = "make named volumes",
     .synopsis = "[OPTION]... NAME...", .description = volume_create_description, .min_args = 1, .max_args = ARGS_ANY},
    {.name = "volume ls", .run = cmd_volume_ls,
     .groups = json_groups,
     .summary = "list named volumes",
     .synopsis = "[OPTION]...", .description = volume_ls_description},
    {.name = "volume rm", .run = cmd_volume_rm,
     .groups = plain_groups,
     .summary = "remove named volumes",
     .synopsis = "[OPTION]... NAME...", .description = volume_rm_description, .min_args = 1, .max_args = ARGS_ANY},
    {.name = "keep ls", .run = cmd_keep_ls,
     .groups = json_groups,
     .summary = "list kept changes",
     .synopsis = "[OPTION]...", .description = keep_ls_description},
    {.name = "keep rm", .run = cmd_keep_rm,
     .groups = plain_groups,
     .summary = "remove kept changes",
     .synopsis = "[OPTION]... NAME...", .description = keep_rm_description, .min_args = 1, .max_args = ARGS_ANY},
    {.name = "template ls", .run = cmd_template_ls,
     .groups = json_groups,
     .summary = "list the templates that machines are copies of",
     .synopsis = "[OPTION]...", .description = template_ls_description},
    {.name = "template rm", .run = cmd_template_rm,
     .groups = template_groups,
     .summary = "remove templates",
     .synopsis = "[OPTION]... [KEY]...", .description = template_rm_description, .max_args = ARGS_ANY},
    {.name = "template warm", .run = cmd_template_warm,
     .groups = run_groups, .parts = PART_MACHINE | PART_CONTENT,
     .summary = "make a template now",
     .synopsis = "[OPTION]...", .description = template_warm_description},
    {.name = "info", .run = cmd_info,
     .groups = json_groups,
     .summary = "check what this host offers and what it lacks",
     .synopsis = "[OPTION]...", .description = info_description},
    {.name = "version", .run = cmd_version,
     .groups = json_groups,
     .summary = "print the version",
     .synopsis = "[OPTION]...", .description = version_description},
    {.name = "help", .run = cmd_help,
     .groups = plain_groups,
     .summary = "describe a command",
     .synopsis = "[COMMAND]", .description = help_description, .max_args = 2},
    {.name = "completion", .run = cmd_completion,
     .groups = plain_groups,
     .summary = "print a shell completion script",
     .synopsis = "SHELL", .description = completion_description, .min_args = 1, .max_args = 1, .arg_choices = shells},
    {.name = "manual", .run = cmd_manual,
     .groups = plain_groups,
     .summary = "print the manual page's source",
     .synopsis = "", .description = manual_description},
};
const size_t command_count = ARRAY_LEN(command_table);
/* clang-format on */
