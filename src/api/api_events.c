/*
 * The events, page by page from the store.
 */
#include "deliver/deliver.h"
#include "deliver/delivery_look.h"
#include "event/event.h"

#include "api/api_scan.h"
#include "deliver/deliver.h"
#include "payload/payload.h"

#define EVENT_ROWS                                                                       \
    {.name = "id",                                                                       \
     .kind = SHAPE_TEXT,                                                                 \
     .doc = "evt_…: the webhook-id of its deliveries."},                                 \
        {.name = "sequence",                                                             \
         .kind = SHAPE_UINT,                                                             \
         .doc = "Counts up without gaps, in the order in which things happened."},       \
        {.name = "time", .kind = SHAPE_TIME, .doc = "When it happened."},                \
        {.name = "type", .kind = SHAPE_TEXT, .doc = "account.needs_reauth, …"},          \
        {.name = "environment",                                                          \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "Whose it is; null = nobody's alone."},                                  \
        {.name = "account",                                                              \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "Which account it is about; null = none."},                              \
        {.name = "integration",                                                          \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "Of which vendor; null = of none."},                                     \
        {.name = "subject",                                                              \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "What it is about: crm/contacts/42, ept_…; null = its account."},        \
    {                                                                                    \
        .name = "detail", .kind = SHAPE_JSON, .doc = "What else there is to say of it."  \
    }

static const struct shape_row event_rows[] = {EVENT_ROWS};

static const struct shape_row whole_rows[] = {
    EVENT_ROWS,
    {.name = "data",
     .kind = SHAPE_JSON,
     .nullable = true,
     .doc = "What it brings, opened; null for a key without `payloads`, where it brings "
            "nothing, and where its account is gone."},
    {.name = "deliveries",
     .kind = SHAPE_UINT,
     .doc = "How many it was made: `GET /v1/deliveries?event=`."},
};

static const struct shape whole_shape = SHAPE_OF("event_whole", whole_rows);
static const struct shape event_page = {"event", event_rows, COUNT_OF(event_rows), true};

static const char *const type_words[] = {
#define X(symbol, name, doc) name,
#include "event/event_list.h"
#undef X
    NULL};

static const struct api_param list_params[] = {
    {.name = "environment",
     .kind = API_PARAM_TEXT,
     .max = 64,
     .doc = "What happened in this environment."},
    {.name = "account",
     .kind = API_PARAM_TEXT,
     .max = 64,
     .doc = "What happened to the account of this id."},
    {.name = "type",
     .kind = API_PARAM_WORD,
     .words = type_words,
     .doc = "Events of this type."},
    {.name = NULL}};

struct look {
    struct event_query query;
    struct api_scan scan;
};

static struct look *look_of(const struct api_scan *scan)
{
    return CONTAINER_OF((struct api_scan *)(uintptr_t)scan, struct look, scan);
}

static struct api_scan_row row_of(const struct api_scan *scan, uint32_t i)
{
    const struct event_row *row = &look_of(scan)->query.rows[i];
    return (struct api_scan_row){row->sequence, row->environment};
}

static void put_members(struct json_out *out, const struct event_row *row)
{
    char id[DELIVERY_ID_BYTES];
    delivery_id("evt_", row->sequence, id);
    json_out_member_text(out, STR("id"), str_z(id));
    json_out_member_int(out, STR("sequence"), row->sequence);
    shape_put_time(out, "time", row->time);
    shape_put_text(out, "type", row->type);
    shape_put_text(out, "environment", row->environment);
    shape_put_text(out, "account", row->account);
    shape_put_text(out, "integration", row->integration);
    shape_put_text(out, "subject", row->subject);
    json_out_name(out, STR("detail"));
    json_out_raw(out, str_absent(row->detail) ? STR("{}") : row->detail);
}

static void put_row(struct api_scan *scan, uint32_t i)
{
    struct json_out *out = &scan->call->out;
    json_out_object(out);
    put_members(out, &look_of(scan)->query.rows[i]);
    json_out_end(out);
}

static void on_listed(struct event_query *query)
{
    struct look *look = CONTAINER_OF(query, struct look, query);
    api_scan_heard(&look->scan, query->err, query->n);
}

static void ask(struct api_scan *scan)
{
    struct look *look = look_of(scan);
    look->query.before = scan->last;
    event_list(scan->call->api->store, &look->query);
}

static void run_list(struct api_call *call)
{
    static const struct api_scan_ops ops = {.ask = ask, .row = row_of, .put = put_row};
    struct look *look = arena_zalloc(call->arena, sizeof(*look));
    look->query = (struct event_query){.account = api_query(call, "account"),
                                       .type = api_query(call, "type"),
                                       .max = API_SCAN_ROWS,
                                       .arena = &look->scan.rows,
                                       .worker = call->worker,
                                       .done = on_listed};
    if (api_scan_environment(call, &look->query.environment))
        api_scan_start(&look->scan, &ops, call);
}

const struct api_handler handler_events_list = {.run = run_list,
                                                .params = list_params,
                                                .paged = true,
                                                .status = 200,
                                                .answer = &event_page};

/* --- one --- */

struct one {
    struct event_get get;
    struct payload_get payload;
    struct delivery_query deliveries;
    struct api_call *call;
    str sealed;
};

static bool sees(const struct api_call *call, str id)
{
    if (api_is_platform(call))
        return true;
    struct environment *environment =
        str_absent(id) ? NULL : directory_find_environment(call->api->directory, id);
    bool covered = environment && api_key_covers(call->key, environment);
    environment_unref(&environment);
    return covered;
}

static void send_one(struct one *one)
{
    struct api_call *call = one->call;
    struct json_out *out = &call->out;
    str data;
    json_out_object(out);
    put_members(out, &one->get.row);
    json_out_name(out, STR("data"));
    if (api_may(call, PERMISSION_PAYLOADS) &&
        deliver_open_data(call->api->deliver, &one->get.row, one->sealed, call->arena,
                          &data))
        json_out_raw(out, data);
    else
        json_out_null(out);
    json_out_member_int(out, STR("deliveries"), one->deliveries.n);
    json_out_end(out);
    api_send(call);
}

static void on_payload(struct payload_get *get)
{
    struct one *one = CONTAINER_OF(get, struct one, payload);
    if (get->err == ERR_NONE)
        one->sealed = get->bytes;
    send_one(one);
}

static void on_counted(struct delivery_query *query)
{
    struct one *one = CONTAINER_OF(query, struct one, deliveries);
    struct payloads *payloads = deliver_payloads(one->call->api->deliver);
    one->sealed = one->get.row.sealed;
    if (query->err) {
        api_refuse_text(one->call, query->err, STR_NONE);
    } else if (payloads && !str_absent(one->get.row.payload)) {
        one->payload = (struct payload_get){.reference = one->get.row.payload,
                                            .arena = one->call->arena,
                                            .done = on_payload,
                                            .worker = one->call->worker};
        payload_get(payloads, &one->payload);
    } else {
        send_one(one);
    }
}

static void on_got(struct event_get *get)
{
    struct one *one = CONTAINER_OF(get, struct one, get);
    struct api_call *call = one->call;
    bool there = get->err == ERR_NONE && sees(call, get->row.environment);
    if (get->err != ERR_NONE && get->err != ERR_OBJECT_UNKNOWN) {
        api_refuse_text(call, get->err, STR_NONE);
        return;
    }
    if (!there) {
        api_refuse(call, ERR_OBJECT_UNKNOWN, "There is no such event.");
        return;
    }
    one->deliveries = (struct delivery_query){.store = call->api->store,
                                              .worker = call->worker,
                                              .arena = call->arena,
                                              .filter = DELIVERY_FILTER_ANY,
                                              .max = DELIVERY_ROWS_MAX,
                                              .done = on_counted};
    one->deliveries.filter.event = get->sequence;
    delivery_list(&one->deliveries);
}

static void run_get(struct api_call *call)
{
    struct one *one = arena_zalloc(call->arena, sizeof(*one));
    one->call = call;
    one->get = (struct event_get){
        .store = call->api->store,
        .worker = call->worker,
        .arena = call->arena,
        .sequence = delivery_sequence_of("evt_", api_path(call, "event")),
        .done = on_got};
    event_get(&one->get);
}

const struct api_handler handler_events_get = {
    .run = run_get, .status = 200, .answer = &whole_shape};
