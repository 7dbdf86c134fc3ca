/*
 * A journal on a disk and in a world that the test owns, and what its tests do with it.
 */
#ifndef UNIT_JOURNAL_STAGE_H
#define UNIT_JOURNAL_STAGE_H

#include "journal/journal.h"
#include "support/false_disk.h"
#include "support/false_world.h"
#include "support/unit.h"

#define STAGE_DIR "journal"

struct stage {
    struct false_world world;
    struct false_loop loop;
    struct false_disk disk;
    struct arena arena;
    struct journal_config config;
    struct journal *journal;
    unsigned told; /* faults and torn tails */
    enum err told_err;
    char words[8192]; /* of all that was told */
};

/* Without an open journal; its end closes one. */
struct stage *stage_create(uint64_t seed);
void stage_destroy(struct stage *stage);

int stage_setup(void **state);
int stage_teardown(void **state);

#define STAGE_TEST(name)                                                                 \
    cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)

/* Opens; the test fails if it cannot be. Or closes and opens again. */
void stage_open(struct stage *stage);
void stage_reopen(struct stage *stage);

/* The sentence with which it refuses to open. */
str stage_refusal(struct stage *stage);

/* Power goes and comes back; the journal is not open then. */
void stage_lose_power(struct stage *stage);

struct wish {
    struct journal_append append;
    bool done;
};

void stage_on_appended(struct journal_append *append); /* of a wish */
void stage_begin(struct stage *stage, struct wish *wish, enum journal_strength strength,
                 str bytes);
enum err stage_await(struct stage *stage, struct wish *wish);

/* Both; the reference in *ret_ref (may be NULL). */
enum err stage_append(struct stage *stage, enum journal_strength strength, str bytes,
                      struct journal_ref *ret_ref);

/* Durable records of `bytes` each, until a new segment has begun `segments` times. */
void stage_fill(struct stage *stage, size_t bytes, uint64_t segments);

/* Reads into the stage's arena; entry NULL: only the error. */
enum err stage_read(struct stage *stage, const struct journal_ref *ref,
                    struct journal_entry *ret_entry);

enum err stage_drop(struct stage *stage, uint64_t segment);

/* The payloads of all records above `sequence`, each behind a blank, in the arena. */
str stage_texts(struct stage *stage, uint64_t sequence);

/* A path of a segment, by its place among them from the oldest. */
const char *stage_segment_path(struct stage *stage, unsigned i);

struct journal_stats stage_stats(struct stage *stage);

/* The last words told contain `part`. */
void stage_assert_told(struct stage *stage, const char *part);

void assert_says(str sentence, const char *part);

#endif
