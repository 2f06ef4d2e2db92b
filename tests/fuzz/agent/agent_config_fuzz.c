/* The agent's configuration, and the container's shape: the input is the JSON text of either. */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = ERROR_INIT;
    struct agent_config config = {0};
    parse_shape((const char *)data, size);
    if (agent_config_parse((const char *)data, size, &config, &err) < 0) {
        FUZZ_CHECK(err.text[0]);
        return 0;
    }
    FUZZ_CHECK(config.args.count > 0 && config.cwd && config.cwd[0] == '/');
    FUZZ_CHECK(config.time_ns >= 0);
    for (size_t i = 0; i < config.env.count; i++)
        FUZZ_CHECK(strchr(config.env.items[i], '='));
    agent_config_free(&config);
    return 0;
}
