/*
 * The tables of a script: what stands in one, with bounds and a sentence for each member.
 */
#include "sim/sim_script.h"

enum { ROUTES_MAX = 5000 };

static const char source_schema[] = "{\"type\":\"string\"}";

/* --- conditions --- */

static void read_text_test(struct binder *binder, const struct json *value,
                           struct sim_condition *condition)
{
    const struct json *part = json_member(value, STR("contains"));
    condition->text = json_text(part ? part : value);
    if (json_is_bool(value))
        condition->test = json_is(value, JSON_TRUE) ? SIM_TEST_PRESENT : SIM_TEST_ABSENT;
    else if (json_is(value, JSON_STRING))
        condition->test = SIM_TEST_EQUALS;
    else if (part && value->n == 1 && condition->text.n)
        condition->test = SIM_TEST_CONTAINS;
    else
        bind_fault(binder, "must be a string that it equals, {\"contains\":\"a part\"}, "
                           "true (is there), or false (is not there).");
}

/* {"name": wanted, …} for one place of the request. */
static void read_conditions(struct binder *binder, enum sim_place place,
                            const struct json *value, struct sim_conditions *conditions)
{
    struct sim_condition *items =
        arena_array(binder->arena, conditions->n + (size_t)value->n, sizeof(items[0]));
    if (conditions->n)
        memcpy(items, conditions->items, conditions->n * sizeof(items[0]));
    for (uint32_t i = 0; i < value->n; i++) {
        const struct json_member *member = &value->u.members[i];
        struct sim_condition *condition = &items[conditions->n++];
        str before = bind_enter(binder, json_key(member));
        if (!sim_asked_source(binder->arena, place, json_key(member), &condition->source))
            bind_fault(binder, "is no JSON pointer; it starts with \"/\".");
        condition->test = SIM_TEST_EQUALS;
        condition->value = member->value;
        if (place != SIM_PLACE_BODY)
            read_text_test(binder, &member->value, condition);
        binder->at = before;
    }
    conditions->items = items;
}

static void read_place(struct binder *binder, const struct json_member *member,
                       struct sim_conditions *conditions)
{
    static const struct {
        str word;
        enum sim_place place;
    } places[] = {{STR("header"), SIM_PLACE_HEADER},
                  {STR("query"), SIM_PLACE_QUERY},
                  {STR("form"), SIM_PLACE_FORM},
                  {STR("path"), SIM_PLACE_PATH},
                  {STR("body"), SIM_PLACE_BODY}};
    size_t i = 0;
    while (i < COUNT_OF(places) && !str_eq(places[i].word, json_key(member)))
        i++;
    if (i == COUNT_OF(places))
        bind_fault(binder, "is no place to look at; there are \"header\", \"query\", "
                           "\"form\", \"path\" and \"body\".");
    else if (!json_is(&member->value, JSON_OBJECT))
        bind_fault(binder, "must be an object: names, each with what is wanted.");
    else
        read_conditions(binder, places[i].place, &member->value, conditions);
}

static void read_when(struct binder *binder, const struct json *value, void *field)
{
    if (!json_is(value, JSON_OBJECT)) {
        bind_fault(binder, "must be an object such as {\"query\":{\"page\":\"2\"}}.");
        return;
    }
    for (uint32_t i = 0; i < value->n; i++) {
        str before = bind_enter(binder, json_key(&value->u.members[i]));
        read_place(binder, &value->u.members[i], field);
        binder->at = before;
    }
}

/* --- tables --- */

static void init_require(void *obj)
{
    *(struct sim_require *)obj = (struct sim_require){
        .from = {.place = SIM_PLACE_HEADER, .name = STR("Authorization")}};
}

#define REQUIRE(member) .offset = offsetof(struct sim_require, member)

static const struct bind_row require_rows[] = {
    {.name = "from",
     .kind = BIND_CUSTOM,
     REQUIRE(from),
     .custom = sim_asked_read_source,
     .custom_schema = source_schema,
     .doc = "Where the token stands; \"header Authorization\" unless it says otherwise."},
    {.name = "one_of",
     .kind = BIND_TEXTS,
     REQUIRE(one_of),
     .min = 1,
     .max = 4096,
     .doc = "The tokens that are accepted, each as a whole; a last \"*\" stands for "
            "anything. Without it any token will do."},
    {.name = "refused",
     .kind = BIND_OPTION,
     REQUIRE(refused),
     .table = &sim_reply_table,
     .doc = "The reply to the others; 401 unless it says otherwise."},
};

static const struct bind_table require_table = {
    .name = "require block",
    .rows = require_rows,
    .n = COUNT_OF(require_rows),
    .bytes = sizeof(struct sim_require),
    .init = init_require,
};

static const char *const window_words[] = {"window", "bucket", NULL};

static void add_patterns(struct binder *binder, struct path_set *set, const char *member,
                         const struct bind_texts *patterns)
{
    const char *why;
    for (uint32_t i = 0; i < patterns->n; i++)
        if (!path_set_add(set, STR_NONE, patterns->items[i], patterns, &why))
            bind_fault_at(binder, str_z(member), "\"" STR_F "\" cannot be used: %s.",
                          STR_A(patterns->items[i]), why);
}

static void finish_rate(struct binder *binder, void *obj)
{
    struct sim_rate *rate = obj;
    struct path_set *set = path_set_create(binder->arena);
    add_patterns(binder, set, "path", &rate->paths);
    add_patterns(binder, set, "except", &rate->except);
    rate->where = set;
}

static void init_rate(void *obj)
{
    *(struct sim_rate *)obj = (struct sim_rate){
        .per = {.place = SIM_PLACE_HEADER, .name = STR("Authorization")},
        .window = USEC_S};
}

#define RATE(member) .offset = offsetof(struct sim_rate, member)

static const struct bind_row rate_rows[] = {
    {.name = "path",
     .kind = BIND_TEXTS,
     RATE(paths),
     .min = 1,
     .max = 1000,
     .doc = "Only requests whose path has one of these patterns."},
    {.name = "except",
     .kind = BIND_TEXTS,
     RATE(except),
     .min = 1,
     .max = 1000,
     .doc = "But not those whose path has one of these."},
    {.name = "method",
     .kind = BIND_TEXT,
     RATE(method),
     .min = 1,
     .max = 20,
     .doc = "Only requests with this method."},
    {.name = "per",
     .kind = BIND_CUSTOM,
     RATE(per),
     .custom = sim_asked_read_source,
     .custom_schema = source_schema,
     .doc = "What is counted apart; \"header Authorization\" unless it says otherwise."},
    {.name = "calls",
     .kind = BIND_UINT,
     RATE(calls),
     .required = true,
     .min = 1,
     .max = 1e9,
     .doc = "So many calls a window; the size of a bucket."},
    {.name = "window",
     .kind = BIND_DURATION,
     RATE(window),
     .min = 0.001,
     .max = 604800,
     .doc = "Length of the window; the time in which a full bucket empties."},
    {.name = "kind",
     .kind = BIND_ENUM,
     RATE(kind),
     .words = window_words,
     .doc = "A window that starts with the first call, or a bucket that leaks."},
    {.name = "headers",
     .kind = BIND_CUSTOM,
     RATE(headers),
     .custom = sim_content_read_headers,
     .custom_schema = sim_content_headers_schema,
     .doc = "On every answer that was counted; {{limit.remaining}} and its kin."},
    {.name = "refused",
     .kind = BIND_OPTION,
     RATE(refused),
     .table = &sim_reply_table,
     .doc = "The reply to a call too many; 429 unless it says otherwise."},
};

static const struct bind_table rate_table = {
    .name = "limit",
    .rows = rate_rows,
    .n = COUNT_OF(rate_rows),
    .bytes = sizeof(struct sim_rate),
    .init = init_rate,
    .finish = finish_rate,
};

#define ONCE(member) .offset = offsetof(struct sim_once, member)

static const struct bind_row once_rows[] = {
    {.name = "key",
     .kind = BIND_CUSTOM,
     ONCE(key),
     .custom = sim_asked_read_source,
     .custom_schema = source_schema,
     .doc = "Where the key stands; a write with a known key does not happen again."},
    {.name = "repeat_headers",
     .kind = BIND_CUSTOM,
     ONCE(repeat_headers),
     .custom = sim_content_read_headers,
     .custom_schema = sim_content_headers_schema,
     .doc = "On the answer to a repeat."},
    {.name = "conflict",
     .kind = BIND_OPTION,
     ONCE(conflict),
     .table = &sim_reply_table,
     .doc = "The reply to a known key with another body."},
    {.name = "busy",
     .kind = BIND_OPTION,
     ONCE(busy),
     .table = &sim_reply_table,
     .doc = "The reply to a repeat while the first one waits for its answer."},
};

static const struct bind_table once_table = {
    .name = "record_write block",
    .rows = once_rows,
    .n = COUNT_OF(once_rows),
    .bytes = sizeof(struct sim_once),
};

static const char *const expect_words[] = {"continue", "ignore", NULL};

static void read_method(struct binder *binder, const struct json *value, void *field)
{
    str method = json_text(value);
    if (!json_is(value, JSON_STRING) || !header_name_valid(method))
        bind_fault(binder, "must be a method such as \"GET\"; leave it out for any.");
    else
        *(str *)field = method;
}

/* The replies of a route that has one, or none. */
static void settle_replies(struct binder *binder, struct sim_route *route)
{
    struct sim_reply *reply = route->reply;
    if (reply && route->replies.n)
        bind_fault_at(binder, STR("reply"),
                      "stands beside \"replies\"; use one of the two.");
    if (route->replies.n)
        return;
    if (!reply) {
        reply = arena_zalloc(binder->arena, sizeof(*reply));
        sim_reply_table.init(reply);
    }
    route->replies = (struct bind_list){reply, 1};
}

static void finish_route(struct binder *binder, void *obj)
{
    struct sim_route *route = obj;
    settle_replies(binder, route);
    for (uint32_t i = 0; i < route->when.n; i++) {
        enum sim_place place = route->when.items[i].source.place;
        if (route->early && (place == SIM_PLACE_BODY || place == SIM_PLACE_FORM))
            bind_fault_at(binder, STR("when"),
                          "looks at the body, which an early route "
                          "does not read.");
    }
    if (str_absent(route->name))
        route->name =
            arena_printf(binder->arena, STR_F STR_F STR_F, STR_A(route->method),
                         STR_A(route->method.n ? STR(" ") : STR("")), STR_A(route->path));
}

#define ROUTE(member) .offset = offsetof(struct sim_route, member)

static const struct bind_row route_rows[] = {
    {.name = "name",
     .kind = BIND_TEXT,
     ROUTE(name),
     .min = 1,
     .max = 200,
     .doc = "Its name in the statistics; method and path unless it says otherwise."},
    {.name = "method",
     .kind = BIND_CUSTOM,
     ROUTE(method),
     .custom = read_method,
     .custom_schema = "{\"type\":\"string\"}",
     .doc = "Any method unless it says otherwise."},
    {.name = "path",
     .kind = BIND_TEXT,
     ROUTE(path),
     .required = true,
     .min = 1,
     .max = 1000,
     .doc = "Path pattern: /contacts/{id}, /files/{rest*}."},
    {.name = "when",
     .kind = BIND_CUSTOM,
     ROUTE(when),
     .custom = read_when,
     .custom_schema = "{\"type\":\"object\"}",
     .doc = "Conditions: {\"header\":{\"X-Mode\":\"slow\"},\"query\":{\"page\":true},"
            "\"body\":{\"/type\":\"a\"}}. All must hold."},
    {.name = "reply",
     .kind = BIND_OPTION,
     ROUTE(reply),
     .table = &sim_reply_table,
     .doc = "The only reply; an empty 200 unless there are others."},
    {.name = "replies",
     .kind = BIND_LIST,
     ROUTE(replies),
     .table = &sim_reply_table,
     .min = 1,
     .max = 1000,
     .doc = "Used in order; the last one repeats."},
    {.name = "cycle",
     .kind = BIND_BOOL,
     ROUTE(cycle),
     .doc = "After the last reply comes the first."},
    {.name = "early",
     .kind = BIND_BOOL,
     ROUTE(early),
     .doc = "Answers when the head is there; the body is not read."},
    {.name = "open", .kind = BIND_BOOL, ROUTE(open), .doc = "No token is needed."},
    {.name = "expect",
     .kind = BIND_ENUM,
     ROUTE(expect),
     .words = expect_words,
     .doc = "What a request with \"Expect: 100-continue\" gets: 100, or silence until it "
            "sends its body unasked."},
    {.name = "expect_delay",
     .kind = BIND_DURATION,
     ROUTE(expect_delay),
     .min = 0,
     .max = 86400,
     .doc = "Time before the 100."},
    {.name = "record_write",
     .kind = BIND_OPTION,
     ROUTE(once),
     .table = &once_table,
     .doc = "Requests here are writes: listed at /_sim/writes, once for each key."},
};

static const struct bind_table route_table = {
    .name = "route",
    .rows = route_rows,
    .n = COUNT_OF(route_rows),
    .bytes = sizeof(struct sim_route),
    .finish = finish_route,
};

#define SCRIPT(member) .offset = offsetof(struct sim_script, member)

static const struct bind_row script_rows[] = {
    {.name = "name",
     .kind = BIND_TEXT,
     SCRIPT(name),
     .min = 1,
     .max = 200,
     .doc = "For people."},
    {.name = "require",
     .kind = BIND_OPTION,
     SCRIPT(require),
     .table = &require_table,
     .doc = "Which tokens are accepted; without it everything is."},
    {.name = "limits",
     .kind = BIND_LIST,
     SCRIPT(limits),
     .table = &rate_table,
     .min = 1,
     .max = 20,
     .doc = "Rate limits; each that applies counts."},
    {.name = "routes",
     .kind = BIND_LIST,
     SCRIPT(routes),
     .table = &route_table,
     .min = 1,
     .max = ROUTES_MAX,
     .doc = "What is answered to what."},
    {.name = "headers",
     .kind = BIND_CUSTOM,
     SCRIPT(headers),
     .custom = sim_content_read_headers,
     .custom_schema = sim_content_headers_schema,
     .doc = "On every answer that has no line of this name."},
    {.name = "unmatched",
     .kind = BIND_OPTION,
     SCRIPT(unmatched),
     .table = &sim_reply_table,
     .doc = "The reply where no route fits; 404 unless it says otherwise."},
};

const struct bind_table sim_script_table = {
    .name = "script",
    .rows = script_rows,
    .n = COUNT_OF(script_rows),
    .bytes = sizeof(struct sim_script),
};
