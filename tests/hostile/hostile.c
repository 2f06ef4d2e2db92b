/*
 *     vmc-hostile leave CANARY SEED end|stay    prints "ready"; ends with status 7, or stays
 *     vmc-hostile attack CANARY FILES [full]    prints "NAME RESULT" for each attempt; full: also
 *                                               of filling a file system that has a size
 */
#include "hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 5 && strcmp(argv[1], "leave") == 0) {
        leave_tree(argv[2], (unsigned)atoi(argv[3]));
        puts("ready");
        while (strcmp(argv[4], "stay") == 0)
            pause();
        return 7;
    }
    if (argc < 4 || strcmp(argv[1], "attack") != 0)
        return 2;
    attack_files(argv[2], (unsigned)atoi(argv[3]));
    if (argc == 5)
        fill_up();
    return 0;
}
