/*
 * A completion script for bash, from the option table. It needs nothing but bash itself.
 */
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "host/cli/output.h"
#include "host/command/commands.h"

static const char script_head[] = "# bash completion for vmc, printed by 'vmc completion bash'.\n"
                                  "\n"
                                  "_vmc_words() {\n"
                                  "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n"
                                  "}\n"
                                  "\n"
                                  "_vmc_paths() {\n"
                                  "    compopt -o filenames\n"
                                  "    mapfile -t COMPREPLY < <(compgen -A \"$1\" -- \"$cur\")\n"
                                  "}\n"
                                  "\n"
                                  "_vmc_value() {\n"
                                  "    case $1 in\n";

/* bash hands "--name=value" and "ram:64m" over as three words each: glued says we are inside. */
static const char script_walk[] =
    "    *) return ;;\n"
    "    esac\n"
    "    for ((i = words; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ $word == [=:] ]]; then\n"
    "            glued=1\n"
    "        elif [[ -n $option || -n $glued ]]; then\n"
    "            option='' glued=''\n"
    "        elif [[ $word == -- ]]; then\n"
    "            first=$((i + 1))\n"
    "            break\n"
    "        elif [[ $word == -?* ]]; then\n"
    "            [[ \" $valued \" == *\" $word \"* ]] && option=$word\n"
    "        else\n"
    "            first=$i\n"
    "            break\n"
    "        fi\n"
    "    done\n"
    "    if [[ $cur == [=:] ]]; then\n"
    "        cur='' glued=1\n"
    "    fi\n"
    "    if [[ -n $option ]]; then\n"
    "        _vmc_value \"$option\"\n"
    "    elif [[ -n $glued ]]; then\n"
    "        return\n"
    "    elif [[ -z $first && $cur == -* ]]; then\n"
    "        _vmc_words \"$flags $valued\"\n"
    "    elif [[ -z $first || $first == \"$COMP_CWORD\" ]]; then\n"
    "        if [[ $command == run ]]; then\n"
    "            _vmc_paths command\n"
    "        else\n"
    "            _vmc_words \"$choices\"\n"
    "        fi\n"
    "    elif [[ $command == run ]]; then\n"
    "        _vmc_paths file\n"
    "    fi\n"
    "}\n"
    "\n"
    "complete -F _vmc vmc\n";

static void print_list(const char *const *list)
{
    for (; list && *list; list++)
        printf("%s%s", *list, list[1] ? " " : "");
}

static void print_spellings(const struct option *option, const char *between)
{
    printf("%s", option->name);
    if (option->letter)
        printf("%s-%c", between, option->letter);
}

/* How to complete an option's value; prints nothing for a value that cannot be guessed. */
static void print_value_case(const struct option *option)
{
    bool directory = option->metavar && strcmp(option->metavar, "DIR") == 0;
    bool file = option->metavar &&
                (strcmp(option->metavar, "FILE") == 0 || strcmp(option->metavar, "DIR|IMAGE") == 0);

    if (!option->choices && !directory && !file)
        return;
    printf("    ");
    print_spellings(option, " | ");
    if (option->choices) {
        printf(") _vmc_words '");
        print_list(option->choices);
        puts("' ;;");
    } else {
        printf(") _vmc_paths %s ;;\n", directory ? "directory" : "file");
    }
}

/* A row that several commands have is there once. */
static void print_value_cases(void)
{
    for (size_t i = 0; i < command_count; i++) {
        const struct option *option;

        for (struct option_cursor at = {0};
             (option = command_next_option(&command_table[i], &at));) {
            size_t first = 0;

            while (!command_has_option(&command_table[first], option))
                first++;
            if (first == i)
                print_value_case(option);
        }
    }
}

static void print_options(const struct command *command, bool valued)
{
    const char *before = "";
    const struct option *option;

    for (struct option_cursor at = {0}; (option = command_next_option(command, &at));) {
        if (option->hidden || (option->metavar && !option_value_is_optional(option)) != valued)
            continue;
        printf("%s", before);
        print_spellings(option, " ");
        before = " ";
    }
}

/* The first words of the names, each once. */
static void print_command_names(void)
{
    size_t before = 0;

    for (size_t i = 0; i < command_count; i++) {
        const char *name = command_table[i].name;
        size_t length = strcspn(name, " ");

        if (i > 0 && before == length && strncmp(command_table[i - 1].name, name, length) == 0)
            continue;
        printf("%s%.*s", i ? " " : "", (int)length, name);
        before = length;
    }
}

/* The second words of all commands with this first word, if this is the first such command. */
static void print_verbs_case(size_t at)
{
    const char *name = command_table[at].name;
    size_t length = strcspn(name, " ") + 1;

    if (!name[length - 1] || (at > 0 && strncmp(command_table[at - 1].name, name, length) == 0))
        return;
    printf("    %.*s)\n        verbs='", (int)length - 1, name);
    for (size_t i = at; i < command_count; i++)
        if (strncmp(command_table[i].name, name, length) == 0)
            printf("%s%s", i > at ? " " : "", command_table[i].name + length);
    printf("'\n        ;;\n");
}

static void print_command_case(const struct command *command)
{
    printf("    '%s')\n        flags='", command->name);
    print_options(command, false);
    printf("'\n        valued='");
    print_options(command, true);
    printf("'\n        choices='");
    if (command->run == cmd_help)
        print_command_names();
    else
        print_list(command->arg_choices);
    printf("'\n        ;;\n");
}

static void print_bash(void)
{
    fputs(script_head, stdout);
    print_value_cases();
    puts("    esac\n"
         "}\n\n"
         "_vmc() {\n"
         "    local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}\n"
         "    local flags valued choices word i verbs='' option='' glued='' first='' words=2\n"
         "    COMPREPLY=()\n"
         "    if ((COMP_CWORD == 1)); then");
    printf("        _vmc_words '");
    print_command_names();
    puts(" --help --version'\n"
         "        return\n"
         "    fi\n"
         "    case $command in");
    for (size_t i = 0; i < command_count; i++)
        print_verbs_case(i);
    puts("    esac\n"
         "    if [[ -n $verbs ]]; then\n"
         "        if ((COMP_CWORD == 2)); then\n"
         "            _vmc_words \"$verbs\"\n"
         "            return\n"
         "        fi\n"
         "        command+=\" ${COMP_WORDS[2]}\" words=3\n"
         "    fi\n"
         "    case $command in");
    for (size_t i = 0; i < command_count; i++)
        print_command_case(&command_table[i]);
    fputs(script_walk, stdout);
}

int cmd_completion(const struct request *req, int *ret_status, struct error *err)
{
    if (strcmp(req->args[0], "bash") != 0)
        return error_set(err, "no completion for '%s': only bash is known", req->args[0]);
    print_bash();
    *ret_status = 0;
    return output_finish(err);
}
