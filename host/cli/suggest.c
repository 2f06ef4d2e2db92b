#include "host/cli/suggest.h"

#include <stdint.h>
#include <string.h>

#define NAME_LENGTH_MAX 31

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance between two words of at most NAME_LENGTH_MAX characters. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t row[NAME_LENGTH_MAX + 1];

    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t above = row[j];
            size_t replace = diagonal + (a[i - 1] != b[j - 1]);

            row[j] = min_size(replace, min_size(above, row[j - 1]) + 1);
            diagonal = above;
        }
    }
    return row[b_length];
}

/* More differences than this make another word: a third of its letters. */
static size_t most_differences(size_t length)
{
    return length / 3;
}

/* The beginning of a name counts as near, since people abbreviate. */
size_t unlikeness(const char *word, size_t length, const char *name)
{
    size_t name_length = strlen(name);

    if (length > NAME_LENGTH_MAX || name_length > NAME_LENGTH_MAX)
        return SIZE_MAX;
    if (length > 2 && length < name_length && strncmp(word, name, length) == 0)
        return 1;
    size_t distance = edit_distance(word, length, name, name_length);
    return distance <= most_differences(length) ? distance : SIZE_MAX;
}
