#include "host/cli/request.h"

#include <string.h>

#include "common/util.h"
#include "host/cli/suggest.h"

static const struct option *nearest_option(const struct command *command, const char *word,
                                           size_t length)
{
    const struct option *nearest = NULL, *option;
    struct option_cursor at = {0};
    size_t best = SIZE_MAX;

    while ((option = command_next_option(command, &at))) {
        size_t distance = unlikeness(word + 2, length - 2, option->name + 2);

        if (!option->hidden && distance < best) {
            best = distance;
            nearest = option;
        }
    }
    return nearest;
}

static int command_by_word(const char *word, const struct command **ret, struct error *err)
{
    const struct command *nearest = NULL;
    size_t best = SIZE_MAX;

    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
        word = "help";
    else if (strcmp(word, "--version") == 0)
        word = "version";
    else if (word[0] == '-')
        return error_set(err, "expected a command before option '%s' (see 'vmc help')", word);
    for (size_t i = 0; i < command_count; i++) {
        size_t distance = unlikeness(word, strlen(word), command_table[i].name);

        if (distance == 0) {
            *ret = &command_table[i];
            return 0;
        }
        if (distance < best) {
            best = distance;
            nearest = &command_table[i];
        }
    }
    if (nearest)
        return error_set(err, "unknown command '%s', did you mean '%s'? (see 'vmc help')", word,
                         nearest->name);
    return error_set(err, "unknown command '%s' (see 'vmc help')", word);
}

/* True if the command's name is first and another word, which begins at *ret_second. */
static bool is_verb_of(const struct command *command, const char *first, const char **ret_second)
{
    size_t length = strlen(first);

    *ret_second = command->name + length + 1;
    return strncmp(command->name, first, length) == 0 && command->name[length] == ' ';
}

/* What can follow the first word of such commands, for an error. NULL: it is no such word. */
static char *list_verbs(const char *first)
{
    char *verbs = NULL;

    for (size_t i = 0; i < command_count; i++) {
        const char *second;

        if (!is_verb_of(&command_table[i], first, &second))
            continue;
        char *longer = xasprintf("%s%s%s", verbs ? verbs : "", verbs ? ", " : "", second);
        free(verbs);
        verbs = longer;
    }
    return verbs;
}

int command_by_words(char *const *words, const struct command **ret, int *ret_used,
                     struct error *err)
{
    AUTO_FREE char *verbs = list_verbs(words[0]);

    *ret_used = verbs ? 2 : 1;
    if (!verbs)
        return command_by_word(words[0], ret, err);
    for (size_t i = 0; words[1] && i < command_count; i++) {
        const char *second;

        if (is_verb_of(&command_table[i], words[0], &second) && strcmp(second, words[1]) == 0) {
            *ret = &command_table[i];
            return 0;
        }
    }
    return error_set(err, "'vmc %s' must be followed by one of %s (see 'vmc help')", words[0],
                     verbs);
}

static const struct option *option_by_name(const struct command *command, const char *name,
                                           size_t length)
{
    const struct option *option;
    struct option_cursor at = {0};

    while ((option = command_next_option(command, &at)))
        if (strlen(option->name) == length && memcmp(option->name, name, length) == 0)
            return option;
    return NULL;
}

static const struct option *option_by_letter(const struct command *command, char letter)
{
    const struct option *option;
    struct option_cursor at = {0};

    while ((option = command_next_option(command, &at)))
        if (option->letter == letter)
            return option;
    return NULL;
}

static bool is_option_of_another(const char *name, size_t length)
{
    for (size_t i = 0; i < command_count; i++)
        if (option_by_name(&command_table[i], name, length))
            return true;
    return false;
}

/* What people bring with them from other tools. */
static int refuse_known(const struct command *command, const char *name, size_t length, char letter,
                        struct error *err)
{
    for (const struct refused_option *r = command->refused; r && r->name; r++) {
        if (letter ? r->letter == letter
                   : strlen(r->name) == length && memcmp(r->name, name, length) == 0)
            return error_set(err, "option '%s%.*s': %s", letter ? "-" : "--",
                             letter ? 1 : (int)length, letter ? &letter : name, r->reason);
    }
    return 0;
}

static int unknown_long(const struct command *command, const char *word, size_t length,
                        struct error *err)
{
    const struct option *near = nearest_option(command, word, length);

    if (refuse_known(command, word + 2, length - 2, '\0', err) < 0)
        return -1;
    if (is_option_of_another(word, length))
        return error_set(err, "option '%.*s' is not for 'vmc %s' (see 'vmc help %s')", (int)length,
                         word, command->name, command->name);
    if (near)
        return error_set(err, "unknown option '%.*s', did you mean '%s'? (see 'vmc help %s')",
                         (int)length, word, near->name, command->name);
    return error_set(err, "unknown option '%.*s' (see 'vmc help %s')", (int)length, word,
                     command->name);
}

/* spelled is how the user wrote it: "--memory" or "-m". */
static int missing_value(const struct option *option, const char *spelled, struct error *err)
{
    if (option->letter)
        return error_set(err, "option '%s' needs a value: -%c %s", spelled, option->letter,
                         option->metavar);
    return error_set(err, "option '%s' needs a value: %s %s", spelled, option->name,
                     option->metavar);
}

static void add_setting(struct request *req, const struct option *option, const char *value)
{
    size_t count = req->setting_count + 1;

    req->settings = xrealloc(req->settings, count, sizeof(*req->settings));
    req->settings[req->setting_count] =
        (struct setting){option, value, option_by_id(option->id)->name};
    req->setting_count = count;
}

/* What is behind a flag's '=': docker's users write flags out; what is false is left out. */
static int check_flag(const char *spelled, size_t length, const char *value, struct error *err)
{
    if (strcmp(value, "true") == 0)
        return 0;
    if (strcmp(value, "false") == 0)
        return error_set(err, "option '%.*s' is a flag: for false leave it out", (int)length,
                         spelled);
    return error_set(err, "option '%.*s' is a flag and takes no value", (int)length, spelled);
}

/* Parses the word *at of argv, "--name" or "--name=value"; leaves *at behind all it took. */
static int parse_long(struct request *req, char **argv, int *at, struct error *err)
{
    const char *word = argv[*at];
    size_t length = strcspn(word, "=");
    const char *value = word[length] ? word + length + 1 : NULL;
    const struct option *option = option_by_name(req->command, word, length);

    if (!option)
        return unknown_long(req->command, word, length, err);
    if (!option->metavar && value && check_flag(word, length, value, err) < 0)
        return -1;
    (*at)++;
    if (!option->metavar)
        value = NULL;
    if (value && !*value && option_value_is_optional(option))
        return error_set(err, "option '%s=' has an empty value", option->name);
    if (option->metavar && !value && !option_value_is_optional(option)) {
        value = argv[*at];
        if (!value)
            return missing_value(option, word, err);
        (*at)++;
    }
    add_setting(req, option, value ? value : "");
    return 0;
}

/* The same for "-t", "-it", "-it=true", "-m512", "-m=512" or "-m 512". */
static int parse_letters(struct request *req, char **argv, int *at, struct error *err)
{
    const char *letter = argv[(*at)++] + 1;

    for (; *letter; letter++) {
        const struct option *option = option_by_letter(req->command, *letter);
        const char spelled[] = {'-', *letter, '\0'};
        const char *value = letter + 1;

        if (!option && refuse_known(req->command, NULL, 0, *letter, err) < 0)
            return -1;
        if (!option)
            return error_set(err, "unknown option '%s' (see 'vmc help %s')", spelled,
                             req->command->name);
        if (!option->metavar) {
            if (*value == '=' && check_flag(spelled, 2, value + 1, err) < 0)
                return -1;
            /* docker's letter for another option, which takes a value. */
            if (option->id == OPTION_HELP && req->command->refused && argv[*at])
                return error_set(err,
                                 "option '-h' prints help and takes no value; docker's -h NAME is "
                                 "--hostname NAME");
            add_setting(req, option, "");
            if (*value == '=')
                return 0;
            continue;
        }
        if (*value == '=')
            value++;
        else if (!*value && !(value = argv[(*at)++]))
            return missing_value(option, spelled, err);
        add_setting(req, option, value);
        return 0;
    }
    return 0;
}

static int parse_options(struct request *req, char **argv, int *at, struct error *err)
{
    while (argv[*at]) {
        const char *word = argv[*at];

        if (word[0] != '-' || word[1] == '\0')
            return 0;
        if (strcmp(word, "--") == 0) {
            (*at)++;
            return 0;
        }
        if ((word[1] == '-' ? parse_long : parse_letters)(req, argv, at, err) < 0)
            return -1;
    }
    return 0;
}

static int check_args(const struct request *req, struct error *err)
{
    const struct command *command = req->command;
    bool explain = request_has(req, OPTION_EXPLAIN);

    if (!explain && req->arg_count < command->min_args)
        return error_set(err, "'vmc %s' needs %s: vmc %s %s", command->name,
                         command->argument ? command->argument : "an argument", command->name,
                         command->synopsis);
    if (command->max_args != ARGS_ANY && req->arg_count > command->max_args)
        return error_set(err, "'vmc %s' does not take '%s' (see 'vmc help %s')", command->name,
                         req->args[command->max_args], command->name);
    return 0;
}

/* A command that takes so many words and no more has its options also behind them. */
static int parse_rest(int argc, char **argv, int at, struct request *req, struct error *err)
{
    int most = req->command->max_args;

    req->args = argv + at;
    req->arg_count = argc - at;
    if (most == ARGS_ANY || most == 0 || req->arg_count <= most)
        return 0;
    at += most;
    if (argv[at][0] != '-')
        return 0;
    if (parse_options(req, argv, &at, err) < 0)
        return -1;
    if (at < argc)
        return error_set(err, "'vmc %s' does not take '%s' (see 'vmc help %s')", req->command->name,
                         argv[at], req->command->name);
    req->arg_count = most;
    return 0;
}

/* What stands before the command: "--help" and "--version" are commands there. */
static int parse_global(struct request *req, char **argv, int *at, struct error *err)
{
    static const struct option_group *const groups[] = {&global_options, NULL};
    static const struct command any = {.groups = groups};

    req->command = &any;
    while (argv[*at] && strncmp(argv[*at], "--", 2) == 0) {
        const char *word = argv[*at];
        const struct option *option = option_by_name(&any, word, strcspn(word, "="));

        if (!option || option->id == OPTION_HELP)
            return 0;
        if (parse_long(req, argv, at, err) < 0)
            return -1;
    }
    return 0;
}

/* words: the name of a command; none of them: a request for the list. */
static int ask_for_help(struct request *req, char **words, int count, struct error *err)
{
    req->args = words;
    req->arg_count = count;
    return command_by_word("help", &req->command, err);
}

static int parse_command(int argc, char **argv, struct request *req, struct error *err)
{
    int used, first = 1;

    if (argc > 1 && parse_global(req, argv, &first, err) < 0)
        return -1;
    if (first >= argc)
        return ask_for_help(req, argv + argc, 0, err);
    if (command_by_words(argv + first, &req->command, &used, err) < 0)
        return -1;
    int at = first + used;
    if (parse_options(req, argv, &at, err) < 0 || parse_rest(argc, argv, at, req, err) < 0)
        return -1;
    if (!request_has(req, OPTION_HELP))
        return check_args(req, err);
    bool for_help = strcmp(req->command->name, "help") == 0;
    return ask_for_help(req, argv + first, for_help ? 0 : used, err);
}

int cli_parse(int argc, char **argv, struct request *ret, struct error *err)
{
    struct request req = {0};

    if (parse_command(argc, argv, &req, err) < 0) {
        request_free(&req);
        return -1;
    }
    *ret = req;
    return 0;
}

void request_free(struct request *req)
{
    if (!req)
        return;
    free(req->settings);
    *req = (struct request){0};
}

const struct setting *request_setting(const struct request *req, enum option_id id)
{
    for (size_t i = req->setting_count; i > 0; i--) {
        if (req->settings[i - 1].option->id == id)
            return &req->settings[i - 1];
    }
    return NULL;
}

/* An option of two commands has a row in each, with a default of its own. */
static const struct option *row_of(const struct command *command, enum option_id id)
{
    struct option_cursor at = {0};
    const struct option *option;
    while (command && (option = command_next_option(command, &at)))
        if (option->id == id)
            return option;
    return option_by_id(id);
}

struct setting request_setting_or_default(const struct request *req, enum option_id id)
{
    const struct setting *given = request_setting(req, id);
    const struct option *option = row_of(req->command, id);

    return given ? *given : (struct setting){option, option->default_value, option->name};
}

const char *request_value(const struct request *req, enum option_id id)
{
    const struct setting *setting = request_setting(req, id);

    return setting ? setting->value : NULL;
}

bool request_has(const struct request *req, enum option_id id)
{
    return request_setting(req, id) != NULL;
}

const struct setting *request_next(const struct request *req, enum option_id id,
                                   const struct setting *previous)
{
    size_t at = previous ? (size_t)(previous - req->settings) + 1 : 0;

    for (; at < req->setting_count; at++) {
        if (req->settings[at].option->id == id)
            return &req->settings[at];
    }
    return NULL;
}
