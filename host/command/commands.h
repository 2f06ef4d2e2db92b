/*
 * The functions of the commands, for their table: run of struct command.
 */
#ifndef VMC_HOST_COMMAND_COMMANDS_H
#define VMC_HOST_COMMAND_COMMANDS_H

#include "common/error.h"
#include "host/cli/request.h"

int cmd_run(const struct request *req, int *ret_status, struct error *err);
int cmd_exec(const struct request *req, int *ret_status, struct error *err);
int cmd_ps(const struct request *req, int *ret_status, struct error *err);
int cmd_kill(const struct request *req, int *ret_status, struct error *err);
int cmd_stop(const struct request *req, int *ret_status, struct error *err);
int cmd_shell_guest(const struct request *req, int *ret_status, struct error *err);
int cmd_pack(const struct request *req, int *ret_status, struct error *err);
int cmd_volume_create(const struct request *req, int *ret_status, struct error *err);
int cmd_volume_ls(const struct request *req, int *ret_status, struct error *err);
int cmd_volume_rm(const struct request *req, int *ret_status, struct error *err);
int cmd_keep_ls(const struct request *req, int *ret_status, struct error *err);
int cmd_keep_rm(const struct request *req, int *ret_status, struct error *err);
int cmd_template_ls(const struct request *req, int *ret_status, struct error *err);
int cmd_template_rm(const struct request *req, int *ret_status, struct error *err);
int cmd_template_warm(const struct request *req, int *ret_status, struct error *err);
int cmd_info(const struct request *req, int *ret_status, struct error *err);
int cmd_version(const struct request *req, int *ret_status, struct error *err);
int cmd_help(const struct request *req, int *ret_status, struct error *err);
int cmd_completion(const struct request *req, int *ret_status, struct error *err);
int cmd_manual(const struct request *req, int *ret_status, struct error *err);

/* Options that do not concern a run. */
extern const struct option_group exec_options;
extern const struct option_group ps_options;
extern const struct option_group kill_options;
extern const struct option_group stop_options;
extern const struct option_group pack_options;
extern const struct option_group template_options;
extern const struct option_group explain_options;

/* refused.c: options of other tools' run. */
extern const struct refused_option refused_of_run[];
/* exec.c: what options of other tools' exec. */
extern const struct refused_option refused_of_exec[];

#endif
