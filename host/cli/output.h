/*
 * Text on standard output, for the commands that print.
 */
#ifndef VMC_HOST_CLI_OUTPUT_H
#define VMC_HOST_CLI_OUTPUT_H

#include <json-c/json.h>

#include "common/error.h"

/*
 * Prints text wrapped at blanks to 80 columns, and a newline. Lines after the first start at
 * indent; the first one goes on at column, and on a new line if that is beyond indent - 2.
 */
void output_wrapped(const char *text, int indent, int column);

void output_json(struct json_object *object);

/* One a line. */
void output_lines(char *const *lines, int count);

/* Flushes; fails if something could not be written, for instance on a full disk. */
int output_finish(struct error *err);

#endif
