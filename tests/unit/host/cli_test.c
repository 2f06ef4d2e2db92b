#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "common/util.h"
#include "host/cli/request.h"

/* Parses "vmc" and the words; they end at NULL. */
#define PARSE(req, err, ...) parse((const char *[]){"vmc", __VA_ARGS__, NULL}, req, err)

static int parse(const char **argv, struct request *req, struct error *err)
{
    int argc = 0;

    while (argv[argc])
        argc++;
    return cli_parse(argc, (char **)argv, req, err);
}

static void expect_error(const char **argv, const char *text)
{
    struct error err = ERROR_INIT;
    struct request req = {.arg_count = 42};

    if (parse(argv, &req, &err) == 0)
        fail_msg("accepted, expected: %s", text);
    assert_string_equal(err.text, text);
    assert_int_equal(err.status, STATUS_VMC_FAILED);
    assert_int_equal(req.arg_count, 42);
}
#define EXPECT_ERROR(text, ...) expect_error((const char *[]){"vmc", __VA_ARGS__, NULL}, text)

static void spellings(void **state)
{
    struct error err = ERROR_INIT;
    struct request req;

    (void)state;
    assert_int_equal(PARSE(&req, &err, "run", "-m512", "--upper=ram:1g", "-it", "--accel", "tcg",
                           "-c", "2", "-u=1:2", "-e", "", "--append=", "sh", "-c", "-m 1"),
                     0);
    assert_string_equal(req.command->name, "run");
    assert_int_equal(req.setting_count, 9);
    assert_string_equal(request_value(&req, OPTION_MEMORY), "512");
    assert_string_equal(request_value(&req, OPTION_UPPER), "ram:1g");
    assert_string_equal(request_value(&req, OPTION_ACCEL), "tcg");
    assert_string_equal(request_value(&req, OPTION_CPUS), "2");
    assert_string_equal(request_value(&req, OPTION_USER), "1:2");
    assert_string_equal(request_value(&req, OPTION_ENV), "");
    assert_string_equal(request_value(&req, OPTION_APPEND), "");
    assert_string_equal(request_value(&req, OPTION_TTY), "");
    assert_true(request_has(&req, OPTION_INTERACTIVE));
    assert_false(request_has(&req, OPTION_DEBUG));
    assert_null(request_value(&req, OPTION_DEBUG));
    assert_int_equal(req.arg_count, 3);
    assert_string_equal(req.args[0], "sh");
    assert_string_equal(req.args[2], "-m 1");
    assert_null(req.args[3]);
    request_free(&req);
    request_free(&req);
    request_free(NULL);
}

static void where_options_stop(void **state)
{
    struct error err = ERROR_INIT;
    struct request req;

    (void)state;
    assert_int_equal(PARSE(&req, &err, "run", "-t", "--", "--tty", "-x"), 0);
    assert_int_equal(req.setting_count, 1);
    assert_int_equal(req.arg_count, 2);
    assert_string_equal(req.args[0], "--tty");
    request_free(&req);

    assert_int_equal(PARSE(&req, &err, "run", "-t", "-", "--"), 0);
    assert_int_equal(req.arg_count, 2);
    assert_string_equal(req.args[0], "-");
    request_free(&req);

    /* A flag that is written out, as docker's users do. */
    assert_int_equal(PARSE(&req, &err, "run", "-it=true", "--rm=true", "x"), 0);
    assert_int_equal(req.setting_count, 3);
    assert_true(request_has(&req, OPTION_TTY));
    assert_int_equal(req.arg_count, 1);
    request_free(&req);

    /* A value is taken as it is, whatever it looks like. */
    assert_int_equal(PARSE(&req, &err, "run", "--cpus", "-1", "-w", "--", "x"), 0);
    assert_string_equal(request_value(&req, OPTION_CPUS), "-1");
    assert_string_equal(request_value(&req, OPTION_WORKDIR), "--");
    request_free(&req);
}

static void a_value_that_may_be_left_out(void **state)
{
    struct error err = ERROR_INIT;
    struct request req;

    (void)state;
    assert_int_equal(PARSE(&req, &err, "run", "--libvirt", "true"), 0);
    assert_string_equal(request_value(&req, OPTION_LIBVIRT), "");
    assert_int_equal(req.arg_count, 1);
    request_free(&req);
    assert_int_equal(PARSE(&req, &err, "run", "--libvirt=qemu:///x", "true"), 0);
    assert_string_equal(request_value(&req, OPTION_LIBVIRT), "qemu:///x");
    request_free(&req);
    /* What only begins like one. */
    assert_int_equal(PARSE(&req, &err, "run", "--publish", "80", "true"), 0);
    assert_string_equal(request_value(&req, OPTION_PUBLISH), "80");
    request_free(&req);
    EXPECT_ERROR("option '--libvirt=' has an empty value", "run", "--libvirt=", "true");
}

static void last_one_wins_and_repeatables(void **state)
{
    struct error err = ERROR_INIT;
    const struct setting *env = NULL;
    struct request req;

    (void)state;
    assert_int_equal(PARSE(&req, &err, "run", "-m", "1", "-e", "A=1", "--memory", "2", "--env=B",
                           "-eC=x=y", "true"),
                     0);
    assert_string_equal(request_value(&req, OPTION_MEMORY), "2");
    env = request_next(&req, OPTION_ENV, env);
    assert_string_equal(env->value, "A=1");
    env = request_next(&req, OPTION_ENV, env);
    assert_string_equal(env->value, "B");
    env = request_next(&req, OPTION_ENV, env);
    assert_string_equal(env->value, "C=x=y");
    assert_null(request_next(&req, OPTION_ENV, env));
    assert_null(request_next(&req, OPTION_APPEND, NULL));
    request_free(&req);
}

static void expect_help(const char **argv, const char *topic)
{
    struct error err = ERROR_INIT;
    struct request req;

    if (parse(argv, &req, &err) < 0)
        fail_msg("%s", err.text);
    assert_string_equal(req.command->name, "help");
    assert_int_equal(req.arg_count, topic ? 1 : 0);
    if (topic)
        assert_string_equal(req.args[0], topic);
    request_free(&req);
}

static void help_and_version(void **state)
{
    struct error err = ERROR_INIT;
    struct request req;

    (void)state;
    expect_help((const char *[]){"vmc", NULL}, NULL);
    expect_help((const char *[]){NULL}, NULL);
    expect_help((const char *[]){"vmc", "-h", NULL}, NULL);
    expect_help((const char *[]){"vmc", "--help", NULL}, NULL);
    expect_help((const char *[]){"vmc", "help", "--help", NULL}, NULL);
    expect_help((const char *[]){"vmc", "help", "run", NULL}, "run");
    expect_help((const char *[]){"vmc", "--help", "run", NULL}, "run");
    expect_help((const char *[]){"vmc", "run", "--help", NULL}, "run");
    expect_help((const char *[]){"vmc", "run", "-th", NULL}, "run");
    expect_help((const char *[]){"vmc", "completion", "-h", NULL}, "completion");
    assert_int_equal(PARSE(&req, &err, "volume", "rm", "--help"), 0);
    assert_string_equal(req.command->name, "help");
    assert_int_equal(req.arg_count, 2);
    request_free(&req);

    assert_int_equal(PARSE(&req, &err, "--version", "--json"), 0);
    assert_string_equal(req.command->name, "version");
    assert_true(request_has(&req, OPTION_JSON));
    request_free(&req);

    /* A flag may be written out. */
    assert_int_equal(PARSE(&req, &err, "run", "--init=true", "ls"), 0);
    assert_true(request_has(&req, OPTION_INIT));
    request_free(&req);

    /* Behind the command it is the command's own. */
    assert_int_equal(PARSE(&req, &err, "run", "ls", "--help"), 0);
    assert_string_equal(req.command->name, "run");
    request_free(&req);
}

static void errors(void **state)
{
    (void)state;
    EXPECT_ERROR("unknown command 'rum', did you mean 'run'? (see 'vmc help')", "rum");
    EXPECT_ERROR("unknown command 'frobnicate' (see 'vmc help')", "frobnicate");
    EXPECT_ERROR("unknown command '' (see 'vmc help')", "");
    EXPECT_ERROR("expected a command before option '--memory' (see 'vmc help')", "--memory", "1",
                 "run");
    EXPECT_ERROR("expected a command before option '-m' (see 'vmc help')", "--debug", "-m", "run");
    EXPECT_ERROR("option '--debug' is a flag: for false leave it out", "--debug=false", "run");
    EXPECT_ERROR("unknown option '--foo' (see 'vmc help run')", "run", "--foo", "ls");
    EXPECT_ERROR("unknown option '--foo' (see 'vmc help run')", "run", "--foo=bar", "ls");
    EXPECT_ERROR("unknown command 'rm' (see 'vmc help')", "rm");
    EXPECT_ERROR("unknown command 'pause' (see 'vmc help')", "pause");
    EXPECT_ERROR("unknown command 'verson', did you mean 'version'? (see 'vmc help')", "verson");
    EXPECT_ERROR("unknown option '--foo' (see 'vmc help run')", "run", "--foo");
    EXPECT_ERROR("option '-h' prints help and takes no value; docker's -h NAME is --hostname NAME",
                 "run", "-h", "web", "true");
    EXPECT_ERROR("option '--rm' is a flag: for false leave it out", "run", "--rm=false", "true");
    EXPECT_ERROR("unknown option '--memroy', did you mean '--memory'? (see 'vmc help run')", "run",
                 "--memroy=1", "ls");
    EXPECT_ERROR("unknown option '--time', did you mean '--timeout'? (see 'vmc help run')", "run",
                 "--time", "1", "ls");
    EXPECT_ERROR("option '--memory' is not for 'vmc info' (see 'vmc help info')", "info",
                 "--memory");
    EXPECT_ERROR("unknown option '-x' (see 'vmc help run')", "run", "-tx", "ls");
    EXPECT_ERROR("option '--memory' needs a value: -m SIZE", "run", "--memory");
    EXPECT_ERROR("option '-m' needs a value: -m SIZE", "run", "-im");
    EXPECT_ERROR("option '--upper' needs a value: --upper WHERE", "run", "--upper");
    EXPECT_ERROR("option '--tty' is a flag and takes no value", "run", "--tty=yes");
    EXPECT_ERROR("option '-t' is a flag and takes no value", "run", "-t=yes");
    EXPECT_ERROR("option '-t' is a flag: for false leave it out", "run", "-it=false");
    EXPECT_ERROR("'vmc run' needs a command to run: vmc run [OPTION]... [--] COMMAND [ARG]...",
                 "run");
    EXPECT_ERROR("'vmc run' needs a command to run: vmc run [OPTION]... [--] COMMAND [ARG]...",
                 "run", "-t", "--");
    EXPECT_ERROR("'vmc completion' needs an argument: vmc completion SHELL", "completion");
    EXPECT_ERROR("'vmc info' does not take 'now' (see 'vmc help info')", "info", "now");
    EXPECT_ERROR("'vmc pack' does not take 'more' (see 'vmc help pack')", "pack", "dir", "-f",
                 "more");
    EXPECT_ERROR("option '-o' needs a value: -o FILE", "pack", "dir", "-o");
    EXPECT_ERROR("'vmc help' does not take 'more' (see 'vmc help help')", "help", "volume", "ls",
                 "more");
    EXPECT_ERROR("'vmc volume' must be followed by one of create, ls, rm (see 'vmc help')",
                 "volume");
    EXPECT_ERROR("'vmc volume' must be followed by one of create, ls, rm (see 'vmc help')",
                 "volume", "list");
    EXPECT_ERROR("'vmc volume rm' needs an argument: vmc volume rm [OPTION]... NAME...", "volume",
                 "rm");
    EXPECT_ERROR("'vmc volume ls' does not take 'x' (see 'vmc help volume ls')", "volume", "ls",
                 "--json", "x");
}

static void very_long_words(void **state)
{
    struct error err = ERROR_INIT;
    struct request req;
    char word[10000];

    (void)state;
    memset(word, 'x', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    assert_int_equal(PARSE(&req, &err, word), -1);
    word[0] = word[1] = '-';
    assert_int_equal(PARSE(&req, &err, "run", word), -1);
}

static void options_before_the_command(void **state)
{
    struct error err = ERROR_INIT;
    struct request req;

    (void)state;
    assert_int_equal(PARSE(&req, &err, "--debug", "run", "-t", "ls"), 0);
    assert_string_equal(req.command->name, "run");
    assert_int_equal(req.setting_count, 2);
    assert_true(request_has(&req, OPTION_DEBUG) && request_has(&req, OPTION_TTY));
    assert_string_equal(req.args[0], "ls");
    request_free(&req);

    assert_int_equal(PARSE(&req, &err, "--debug=true", "volume", "rm", "x"), 0);
    assert_string_equal(req.command->name, "volume rm");
    assert_int_equal(req.arg_count, 1);
    request_free(&req);

    expect_help((const char *[]){"vmc", "--debug", NULL}, NULL);
    expect_help((const char *[]){"vmc", "--debug", "--help", "run", NULL}, "run");
    expect_help((const char *[]){"vmc", "--debug", "info", "-h", NULL}, "info");
}

/* One name, and one letter, for one option of a command; a heading stands once. */
static void names_of_a_command(const struct command *command)
{
    const struct option *a, *b;
    const char *title = "";

    for (struct option_cursor i = {0}; (a = command_next_option(command, &i));) {
        for (struct option_cursor j = {0}; (b = command_next_option(command, &j)) && b != a;) {
            assert_string_not_equal(a->name, b->name);
            assert_true(!a->letter || a->letter != b->letter);
            assert_true(strcmp(title, i.title) == 0 || strcmp(j.title, i.title) != 0);
        }
        title = i.title;
    }
}

/* The rows themselves: what the parser and the printers take for granted. */
static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &command_table[i];
        const struct option *option;

        names_of_a_command(command);
        for (struct option_cursor at = {0}; (option = command_next_option(command, &at));) {
            /* Another spelling's words are those of the row that is shown. */
            const char *help = option->hidden ? option_by_id(option->id)->help : option->help;

            assert_true(strncmp(option->name, "--", 2) == 0 && strlen(option->name) > 3 && help &&
                        *help && *at.title);
            assert_false(option->repeatable && !option->metavar);
            assert_true(option->on != 0 && option->layer);
        }
        for (size_t j = 0; j < global_options.count; j++)
            assert_true(command_has_option(command, &global_options.rows[j]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings),
        cmocka_unit_test(where_options_stop),
        cmocka_unit_test(a_value_that_may_be_left_out),
        cmocka_unit_test(last_one_wins_and_repeatables),
        cmocka_unit_test(help_and_version),
        cmocka_unit_test(errors),
        cmocka_unit_test(very_long_words),
        cmocka_unit_test(options_before_the_command),
        cmocka_unit_test(rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
