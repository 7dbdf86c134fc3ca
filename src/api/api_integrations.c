/*
 * Integrations: what is in use, and changing it. Documents are read on the catalog's own
 * thread; a change answers when it is stored and published.
 */
#include "api/api_accounts.h"

#include "api/api_view.h"
#include "auth/token_rule.h"

/* --- what an integration looks like --- */

static const struct shape_row field_rows[] = {
    {.name = "name", .kind = SHAPE_TEXT, .doc = "Its name among the credentials."},
    {.name = "secret", .kind = SHAPE_BOOL, .doc = "Whether a form should hide it."},
    {.name = "optional", .kind = SHAPE_BOOL, .doc = "Whether it may be missing."},
};

static const struct shape field_shape = SHAPE_OF("credential_field", field_rows);

static const struct shape_row way_rows[] = {
    {.name = "way",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "Its name, which accounts have in \"auth\"; null: it is the only one."},
    {.name = "label", .kind = SHAPE_TEXT, .nullable = true, .doc = "For people."},
    {.name = "scheme", .kind = SHAPE_TEXT, .doc = "How requests carry the credential."},
    {.name = "grant",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "How its token comes; null: it is stored once and for all."},
    {.name = "credentials",
     .kind = SHAPE_LIST,
     .shape = &field_shape,
     .doc = "What an account of it needs."},
};

static const struct shape way_shape = SHAPE_OF("auth_way", way_rows);

#define COMMON_ROWS                                                                      \
    {.name = "name", .kind = SHAPE_TEXT, .doc = "Unique."},                              \
        {.name = "label", .kind = SHAPE_TEXT, .nullable = true, .doc = "For people."},   \
        {.name = "version",                                                              \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "The document's own word for it."},                                      \
        {.name = "revision",                                                             \
         .kind = SHAPE_UINT,                                                             \
         .doc = "Counted by Breakwater, from 1."},                                       \
        {.name = "hash", .kind = SHAPE_TEXT, .doc = "SHA-256 of the document's text."},  \
        {.name = "auth",                                                                 \
         .kind = SHAPE_TEXTS,                                                            \
         .doc = "The schemes of its ways of authentication, the default first."},        \
    {                                                                                    \
        .name = "hosts", .kind = SHAPE_TEXTS, .doc = "Where credentials may be sent."    \
    }

static const struct shape_row method_rows[] = {
    {.name = "name", .kind = SHAPE_TEXT, .doc = "Unique in its resource."},
    {.name = "verb", .kind = SHAPE_TEXT, .doc = "GET, POST, …"},
    {.name = "path", .kind = SHAPE_TEXT, .doc = "Below the base URL."},
    {.name = "safe", .kind = SHAPE_BOOL, .doc = "Whether it changes nothing."},
    {.name = "repeatable", .kind = SHAPE_BOOL, .doc = "Whether twice is as once."},
};

static const struct shape method_shape = SHAPE_OF("method", method_rows);

static const struct shape_row resource_rows[] = {
    {.name = "name", .kind = SHAPE_TEXT, .doc = "Unique in its integration."},
    {.name = "methods",
     .kind = SHAPE_LIST,
     .shape = &method_shape,
     .doc = "Its methods."},
};

static const struct shape resource_shape = SHAPE_OF("resource", resource_rows);

static const struct shape_row page_rows[] = {COMMON_ROWS};

static const struct shape_row whole_rows[] = {
    COMMON_ROWS,
    {.name = "ways",
     .kind = SHAPE_LIST,
     .shape = &way_shape,
     .doc = "The ways of authentication; the first is the default."},
    {.name = "resources",
     .kind = SHAPE_LIST,
     .shape = &resource_shape,
     .doc = "In order."},
    {.name = "document", .kind = SHAPE_JSON, .doc = "As it was written."},
};

static const struct shape integration_page = {"integration", page_rows,
                                              COUNT_OF(page_rows), true};
static const struct shape integration_shape = SHAPE_OF("whole_integration", whole_rows);

static const char *const scheme_words[] = {
#define X(name, doc) #name,
#include "auth/auth_list.h"
#undef X
    NULL};

static const char *const grant_words[] = {
#define X(name, doc) #name,
#include "auth/token_grant_list.h"
#undef X
    NULL};

static void put_fields(struct json_out *out, const struct auth_rule *rule)
{
    struct auth_field fields[AUTH_FIELDS_MAX];
    uint32_t n = auth_fields(rule, fields);
    json_out_name(out, STR("credentials"));
    json_out_array(out);
    for (uint32_t i = 0; i < n; i++) {
        json_out_object(out);
        shape_put_text(out, "name", fields[i].name);
        json_out_member_bool(out, STR("secret"), fields[i].secret);
        json_out_member_bool(out, STR("optional"), fields[i].optional);
        json_out_end(out);
    }
    json_out_end(out);
}

static void put_ways(struct json_out *out, const struct integration *integration)
{
    const struct auth_way *ways = integration->ways.items;
    json_out_name(out, STR("ways"));
    json_out_array(out);
    for (uint32_t i = 0; i < integration->ways.n; i++) {
        const struct token_rule *token = ways[i].rule.token;
        json_out_object(out);
        shape_put_text(out, "way", ways[i].name);
        shape_put_text(out, "label", ways[i].label);
        shape_put_text(out, "scheme", str_z(scheme_words[ways[i].rule.scheme]));
        shape_put_text(out, "grant", token ? str_z(grant_words[token->grant]) : STR_NONE);
        put_fields(out, &ways[i].rule);
        json_out_end(out);
    }
    json_out_end(out);
}

static void put_members(struct json_out *out, const struct integration *integration)
{
    const struct document_host *hosts = integration->hosts.items;
    const struct auth_way *ways = integration->ways.items;
    shape_put_text(out, "name", integration->name);
    shape_put_text(out, "label", integration->label);
    shape_put_text(out, "version", integration->version);
    json_out_member_int(out, STR("revision"), integration->revision);
    shape_put_text(out, "hash", integration->hash);
    json_out_name(out, STR("auth"));
    json_out_array(out);
    for (uint32_t i = 0; i < integration->ways.n; i++)
        json_out_text(out, str_z(scheme_words[ways[i].rule.scheme]));
    json_out_end(out);
    json_out_name(out, STR("hosts"));
    json_out_array(out);
    for (uint32_t i = 0; i < integration->hosts.n; i++)
        json_out_text(out, hosts[i].text);
    json_out_end(out);
}

static void put_methods(struct json_out *out, const struct resource *resource)
{
    const struct method *methods = resource->methods.items;
    json_out_name(out, STR("methods"));
    json_out_array(out);
    for (uint32_t i = 0; i < resource->methods.n; i++) {
        const struct method *method = &methods[i];
        json_out_object(out);
        shape_put_text(out, "name", method->name);
        shape_put_text(out, "verb", method->verb);
        shape_put_text(out, "path", method->path);
        json_out_member_bool(out, STR("safe"), method->safe);
        json_out_member_bool(out, STR("repeatable"), method->repeatable);
        json_out_end(out);
    }
    json_out_end(out);
}

static void put_resources(struct json_out *out, const struct integration *integration)
{
    const struct resource *resources = integration->resources.items;
    json_out_name(out, STR("resources"));
    json_out_array(out);
    for (uint32_t i = 0; i < integration->resources.n; i++) {
        json_out_object(out);
        shape_put_text(out, "name", resources[i].name);
        put_methods(out, &resources[i]);
        json_out_end(out);
    }
    json_out_end(out);
}

/* --- list, get --- */

static void run_list(struct api_call *call)
{
    struct api_page page;
    str last = STR_NONE;
    uint32_t n = 0;
    if (!api_page_read(call, &page))
        return;
    struct snapshot *snapshot = catalog_snapshot(call->api->catalog);
    struct json_out *out = api_page_begin(call);
    bool more = false;
    for (uint32_t i = 0; i < snapshot_count(snapshot); i++) {
        const struct integration *integration = snapshot_at(snapshot, i);
        if (!str_absent(page.after) && str_cmp(integration->name, page.after) <= 0)
            continue;
        if (n == page.limit || call->answer.n > API_PAGE_BYTES) {
            more = true;
            break;
        }
        json_out_object(out);
        put_members(out, integration);
        json_out_end(out);
        last = arena_str(call->arena, integration->name);
        n++;
    }
    snapshot_unref(&snapshot);
    api_page_end(call, more ? last : STR_NONE);
}

const struct api_handler handler_integrations_list = {
    .run = run_list, .paged = true, .status = 200, .answer = &integration_page};

static void run_get(struct api_call *call)
{
    struct json_out *out = &call->out;
    struct snapshot *snapshot = catalog_snapshot(call->api->catalog);
    const struct integration *integration =
        snapshot_find(snapshot, api_path(call, "integration"));
    if (integration) {
        json_out_object(out);
        put_members(out, integration);
        put_ways(out, integration);
        put_resources(out, integration);
        json_out_name(out, STR("document"));
        json_out_raw(out, integration->text);
        json_out_end(out);
    }
    bool found = integration != NULL;
    snapshot_unref(&snapshot);
    if (found)
        api_send(call);
    else
        api_refuse_text(call, ERR_INTEGRATION_UNKNOWN, STR_NONE);
}

const struct api_handler handler_integrations_get = {
    .run = run_get, .status = 200, .answer = &integration_shape};

/* --- put, check --- */

static const struct shape_row put_rows[] = {
    {.name = "name", .kind = SHAPE_TEXT, .doc = "The integration."},
    {.name = "revision", .kind = SHAPE_UINT, .doc = "The revision in use now."},
    {.name = "unchanged",
     .kind = SHAPE_BOOL,
     .doc = "Whether this very text was in use already."},
};

const struct shape revision_shape = SHAPE_OF("integration_change", put_rows);

void view_revision(struct catalog_change *change)
{
    struct api_call *call = change->owner;
    struct json_out *out = &call->out;
    json_out_object(out);
    shape_put_text(out, "name", change->name);
    json_out_member_int(out, STR("revision"), change->new_revision);
    json_out_member_bool(out, STR("unchanged"), change->unchanged);
    json_out_end(out);
    api_send(call);
}

static void run_put(struct api_call *call)
{
    if (!api_need_platform(call))
        return;
    struct catalog_change *change = api_catalog_change(call, CATALOG_PUT);
    change->text = api_body_text(call);
    api_catalog_submit(change, view_revision);
}

const struct api_handler handler_integrations_put = {.run = run_put,
                                                     .body_kind = API_BODY_DOCUMENT,
                                                     .status = 200,
                                                     .answer = &revision_shape};

static const struct shape_row check_rows[] = {
    {.name = "valid", .kind = SHAPE_BOOL, .doc = "True; faults are answered with 422."},
    {.name = "unchanged", .kind = SHAPE_BOOL, .doc = "Whether this very text is in use."},
};

static const struct shape check_shape = SHAPE_OF("integration_check", check_rows);

static void on_checked(struct catalog_change *change)
{
    struct api_call *call = change->owner;
    json_out_object(&call->out);
    json_out_member_bool(&call->out, STR("valid"), true);
    json_out_member_bool(&call->out, STR("unchanged"), change->unchanged);
    json_out_end(&call->out);
    api_send(call);
}

static void run_check(struct api_call *call)
{
    struct catalog_change *change = api_catalog_change(call, CATALOG_PUT);
    change->text = api_body_text(call);
    change->dry_run = true;
    api_catalog_submit(change, on_checked);
}

const struct api_handler handler_integrations_check = {.run = run_check,
                                                       .body_kind = API_BODY_DOCUMENT,
                                                       .status = 200,
                                                       .answer = &check_shape};

/* --- delete --- */

static const struct api_param delete_params[] = {
    {.name = "force",
     .kind = API_PARAM_BOOL,
     .doc = "Also while accounts use it; their calls are then refused."},
    {.name = NULL}};

static void on_removed(struct catalog_change *change)
{
    api_send_nothing(change->owner);
}

static void remove_now(struct api_call *call)
{
    api_catalog_submit(api_catalog_change(call, CATALOG_REMOVE), on_removed);
}

/* The first account that uses it, or none. */
static void on_looked(struct api_call *call, const struct account *first)
{
    if (first)
        api_refuse(call, ERR_OBJECT_IN_USE,
                   "Accounts use it, such as %s. Delete them first, or say force=true.",
                   first->id.text);
    else
        remove_now(call);
}

static void run_delete(struct api_call *call)
{
    if (!api_need_platform(call))
        return;
    struct account_filter *filter = arena_zalloc(call->arena, sizeof(*filter));
    filter->integration = api_path(call, "integration");
    filter->state = -1;
    if (api_query_bool(call, "force"))
        remove_now(call);
    else
        accounts_first(call, filter, on_looked);
}

const struct api_handler handler_integrations_delete = {
    .run = run_delete, .params = delete_params, .status = 204};

/* --- the folder --- */

static void run_schema(struct api_call *call)
{
    integration_schema(&call->answer);
    api_send(call);
}

const struct api_handler handler_integration_schema = {.run = run_schema, .status = 200};

static const struct shape_row fault_rows[] = {
    {.name = "file", .kind = SHAPE_TEXT, .doc = "Where it was found."},
    {.name = "pointer", .kind = SHAPE_TEXT, .doc = "RFC 6901, in the document."},
    {.name = "text", .kind = SHAPE_TEXT, .doc = "What is wrong and how to mend it."},
};

static const struct shape fault_shape = SHAPE_OF("fault", fault_rows);

static const struct shape_row faults_rows[] = {
    {.name = "items", .kind = SHAPE_LIST, .shape = &fault_shape, .doc = "By file."},
};

static const struct shape faults_shape = SHAPE_OF("faults", faults_rows);

static void send_faults(struct api_call *call, const struct catalog_fault *faults,
                        uint32_t n)
{
    struct json_out *out = &call->out;
    json_out_object(out);
    json_out_name(out, STR("items"));
    json_out_array(out);
    for (uint32_t i = 0; i < n; i++) {
        json_out_object(out);
        shape_put_text(out, "file", faults[i].file);
        shape_put_text(out, "pointer", faults[i].pointer);
        shape_put_text(out, "text", faults[i].text);
        json_out_end(out);
    }
    json_out_end(out);
    json_out_end(out);
    api_send(call);
}

static void run_faults(struct api_call *call)
{
    struct catalog_fault *faults;
    uint32_t n = catalog_faults(call->api->catalog, call->arena, &faults);
    send_faults(call, faults, n);
}

const struct api_handler handler_integration_faults = {
    .run = run_faults, .status = 200, .answer = &faults_shape};

static void on_scanned(struct catalog_change *change)
{
    send_faults(change->owner, change->faults, change->fault_n);
}

static void run_rescan(struct api_call *call)
{
    if (api_need_platform(call))
        api_catalog_submit(api_catalog_change(call, CATALOG_RESCAN), on_scanned);
}

const struct api_handler handler_integration_rescan = {
    .run = run_rescan, .status = 200, .answer = &faults_shape};
