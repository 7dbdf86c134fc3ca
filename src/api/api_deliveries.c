/*
 * Deliveries of events to endpoints: what waits, what became of it, attempt by attempt;
 * and delivering once more, one or all that a filter finds.
 */
#include "api/api_body.h"
#include "api/api_scan.h"
#include "deliver/deliver.h"
#include "deliver/delivery_look.h"
#include "loop/world.h"

#define DELIVERY_ROWS                                                                    \
    {.name = "id", .kind = SHAPE_TEXT, .doc = "dlv_…"},                                  \
        {.name = "endpoint", .kind = SHAPE_TEXT, .doc = "Where it goes."},               \
        {.name = "event",                                                                \
         .kind = SHAPE_TEXT,                                                             \
         .doc = "The id of the event: evt_…, the webhook-id."},                          \
        {.name = "type", .kind = SHAPE_TEXT, .doc = "Of the event."},                    \
        {.name = "environment",                                                          \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "Whose event it is; null = nobody's alone."},                            \
        {.name = "account",                                                              \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "Which account the event is about; null = none."},                       \
        {.name = "state",                                                                \
         .kind = SHAPE_WORD,                                                             \
         .words = delivery_state_words,                                                  \
         .doc = "Where it stands."},                                                     \
        {.name = "due",                                                                  \
         .kind = SHAPE_TIME,                                                             \
         .nullable = true,                                                               \
         .doc = "When it is tried next; null: not before one ahead of it has ended, or " \
                "not at all."},                                                          \
        {.name = "tries",                                                                \
         .kind = SHAPE_UINT,                                                             \
         .doc = "Attempts since it was made, or replayed."},                             \
        {.name = "attempts", .kind = SHAPE_UINT, .doc = "All of them."},                 \
        {.name = "reason",                                                               \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "Why it stands there: status, fault, tries, gone, disabled, deleted, "   \
                "quota, erased, …"},                                                     \
        {.name = "status",                                                               \
         .kind = SHAPE_UINT,                                                             \
         .nullable = true,                                                               \
         .doc = "What the endpoint answered last."},                                     \
        {.name = "created", .kind = SHAPE_TIME, .doc = "When it was made."},             \
    {                                                                                    \
        .name = "ended", .kind = SHAPE_TIME, .nullable = true, .doc = "When it ended."   \
    }

static const struct shape_row delivery_rows[] = {DELIVERY_ROWS};

static const struct shape_row attempt_rows[] = {
    {.name = "number", .kind = SHAPE_UINT, .doc = "From 1 on."},
    {.name = "time", .kind = SHAPE_TIME, .doc = "When it began."},
    {.name = "duration_ms", .kind = SHAPE_NUMBER, .doc = "How long it took."},
    {.name = "status", .kind = SHAPE_UINT, .nullable = true, .doc = "Of the answer."},
    {.name = "fault",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "What went wrong where no answer came."},
    {.name = "exchange",
     .kind = SHAPE_JSON,
     .nullable = true,
     .doc = "request_headers (without the endpoint's own), headers, and the first 4 KiB "
            "of the body; null for a key without `payloads`."},
};
static const struct shape attempt_shape = SHAPE_OF("delivery_attempt", attempt_rows);

static const struct shape_row whole_rows[] = {
    DELIVERY_ROWS,
    {.name = "attempt_list",
     .kind = SHAPE_LIST,
     .shape = &attempt_shape,
     .doc = "Oldest first, at most 1000."},
};

static const struct shape delivery_page = {"delivery", delivery_rows,
                                           COUNT_OF(delivery_rows), true};
static const struct shape whole_shape = SHAPE_OF("delivery_whole", whole_rows);

static const struct api_param list_params[] = {
    {.name = "endpoint", .kind = API_PARAM_TEXT, .max = 64, .doc = "Those to it."},
    {.name = "event", .kind = API_PARAM_TEXT, .max = 64, .doc = "Those of this event."},
    {.name = "type",
     .kind = API_PARAM_TEXT,
     .max = 100,
     .doc = "Of events of this type."},
    {.name = "environment", .kind = API_PARAM_TEXT, .max = 64, .doc = "Of its events."},
    {.name = "account", .kind = API_PARAM_TEXT, .max = 64, .doc = "Of its events."},
    {.name = "state",
     .kind = API_PARAM_WORD,
     .words = delivery_state_words,
     .doc = "Those that stand there."},
    {.name = "from", .kind = API_PARAM_TIME, .doc = "Made not before this time."},
    {.name = "until", .kind = API_PARAM_TIME, .doc = "Made before this time."},
    {.name = NULL}};

/* --- printing --- */

static void put_status(struct json_out *out, int status)
{
    json_out_name(out, STR("status"));
    if (status)
        json_out_int(out, status);
    else
        json_out_null(out);
}

static void put_members(struct json_out *out, const struct delivery_row *row)
{
    char id[DELIVERY_ID_BYTES], event[DELIVERY_ID_BYTES];
    bool waits = row->state == DELIVERY_PENDING;
    delivery_id("dlv_", row->sequence, id);
    delivery_id("evt_", row->event, event);
    json_out_member_text(out, STR("id"), str_z(id));
    json_out_member_text(out, STR("endpoint"), row->endpoint);
    json_out_member_text(out, STR("event"), str_z(event));
    json_out_member_text(out, STR("type"), row->type);
    shape_put_text(out, "environment", row->environment);
    shape_put_text(out, "account", row->account);
    json_out_member_text(out, STR("state"), delivery_state_word(row->state));
    shape_put_time(out, "due", waits ? row->due : 0);
    json_out_member_int(out, STR("tries"), row->tries);
    json_out_member_int(out, STR("attempts"), row->attempts);
    shape_put_text(out, "reason", row->reason);
    put_status(out, row->status);
    shape_put_time(out, "created", row->created);
    shape_put_time(out, "ended", row->ended);
}

/* --- one --- */

struct one {
    struct delivery_query query;
    struct api_call *call;
    void (*then)(struct one *one);
};

static bool sees(const struct api_call *call, const struct delivery_row *row)
{
    if (api_is_platform(call))
        return true;
    struct environment *environment =
        str_absent(row->environment)
            ? NULL
            : directory_find_environment(call->api->directory, row->environment);
    bool covered = environment && api_key_covers(call->key, environment);
    environment_unref(&environment);
    return covered;
}

static void on_found(struct delivery_query *query)
{
    struct one *one = CONTAINER_OF(query, struct one, query);
    if (query->err)
        api_refuse_text(one->call, query->err, STR_NONE);
    else if (query->n == 0 || !sees(one->call, &query->rows[0]))
        api_refuse(one->call, ERR_OBJECT_UNKNOWN, "There is no such delivery.");
    else
        one->then(one);
}

/* That of the path, with its attempts. */
static void find_one(struct api_call *call, void (*then)(struct one *one))
{
    struct one *one = arena_zalloc(call->arena, sizeof(*one));
    one->call = call;
    one->then = then;
    one->query = (struct delivery_query){.store = call->api->store,
                                         .worker = call->worker,
                                         .arena = call->arena,
                                         .filter = DELIVERY_FILTER_ANY,
                                         .max = 1,
                                         .attempts = true,
                                         .done = on_found};
    one->query.filter.sequence = delivery_sequence_of("dlv_", api_path(call, "delivery"));
    one->query.before = one->query.filter.sequence + 1;
    delivery_list(&one->query);
}

static void put_attempt(const struct one *one, const struct delivery_attempt *attempt)
{
    struct api_call *call = one->call;
    struct json_out *out = &call->out;
    str text;
    json_out_object(out);
    json_out_member_int(out, STR("number"), attempt->number);
    shape_put_time(out, "time", attempt->time);
    json_out_name(out, STR("duration_ms"));
    json_out_number(out, (double)attempt->duration / 1000);
    put_status(out, attempt->status);
    shape_put_text(out, "fault", attempt->fault);
    json_out_name(out, STR("exchange"));
    if (api_may(call, PERMISSION_PAYLOADS) &&
        deliver_open_attempt(call->api->deliver, &one->query.rows[0], &one->query.sealed,
                             attempt->sealed, call->arena, &text))
        json_out_raw(out, text);
    else
        json_out_null(out);
    json_out_end(out);
}

static void send_one(struct one *one)
{
    struct json_out *out = &one->call->out;
    json_out_object(out);
    put_members(out, &one->query.rows[0]);
    json_out_name(out, STR("attempt_list"));
    json_out_array(out);
    for (uint32_t i = 0; i < one->query.attempt_n; i++)
        put_attempt(one, &one->query.attempt_rows[i]);
    json_out_end(out);
    json_out_end(out);
    api_send(one->call);
}

static void run_get(struct api_call *call)
{
    find_one(call, send_one);
}

const struct api_handler handler_deliveries_get = {
    .run = run_get, .status = 200, .answer = &whole_shape};

/* --- all --- */

struct look {
    struct delivery_query query;
    struct api_scan scan;
};

static struct look *look_of(const struct api_scan *scan)
{
    return CONTAINER_OF((struct api_scan *)(uintptr_t)scan, struct look, scan);
}

static struct api_scan_row row_of(const struct api_scan *scan, uint32_t i)
{
    const struct delivery_row *row = &look_of(scan)->query.rows[i];
    return (struct api_scan_row){row->sequence, row->environment};
}

static void put_row(struct api_scan *scan, uint32_t i)
{
    struct json_out *out = &scan->call->out;
    json_out_object(out);
    put_members(out, &look_of(scan)->query.rows[i]);
    json_out_end(out);
}

static void on_listed(struct delivery_query *query)
{
    struct look *look = CONTAINER_OF(query, struct look, query);
    api_scan_heard(&look->scan, query->err, query->n);
}

static void ask(struct api_scan *scan)
{
    struct look *look = look_of(scan);
    look->query.before = scan->last;
    delivery_list(&look->query);
}

static void run_list(struct api_call *call)
{
    static const struct api_scan_ops ops = {.ask = ask, .row = row_of, .put = put_row};
    struct look *look = arena_zalloc(call->arena, sizeof(*look));
    struct delivery_filter *filter = &look->query.filter;
    str event = api_query(call, "event");
    look->query = (struct delivery_query){.store = call->api->store,
                                          .worker = call->worker,
                                          .arena = &look->scan.rows,
                                          .done = on_listed,
                                          .filter = DELIVERY_FILTER_ANY,
                                          .max = API_SCAN_ROWS};
    filter->endpoint = api_query(call, "endpoint");
    filter->type = api_query(call, "type");
    filter->account = api_query(call, "account");
    filter->state = api_query_word(call, "state");
    filter->from = api_query_time(call, "from");
    filter->until = api_query_time(call, "until");
    if (!str_absent(event)) {
        filter->event = delivery_sequence_of("evt_", event);
        if (filter->event == 0)
            filter->event = -1; /* of none */
    }
    if (api_scan_environment(call, &filter->environment))
        api_scan_start(&look->scan, &ops, call);
}

const struct api_handler handler_deliveries_list = {.run = run_list,
                                                    .params = list_params,
                                                    .paged = true,
                                                    .status = 200,
                                                    .answer = &delivery_page};

/* --- once more --- */

enum { REPLAY_ROWS = 200 };

struct replay {
    struct delivery_replay replay;
    struct api_call *call;
    bool one;
};

static void send_all(struct replay *replay)
{
    struct json_out *out = &replay->call->out;
    char id[DELIVERY_ID_BYTES];
    json_out_object(out);
    json_out_name(out, STR("deliveries"));
    json_out_array(out);
    for (uint32_t i = 0; i < replay->replay.n; i++) {
        delivery_id("dlv_", replay->replay.rows[i].sequence, id);
        json_out_text(out, str_z(id));
    }
    json_out_end(out);
    json_out_member_bool(out, STR("more"), replay->replay.more);
    json_out_member_bool(out, STR("dry_run"), replay->replay.dry_run);
    json_out_end(out);
    api_send(replay->call);
}

static void on_replayed(struct delivery_replay *done)
{
    struct replay *replay = CONTAINER_OF(done, struct replay, replay);
    struct api_call *call = replay->call;
    if (done->err) {
        api_refuse_text(call, done->err, STR_NONE);
        return;
    }
    for (uint32_t i = 0; i < done->n && !done->dry_run; i++)
        deliver_look(call->api->deliver, done->rows[i].endpoint, 1,
                     (int64_t)done->rows[i].bytes);
    if (!replay->one)
        send_all(replay);
    else if (done->n == 0)
        api_refuse(call, ERR_STATE_CONFLICT, "It waits for its next attempt already.");
    else
        find_one(call, send_one);
}

static struct replay *new_replay(struct api_call *call)
{
    struct replay *replay = arena_zalloc(call->arena, sizeof(*replay));
    replay->call = call;
    replay->replay = (struct delivery_replay){.store = call->api->store,
                                              .worker = call->worker,
                                              .arena = call->arena,
                                              .filter = DELIVERY_FILTER_ANY,
                                              .max = REPLAY_ROWS,
                                              .wall = world_wall(call->worker->world),
                                              .actor = call->actor,
                                              .done = on_replayed};
    return replay;
}

/* An endpoint that is gone or disabled would bury it again at once. */
static bool can_take(struct api_call *call, str id)
{
    struct endpoint *endpoint = endpoints_find(deliver_endpoints(call->api->deliver), id);
    bool good = endpoint && endpoint->state != ENDPOINT_DISABLED;
    endpoint_unref(&endpoint);
    return good;
}

static void replay_found(struct one *one)
{
    struct replay *replay;
    if (!can_take(one->call, one->query.rows[0].endpoint)) {
        api_refuse(one->call, ERR_STATE_CONFLICT,
                   "Its endpoint is disabled, or gone; resume the endpoint first.");
        return;
    }
    replay = new_replay(one->call);
    replay->one = true;
    replay->replay.filter = one->query.filter;
    delivery_replay(&replay->replay);
}

static void run_replay(struct api_call *call)
{
    find_one(call, replay_found);
}

const struct api_handler handler_deliveries_replay = {
    .run = run_replay, .status = 200, .answer = &whole_shape};

struct replay_body {
    str endpoint, type, environment, account;
    uint32_t state;
    usec from, until;
    bool dry_run;
};

#define AT(field) offsetof(struct replay_body, field)
#define TEXT_ROW(member, sentence)                                                       \
    {                                                                                    \
        .name = #member, .kind = BIND_TEXT, .offset = AT(member), .min = 1, .max = 100,  \
        .doc = sentence                                                                  \
    }

/* Those that can be delivered once more. */
static const char *const ended_words[] = {"dead", "delivered", "superseded", NULL};
static const enum delivery_state ended_states[] = {DELIVERY_DEAD, DELIVERY_DELIVERED,
                                                   DELIVERY_SUPERSEDED};

static const struct bind_row replay_rows[] = {
    TEXT_ROW(endpoint, "The id of the endpoint."),
    TEXT_ROW(type, "The type of the events."),
    TEXT_ROW(environment, "The id of the environment whose events they are."),
    TEXT_ROW(account, "The id of the account."),
    {.name = "state",
     .kind = BIND_ENUM,
     .offset = AT(state),
     .words = ended_words,
     .doc = "Where they stand; standard: dead."},
    {.name = "from",
     .kind = BIND_CUSTOM,
     .offset = AT(from),
     .custom = api_read_time,
     .custom_schema = API_TIME_SCHEMA,
     .doc = "Made not before this time."},
    {.name = "until",
     .kind = BIND_CUSTOM,
     .offset = AT(until),
     .custom = api_read_time,
     .custom_schema = API_TIME_SCHEMA,
     .doc = "Made before this time."},
    {.name = "dry_run",
     .kind = BIND_BOOL,
     .offset = AT(dry_run),
     .doc = "Says which they are, and does nothing; false."},
};

static const struct bind_table replay_table = {.name = "body",
                                               .rows = replay_rows,
                                               .n = COUNT_OF(replay_rows),
                                               .bytes = sizeof(struct replay_body)};

static const struct shape_row replayed_rows[] = {
    {.name = "deliveries",
     .kind = SHAPE_TEXTS,
     .doc = "The ids of those that are delivered once more."},
    {.name = "more",
     .kind = SHAPE_BOOL,
     .doc = "There are others: ask again for the next ones."},
    {.name = "dry_run", .kind = SHAPE_BOOL, .doc = "Nothing was done."},
};
static const struct shape replayed_shape = SHAPE_OF("deliveries_replayed", replayed_rows);

/* A key of some environments must say which one it means. */
static bool covers(struct api_call *call, str id)
{
    if (api_is_platform(call))
        return true;
    if (str_absent(id)) {
        api_refuse_member(call, "/environment", "is missing: this key is not for all.");
        return false;
    }
    struct environment *environment = api_find_environment(call, id);
    bool found = environment != NULL;
    environment_unref(&environment);
    return found;
}

static void run_replay_all(struct api_call *call)
{
    struct replay_body body = {.endpoint = STR_NONE};
    struct replay *replay = new_replay(call);
    struct delivery_filter *filter = &replay->replay.filter;
    if (!api_bind(call, &body) || !covers(call, body.environment))
        return;
    if (str_absent(body.endpoint)) {
        api_refuse_member(call, "/endpoint", "is missing: whose deliveries they are.");
        return;
    }
    if (!can_take(call, body.endpoint)) {
        api_refuse(call, ERR_STATE_CONFLICT,
                   "There is no such endpoint, or it is disabled; resume it first.");
        return;
    }
    filter->endpoint = body.endpoint;
    filter->type = body.type;
    filter->environment = body.environment;
    filter->account = body.account;
    filter->state = (int)ended_states[body.state];
    filter->from = body.from;
    filter->until = body.until == USEC_NEVER ? 0 : body.until;
    replay->replay.dry_run = body.dry_run;
    delivery_replay(&replay->replay);
}

const struct api_handler handler_deliveries_replay_all = {.run = run_replay_all,
                                                          .body_kind = API_BODY_OPTION,
                                                          .body = &replay_table,
                                                          .status = 200,
                                                          .answer = &replayed_shape};
