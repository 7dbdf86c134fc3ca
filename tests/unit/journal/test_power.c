/*
 * Thousands of lives on one disk each: chance appends, drops, fails syncs, and ends most
 * of them in the middle of any operation. After each, the journal must hold
 *
 *   - every durable record that was answered, whole and in order, unless it was dropped;
 *   - every relaxed one that was answered before such a one, if no sync had failed;
 *   - of the others some, whole, and from then on for good;
 *   - nothing else, and nothing twice.
 */
#include "base/mem.h"
#include "groups.h"
#include "stage.h"

#ifdef __SANITIZE_THREAD__
enum { DISKS = 30 }; /* slow; it looks for other things */
#else
enum { DISKS = 250 };
#endif

enum {
    LIVES = 8,
    STEPS_MAX = 30,
    GROUP_MAX = 12,
    BYTES_MAX = 7000,
    RECORDS_MAX = LIVES * STEPS_MAX * GROUP_MAX,
};

enum fate { MAYBE, RELAXED, SAFE, GONE };

struct record {
    enum fate fate;
    bool seen;
    bool dropping; /* a drop of its segment was not answered well */
    size_t bytes;
    struct journal_ref ref;
};

struct history {
    struct stage *stage;
    uint64_t seed;
    struct record *records;
    size_t n;
    size_t last_seen;
    size_t crashes;
    bool sync_failed; /* at any time on this disk */
};

/* --- what a record holds --- */

/* Its number, then bytes that go on from it. */
static void write_bytes(size_t id, char *to, size_t n)
{
    for (unsigned i = 0; i < 16; i++)
        to[i] = (char)(uint8_t)(i % 4 ? 0 : id >> 8 * (i / 4));
    for (size_t i = 16; i < n; i++)
        to[i] = (char)(uint8_t)(31 * id + i);
}

static size_t choose_bytes(struct history *history)
{
    switch (unit_below(&history->seed, 4)) {
    case 0:
        return 16;
    case 1:
        return 16 + unit_below(&history->seed, 100);
    default:
        return 16 + unit_below(&history->seed, BYTES_MAX - 16);
    }
}

static size_t id_of(str bytes)
{
    size_t id = 0;
    assert_true(bytes.n >= 16);
    for (unsigned i = 0; i < 4; i++)
        id |= (size_t)(uint8_t)bytes.p[4 * i] << 8 * i;
    return id;
}

/* --- looking --- */

static bool see(void *arg, const struct journal_entry *entry)
{
    struct history *history = arg;
    char wanted[BYTES_MAX];
    size_t id = id_of(entry->bytes);
    assert_true(id < history->n);
    struct record *record = &history->records[id];
    write_bytes(id, wanted, record->bytes);
    assert_str(entry->bytes, str_of(wanted, record->bytes));
    assert_int_equal(entry->type, id % 65536);
    assert_false(record->seen);
    assert_true(history->last_seen == SIZE_MAX || id > history->last_seen);
    assert_true(record->fate != GONE);
    if (record->fate == SAFE || record->fate == RELAXED)
        assert_memory_equal(&entry->ref, &record->ref, sizeof(entry->ref));
    record->seen = true;
    record->ref = entry->ref;
    history->last_seen = id;
    return true;
}

static void look_back(struct history *history, bool restarted)
{
    struct journal_cursor cursor;
    size_t last_safe = 0;
    history->last_seen = SIZE_MAX;
    for (size_t i = 0; i < history->n; i++)
        history->records[i].seen = false;
    assert_int_equal(journal_seek(history->stage->journal, 0, &cursor), ERR_NONE);
    assert_int_equal(
        journal_scan(history->stage->journal, &cursor, SIZE_MAX, see, history, NULL),
        ERR_NONE);
    for (size_t i = 0; i < history->n; i++)
        if (history->records[i].fate == SAFE)
            last_safe = i;
    for (size_t i = 0; i < history->n; i++) {
        struct record *record = &history->records[i];
        if (record->seen) {
            record->fate = restarted ? SAFE : record->fate;
            record->dropping = record->dropping && !restarted;
            continue;
        }
        bool must = record->fate == SAFE ||
                    (record->fate == RELAXED && i < last_safe && !history->sync_failed);
        if (must && !record->dropping)
            fail_msg("seed %d: record %zu of %zu is lost",
                     (int)history->stage->world.chance, i, history->n);
        if (restarted)
            record->fate = GONE;
    }
}

static void read_some(struct history *history)
{
    for (int i = 0; i < 4 && history->n > 0; i++) {
        struct record *record = &history->records[unit_below(&history->seed, history->n)];
        struct journal_entry entry;
        if (record->fate != SAFE)
            continue;
        assert_int_equal(stage_read(history->stage, &record->ref, &entry), ERR_NONE);
        assert_int_equal(id_of(entry.bytes), record - history->records);
        arena_reset(&history->stage->arena);
    }
}

/* --- living --- */

static void append_some(struct history *history)
{
    static char bytes[GROUP_MAX][BYTES_MAX];
    struct wish wishes[GROUP_MAX];
    size_t n = 1 + unit_below(&history->seed, GROUP_MAX);
    struct record *records = history->records + history->n;
    for (size_t i = 0; i < n; i++) {
        records[i] = (struct record){.bytes = choose_bytes(history)};
        write_bytes(history->n + i, bytes[i], records[i].bytes);
        wishes[i] = (struct wish){
            .append = {.strength = unit_below(&history->seed, 3) ? JOURNAL_DURABLE
                                                                 : JOURNAL_RELAXED,
                       .type = (uint16_t)(history->n + i),
                       .parts = {str_of(bytes[i], records[i].bytes)},
                       .done = NULL}};
        wishes[i].append.done = stage_on_appended;
        wishes[i].append.worker = false_loop_worker(&history->stage->loop, 0);
        journal_append(history->stage->journal, &wishes[i].append);
    }
    history->n += n;
    for (size_t i = 0; i < n; i++) {
        if (stage_await(history->stage, &wishes[i]) != ERR_NONE)
            continue;
        records[i].ref = wishes[i].append.ref;
        records[i].fate = wishes[i].append.strength == JOURNAL_DURABLE ? SAFE : RELAXED;
    }
}

static void drop_one(struct history *history)
{
    struct journal_segment segments[8];
    size_t n = journal_candidates(history->stage->journal, 0, 0, segments, 8);
    if (n == 0)
        return;
    uint64_t segment = segments[unit_below(&history->seed, n)].segment;
    enum err err = stage_drop(history->stage, segment);
    for (size_t i = 0; i < history->n; i++) {
        struct record *record = &history->records[i];
        if (record->fate == MAYBE || record->ref.segment != segment)
            continue;
        record->fate = err == ERR_NONE ? GONE : record->fate;
        record->dropping = err == ERR_JOURNAL_UNAVAILABLE;
    }
}

static void fail_a_sync(struct history *history)
{
    struct false_disk *disk = &history->stage->disk;
    pthread_mutex_lock(&disk->lock);
    disk->syncs_fail_in = 1 + (unsigned)unit_below(&history->seed, 4);
    pthread_mutex_unlock(&disk->lock);
    history->sync_failed = true;
    false_world_advance(&history->stage->world, 2 * USEC_S);
}

static void live(struct history *history, bool with_faults)
{
    size_t steps = unit_below(&history->seed, STEPS_MAX);
    for (size_t i = 0; i < steps && !history->stage->disk.dead; i++) {
        size_t what = unit_below(&history->seed, 12);
        if (what == 0)
            drop_one(history);
        else if (what == 1 && with_faults)
            fail_a_sync(history);
        else if (what == 2 && !history->stage->disk.dead)
            false_world_advance(&history->stage->world, USEC_S);
        else
            append_some(history);
    }
}

/* From opening to the end of power, or to a clean end. */
static void run_life(struct history *history, bool with_faults)
{
    struct stage *stage = history->stage;
    str why = STR_NONE;
    bool dies = unit_below(&history->seed, 6) > 0;
    stage->disk.dies_in = dies ? 1 + (unsigned)unit_below(&history->seed, 200) : 0;
    stage->journal = journal_open(&stage->config, &stage->arena, &why);
    if (!stage->journal && !stage->disk.dead)
        fail_msg(STR_F, STR_A(why));
    if (stage->journal)
        live(history, with_faults);
    if (dies) {
        if (stage->journal)
            stage_lose_power(stage);
        else
            false_disk_restart(&stage->disk);
        history->crashes++;
    } else {
        journal_close(&stage->journal);
        stage->disk.syncs_fail_in = 0;
    }
    stage_open(stage);
    look_back(history, true);
    read_some(history);
    journal_close(&stage->journal);
}

static size_t run_disk(uint64_t seed, bool with_faults)
{
    struct history history = {.stage = stage_create(seed), .seed = seed};
    history.records = mem_array(RECORDS_MAX, sizeof(*history.records));
    history.stage->disk.short_writes = seed % 2;
    for (int i = 0; i < LIVES; i++)
        run_life(&history, with_faults);
    mem_free(history.records);
    stage_destroy(history.stage);
    return history.crashes;
}

static void what_was_answered_survives_the_loss_of_power(void **state)
{
    (void)state;
    size_t crashes = 0;
    for (uint64_t seed = 1; seed <= DISKS; seed++)
        crashes += run_disk(seed, false);
    assert_true(crashes > DISKS * LIVES / 2);
}

static void and_syncs_that_fail_before_it(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= DISKS / 2; seed++)
        run_disk(DISKS + seed, true);
}

int test_power(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_answered_survives_the_loss_of_power),
        cmocka_unit_test(and_syncs_that_fail_before_it),
    };
    return cmocka_run_group_tests_name("power", tests, NULL, NULL);
}
