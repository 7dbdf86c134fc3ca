/*
 * What is kept of a write, sealed and opened; and what documents say of repeats.
 */
#include "base/buf.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "catalog/idempotency.h"
#include "directory/keyring.h"
#include "json/json_write.h"
#include "operation/operation.h"
#include "writes/writes_state.h"

enum { LOGIN_BYTES_MAX = 1 << 20 };

/* Bound to the write and the part: a row that was copied over another opens nothing. */
static str about_of(str id, enum write_part part, struct arena *arena)
{
    return arena_printf(arena, "write " STR_F " %d", STR_A(id), (int)part);
}

str writes_seal(const struct writes *writes, const struct account *account, str id,
                enum write_part part, str text, struct arena *arena)
{
    struct data_key key = {tenant_id_str(&account->id), account->data_key};
    str sealed;
    if (!keyring_seal(writes->config.keyring, &key, about_of(id, part, arena), text,
                      arena, &sealed))
        return STR_NONE;
    return sealed;
}

bool writes_unseal(const struct writes *writes, const struct account *account,
                   const struct write_row *row, enum write_part part, struct arena *arena,
                   struct write_message *ret_message)
{
    struct data_key key = {tenant_id_str(&account->id), account->data_key};
    str text;
    return !str_absent(row->parts[part]) &&
           keyring_open(writes->config.keyring, &key, about_of(row->id, part, arena),
                        row->parts[part], arena, &text) &&
           write_message_read(text, arena, ret_message);
}

str writes_lane(const struct write_rule *rule, str given, str path, struct arena *arena)
{
    if (!str_absent(given))
        return arena_printf(arena, "key " STR_F, STR_A(given));
    if (rule->lane == LANE_RECORD)
        return arena_printf(arena, "path " STR_F, STR_A(path));
    return STR("");
}

str writes_login(const struct auth_way *way, const struct account *account,
                 struct arena *arena)
{
    const struct token_rule *token = way->rule.token;
    uint8_t digest[CRYPTO_SHA256_BYTES];
    struct buf text;
    if (!token || token->identity.n == 0)
        return STR("");
    buf_init(&text, LOGIN_BYTES_MAX);
    for (uint32_t i = 0; i < token->identity.n; i++) {
        str value = json_member_text(&account->context, token->identity.items[i]);
        json_write_text(&text, str_absent(value) ? STR("") : value);
    }
    crypto_sha256(buf_peek(&text), digest);
    buf_fini(&text);
    return encode_hex(arena, str_of((const char *)digest, sizeof(digest)));
}

usec writes_window(const struct integration *integration, const struct method *method,
                   str verb, bool keyed)
{
    const struct idempotency *idempotency = integration_idempotency(integration, method);
    bool repeatable = method ? method->repeatable : retry_method_idempotent(verb);
    if (repeatable)
        return USEC_NEVER;
    return keyed && idempotency->kind != IDEMPOTENCY_NONE ? idempotency->window : 0;
}

bool writes_recognised(const struct integration *integration, const struct method *method,
                       const struct write_row *row, usec wall)
{
    usec window =
        writes_window(integration, method, row->verb, !str_absent(row->vendor_key));
    usec first = row->first_sent ? row->first_sent : wall;
    return window == USEC_NEVER || wall - first < window;
}

struct write_facts writes_facts(const struct write_attempt *attempt)
{
    const struct outcome *outcome = attempt->outcome;
    const struct operation *operation = attempt->operation;
    const struct write_row *row = attempt->row;
    const struct idempotency *idempotency =
        integration_idempotency(attempt->integration, attempt->method);
    bool sent = operation ? operation->written : outcome->sent;
    return (struct write_facts){
        .class = outcome->class,
        .err = operation && operation->err ? operation->err : outcome->err,
        .sent = sent,
        .answered = sent && attempt->answered,
        .recognised =
            attempt->searchable ||
            writes_recognised(attempt->integration, attempt->method, row, attempt->wall),
        .stores_errors = idempotency->stores_errors,
        .refused = idempotency_refused(idempotency, outcome->status),
        .unsure = row->unsure,
        .removes = str_eq(row->verb, STR("DELETE")),
        .tries = attempt->tries,
        .age_left = row->deadline - attempt->wall,
        .retry_after = outcome->retry_after,
        .chance = attempt->chance,
    };
}

struct repeat_write writes_repeat(const struct integration *integration,
                                  const struct method *method,
                                  const struct account *account,
                                  const struct write_message *sent, usec wall)
{
    return (struct repeat_write){
        .integration = integration,
        .search = integration_idempotency(integration, method)->search,
        .context = &account->context,
        .verb = sent->verb,
        .path = sent->path,
        .query = sent->query,
        .headers = sent->headers,
        .body = sent->body,
        .wall = wall,
    };
}
