#include "deliver/delivery_rows.h"

#include <stdio.h>

#include "base/encode.h"

const char *const delivery_state_words[] = {
#define X(symbol, word, doc) word,
#include "deliver/delivery_state_list.h"
#undef X
    NULL};

str delivery_state_word(enum delivery_state state)
{
    return str_z(delivery_state_words[state]);
}

static enum delivery_state state_of(str word)
{
    for (int i = 0; delivery_state_words[i]; i++)
        if (str_eq(word, str_z(delivery_state_words[i])))
            return (enum delivery_state)i;
    ODD(true);
    return DELIVERY_DEAD;
}

/* --- ids --- */

void delivery_id(const char *prefix, int64_t sequence, char ret[DELIVERY_ID_BYTES])
{
    snprintf(ret, DELIVERY_ID_BYTES, "%s%016llx", prefix, (unsigned long long)sequence);
}

int64_t delivery_sequence_of(const char *prefix, str id)
{
    str start = str_z(prefix);
    uint64_t sequence = 0;
    if (id.n != start.n + 16 || !str_starts(id, start))
        return 0;
    for (size_t i = start.n; i < id.n; i++) {
        int digit = decode_hex_digit(id.p[i]);
        if (digit < 0)
            return 0;
        sequence = sequence << 4 | (unsigned)digit;
    }
    return sequence > INT64_MAX ? 0 : (int64_t)sequence;
}

/* --- rows --- */

struct delivery_row delivery_read(struct tx *tx, struct arena *arena)
{
    return (struct delivery_row){.sequence = tx_int(tx, 0),
                                 .endpoint = arena_str(arena, tx_text(tx, 1)),
                                 .event = tx_int(tx, 2),
                                 .type = arena_str(arena, tx_text(tx, 3)),
                                 .environment = arena_str(arena, tx_text(tx, 4)),
                                 .account = arena_str(arena, tx_text(tx, 5)),
                                 .subject = arena_str(arena, tx_text(tx, 6)),
                                 .state = state_of(tx_text(tx, 7)),
                                 .due = tx_int(tx, 8),
                                 .tries = (uint32_t)tx_int(tx, 9),
                                 .attempts = (uint32_t)tx_int(tx, 10),
                                 .bytes = (uint64_t)tx_int(tx, 11),
                                 .reason = arena_str(arena, tx_text(tx, 12)),
                                 .status = (int)tx_int(tx, 13),
                                 .created = tx_int(tx, 14),
                                 .ended = tx_int(tx, 15),
                                 .keep = tx_int(tx, 16)};
}

struct event_row delivery_read_event(struct tx *tx, unsigned at, struct arena *arena)
{
    return (struct event_row){.sequence = tx_int(tx, at),
                              .time = tx_int(tx, at + 1),
                              .type = arena_str(arena, tx_text(tx, at + 2)),
                              .environment = arena_str(arena, tx_text(tx, at + 3)),
                              .account = arena_str(arena, tx_text(tx, at + 4)),
                              .detail = arena_str(arena, tx_text(tx, at + 5)),
                              .integration = arena_str(arena, tx_text(tx, at + 6)),
                              .source = arena_str(arena, tx_text(tx, at + 7)),
                              .subject = arena_str(arena, tx_text(tx, at + 8)),
                              .sealed = arena_str(arena, tx_text(tx, at + 9)),
                              .payload = arena_str(arena, tx_text(tx, at + 10))};
}

/* --- order --- */

enum err delivery_release(struct tx *tx, str endpoint, str subject, usec wall,
                          bool *ret_released)
{
    static const struct statement update = {
        "UPDATE delivery SET due = $3 WHERE due = $4 AND sequence = (SELECT "
        "MIN(sequence) FROM delivery WHERE endpoint = $1 AND subject = $2 AND "
        "subject IS NOT NULL AND state = 'pending')"};
    struct value params[] = {V_TEXT(endpoint), V_TEXT(subject), V_INT(wall),
                             V_INT(USEC_NEVER)};
    int64_t changed = 0;
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), &changed);
    *ret_released = changed > 0;
    return err;
}

enum err delivery_has_pending(struct tx *tx, str endpoint, str subject, int64_t sequence,
                              bool *ret_found)
{
    static const struct statement query = {
        "SELECT 1 FROM delivery WHERE endpoint = $1 AND subject = $2 AND subject IS NOT "
        "NULL AND state = 'pending' AND sequence > $3 LIMIT 1"};
    struct value params[] = {V_TEXT(endpoint), V_TEXT(subject), V_INT(sequence)};
    int64_t found = 0;
    enum err err = tx_number(tx, &query, params, COUNT_OF(params), &found);
    *ret_found = found > 0;
    return err;
}
