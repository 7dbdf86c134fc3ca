/*
 * What makes an answer another one: whose it is and with which login, where the request
 * goes, what it asks for, and the headers that the answer may hang on.
 */
#include "exchange/exchange_steps.h"

#include "base/crypto.h"
#include "cache/cache_key.h"

enum { BODY_BYTES_MAX = 1 << 20 };

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
    buf_init(&text, BODY_BYTES_MAX);
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
static bool put_body(struct exchange *exchange, struct cache_key_parts *parts)
{
    if (!exchange->request.body) {
        cache_key_put(parts, STR_NONE);
        return true;
    }
    str text = exchange_body_text(exchange);
    cache_key_put(parts, text);
    return !str_absent(text);
}

/* --- headers --- */

static void put_header(struct exchange *exchange, struct cache_key_parts *parts, str name)
{
    cache_key_put(parts,
                  header_joined_name(exchange->arena, exchange->request.headers, name));
}

static void put_template(struct cache_key_parts *parts, const struct template *template)
{
    for (uint32_t i = 0; i < template->n; i++) {
        cache_key_put(parts, template->parts[i].text);
        cache_key_put(parts, template->parts[i].name);
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
static void put_headers(struct exchange *exchange, struct cache_key_parts *parts)
{
    const struct bind_list *fixed = &exchange->integration->headers;
    const struct fixed_header *headers = fixed->items;
    const struct bind_texts *named = &exchange->method->caching->vary_by;
    put_header(exchange, parts, STR("Accept"));
    put_header(exchange, parts, STR("Accept-Language"));
    if (asks_identity(exchange))
        cache_key_put(parts, STR("identity"));
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

static void put_place(struct exchange *exchange, struct cache_key_parts *parts)
{
    const struct exchange_request *request = &exchange->request;
    cache_key_put(parts, exchange->integration->name);
    cache_key_put(parts, exchange->base.tls ? STR("https") : STR("http"));
    cache_key_put(parts, url_authority(exchange->arena, &exchange->base));
    cache_key_put(parts, str_absent(request->host) ? exchange->base.path : STR_NONE);
    cache_key_put(parts, request->verb);
    cache_key_put(parts, request->path);
}

bool exchange_recall_key(struct exchange *exchange)
{
    const struct auth_way *way = exchange->way;
    struct recall *recall = &exchange->recall;
    struct cache_key_parts parts;
    str detail;
    if (recall->keyed)
        return true;
    if (exchange_find_base(exchange, &detail))
        return false; /* the next step says why */
    exchange_aim(exchange);
    cache_key_begin(&parts);
    cache_key_put_identity(&parts, exchange->account, way ? way->name : STR_NONE);
    put_place(exchange, &parts);
    put_headers(exchange, &parts);
    cache_key_put_query(&parts, exchange->request.query, STR_NONE, exchange->arena);
    bool known = put_body(exchange, &parts);
    recall->keyed = cache_key_end(&parts, &recall->key) && known;
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
    struct cache_key_parts parts;
    struct cache_key digest = {{0}};
    str name;
    cache_key_begin(&parts);
    while (str_next(&names, ',', &name)) {
        cache_key_put(&parts, name);
        put_header(exchange, &parts, name);
    }
    (void)!cache_key_end(&parts, &digest);
    memcpy(ret, digest.bytes, CACHE_VARIANT_BYTES);
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
