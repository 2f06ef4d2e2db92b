#include "guest-agent/container/ftrace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/log.h"
#include "common/util.h"
#include "guest-agent/base/mounts.h"

#define TRACING "/sys/kernel/tracing"
#define DEADLINE_S 30
#define LAST_WORDS_MAX 512

static _Noreturn void be_shell(const char *script, int output)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (chdir(TRACING) == 0 && dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(output, STDERR_FILENO) >= 0 && setenv("PATH", "/bin:/sbin", 1) == 0)
        execl("/bin/busybox", "sh", "-c", script, "ftrace", (char *)NULL);
    _exit(STATUS_NOT_FOUND);
}

/* Reads until the end of file; keeps the last bytes. False: the deadline has passed. */
static bool listen_to(int fd, char words[LAST_WORDS_MAX + 1], int64_t deadline)
{
    size_t length = 0;
    for (;;) {
        char bytes[LAST_WORDS_MAX];
        bool ready = wait_readable(fd, deadline);
        ssize_t n = ready ? read(fd, bytes, sizeof(bytes)) : 0;
        words[length] = '\0';
        if (n <= 0)
            return ready;
        size_t room = LAST_WORDS_MAX - (size_t)n;
        size_t drop = length > room ? length - room : 0;
        memmove(words, words + drop, length - drop);
        memcpy(words + length - drop, bytes, (size_t)n);
        length += (size_t)n - drop;
    }
}

/* The last line of what the script said. */
static const char *last_line(char *words)
{
    size_t length = strlen(words);
    while (length > 0 && words[length - 1] == '\n')
        words[--length] = '\0';
    const char *newline = strrchr(words, '\n');
    return newline ? newline + 1 : words;
}

static int follow(pid_t child, int output, struct error *err)
{
    char words[LAST_WORDS_MAX + 1];
    int status;
    bool ended = listen_to(output, words, now_ns() + DEADLINE_S * NS_PER_S);
    if (!ended)
        kill(child, SIGKILL);
    if (waitpid(child, &status, 0) != child)
        return error_errno(err, "--ftrace: cannot wait for the script");
    if (!ended)
        return error_set(err, "--ftrace: the script did not end within %d s", DEADLINE_S);
    log_debug("ftrace: %s", words);
    if (status == 0)
        return 0;
    const char *line = last_line(words);
    return error_set(
        err, "--ftrace: the script ended with %s %d%s%s", WIFSIGNALED(status) ? "signal" : "status",
        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), line[0] ? ": " : "", line);
}

int ftrace_run(const char *script, struct error *err)
{
    static const struct mount_option none[] = {{0}};
    int output[2];
    if (mount_new("tracefs", none, MOUNT_CONFINED, TRACING, err) < 0)
        return error_wrap(err, "--ftrace: this guest's kernel has no tracing (breeder build "
                               "--config tracing makes one that has)");
    if (pipe2(output, O_CLOEXEC) < 0)
        return error_errno(err, "cannot make a pipe");
    AUTO_CLOSE int read_end = output[0];
    pid_t child = fork();
    if (child == 0)
        be_shell(script, output[1]);
    close(output[1]);
    return child < 0 ? error_errno(err, "cannot fork") : follow(child, read_end, err);
}
