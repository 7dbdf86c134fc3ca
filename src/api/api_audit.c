/*
 * The audit log, page by page from the store.
 */
#include "directory/audit.h"

#include "api/api_scan.h"

static const struct shape_row audit_rows[] = {
    {.name = "sequence", .kind = SHAPE_UINT, .doc = "Counts up without gaps."},
    {.name = "time", .kind = SHAPE_TIME, .doc = "When it was done."},
    {.name = "actor",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "The id of the key that did it; null = Breakwater itself."},
    {.name = "peer", .kind = SHAPE_TEXT, .nullable = true, .doc = "From which address."},
    {.name = "request_id",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "The X-Request-Id of the answer."},
    {.name = "action", .kind = SHAPE_TEXT, .doc = "account.create, breaker.force, …"},
    {.name = "object_kind", .kind = SHAPE_TEXT, .doc = "What it was done to."},
    {.name = "object_id", .kind = SHAPE_TEXT, .doc = "Which one."},
    {.name = "environment",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "Whose it is; null = nobody's alone."},
    {.name = "detail", .kind = SHAPE_JSON, .doc = "What was set, without secrets."},
};

static const struct shape audit_page = {"audit_line", audit_rows, COUNT_OF(audit_rows),
                                        true};

static const struct api_param list_params[] = {
    {.name = "object",
     .kind = API_PARAM_TEXT,
     .max = 300,
     .doc = "What was done to the object of this id."},
    {.name = "environment",
     .kind = API_PARAM_TEXT,
     .max = 64,
     .doc = "What was done in this environment."},
    {.name = "from", .kind = API_PARAM_TIME, .doc = "Not before this time."},
    {.name = "until", .kind = API_PARAM_TIME, .doc = "Before this time."},
    {.name = NULL}};

struct look {
    struct audit_query query;
    struct api_scan scan;
};

static struct look *look_of(const struct api_scan *scan)
{
    return CONTAINER_OF((struct api_scan *)(uintptr_t)scan, struct look, scan);
}

static struct api_scan_row row_of(const struct api_scan *scan, uint32_t i)
{
    const struct audit_row *row = &look_of(scan)->query.rows[i];
    return (struct api_scan_row){row->sequence, row->entry.environment};
}

static void put_row(struct api_scan *scan, uint32_t i)
{
    const struct audit_row *row = &look_of(scan)->query.rows[i];
    const struct audit_entry *entry = &row->entry;
    struct json_out *out = &scan->call->out;
    json_out_object(out);
    json_out_member_int(out, STR("sequence"), row->sequence);
    shape_put_time(out, "time", entry->time);
    shape_put_text(out, "actor", entry->actor);
    shape_put_text(out, "peer", entry->peer);
    shape_put_text(out, "request_id", entry->request_id);
    shape_put_text(out, "action", entry->action);
    shape_put_text(out, "object_kind", entry->object_kind);
    shape_put_text(out, "object_id", entry->object_id);
    shape_put_text(out, "environment", entry->environment);
    json_out_name(out, STR("detail"));
    json_out_raw(out, str_absent(entry->detail) ? STR("{}") : entry->detail);
    json_out_end(out);
}

static void on_listed(struct audit_query *query)
{
    struct look *look = CONTAINER_OF(query, struct look, query);
    api_scan_heard(&look->scan, query->err, query->n);
}

static void ask(struct api_scan *scan)
{
    struct look *look = look_of(scan);
    look->query.before = scan->last;
    audit_list(scan->call->api->store, &look->query);
}

static void run_list(struct api_call *call)
{
    static const struct api_scan_ops ops = {.ask = ask, .row = row_of, .put = put_row};
    struct look *look = arena_zalloc(call->arena, sizeof(*look));
    look->query = (struct audit_query){.object_id = api_query(call, "object"),
                                       .from = api_query_time(call, "from"),
                                       .until = api_query_time(call, "until"),
                                       .max = API_SCAN_ROWS,
                                       .arena = &look->scan.rows,
                                       .worker = call->worker,
                                       .done = on_listed};
    if (api_scan_environment(call, &look->query.environment))
        api_scan_start(&look->scan, &ops, call);
}

const struct api_handler handler_audit_list = {.run = run_list,
                                               .params = list_params,
                                               .paged = true,
                                               .status = 200,
                                               .answer = &audit_page};
