#include "host/base/object_name.h"

#include <string.h>

#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

int object_name_check(const char *what, const char *name, struct error *err)
{
    size_t length = strlen(name);
    if (length < 2 || length > OBJECT_NAME_MAX || strspn(name, ALPHANUMERIC) == 0 ||
        strspn(name, ALPHANUMERIC "_.-") != length)
        return error_set(err,
                         "%s '%s' is not a name (a letter or a digit, then letters, digits, '_', "
                         "'.' and '-', 2 to %d in all)",
                         what, name, OBJECT_NAME_MAX);
    return 0;
}
