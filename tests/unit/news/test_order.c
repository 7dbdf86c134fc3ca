#include "groups.h"
#include "support/unit.h"

#include "news/order.h"

enum { NEVER_TOLD, LIVES, GONE };

struct news {
    enum record_action action;
    int64_t version; /* 0: none */
    usec time;
    int64_t sequence;
    bool read_now;
    uint8_t content;
};

struct row {
    const char *what;
    int known; /* NEVER_TOLD, or with version 5, time 50, sequence 10, content 1 */
    struct news news;
    enum late_rule late;
    enum order_end end;
    enum record_action action; /* where it is told */
    int64_t then_sequence;     /* of what is known then */
    uint8_t then_content;      /* 0: deleted */
};

static const struct row rows[] = {
    {"the first that is told is told as created",
     NEVER_TOLD,
     {RECORD_UPDATED, 1, 1, 1, 0, 1},
     LATE_DROP,
     ORDER_TELL,
     RECORD_CREATED,
     1,
     1},
    {"a deletion of what was never told of",
     NEVER_TOLD,
     {RECORD_DELETED, 1, 1, 1, 0, 0},
     LATE_DROP,
     ORDER_TELL,
     RECORD_DELETED,
     1,
     0},
    {"a later update",
     LIVES,
     {RECORD_UPDATED, 6, 60, 11, 0, 2},
     LATE_DROP,
     ORDER_TELL,
     RECORD_UPDATED,
     11,
     2},
    {"the version beats time and receipt",
     LIVES,
     {RECORD_UPDATED, 4, 60, 11, 0, 2},
     LATE_DROP,
     ORDER_LATE,
     0,
     10,
     1},
    {"without a version the time",
     LIVES,
     {RECORD_UPDATED, 0, 40, 11, 0, 2},
     LATE_DROP,
     ORDER_LATE,
     0,
     10,
     1},
    {"without either the receipt",
     LIVES,
     {RECORD_UPDATED, 0, 0, 9, 0, 2},
     LATE_DROP,
     ORDER_LATE,
     0,
     10,
     1},
    {"the receipt goes on",
     LIVES,
     {RECORD_UPDATED, 0, 0, 11, 0, 2},
     LATE_DROP,
     ORDER_TELL,
     RECORD_UPDATED,
     11,
     2},
    {"equal versions go by receipt",
     LIVES,
     {RECORD_UPDATED, 5, 50, 11, 0, 2},
     LATE_DROP,
     ORDER_TELL,
     RECORD_UPDATED,
     11,
     2},
    {"late, and marked",
     LIVES,
     {RECORD_UPDATED, 4, 40, 11, 0, 2},
     LATE_MARK,
     ORDER_TELL_LATE,
     RECORD_UPDATED,
     10,
     1},
    {"late, and passed",
     LIVES,
     {RECORD_UPDATED, 4, 40, 11, 0, 2},
     LATE_PASS,
     ORDER_TELL,
     RECORD_UPDATED,
     10,
     1},
    {"late, but read just now",
     LIVES,
     {RECORD_UPDATED, 4, 40, 11, 1, 2},
     LATE_DROP,
     ORDER_TELL,
     RECORD_UPDATED,
     10,
     2},
    {"equal content is not told",
     LIVES,
     {RECORD_UPDATED, 6, 60, 11, 0, 1},
     LATE_DROP,
     ORDER_EQUAL,
     0,
     11,
     1},
    {"a create behind its update",
     LIVES,
     {RECORD_CREATED, 4, 40, 11, 0, 2},
     LATE_MARK,
     ORDER_SUPERSEDED,
     0,
     10,
     1},
    {"the same in the same moment",
     LIVES,
     {RECORD_CREATED, 5, 50, 11, 0, 2},
     LATE_DROP,
     ORDER_SUPERSEDED,
     0,
     11,
     1},
    {"the same without any order",
     LIVES,
     {RECORD_CREATED, 0, 0, 11, 0, 2},
     LATE_DROP,
     ORDER_SUPERSEDED,
     0,
     11,
     1},
    {"a create that is later",
     LIVES,
     {RECORD_CREATED, 6, 60, 11, 0, 2},
     LATE_DROP,
     ORDER_TELL,
     RECORD_UPDATED,
     11,
     2},
    {"a create, read just now",
     LIVES,
     {RECORD_CREATED, 4, 40, 11, 1, 2},
     LATE_DROP,
     ORDER_TELL,
     RECORD_UPDATED,
     10,
     2},
    {"a deletion",
     LIVES,
     {RECORD_DELETED, 6, 60, 11, 0, 0},
     LATE_DROP,
     ORDER_TELL,
     RECORD_DELETED,
     11,
     0},
    {"a late deletion",
     LIVES,
     {RECORD_DELETED, 4, 40, 11, 0, 0},
     LATE_DROP,
     ORDER_LATE,
     0,
     10,
     1},
    {"gone when it was looked for",
     LIVES,
     {RECORD_DELETED, 4, 40, 11, 1, 0},
     LATE_DROP,
     ORDER_TELL,
     RECORD_DELETED,
     10,
     0},
    {"a second deletion",
     GONE,
     {RECORD_DELETED, 6, 60, 11, 0, 0},
     LATE_DROP,
     ORDER_EQUAL,
     0,
     11,
     0},
    {"an update of what was deleted since",
     GONE,
     {RECORD_UPDATED, 4, 40, 11, 0, 2},
     LATE_DROP,
     ORDER_LATE,
     0,
     10,
     0},
    {"the same from a copy that lags",
     GONE,
     {RECORD_UPDATED, 4, 40, 11, 1, 2},
     LATE_DROP,
     ORDER_LATE,
     0,
     10,
     0},
    {"made again",
     GONE,
     {RECORD_CREATED, 6, 60, 11, 0, 1},
     LATE_DROP,
     ORDER_TELL,
     RECORD_CREATED,
     11,
     1},
};

static struct order_known known_of(int kind)
{
    struct order_known known = {
        .there = kind != NEVER_TOLD, .deleted = kind == GONE, .revision = 3};
    if (!known.there)
        return (struct order_known){0};
    known.place = (struct order_place){true, 5, 50, 10};
    known.hash[0] = kind == LIVES ? 1 : 0;
    return known;
}

static void each_kind_of_news_has_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row *row = &rows[i];
        struct order_known known = known_of(row->known);
        struct order_news news = {.action = row->news.action,
                                  .place = {row->news.version != 0, row->news.version,
                                            row->news.time, row->news.sequence},
                                  .read_now = row->news.read_now,
                                  .hash = {row->news.content}};
        struct order_verdict verdict = order_judge(&known, &news, row->late);
        bool told = verdict.end == ORDER_TELL || verdict.end == ORDER_TELL_LATE;
        if (verdict.end != row->end || (told && verdict.action != row->action) ||
            verdict.known.place.sequence != row->then_sequence ||
            verdict.known.hash[0] != row->then_content)
            fail_msg("%s: end %d, action %d, sequence %lld, content %d", row->what,
                     verdict.end, verdict.action, (long long)verdict.known.place.sequence,
                     verdict.known.hash[0]);
        assert_int_equal(verdict.known.revision, known.revision);
        bool same =
            memcmp(&verdict.known.place, &known.place, sizeof(known.place)) == 0 &&
            memcmp(verdict.known.hash, known.hash, sizeof(known.hash)) == 0 &&
            verdict.known.deleted == known.deleted;
        assert_int_equal(verdict.moved, !same);
    }
}

/* Full records in whatever order they come: what is told ends with the newest. */
static void any_order_of_receipt_ends_with_the_newest(void **state)
{
    uint64_t chance = 11;
    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        enum { VERSIONS = 6 };
        struct order_known known = {0};
        int64_t told = 0;
        unsigned creates = 0;
        unsigned came = 0;
        for (int64_t sequence = 1; came != (1u << VERSIONS) - 1; sequence++) {
            unsigned version = (unsigned)unit_below(&chance, VERSIONS);
            came |= 1u << version;
            struct order_news news = {.action =
                                          version == 0 ? RECORD_CREATED : RECORD_UPDATED,
                                      .place = {true, version + 1, 0, sequence},
                                      .hash = {(uint8_t)(version + 1)}};
            struct order_verdict verdict = order_judge(&known, &news, LATE_DROP);
            known = verdict.known;
            if (verdict.end != ORDER_TELL)
                continue;
            assert_true(news.place.version > told); /* never back, never twice */
            told = news.place.version;
            creates += verdict.action == RECORD_CREATED;
        }
        assert_int_equal(told, VERSIONS);
        assert_int_equal(creates, 1);
    }
}

int test_order(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_news_has_its_verdict),
        cmocka_unit_test(any_order_of_receipt_ends_with_the_newest),
    };
    return cmocka_run_group_tests_name("hook: order", tests, NULL, NULL);
}
