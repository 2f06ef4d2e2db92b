/*
 * The launcher: command line to command, and the one place that prints errors.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "host/backend/libvirt/emulator.h"
#include "host/cli/request.h"

/*
 * Descriptors 0, 1 and 2 that the caller closed would be given to the next file that is opened,
 * and the workload's output written into it. They become /dev/null: an end of file, a reader that
 * takes everything.
 */
static void occupy_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            _exit(STATUS_VMC_FAILED);
}

/* One line that says what failed, and below it, indented, what helps to find out why. */
static void print_error(struct error *err)
{
    error_sanitize(err->text);
    fprintf(stderr, "vmc: %s\n", err->text);
    for (char *line = err->detail; *line;) {
        size_t length = strcspn(line, "\n");
        fprintf(stderr, "  | %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

int main(int argc, char **argv)
{
    occupy_standard_descriptors();
    /* A file that grows beyond `ulimit -f` is an error (EFBIG) of who writes it, here and in the
     * programs that are executed: not the end of a machine. */
    signal(SIGXFSZ, SIG_IGN);
    struct error err = ERROR_INIT;
    struct request req = {0};
    int status = STATUS_VMC_FAILED;

    if (emulator_is_meant(argv)) {
        if (emulator_main(argv, &err) == 0)
            return 0;
        print_error(&err);
        return err.status;
    }
    int result = cli_parse(argc, argv, &req, &err);
    if (result == 0) {
        log_debug_enabled = request_has(&req, OPTION_DEBUG);
        result = req.command->run(&req, &status, &err);
    }
    if (result < 0) {
        print_error(&err);
        status = err.status;
    }
    request_free(&req);
    return status;
}
