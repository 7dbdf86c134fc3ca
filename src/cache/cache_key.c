#include "cache/cache_key.h"

#include "base/crypto.h"
#include "json/json_write.h"

enum { PARTS_BYTES = 768, PARTS_BYTES_MAX = 1 << 20, PAIRS_MAX = 200 };

void cache_key_begin(struct cache_key_parts *parts)
{
    buf_init(&parts->text, PARTS_BYTES_MAX);
    buf_reserve(&parts->text, PARTS_BYTES); /* one allocation for nearly all */
}

void cache_key_put(struct cache_key_parts *parts, str part)
{
    uint64_t n = str_absent(part) ? UINT64_MAX : part.n;
    buf_put(&parts->text, &n, sizeof(n));
    buf_str(&parts->text, part);
}

void cache_key_put_identity(struct cache_key_parts *parts, const struct account *account,
                            str way)
{
    const usec *connected = &account->connected;
    cache_key_put(parts, tenant_id_str(&account->id));
    cache_key_put(parts, str_of((const char *)connected, sizeof(*connected)));
    cache_key_put(parts, way);
    json_write(&parts->text, &account->context, JSON_COMPACT);
}

/* --- the query --- */

static str name_of(str pair)
{
    str name;
    str_next(&pair, '=', &name);
    return name;
}

/* Past PAIRS_MAX the rest stays as it is. */
void cache_key_put_query(struct cache_key_parts *parts, str query, str but,
                         struct arena *arena)
{
    str pair, *pairs;
    uint32_t n = 0;
    cache_key_put(parts, str_absent(query) ? STR_NONE : STR("query"));
    if (str_absent(query))
        return;
    pairs = arena_array(arena, PAIRS_MAX, sizeof(*pairs));
    while (n < PAIRS_MAX && str_next(&query, '&', &pair)) {
        if (!str_absent(but) && str_eq(name_of(pair), but))
            continue;
        uint32_t at = n++;
        for (; at > 0 && str_cmp(name_of(pairs[at - 1]), name_of(pair)) > 0; at--)
            pairs[at] = pairs[at - 1];
        pairs[at] = pair;
    }
    for (uint32_t i = 0; i < n; i++)
        cache_key_put(parts, pairs[i]);
    cache_key_put(parts, query);
}

bool cache_key_end(struct cache_key_parts *parts, struct cache_key *ret_key)
{
    bool good = buf_ok(&parts->text);
    if (good)
        crypto_sha256(buf_peek(&parts->text), ret_key->bytes);
    buf_fini(&parts->text);
    return good;
}
