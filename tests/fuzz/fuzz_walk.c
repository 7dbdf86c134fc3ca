/*
 * The first byte chooses a pagination block; up to a line break, a Link header; the rest,
 * the body of a page. Whatever it is, the walk is at its end, or at a position that can
 * be asked for at a host that is allowed, or there is a sentence that can be printed.
 */
#include "json/json_parse.h"
#include "paging/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { ROOM = 256 << 20 };

static const char *const blocks[] = {
    "{\"kind\":\"link_header\"}",
    "{\"kind\":\"cursor_in_body\",\"records\":\"/r\",\"next\":\"/n\",\"put\":{\"header\":"
    "\"X-A\"},\"more\":\"/m\"}",
    "{\"kind\":\"cursor_in_body\",\"records\":\"/r\",\"next\":\"/n\",\"put\":{\"path\":"
    "\"c\"}}",
    "{\"kind\":\"cursor_sent_in_request_body\",\"records\":\"/r\",\"next\":\"/n\","
    "\"put\":{\"body\":\"/a/b\"},\"done\":\"/m\"}",
    "{\"kind\":\"url_in_body_absolute\",\"records\":\"/r\",\"next\":\"/n\"}",
    "{\"kind\":\"url_in_body_relative\",\"records\":\"/r\",\"next\":\"/n\"}",
    "{\"kind\":\"url_in_body_relative\",\"records\":\"/r\",\"next\":\"/n\",\"against\":"
    "\"base_url\"}",
    "{\"kind\":\"page_number\",\"put\":\"p\",\"next\":\"/n\",\"records\":\"/r\","
    "\"total\":\"/t\",\"pages\":\"/p\"}",
    "{\"kind\":\"offset_limit\",\"put\":\"o\",\"records\":\"/r\",\"total\":\"/t\","
    "\"window\":{\"records\":2,\"then\":\"restart\"},\"restart\":{\"value\":\"/id\","
    "\"put\":\"since\"}}",
    "{\"kind\":\"last_item_id\",\"put\":\"o\",\"item\":\"/id\",\"records\":\"/r\","
    "\"size\":{\"default\":1}}",
    "{\"kind\":\"delta_or_sync_token\",\"records\":\"/r\",\"next\":\"/n\",\"delta\":{"
    "\"token\":\"/d\"}}",
};

static bool allows(const void *arg, const struct url *url)
{
    (void)arg;
    return str_eq(url->host, STR("vendor.test"));
}

static const struct page_rule *rule_of(struct arena *arena, uint8_t choice)
{
    struct binder binder;
    struct json json;
    struct page_rule *rule = arena_alloc(arena, sizeof(*rule));
    bind_init(&binder, arena);
    CHECK(json_parse(arena, str_z(blocks[choice % COUNT_OF(blocks)]), NULL, &json, NULL));
    CHECK(bind_read(&binder, &page_rule_table, &json, rule));
    return rule;
}

static void check_sentence(str detail)
{
    CHECK(detail.n > 0);
    for (size_t i = 0; i < detail.n; i++)
        CHECK((unsigned char)detail.p[i] >= ' ' && detail.p[i] != 0x7f);
}

static void check_url(struct arena *arena, str text)
{
    struct url url;
    CHECK(url_parse(arena, text, &url, NULL));
    CHECK(allows(NULL, &url) && url.tls && !url_path_climbs(url.path));
    CHECK(str_absent(url_query_find(arena, url.query, STR("key"))));
}

static void check_ask(struct arena *arena, const struct page_rule *rule,
                      const struct walk *walk, const struct page_reach *reach)
{
    struct headers headers;
    str detail = STR_NONE;
    headers_init(&headers, arena, 2);
    struct page_request request = {
        .arena = arena, .path = STR("/items/{c}"), .headers = &headers};
    enum err err = walk_ask(rule, walk, reach, &request, &detail);
    if (err)
        check_sentence(detail);
    else if (!str_absent(request.url))
        check_url(arena, request.url);
    CHECK(!url_path_climbs(request.path));
    for (uint32_t i = 0; i < headers.n; i++)
        CHECK(header_value_valid(headers.items[i].value));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    struct headers headers;
    struct url base;
    struct walk walk;
    struct page page;
    struct json body;
    if (n < 1)
        return 0;
    arena_init(&arena, 4096, ROOM);
    str rest = str_of((const char *)bytes + 1, n - 1), line;
    const struct page_rule *rule = rule_of(&arena, bytes[0]);
    CHECK(url_parse(&arena, STR("https://vendor.test/v1"), &base, NULL));
    struct page_reach reach = {
        .base = &base, .request = &base, .allows = allows, .credential = STR("key")};
    headers_init(&headers, &arena, 2);
    if (!str_next(&rest, '\n', &line))
        line = STR("");
    if (header_value_valid(line))
        header_add_name(&headers, STR("Link"), line);
    rest = str_absent(rest) ? STR("") : rest;
    bool json = json_parse(&arena, rest, NULL, &body, NULL);
    struct answer answer = {.status = 200,
                            .headers = &headers,
                            .text = rest,
                            .body = json ? &body : NULL,
                            .wall = 1760000000 * USEC_S};
    walk_begin(rule, 0, STR_NONE, &walk);
    enum err err = walk_read(rule, &walk, &reach, &answer, &arena, &page);
    if (err)
        check_sentence(page.detail);
    else if (!page.last)
        check_ask(&arena, rule, &walk, &reach);
    CHECK(err || page.last == (walk.at.form == POSITION_END));
    arena_fini(&arena);
    return 0;
}
