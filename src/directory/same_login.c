/*
 * The same login at a vendor under two accounts of one environment: allowed, and told,
 * since both would answer for the same data and use up the same limits.
 */
#include "directory/token_work.h"
#include "event/event.h"
#include "json/json_parse.h"
#include "json/json_write.h"
#include "json/merge.h"

enum { LOOKED_AT_MAX = 10000, ROW_BYTES_MAX = 1 << 20 };

/* Something must be known of it, and all that is known must be the same. */
static bool is_same(const struct token_change *change, const struct json *one,
                    const struct json *other)
{
    bool known = false;
    for (uint32_t i = 0; i < change->identity_n; i++) {
        str value = json_member_text(one, change->identity[i]);
        if (!str_eq(value, json_member_text(other, change->identity[i])))
            return false;
        known |= value.n > 0;
    }
    return known;
}

static bool row_is_same(struct tx *tx, const struct token_change *change,
                        const struct json *context, struct arena *scratch)
{
    struct json other;
    arena_reset(scratch);
    return json_parse(scratch, tx_text(tx, 1), NULL, &other, NULL) &&
           is_same(change, context, &other);
}

static enum err find(struct tx *tx, const struct token_change *change,
                     const struct json *context, struct tenant_id *ret_other)
{
    static const struct statement query = {
        "SELECT id, context FROM account WHERE environment = $1 AND integration = $2 "
        "AND id <> $3 ORDER BY id LIMIT $4"};
    struct arena scratch;
    struct value params[] = {V_TEXT(tenant_id_str(&change->work->found.environment)),
                             V_TEXT(change->work->account->integration),
                             V_TEXT(change->account), V_INT(LOOKED_AT_MAX)};
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    if (err != ERR_NONE)
        return err;
    arena_init(&scratch, 4096, ROW_BYTES_MAX);
    while (tx_next(tx, &err))
        if (row_is_same(tx, change, context, &scratch)) {
            *ret_other = tenant_id_of(tx_text(tx, 0));
            break;
        }
    arena_fini(&scratch);
    return err;
}

static enum err tell(struct tx *tx, const struct token_change *change,
                     const struct tenant_id *other)
{
    struct buf detail;
    struct json_out out;
    buf_init(&detail, 4096);
    json_out_init(&out, &detail);
    json_out_object(&out);
    json_out_member_text(&out, STR("other"), tenant_id_str(other));
    json_out_end(&out);
    struct event event = {.type = EVENT_ACCOUNT_SAME_LOGIN,
                          .time = change->wall,
                          .environment = tenant_id_str(&change->work->found.environment),
                          .account = change->account,
                          .detail = buf_peek(&detail)};
    enum err err = event_put(tx, &event);
    buf_fini(&detail);
    return err;
}

enum err token_tell_same_login(struct tx *tx, struct token_change *change)
{
    struct token_work *work = change->work;
    struct tenant_id other = {0};
    if (change->identity_n == 0)
        return ERR_NONE;
    struct json context =
        merge_patch(&work->arena, &work->account->context, &change->context);
    enum err err = find(tx, change, &context, &other);
    return err == ERR_NONE && other.text[0] ? tell(tx, change, &other) : err;
}
