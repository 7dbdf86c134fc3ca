/*
 * proxy.retry as the rate limit's headers, proxy.paginate as the pagination block.
 */
#include "import/catalogue.h"

#include "http/header.h"
#include "json/json_write.h"

/* Absent: the rule has no such path. */
static str pointer_at(struct arena *arena, const struct json *rule, const char *member)
{
    str path = import_text(rule, str_z(member));
    return path.n ? provider_pointer(arena, path) : STR_NONE;
}

/* --- rate_limit --- */

/* Header names, one or a list of them, as signals of a unit. */
static void put_signals(struct provider *provider, struct json_build *signals,
                        const struct json *names, str unit)
{
    struct json_build signal;
    bool list = names && json_is(names, JSON_ARRAY);
    for (uint32_t i = 0; names && i < (list ? names->n : 1); i++) {
        str name = json_text(list ? &names->u.items[i] : names);
        if (!header_name_valid(name)) {
            provider_say(provider, "proxy.retry names \"" STR_F "\", which is no header.",
                         STR_A(name));
            continue;
        }
        json_build_init(&signal, provider->import->arena);
        json_build_member(&signal, STR("from"), json_of_text(name));
        json_build_member(&signal, STR("unit"), json_of_text(unit));
        json_build_item(signals, json_build_object(&signal));
    }
}

static void put_remaining(struct provider *provider, struct json_build *block,
                          const struct json *retry)
{
    struct arena *arena = provider->import->arena;
    str remaining = import_text(retry, STR("remaining"));
    struct json_build window, windows;
    if (!header_name_valid(remaining))
        return;
    json_build_init(&window, arena);
    json_build_member(&window, STR("name"), json_of_text(STR("default")));
    json_build_member(&window, STR("remaining"), json_of_text(remaining));
    json_build_init(&windows, arena);
    json_build_item(&windows, json_build_object(&window));
    json_build_member(block, STR("windows"), json_build_array(&windows));
}

/* error_code: a throttle that is not 429. */
static void put_detect(struct provider *provider, struct json_build *block,
                       const struct json *retry)
{
    struct arena *arena = provider->import->arena;
    const struct json *code = import_at(retry, STR("error_code"));
    str remaining = import_text(retry, STR("remaining"));
    struct json_build condition, list;
    uint64_t status;
    if (!code)
        return;
    if (!str_to_u64(json_as_text(code, arena), 599, &status) || status < 400 ||
        !header_name_valid(remaining)) {
        provider_say(provider, "proxy.retry.error_code alone does not tell a throttle.");
        return;
    }
    json_build_init(&condition, arena);
    json_build_member(&condition, STR("status"), json_of_number((double)status));
    json_build_member(&condition, STR("when"), json_of_text(remaining));
    json_build_member(&condition, STR("is"), json_of_text(STR("0")));
    json_build_init(&list, arena);
    json_build_item(&list, json_build_object(&condition));
    json_build_member(block, STR("detect"), json_build_array(&list));
}

static void put_rate_limit(struct provider *provider, struct json_build *document,
                           const struct json *retry)
{
    struct arena *arena = provider->import->arena;
    struct json_build block, signals;
    if (!retry)
        return;
    json_build_init(&block, arena);
    json_build_init(&signals, arena);
    put_detect(provider, &block, retry);
    put_signals(provider, &signals, import_at(retry, STR("after")), STR("retry_after"));
    put_signals(provider, &signals, import_at(retry, STR("at")), STR("epoch_s"));
    if (signals.n)
        json_build_member(&block, STR("retry_after"), json_build_array(&signals));
    put_remaining(provider, &block, retry);
    if (import_at(retry, STR("in_body")))
        provider_say(provider, "proxy.retry.in_body is not taken over.");
    if (block.n)
        json_build_member(document, STR("rate_limit"), json_build_object(&block));
}

/* --- pagination --- */

/* Whether how many come is known. */
static bool put_size(struct provider *provider, struct json_build *block,
                     const struct json *rule)
{
    struct arena *arena = provider->import->arena;
    str name = import_text(rule, STR("limit_name_in_request"));
    const struct json *limit = import_at(rule, STR("limit"));
    struct json_build put, size;
    uint64_t n;
    bool known = limit && json_to_u64(limit, 100000, &n) && n > 0;
    if (name.n == 0)
        return false;
    json_build_init(&put, arena);
    json_build_member(&put, STR("query"), json_of_text(name));
    json_build_init(&size, arena);
    json_build_member(&size, STR("put"), json_build_object(&put));
    if (known)
        json_build_member(&size, STR("default"), *limit);
    json_build_member(block, STR("size"), json_build_object(&size));
    return known;
}

static bool put_link(struct provider *provider, struct json_build *block,
                     const struct json *rule)
{
    struct arena *arena = provider->import->arena;
    str rel = import_text(rule, STR("link_rel_in_response_header"));
    str next = pointer_at(arena, rule, "link_path_in_response_body");
    bool body = str_absent(rel) && next.n;
    if (str_absent(rel) && !body)
        return false;
    json_build_member(
        block, STR("kind"),
        json_of_text(body ? STR("url_in_body_absolute") : STR("link_header")));
    import_put_text(block, STR("records"), pointer_at(arena, rule, "response_path"));
    if (body)
        json_build_member(block, STR("next"), json_of_text(next));
    else if (!str_eq(rel, STR("next")))
        json_build_member(block, STR("rel"), json_of_text(rel));
    put_size(provider, block, rule);
    return true;
}

static bool put_cursor(struct provider *provider, struct json_build *block,
                       const struct json *rule)
{
    struct arena *arena = provider->import->arena;
    str next = pointer_at(arena, rule, "cursor_path_in_response");
    str put = import_text(rule, STR("cursor_name_in_request"));
    if (next.n == 0 || put.n == 0)
        return false;
    json_build_member(block, STR("kind"), json_of_text(STR("cursor_in_body")));
    import_put_text(block, STR("records"), pointer_at(arena, rule, "response_path"));
    json_build_member(block, STR("next"), json_of_text(next));
    json_build_member(block, STR("put"), json_of_text(put));
    put_size(provider, block, rule);
    return true;
}

static bool put_offset(struct provider *provider, struct json_build *block,
                       const struct json *rule)
{
    struct arena *arena = provider->import->arena;
    str put = import_text(rule, STR("offset_name_in_request"));
    str by = import_text(rule, STR("offset_calculation_method"));
    const struct json *first = import_at(rule, STR("offset_start_value"));
    bool pages = str_eq(by, STR("per-page"));
    uint64_t n = pages;
    str end = STR("empty_page");
    if (put.n == 0 || (first && !json_to_u64(first, 1, &n)))
        return false;
    json_build_member(block, STR("kind"),
                      json_of_text(pages ? STR("page_number") : STR("offset_limit")));
    import_put_text(block, STR("records"), pointer_at(arena, rule, "response_path"));
    json_build_member(block, STR("put"), json_of_text(put));
    if (n != (pages ? 1 : 0))
        json_build_member(block, STR("first"), json_of_number((double)n));
    if (!put_size(provider, block, rule))
        json_build_member(block, STR("end"), import_texts(arena, &end, 1));
    return true;
}

static void put_pagination(struct provider *provider, struct json_build *document,
                           const struct json *rule)
{
    struct json_build block;
    str type = import_text(rule, STR("type"));
    bool good = false;
    if (!rule)
        return;
    json_build_init(&block, provider->import->arena);
    if (str_eq(type, STR("link")))
        good = put_link(provider, &block, rule);
    else if (str_eq(type, STR("cursor")))
        good = put_cursor(provider, &block, rule);
    else if (str_eq(type, STR("offset")))
        good = put_offset(provider, &block, rule);
    if (!good)
        provider_say(provider, "proxy.paginate \"" STR_F "\" cannot be said.",
                     STR_A(type));
    else
        json_build_member(document, STR("pagination"), json_build_object(&block));
}

void provider_put_rules(struct provider *provider, struct json_build *document)
{
    static const char *const known[] = {"base_url", "headers",    "query",        "retry",
                                        "paginate", "decompress", "verification", NULL};
    const struct json *proxy = provider->proxy;
    put_rate_limit(provider, document, import_at(proxy, STR("retry")));
    put_pagination(provider, document, import_at(proxy, STR("paginate")));
    for (uint32_t i = 0; proxy && json_is(proxy, JSON_OBJECT) && i < proxy->n; i++) {
        size_t k = 0;
        while (known[k] && !str_eq(json_key(&proxy->u.members[i]), str_z(known[k])))
            k++;
        if (!known[k])
            provider_say(provider, "its member proxy." STR_F " is not read.",
                         STR_A(json_key(&proxy->u.members[i])));
    }
}
