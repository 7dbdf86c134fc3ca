/*
 * journal_runner journal DIR SECONDS BYTES WAITING: so many appenders, each of which
 * appends again when it is answered, as workers do; durable, through a real loop.
 *
 * journal_runner paced DIR SECONDS BYTES RATE: so many appends a second, whoever is slow
 * (open loop: what is late counts from when it was due).
 *
 * journal_runner sqlite DIR SECONDS BYTES BATCH: rows into SQLite (WAL, synchronous =
 * FULL), so many a transaction.
 *
 * Prints lines "NAME FIGURE". What comes before files are used again (the journal; at
 * most eight seconds), or in the first second, is not counted.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "bench/clock.h"
#include "journal/journal.h"
#include "loop/driver.h"

enum {
    LATENCY_US_MAX = 1000000,
    APPENDERS_MAX = 65536,
    SEGMENTS_KEPT = 2,
    WARM_S_MAX = 8,
    SEGMENTS_MAX = 64,
    SQL_BYTES_MAX = 4200
};

/* --- what is counted --- */

struct tally {
    uint32_t latencies[LATENCY_US_MAX]; /* by microseconds; the last has all above */
    uint64_t n;
    double began, cpu_began; /* seconds, nanoseconds */
    uint64_t written_began;
    double seconds, cpu_ns;
    uint64_t written;
};

static struct tally tally;

static double now_s(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* Bytes that this process has given to write(2) and its kin (proc(5), /proc/pid/io). */
static uint64_t written_bytes(void)
{
    char line[128];
    unsigned long long bytes = 0;
    FILE *file = fopen("/proc/self/io", "r");
    while (file && fgets(line, sizeof(line), file))
        sscanf(line, "wchar: %llu", &bytes);
    if (file)
        fclose(file);
    return bytes;
}

static void tally_begin(void)
{
    memset(&tally, 0, sizeof(tally));
    tally.began = now_s();
    tally.cpu_began = bench_cpu_ns();
    tally.written_began = written_bytes();
}

static void tally_note(double seconds)
{
    size_t us = seconds <= 0 ? 0 : (size_t)(seconds * 1e6);
    tally.latencies[us < LATENCY_US_MAX ? us : LATENCY_US_MAX - 1]++;
    tally.n++;
}

static void tally_end(void)
{
    tally.seconds = now_s() - tally.began;
    tally.cpu_ns = bench_cpu_ns() - tally.cpu_began;
    tally.written = written_bytes() - tally.written_began;
}

static size_t latency_of(double share)
{
    size_t us = 0;
    uint64_t n = tally.latencies[0];
    while (us < LATENCY_US_MAX - 1 && (double)n < share * (double)tally.n)
        n += tally.latencies[++us];
    return us;
}

static void tally_print(void)
{
    printf("rate %.0f\n", (double)tally.n / tally.seconds);
    printf("cpu_us %.2f\n", tally.cpu_ns / 1e3 / (double)tally.n);
    printf("written %.0f\n", (double)tally.written / (double)tally.n);
    printf("p50_us %zu\np99_us %zu\np999_us %zu\n", latency_of(0.5), latency_of(0.99),
           latency_of(0.999));
}

/* --- the journal --- */

struct bench;

struct appender {
    struct journal_append append;
    struct bench *bench;
    struct appender *next; /* that rests */
    double began;
};

struct bench {
    struct worker worker;
    struct driver *driver;
    struct arena arena;
    struct journal *journal;
    struct timer timer; /* warm, then over; or the next batch of a paced run */
    struct appender *appenders;
    struct appender *resting;
    struct journal_drop drop;
    struct journal_stats stats; /* at the beginning */
    bool dropping;
    unsigned dropped;
    bool measuring;
    bool over;
    uint64_t under_way;
    double seconds;
    double rate; /* 0: closed loop */
    double due;  /* of the next */
    double started;
    str bytes;
};

static void end(const char *what, str why)
{
    fprintf(stderr, "%s: " STR_F "\n", what, STR_A(why));
    exit(1);
}

static void append(struct appender *appender, double began);

static void on_dropped(struct journal_drop *drop)
{
    struct bench *bench = CONTAINER_OF(drop, struct bench, drop);
    bench->dropping = false;
    bench->dropped++;
}

/* As an owner does with what it has taken over: their files are used again. */
static void drop_oldest(struct bench *bench)
{
    struct journal_segment segment;
    uint64_t keep = (uint64_t)SEGMENTS_KEPT * (32u << 20);
    if (bench->dropping || bench->over ||
        journal_candidates(bench->journal, 0, keep, &segment, 1) == 0)
        return;
    bench->dropping = true;
    bench->drop = (struct journal_drop){
        .segment = segment.segment, .done = on_dropped, .worker = &bench->worker};
    journal_drop(bench->journal, &bench->drop);
}

static void on_appended(struct journal_append *it)
{
    struct appender *appender = CONTAINER_OF(it, struct appender, append);
    struct bench *bench = appender->bench;
    double now = now_s();
    if (it->err != ERR_NONE)
        end("append", err_code(it->err));
    if (bench->measuring)
        tally_note(now - appender->began);
    bench->under_way--;
    if (bench->rate == 0 && !bench->over) {
        append(appender, now);
    } else {
        appender->next = bench->resting;
        bench->resting = appender;
    }
    if (bench->over && bench->under_way == 0 && !bench->dropping)
        driver_stop(bench->driver);
}

static void append(struct appender *appender, double began)
{
    struct bench *bench = appender->bench;
    appender->began = began;
    appender->append = (struct journal_append){.strength = JOURNAL_DURABLE,
                                               .key = STR("evt_0123456789abcdef"),
                                               .parts = {bench->bytes},
                                               .done = on_appended,
                                               .worker = &bench->worker};
    bench->under_way++;
    journal_append(bench->journal, &appender->append);
}

static void append_due(struct bench *bench, double now)
{
    for (; bench->due <= now && bench->resting; bench->due += 1 / bench->rate) {
        struct appender *appender = bench->resting;
        bench->resting = appender->next;
        append(appender, bench->due);
    }
}

/* Once files are used again, as they are in the long run. */
static bool is_warm(const struct bench *bench, double now)
{
    double ran = now - bench->started;
    return ran > 1 && (bench->dropped > 1 || ran > WARM_S_MAX);
}

static void on_tick(struct timer *timer)
{
    struct bench *bench = CONTAINER_OF(timer, struct bench, timer);
    double now = now_s();
    drop_oldest(bench);
    if (!bench->measuring && !bench->over && is_warm(bench, now)) {
        bench->measuring = true;
        journal_stats(bench->journal, &bench->stats);
        tally_begin();
    } else if (bench->measuring && now - tally.began > bench->seconds) {
        tally_end();
        bench->measuring = false;
        bench->over = true;
    }
    if (bench->rate > 0 && !bench->over)
        append_due(bench, now);
    if (!bench->over || bench->under_way > 0 || bench->dropping)
        timer_start(timer, USEC_MS);
    else
        driver_stop(bench->driver);
}

static void print_batches(struct bench *bench)
{
    struct journal_stats stats;
    journal_stats(bench->journal, &stats);
    uint64_t n = stats.appends - bench->stats.appends;
    uint64_t syncs = stats.syncs - bench->stats.syncs;
    printf("syncs %.0f\n", (double)syncs / tally.seconds);
    printf("a_sync %.1f\n", (double)n / (double)syncs);
    printf("sync_us %.0f\n",
           (double)(stats.sync_sum - bench->stats.sync_sum) / (double)syncs);
    printf("in_file %.0f\n", (double)(stats.bytes - bench->stats.bytes) / (double)n);
}

static void run_journal(const char *dir, double seconds, size_t bytes, double rate,
                        size_t waiting)
{
    static struct bench bench;
    str why = STR_NONE;
    struct journal_config config = {.dir = str_z(dir), .world = world_real()};
    char *text = mem_alloc(bytes);
    memset(text, 'x', bytes);
    bench =
        (struct bench){.seconds = seconds, .rate = rate, .bytes = str_of(text, bytes)};
    arena_init(&bench.arena, 4096, 1 << 20);
    worker_init(&bench.worker, 0, world_real());
    bench.driver = driver_create(&bench.worker);
    bench.journal = journal_open(&config, &bench.arena, &why);
    if (!bench.journal)
        end("open", why);
    bench.appenders = mem_array(waiting, sizeof(*bench.appenders));
    bench.started = bench.due = now_s();
    for (size_t i = 0; i < waiting; i++) {
        struct appender *appender = &bench.appenders[i];
        appender->bench = &bench;
        appender->next = bench.resting;
        if (rate == 0)
            append(appender, bench.started);
        else
            bench.resting = appender;
    }
    timer_init(&bench.timer, &bench.worker, on_tick);
    timer_start(&bench.timer, USEC_MS);
    driver_run(bench.driver);
    tally_print();
    print_batches(&bench);
    timer_cancel(&bench.timer);
    journal_close(&bench.journal);
    driver_destroy(&bench.driver);
    worker_fini(&bench.worker);
    arena_fini(&bench.arena);
    mem_free(bench.appenders);
    mem_free(text);
}

/* --- SQLite --- */

static void run_sql(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        end(sql, str_z(sqlite3_errmsg(db)));
}

static void insert(sqlite3 *db, sqlite3_stmt *statement, const char *text, size_t bytes)
{
    sqlite3_bind_text(statement, 1, "evt_0123456789abcdef", -1, SQLITE_STATIC);
    sqlite3_bind_blob(statement, 2, text, (int)bytes, SQLITE_STATIC);
    if (sqlite3_step(statement) != SQLITE_DONE)
        end("insert", str_z(sqlite3_errmsg(db)));
    sqlite3_reset(statement);
}

static void run_sqlite(const char *dir, double seconds, size_t bytes, size_t batch)
{
    char path[SQL_BYTES_MAX];
    sqlite3 *db;
    sqlite3_stmt *statement;
    char *text = mem_alloc(bytes);
    memset(text, 'x', bytes);
    mkdir(dir, 0700);
    snprintf(path, sizeof(path), "%s/rows.db", dir);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        end(path, str_z(sqlite3_errmsg(db)));
    run_sql(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                "CREATE TABLE t (id INTEGER PRIMARY KEY, key TEXT, body BLOB)");
    sqlite3_prepare_v2(db, "INSERT INTO t (key, body) VALUES (?, ?)", -1, &statement,
                       NULL);
    bool warm = false;
    double started = now_s();
    for (double began = started; !warm || began - tally.began < seconds;
         began = now_s()) {
        if (!warm && began - started >= 1) {
            warm = true;
            tally_begin();
        }
        if (batch > 1)
            run_sql(db, "BEGIN");
        for (size_t i = 0; i < batch; i++)
            insert(db, statement, text, bytes);
        if (batch > 1)
            run_sql(db, "COMMIT");
        double took = now_s() - began;
        for (size_t i = 0; i < batch && warm; i++)
            tally_note(took);
    }
    tally_end();
    tally_print();
    sqlite3_finalize(statement);
    sqlite3_close(db);
    mem_free(text);
}

int main(int n, char **args)
{
    if (n != 6) {
        fprintf(stderr, "journal_runner journal|paced|sqlite DIR SECONDS BYTES N\n");
        return 2;
    }
    double seconds = strtod(args[3], NULL);
    size_t bytes = strtoul(args[4], NULL, 10), count = strtoul(args[5], NULL, 10);
    if (strcmp(args[1], "journal") == 0)
        run_journal(args[2], seconds, bytes, 0, count);
    else if (strcmp(args[1], "paced") == 0)
        run_journal(args[2], seconds, bytes, (double)count, APPENDERS_MAX);
    else
        run_sqlite(args[2], seconds, bytes, count);
    return 0;
}
