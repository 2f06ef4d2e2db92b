/*
 * The manual page vmc(1) as scdoc(5) source: commands and options from the table, the rest from
 * manual_text.c.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "host/cli/output.h"
#include "host/command/commands.h"
#include "host/command/manual_text.h"

/* Plain text, with scdoc's markup characters taken literally. */
static void print_plain(const char *text)
{
    for (; *text; text++) {
        if (strchr("\\*_#~|[]+-.;", *text))
            putchar('\\');
        putchar(*text);
    }
}

/* The same, with a capital in front and a full stop at the end. */
static void print_sentence(const char *clause)
{
    const char first[] = {(char)toupper((unsigned char)clause[0]), '\0'};

    print_plain(first);
    print_plain(clause + 1);
    putchar('.');
}

static void print_command_line(const struct command *command)
{
    printf("*vmc %s*%s", command->name, *command->synopsis ? " " : "");
    print_plain(command->synopsis);
}

static void print_synopsis(void)
{
    printf("# SYNOPSIS\n\n");
    for (size_t i = 0; i < command_count; i++) {
        print_command_line(&command_table[i]);
        puts(i + 1 < command_count ? "++" : "\n");
    }
}

static void print_option(const struct option *option)
{
    if (option->letter)
        printf("*-%c*, ", option->letter);
    printf("*%s*", option->name);
    if (option_value_is_optional(option)) {
        print_plain(option->metavar);
    } else if (option->metavar) {
        printf(" _");
        print_plain(option->metavar);
        putchar('_');
    }
    printf("\n\t");
    print_sentence(option->help);
    if (option->manual) {
        putchar(' ');
        print_plain(option->manual);
    }
    if (option->default_value) {
        printf(" The default is *");
        print_plain(option->default_value);
        printf("*.");
    }
    if (option->repeatable)
        printf(" It may be given several times.");
    printf("\n\n");
}

/* A command that has one group only needs no heading. */
static bool has_headings(const struct command *command)
{
    return command->groups[0] != &global_options && command->groups[1] != &global_options;
}

/* The caller prints once what all commands have. */
static void print_options(const struct command *command)
{
    const char *title = "";
    const struct option *option;

    for (struct option_cursor at = {0}; (option = command_next_option(command, &at));) {
        if (option->hidden || command->groups[at.group] == &global_options)
            continue;
        if (has_headings(command) && strcmp(title, at.title) != 0)
            printf("*%s*\n\n", at.title);
        title = at.title;
        print_option(option);
    }
}

static void print_global_options(void)
{
    printf(
        "Each command takes these options, also in front of the command: *vmc --debug run*.\n\n");
    for (size_t i = 0; i < global_options.count; i++)
        print_option(&global_options.rows[i]);
}

static void print_commands(void)
{
    printf("# COMMANDS\n\n");
    print_global_options();
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &command_table[i];

        printf("## vmc %s\n\n", command->name);
        print_command_line(command);
        printf("\n\n");
        for (const char *const *text = command->description; *text; text++) {
            print_plain(*text);
            printf("\n\n");
        }
        print_options(command);
    }
}

int cmd_manual(const struct request *req, int *ret_status, struct error *err)
{
    (void)req;
    printf("vmc(1) \"vmc %s\" \"User Commands\"\n\n"
           "# NAME\n\n"
           "vmc - run a container's workload in a virtual machine of its own\n\n",
           VMC_VERSION);
    print_synopsis();
    fputs(manual_before_options, stdout);
    print_commands();
    fputs(manual_after_options, stdout);
    *ret_status = 0;
    return output_finish(err);
}
