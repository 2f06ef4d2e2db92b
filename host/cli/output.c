#include "host/cli/output.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 79

static void start_line(int indent)
{
    printf("\n%*s", indent, "");
}

void output_wrapped(const char *text, int indent, int column)
{
    if (column + 2 > indent && column > 0)
        start_line(indent);
    else
        printf("%*s", indent - column, "");
    column = indent;
    while (*text) {
        int length = (int)strcspn(text, " ");

        if (column > indent && column + 1 + length > WIDTH) {
            start_line(indent);
            column = indent;
        }
        column += printf("%s%.*s", column > indent ? " " : "", length, text);
        text += length;
        text += strspn(text, " ");
    }
    putchar('\n');
}

void output_json(struct json_object *object)
{
    puts(json_object_to_json_string_ext(object,
                                        JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
}

void output_lines(char *const *lines, int count)
{
    for (int i = 0; i < count; i++)
        puts(lines[i]);
}

int output_finish(struct error *err)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        return error_errno(err, "cannot write to standard output");
    return 0;
}
