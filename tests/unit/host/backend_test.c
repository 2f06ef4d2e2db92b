#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "common/util.h"
#include "host/cli/request.h"
#include "host/spec/backend.h"

static const enum backend backends[] = {
    BACKEND_QEMU,
    BACKEND_LIBVIRT,
    BACKEND_NAMESPACES,
    BACKEND_UML,
};

static size_t count_refusals(const struct backend_spec *backend, enum option_id id)
{
    size_t count = 0;
    for (size_t i = 0; i < backend->refusal_count; i++) {
        const struct refusal *refusal = &backend->refusals[i];
        assert_true(refusal->reason && refusal->reason[0]);
        count += refusal->id == id;
    }
    return count;
}

static void every_option_of(const struct command *command, const struct backend_spec *backend,
                            const char *name)
{
    const struct option *option;
    for (struct option_cursor at = {0}; (option = command_next_option(command, &at));) {
        bool honoured = option->on & backend->on;
        if (count_refusals(backend, option->id) != !honoured)
            fail_msg("%s on %s: %s", option->name, name,
                     honoured ? "honoured, and has a reason" : "refused without one reason");
        assert_true((backend_spec_refusal(backend, option) == NULL) == honoured);
    }
}

/* Each option is honoured, or refused with one reason: never neither, never both. */
static void every_option_on_every_backend(void **state)
{
    (void)state;
    for (size_t b = 0; b < ARRAY_LEN(backends); b++) {
        const struct backend_spec *backend = backend_spec_of(backends[b]);
        const char *name = option_by_id(backend->option)->name;
        assert_int_equal(backend->backend, backends[b]);
        assert_true(backend->on != 0 && (backend->on & (backend->on - 1)) == 0);
        for (size_t i = 0; i < command_count; i++)
            every_option_of(&command_table[i], backend, name);
    }
}

/* An option that nobody has thought of is refused. */
static void default_is_refusal(void **state)
{
    const struct option option = {.id = OPTION_HELP, .name = "--new"};
    struct setting setting = {&option, "", "--new"};
    const struct request req = {.settings = &setting, .setting_count = 1};
    (void)state;
    for (size_t b = 0; b < ARRAY_LEN(backends); b++) {
        struct error err = ERROR_INIT;
        assert_int_equal(backend_spec_check_options(backend_spec_of(backends[b]), &req, &err), -1);
        assert_non_null(strstr(err.text, "--new cannot go with --"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_on_every_backend),
        cmocka_unit_test(default_is_refusal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
