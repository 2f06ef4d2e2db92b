/*
 * The options that define a run: each group stands at the top of the file that reads it.
 */
#ifndef VMC_HOST_SPEC_OPTIONS_H
#define VMC_HOST_SPEC_OPTIONS_H

#include "host/cli/option.h"

extern const struct option_group rootfs_options;
extern const struct option_group volume_options;
extern const struct option_group backend_options;
extern const struct option_group arch_options;
extern const struct option_group machine_options;
extern const struct option_group environment_options;
extern const struct option_group workload_options;
extern const struct option_group network_options;
extern const struct option_group name_options;
extern const struct option_group capability_options;
extern const struct option_group security_options;
extern const struct option_group container_options;
extern const struct option_group mount_options;
extern const struct option_group device_options;
extern const struct option_group limit_options;
extern const struct option_group ulimit_options;
extern const struct option_group isolation_options;
extern const struct option_group terminal_options;
extern const struct option_group time_options;
extern const struct option_group boot_time_options;
extern const struct option_group kernel_options;
extern const struct option_group debug_options;

#endif
