#include "news/order.h"

#include "base/buf.h"
#include "json/json_write.h"

enum { RECORD_BYTES_MAX = 32 << 20 }; /* a mapping makes at most a few MiB */

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Which of the vendor's words on it both have; 0 also where they say the same. */
static int compare_said(const struct order_place *a, const struct order_place *b)
{
    if (a->has_version && b->has_version)
        return compare_numbers(a->version, b->version);
    if (a->time && b->time)
        return compare_numbers(a->time, b->time);
    return 0;
}

int order_compare(const struct order_place *a, const struct order_place *b)
{
    int said = compare_said(a, b);
    return said ? said : compare_numbers(a->sequence, b->sequence);
}

bool order_is_late(const struct order_known *known, const struct order_news *news)
{
    return known->there && order_compare(&news->place, &known->place) < 0;
}

/* Content that was read just now tells more than the news that it was read for; but not
 * that a record lives which was deleted since. */
static bool is_late(const struct order_known *known, const struct order_news *news)
{
    return order_is_late(known, news) && (!news->read_now || known->deleted);
}

static bool is_equal(const struct order_known *known, const struct order_news *news)
{
    return known->there && !known->deleted && news->action != RECORD_DELETED &&
           memcmp(known->hash, news->hash, sizeof(known->hash)) == 0;
}

static bool is_superseded(const struct order_known *known, const struct order_news *news)
{
    return known->there && !known->deleted && news->action == RECORD_CREATED &&
           !news->read_now && compare_said(&news->place, &known->place) <= 0;
}

static enum record_action action_of(const struct order_known *known,
                                    const struct order_news *news)
{
    if (news->action == RECORD_DELETED)
        return RECORD_DELETED;
    return known->there && !known->deleted ? RECORD_UPDATED : RECORD_CREATED;
}

/* What it is now, where the later of both places counts. */
static void move(struct order_verdict *verdict, const struct order_news *news)
{
    struct order_known *known = &verdict->known;
    if (!known->there || order_compare(&news->place, &known->place) > 0) {
        known->place = news->place;
        verdict->moved = true;
    }
    if (verdict->end != ORDER_TELL)
        return;
    known->there = verdict->moved = true;
    known->deleted = news->action == RECORD_DELETED;
    memset(known->hash, 0, sizeof(known->hash));
    if (!known->deleted)
        memcpy(known->hash, news->hash, sizeof(known->hash));
}

static enum order_end end_of(const struct order_known *known,
                             const struct order_news *news, enum late_rule late)
{
    static const enum order_end late_ends[] = {[LATE_DROP] = ORDER_LATE,
                                               [LATE_MARK] = ORDER_TELL_LATE,
                                               [LATE_PASS] = ORDER_TELL};
    if (is_equal(known, news))
        return ORDER_EQUAL;
    if (known->there && known->deleted && news->action == RECORD_DELETED)
        return ORDER_EQUAL;
    if (is_superseded(known, news))
        return ORDER_SUPERSEDED;
    return is_late(known, news) ? late_ends[late] : ORDER_TELL;
}

struct order_verdict order_judge(const struct order_known *known,
                                 const struct order_news *news, enum late_rule late)
{
    struct order_verdict verdict = {.end = end_of(known, news, late),
                                    .action = action_of(known, news),
                                    .known = *known};
    bool late_told = is_late(known, news) &&
                     (verdict.end == ORDER_TELL || verdict.end == ORDER_TELL_LATE);
    if (late_told)
        verdict.action = news->action; /* what was told after it stays what is known */
    else
        move(&verdict, news);
    return verdict;
}

void order_hash(const struct json *record, uint8_t ret[CRYPTO_SHA256_BYTES])
{
    struct buf text;
    buf_init(&text, RECORD_BYTES_MAX);
    json_write(&text, record, JSON_COMPACT);
    crypto_sha256(buf_peek(&text), ret);
    buf_fini(&text);
}
