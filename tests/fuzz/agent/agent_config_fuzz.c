/*
 * The agent's configuration, the container's shape and a process: the input is the JSON of one.
 * What is read can be written, and that text says the same.
 */
#include <string.h>

#include "common/container_config.h"
#include "tests/fuzz/fuzz.h"

static void parse_shape(const char *json, size_t size)
{
    struct error err = ERROR_INIT;
    struct container_shape shape = {0}, again = {0};
    if (container_shape_parse(json, size, &shape, &err) < 0) {
        FUZZ_CHECK(err.text[0]);
        return;
    }
    FUZZ_CHECK(is_container(&shape) || !shape.userns);
    AUTO_FREE char *text = container_shape_text(&shape);
    FUZZ_CHECK(container_shape_parse(text, strlen(text), &again, &err) == 0);
    AUTO_FREE char *same = container_shape_text(&again);
    FUZZ_CHECK(strcmp(text, same) == 0);
    container_shape_free(&shape);
    container_shape_free(&again);
}

static void check_process(const struct process_config *process)
{
    FUZZ_CHECK(process->args.count > 0 && (!process->cwd || process->cwd[0] == '/'));
    for (size_t i = 0; i < process->env.count; i++)
        FUZZ_CHECK(strchr(process->env.items[i], '='));
}

static void parse_process(const char *json, size_t size)
{
    struct error err = ERROR_INIT;
    struct process_config process = {0}, again = {0};
    if (process_config_parse(json, size, &process, &err) < 0) {
        FUZZ_CHECK(err.text[0]);
        return;
    }
    check_process(&process);
    AUTO_FREE char *text = process_config_text(&process);
    FUZZ_CHECK(process_config_parse(text, strlen(text), &again, &err) == 0);
    AUTO_FREE char *same = process_config_text(&again);
    FUZZ_CHECK(strcmp(text, same) == 0);
    process_config_free(&process);
    process_config_free(&again);
}

static void parse_config(const char *json, size_t size)
{
    struct error err = ERROR_INIT;
    struct agent_config config = {0}, again = {0};
    if (agent_config_parse(json, size, &config, &err) < 0) {
        FUZZ_CHECK(err.text[0]);
        return;
    }
    check_process(&config.process);
    FUZZ_CHECK(config.time_ns >= 0);
    AUTO_FREE char *text = agent_config_text(&config);
    FUZZ_CHECK(agent_config_parse(text, strlen(text), &again, &err) == 0);
    AUTO_FREE char *same = agent_config_text(&again);
    FUZZ_CHECK(strcmp(text, same) == 0);
    agent_config_free(&config);
    agent_config_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse_shape((const char *)data, size);
    parse_process((const char *)data, size);
    parse_config((const char *)data, size);
    return 0;
}
