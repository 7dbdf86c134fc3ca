#include "stroll.h"

#include "base/err.h"
#include "json/json_write.h"

struct steps {
    struct stroll *stroll;
    struct walk walk;
    struct page_reach reach;
    struct json_build asked;
    struct json_build records;
};

const struct page_rule *stroll_rule(struct arena *arena, const struct json *block)
{
    struct page_rule *rule = arena_alloc(arena, sizeof(*rule));
    reply_rule(arena, &page_rule_table, block, rule);
    rule->hash = page_rule_hash(block);
    return rule;
}

static bool allows(const void *arg, const struct url *url)
{
    (void)arg;
    return url->tls && (str_eq(url->host, STR("api.vendor.test")) ||
                        str_eq(url->host, STR("files.vendor.test")));
}

static struct url *url_of(struct arena *arena, str text)
{
    struct url *url = arena_alloc(arena, sizeof(*url));
    assert_true(url_parse(arena, text, url, NULL));
    return url;
}

void stroll_reach(struct arena *arena, struct page_reach *ret_reach)
{
    *ret_reach =
        (struct page_reach){.base = url_of(arena, STR(STROLL_BASE)), .allows = allows};
}

/* --- the request --- */

static void make_request(struct stroll *stroll, struct page_request *ret_request)
{
    const struct json *given = json_member(stroll->line, STR("request"));
    const struct json *body = given ? json_member(given, STR("body")) : NULL;
    struct headers *headers = arena_alloc(stroll->arena, sizeof(*headers));
    headers_init(headers, stroll->arena, 2);
    *ret_request = (struct page_request){
        .arena = stroll->arena,
        .path = given ? json_member_text(given, STR("path")) : STR("/items"),
        .query = given ? json_member_text(given, STR("query")) : STR_NONE,
        .headers = headers};
    if (body)
        ret_request->body = *body;
}

static str request_text(const struct page_request *request)
{
    struct buf buf;
    buf_init(&buf, 1 << 16);
    if (!str_absent(request->url)) {
        buf_str(&buf, request->url);
    } else {
        buf_str(&buf, request->path);
        if (!str_absent(request->query)) {
            buf_char(&buf, '?');
            buf_str(&buf, request->query);
        }
    }
    if (!json_is(&request->body, JSON_UNDEFINED)) {
        buf_char(&buf, ' ');
        json_write(&buf, &request->body, JSON_COMPACT);
    }
    for (uint32_t i = 0; i < request->headers->n; i++)
        buf_printf(&buf, " " STR_F ": " STR_F, STR_A(request->headers->items[i].name),
                   STR_A(request->headers->items[i].value));
    assert_true(buf_ok(&buf));
    return arena_take(request->arena, &buf);
}

static struct url *request_url(const struct page_request *request)
{
    if (!str_absent(request->url))
        return url_of(request->arena, request->url);
    str path = arena_printf(request->arena, STROLL_BASE STR_F, STR_A(request->path));
    path.n = str_find(path, '{'); /* of a place in the path that is not filled */
    return url_of(request->arena, path);
}

/* --- the steps --- */

static bool stop(struct steps *steps, str end)
{
    steps->stroll->end = end;
    return false;
}

static bool through_cursor(struct steps *steps)
{
    static const uint8_t key[CURSOR_KEY_BYTES] = {7};
    const struct cursor_about about = {STR("acc_1"), STR("crm/contacts"), STR("a=1")};
    struct stroll *stroll = steps->stroll;
    struct cursor cursor = {.revision = 3,
                            .rule = stroll->rule->hash,
                            .begun = REPLY_WALL,
                            .walk = steps->walk};
    struct cursor back;
    str text;
    enum err err =
        cursor_write(key, &about, &cursor, stroll->arena, &text, &stroll->detail);
    if (err)
        return stop(steps, err_code(err));
    assert_true(text.n <= CURSOR_TEXT_MAX);
    assert_int_equal(
        cursor_read(key, &about, text, stroll->arena, &back, &stroll->detail), ERR_NONE);
    assert_int_equal(cursor_check(&back, stroll->rule, &stroll->detail), ERR_NONE);
    steps->walk = back.walk;
    return true;
}

static bool refused(struct steps *steps, const struct answer *answer)
{
    static const char *const ends[] = {[WALK_OTHER] = "other",
                                       [WALK_EXPIRED] = "cursor_expired",
                                       [WALK_DELTA_EXPIRED] = "delta_expired"};
    struct stroll *stroll = steps->stroll;
    enum walk_verdict verdict =
        walk_refused(stroll->rule, &steps->walk, answer, stroll->arena);
    return verdict == WALK_AGAIN || stop(steps, str_z(ends[verdict]));
}

static bool take_page(struct steps *steps, const struct answer *answer)
{
    struct stroll *stroll = steps->stroll;
    struct page page;
    enum err err = walk_read(stroll->rule, &steps->walk, &steps->reach, answer,
                             stroll->arena, &page);
    stroll->detail = page.detail;
    if (err)
        return stop(steps, err_code(err));
    for (uint32_t i = 0; i < page.records.n; i++)
        json_build_item(&steps->records, page.records.u.items[i]);
    stroll->total = page.total;
    stroll->delta = page.delta;
    return !page.last || stop(steps, STR("end"));
}

static bool step(struct steps *steps, const struct json *answers, uint32_t at)
{
    struct stroll *stroll = steps->stroll;
    struct page_request request;
    struct answer answer;
    make_request(stroll, &request);
    enum err err =
        walk_ask(stroll->rule, &steps->walk, &steps->reach, &request, &stroll->detail);
    if (err)
        return stop(steps, err_code(err));
    json_build_item(&steps->asked, json_of_text(request_text(&request)));
    steps->reach.request = request_url(&request);
    if (at == answers->n)
        return stop(steps, STR("more"));
    reply_read(stroll->arena, &answers->u.items[at], &answer);
    if (answer.status >= 400 ? !refused(steps, &answer) : !take_page(steps, &answer))
        return false;
    return !stroll->by_cursor || through_cursor(steps);
}

void stroll_run(struct stroll *stroll)
{
    struct steps steps = {.stroll = stroll};
    const struct json *size = json_member(stroll->line, STR("size"));
    const struct json *answers = json_member(stroll->line, STR("answers"));
    stroll->rule = stroll_rule(stroll->arena, json_member(stroll->line, STR("rule")));
    stroll->total = -1;
    json_build_init(&steps.asked, stroll->arena);
    json_build_init(&steps.records, stroll->arena);
    stroll_reach(stroll->arena, &steps.reach);
    steps.reach.credential = json_member_text(stroll->line, STR("credential"));
    walk_begin(stroll->rule, size ? (uint32_t)json_number(size) : 0,
               json_member_text(stroll->line, STR("since")), &steps.walk);
    for (uint32_t at = 0; step(&steps, answers, at); at++)
        ;
    stroll->asked = json_build_array(&steps.asked);
    stroll->records = json_build_array(&steps.records);
}
