/* lookup: what it costs to look a key up in an index, beside what memory and two peers need for the same.
 *
 * Keys are drawn at random from the index itself, in the random order in which they are then looked up; misses are the
 * same keys with their last character changed. The index is populated and warm, and its record's key is compared in
 * every look-up, as index_find does. What it is held against, in the same run:
 *
 *     dependent load      one random 8-byte load from the same file's mapping, each address known only after the last
 *     independent load    the same, addresses known beforehand, so that the processor overlaps them
 *     tinycdb, LMDB       the same keys with a row's position as value, in their own files, warm as well
 *
 * Single look-ups are chained, like dependent loads: which key is next is known only after the last was found.
 * A goal is never a failure here: what is printed is for a person, or for a program that compares runs.
 *
 * Exit codes: 0, 64 usage, 65 the index, 70 memory or a peer. */
#include <cdb.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/index.h"
#include "tools/random.h"

enum { EXIT_USAGE = 64, EXIT_DATA = 65, EXIT_INTERNAL = 70 };
enum { QUERIES = 1 << 20, BATCH = 512, KEY_ROOM = 32, ROUNDS = 3 };

static const char usage[] =
    "Usage: bench-lookup INDEX KIND FOLDER\n"
    "\n"
    "Looks keys of KIND (ISIN, SYMBOL, ...) up; the peers' files are made in FOLDER and removed.\n";

struct key {
    uint8_t len;
    char bytes[KEY_ROOM - 1];
};

struct bench {
    struct index *index;
    enum identifier_kind kind;
    enum master_role role;
    struct key *hits; /* QUERIES of them, and so the misses */
    struct key *misses;
    const unsigned char *memory; /* the index file, mapped once more */
    size_t memory_len;
    const char *folder;
};

/* A look-up of one key; returns something that depends on what was found, and is below 2. */
typedef size_t (*lookup)(void *context, const struct key *key);

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int complain(int code, const char *what)
{
    fprintf(stderr, "bench-lookup: %s\n", what);
    return code;
}

/* ---- keys ---- */

static struct slice key_slice(const struct key *key)
{
    return slice_make(key->bytes, key->len);
}

static bool take_key(struct bench *b, size_t at, struct slice value)
{
    struct key *hit = &b->hits[at], *miss = &b->misses[at];

    if (value.len == 0 || value.len > sizeof hit->bytes)
        return false;
    hit->len = (uint8_t)value.len;
    memcpy(hit->bytes, value.ptr, value.len);
    *miss = *hit;
    miss->bytes[value.len - 1] = '-'; /* no key ends so, yet it may be in one */
    return true;
}

/* A sample of the index's keys: the first QUERIES, later ones in place of random earlier ones (Vitter's algorithm R).
 * `add` is told of every key. */
static size_t collect_keys(struct bench *b, struct random *random,
                           bool (*add)(void *context, struct slice key, uint64_t row), void *context)
{
    struct security s;
    uint64_t position = 0;
    size_t keys = 0;

    for (uint64_t row = 0; index_walk(b->index, &position, &s); row++) {
        size_t at = keys < QUERIES ? keys : (size_t)random_below(random, keys + 1);

        if (s.value[b->role].len == 0 || !add(context, s.value[b->role], row))
            continue;
        if (at >= QUERIES || take_key(b, at, s.value[b->role]))
            keys++;
    }
    for (size_t i = keys < QUERIES ? keys : QUERIES; i < QUERIES && keys > 0; i++) {
        b->hits[i] = b->hits[i % keys];
        b->misses[i] = b->misses[i % keys];
    }
    return keys;
}

static void shuffle(struct bench *b, struct random *random)
{
    for (size_t i = QUERIES - 1; i > 0; i--) {
        size_t j = (size_t)random_below(random, i + 1);
        struct key hit = b->hits[i], miss = b->misses[i];

        b->hits[i] = b->hits[j];
        b->misses[i] = b->misses[j];
        b->hits[j] = hit;
        b->misses[j] = miss;
    }
}

/* ---- peers ---- */

struct peers {
    struct cdb_make making;
    struct cdb cdb;
    int cdb_fd;
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    bool failed;
};

static bool add_to_peers(void *context, struct slice key, uint64_t row)
{
    struct peers *p = context;
    char bytes[KEY_ROOM];
    MDB_val k = {key.len, bytes}, v = {sizeof row, &row};
    int status;

    if (key.len > sizeof bytes)
        return false;
    memcpy(bytes, key.ptr, key.len); /* LMDB wants it without const */
    status = mdb_put(p->txn, p->dbi, &k, &v, MDB_NOOVERWRITE);
    if (status == MDB_KEYEXIST)
        return false;
    if (status != 0 || cdb_make_add(&p->making, key.ptr, (unsigned)key.len, &row, sizeof row) != 0)
        p->failed = true;
    return true;
}

static int create_peers(struct peers *p, const char *folder)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/bench.cdb", folder);
    p->cdb_fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    snprintf(path, sizeof path, "%s/bench.lmdb", folder);
    if (p->cdb_fd < 0 || cdb_make_start(&p->making, p->cdb_fd) != 0 || mdb_env_create(&p->env) != 0 ||
        mdb_env_set_mapsize(p->env, (size_t)64 << 30) != 0 ||
        mdb_env_open(p->env, path, MDB_NOSUBDIR | MDB_NOSYNC | MDB_WRITEMAP, 0600) != 0 ||
        mdb_txn_begin(p->env, NULL, 0, &p->txn) != 0 || mdb_dbi_open(p->txn, NULL, 0, &p->dbi) != 0)
        return -1;
    return 0;
}

static int finish_peers(struct peers *p)
{
    if (p->failed || cdb_make_finish(&p->making) != 0 || cdb_init(&p->cdb, p->cdb_fd) != 0 ||
        mdb_txn_commit(p->txn) != 0 || mdb_txn_begin(p->env, NULL, MDB_RDONLY, &p->txn) != 0)
        return -1;
    return 0;
}

static void remove_peers(struct peers *p, const char *folder)
{
    static const char *const names[] = {"bench.cdb", "bench.lmdb", "bench.lmdb-lock"};
    char path[4096];

    if (p->env != NULL)
        mdb_env_close(p->env);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
}

static size_t find_in_cdb(void *context, const struct key *key)
{
    struct peers *p = context;
    uint64_t row = 0;

    if (cdb_find(&p->cdb, key->bytes, key->len) <= 0)
        return 1;
    cdb_read(&p->cdb, &row, sizeof row, cdb_datapos(&p->cdb));
    return row == UINT64_MAX;
}

static size_t find_in_lmdb(void *context, const struct key *key)
{
    struct peers *p = context;
    struct key copy = *key; /* LMDB wants it without const */
    MDB_val k = {copy.len, copy.bytes}, v;
    uint64_t row;

    if (mdb_get(p->txn, p->dbi, &k, &v) != 0)
        return 1;
    memcpy(&row, v.mv_data, sizeof row);
    return row == UINT64_MAX;
}

/* ---- measuring ---- */

static size_t find_in_index(void *context, const struct key *key)
{
    struct bench *b = context;
    struct index_cursor cursor;

    index_find(b->index, b->kind, key_slice(key), &cursor);
    return cursor.count == 0;
}

static size_t find_and_read(void *context, const struct key *key)
{
    struct bench *b = context;
    struct index_cursor cursor;
    struct security s;

    index_find(b->index, b->kind, key_slice(key), &cursor);
    return !index_next(&cursor, &s) || s.row_offset == UINT64_MAX;
}

/* Nanoseconds a look-up: the best of some rounds. Each result takes part in which key comes next, so that no look-up
 * starts before the one ahead of it has ended; `missing` is what it has to be. */
static double time_chained(lookup call, void *context, const struct key *keys, size_t missing, size_t *wrong)
{
    double best = 1e30;

    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds_now();
        size_t bad = 0;

        for (size_t i = 0; i < QUERIES; i++) {
            size_t result = call(context, &keys[i]) ^ missing;

            bad += result;
            __asm__("" : "+r"(result)); /* the compiler may not know that it is below 2 */
            i += result & 2;            /* 0, which only the processor has to wait for */
        }
        *wrong += bad;
        start = (seconds_now() - start) / QUERIES * 1e9;
        best = start < best ? start : best;
    }
    return best;
}

static double time_batched(struct bench *b, const struct key *keys, bool read, size_t missing, size_t *wrong)
{
    static struct index_lookup lookups[BATCH];
    struct security s;
    double best = 1e30;

    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds_now();

        for (size_t at = 0; at < QUERIES; at += BATCH) {
            for (size_t i = 0; i < BATCH; i++)
                lookups[i] = (struct index_lookup){.kind = b->kind, .key = key_slice(&keys[at + i])};
            index_find_batch(b->index, lookups, BATCH);
            for (size_t i = 0; i < BATCH; i++)
                *wrong += (read ? !index_next(&lookups[i].cursor, &s) : lookups[i].cursor.count == 0) != missing;
        }
        start = (seconds_now() - start) / QUERIES * 1e9;
        best = start < best ? start : best;
    }
    return best;
}

static uint64_t load(const struct bench *b, uint64_t random)
{
    uint64_t word;

    memcpy(&word, b->memory + (size_t)(((unsigned __int128)random * (b->memory_len / 8)) >> 64) * 8, sizeof word);
    return word;
}

/* Nanoseconds a load. With `chained` the next address needs the last word. */
static double time_loads(const struct bench *b, struct random *random, bool chained)
{
    uint64_t *addresses = malloc(QUERIES * sizeof *addresses);
    volatile uint64_t sink;
    double best = 1e30;

    for (size_t i = 0; addresses != NULL && i < QUERIES; i++)
        addresses[i] = random_next(random);
    for (int round = 0; addresses != NULL && round < ROUNDS; round++) {
        double start = seconds_now();
        uint64_t sum = 0;

        if (chained)
            for (size_t i = 0; i < QUERIES; i++)
                sum = load(b, addresses[i] ^ (sum & 1) << 63);
        else
            for (size_t i = 0; i < QUERIES; i++)
                sum += load(b, addresses[i]);
        sink = sum;
        (void)sink;
        start = (seconds_now() - start) / QUERIES * 1e9;
        best = start < best ? start : best;
    }
    free(addresses);
    return best;
}

/* The ratio says how many times better than the peer ours is: a third where ours may cost three times as much. */
static void print_measure(const char *name, double ours, const char *peer, double theirs, double goal)
{
    printf("measure %s ours %.1f ns peer %s %.1f ns ratio %.3f goal %.3f\n", name, ours, peer, theirs, theirs / ours,
           goal);
}

static size_t measure(struct bench *b, struct peers *p, struct random *random)
{
    size_t wrong = 0;
    double dependent = time_loads(b, random, true);
    double independent = time_loads(b, random, false);
    double single = time_chained(find_in_index, b, b->hits, 0, &wrong);
    double single_miss = time_chained(find_in_index, b, b->misses, 1, &wrong);
    double batched = time_batched(b, b->hits, false, 0, &wrong);
    double batched_miss = time_batched(b, b->misses, false, 1, &wrong);
    double cdb = time_chained(find_in_cdb, p, b->hits, 0, &wrong);
    double lmdb = time_chained(find_in_lmdb, p, b->hits, 0, &wrong);

    print_measure("lookup-single", single, "dependent-load", dependent, 1.0 / 3);
    print_measure("lookup-batched", batched, "independent-load", independent, 1.0 / 3);
    print_measure("lookup-single-miss", single_miss, "lookup-single", single, 1);
    print_measure("lookup-batched-miss", batched_miss, "lookup-batched", batched, 1);
    print_measure("lookup-single", single, "tinycdb", cdb, 5);
    print_measure("lookup-batched", batched, "tinycdb", cdb, 5);
    print_measure("lookup-single", single, "lmdb", lmdb, 15);
    print_measure("lookup-batched", batched, "lmdb", lmdb, 15);
    printf("with the record read: single %.1f ns, batched %.1f ns\n",
           time_chained(find_and_read, b, b->hits, 0, &wrong), time_batched(b, b->hits, true, 0, &wrong));
    return wrong;
}

/* ---- setting up ---- */

static int map_memory(struct bench *b, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *memory;

    if (fd < 0 || fstat(fd, &st) != 0)
        return -1;
    memory = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    close(fd);
    b->memory = memory;
    b->memory_len = (size_t)st.st_size;
    return memory == MAP_FAILED ? -1 : 0;
}

static int set_up(struct bench *b, const char *path, const char *kind)
{
    struct index_open_options options = {.populate = true};
    struct error e;

    b->kind = identifier_kind_from_name(slice_of(kind));
    while (b->role < MASTER_ROLE_COUNT && master_role_kind(b->role) != b->kind)
        b->role++;
    if (b->kind == IDENTIFIER_UNKNOWN || b->role == MASTER_ROLE_COUNT)
        return complain(EXIT_USAGE, "this is no kind of key");
    if (index_open(path, &options, &b->index, &e) != 0)
        return complain(EXIT_DATA, e.text);
    b->hits = malloc(QUERIES * sizeof *b->hits);
    b->misses = malloc(QUERIES * sizeof *b->misses);
    if (b->hits == NULL || b->misses == NULL || map_memory(b, path) != 0)
        return complain(EXIT_INTERNAL, "no memory");
    return 0;
}

static int run(struct bench *b)
{
    struct random random = random_at(7, RANDOM_ROW, 0);
    struct peers peers = {.cdb_fd = -1};
    int status = EXIT_INTERNAL;

    if (create_peers(&peers, b->folder) != 0) {
        (void)complain(EXIT_INTERNAL, "a peer's file cannot be made");
    } else {
        size_t keys = collect_keys(b, &random, add_to_peers, &peers), wrong;

        shuffle(b, &random);
        printf("%zu keys of %s, %d look-ups of them at random\n", keys, identifier_kind_name(b->kind), QUERIES);
        if (keys == 0 || finish_peers(&peers) != 0)
            (void)complain(EXIT_INTERNAL, "a peer's file cannot be finished");
        else if ((wrong = measure(b, &peers, &random)) > 0)
            fprintf(stderr, "bench-lookup: %zu wrong results\n", wrong);
        else
            status = 0;
    }
    remove_peers(&peers, b->folder);
    return status;
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    int status;

    if (argc != 4) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    bench.folder = argv[3];
    status = set_up(&bench, argv[1], argv[2]);
    if (status == 0)
        status = run(&bench);
    index_close(bench.index);
    free(bench.hits);
    free(bench.misses);
    return status;
}
