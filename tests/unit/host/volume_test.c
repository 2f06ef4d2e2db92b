/* What --volume asks for: its parser, the order of mounts, the names of volumes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/util.h"
#include "host/base/mount_table.h"
#include "host/base/object_name.h"
#include "host/base/paths.h"
#include "host/spec/volumes.h"

struct expected {
    const char *text, *source, *target;
    bool named, read_only;
    enum volume_cache cache;
};

static void accepted(void **state)
{
    (void)state;
    static const struct expected cases[] = {
        {"/srv", "/srv", "/srv", false, false, VOLUME_CACHE_NONE},
        {"/srv:ro", "/srv", "/srv", false, true, VOLUME_CACHE_NONE},
        {"/srv:/data", "/srv", "/data", false, false, VOLUME_CACHE_NONE},
        {"/srv:/data:ro", "/srv", "/data", false, true, VOLUME_CACHE_NONE},
        {"/srv:/data:rw,cache=mmap", "/srv", "/data", false, false, VOLUME_CACHE_MMAP},
        {"/srv:/data:cache=loose,ro", "/srv", "/data", false, true, VOLUME_CACHE_LOOSE},
        {"/srv:cache=none", "/srv", "/srv", false, false, VOLUME_CACHE_NONE},
        {"./src", "./src", "/home/me/src", false, false, VOLUME_CACHE_NONE},
        {"../src/", "../src/", "/home/src", false, false, VOLUME_CACHE_NONE},
        {".", ".", "/home/me", false, false, VOLUME_CACHE_NONE},
        {"..", "..", "/home", false, false, VOLUME_CACHE_NONE},
        {"a/b", "a/b", "/home/me/a/b", false, false, VOLUME_CACHE_NONE},
        {"data:/data", "data", "/data", true, false, VOLUME_CACHE_NONE},
        {"a.b_c-9:/data:ro", "a.b_c-9", "/data", true, true, VOLUME_CACHE_NONE},
        {"/a b/gr\xc3\xbc\xc3\x9f"
         "e:/x y",
         "/a b/gr\xc3\xbc\xc3\x9f"
         "e",
         "/x y", false, false, VOLUME_CACHE_NONE},
        {"/a,b:/c,d", "/a,b", "/c,d", false, false, VOLUME_CACHE_NONE},
        {"/a:/b//c/./d/../e/", "/a", "/b/c/e", false, false, VOLUME_CACHE_NONE},
        {"/a:/../../b", "/a", "/b", false, false, VOLUME_CACHE_NONE},
        {"/a:/...", "/a", "/...", false, false, VOLUME_CACHE_NONE},
        {"/a:/process", "/a", "/process", false, false, VOLUME_CACHE_NONE},
        {"/a:/dev/shm", "/a", "/dev/shm", false, false, VOLUME_CACHE_NONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct expected *e = &cases[i];
        struct volume_list list = {0};
        struct error err = ERROR_INIT;
        if (volume_parse(&(struct setting){NULL, e->text, "--volume"}, "/home/me", &list, &err) < 0)
            fail_msg("%s: %s", e->text, err.text);
        assert_int_equal(list.count, 1);
        assert_string_equal(list.items[0].source, e->source);
        assert_string_equal(list.items[0].target, e->target);
        assert_int_equal(list.items[0].named, e->named);
        assert_int_equal(list.items[0].read_only, e->read_only);
        assert_int_equal(list.items[0].cache, e->cache);
        volume_list_free(&list);
    }
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "no source"},
        {":/x", "no source"},
        {"data", "needs a place in the container, data:DIR"},
        {"data:ro", "needs a place"},
        {"a:/x", "'a' is not a name"},
        {"-x:/x", "is not a name"},
        {"a b:/x", "is not a name"},
        {"/a:b", "'b' is neither an absolute path"},
        {"./a:b:/c", "'b' is not an absolute path in the container; a path with a colon"},
        {"/a:b:/c:ro", "SRC[:DST][:OPTIONS]; a path with a colon"},
        {"/a:", "neither"},
        {"/a::ro", "'' is not an absolute path"},
        {"/a:/b:", "'': it must be ro, rw or cache="},
        {"/a:/b:rx", "'rx': it must be"},
        {"/a:/b:z", "no SELinux label"},
        {"/a:/b:ro,", "'': it must be"},
        {"/a:/b:ro,rw", "'rw' repeats or contradicts"},
        {"/a:/b:ro,ro", "'ro' repeats or contradicts"},
        {"/a:/b:cache=none,cache=mmap", "repeats or contradicts"},
        {"/a:/b:cache=", "'cache=': it must be"},
        {"/a:/b:cache=fscache", "it must be"},
        {"/a:/", "cannot be the container's /"},
        {"/a:/x/..", "cannot be the container's /"},
        {"/:ro", "cannot be the container's /"},
        {"/a:/proc", "/proc, which belongs to the guest's kernel"},
        {"/a:/x/../sys/fs", "/sys/fs, which belongs to the guest's kernel"},
        {"/a:/dev/", "cannot be /dev"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct volume_list list = {0};
        struct error err = ERROR_INIT;
        if (volume_parse(&(struct setting){NULL, cases[i].text, "--volume"}, "/home/me", &list,
                         &err) == 0)
            fail_msg("accepted: %s", cases[i].text);
        if (!strstr(err.text, cases[i].part) || strncmp(err.text, "--volume", 8) != 0)
            fail_msg("%s: %s", cases[i].text, err.text);
        volume_list_free(&list);
    }
}

static int resolve(const char **values, struct volume_list *ret, struct error *err)
{
    char *argv[32] = {(char *)"vmc", (char *)"run"};
    int argc = 2;
    for (; *values; values++) {
        argv[argc++] = (char *)"-v";
        argv[argc++] = (char *)*values;
    }
    argv[argc++] = (char *)"true";
    struct request req;
    assert_int_equal(cli_parse(argc, argv, &req, err), 0);
    int result = volume_list_resolve(&req, ret, err);
    request_free(&req);
    return result;
}

static void outer_before_inner(void **state)
{
    (void)state;
    struct volume_list list = {0};
    struct error err = ERROR_INIT;
    assert_int_equal(
        resolve((const char *[]){"/c:/a/b/c", "/b:/a/b", "/x:/a-b", "/a:/a", NULL}, &list, &err),
        0);
    size_t place[4] = {0};
    for (size_t i = 0; i < 4; i++)
        place[list.items[i].source[1] == 'x' ? 3 : list.items[i].source[1] - 'a'] = i;
    assert_true(place[0] < place[1] && place[1] < place[2]);

    struct agent_config config = {0};
    volume_list_fill(&list, true, &config.mounts);
    assert_int_equal(config.mounts.count, 4);
    const struct mount_config *first = &config.mounts.items[place[0]];
    assert_int_equal(first->kind, MOUNT_VOLUME);
    assert_true(first->virtiofs);
    assert_string_equal(first->target, "/a");
    assert_string_equal(first->tag, "vmc-volumes-none");
    assert_string_equal(first->path, "0");
    agent_config_free(&config);
    volume_list_free(&list);
}

static void one_place_twice(void **state)
{
    (void)state;
    struct volume_list list = {0};
    struct error err = ERROR_INIT;
    assert_int_equal(resolve((const char *[]){"/a:/x/y", "/b:/x//y/", NULL}, &list, &err), -1);
    assert_non_null(strstr(err.text, "are both to be /x/y"));
    volume_list_free(&list);
}

static void too_many(void **state)
{
    (void)state;
    struct volume_list list = {0};
    struct error err = ERROR_INIT;
    for (int i = 0; i < VOLUMES_MAX; i++)
        assert_int_equal(
            volume_parse(&(struct setting){NULL, "/a:/b", "--volume"}, "/", &list, &err), 0);
    assert_int_equal(volume_parse(&(struct setting){NULL, "/a:/b", "--volume"}, "/", &list, &err),
                     -1);
    volume_list_free(&list);
}

static void below(void **state)
{
    (void)state;
    assert_true(path_is_below("/a", "/a"));
    assert_true(path_is_below("/a/b", "/a"));
    assert_false(path_is_below("/ab", "/a"));
    assert_false(path_is_below("/a", "/a/b"));
}

static void names(void **state)
{
    (void)state;
    char longest[OBJECT_NAME_MAX + 2];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[OBJECT_NAME_MAX + 1] = '\0';
    assert_int_equal(object_name_check("the volume", longest, NULL), -1);
    longest[OBJECT_NAME_MAX] = '\0';
    assert_int_equal(object_name_check("the volume", longest, NULL), 0);
    static const char *const bad[] = {"",   "a",   ".",   "..",  ".a",
                                      "_a", "a/b", "a b", "a\n", "\xc3\xa4\xc3\xa4"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(object_name_check("the volume", bad[i], NULL), -1);
}

/* The host of the test has a /proc with nothing odd below it, and / has /proc. */
static void mounts_below(void **state)
{
    (void)state;
    struct mount_table table = {0};
    struct error err = ERROR_INIT;
    bool found = false;
    assert_int_equal(mount_table_below("/", &table, &err), 0);
    for (size_t i = 0; i < table.count; i++) {
        assert_true(table.items[i].path[0] == '/' && table.items[i].path[1]);
        found = found || (strcmp(table.items[i].path, "/proc") == 0 &&
                          mount_type_is_kernel(table.items[i].type));
    }
    assert_true(found);
    mount_table_free(&table);
    assert_int_equal(mount_table_below("/no/such/directory", &table, &err), -1);
    mount_table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted),
        cmocka_unit_test(refused),
        cmocka_unit_test(outer_before_inner),
        cmocka_unit_test(one_place_twice),
        cmocka_unit_test(too_many),
        cmocka_unit_test(below),
        cmocka_unit_test(names),
        cmocka_unit_test(mounts_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
