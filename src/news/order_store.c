#include "news/order_store.h"

static str word_of(const struct order_known *known)
{
    return known->deleted ? STR("deleted") : STR("there");
}

enum err order_find(struct tx *tx, const struct order_record *record,
                    struct order_known *ret_known)
{
    static const struct statement query = {
        "SELECT version, time, sequence, hash, state, revision FROM record_version "
        "WHERE account = $1 AND resource = $2 AND id = $3"};
    struct value params[] = {V_TEXT(record->account), V_TEXT(record->resource),
                             V_TEXT(record->id)};
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    *ret_known = (struct order_known){0};
    if (err != ERR_NONE || !tx_next(tx, &err))
        return err;
    *ret_known = (struct order_known){
        .there = true,
        .deleted = str_eq(tx_text(tx, 4), STR("deleted")),
        .place = {!tx_null(tx, 0), tx_int(tx, 0), tx_int(tx, 1), tx_int(tx, 2)},
        .revision = tx_int(tx, 5),
    };
    str hash = tx_text(tx, 3);
    if (hash.n == sizeof(ret_known->hash))
        memcpy(ret_known->hash, hash.p, hash.n);
    return ERR_NONE;
}

enum err order_put(struct tx *tx, const struct order_record *record,
                   const struct order_known *known)
{
    static const struct statement insert = {
        "INSERT INTO record_version (account, resource, id, version, time, sequence, "
        "hash, "
        "state, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)"};
    static const struct statement update = {
        "UPDATE record_version SET version = $4, time = $5, sequence = $6, hash = $7, "
        "state = $8, revision = revision + 1 "
        "WHERE account = $1 AND resource = $2 AND id = $3 AND revision = $9"};
    const struct order_place *place = &known->place;
    struct value params[] = {
        V_TEXT(record->account),
        V_TEXT(record->resource),
        V_TEXT(record->id),
        place->has_version ? V_INT(place->version) : V_NULL,
        V_INT(place->time),
        V_INT(place->sequence),
        V_BLOB(str_of((const char *)known->hash, sizeof(known->hash))),
        V_TEXT(word_of(known)),
        V_INT(known->revision)};
    int64_t changed = 0;
    bool first = known->revision == 0;
    enum err err = tx_exec(tx, first ? &insert : &update, params,
                           first ? COUNT_OF(params) - 1 : COUNT_OF(params), &changed);
    if (err == ERR_OBJECT_EXISTS)
        return ERR_STATE_CONFLICT;
    return err == ERR_NONE && changed != 1 ? ERR_STATE_CONFLICT : err;
}

enum err order_forget(struct tx *tx, str account)
{
    static const struct statement forget = {
        "DELETE FROM record_version WHERE account = $1"};
    struct value params[] = {V_TEXT(account)};
    return tx_exec(tx, &forget, params, COUNT_OF(params), NULL);
}
