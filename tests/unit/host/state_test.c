/* The private directory, and the removal of trees that somebody else has filled. */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>

#include "common/io.h"
#include "common/util.h"
#include "host/base/remove_tree.h"
#include "host/store/container.h"

static char top[64];
static int top_fd;

static int set_up(void **state)
{
    (void)state;
    snprintf(top, sizeof(top), "/tmp/vmc-state-test-XXXXXX");
    if (!mkdtemp(top))
        return -1;
    top_fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return top_fd < 0 || setenv("XDG_RUNTIME_DIR", top, 1) < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(top_fd);
    return remove_tree(AT_FDCWD, top, NULL);
}

static void make_file(int dir, const char *name)
{
    int fd = openat(dir, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void test_remove_deep_tree(void **state)
{
    (void)state;
    /* Deeper than any stack of descriptors: 1500 levels under a limit of 1024 open files. */
    assert_int_equal(mkdirat(top_fd, "deep", 0700), 0);
    int dir = openat(top_fd, "deep", O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < 1500; i++) {
        make_file(dir, "file");
        assert_int_equal(mkdirat(dir, "d", 0700), 0);
        int next = openat(dir, "d", O_RDONLY | O_DIRECTORY);
        assert_true(next >= 0);
        close(dir);
        dir = next;
    }
    close(dir);
    struct error err = ERROR_INIT;
    assert_int_equal(remove_tree(top_fd, "deep", &err), 0);
    assert_int_equal(faccessat(top_fd, "deep", F_OK, 0), -1);
}

static void test_remove_does_not_follow_links(void **state)
{
    (void)state;
    assert_int_equal(mkdirat(top_fd, "canary", 0700), 0);
    int canary = openat(top_fd, "canary", O_RDONLY | O_DIRECTORY);
    make_file(canary, "alive");
    assert_int_equal(mkdirat(top_fd, "tree", 0700), 0);
    int tree = openat(top_fd, "tree", O_RDONLY | O_DIRECTORY);
    assert_int_equal(symlinkat("../canary", tree, "link"), 0);
    assert_int_equal(mkdirat(tree, "sub", 0700), 0);
    assert_int_equal(symlinkat("../../canary", tree, "sub/link"), 0);
    assert_int_equal(symlinkat("/", tree, "sub/root"), 0);
    close(tree);
    struct error err = ERROR_INIT;
    assert_int_equal(remove_tree(top_fd, "tree", &err), 0);
    assert_int_equal(faccessat(canary, "alive", F_OK, 0), 0);
    close(canary);

    /* A link in the place of the tree itself is not a tree. */
    assert_int_equal(symlinkat("canary", top_fd, "link"), 0);
    assert_int_equal(remove_tree(top_fd, "link", &err), -1);
    assert_int_equal(unlinkat(top_fd, "link", 0), 0);
    assert_int_equal(remove_tree(top_fd, "canary", &err), 0);
    assert_int_equal(remove_tree(top_fd, "canary", &err), 0);
}

/* The other side of the race: directories and links to the canary change places all the time. */
static void swap_for_ever(int tree)
{
    for (;;) {
        renameat(tree, "a/b", tree, "a/moved");
        symlinkat("../../canary", tree, "a/b");
        renameat2(tree, "a", tree, "link", RENAME_EXCHANGE);
        renameat2(tree, "a", tree, "link", RENAME_EXCHANGE);
        unlinkat(tree, "a/b", 0);
        renameat(tree, "a/moved", tree, "a/b");
        renameat2(tree, "a/b/c", tree, "a/b/link", RENAME_EXCHANGE);
    }
}

static void make_hostile_tree(int tree)
{
    static const char *const dirs[] = {"a", "a/b", "a/b/c", "a/b/c/d", "a/e"};
    for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
        assert_int_equal(mkdirat(tree, dirs[i], 0700), 0);
        int dir = openat(tree, dirs[i], O_RDONLY | O_DIRECTORY);
        make_file(dir, "file");
        assert_int_equal(symlinkat("../../../canary", dir, "deep"), 0);
        close(dir);
    }
    assert_int_equal(symlinkat("../canary", tree, "link"), 0);
    assert_int_equal(symlinkat("../../../canary", tree, "a/b/link"), 0);
}

/* More of everything, another tree for each seed: odd names, closed directories, links out. */
static void make_random_entries(int tree, unsigned seed)
{
    static const char *const parents[] = {"a", "a/b", "a/b/c", "a/b/c/d", "a/e", "."};
    static const char *const targets[] = {"../canary", "../../canary", "../../../canary/c", "/",
                                          "..",        "../..",        "/proc/self/root",   "."};
    srand(seed);
    for (int i = 0; i < 12; i++) {
        char name[256] = ".vmc-removed-0";
        int dir =
            openat(tree, parents[(unsigned)rand() % ARRAY_LEN(parents)], O_PATH | O_DIRECTORY);
        if (rand() % 2)
            memset(name, 'x', 255);
        name[13] = (char)('0' + i);
        switch (rand() % 3) {
        case 0:
            symlinkat(targets[(unsigned)rand() % ARRAY_LEN(targets)], dir, name);
            break;
        case 1:
            if (mkdirat(dir, name, 0700) == 0 && fchmodat(dir, name, (mode_t)rand() % 01000, 0) < 0)
                abort();
            break;
        default:
            make_file(dir, name);
        }
        close(dir);
    }
}

/*
 * Removal against somebody who swaps directories for links meanwhile. It may fail; it must not
 * touch what the links point to. In `make test-full` more often.
 */
static void test_remove_in_a_race(void **state)
{
    (void)state;
    assert_int_equal(mkdirat(top_fd, "canary", 0700), 0);
    int canary = openat(top_fd, "canary", O_RDONLY | O_DIRECTORY);
    make_file(canary, "file");
    make_file(canary, "alive");
    assert_int_equal(mkdirat(canary, "c", 0500), 0);
    int runs = getenv("VMC_TEST_FULL") && *getenv("VMC_TEST_FULL") ? 1000 : 200;
    for (int run = 0; run < runs; run++) {
        assert_int_equal(mkdirat(top_fd, "tree", 0700), 0);
        int tree = openat(top_fd, "tree", O_RDONLY | O_DIRECTORY);
        make_hostile_tree(tree);
        make_random_entries(tree, (unsigned)run);
        pid_t other = fork();
        if (other == 0)
            swap_for_ever(tree);
        assert_true(other > 0);
        struct error err = ERROR_INIT;
        remove_tree(top_fd, "tree", &err);
        kill(other, SIGKILL);
        assert_int_equal(waitpid(other, NULL, 0), other);
        assert_int_equal(remove_tree(top_fd, "tree", &err), 0);
        close(tree);
        struct stat st;
        assert_int_equal(faccessat(canary, "file", F_OK, 0), 0);
        assert_int_equal(faccessat(canary, "alive", F_OK, 0), 0);
        assert_int_equal(fstatat(canary, "c", &st, 0), 0);
        assert_int_equal(st.st_mode & 07777, 0500);
        assert_int_equal(fstat(canary, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
    }
    close(canary);
    struct error err = ERROR_INIT;
    assert_int_equal(remove_tree(top_fd, "canary", &err), 0);
}

/* A process of its own that may mount: root of a user namespace with one id. */
static int enter_namespaces(void)
{
    struct error err = ERROR_INIT;
    AUTO_FREE char *uid_map = xasprintf("0 %u 1", geteuid());
    AUTO_FREE char *gid_map = xasprintf("0 %u 1", getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
        write_file("/proc/self/uid_map", uid_map, &err) < 0 ||
        write_file("/proc/self/setgroups", "deny", &err) < 0)
        return -1;
    return write_file("/proc/self/gid_map", gid_map, &err);
}

/* Child: what is mounted in a tree is not of the tree, whoever did not unmount it. */
static int remove_around_mount(void)
{
    struct error err = ERROR_INIT;
    if (enter_namespaces() < 0 || chdir(top) < 0 || mkdir("mounted", 0700) < 0 ||
        mkdir("mounted/a", 0700) < 0 || mkdir("mounted/a/here", 0700) < 0 ||
        mkdir("mounted/there", 0700) < 0 || mount("none", "mounted/a/here", "tmpfs", 0, NULL) < 0 ||
        mount("mounted/a/here", "mounted/there", NULL, MS_BIND, NULL) < 0 ||
        mkdir("mounted/there/alive", 0700) < 0)
        return 1;
    int mounted = open("mounted/there", O_RDONLY | O_DIRECTORY);
    if (mounted < 0 || remove_tree(AT_FDCWD, "mounted", &err) == 0)
        return 2;
    return faccessat(mounted, "alive", F_OK, 0) == 0 ? 0 : 3;
}

static void test_remove_leaves_mounts(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(remove_around_mount());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct error err = ERROR_INIT;
    /* The mount is gone with its namespace. */
    assert_int_equal(remove_tree(top_fd, "mounted", &err), 0);
}

static void test_remove_despite_modes(void **state)
{
    (void)state;
    assert_int_equal(mkdirat(top_fd, "tree", 0700), 0);
    int tree = openat(top_fd, "tree", O_RDONLY | O_DIRECTORY);
    assert_int_equal(mkdirat(tree, "a", 0700), 0);
    assert_int_equal(mkdirat(tree, "a/b", 0700), 0);
    int inner = openat(tree, "a/b", O_RDONLY | O_DIRECTORY);
    make_file(inner, "file");
    assert_int_equal(fchmod(inner, 0), 0);
    close(inner);
    int outer = openat(tree, "a", O_RDONLY | O_DIRECTORY);
    assert_int_equal(fchmod(outer, 0), 0);
    close(outer);
    close(tree);
    struct error err = ERROR_INIT;
    assert_int_equal(remove_tree(top_fd, "tree", &err), 0);
}

static void test_container_directory(void **state)
{
    (void)state;
    struct container c = CONTAINER_INIT;
    struct error err = ERROR_INIT;
    assert_int_equal(state_create(&c, &err), 0);
    assert_int_equal(strlen(c.id), 12);
    struct stat st;
    assert_int_equal(fstat(c.dir_fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    char *path = NULL;
    assert_int_equal(state_mkdir(&c, "share", &path, &err), 0);
    assert_int_equal(state_mkdir(&c, "share", &path, &err), -1);
    free(path);
    AUTO_FREE char *dir = xstrdup(c.dir);
    state_remove(&c);
    assert_int_equal(access(dir, F_OK), -1);
    state_remove(&c);
}

static void test_sweep_takes_only_the_dead(void **state)
{
    (void)state;
    struct container alive = CONTAINER_INIT, dead = CONTAINER_INIT, mine = CONTAINER_INIT;
    struct error err = ERROR_INIT;
    assert_int_equal(state_create(&alive, &err), 0);
    assert_int_equal(state_create(&dead, &err), 0);
    make_file(dead.dir_fd, "left");
    assert_int_equal(state_create(&mine, &err), 0);
    close_fd(&dead.dir_fd); /* the lock goes with the process */
    state_sweep(&mine);
    assert_int_equal(access(dead.dir, F_OK), -1);
    assert_int_equal(access(alive.dir, F_OK), 0);
    assert_int_equal(access(mine.dir, F_OK), 0);
    state_remove(&alive);
    state_remove(&dead);
    state_remove(&mine);
}

/* In a directory that others may write to, or that is another's, vmc's could be exchanged. */
static void test_base_in_a_directory_of_its_own(void **state)
{
    (void)state;
    struct container c = CONTAINER_INIT;
    struct error err = ERROR_INIT;
    assert_int_equal(chmod(top, 0777), 0);
    assert_int_equal(state_create(&c, &err), 0);
    assert_int_not_equal(strncmp(c.dir, top, strlen(top)), 0);
    state_remove(&c);
    assert_int_equal(chmod(top, 0700), 0);
    assert_int_equal(state_create(&c, &err), 0);
    assert_int_equal(strncmp(c.dir, top, strlen(top)), 0);
    state_remove(&c);
}

static void test_base_is_made_private(void **state)
{
    (void)state;
    AUTO_FREE char *base = xasprintf("%s/vmc", top);
    assert_true(mkdir(base, 0777) == 0 || access(base, F_OK) == 0);
    assert_int_equal(chmod(base, 0777), 0);
    struct container c = CONTAINER_INIT;
    struct error err = ERROR_INIT;
    assert_int_equal(state_create(&c, &err), 0);
    struct stat st;
    assert_int_equal(stat(base, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    state_remove(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_remove_deep_tree),
        cmocka_unit_test(test_remove_does_not_follow_links),
        cmocka_unit_test(test_remove_in_a_race),
        cmocka_unit_test(test_remove_leaves_mounts),
        cmocka_unit_test(test_remove_despite_modes),
        cmocka_unit_test(test_container_directory),
        cmocka_unit_test(test_sweep_takes_only_the_dead),
        cmocka_unit_test(test_base_in_a_directory_of_its_own),
        cmocka_unit_test(test_base_is_made_private),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
