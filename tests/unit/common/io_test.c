#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"
#include "tests/unit/check.h"

static char directory[] = "/tmp/vmc-io-test-XXXXXX";

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    return system(command);
}

static char *file_with(const char *name, const char *text, size_t length)
{
    char *path = xasprintf("%s/%s", directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write_all(fd, text, length), 0);
    close(fd);
    return path;
}

static void files_are_read_whole_up_to_the_limit(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    AUTO_FREE char *path = file_with("f", "a\0b\n", 4);
    AUTO_FREE char *text = NULL;
    size_t length = 0;
    assert_int_equal(read_file_at(AT_FDCWD, path, 4, &text, &length, &err), 0);
    assert_int_equal(length, 4);
    assert_memory_equal(text, "a\0b\n", 5);
    char *untouched = NULL;
    /* Without a length it would end at the NUL. */
    assert_int_equal(read_file_at(AT_FDCWD, path, 4, &untouched, NULL, &err), -1);
    assert_non_null(strstr(err.text, "/f:1: a NUL byte"));
    assert_int_equal(read_file_at(AT_FDCWD, path, 3, &untouched, NULL, &err), -1);
    assert_null(untouched);
    assert_non_null(strstr(err.text, "larger than 3 bytes"));
    AUTO_FREE char *marked = file_with("m", "\357\273\277a\n", 5);
    AUTO_FREE char *without = NULL;
    assert_int_equal(read_file_at(AT_FDCWD, marked, 10, &without, NULL, &err), 0);
    assert_string_equal(without, "a\n");
    assert_int_equal(read_file_at(AT_FDCWD, "/dev/zero", 100000, &untouched, NULL, &err), -1);
    assert_int_equal(read_file_at(AT_FDCWD, directory, 10, &untouched, NULL, &err), -1);
    assert_int_equal(read_file_at(AT_FDCWD, "/no/such", 10, &untouched, NULL, &err), -1);
    assert_string_equal(err.text, "cannot open /no/such: No such file or directory");
}

static void small_files_are_written(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    AUTO_FREE char *path = file_with("w", "", 0);
    AUTO_FREE char *text = NULL;
    assert_int_equal(write_file(path, "42", &err), 0);
    assert_int_equal(read_file_at(AT_FDCWD, path, 10, &text, NULL, &err), 0);
    assert_string_equal(text, "42");
    assert_int_equal(write_file("/no/such", "42", &err), -1);
    assert_int_equal(write_file("/dev/full", "42", &err), -1);
    assert_non_null(strstr(err.text, "No space left"));
}

static void *drain(void *arg)
{
    char bytes[1000];
    size_t total = 0;
    ssize_t n;
    while ((n = read(*(int *)arg, bytes, sizeof(bytes))) > 0)
        total += (size_t)n;
    return (void *)total;
}

static void write_all_waits_for_a_slow_reader(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pthread_t reader;
    assert_int_equal(pthread_create(&reader, NULL, drain, &fds[0]), 0);
    AUTO_FREE char *bytes = xcalloc(1, 1 << 20);
    assert_int_equal(write_all(fds[1], bytes, 1 << 20), 0);
    close(fds[1]);
    void *total;
    pthread_join(reader, &total);
    assert_int_equal((size_t)total, 1 << 20);
    close(fds[0]);
}

static void flags_are_set_and_cleared(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(set_nonblocking(fds[0], true), 0);
    assert_true(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
    assert_int_equal(set_nonblocking(fds[0], false), 0);
    assert_false(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
    assert_int_equal(set_cloexec(fds[0], true), 0);
    assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
    assert_int_equal(set_cloexec(fds[0], false), 0);
    assert_int_equal(fcntl(fds[0], F_GETFD), 0);
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(set_nonblocking(fds[0], true), -1);
    assert_int_equal(set_cloexec(-1, true), -1);
}

static void reopening_leaves_the_callers_flags_alone(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    int in = reopen_nonblocking(fds[0], O_RDONLY);
    int out = reopen_nonblocking(fds[1], O_WRONLY);
    assert_true(in > 2 && out > 2);
    assert_true(fcntl(in, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(out, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(in, F_GETFD) & FD_CLOEXEC);
    assert_false(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
    assert_false(fcntl(fds[1], F_GETFL) & O_NONBLOCK);
    char byte;
    assert_int_equal(read(in, &byte, 1), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(write(out, "x", 1), 1);
    assert_int_equal(read(fds[0], &byte, 1), 1);
    close(in);
    close(out);
    close(fds[0]);
    close(fds[1]);
}

static void files_and_sockets_are_duplicated(void **state)
{
    (void)state;
    AUTO_FREE char *path = file_with("d", "abc", 3);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int copy = reopen_nonblocking(fd, O_RDONLY);
    char byte;
    assert_int_equal(read(fd, &byte, 1), 1);
    assert_int_equal(read(copy, &byte, 1), 1);
    assert_int_equal(byte, 'b'); /* a shared offset: `(head -1; vmc …) < file` reads on */
    close(fd);
    close(copy);
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    copy = reopen_nonblocking(ends[0], O_RDONLY);
    assert_true(copy >= 0);
    assert_false(fcntl(copy, F_GETFL) & O_NONBLOCK);
    close(copy);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(reopen_nonblocking(-1, O_RDONLY), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_whole_up_to_the_limit),
        cmocka_unit_test(small_files_are_written),
        cmocka_unit_test(write_all_waits_for_a_slow_reader),
        cmocka_unit_test(flags_are_set_and_cleared),
        cmocka_unit_test(reopening_leaves_the_callers_flags_alone),
        cmocka_unit_test(files_and_sockets_are_duplicated),
    };
    return cmocka_run_group_tests_name("io", tests, make_directory, remove_directory);
}
