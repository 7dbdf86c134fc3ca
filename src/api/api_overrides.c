/*
 * Overrides of environments and accounts. What they come to is found on the catalog's own
 * thread, as documents are read there.
 */
#include "api/api_page.h"
#include "api/api_view.h"

/* --- what an override looks like --- */

static const struct shape_row fault_rows[] = {
    {.name = "pointer", .kind = SHAPE_TEXT, .doc = "RFC 6901, in the override."},
    {.name = "text", .kind = SHAPE_TEXT, .doc = "What is wrong and how to mend it."},
};

static const struct shape fault_shape = SHAPE_OF("override_fault", fault_rows);

#define COMMON_ROWS                                                                      \
    {.name = "integration", .kind = SHAPE_TEXT, .doc = "What it is laid over."},         \
        {.name = "environment",                                                          \
         .kind = SHAPE_TEXT,                                                             \
         .doc = "The id of the environment whose it is, or whose account's."},           \
        {.name = "account",                                                              \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "The id of the account; null: it is the environment's."},                \
        {.name = "revision", .kind = SHAPE_UINT, .doc = "Counted with each change."},    \
        {.name = "hash", .kind = SHAPE_TEXT, .doc = "SHA-256 of its text."},             \
        {.name = "state",                                                                \
         .kind = SHAPE_WORD,                                                             \
         .words = override_state_words,                                                  \
         .doc = "fits; broken: it does not fit the document, and its accounts stay on "  \
                "an older one; blocked: nor any that is left, and their calls are "      \
                "refused."},                                                             \
        {.name = "base_revision",                                                        \
         .kind = SHAPE_UINT,                                                             \
         .nullable = true,                                                               \
         .doc = "The revision of the document that its accounts have."},                 \
        {.name = "changed", .kind = SHAPE_TIME, .doc = "When it was put."},              \
        {.name = "changed_by",                                                           \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "The id of the key that put it."},                                       \
    {                                                                                    \
        .name = "faults", .kind = SHAPE_LIST, .shape = &fault_shape,                     \
        .doc = "Why it does not fit."                                                    \
    }

static const struct shape_row page_rows[] = {COMMON_ROWS};

static const struct shape_row whole_rows[] = {
    COMMON_ROWS,
    {.name = "override", .kind = SHAPE_JSON, .doc = "As it was written."},
};

static const struct shape override_page = {"override", page_rows, COUNT_OF(page_rows),
                                           true};
static const struct shape override_shape = SHAPE_OF("whole_override", whole_rows);

static void put_faults(struct json_out *out, const struct catalog_override *override)
{
    json_out_name(out, STR("faults"));
    json_out_array(out);
    for (uint32_t i = 0; i < override->fault_n; i++) {
        json_out_object(out);
        shape_put_text(out, "pointer", override->faults[i].pointer);
        shape_put_text(out, "text", override->faults[i].text);
        json_out_end(out);
    }
    json_out_end(out);
}

static void put_members(struct json_out *out, const struct catalog_override *override)
{
    shape_put_text(out, "integration", override->integration);
    shape_put_text(out, "environment", override->environment);
    shape_put_text(out, "account", override->account);
    json_out_member_int(out, STR("revision"), override->revision);
    shape_put_text(out, "hash", override->hash);
    shape_put_text(out, "state", str_z(override_state_words[override->state]));
    shape_put_number(out, "base_revision",
                     override->base_revision ? (double) override->base_revision : -1);
    shape_put_time(out, "changed", override->changed);
    shape_put_text(out, "changed_by", override->changed_by);
    put_faults(out, override);
}

/* --- list --- */

static const struct api_param list_params[] = {
    {.name = "integration",
     .kind = API_PARAM_TEXT,
     .max = 64,
     .doc = "Those of this integration."},
    {.name = "environment",
     .kind = API_PARAM_TEXT,
     .max = 200,
     .doc = "Those of this environment and its accounts."},
    {.name = "broken",
     .kind = API_PARAM_BOOL,
     .doc = "Those that do not fit, or those that do."},
    {.name = NULL}};

static bool is_asked(const struct api_call *call, const char *name, str value)
{
    str wanted = api_query(call, name);
    return str_absent(wanted) || str_eq(wanted, value);
}

/* What was deleted may be in memory until the integration's overrides change next. */
static bool is_there(const struct api_call *call, const struct catalog_override *override)
{
    struct directory *directory = call->api->directory;
    struct environment *environment =
        directory_find_environment(directory, override->environment);
    struct account *account = str_absent(override->account)
                                  ? NULL
                                  : directory_account(directory, override->account);
    bool seen = environment && api_key_covers(call->key, environment) &&
                (str_absent(override->account) || account);
    environment_unref(&environment);
    account_unref(&account);
    return seen;
}

static bool is_wanted(const struct api_call *call,
                      const struct catalog_override *override)
{
    bool broken = override->state != OVERRIDE_FITS;
    if (!str_absent(api_query(call, "broken")) &&
        api_query_bool(call, "broken") != broken)
        return false;
    return is_asked(call, "integration", override->integration) &&
           is_asked(call, "environment", override->environment) &&
           is_there(call, override);
}

static str place_of(struct arena *arena, const struct catalog_override *override)
{
    return arena_printf(
        arena, STR_F "/" STR_F "/" STR_F, STR_A(override->integration),
        STR_A(override->environment),
        STR_A(str_absent(override->account) ? STR("") : override->account));
}

/* Whether it stands behind the place where the page before ended. */
static bool is_behind(struct arena *arena, const struct catalog_override *override,
                      const struct api_page *page)
{
    return str_absent(page->after) || str_cmp(place_of(arena, override), page->after) > 0;
}

static void put_page(struct api_call *call, const struct snapshot *snapshot,
                     const struct api_page *page)
{
    struct json_out *out = api_page_begin(call);
    str last = STR_NONE;
    uint32_t n = 0, i = 0, count = snapshot_override_count(snapshot);
    for (; i < count; i++) {
        const struct catalog_override *override = snapshot_override_at(snapshot, i);
        if (!is_behind(call->arena, override, page) || !is_wanted(call, override))
            continue;
        if (n == page->limit || call->answer.n > API_PAGE_BYTES)
            break;
        json_out_object(out);
        put_members(out, override);
        json_out_end(out);
        last = place_of(call->arena, override);
        n++;
    }
    api_page_end(call, i < count ? last : STR_NONE);
}

static void run_list(struct api_call *call)
{
    struct api_page page;
    if (!api_page_read(call, &page))
        return;
    struct snapshot *snapshot = catalog_snapshot(call->api->catalog);
    put_page(call, snapshot, &page);
    snapshot_unref(&snapshot);
}

const struct api_handler handler_overrides_list = {.run = run_list,
                                                   .params = list_params,
                                                   .paged = true,
                                                   .status = 200,
                                                   .answer = &override_page};

/* --- whose --- */

struct target {
    str integration;
    str environment;
    str account; /* absent: the environment's own */
};

/* False when it was refused. */
static bool find_of_environment(struct api_call *call, struct target *ret_target)
{
    struct environment *environment =
        api_find_environment(call, api_path(call, "environment"));
    if (!environment)
        return false;
    *ret_target = (struct target){
        .integration = api_path(call, "integration"),
        .environment = arena_str(call->arena, tenant_id_str(&environment->id)),
        .account = STR_NONE};
    environment_unref(&environment);
    return true;
}

static bool find_of_account(struct api_call *call, struct target *ret_target)
{
    struct account *account = api_find_account(call);
    if (!account)
        return false;
    *ret_target = (struct target){
        .integration = arena_str(call->arena, account->integration),
        .environment = arena_str(call->arena, tenant_id_str(&account->environment->id)),
        .account = arena_str(call->arena, tenant_id_str(&account->id))};
    account_unref(&account);
    return true;
}

/* --- get --- */

static void get(struct api_call *call, bool (*find)(struct api_call *, struct target *))
{
    struct target target;
    struct json_out *out = &call->out;
    if (!find(call, &target))
        return;
    struct snapshot *snapshot = catalog_snapshot(call->api->catalog);
    const struct catalog_override *override = snapshot_override(
        snapshot, target.integration, target.environment, target.account);
    bool found = override != NULL;
    if (found) {
        json_out_object(out);
        put_members(out, override);
        json_out_name(out, STR("override"));
        json_out_raw(out, override->text);
        json_out_end(out);
    }
    snapshot_unref(&snapshot);
    if (found)
        api_send(call);
    else
        api_refuse(call, ERR_OBJECT_UNKNOWN,
                   "There is no override of this integration here.");
}

/* --- changes --- */

static struct catalog_change *make_change(struct api_call *call,
                                          bool (*find)(struct api_call *,
                                                       struct target *),
                                          enum catalog_change_kind kind)
{
    struct target target;
    if (!find(call, &target))
        return NULL;
    struct catalog_change *change = api_catalog_change(call, kind);
    change->name = target.integration;
    change->environment = target.environment;
    change->account = target.account;
    return change;
}

static const struct api_param put_params[] = {
    {.name = "dry_run", .kind = API_PARAM_BOOL, .doc = "Only checks."}, {.name = NULL}};

static const struct shape_row put_rows[] = {
    {.name = "integration", .kind = SHAPE_TEXT, .doc = "What it is laid over."},
    {.name = "revision",
     .kind = SHAPE_UINT,
     .nullable = true,
     .doc = "The override's revision in use now; null: it was only checked."},
    {.name = "unchanged",
     .kind = SHAPE_BOOL,
     .doc = "Whether this very text was in use already."},
};

static const struct shape put_shape = SHAPE_OF("override_change", put_rows);

static void on_put(struct catalog_change *change)
{
    struct api_call *call = change->owner;
    struct json_out *out = &call->out;
    json_out_object(out);
    shape_put_text(out, "integration", change->name);
    shape_put_number(out, "revision",
                     change->new_revision ? (double)change->new_revision : -1);
    json_out_member_bool(out, STR("unchanged"), change->unchanged);
    json_out_end(out);
    api_send(call);
}

static void put(struct api_call *call, bool (*find)(struct api_call *, struct target *))
{
    struct catalog_change *change = make_change(call, find, CATALOG_OVERRIDE_PUT);
    if (!change)
        return;
    change->text = api_body_text(call);
    change->dry_run = api_query_bool(call, "dry_run");
    api_catalog_submit(change, on_put);
}

static void on_removed(struct catalog_change *change)
{
    api_send_nothing(change->owner);
}

static void remove_override(struct api_call *call,
                            bool (*find)(struct api_call *, struct target *))
{
    struct catalog_change *change = make_change(call, find, CATALOG_OVERRIDE_REMOVE);
    if (change)
        api_catalog_submit(change, on_removed);
}

/* --- explain --- */

#define QUESTION(field) offsetof(struct catalog_question, field)

static const struct bind_row question_rows[] = {
    {.name = "category",
     .kind = BIND_TEXT,
     .offset = QUESTION(category),
     .min = 1,
     .max = 64,
     .doc = "The category of the resource whose fields are explained; the first that an "
            "override changes unless given."},
    {.name = "resource",
     .kind = BIND_TEXT,
     .offset = QUESTION(resource),
     .min = 1,
     .max = 64,
     .doc = "The resource."},
    {.name = "operation",
     .kind = BIND_TEXT,
     .offset = QUESTION(operation),
     .min = 1,
     .max = 64,
     .doc = "With a record: whose response maps it; list, or get, unless given."},
    {.name = "record",
     .kind = BIND_JSON,
     .offset = QUESTION(record),
     .doc = "A record of the vendor's; a sample of the integration unless given."},
};

static void finish_question(struct binder *binder, void *obj)
{
    const struct catalog_question *question = obj;
    if (str_absent(question->category) != str_absent(question->resource))
        bind_fault(binder, "must have \"category\" and \"resource\", or neither.");
    if (str_absent(question->category) && question->record.type != JSON_UNDEFINED)
        bind_fault_at(binder, STR("record"),
                      "needs \"category\" and \"resource\" beside it.");
}

static const struct bind_table question_table = {
    .name = "question",
    .rows = question_rows,
    .n = COUNT_OF(question_rows),
    .bytes = sizeof(struct catalog_question),
    .finish = finish_question,
};

static const char *const tier_words[] = {"platform", "environment", "account", NULL};

static const struct shape_row value_rows[] = {
    {.name = "pointer", .kind = SHAPE_TEXT, .doc = "RFC 6901, in the document."},
    {.name = "tier", .kind = SHAPE_WORD, .words = tier_words, .doc = "Whose it is."},
    {.name = "value", .kind = SHAPE_JSON, .doc = "Null: it was removed."},
};

static const struct shape value_shape = SHAPE_OF("tier_value", value_rows);

static const struct shape_row field_rows[] = {
    {.name = "pointer", .kind = SHAPE_TEXT, .doc = "RFC 6901, in the output."},
    {.name = "tier",
     .kind = SHAPE_WORD,
     .words = tier_words,
     .doc = "Whose expression made it."},
};

static const struct shape field_shape = SHAPE_OF("tier_field", field_rows);

static const struct shape_row sample_rows[] = {
    {.name = "category", .kind = SHAPE_TEXT, .doc = "Of the resource."},
    {.name = "resource", .kind = SHAPE_TEXT, .doc = "Whose record it is."},
    {.name = "why",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "What the sample is there for."},
    {.name = "fault",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "Why no record came out."},
    {.name = "output", .kind = SHAPE_JSON, .doc = "The record; null: none came out."},
    {.name = "fields",
     .kind = SHAPE_LIST,
     .shape = &field_shape,
     .doc = "Its members, down to what is no object."},
};

static const struct shape sample_shape = SHAPE_OF("tier_sample", sample_rows);

static const struct shape_row explain_rows[] = {
    {.name = "integration", .kind = SHAPE_TEXT, .doc = "The integration."},
    {.name = "base_revision",
     .kind = SHAPE_UINT,
     .doc = "The revision of the document below it all."},
    {.name = "state",
     .kind = SHAPE_WORD,
     .words = override_state_words,
     .doc = "Of the override of the highest tier."},
    {.name = "values",
     .kind = SHAPE_LIST,
     .shape = &value_shape,
     .doc = "The settings that are not the platform's."},
    {.name = "expressions",
     .kind = SHAPE_LIST,
     .shape = &value_shape,
     .doc = "What is laid over the document's mappings."},
    {.name = "sample",
     .kind = SHAPE_OBJECT,
     .nullable = true,
     .shape = &sample_shape,
     .doc = "One record, and where its members come from."},
    {.name = "document",
     .kind = SHAPE_JSON,
     .doc = "The document with all settings in it; its expressions are the platform's."},
};

static const struct shape explain_shape = SHAPE_OF("override_explanation", explain_rows);

static void on_result(struct catalog_change *change)
{
    struct api_call *call = change->owner;
    json_out_raw(&call->out, change->result);
    api_send(call);
}

static void explain(struct api_call *call,
                    bool (*find)(struct api_call *, struct target *))
{
    struct catalog_question question;
    if (!api_bind(call, &question))
        return;
    struct catalog_change *change = make_change(call, find, CATALOG_OVERRIDE_EXPLAIN);
    if (!change)
        return;
    change->question = question;
    api_catalog_submit(change, on_result);
}

/* --- lint --- */

static const struct shape_row finding_rows[] = {
    {.name = "pointer", .kind = SHAPE_TEXT, .doc = "The expression, in the override."},
    {.name = "path",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "What it reads of the vendor's record."},
    {.name = "text", .kind = SHAPE_TEXT, .doc = "What is odd about it."},
};

static const struct shape finding_shape = SHAPE_OF("override_finding", finding_rows);

static const struct shape_row lint_rows[] = {
    {.name = "findings",
     .kind = SHAPE_LIST,
     .shape = &finding_shape,
     .doc = "None: all that it reads is in some sample."},
};

static const struct shape lint_shape = SHAPE_OF("override_lint", lint_rows);

static void lint(struct api_call *call, bool (*find)(struct api_call *, struct target *))
{
    struct catalog_change *change = make_change(call, find, CATALOG_OVERRIDE_LINT);
    if (change)
        api_catalog_submit(change, on_result);
}

/* --- the routes of both --- */

#define ROUTES(of, find)                                                                 \
    static void run_##of##_get(struct api_call *call)                                    \
    {                                                                                    \
        get(call, find);                                                                 \
    }                                                                                    \
    static void run_##of##_put(struct api_call *call)                                    \
    {                                                                                    \
        put(call, find);                                                                 \
    }                                                                                    \
    static void run_##of##_delete(struct api_call *call)                                 \
    {                                                                                    \
        remove_override(call, find);                                                     \
    }                                                                                    \
    static void run_##of##_explain(struct api_call *call)                                \
    {                                                                                    \
        explain(call, find);                                                             \
    }                                                                                    \
    static void run_##of##_lint(struct api_call *call)                                   \
    {                                                                                    \
        lint(call, find);                                                                \
    }                                                                                    \
    const struct api_handler handler_##of##_override_get = {                             \
        .run = run_##of##_get, .status = 200, .answer = &override_shape};                \
    const struct api_handler handler_##of##_override_put = {.run = run_##of##_put,       \
                                                            .params = put_params,        \
                                                            .body_kind =                 \
                                                                API_BODY_DOCUMENT,       \
                                                            .status = 200,               \
                                                            .answer = &put_shape};       \
    const struct api_handler handler_##of##_override_delete = {.run = run_##of##_delete, \
                                                               .status = 204};           \
    const struct api_handler handler_##of##_override_explain = {                         \
        .run = run_##of##_explain,                                                       \
        .body_kind = API_BODY_OPTION,                                                    \
        .body = &question_table,                                                         \
        .status = 200,                                                                   \
        .answer = &explain_shape};                                                       \
    const struct api_handler handler_##of##_override_lint = {                            \
        .run = run_##of##_lint, .status = 200, .answer = &lint_shape};

ROUTES(environment, find_of_environment)
ROUTES(account, find_of_account)
