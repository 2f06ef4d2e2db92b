#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "common/util.h"
#include "host/spec/preferences.h"

static void what_a_file_says(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum without_kvm without_kvm;
    } rows[] = {
        {"", WITHOUT_KVM_UNSAID},
        {"\n\n  \n# without-kvm = uml\n", WITHOUT_KVM_UNSAID},
        {"without-kvm = uml", WITHOUT_KVM_UML},
        {"without-kvm=uml\n", WITHOUT_KVM_UML},
        {"\t without-kvm\t=  tcg \r\n", WITHOUT_KVM_TCG},
        {"without-kvm = uml # fast\n", WITHOUT_KVM_UML},
        {"without-kvm = uml\nwithout-kvm = tcg\n", WITHOUT_KVM_TCG},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct preferences said = {0};
        struct error err = ERROR_INIT;
        if (preferences_parse("file", rows[i].text, &said, &err) < 0)
            fail_msg("%s: %s", rows[i].text, err.text);
        assert_int_equal(said.without_kvm, rows[i].without_kvm);
    }
}

static void the_first_file_counts(void **state)
{
    (void)state;
    struct preferences said = {0};
    struct error err = ERROR_INIT;
    assert_int_equal(preferences_parse("1", "", &said, &err), 0);
    assert_int_equal(preferences_parse("2", "without-kvm = tcg", &said, &err), 0);
    assert_int_equal(preferences_parse("3", "without-kvm = uml", &said, &err), 0);
    assert_int_equal(said.without_kvm, WITHOUT_KVM_TCG);
}

static void what_is_not_understood(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"uml", "file:1: 'uml' is not KEY = VALUE"},
        {"\nwithout-kvm", "file:2: 'without-kvm' is not KEY = VALUE"},
        {"without-kvm =", "file:1: without-kvm = '': it must be tcg or uml"},
        {"without-kvm = UML", "file:1: without-kvm = 'UML': it must be tcg or uml"},
        {"#\n= uml", "file:2: '' is not a key of this file; the only one is without-kvm"},
        {"without-kvm = uml\nx = 1",
         "file:2: 'x' is not a key of this file; the only one is without-kvm"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct preferences said = {0};
        struct error err = ERROR_INIT;
        assert_int_equal(preferences_parse("file", rows[i].text, &said, &err), -1);
        assert_string_equal(err.text, rows[i].message);
        assert_int_equal(err.status, STATUS_VMC_FAILED);
        assert_int_equal(said.without_kvm, WITHOUT_KVM_UNSAID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_file_says),
        cmocka_unit_test(the_first_file_counts),
        cmocka_unit_test(what_is_not_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
