#include "host/cli/option.h"

#include <string.h>

/* clang-format off */
static const struct option global_rows[] = {
    {.id = OPTION_DEBUG, .name = "--debug", .part = PART_ALL, .on = ON_ANY, .layer = BY_VMC,
     .help = "print on standard error what vmc does"},
    {.id = OPTION_HELP, .name = "--help", .letter = 'h', .part = PART_ALL, .on = ON_ANY, .layer = BY_VMC,
     .help = "print this help"},
};
/* clang-format on */
const struct option_group global_options = OPTION_GROUP(TITLE_GENERAL, global_rows);

const struct option *command_next_option(const struct command *command, struct option_cursor *at)
{
    for (; command->groups[at->group]; at->group++, at->row = 0) {
        const struct option_group *group = command->groups[at->group];
        at->title = group->title;
        while (at->row < group->count) {
            const struct option *option = &group->rows[at->row++];
            if (command->parts == 0 || (option->part & command->parts))
                return option;
        }
    }
    return NULL;
}

bool command_has_option(const struct command *command, const struct option *wanted)
{
    struct option_cursor at = {0};
    const struct option *option;
    while ((option = command_next_option(command, &at)))
        if (option == wanted)
            return true;
    return false;
}

const struct option *option_by_id(enum option_id id)
{
    for (size_t i = 0; i < command_count; i++) {
        struct option_cursor at = {0};
        const struct option *option;
        while ((option = command_next_option(&command_table[i], &at)))
            if (option->id == id)
                return option;
    }
    return NULL;
}

bool option_value_is_optional(const struct option *option)
{
    return option->metavar && strncmp(option->metavar, "[=", 2) == 0;
}

int choice_index(const char *const *choices, const char *text, size_t length)
{
    for (int i = 0; choices[i]; i++)
        if (strlen(choices[i]) == length && memcmp(choices[i], text, length) == 0)
            return i;
    return -1;
}
