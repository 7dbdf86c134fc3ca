/*
 * keeper_runner fill DIR N BYTES: a store with N accounts whose tokens, of so many bytes,
 * end within the next hour.
 *
 * keeper_runner run DIR: starts over it as the daemon does, in a world of its own time,
 * and renews tokens for a while at a vendor that answers at once; prints lines "NAME
 * FIGURE".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/mem.h"
#include "bench/clock.h"
#include "directory/directory_credential.h"
#include "directory/directory_state.h"
#include "keeper/keeper.h"
#include "tests/support/false_world.h"

#define MASTER_KEY "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

static const char document[] =
    "{\"name\":\"acme\",\"hosts\":[\"api.acme.test\"],"
    "\"base_url\":\"https://api.acme.test\",\"auth\":{\"scheme\":\"bearer\",\"token\":{"
    "\"grant\":\"authorization_code\",\"authorize_url\":\"https://id.acme.test/auth\","
    "\"url\":\"https://id.acme.test/token\",\"client\":\"body\"}}}";

enum {
    TOKEN_BYTES_MAX = 4000,
    REFRESH_TOKEN_BYTES = 100,
    SAMPLE = 1000,
    LENGTHS_US = 5000,
    CONTROL_ADDITIONS = 35000
};

struct bench {
    struct false_world world;
    struct false_loop loop;
    struct worker *worker;
    struct arena arena;
    struct keyring *keyring;
    struct store *store;
    struct directory *directory;
    struct catalog *catalog;
    struct keeper *keeper;
    struct log log;
    uint64_t answered;
    int accounts; /* to be made */
    char token[TOKEN_BYTES_MAX];
    int token_bytes;
};

static void drop_line(void *arg, str line)
{
    (void)arg;
    (void)line;
}

static usec no_wall(void *arg)
{
    (void)arg;
    return 0;
}

static void end(const char *what, str why)
{
    fprintf(stderr, "%s: " STR_F "\n", what, STR_A(why));
    exit(1);
}

static void init(struct bench *bench, const char *dir)
{
    str why = STR("");
    mem_share_heap();
    crypto_start();
    arena_init(&bench->arena, 1 << 16, (size_t)1 << 30);
    memset(bench->token, 'x', sizeof(bench->token));
    bench->log = (struct log){
        .level = LOG_ERROR, .sink = drop_line, .wall = no_wall, .arg = bench};
    false_world_init(&bench->world, 1);
    false_loop_init(&bench->loop, &bench->world, 1);
    bench->worker = false_loop_worker(&bench->loop, 0);
    bench->keyring = keyring_create(STR(MASTER_KEY), &bench->arena, &why);
    mkdir(dir, 0700);
    bench->store = store_open(STR("sqlite"), str_z(dir), &bench->arena, &why);
    if (!bench->store)
        end("store", why);
    bench->directory = directory_open(bench->store, bench->keyring, &bench->world.world,
                                      &bench->arena, &why);
    if (!bench->directory)
        end("directory", why);
    bench->catalog = catalog_open(bench->store, STR_NONE, &bench->world.world,
                                  &bench->log, &bench->arena, &why);
    if (!bench->catalog)
        end("catalog", why);
    catalog_join(bench->catalog, bench->worker);
}

static void fini(struct bench *bench)
{
    catalog_leave(bench->catalog, bench->worker);
    false_loop_idle(&bench->loop);
    catalog_close(&bench->catalog);
    directory_close(&bench->directory);
    store_close(&bench->store);
    keyring_destroy(&bench->keyring);
    false_loop_fini(&bench->loop);
    arena_fini(&bench->arena);
}

/* --- fill --- */

struct filling {
    struct store_op op;
    struct bench *bench;
    str environment;
};

static enum err insert_rows(struct tx *tx, const struct filling *filling,
                            struct arena *arena, str id)
{
    static const struct statement account = {
        "INSERT INTO account (id, environment, integration, name, labels, context, "
        "state, concurrency_max, credential_version, created, updated) "
        "VALUES ($1, $2, 'acme', 'A customer', '{}', '{}', 'active', 0, 1, 1, 1)"};
    static const struct statement data_key = {
        "INSERT INTO data_key (owner, master_key, sealed) VALUES ($1, 'k1', $2)"};
    static const struct statement credential = {
        "INSERT INTO credential (account, version, sealed, created) "
        "VALUES ($1, 1, $2, 1)"};
    static const struct statement token = {
        "INSERT INTO token (account, issued, expires, refresh_expires, learned, "
        "refreshed, tried, failures, intent, lease_until, fence) "
        "VALUES ($1, $2, $3, 0, 0, $2, $2, 0, 0, 0, 1)"};
    struct bench *bench = filling->bench;
    usec left = 4 * USEC_MIN + world_jitter(&bench->world.world, 56 * USEC_MIN);
    usec wall = world_wall(&bench->world.world);
    struct data_key key = {id, keyring_new_data_key(bench->keyring, id, arena)};
    struct credential items[] = {
        {STR("client_id"), {(char *)(uintptr_t) "breakwater", 10}},
        {STR("client_secret"), {(char *)(uintptr_t) "a secret", 8}},
        {STR("token"), {bench->token, (size_t)bench->token_bytes}},
        {STR("refresh_token"), {bench->token, REFRESH_TOKEN_BYTES}}};
    struct credential_set set = {items, COUNT_OF(items), 1};
    str sealed;
    if (!directory_seal_credentials(bench->keyring, &key, &set, arena, &sealed))
        return ERR_INTERNAL;
    struct value of_account[] = {V_TEXT(id), V_TEXT(filling->environment)};
    struct value of_key[] = {V_TEXT(id), V_BLOB(key.sealed)};
    struct value of_credential[] = {V_TEXT(id), V_BLOB(sealed)};
    struct value of_token[] = {V_TEXT(id), V_INT(wall + left - USEC_H),
                               V_INT(wall + left)};
    enum err err = tx_exec(tx, &account, of_account, 2, NULL);
    if (err == ERR_NONE)
        err = tx_exec(tx, &data_key, of_key, 2, NULL);
    if (err == ERR_NONE)
        err = tx_exec(tx, &credential, of_credential, 2, NULL);
    return err == ERR_NONE ? tx_exec(tx, &token, of_token, 3, NULL) : err;
}

static enum err run_filling(struct tx *tx, struct store_op *op)
{
    struct filling *filling = CONTAINER_OF(op, struct filling, op);
    enum err err = ERR_NONE;
    struct arena arena;
    arena_init(&arena, 1 << 16, 1 << 20);
    for (int i = 0; i < filling->bench->accounts && err == ERR_NONE; i++) {
        char id[TENANT_ID_BYTES];
        world_name(&filling->bench->world.world, "acc_", id);
        arena_reset(&arena);
        err = insert_rows(tx, filling, &arena, str_z(id));
    }
    arena_fini(&arena);
    return err;
}

static void on_put(struct catalog_change *change)
{
    *(bool *)change->owner = true;
}

static void put_document(struct bench *bench)
{
    bool done = false;
    struct catalog_change change = {.kind = CATALOG_PUT,
                                    .catalog = bench->catalog,
                                    .worker = bench->worker,
                                    .done = on_put,
                                    .owner = &done,
                                    .arena = &bench->arena,
                                    .name = STR("acme"),
                                    .text = str_z(document)};
    catalog_change(&change);
    if (!false_loop_wait(&bench->loop, &done) || change.err != ERR_NONE)
        end("document", change.detail);
}

static struct change new_change(struct bench *bench, enum change_kind kind)
{
    return (struct change){.kind = kind,
                           .directory = bench->directory,
                           .arena = &bench->arena,
                           .name = STR("a name"),
                           .concurrency_max = -1,
                           .environment_n = -1};
}

static void fill(struct bench *bench)
{
    struct change stage = new_change(bench, CHANGE_STAGE_CREATE);
    directory_change_now(&stage);
    struct change environment = new_change(bench, CHANGE_ENVIRONMENT_CREATE);
    environment.stage_id = tenant_id_str(&stage.new_id);
    directory_change_now(&environment);
    put_document(bench);
    struct filling filling = {.op = {.kind = STORE_FULL, .run = run_filling},
                              .bench = bench,
                              .environment = tenant_id_str(&environment.new_id)};
    if (store_run(bench->store, &filling.op) != ERR_NONE)
        end("fill", store_last_fault(bench->store, &bench->arena));
}

/* --- run --- */

struct vendor {
    struct post post;
    struct token_fetch *fetch;
    struct bench *bench;
};

static void on_answer(struct post *post)
{
    struct vendor *vendor = CONTAINER_OF(post, struct vendor, post);
    struct token_fetch *fetch = vendor->fetch;
    struct bench *bench = vendor->bench;
    mem_free(vendor);
    if (!fetch)
        return; /* abandoned */
    struct headers *headers = arena_alloc(fetch->arena, sizeof(*headers));
    headers_init(headers, fetch->arena, 1);
    fetch->answer = (struct answer){.status = 200, .headers = headers};
    fetch->answer.text =
        arena_printf(fetch->arena,
                     "{\"access_token\":\"%.*s\",\"refresh_token\":"
                     "\"%.*s\",\"expires_in\":3600}",
                     bench->token_bytes, bench->token, REFRESH_TOKEN_BYTES, bench->token);
    bench->answered++;
    fetch->done(fetch);
}

static void fetch_start(void *arg, struct token_fetch *fetch)
{
    struct vendor *vendor = mem_alloc(sizeof(*vendor));
    *vendor = (struct vendor){.fetch = fetch, .bench = arg};
    fetch->work = vendor;
    worker_defer(fetch->worker, &vendor->post, on_answer);
}

static void fetch_abandon(struct token_fetch *fetch)
{
    struct vendor *vendor = fetch->work;
    vendor->fetch = NULL;
}

static double thread_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

static double resident_mb(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &pages, &resident) != 2)
        end("memory", STR("/proc/self/statm cannot be read"));
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

/* How long pieces of work took, by the CPU of their thread. */
struct lengths {
    uint32_t counts[LENGTHS_US]; /* by microseconds; the last has all that is longer */
    uint64_t n, over;            /* all of them; those of more than a millisecond */
    double longest;              /* microseconds */
};

static void note_length(struct lengths *lengths, double us)
{
    size_t at = us < LENGTHS_US - 1 ? (size_t)us : LENGTHS_US - 1;
    lengths->counts[at]++;
    lengths->n++;
    lengths->over += us > 1000;
    lengths->longest = us > lengths->longest ? us : lengths->longest;
}

/* What `share` of them did not exceed, in microseconds. */
static size_t length_of(const struct lengths *lengths, double share)
{
    size_t at = 0;
    uint64_t n = lengths->counts[0];
    while (at < LENGTHS_US - 1 && (double)n < share * (double)lengths->n)
        n += lengths->counts[++at];
    return at + 1;
}

static void print_lengths(const char *what, const struct lengths *lengths)
{
    printf("%s_us %.0f\n", what, lengths->longest);
    printf("%s_p999_us %zu\n", what, length_of(lengths, 0.999));
    printf("%s_over %llu of %llu\n", what, (unsigned long long)lengths->over,
           (unsigned long long)lengths->n);
}

/* A sum whose work is the same each time, about as much as a turn: whatever makes one of
 * them longer is the machine's. */
static void note_control(struct lengths *lengths)
{
    volatile uint64_t sum = 0;
    double began = thread_us();
    for (uint64_t i = 0; i < CONTROL_ADDITIONS; i++)
        sum += i;
    note_length(lengths, thread_us() - began);
}

struct turns {
    struct lengths turns, controls;
};

static bool has_work(const struct worker *worker, usec now)
{
    struct heap_node *least = heap_least((struct heap *)&worker->timers);
    return worker->local_first || atomic_load(&worker->remote) ||
           (least && least->key <= now);
}

static usec turn(struct bench *bench, struct turns *turns)
{
    if (!has_work(bench->worker, world_now(&bench->world.world)))
        return worker_turn(bench->worker);
    double began = thread_us();
    usec due = worker_turn(bench->worker);
    note_length(&turns->turns, thread_us() - began);
    note_control(&turns->controls);
    return due;
}

/* Turns until `n` more exchanges have been answered. */
static struct turns *take_turns(struct bench *bench, uint64_t n)
{
    uint64_t until = bench->answered + n;
    struct turns *turns = arena_zalloc(&bench->arena, sizeof(*turns));
    while (bench->answered < until) {
        usec due = turn(bench, turns);
        struct store_stats stats;
        store_stats(bench->store, &stats);
        usec now = world_now(&bench->world.world);
        if (stats.waiting || atomic_load(&bench->worker->remote))
            usleep(20); /* false time stands while the store works */
        else if (due > now && due != USEC_NEVER)
            false_world_advance(&bench->world, due - now);
    }
    return turns;
}

struct warm {
    struct bench *bench;
    struct account *account;
    uint64_t bytes;
};

/* What a call does for its token when nothing is wrong with it. */
static void take_token(void *arg)
{
    struct warm *warm = arg;
    enum err err;
    for (int i = 0; i < SAMPLE; i++) {
        if (!keeper_good(warm->account, warm->bench->worker->now))
            end("token", STR("is not good"));
        const struct credentials *credentials =
            directory_credentials(warm->bench->directory, warm->account, &err);
        warm->bytes += auth_credential(credentials, STR("token")).n;
    }
}

static void measure_token(struct bench *bench)
{
    struct warm warm = {.bench = bench};
    directory_list_accounts(bench->directory, STR_NONE, 1, NULL, NULL, &warm.account);
    take_token(&warm);
    printf("token_ns %.1f\n", bench_measure(take_token, &warm, 400) / SAMPLE);
    account_unref(&warm.account);
}

static void take_stats(void *arg)
{
    struct keeper_stats stats;
    struct bench *bench = arg;
    keeper_stats(bench->keeper, &stats);
}

static void run(struct bench *bench, double began)
{
    static const struct keeper_ops ops = {fetch_start, fetch_abandon};
    struct keeper_config config = {.directory = bench->directory,
                                   .catalog = bench->catalog,
                                   .world = &bench->world.world,
                                   .log = &bench->log,
                                   .ops = &ops,
                                   .ops_arg = bench,
                                   .workers = 1};
    struct keeper_stats stats;
    double keeper_began = bench_cpu_ns() / 1e9;
    bench->keeper = keeper_open(&config);
    keeper_join(bench->keeper, bench->worker);
    keeper_stats(bench->keeper, &stats);
    printf("accounts %llu\n", (unsigned long long)stats.wards);
    printf("start_s %.2f\n", bench_cpu_ns() / 1e9 - began);
    printf("keeper_start_s %.2f\n", bench_cpu_ns() / 1e9 - keeper_began);
    printf("resident_mb %.0f\n", resident_mb());
    measure_token(bench);
    print_lengths("turn", &take_turns(bench, 100)->turns);
    false_world_advance(&bench->world, USEC_H); /* all are due */
    struct turns *turns = take_turns(bench, 30000);
    print_lengths("turn_all_due", &turns->turns);
    print_lengths("control", &turns->controls);
    printf("stats_us %.2f\n", bench_measure(take_stats, bench, 100) / 1e3);
    printf("resident_after_mb %.0f\n", resident_mb());
    keeper_leave(bench->keeper, bench->worker);
    keeper_close(&bench->keeper);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    double began = bench_cpu_ns() / 1e9;
    if (argc < 3)
        return 1;
    init(&bench, argv[2]);
    setlinebuf(stdout);
    bench.token_bytes = argc > 4 ? atoi(argv[4]) : 250;
    if (bench.token_bytes > TOKEN_BYTES_MAX)
        return 1;
    if (argc > 3 && strcmp(argv[1], "fill") == 0) {
        bench.accounts = atoi(argv[3]);
        fill(&bench);
    } else {
        run(&bench, began);
    }
    fini(&bench);
    return 0;
}
