/*
 * Writes: what is queued, what became of it; retrying and cancelling one, or all that a
 * filter finds.
 */
#include "writes/writes.h"

#include "api/api_scan.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "json/json_parse.h"
#include "loop/world.h"

#define WRITE_ROWS                                                                       \
    {.name = "id", .kind = SHAPE_TEXT, .doc = "wrt_…"},                                  \
        {.name = "state",                                                                \
         .kind = SHAPE_WORD,                                                             \
         .words = write_state_words,                                                     \
         .doc = "Where it stands."},                                                     \
        {.name = "environment", .kind = SHAPE_TEXT, .doc = "Whose it is."},              \
        {.name = "account", .kind = SHAPE_TEXT, .doc = "The id of its account."},        \
        {.name = "integration", .kind = SHAPE_TEXT, .doc = "Of which vendor."},          \
        {.name = "lane",                                                                 \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "Whose order it keeps; null = that of its account's writes."},           \
        {.name = "verb", .kind = SHAPE_TEXT, .doc = "As its caller sent it."},           \
        {.name = "path", .kind = SHAPE_TEXT, .doc = "The same."},                        \
        {.name = "method",                                                               \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "RESOURCE.METHOD of the integration; null = none that it knows."},       \
        {.name = "tries",                                                                \
         .kind = SHAPE_UINT,                                                             \
         .doc = "Attempts that reached for the vendor."},                                \
        {.name = "unsure", .kind = SHAPE_BOOL, .doc = "An attempt may have done it."},   \
        {.name = "accepted", .kind = SHAPE_TIME, .doc = "When it came."},                \
        {.name = "due",                                                                  \
         .kind = SHAPE_TIME,                                                             \
         .nullable = true,                                                               \
         .doc = "When it is tried next, those before it in its lane aside."},            \
        {.name = "deadline",                                                             \
         .kind = SHAPE_TIME,                                                             \
         .doc = "After that it is not tried any more."},                                 \
        {.name = "first_sent",                                                           \
         .kind = SHAPE_TIME,                                                             \
         .nullable = true,                                                               \
         .doc = "When it left for the vendor first."},                                   \
        {.name = "ended",                                                                \
         .kind = SHAPE_TIME,                                                             \
         .nullable = true,                                                               \
         .doc = "When it ended."},                                                       \
        {.name = "reason",                                                               \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "Why it stands there: delivered, unavailable, breaker, throttled, "      \
                "credentials, refused, tries, age, unknown, interrupted, …"},            \
        {.name = "detail",                                                               \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "The same in words."},                                                   \
        {.name = "vendor_status",                                                        \
         .kind = SHAPE_UINT,                                                             \
         .nullable = true,                                                               \
         .doc = "What the vendor answered last."},                                       \
    {                                                                                    \
        .name = "request_id", .kind = SHAPE_TEXT,                                        \
        .doc = "The X-Request-Id of the call that it came by."                           \
    }

static const struct shape_row write_rows[] = {WRITE_ROWS};

static const struct shape_row message_rows[] = {
    {.name = "status", .kind = SHAPE_UINT, .nullable = true, .doc = "Of an answer."},
    {.name = "query", .kind = SHAPE_TEXT, .nullable = true, .doc = "Of a request."},
    {.name = "body",
     .kind = SHAPE_JSON,
     .nullable = true,
     .doc = "JSON as it is, other text as a text, bytes in base64."},
};

static const struct shape message_shape = SHAPE_OF("write_message", message_rows);

static const struct shape_row whole_rows[] = {
    WRITE_ROWS,
    {.name = "request",
     .kind = SHAPE_OBJECT,
     .nullable = true,
     .shape = &message_shape,
     .doc = "What was asked for; null for a key without `call` or `payloads`."},
    {.name = "answer",
     .kind = SHAPE_OBJECT,
     .nullable = true,
     .shape = &message_shape,
     .doc = "What came of it; null for the same, and while nothing did."},
};

static const struct shape write_page = {"write", write_rows, COUNT_OF(write_rows), true};
static const struct shape whole_shape = SHAPE_OF("write_whole", whole_rows);

static const struct api_param list_params[] = {
    {.name = "environment", .kind = API_PARAM_TEXT, .max = 64, .doc = "Its writes."},
    {.name = "account", .kind = API_PARAM_TEXT, .max = 64, .doc = "Those of this id."},
    {.name = "integration", .kind = API_PARAM_TEXT, .max = 64, .doc = "Those to it."},
    {.name = "state",
     .kind = API_PARAM_WORD,
     .words = write_state_words,
     .doc = "Those that stand there."},
    {.name = "from", .kind = API_PARAM_TIME, .doc = "Accepted not before this time."},
    {.name = "until", .kind = API_PARAM_TIME, .doc = "Accepted before this time."},
    {.name = NULL}};

/* --- printing --- */

static void put_status(struct json_out *out, const char *name, int status)
{
    json_out_name(out, str_z(name));
    if (status)
        json_out_int(out, status);
    else
        json_out_null(out);
}

static void put_members(struct json_out *out, const struct write_row *row)
{
    json_out_member_text(out, STR("id"), row->id);
    json_out_member_text(out, STR("state"), write_state_word(row->state));
    json_out_member_text(out, STR("environment"), row->environment);
    json_out_member_text(out, STR("account"), row->account);
    json_out_member_text(out, STR("integration"), row->integration);
    shape_put_text(out, "lane", row->lane.n ? row->lane : STR_NONE);
    json_out_member_text(out, STR("verb"), row->verb);
    json_out_member_text(out, STR("path"), row->path);
    shape_put_text(out, "method", row->method);
    json_out_member_int(out, STR("tries"), row->tries);
    json_out_member_bool(out, STR("unsure"), row->unsure);
    shape_put_time(out, "accepted", row->accepted);
    shape_put_time(out, "due", row->state == WRITE_QUEUED ? row->due : 0);
    shape_put_time(out, "deadline", row->deadline);
    shape_put_time(out, "first_sent", row->first_sent);
    shape_put_time(out, "ended", row->ended);
    shape_put_text(out, "reason", row->reason);
    shape_put_text(out, "detail", row->detail);
    put_status(out, "vendor_status", row->status);
    json_out_member_text(out, STR("request_id"), row->request_id);
}

static void put_body(struct api_call *call, str body)
{
    struct json_out *out = &call->out;
    struct json value;
    json_out_name(out, STR("body"));
    if (str_absent(body))
        json_out_null(out);
    else if (json_parse(call->arena, body, NULL, &value, NULL))
        json_out_value(out, &value);
    else
        json_out_text(out, utf8_is_valid(body) ? body : encode_base64(call->arena, body));
}

static void put_message(struct api_call *call, const char *name,
                        const struct account *account, const struct write_row *row,
                        enum write_part part)
{
    struct json_out *out = &call->out;
    struct write_message message;
    bool may = api_may(call, PERMISSION_CALL) || api_may(call, PERMISSION_PAYLOADS);
    json_out_name(out, str_z(name));
    if (!may || !account ||
        !writes_unseal(call->api->writes, account, row, part, call->arena, &message)) {
        json_out_null(out);
        return;
    }
    json_out_object(out);
    put_status(out, "status", message.status);
    shape_put_text(out, "query", message.query);
    put_body(call, message.body);
    json_out_end(out);
}

/* --- one --- */

struct one {
    struct write_query query;
    struct api_call *call;
};

static bool sees(const struct api_call *call, const struct write_row *row)
{
    struct environment *environment =
        directory_find_environment(call->api->directory, row->environment);
    bool covered =
        environment ? api_key_covers(call->key, environment) : api_is_platform(call);
    environment_unref(&environment);
    return covered;
}

static void send_one(struct api_call *call, const struct write_row *row)
{
    struct account *account = directory_account(call->api->directory, row->account);
    json_out_object(&call->out);
    put_members(&call->out, row);
    put_message(call, "request", account, row, WRITE_PART_REQUEST);
    put_message(call, "answer", account, row, WRITE_PART_ANSWER);
    json_out_end(&call->out);
    account_unref(&account);
    api_send(call);
}

/* False when it was refused: there is none, or none for this key. */
static bool found_one(struct api_call *call, const struct write_query *query)
{
    if (query->err)
        api_refuse_text(call, query->err, STR_NONE);
    else if (query->n == 0 || !sees(call, &query->rows[0]))
        api_refuse(call, ERR_OBJECT_UNKNOWN, "There is no write \"" STR_F "\".",
                   STR_A(query->filter.id));
    else
        return true;
    return false;
}

static void on_found(struct write_query *query)
{
    struct one *one = CONTAINER_OF(query, struct one, query);
    if (found_one(one->call, query))
        send_one(one->call, &query->rows[0]);
}

static void send_write(struct api_call *call, str id)
{
    struct one *one = arena_zalloc(call->arena, sizeof(*one));
    one->call = call;
    one->query = (struct write_query){.store = call->api->store,
                                      .worker = call->worker,
                                      .arena = call->arena,
                                      .done = on_found,
                                      .filter = WRITE_FILTER_ANY,
                                      .max = 1};
    one->query.filter.id = id;
    write_list(&one->query);
}

static void run_get(struct api_call *call)
{
    send_write(call, api_path(call, "write"));
}

const struct api_handler handler_writes_get = {
    .run = run_get, .status = 200, .answer = &whole_shape};

/* --- all --- */

struct look {
    struct write_query query;
    struct api_scan scan;
};

static struct look *look_of(const struct api_scan *scan)
{
    return CONTAINER_OF((struct api_scan *)(uintptr_t)scan, struct look, scan);
}

static struct api_scan_row row_of(const struct api_scan *scan, uint32_t i)
{
    const struct write_row *row = &look_of(scan)->query.rows[i];
    return (struct api_scan_row){row->sequence, row->environment};
}

static void put_row(struct api_scan *scan, uint32_t i)
{
    struct json_out *out = &scan->call->out;
    json_out_object(out);
    put_members(out, &look_of(scan)->query.rows[i]);
    json_out_end(out);
}

static void on_listed(struct write_query *query)
{
    struct look *look = CONTAINER_OF(query, struct look, query);
    api_scan_heard(&look->scan, query->err, query->n);
}

static void ask(struct api_scan *scan)
{
    struct look *look = look_of(scan);
    look->query.before = scan->last;
    write_list(&look->query);
}

static void run_list(struct api_call *call)
{
    static const struct api_scan_ops ops = {.ask = ask, .row = row_of, .put = put_row};
    struct look *look = arena_zalloc(call->arena, sizeof(*look));
    struct write_filter *filter = &look->query.filter;
    look->query = (struct write_query){.store = call->api->store,
                                       .worker = call->worker,
                                       .arena = &look->scan.rows,
                                       .done = on_listed,
                                       .filter = WRITE_FILTER_ANY,
                                       .max = API_SCAN_ROWS};
    filter->account = api_query(call, "account");
    filter->integration = api_query(call, "integration");
    filter->state = api_query_word(call, "state");
    filter->after = api_query_time(call, "from");
    filter->before = api_query_time(call, "until");
    if (api_scan_environment(call, &filter->environment))
        api_scan_start(&look->scan, &ops, call);
}

const struct api_handler handler_writes_list = {.run = run_list,
                                                .params = list_params,
                                                .paged = true,
                                                .status = 200,
                                                .answer = &write_page};

/* --- acting --- */

enum { ACT_ROWS = 200 };

struct act_body {
    str environment, account, integration;
    str state;
    str after;
    bool dry_run;
};

#define AT(field) offsetof(struct act_body, field)

static const struct bind_row act_rows[] = {
    {.name = "environment",
     .kind = BIND_TEXT,
     .offset = AT(environment),
     .min = 1,
     .max = 64,
     .doc = "The id of the environment whose writes they are."},
    {.name = "account",
     .kind = BIND_TEXT,
     .offset = AT(account),
     .min = 1,
     .max = 64,
     .doc = "The id of the account."},
    {.name = "integration",
     .kind = BIND_TEXT,
     .offset = AT(integration),
     .min = 1,
     .max = 64,
     .doc = "The integration."},
    {.name = "state",
     .kind = BIND_TEXT,
     .offset = AT(state),
     .min = 1,
     .max = 64,
     .doc = "Where they stand: queued, dead, needs_decision, cancelled."},
    {.name = "dry_run",
     .kind = BIND_BOOL,
     .offset = AT(dry_run),
     .doc = "Says which they are and how many, and does nothing; false."},
    {.name = "after",
     .kind = BIND_TEXT,
     .offset = AT(after),
     .min = 1,
     .max = 64,
     .doc = "Only those behind this write, in the order in which they came: the last id "
            "of a dry run's page, for its next one."},
};

static const struct bind_table act_table = {
    .name = "body",
    .rows = act_rows,
    .n = COUNT_OF(act_rows),
    .bytes = sizeof(struct act_body),
};

static const struct shape_row acted_rows[] = {
    {.name = "writes", .kind = SHAPE_TEXTS, .doc = "The ids of those it was done with."},
    {.name = "more",
     .kind = SHAPE_BOOL,
     .doc = "There are others: ask again for the next ones."},
    {.name = "dry_run", .kind = SHAPE_BOOL, .doc = "Nothing was done."},
    {.name = "count",
     .kind = SHAPE_UINT,
     .nullable = true,
     .doc = "How many there are in all; null unless it is a dry run."},
};

static const struct shape acted_shape = SHAPE_OF("writes_acted", acted_rows);

struct act {
    struct write_act act;
    struct api_call *call;
    bool one;
};

/* --- what was done --- */

/* The queue of the account hears of it. */
static void tell_queue(const struct act *act, const struct write_row *row)
{
    struct api *api = act->call->api;
    struct account *account = directory_account(api->directory, row->account);
    if (!account)
        return;
    if (act->act.kind == WRITE_CANCEL && row->state == WRITE_QUEUED)
        writes_note_gone(api->writes, account, row->bytes);
    else if (act->act.kind == WRITE_RETRY && row->state != WRITE_QUEUED)
        writes_note_queued(api->writes, account, row->bytes);
    else
        writes_look(api->writes, account);
    account_unref(&account);
}

static void send_all(struct act *act)
{
    struct json_out *out = &act->call->out;
    json_out_object(out);
    json_out_name(out, STR("writes"));
    json_out_array(out);
    for (uint32_t i = 0; i < act->act.n; i++)
        json_out_text(out, act->act.rows[i].id);
    json_out_end(out);
    json_out_member_bool(out, STR("more"), act->act.more);
    json_out_member_bool(out, STR("dry_run"), act->act.dry_run);
    json_out_name(out, STR("count"));
    if (act->act.dry_run)
        json_out_int(out, act->act.count);
    else
        json_out_null(out);
    json_out_end(out);
    api_send(act->call);
}

static void on_acted(struct write_act *done)
{
    struct act *act = CONTAINER_OF(done, struct act, act);
    if (done->err) {
        api_refuse_text(act->call, done->err, STR_NONE);
        return;
    }
    for (uint32_t i = 0; i < done->n && !done->dry_run; i++)
        tell_queue(act, &done->rows[i]);
    if (!act->one)
        send_all(act);
    else if (done->n == 0)
        api_refuse(act->call, ERR_STATE_CONFLICT,
                   "A write in this state can be neither retried nor cancelled.");
    else
        send_write(act->call, done->filter.id);
}

static struct act *new_act(struct api_call *call, enum write_act_kind kind)
{
    struct act *act = arena_zalloc(call->arena, sizeof(*act));
    act->call = call;
    act->act = (struct write_act){.store = call->api->store,
                                  .worker = call->worker,
                                  .arena = call->arena,
                                  .done = on_acted,
                                  .kind = kind,
                                  .filter = WRITE_FILTER_ANY,
                                  .after = STR_NONE,
                                  .max = ACT_ROWS,
                                  .actor = call->actor.key_id,
                                  .peer = call->actor.peer,
                                  .request_id = call->actor.request_id,
                                  .wall = world_wall(call->worker->world)};
    return act;
}

/* --- one --- */

struct check {
    struct write_query query;
    struct act *act;
};

static void on_checked(struct write_query *query)
{
    struct check *check = CONTAINER_OF(query, struct check, query);
    if (found_one(check->act->call, query))
        write_act(&check->act->act);
}

static void act_on_one(struct api_call *call, enum write_act_kind kind)
{
    struct check *check = arena_zalloc(call->arena, sizeof(*check));
    check->act = new_act(call, kind);
    check->act->one = true;
    check->act->act.filter.id = api_path(call, "write");
    check->query = (struct write_query){.store = call->api->store,
                                        .worker = call->worker,
                                        .arena = call->arena,
                                        .done = on_checked,
                                        .filter = check->act->act.filter,
                                        .max = 1};
    write_list(&check->query);
}

static void run_retry(struct api_call *call)
{
    act_on_one(call, WRITE_RETRY);
}

static void run_cancel(struct api_call *call)
{
    act_on_one(call, WRITE_CANCEL);
}

/* --- all that a filter finds --- */

static bool read_state(struct api_call *call, str word, int *ret_state)
{
    *ret_state = -1;
    if (str_absent(word))
        return true;
    for (int i = 0; write_state_words[i]; i++)
        if (str_eq(word, str_z(write_state_words[i]))) {
            *ret_state = i;
            return true;
        }
    api_refuse_member(call, "/state", "is no state of a write.");
    return false;
}

/* A key of some environments must say which one it means. */
static bool covers(struct api_call *call, const struct write_filter *filter)
{
    struct environment *environment;
    if (api_is_platform(call))
        return true;
    if (str_absent(filter->environment)) {
        api_refuse_member(call, "/environment", "is missing: this key is not for all.");
        return false;
    }
    environment = api_find_environment(call, filter->environment);
    bool found = environment != NULL;
    environment_unref(&environment);
    return found;
}

static void act_on_all(struct api_call *call, enum write_act_kind kind)
{
    struct act_body body = {.environment = STR_NONE};
    struct act *act = new_act(call, kind);
    struct write_filter *filter = &act->act.filter;
    if (!api_bind(call, &body) || !read_state(call, body.state, &filter->state))
        return;
    filter->environment = body.environment;
    filter->account = body.account;
    filter->integration = body.integration;
    act->act.after = body.after;
    act->act.dry_run = body.dry_run;
    if (covers(call, filter))
        write_act(&act->act);
}

static void run_retry_all(struct api_call *call)
{
    act_on_all(call, WRITE_RETRY);
}

static void run_cancel_all(struct api_call *call)
{
    act_on_all(call, WRITE_CANCEL);
}

const struct api_handler handler_writes_retry = {.run = run_retry, .status = 200};
const struct api_handler handler_writes_cancel = {.run = run_cancel, .status = 200};
const struct api_handler handler_writes_retry_all = {.run = run_retry_all,
                                                     .body_kind = API_BODY_OPTION,
                                                     .body = &act_table,
                                                     .status = 200,
                                                     .answer = &acted_shape};
const struct api_handler handler_writes_cancel_all = {.run = run_cancel_all,
                                                      .body_kind = API_BODY_OPTION,
                                                      .body = &act_table,
                                                      .status = 200,
                                                      .answer = &acted_shape};
