/* vmc version: the versions of vmc and of its protocol. */
#include <stdio.h>

#include "common/protocol.h"
#include "host/base/json.h"
#include "host/cli/output.h"
#include "host/command/commands.h"

int cmd_version(const struct request *req, int *ret_status, struct error *err)
{
    if (request_has(req, OPTION_JSON)) {
        struct json_object *version = json_object_new_object();

        json_add_string(version, "version", VMC_VERSION);
        json_add_number(version, "protocol", PROTOCOL_VERSION);
        output_json(version);
        json_object_put(version);
    } else {
        printf("vmc %s\n", VMC_VERSION);
    }
    *ret_status = 0;
    return output_finish(err);
}
