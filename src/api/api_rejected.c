/*
 * Requests that were not proved to be a vendor's: who asks why sees what was sent.
 */
#include "api/api_hooks.h"
#include "api/api_scan.h"
#include "hook/hooks.h"

#define REJECTED_ROWS                                                                    \
    {.name = "id", .kind = SHAPE_TEXT, .doc = "A number that counts up."},               \
        {.name = "integration", .kind = SHAPE_TEXT, .doc = "Whose URL was called."},     \
        {.name = "environment",                                                          \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "The same; null: the URL names no account."},                            \
        {.name = "account", .kind = SHAPE_TEXT, .nullable = true, .doc = "The same."},   \
        {.name = "reason",                                                               \
         .kind = SHAPE_TEXT,                                                             \
         .doc = "Why it was rejected: signature_wrong, timestamp_stale, …"},             \
        {.name = "received", .kind = SHAPE_TIME, .doc = "When it came."},                \
    {                                                                                    \
        .name = "peer", .kind = SHAPE_TEXT, .nullable = true, .doc = "Where from."       \
    }

static const struct shape_row rejected_rows[] = {REJECTED_ROWS};

static const struct shape_row whole_rows[] = {
    REJECTED_ROWS,
    {.name = "request",
     .kind = SHAPE_OBJECT,
     .nullable = true,
     .shape = &api_hook_request_shape,
     .doc = "What was sent, the first 4096 bytes of its body; null for a key without "
            "`payloads`."},
};

static const struct shape rejected_page = {"rejected_hook", rejected_rows,
                                           COUNT_OF(rejected_rows), true};
static const struct shape whole_shape = SHAPE_OF("rejected_hook_whole", whole_rows);

static const struct api_param list_params[] = {
    {.name = "environment", .kind = API_PARAM_TEXT, .max = 64, .doc = "At its URLs."},
    {.name = "integration", .kind = API_PARAM_TEXT, .max = 64, .doc = "At its URLs."},
    {.name = "reason", .kind = API_PARAM_TEXT, .max = 64, .doc = "Rejected for this."},
    {.name = NULL}};

static void put_members(struct api_call *call, const struct rejected_row *row)
{
    struct json_out *out = &call->out;
    json_out_member_text(out, STR("id"),
                         arena_printf(call->arena, "%lld", (long long)row->sequence));
    json_out_member_text(out, STR("integration"), row->integration);
    shape_put_text(out, "environment", row->environment);
    shape_put_text(out, "account", row->account);
    json_out_member_text(out, STR("reason"), row->reason);
    shape_put_time(out, "received", row->received);
    shape_put_text(out, "peer", row->peer);
}

/* --- one --- */

struct one {
    struct rejected_query query;
    struct api_call *call;
};

static bool sees(const struct api_call *call, str environment_id)
{
    struct environment *environment =
        directory_find_environment(call->api->directory, environment_id);
    bool covered =
        environment ? api_key_covers(call->key, environment) : api_is_platform(call);
    environment_unref(&environment);
    return covered;
}

static void send_one(struct api_call *call, const struct rejected_row *row)
{
    struct hook_message message;
    str plain;
    json_out_object(&call->out);
    put_members(call, row);
    json_out_name(&call->out, STR("request"));
    if (api_may(call, PERMISSION_PAYLOADS) &&
        hook_open(hooks_keys(call->api->hooks), HOOK_PLATFORM, HOOK_ABOUT_REJECTED,
                  row->sealed, call->arena, &plain) &&
        hook_message_read(plain, call->arena, &message))
        api_put_hook_request(call, &message);
    else
        json_out_null(&call->out);
    json_out_end(&call->out);
    api_send(call);
}

static void refuse_unknown(struct api_call *call)
{
    api_refuse(call, ERR_OBJECT_UNKNOWN, "There is no rejected request \"" STR_F "\".",
               STR_A(api_path(call, "rejected")));
}

static void on_found(struct rejected_query *query)
{
    struct one *one = CONTAINER_OF(query, struct one, query);
    if (query->err)
        api_refuse_text(one->call, query->err, STR_NONE);
    else if (query->n == 0 || !sees(one->call, query->rows[0].environment))
        refuse_unknown(one->call);
    else
        send_one(one->call, &query->rows[0]);
}

static void run_get(struct api_call *call)
{
    struct one *one = arena_zalloc(call->arena, sizeof(*one));
    uint64_t sequence;
    one->call = call;
    if (!str_to_u64(api_path(call, "rejected"), INT64_MAX, &sequence) || !sequence) {
        refuse_unknown(call);
        return;
    }
    one->query = (struct rejected_query){.store = call->api->store,
                                         .worker = call->worker,
                                         .arena = call->arena,
                                         .done = on_found,
                                         .sequence = (int64_t)sequence,
                                         .max = 1};
    rejected_list(&one->query);
}

const struct api_handler handler_rejected_hooks_get = {
    .run = run_get, .status = 200, .answer = &whole_shape};

/* --- all --- */

struct look {
    struct rejected_query query;
    struct api_scan scan;
};

static struct look *look_of(const struct api_scan *scan)
{
    return CONTAINER_OF((struct api_scan *)(uintptr_t)scan, struct look, scan);
}

static struct api_scan_row row_of(const struct api_scan *scan, uint32_t i)
{
    const struct rejected_row *row = &look_of(scan)->query.rows[i];
    return (struct api_scan_row){row->sequence, row->environment};
}

static void put_row(struct api_scan *scan, uint32_t i)
{
    json_out_object(&scan->call->out);
    put_members(scan->call, &look_of(scan)->query.rows[i]);
    json_out_end(&scan->call->out);
}

static void on_listed(struct rejected_query *query)
{
    struct look *look = CONTAINER_OF(query, struct look, query);
    api_scan_heard(&look->scan, query->err, query->n);
}

static void ask(struct api_scan *scan)
{
    struct look *look = look_of(scan);
    look->query.before = scan->last;
    rejected_list(&look->query);
}

static void run_list(struct api_call *call)
{
    static const struct api_scan_ops ops = {.ask = ask, .row = row_of, .put = put_row};
    struct look *look = arena_zalloc(call->arena, sizeof(*look));
    look->query = (struct rejected_query){.store = call->api->store,
                                          .worker = call->worker,
                                          .arena = &look->scan.rows,
                                          .done = on_listed,
                                          .integration = api_query(call, "integration"),
                                          .reason = api_query(call, "reason"),
                                          .max = API_SCAN_ROWS};
    if (api_scan_environment(call, &look->query.environment))
        api_scan_start(&look->scan, &ops, call);
}

const struct api_handler handler_rejected_hooks_list = {.run = run_list,
                                                        .params = list_params,
                                                        .paged = true,
                                                        .status = 200,
                                                        .answer = &rejected_page};
