/*
 * Runs a fuzz target over a corpus, without libFuzzer: every file of the directory argv[1], and
 * some truncations of each, in a fixed order.
 */
#include <dirent.h>
#include <string.h>

#include "common/util.h"
#include "tests/fuzz/fuzz.h"

#define INPUT_MAX (1u << 20)
#define CUTS 8

/* From a buffer of exactly this size, so that the address sanitizer sees a read past it. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size);
    FUZZ_CHECK(copy || size == 0);
    if (size > 0)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_file(const char *path)
{
    static uint8_t bytes[INPUT_MAX];
    FILE *file = fopen(path, "re");
    if (!file) {
        perror(path);
        exit(1);
    }
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    run(bytes, size);
    for (size_t i = 0; i < CUTS; i++)
        run(bytes, size * i / CUTS);
    for (size_t cut = 1; cut <= CUTS && cut <= size; cut++)
        run(bytes, size - cut);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 1;
    }
    struct dirent **entries = NULL;
    int count = scandir(argv[1], &entries, is_visible, alphasort);
    if (count < 0) {
        perror(argv[1]);
        return 1;
    }
    for (int i = 0; i < count; i++) {
        AUTO_FREE char *path = xasprintf("%s/%s", argv[1], entries[i]->d_name);
        run_file(path);
        free(entries[i]);
    }
    free(entries);
    printf("%s: %d inputs\n", argv[1], count);
    if (count == 0)
        return 1;
    printf("[  PASSED  ] 1 test(s).\n");
    return 0;
}
