#include "stage.h"

#include <stdlib.h>

#include "base/mem.h"
#include "journal/framing.h"

static void on_fault(void *arg, enum err err, str words)
{
    struct stage *stage = arg;
    stage->told++;
    stage->told_err = err;
    /* of several, as when the disk fails the preparing thread, too, all count */
    size_t n = strlen(stage->words);
    snprintf(stage->words + n, sizeof(stage->words) - n, STR_F ";", STR_A(words));
}

struct stage *stage_create(uint64_t seed)
{
    struct stage *stage = mem_zalloc(sizeof(*stage));
    arena_init(&stage->arena, 4096, 1 << 26);
    false_world_init(&stage->world, seed);
    false_loop_init(&stage->loop, &stage->world, 1);
    false_disk_init(&stage->disk, seed);
    stage->config = (struct journal_config){.dir = STR(STAGE_DIR),
                                            .disk = &stage->disk.disk,
                                            .world = &stage->world.world,
                                            .segment_bytes = JOURNAL_SEGMENT_BYTES_MIN,
                                            .on_fault = on_fault,
                                            .arg = stage};
    return stage;
}

void stage_destroy(struct stage *stage)
{
    journal_close(&stage->journal);
    false_disk_fini(&stage->disk);
    false_loop_fini(&stage->loop);
    arena_fini(&stage->arena);
    mem_free(stage);
}

int stage_setup(void **state)
{
    struct stage *stage = stage_create(1);
    stage_open(stage);
    *state = stage;
    return 0;
}

int stage_teardown(void **state)
{
    stage_destroy(*state);
    return 0;
}

void stage_open(struct stage *stage)
{
    str why = STR_NONE;
    stage->journal = journal_open(&stage->config, &stage->arena, &why);
    if (!stage->journal)
        fail_msg(STR_F, STR_A(why));
}

void stage_reopen(struct stage *stage)
{
    journal_close(&stage->journal);
    stage_open(stage);
}

str stage_refusal(struct stage *stage)
{
    str why = STR_NONE;
    stage->journal = journal_open(&stage->config, &stage->arena, &why);
    assert_null(stage->journal);
    return why;
}

void stage_lose_power(struct stage *stage)
{
    stage->disk.dead = true;
    journal_close(&stage->journal);
    false_disk_restart(&stage->disk);
}

void stage_on_appended(struct journal_append *append)
{
    CONTAINER_OF(append, struct wish, append)->done = true;
}

void stage_begin(struct stage *stage, struct wish *wish, enum journal_strength strength,
                 str bytes)
{
    *wish = (struct wish){.append = {.strength = strength,
                                     .parts = {bytes},
                                     .done = stage_on_appended,
                                     .worker = false_loop_worker(&stage->loop, 0)}};
    journal_append(stage->journal, &wish->append);
    assert_false(wish->done); /* never from inside the call */
}

enum err stage_await(struct stage *stage, struct wish *wish)
{
    assert_true(false_loop_wait(&stage->loop, &wish->done));
    return wish->append.err;
}

enum err stage_append(struct stage *stage, enum journal_strength strength, str bytes,
                      struct journal_ref *ret_ref)
{
    struct wish wish;
    stage_begin(stage, &wish, strength, bytes);
    enum err err = stage_await(stage, &wish);
    if (err == ERR_NONE && ret_ref)
        *ret_ref = wish.append.ref;
    return err;
}

void stage_fill(struct stage *stage, size_t bytes, uint64_t segments)
{
    char *text = mem_alloc(bytes);
    struct journal_ref ref;
    uint64_t before = 0;
    memset(text, 'x', bytes);
    do {
        assert_int_equal(stage_append(stage, JOURNAL_DURABLE, str_of(text, bytes), &ref),
                         ERR_NONE);
        segments -= before != 0 && ref.segment != before;
        before = ref.segment;
    } while (segments > 0);
    mem_free(text);
}

struct look {
    struct journal_read read;
    bool done;
};

static void on_read(struct journal_read *read)
{
    CONTAINER_OF(read, struct look, read)->done = true;
}

enum err stage_read(struct stage *stage, const struct journal_ref *ref,
                    struct journal_entry *ret_entry)
{
    struct look look = {.read = {.ref = *ref,
                                 .arena = &stage->arena,
                                 .done = on_read,
                                 .worker = false_loop_worker(&stage->loop, 0)}};
    journal_read(stage->journal, &look.read);
    assert_false(look.done);
    assert_true(false_loop_wait(&stage->loop, &look.done));
    if (look.read.err == ERR_NONE && ret_entry)
        *ret_entry = look.read.entry;
    return look.read.err;
}

struct leave {
    struct journal_drop drop;
    bool done;
};

static void on_dropped(struct journal_drop *drop)
{
    CONTAINER_OF(drop, struct leave, drop)->done = true;
}

enum err stage_drop(struct stage *stage, uint64_t segment)
{
    struct leave leave = {.drop = {.segment = segment,
                                   .done = on_dropped,
                                   .worker = false_loop_worker(&stage->loop, 0)}};
    journal_drop(stage->journal, &leave.drop);
    assert_false(leave.done);
    assert_true(false_loop_wait(&stage->loop, &leave.done));
    return leave.drop.err;
}

static bool add_text(void *arg, const struct journal_entry *entry)
{
    struct buf *texts = arg;
    buf_char(texts, ' ');
    buf_str(texts, entry->bytes);
    return true;
}

str stage_texts(struct stage *stage, uint64_t sequence)
{
    struct journal_cursor cursor;
    struct buf texts;
    buf_init(&texts, 1 << 20);
    assert_int_equal(journal_seek(stage->journal, sequence, &cursor), ERR_NONE);
    assert_int_equal(
        journal_scan(stage->journal, &cursor, SIZE_MAX, add_text, &texts, NULL),
        ERR_NONE);
    return arena_take(&stage->arena, &texts);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *stage_segment_path(struct stage *stage, unsigned i)
{
    const char *paths[256];
    unsigned n = 0;
    const char *path;
    for (unsigned k = 0; (path = false_disk_path(&stage->disk, k)) != NULL; k++)
        if (str_ends(str_z(path), STR(".segment")))
            paths[n++] = path;
    qsort(paths, n, sizeof(*paths), compare_paths);
    assert_true(i < n);
    return arena_z(&stage->arena, str_z(paths[i]));
}

struct journal_stats stage_stats(struct stage *stage)
{
    struct journal_stats stats;
    journal_stats(stage->journal, &stats);
    return stats;
}

void stage_assert_told(struct stage *stage, const char *part)
{
    assert_says(str_z(stage->words), part);
}

void assert_says(str sentence, const char *part)
{
    if (str_find_str(sentence, str_z(part)) == sentence.n)
        fail_msg("\"" STR_F "\" does not say \"%s\"", STR_A(sentence), part);
}
