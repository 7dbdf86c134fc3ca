#include "hook/hook_store.h"

#include <stdio.h>

static const char *const state_words[HOOK_STATE_COUNT] = {
#define X(symbol, word, doc) [HOOK_##symbol] = word,
#include "hook/hook_state_list.h"
#undef X
};

str hook_state_word(enum hook_state state)
{
    return str_z(state_words[state]);
}

bool hook_state_of(str word, enum hook_state *ret_state)
{
    for (int i = 0; i < HOOK_STATE_COUNT; i++) {
        *ret_state = (enum hook_state)i;
        if (str_eq(word, str_z(state_words[i])))
            return true;
    }
    return false;
}

/* --- ids --- */

enum { ID_DIGITS = 16 };

void hook_id(int64_t sequence, char ret[HOOK_ID_BYTES])
{
    snprintf(ret, HOOK_ID_BYTES, "hok_%016llx", (unsigned long long)sequence);
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int64_t hook_sequence_of(str id)
{
    int64_t sequence = 0;
    if (id.n != 4 + ID_DIGITS || !str_starts(id, STR("hok_")) || id.p[4] > '7')
        return 0;
    for (size_t i = 4; i < id.n; i++) {
        int digit = digit_of(id.p[i]);
        if (digit < 0)
            return 0;
        sequence = sequence << 4 | digit;
    }
    return sequence;
}

/* --- rows --- */

static enum hook_state state_of(str word)
{
    enum hook_state state;
    CHECK(hook_state_of(word, &state));
    return state;
}

struct hook_row hook_read(struct tx *tx, struct arena *arena)
{
    return (struct hook_row){
        .sequence = tx_int(tx, 0),
        .integration = arena_str(arena, tx_text(tx, 1)),
        .environment = arena_str(arena, tx_text(tx, 2)),
        .account = arena_str(arena, tx_text(tx, 3)),
        .claim = arena_str(arena, tx_text(tx, 4)),
        .request = arena_str(arena, tx_text(tx, 5)),
        .item = (uint32_t)tx_int(tx, 6),
        .event_id = arena_str(arena, tx_text(tx, 7)),
        .type = arena_str(arena, tx_text(tx, 8)),
        .happened = tx_int(tx, 9),
        .received = tx_int(tx, 10),
        .state = state_of(tx_text(tx, 11)),
        .lane = arena_str(arena, tx_text(tx, 12)),
        .due = tx_int(tx, 13),
        .tries = (uint32_t)tx_int(tx, 14),
        .events = (uint32_t)tx_int(tx, 15),
        .reason = arena_str(arena, tx_text(tx, 16)),
        .detail = arena_str(arena, tx_text(tx, 17)),
        .ended = tx_int(tx, 18),
        .keep = tx_int(tx, 19),
        .bytes = tx_int(tx, 20),
    };
}

enum err hook_reserve(struct tx *tx, uint32_t n, int64_t *ret_first)
{
    static const struct statement count = {
        "UPDATE counter SET value = value + $1 WHERE name = 'hook' RETURNING value"};
    int64_t last = 0;
    enum err err = tx_number(tx, &count, (struct value[]){V_INT(n)}, 1, &last);
    *ret_first = last - n + 1;
    return err;
}

enum err hook_insert(struct tx *tx, struct hook_row *row)
{
    enum err err = hook_reserve(tx, 1, &row->sequence);
    return err == ERR_NONE ? hook_insert_as(tx, row) : err;
}

enum err hook_insert_as(struct tx *tx, const struct hook_row *row)
{
    static const struct statement insert = {
        "INSERT INTO hook (sequence, integration, environment, account, claim, request, "
        "item, event_id, type, happened, received, state, lane, due, tries, events, "
        "reason, detail, ended, keep, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
        "$10, "
        "$11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)"};
    struct value params[] = {
        V_INT(row->sequence),     V_TEXT(row->integration),
        V_TEXT(row->environment), V_TEXT(row->account),
        V_TEXT(row->claim),       V_TEXT(row->request),
        V_INT(row->item),         V_TEXT(row->event_id),
        V_TEXT(row->type),        V_INT(row->happened),
        V_INT(row->received),     V_TEXT(hook_state_word(row->state)),
        V_TEXT(row->lane),        V_INT(row->due),
        V_INT(row->tries),        V_INT(row->events),
        V_TEXT(row->reason),      V_TEXT(row->detail),
        V_INT(row->ended),        V_INT(row->keep),
        V_INT(row->bytes)};
    return tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
}
