/*
 * The events, page by page from the store.
 */
#include "event/event.h"

#include "api/api_scan.h"

static const struct shape_row event_rows[] = {
    {.name = "sequence",
     .kind = SHAPE_UINT,
     .doc = "Counts up without gaps, in the order in which things happened."},
    {.name = "time", .kind = SHAPE_TIME, .doc = "When it happened."},
    {.name = "type", .kind = SHAPE_TEXT, .doc = "account.needs_reauth, …"},
    {.name = "environment",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "Whose it is; null = nobody's alone."},
    {.name = "account",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "Which account it is about; null = none."},
    {.name = "detail", .kind = SHAPE_JSON, .doc = "What else there is to say of it."},
};

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

static void put_row(struct api_scan *scan, uint32_t i)
{
    const struct event_row *row = &look_of(scan)->query.rows[i];
    struct json_out *out = &scan->call->out;
    json_out_object(out);
    json_out_member_int(out, STR("sequence"), row->sequence);
    shape_put_time(out, "time", row->time);
    shape_put_text(out, "type", row->type);
    shape_put_text(out, "environment", row->environment);
    shape_put_text(out, "account", row->account);
    json_out_name(out, STR("detail"));
    json_out_raw(out, str_absent(row->detail) ? STR("{}") : row->detail);
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
