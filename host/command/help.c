/* vmc help, and --help of every command: texts from the command and option tables. */
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "host/cli/output.h"
#include "host/command/commands.h"

#define COMMAND_COLUMN 14
#define OPTION_COLUMN 31

static void print_commands(void)
{
    puts("vmc runs a container's workload in a virtual machine of its own.\n\n"
         "Usage: vmc COMMAND [OPTION]... [ARG]...\n\n"
         "Commands:");
    for (size_t i = 0; i < command_count; i++) {
        int column = printf("  %s", command_table[i].name);

        output_wrapped(command_table[i].summary, COMMAND_COLUMN, column);
    }
    puts("\nFor example: vmc run -r rootfs -- uname -a\n"
         "'vmc help COMMAND' describes a command, 'vmc info' checks this host.");
}

static void print_option(const struct option *option)
{
    AUTO_FREE char *text =
        xasprintf("%s%s%s%s%s", option->help, option->default_value ? " (default: " : "",
                  option->default_value ? option->default_value : "",
                  option->default_value ? ")" : "", option->repeatable ? " (repeatable)" : "");
    int column;

    if (option->letter)
        column = printf("  -%c, %s", option->letter, option->name);
    else
        column = printf("      %s", option->name);
    if (option->metavar)
        column += printf("%s%s", option_value_is_optional(option) ? "" : " ", option->metavar);
    output_wrapped(text, OPTION_COLUMN, column);
}

static void print_command(const struct command *command)
{
    const char *title = "";
    const struct option *option;

    printf("Usage: vmc %s%s%s\n", command->name, *command->synopsis ? " " : "", command->synopsis);
    for (const char *const *text = command->description; *text; text++) {
        putchar('\n');
        output_wrapped(*text, 0, 0);
    }
    for (struct option_cursor at = {0}; (option = command_next_option(command, &at));) {
        if (option->hidden)
            continue;
        if (strcmp(title, at.title) != 0)
            printf("\n%s:\n", at.title);
        title = at.title;
        print_option(option);
    }
}

int cmd_help(const struct request *req, int *ret_status, struct error *err)
{
    const struct command *command = NULL;
    int used = 0;

    if (req->arg_count > 0 && command_by_words(req->args, &command, &used, err) < 0)
        return -1;
    if (req->arg_count > used)
        return error_set(err, "'vmc help' does not take '%s' (see 'vmc help help')",
                         req->args[used]);
    if (command)
        print_command(command);
    else
        print_commands();
    *ret_status = 0;
    return output_finish(err);
}
