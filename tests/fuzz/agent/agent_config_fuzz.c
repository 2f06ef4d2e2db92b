/* The agent's configuration, the container's shape and a process: the input is the JSON of one. */
#include <string.h>

#include "common/container_config.h"
#include "tests/fuzz/fuzz.h"

static void parse_shape(const char *text, size_t size)
{
    struct error err = ERROR_INIT;
    struct agent_config config = {0};
    if (container_shape_parse(text, size, &config.shape, &err) < 0)
        FUZZ_CHECK(err.text[0]);
    FUZZ_CHECK(is_container(&config.shape) || !config.shape.userns);
    agent_config_free(&config);
}

static void check_process(const struct process_config *process)
{
    FUZZ_CHECK(process->args.count > 0 && process->cwd && process->cwd[0] == '/');
    for (size_t i = 0; i < process->env.count; i++)
        FUZZ_CHECK(strchr(process->env.items[i], '='));
}

static void parse_process(const char *text, size_t size)
{
    struct error err = ERROR_INIT;
    struct process_config process = {0};
    if (process_config_parse(text, size, &process, &err) < 0)
        FUZZ_CHECK(err.text[0]);
    else
        check_process(&process);
    process_config_free(&process);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = ERROR_INIT;
    struct agent_config config = {0};
    parse_shape((const char *)data, size);
    parse_process((const char *)data, size);
    if (agent_config_parse((const char *)data, size, &config, &err) < 0) {
        FUZZ_CHECK(err.text[0]);
        return 0;
    }
    check_process(&config.process);
    FUZZ_CHECK(config.time_ns >= 0);
    agent_config_free(&config);
    return 0;
}
