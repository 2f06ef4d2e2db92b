/*
 * Processes beside the workload of a container: the real agent in namespaces of its own, as vmc
 * makes them for --host, with the programs of this machine for a root file system.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/relay.h"
#include "common/util.h"
#include "tests/agent/peer.h"
#include "tests/unit/check.h"

#define NAMESPACES                                                                                 \
    (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |     \
     CLONE_NEWCGROUP)
/* The root directory that is made, in a file system that nobody else sees. */
#define BASE "/tmp"

/* How many ids the container has: those of root's are more than one. */
static unsigned id_count(void)
{
    return geteuid() == 0 ? 65536 : 1;
}

static int map_ids(pid_t pid)
{
    AUTO_FREE char *setgroups = xasprintf("/proc/%d/setgroups", pid);
    AUTO_FREE char *uid_map = xasprintf("/proc/%d/uid_map", pid);
    AUTO_FREE char *gid_map = xasprintf("/proc/%d/gid_map", pid);
    AUTO_FREE char *uids = xasprintf("0 %u %u", geteuid(), id_count());
    AUTO_FREE char *gids = xasprintf("0 %u %u", getegid(), id_count());
    if (geteuid() != 0 && write_file(setgroups, "deny", NULL) < 0)
        return -1;
    return write_file(uid_map, uids, NULL) < 0 ? -1 : write_file(gid_map, gids, NULL);
}

/* As fork(2), for a child that is process 1 of namespaces of its own, and root there. */
static pid_t fork_apart(void)
{
    struct clone_args args = {.flags = NAMESPACES, .exit_signal = SIGCHLD};
    char go;
    int gate[2];
    if (pipe2(gate, O_CLOEXEC) < 0)
        return -1;
    pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        close(gate[1]);
        if (read(gate[0], &go, 1) != 1)
            _exit(95);
        close(gate[0]);
        return 0;
    }
    bool mapped = pid > 0 && map_ids(pid) == 0 && write_all(gate[1], "", 1) == 0;
    close(gate[0]);
    close(gate[1]);
    return mapped ? pid : -1;
}

static int make_text(const char *path, const char *text)
{
    AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    return fd < 0 ? -1 : write_all(fd, text, strlen(text));
}

/* A tree with the programs of this machine at directory. */
static int make_tree(const char *directory)
{
    static const char *const links[] = {"bin", "sbin", "lib", "lib64"};
    static const char *const directories[] = {"", "/usr", "/etc", "/proc", "/sys", "/dev"};
    for (size_t i = 0; i < ARRAY_LEN(directories); i++) {
        AUTO_FREE char *path = xasprintf("%s%s", directory, directories[i]);
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
            return -1;
    }
    for (size_t i = 0; i < ARRAY_LEN(links); i++) {
        AUTO_FREE char *path = xasprintf("%s/%s", directory, links[i]);
        AUTO_FREE char *target = xasprintf("usr/%s", links[i]);
        if (symlink(target, path) < 0)
            return -1;
    }
    AUTO_FREE char *usr = xasprintf("%s/usr", directory);
    AUTO_FREE char *passwd = xasprintf("%s/etc/passwd", directory);
    if (make_text(passwd, "root:x:0:0::/root:/bin/sh\nguest:x:1234:1234::/home:/bin/sh\n") < 0)
        return -1;
    return mount("/usr", usr, NULL, MS_BIND | MS_REC, NULL);
}

static int make_nodes(void)
{
    static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
    for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
        AUTO_FREE char *source = xasprintf("/dev/%s", nodes[i]);
        AUTO_FREE char *target = xasprintf(BASE "/dev/%s", nodes[i]);
        if (make_text(target, "") < 0 || mount(source, target, NULL, MS_BIND, NULL) < 0)
            return -1;
    }
    return 0;
}

/* What session/hosted.h says that there is. */
static int enter_base(void)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", BASE, "tmpfs", 0, "mode=0755") < 0 || make_tree(BASE) < 0 ||
        mkdir(BASE "/root", 0755) < 0 || make_tree(BASE "/root") < 0 || make_nodes() < 0)
        return -1;
    if (mount("proc", BASE "/proc", "proc", 0, NULL) < 0 ||
        mount("sysfs", BASE "/sys", "sysfs", 0, NULL) < 0)
        return -1;
    if (chdir(BASE) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
        return -1;
    return chdir("/");
}

static _Noreturn void exec_agent(int agent, int control, int data)
{
    char name[] = "vmc-agent", option[] = "--fds", fds[32];
    char *const argv[] = {name, option, fds, NULL}, *const env[] = {NULL};
    snprintf(fds, sizeof(fds), "%d,%d", control, data);
    if (enter_base() < 0)
        _exit(98);
    set_cloexec(control, false);
    set_cloexec(data, false);
    fexecve(agent, argv, env);
    _exit(97);
}

/* This process stays outside, and ends as the agent does. */
static void run_hosted(int control, int data)
{
    int status = 0;
    const char *program = getenv("VMC_AGENT");
    int agent = open(program ? program : "vmc-agent", O_PATH | O_CLOEXEC);
    pid_t pid = agent < 0 ? -1 : fork_apart();
    if (pid == 0)
        exec_agent(agent, control, data);
    close(control);
    close(data);
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        _exit(96);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* Some hosts let nobody make such namespaces, nor mount a /proc where part of theirs is covered. */
static bool is_possible(void)
{
    int status = 0;
    pid_t pid = fork_apart();
    if (pid == 0)
        _exit(enter_base() < 0);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* No state where it is not possible. */
static int setup(void **state)
{
    *state = NULL;
    return is_possible() ? peer_setup_with(state, run_hosted) : 0;
}

static int teardown(void **state)
{
    return *state ? peer_teardown(state) : 0;
}

#define SHAPE(more)                                                                                \
    "{\"hosted\":true,\"root\":{\"upper\":\"host\"},"                                              \
    "\"capabilities\":{\"bounding\":1026,\"effective\":1026,\"permitted\":1026,"                   \
    "\"inheritable\":0,\"ambient\":0},\"no_new_privs\":true,"                                      \
    "\"seccomp\":\"060000000000ff7f\",\"rlimits\":[{\"resource\":7,\"soft\":70,\"hard\":80}]" more \
    "}"

/* What both are in, and what both may do. */
#define LOOK                                                                                       \
    "for n in mnt uts ipc net cgroup user time pid; do readlink /proc/self/ns/$n; done; "          \
    "hostname; cat /proc/sys/kernel/random/boot_id; ls -di /; cat /proc/self/cgroup; "             \
    "grep -E '^(Cap|NoNewPrivs|Seccomp:|Groups)' /proc/self/status; ulimit -n; umask; "            \
    "cat /proc/self/oom_score_adj; ls -l /proc/self/fd | grep -c '[0-9] ->'; "                     \
    "echo $HOME; tr '\\0' ' ' </proc/1/cmdline; echo"

static void run_container(struct peer_host *p, const char *shape)
{
    AUTO_FREE char *workload =
        peer_shell(LOOK "; trap 'exit 5' TERM; echo up >&2; while :; do sleep 0.05; done", "");
    peer_prepare(p, shape);
    peer_configure(p, workload, FRAME_PAYLOAD_MAX);
    peer_credit(p, FRAME_STDOUT, RELAY_WINDOW);
    peer_credit(p, FRAME_STDERR, RELAY_WINDOW);
    peer_until(p, peer_said_started);
    if (p->workload.said.failed)
        fail_msg("ERROR: %s", p->workload.said.error.text);
}

static bool is_up(const struct peer_host *p)
{
    return p->workload.said.error_output.length == 3;
}

static void end_container(struct peer_host *p)
{
    peer_until(p, is_up);
    peer_signal(p, 0, SIGTERM);
    peer_until(p, peer_said_end);
    assert_true(p->workload.said.ended);
    assert_int_equal(p->workload.said.record.value, 5);
}

static char *text_of(const struct queue *q)
{
    return xasprintf("%.*s", (int)q->length, q->length ? (const char *)queue_bytes(q) : "");
}

/* Runs script beside the workload, to its end, which is that status; what it wrote, owned. */
static char *run_beside(struct peer_host *p, const char *script, const char *extra, int status)
{
    struct peer_process *x = peer_exec_shell(p, script, extra);
    peer_until_exec(p, x, peer_exec_over);
    if (x->said.failed)
        fail_msg("ERROR: %s", x->said.error.text);
    assert_int_equal(exit_record_status(&x->said.record), status);
    return text_of(&x->said.output);
}

static const char *const shapes[] = {SHAPE(""), SHAPE(",\"no_init\":true"),
                                     SHAPE(",\"netns\":true")};

/* Runs check in a container of each shape. */
static void in_each_shape(void **state, void (*check)(struct peer_host *))
{
    if (!*state)
        skip();
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        struct peer_host *p = *state;
        run_container(p, shapes[i]);
        check(p);
        end_container(p);
        assert_int_equal(peer_teardown(state), 0);
        assert_int_equal(setup(state), 0);
    }
}

static void check_sameness(struct peer_host *p)
{
    AUTO_FREE char *here = run_beside(p, LOOK, "", 0);
    peer_until(p, is_up);
    AUTO_FREE char *there = text_of(&p->workload.said.output);
    assert_string_equal(here, there);
    assert_non_null(strstr(here, "NoNewPrivs:\t1\nSeccomp:\t2\n"));
    assert_non_null(strstr(here, "CapBnd:\t0000000000000402\n"));
}

static void is_where_the_workload_is(void **state)
{
    in_each_shape(state, check_sameness);
}

static void check_process(struct peer_host *p)
{
    /* A child of nobody's there; the first process is the container's, and is seen. */
    AUTO_FREE char *parent = run_beside(p, "[ $$ -gt 1 ] && grep PPid /proc/$$/status", "", 0);
    assert_string_equal(parent, "PPid:\t0\n");
    free(run_beside(p, "kill -SEGV $$", "", 128 + SIGSEGV));
    free(run_beside(p, "exit 255", "", 255));
    /* Its orphan is the first process's, and holds nothing. */
    AUTO_FREE char *out = run_beside(p, "sleep 1000 & printf out; exit 3", "", 3);
    assert_string_equal(out, "out");
}

static void is_a_process_of_the_container(void **state)
{
    in_each_shape(state, check_process);
}

static void check_terminal(struct peer_host *p)
{
    static const char extra[] = ",\"tty\":true,\"rows\":12,\"columns\":34";
    AUTO_FREE char *said = run_beside(p, "tty; stty size; [ -c $(tty) ] && exit 9", extra, 9);
    if (strncmp(said, "/dev/pts/", 9) != 0 || !strstr(said, "\r\n12 34\r\n"))
        fail_msg("'%s'", said);
    AUTO_FREE char *out = run_beside(p, "(trap '' HUP; sleep 1000) & printf out; exit 3", extra, 3);
    assert_string_equal(out, "out");
}

static void has_a_terminal_of_the_container(void **state)
{
    in_each_shape(state, check_terminal);
}

static void check_user(struct peer_host *p)
{
    if (id_count() > 1) {
        AUTO_FREE char *user =
            run_beside(p, "id -u; id -g; id -G; echo $HOME; grep CapPrm /proc/self/status",
                       ",\"user\":\"guest\",\"groups\":[\"77\"]", 0);
        assert_string_equal(user, "1234\n1234\n1234 77\n/home\nCapPrm:\t0000000000000000\n");
        AUTO_FREE char *tty =
            run_beside(p, "stat -c %u $(tty)", ",\"user\":\"99\",\"tty\":true", 0);
        assert_string_equal(tty, "99\r\n");
    }
    AUTO_FREE char *own = run_beside(
        p, "grep -E 'CapBnd|NoNewPrivs' /proc/self/status; ulimit -n; pwd",
        ",\"cwd\":\"/"
        "etc\",\"no_new_privs\":false,\"rlimits\":[{\"resource\":7,\"soft\":9,\"hard\":9}],"
        "\"capabilities\":{\"bounding\":2,\"effective\":2,\"permitted\":2,\"inheritable\":0,"
        "\"ambient\":0}",
        0);
    assert_string_equal(own, "CapBnd:\t0000000000000002\nNoNewPrivs:\t0\n9\n/etc\n");
}

static void is_who_it_is_asked_to_be(void **state)
{
    in_each_shape(state, check_user);
}

static void check_errors(struct peer_host *p)
{
    static const struct {
        const char *process;
        int status;
        const char *text;
    } cases[] = {
        {"{\"args\":[\"no-such\"],\"env\":[\"PATH=/bin\"]}", 127, "command not found in PATH"},
        {"{\"args\":[\"/etc/passwd\"]}", 126, "Permission denied"},
        {"{\"args\":[\"true\"],\"user\":\"nobody-here\"}", 125, "no user 'nobody-here'"},
        {"{\"args\":[\"true\"],\"cwd\":\"/work\"}", 125, "'/work'"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer_process *x = peer_exec(p, cases[i].process);
        peer_until_exec(p, x, peer_exec_over);
        assert_true(x->said.failed && !x->said.started);
        if (x->said.error.status != cases[i].status || !strstr(x->said.error.text, cases[i].text))
            fail_msg("ERROR %d: %s", x->said.error.status, x->said.error.text);
    }
}

static void what_cannot_run(void **state)
{
    in_each_shape(state, check_errors);
}

static bool has_output(const struct peer_process *x)
{
    return x->said.output.length > 0;
}

/* The kernel ends them with the first process; the peer asserts that its EXIT is the last frame. */
static void workload_ends_while_they_run(void **state)
{
    if (!*state)
        skip();
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        struct peer_host *p = *state;
        struct peer_process *x[10];
        run_container(p, shapes[i]);
        for (size_t k = 0; k < ARRAY_LEN(x); k++)
            x[k] = peer_exec_shell(p, "trap '' TERM; echo up; while :; do sleep 1000; done",
                                   k % 2 ? ",\"tty\":true" : "");
        for (size_t k = 0; k < ARRAY_LEN(x); k++)
            peer_until_exec(p, x[k], has_output);
        end_container(p);
        for (size_t k = 0; k < ARRAY_LEN(x); k++) {
            assert_true(peer_exec_over(x[k]));
            assert_int_equal(exit_record_status(&x[k]->said.record), 128 + SIGKILL);
        }
        assert_int_equal(peer_teardown(state), 0);
        assert_int_equal(setup(state), 0);
    }
}

int main(void)
{
#define HOSTED_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        HOSTED_TEST(is_where_the_workload_is),
        HOSTED_TEST(is_a_process_of_the_container),
        HOSTED_TEST(has_a_terminal_of_the_container),
        HOSTED_TEST(is_who_it_is_asked_to_be),
        HOSTED_TEST(what_cannot_run),
        HOSTED_TEST(workload_ends_while_they_run),
    };
    return cmocka_run_group_tests_name("hosted", tests, NULL, NULL);
}
