/*
 * The audit log, page by page from the store. A key that is not of all stages sees the
 * lines of its environments: what the store answers is filtered here, and asked for again
 * while the page has room, a bounded number of times; a page may then be short, and only
 * a null next_cursor means the end.
 */
#include "directory/audit.h"

#include "api/api_page.h"
#include "json/json_parse.h"

/* Lines may be long: they are read a few at a time, into memory that is used again. */
enum { LOOKS_MAX = 200, LOOK_ROWS = 100, LOOK_BYTES_MAX = 64 << 20 };

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
    struct api_call *call;
    struct api_page page;
    struct arena rows; /* of the present look */
    uint32_t n;        /* on the page */
    uint32_t looks;    /* at the store */
    int64_t last;      /* the last line looked at */
};

static void put_row(struct json_out *out, const struct audit_row *row)
{
    const struct audit_entry *entry = &row->entry;
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

static bool sees(const struct api_call *call, const struct audit_row *row)
{
    if (api_is_platform(call))
        return true;
    if (str_absent(row->entry.environment))
        return false;
    struct environment *environment =
        directory_find_environment(call->api->directory, row->entry.environment);
    bool covered = environment && api_key_covers(call->key, environment);
    environment_unref(&environment);
    return covered;
}

static void ask(struct look *look);

static void send_page(struct look *look, bool more)
{
    arena_fini(&look->rows);
    api_page_end(look->call,
                 more ? arena_printf(look->call->arena, "%lld", (long long)look->last)
                      : STR_NONE);
}

/* Prints what the key sees. False when the page is full and more is there. */
static bool put_rows(struct look *look)
{
    const struct audit_query *query = &look->query;
    for (uint32_t i = 0; i < query->n; i++) {
        if (look->n == look->page.limit || look->call->answer.n > API_PAGE_BYTES)
            return false;
        look->last = query->rows[i].sequence;
        if (!sees(look->call, &query->rows[i]))
            continue;
        put_row(&look->call->out, &query->rows[i]);
        look->n++;
    }
    return true;
}

static void on_listed(struct audit_query *query)
{
    struct look *look = CONTAINER_OF(query, struct look, query);
    if (query->err) {
        arena_fini(&look->rows);
        api_refuse_text(look->call, query->err, STR_NONE);
        return;
    }
    bool room = put_rows(look);
    bool end = query->n < query->max;
    if (room && !end && look->looks < LOOKS_MAX)
        ask(look);
    else
        send_page(look, !room || !end);
}

static void ask(struct look *look)
{
    look->looks++;
    arena_reset(&look->rows);
    look->query.before = look->last;
    audit_list(look->call->api->store, &look->query);
}

static bool read_environment(struct api_call *call, str *ret_id)
{
    *ret_id = api_query(call, "environment");
    if (str_absent(*ret_id) || api_is_platform(call))
        return true;
    struct environment *environment = api_find_environment(call, *ret_id);
    bool found = environment != NULL;
    environment_unref(&environment);
    return found;
}

static void run_list(struct api_call *call)
{
    uint64_t before = 0;
    struct look *look = arena_zalloc(call->arena, sizeof(*look));
    look->call = call;
    look->query = (struct audit_query){.object_id = api_query(call, "object"),
                                       .from = api_query_time(call, "from"),
                                       .until = api_query_time(call, "until"),
                                       .max = LOOK_ROWS,
                                       .arena = &look->rows,
                                       .worker = call->worker,
                                       .done = on_listed};
    if (!read_environment(call, &look->query.environment) ||
        !api_page_read(call, &look->page))
        return;
    if (!str_absent(look->page.after))
        CHECK(str_to_u64(look->page.after, INT64_MAX, &before));
    look->last = (int64_t)before;
    arena_init(&look->rows, 4096, LOOK_BYTES_MAX);
    api_page_begin(call);
    ask(look);
}

const struct api_handler handler_audit_list = {.run = run_list,
                                               .params = list_params,
                                               .paged = true,
                                               .status = 200,
                                               .answer = &audit_page};
