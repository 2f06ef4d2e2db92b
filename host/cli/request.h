/*
 * The command line as data. Pure: no output, no exit, no environment, no file is looked at; what a
 * value means is up to host/spec.
 */
#ifndef VMC_HOST_CLI_REQUEST_H
#define VMC_HOST_CLI_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"
#include "host/cli/option.h"

/*
 * A value that is set, on a command line or elsewhere. A check names it by its origin, so that
 * it holds wherever the value is from: "--memory" (however it was spelled), "vmc.conf:3: KEY".
 * All is borrowed from the source, which outlives it: argv, a file's text.
 */
struct setting {
    const struct option *option;
    const char *value; /* "" for a flag */
    const char *origin;
};

/* Zero-initialised is empty. Valid as long as the argv it was made from. */
struct request {
    const struct command *command;
    struct setting *settings; /* in the order given */
    size_t setting_count;
    char **args; /* what follows the options; borrowed from argv, of any number: NULL-terminated */
    int arg_count;
};

/*
 * Parses a command line. argv[0] is skipped, argv[argc] is NULL.
 *
 * Options of every command (global_options) may come before it. Options follow the command and end
 * at the first word that is not one, or at "--" (with a command that takes a limited number of
 * words, they may also follow these): --name=VALUE, --name VALUE, -nVALUE, -n VALUE, -n=VALUE (as
 * docker reads it), and flags together (-it). Long names are exact. "--help" or "-h" anywhere among
 * the options asks for the help of that command, no command at all for the list of commands,
 * "--version" is the command "version".
 */
int cli_parse(int argc, char **argv, struct request *ret, struct error *err);

void request_free(struct request *req);

/* The last setting of an option, or NULL if it was not given. */
const struct setting *request_setting(const struct request *req, enum option_id id);

/* The same, or that of its row's default: for options that have one. */
struct setting request_setting_or_default(const struct request *req, enum option_id id);

/* Its value ("" for a flag), or NULL. */
const char *request_value(const struct request *req, enum option_id id);
bool request_has(const struct request *req, enum option_id id);

/* The setting of id that follows previous (NULL: the first), or NULL when there is no more. */
const struct setting *request_next(const struct request *req, enum option_id id,
                                   const struct setting *previous);

/*
 * The command that a NULL-terminated list of words begins with, "--help" and "--version" included.
 * *ret_used: how many words its name has.
 */
int command_by_words(char *const *words, const struct command **ret, int *ret_used,
                     struct error *err);

#endif
