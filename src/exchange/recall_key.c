/*
 * What makes an answer another one: whose it is and with which login, where the request
 * goes, what it asks for, and the headers that the answer may hang on. Everything goes
 * into one digest, each part behind its length, so that no two requests are one by the
 * way their parts are put together.
 *
 * The login is known by when its credentials came from somebody, not by the token, which
 * is renewed every hour: a reconnected account begins with nothing. The account's context
 * is part of it, since URLs and headers are made of it.
 */
#include "exchange/exchange_steps.h"

#include "base/crypto.h"
#include "json/json_write.h"

enum { PARTS_BYTES_MAX = 1 << 20, PAIRS_MAX = 200 };

static void put(struct buf *parts, str part)
{
    uint64_t n = str_absent(part) ? UINT64_MAX : part.n;
    buf_put(parts, &n, sizeof(n));
    buf_str(parts, part);
}

/* --- the query --- */

static int by_name(str a, str b)
{
    str name_a, name_b;
    str_next(&a, '=', &name_a);
    str_next(&b, '=', &name_b);
    return str_cmp(name_a, name_b);
}

/* Its pairs in the order of their names; those of one name stay in theirs, which may mean
 * something. One with very many pairs stays as it is. */
static void put_query(struct exchange *exchange, struct buf *parts)
{
    str rest = exchange->request.query, pair;
    str *pairs;
    uint32_t n = 0;
    put(parts, str_absent(rest) ? STR_NONE : STR("query"));
    if (str_absent(rest))
        return;
    pairs = arena_array(exchange->arena, PAIRS_MAX, sizeof(*pairs));
    while (n < PAIRS_MAX && str_next(&rest, '&', &pair)) {
        uint32_t at = n++;
        for (; at > 0 && by_name(pairs[at - 1], pair) > 0; at--)
            pairs[at] = pairs[at - 1];
        pairs[at] = pair;
    }
    for (uint32_t i = 0; i < n; i++)
        put(parts, pairs[i]);
    put(parts, rest);
}

/* --- the body --- */

str exchange_body_text(struct exchange *exchange)
{
    struct body *body = exchange->request.body;
    struct buf text;
    str chunk;
    if (!str_absent(exchange->gathered))
        return exchange->gathered;
    if (!body->complete || !body_can_rewind(body))
        return STR_NONE;
    buf_init(&text, PARTS_BYTES_MAX);
    while (body_pull(body, &chunk) == CALL_PULL_DATA)
        buf_str(&text, chunk);
    body_rewind(body);
    if (!buf_ok(&text)) {
        buf_fini(&text);
        return STR_NONE;
    }
    return exchange->gathered = arena_take(exchange->arena, &text);
}

/* False: it is not known yet, or too long to be told apart by. */
static bool put_body(struct exchange *exchange, struct buf *parts)
{
    if (!exchange->request.body) {
        put(parts, STR_NONE);
        return true;
    }
    str text = exchange_body_text(exchange);
    put(parts, text);
    return !str_absent(text);
}

/* --- headers --- */

static void put_header(struct exchange *exchange, struct buf *parts, str name)
{
    put(parts, header_joined_name(exchange->arena, exchange->request.headers, name));
}

static void put_template(struct buf *parts, const struct template *template)
{
    for (uint32_t i = 0; i < template->n; i++) {
        put(parts, template->parts[i].text);
        put(parts, template->parts[i].name);
    }
}

/* What is asked for when the answer is looked into is ours to say (shape.c). */
static bool asks_identity(const struct exchange *exchange)
{
    return integration_inspects(exchange->integration, exchange->method) ||
           exchange->request.want_whole;
}

/* Those that content is negotiated by; those that the document has too, where a caller's
 * own may win, such as a version's; and those that it names. */
static void put_headers(struct exchange *exchange, struct buf *parts)
{
    const struct bind_list *fixed = &exchange->integration->headers;
    const struct fixed_header *headers = fixed->items;
    const struct bind_texts *named = &exchange->method->caching->vary_by;
    put_header(exchange, parts, STR("Accept"));
    put_header(exchange, parts, STR("Accept-Language"));
    if (asks_identity(exchange))
        put(parts, STR("identity"));
    else
        put_header(exchange, parts, STR("Accept-Encoding"));
    for (uint32_t i = 0; i < fixed->n; i++) {
        put_template(parts, &headers[i].value);
        put_header(exchange, parts, headers[i].name);
    }
    for (uint32_t i = 0; i < named->n; i++)
        put_header(exchange, parts, named->items[i]);
}

/* --- the key --- */

static void put_identity(struct exchange *exchange, struct buf *parts)
{
    const struct account *account = exchange->account;
    put(parts, tenant_id_str(&account->id));
    put(parts, str_of((const char *)&account->connected, sizeof(account->connected)));
    put(parts, exchange->way ? exchange->way->name : STR_NONE);
    json_write(parts, &account->context, JSON_COMPACT);
}

static void put_place(struct exchange *exchange, struct buf *parts)
{
    const struct exchange_request *request = &exchange->request;
    put(parts, exchange->integration->name);
    put(parts, exchange->base.tls ? STR("https") : STR("http"));
    put(parts, url_authority(exchange->arena, &exchange->base));
    put(parts, str_absent(request->host) ? exchange->base.path : STR_NONE);
    put(parts, request->verb);
    put(parts, request->path);
}

bool exchange_recall_key(struct exchange *exchange)
{
    struct recall *recall = &exchange->recall;
    struct buf parts;
    str detail;
    if (recall->keyed)
        return true;
    if (exchange_find_base(exchange, &detail))
        return false; /* the next step says why */
    exchange_aim(exchange);
    buf_init(&parts, PARTS_BYTES_MAX);
    put_identity(exchange, &parts);
    put_place(exchange, &parts);
    put_headers(exchange, &parts);
    put_query(exchange, &parts);
    recall->keyed = put_body(exchange, &parts) && buf_ok(&parts);
    if (recall->keyed)
        crypto_sha256(buf_peek(&parts), recall->key.bytes);
    buf_fini(&parts);
    return recall->keyed;
}

/* --- Vary (RFC 9111 §4.1) --- */

/* Part of the key in any case, or the same for all who have it. */
static bool is_in_key(const struct exchange *exchange, str name)
{
    static const str always[] = {STR("Accept"), STR("Accept-Language"),
                                 STR("Accept-Encoding"), STR("Authorization")};
    const struct bind_texts *named = &exchange->method->caching->vary_by;
    for (size_t i = 0; i < COUNT_OF(always); i++)
        if (str_eq_nocase(name, always[i]))
            return true;
    for (uint32_t i = 0; i < named->n; i++)
        if (str_eq_nocase(name, named->items[i]))
            return true;
    return false;
}

static void digest_values(struct exchange *exchange, str names,
                          uint8_t ret[CACHE_VARIANT_BYTES])
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    struct buf parts;
    str name;
    buf_init(&parts, PARTS_BYTES_MAX);
    while (str_next(&names, ',', &name)) {
        put(&parts, name);
        put_header(exchange, &parts, name);
    }
    crypto_sha256(buf_peek(&parts), digest);
    buf_fini(&parts);
    memcpy(ret, digest, CACHE_VARIANT_BYTES);
}

str exchange_recall_vary(struct exchange *exchange, const struct headers *answer,
                         uint8_t ret_variant[CACHE_VARIANT_BYTES])
{
    str list = header_joined_name(exchange->arena, answer, STR("Vary")), name;
    str names = STR_NONE;
    memset(ret_variant, 0, CACHE_VARIANT_BYTES);
    while (str_next(&list, ',', &name)) {
        name = arena_lower(exchange->arena, str_trim(name));
        if (name.n == 0 || is_in_key(exchange, name))
            continue;
        str parts[] = {names, STR(","), name};
        names = str_absent(names) ? name : arena_join(exchange->arena, parts, 3);
    }
    if (!str_absent(names))
        digest_values(exchange, names, ret_variant);
    return names;
}

bool exchange_recall_fits(struct exchange *exchange, const struct cache_entry *entry)
{
    uint8_t variant[CACHE_VARIANT_BYTES];
    if (str_absent(entry->vary))
        return true;
    digest_values(exchange, entry->vary, variant);
    return memcmp(variant, entry->variant, CACHE_VARIANT_BYTES) == 0;
}
