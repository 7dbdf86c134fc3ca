/*
 * Vendors' events: what has come, what became of it, and working on it once more.
 */
#include "api/api_hooks.h"
#include "api/api_scan.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "hook/hooks.h"
#include "hook/hooks_query.h"
#include "json/json_parse.h"
#include "loop/world.h"

static const char *const state_words[] = {
#define X(symbol, word, doc) word,
#include "hook/hook_state_list.h"
#undef X
    NULL};

#define HOOK_ROWS                                                                        \
    {.name = "id", .kind = SHAPE_TEXT, .doc = "hok_…"},                                  \
        {.name = "state",                                                                \
         .kind = SHAPE_WORD,                                                             \
         .words = state_words,                                                           \
         .doc = "Where it stands."},                                                     \
        {.name = "integration", .kind = SHAPE_TEXT, .doc = "Of which vendor."},          \
        {.name = "environment",                                                          \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "Whose it is; null: nobody knows yet."},                                 \
        {.name = "account", .kind = SHAPE_TEXT, .nullable = true, .doc = "The same."},   \
        {.name = "claim",                                                                \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "MEMBER=VALUE of the account's context by which it is found."},          \
        {.name = "event_id",                                                             \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "The vendor's id of it."},                                               \
        {.name = "type",                                                                 \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "What happened, in the vendor's word."},                                 \
        {.name = "item",                                                                 \
         .kind = SHAPE_UINT,                                                             \
         .doc = "Which of the events of its request, from 0."},                          \
        {.name = "happened",                                                             \
         .kind = SHAPE_TIME,                                                             \
         .nullable = true,                                                               \
         .doc = "When, as the vendor says."},                                            \
        {.name = "received", .kind = SHAPE_TIME, .doc = "When it came."},                \
        {.name = "due",                                                                  \
         .kind = SHAPE_TIME,                                                             \
         .nullable = true,                                                               \
         .doc = "When it is worked on next; null: at once, or never."},                  \
        {.name = "tries", .kind = SHAPE_UINT, .doc = "Attempts at it."},                 \
        {.name = "events", .kind = SHAPE_UINT, .doc = "That came of it."},               \
        {.name = "reason",                                                               \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "Why it stands there."},                                                 \
        {.name = "detail",                                                               \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "The same in words."},                                                   \
    {                                                                                    \
        .name = "ended", .kind = SHAPE_TIME, .nullable = true, .doc = "When it ended."   \
    }

static const struct shape_row hook_rows[] = {HOOK_ROWS};

static const struct shape_row request_rows[] = {
    {.name = "method", .kind = SHAPE_TEXT, .doc = "As the vendor sent it."},
    {.name = "url", .kind = SHAPE_TEXT, .doc = "As the vendor called it."},
    {.name = "headers", .kind = SHAPE_JSON, .doc = "A list of [name, value]."},
    {.name = "body",
     .kind = SHAPE_JSON,
     .nullable = true,
     .doc = "JSON as it is, other text as a text, bytes in base64."},
};

const struct shape api_hook_request_shape = SHAPE_OF("hook_request", request_rows);

static const struct shape_row whole_rows[] = {
    HOOK_ROWS,
    {.name = "request",
     .kind = SHAPE_OBJECT,
     .nullable = true,
     .shape = &api_hook_request_shape,
     .doc =
         "What it came in; null for a key without `payloads`, and when it is no longer "
         "kept or cannot be opened."},
};

static const struct shape hook_page = {"hook", hook_rows, COUNT_OF(hook_rows), true};
static const struct shape whole_shape = SHAPE_OF("hook_whole", whole_rows);

static const struct api_param list_params[] = {
    {.name = "environment", .kind = API_PARAM_TEXT, .max = 64, .doc = "Its events."},
    {.name = "account", .kind = API_PARAM_TEXT, .max = 64, .doc = "Those of this id."},
    {.name = "integration", .kind = API_PARAM_TEXT, .max = 64, .doc = "Those of it."},
    {.name = "state",
     .kind = API_PARAM_WORD,
     .words = state_words,
     .doc = "Those that stand there."},
    {.name = "type", .kind = API_PARAM_TEXT, .max = 250, .doc = "Those of this type."},
    {.name = "from", .kind = API_PARAM_TIME, .doc = "Received not before this time."},
    {.name = "until", .kind = API_PARAM_TIME, .doc = "Received before this time."},
    {.name = NULL}};

/* --- printing --- */

static void put_members(struct json_out *out, const struct hook_row *row)
{
    char id[HOOK_ID_BYTES];
    hook_id(row->sequence, id);
    json_out_member_text(out, STR("id"), str_z(id));
    json_out_member_text(out, STR("state"), hook_state_word(row->state));
    json_out_member_text(out, STR("integration"), row->integration);
    shape_put_text(out, "environment", row->environment);
    shape_put_text(out, "account", row->account);
    shape_put_text(out, "claim", row->claim);
    shape_put_text(out, "event_id", row->event_id);
    shape_put_text(out, "type", row->type);
    json_out_member_int(out, STR("item"), row->item);
    shape_put_time(out, "happened", row->happened);
    shape_put_time(out, "received", row->received);
    shape_put_time(out, "due", row->state == HOOK_QUEUED ? row->due : 0);
    json_out_member_int(out, STR("tries"), row->tries);
    json_out_member_int(out, STR("events"), row->events);
    shape_put_text(out, "reason", row->reason);
    shape_put_text(out, "detail", row->detail);
    shape_put_time(out, "ended", row->ended);
}

static void put_body(struct api_call *call, str body)
{
    struct json_out *out = &call->out;
    struct json value;
    json_out_name(out, STR("body"));
    if (body.n == 0)
        json_out_null(out);
    else if (json_parse(call->arena, body, NULL, &value, NULL))
        json_out_value(out, &value);
    else
        json_out_text(out, utf8_is_valid(body) ? body : encode_base64(call->arena, body));
}

void api_put_hook_request(struct api_call *call, const struct hook_message *message)
{
    struct json_out *out = &call->out;
    json_out_object(out);
    json_out_member_text(out, STR("method"), message->method);
    json_out_member_text(out, STR("url"), message->url);
    json_out_name(out, STR("headers"));
    json_out_array(out);
    for (uint32_t i = 0; i < message->headers.n; i++) {
        json_out_array(out);
        json_out_text(out, message->headers.items[i].name);
        json_out_text(out, message->headers.items[i].value);
        json_out_end(out);
    }
    json_out_end(out);
    put_body(call, message->body);
    json_out_end(out);
}

/* --- one --- */

struct one {
    struct hook_query query;
    struct payload_get get;
    struct api_call *call;
    struct hook_replay *then; /* NULL: it is shown */
};

/* What is nobody's yet is the platform's. */
static bool sees(const struct api_call *call, str environment_id)
{
    struct environment *environment =
        directory_find_environment(call->api->directory, environment_id);
    bool covered =
        environment ? api_key_covers(call->key, environment) : api_is_platform(call);
    environment_unref(&environment);
    return covered;
}

static void send_one(struct one *one, str payload)
{
    struct api_call *call = one->call;
    struct hook_message message;
    json_out_object(&call->out);
    put_members(&call->out, &one->query.rows[0]);
    json_out_name(&call->out, STR("request"));
    if (payload.n &&
        hook_open_message(hooks_keys(call->api->hooks), payload, call->arena, &message))
        api_put_hook_request(call, &message);
    else
        json_out_null(&call->out);
    json_out_end(&call->out);
    api_send(call);
}

static void on_got(struct payload_get *get)
{
    struct one *one = CONTAINER_OF(get, struct one, get);
    send_one(one, get->err ? STR_NONE : get->bytes);
}

static void show(struct one *one)
{
    struct api_call *call = one->call;
    if (!api_may(call, PERMISSION_PAYLOADS)) {
        send_one(one, STR_NONE);
        return;
    }
    one->get = (struct payload_get){.reference = one->query.rows[0].request,
                                    .arena = call->arena,
                                    .done = on_got,
                                    .worker = call->worker};
    payload_get(hooks_payloads(call->api->hooks), &one->get);
}

static void on_found(struct hook_query *query)
{
    struct one *one = CONTAINER_OF(query, struct one, query);
    if (query->err)
        api_refuse_text(one->call, query->err, STR_NONE);
    else if (query->n == 0 || !sees(one->call, query->rows[0].environment))
        api_refuse(one->call, ERR_OBJECT_UNKNOWN, "There is no event \"" STR_F "\".",
                   STR_A(api_path(one->call, "hook")));
    else if (one->then)
        hook_replay(one->then);
    else
        show(one);
}

static void find_one(struct api_call *call, struct hook_replay *then)
{
    struct one *one = arena_zalloc(call->arena, sizeof(*one));
    one->call = call;
    one->then = then;
    one->query = (struct hook_query){.store = call->api->store,
                                     .worker = call->worker,
                                     .arena = call->arena,
                                     .done = on_found,
                                     .filter = HOOK_FILTER_ANY,
                                     .max = 1};
    one->query.filter.sequence = hook_sequence_of(api_path(call, "hook"));
    if (one->query.filter.sequence)
        hook_list(&one->query);
    else
        api_refuse(call, ERR_OBJECT_UNKNOWN, "There is no event \"" STR_F "\".",
                   STR_A(api_path(call, "hook")));
}

static void run_get(struct api_call *call)
{
    find_one(call, NULL);
}

const struct api_handler handler_hooks_get = {
    .run = run_get, .status = 200, .answer = &whole_shape};

/* --- all --- */

struct look {
    struct hook_query query;
    struct api_scan scan;
};

static struct look *look_of(const struct api_scan *scan)
{
    return CONTAINER_OF((struct api_scan *)(uintptr_t)scan, struct look, scan);
}

static struct api_scan_row row_of(const struct api_scan *scan, uint32_t i)
{
    const struct hook_row *row = &look_of(scan)->query.rows[i];
    return (struct api_scan_row){row->sequence, row->environment};
}

static void put_row(struct api_scan *scan, uint32_t i)
{
    struct json_out *out = &scan->call->out;
    json_out_object(out);
    put_members(out, &look_of(scan)->query.rows[i]);
    json_out_end(out);
}

static void on_listed(struct hook_query *query)
{
    struct look *look = CONTAINER_OF(query, struct look, query);
    api_scan_heard(&look->scan, query->err, query->n);
}

static void ask(struct api_scan *scan)
{
    struct look *look = look_of(scan);
    look->query.before = scan->last;
    hook_list(&look->query);
}

static void run_list(struct api_call *call)
{
    static const struct api_scan_ops ops = {.ask = ask, .row = row_of, .put = put_row};
    struct look *look = arena_zalloc(call->arena, sizeof(*look));
    struct hook_filter *filter = &look->query.filter;
    look->query = (struct hook_query){.store = call->api->store,
                                      .worker = call->worker,
                                      .arena = &look->scan.rows,
                                      .done = on_listed,
                                      .filter = HOOK_FILTER_ANY,
                                      .max = API_SCAN_ROWS};
    filter->account = api_query(call, "account");
    filter->integration = api_query(call, "integration");
    filter->type = api_query(call, "type");
    filter->state = api_query_word(call, "state");
    filter->from = api_query_time(call, "from");
    filter->until = api_query_time(call, "until");
    if (api_scan_environment(call, &filter->environment))
        api_scan_start(&look->scan, &ops, call);
}

const struct api_handler handler_hooks_list = {.run = run_list,
                                               .params = list_params,
                                               .paged = true,
                                               .status = 200,
                                               .answer = &hook_page};

/* --- replaying --- */

enum { REPLAY_ROWS = 200 };

struct replay_body {
    str environment, account, integration, type, state;
    bool dry_run;
};

#define AT(field) offsetof(struct replay_body, field)
#define TEXT_ROW(field, text)                                                            \
    {                                                                                    \
        .name = #field, .kind = BIND_TEXT, .offset = AT(field), .min = 1, .max = 250,    \
        .doc = text                                                                      \
    }

static const struct bind_row replay_rows[] = {
    TEXT_ROW(environment, "The id of the environment whose events they are."),
    TEXT_ROW(account, "The id of the account whose events they are."),
    TEXT_ROW(integration, "Those of this integration."),
    TEXT_ROW(type, "Those of this type, in the vendor's word."),
    TEXT_ROW(state, "done or dead; dead unless given."),
    {.name = "dry_run",
     .kind = BIND_BOOL,
     .offset = AT(dry_run),
     .doc = "Only say which they are."},
};

static const struct bind_table replay_table = {.name = "choice of events",
                                               .rows = replay_rows,
                                               .n = COUNT_OF(replay_rows),
                                               .bytes = sizeof(struct replay_body)};

static const struct shape_row replayed_rows[] = {
    {.name = "hooks", .kind = SHAPE_TEXTS, .doc = "Their ids, oldest first."},
    {.name = "more", .kind = SHAPE_BOOL, .doc = "There are more than 200: ask again."},
    {.name = "dry_run", .kind = SHAPE_BOOL, .doc = "Nothing was done."},
};

static const struct shape replayed_shape = SHAPE_OF("replayed_hooks", replayed_rows);

struct work {
    struct hook_replay replay;
    struct api_call *call;
};

static void send_replayed(const struct work *work)
{
    struct json_out *out = &work->call->out;
    const struct hook_replay *replay = &work->replay;
    json_out_object(out);
    json_out_name(out, STR("hooks"));
    json_out_array(out);
    for (uint32_t i = 0; i < replay->n; i++) {
        char id[HOOK_ID_BYTES];
        hook_id(replay->rows[i].sequence, id);
        json_out_text(out, str_z(id));
    }
    json_out_end(out);
    json_out_member_bool(out, STR("more"), replay->more);
    json_out_member_bool(out, STR("dry_run"), replay->dry_run);
    json_out_end(out);
    api_send(work->call);
}

static void on_replayed(struct hook_replay *replay)
{
    struct work *work = CONTAINER_OF(replay, struct work, replay);
    if (replay->err) {
        api_refuse_text(work->call, replay->err, STR_NONE);
        return;
    }
    for (uint32_t i = 0; i < replay->n && !replay->dry_run; i++)
        hooks_tell(work->call->api->hooks, replay->rows[i].account, 1);
    if (replay->filter.sequence && replay->n == 0)
        api_refuse(work->call, ERR_STATE_CONFLICT,
                   "Only what is done or dead can be replayed.");
    else
        send_replayed(work);
}

static struct hook_replay *new_replay(struct api_call *call)
{
    struct work *work = arena_zalloc(call->arena, sizeof(*work));
    work->call = call;
    work->replay = (struct hook_replay){.store = call->api->store,
                                        .worker = call->worker,
                                        .arena = call->arena,
                                        .done = on_replayed,
                                        .filter = HOOK_FILTER_ANY,
                                        .max = REPLAY_ROWS,
                                        .actor = call->actor,
                                        .wall = world_wall(call->worker->world)};
    return &work->replay;
}

static void run_replay(struct api_call *call)
{
    struct hook_replay *replay = new_replay(call);
    replay->filter.sequence = hook_sequence_of(api_path(call, "hook"));
    find_one(call, replay);
}

const struct api_handler handler_hooks_replay = {
    .run = run_replay, .status = 200, .answer = &replayed_shape};

/* A key of some environments must say which one it means. */
static bool covers(struct api_call *call, str environment_id)
{
    if (api_is_platform(call))
        return true;
    if (str_absent(environment_id)) {
        api_refuse_member(call, "/environment", "is missing: this key is not for all.");
        return false;
    }
    struct environment *environment = api_find_environment(call, environment_id);
    bool found = environment != NULL;
    environment_unref(&environment);
    return found;
}

static bool read_state(struct api_call *call, str word, int *ret_state)
{
    enum hook_state state = HOOK_DEAD;
    if (!str_absent(word) &&
        (!hook_state_of(word, &state) || (state != HOOK_DONE && state != HOOK_DEAD))) {
        api_refuse_member(call, "/state", "must be done or dead.");
        return false;
    }
    *ret_state = (int)state;
    return true;
}

static void run_replay_all(struct api_call *call)
{
    struct replay_body body = {.environment = STR_NONE};
    struct hook_replay *replay = new_replay(call);
    struct hook_filter *filter = &replay->filter;
    if (!api_bind(call, &body) || !read_state(call, body.state, &filter->state))
        return;
    filter->environment = body.environment;
    filter->account = body.account;
    filter->integration = body.integration;
    filter->type = body.type;
    replay->dry_run = body.dry_run;
    if (covers(call, filter->environment))
        hook_replay(replay);
}

const struct api_handler handler_hooks_replay_all = {.run = run_replay_all,
                                                     .body_kind = API_BODY_OPTION,
                                                     .body = &replay_table,
                                                     .status = 200,
                                                     .answer = &replayed_shape};
