#include "api/api_page.h"
#include "api/api_view.h"

/* --- what a version looks like --- */

static const char *const source_words[] = {"folder", "api", NULL};

#define COMMON_ROWS                                                                      \
    {.name = "revision", .kind = SHAPE_UINT, .doc = "Counted from 1."},                  \
        {.name = "hash", .kind = SHAPE_TEXT, .doc = "SHA-256 of the document's text."},  \
        {.name = "source",                                                               \
         .kind = SHAPE_WORD,                                                             \
         .words = source_words,                                                          \
         .doc = "Where it came from."},                                                  \
        {.name = "created_by",                                                           \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "The id of the key that put it; null = Breakwater itself."},             \
        {.name = "created", .kind = SHAPE_TIME, .doc = "When it came."},                 \
    {                                                                                    \
        .name = "active", .kind = SHAPE_BOOL, .doc = "Whether it is the one in use."     \
    }

static const struct shape_row page_rows[] = {COMMON_ROWS};
static const struct shape_row whole_rows[] = {
    COMMON_ROWS, {.name = "document", .kind = SHAPE_JSON, .doc = "As it was written."}};

static const struct shape version_page = {"version", page_rows, COUNT_OF(page_rows),
                                          true};
static const struct shape version_shape = SHAPE_OF("whole_version", whole_rows);

static void put_members(struct json_out *out, const struct catalog_version *version)
{
    json_out_member_int(out, STR("revision"), version->revision);
    shape_put_text(out, "hash", version->hash);
    shape_put_text(out, "source", version->source);
    shape_put_text(out, "created_by", version->created_by);
    shape_put_time(out, "created", version->created);
    json_out_member_bool(out, STR("active"), version->active);
}

/* --- asking the store --- */

struct look {
    struct catalog_versions versions;
    struct api_call *call;
    struct api_page page;
};

static struct look *make_look(struct api_call *call)
{
    struct look *look = arena_zalloc(call->arena, sizeof(*look));
    look->call = call;
    look->versions = (struct catalog_versions){
        .catalog = call->api->catalog,
        .owner = look,
        .arena = call->arena,
        .name = api_path(call, "integration"),
    };
    return look;
}

static bool refuse_failed(const struct look *look)
{
    enum err err = look->versions.op.err;
    if (err)
        api_refuse_text(look->call, err, STR_NONE);
    return err != ERR_NONE;
}

/* The number in the path; 0, and refused, when it is none. */
static uint32_t read_revision(struct api_call *call)
{
    uint64_t revision = 0;
    str text = api_path(call, "revision");
    if (str_to_u64(text, UINT32_MAX, &revision) && revision > 0)
        return (uint32_t)revision;
    api_refuse(call, ERR_OBJECT_UNKNOWN, "A revision is a whole number from 1.");
    return 0;
}

/* --- list, get, activate --- */

static void on_listed(struct catalog_versions *versions)
{
    struct look *look = versions->owner;
    struct api_call *call = look->call;
    str last = STR_NONE;
    if (refuse_failed(look))
        return;
    struct json_out *out = api_page_begin(call);
    for (uint32_t i = 0; i < versions->n && i < look->page.limit; i++) {
        json_out_object(out);
        put_members(out, &versions->versions[i]);
        json_out_end(out);
        last = arena_printf(call->arena, "%u", versions->versions[i].revision);
    }
    api_page_end(call, versions->n > look->page.limit ? last : STR_NONE);
}

static void run_list(struct api_call *call)
{
    uint64_t before = 0;
    struct look *look = make_look(call);
    if (!api_page_read(call, &look->page))
        return;
    if (!str_absent(look->page.after))
        CHECK(str_to_u64(look->page.after, UINT32_MAX, &before));
    look->versions.before = (uint32_t)before;
    look->versions.max = look->page.limit + 1;
    look->versions.done = on_listed;
    catalog_list_versions(&look->versions, call->worker);
}

const struct api_handler handler_versions_list = {
    .run = run_list, .paged = true, .status = 200, .answer = &version_page};

static void on_got(struct catalog_versions *versions)
{
    const struct look *look = versions->owner;
    struct api_call *call = look->call;
    if (refuse_failed(look))
        return;
    const struct catalog_version *version = &versions->versions[0];
    json_out_object(&call->out);
    put_members(&call->out, version);
    json_out_name(&call->out, STR("document"));
    json_out_raw(&call->out, version->text);
    json_out_end(&call->out);
    api_send(call);
}

static void run_get(struct api_call *call)
{
    uint32_t revision = read_revision(call);
    if (!revision)
        return;
    struct look *look = make_look(call);
    look->versions.revision = revision;
    look->versions.done = on_got;
    catalog_list_versions(&look->versions, call->worker);
}

const struct api_handler handler_versions_get = {
    .run = run_get, .status = 200, .answer = &version_shape};

static void run_activate(struct api_call *call)
{
    if (!api_need_platform(call))
        return;
    uint32_t revision = read_revision(call);
    if (!revision)
        return;
    struct catalog_change *change = api_catalog_change(call, CATALOG_ACTIVATE);
    change->revision = revision;
    api_catalog_submit(change, view_revision);
}

const struct api_handler handler_versions_activate = {
    .run = run_activate, .status = 200, .answer = &revision_shape};
