#include "api/api_body.h"
#include "api/api_listing.h"

/* --- what a stage looks like --- */

static const struct shape_row stage_rows[] = {
    {.name = "id", .kind = SHAPE_TEXT, .doc = "Its own name, given by Breakwater."},
    {.name = "name", .kind = SHAPE_TEXT, .doc = "Unique."},
    {.name = "kind",
     .kind = SHAPE_WORD,
     .words = stage_kind_words,
     .doc = "What it is for; faults are injected into sandboxes only."},
    {.name = "created", .kind = SHAPE_TIME, .doc = "When it was made."},
};

static const struct shape stage_shape = SHAPE_OF("stage", stage_rows);
static const struct shape stage_page = {"stage", stage_rows, COUNT_OF(stage_rows), true};

static void put_stage(struct json_out *out, const struct stage *stage)
{
    json_out_object(out);
    shape_put_text(out, "id", tenant_id_str(&stage->id));
    shape_put_text(out, "name", stage->name);
    shape_put_text(out, "kind", stage_kind_word(stage->kind));
    shape_put_time(out, "created", stage->created);
    json_out_end(out);
}

static void send_stage(struct api_call *call, str id)
{
    struct stage *stage = api_find_stage(call, id);
    if (!stage)
        return;
    put_stage(&call->out, stage);
    stage_unref(&stage);
    api_send(call);
}

/* --- list, get --- */

/* Stages are few: they are looked at together, here as well as in the directory. */
enum { STAGES_A_LOOK = 1000 };

static uint32_t gather(struct api_listing *listing, str after, uint32_t max, void *ret)
{
    struct directory *directory = listing->call->api->directory;
    struct stage **found = ret;
    struct stage *all[STAGES_A_LOOK];
    uint32_t kept = 0;
    uint32_t n = 0;
    do {
        n = directory_list_stages(directory, after, COUNT_OF(all), all);
        if (n)
            after = arena_str(listing->call->arena, tenant_id_str(&all[n - 1]->id));
        for (uint32_t i = 0; i < n; i++) {
            if (kept < max && api_listing_asks(listing, all[i]))
                found[kept++] = stage_ref(all[i]);
            stage_unref(&all[i]);
        }
    } while (n == COUNT_OF(all) && kept < max);
    return kept;
}

static bool wants(const struct api_listing *listing, const void *object)
{
    return api_sees_stage(listing->call, object);
}

static str id_of(const void *object)
{
    return tenant_id_str(&((const struct stage *)object)->id);
}

static void put(struct api_listing *listing, const void *object)
{
    put_stage(&listing->call->out, object);
}

static void unref(void *object)
{
    struct stage *stage = object;
    stage_unref(&stage);
}

static void run_list(struct api_call *call)
{
    static const struct api_listing_ops ops = {
        .gather = gather, .wants = wants, .id = id_of, .put = put, .unref = unref};
    struct api_listing *listing = api_listing_create(call, &ops, NULL);
    if (listing)
        api_listing_start(listing);
}

const struct api_handler handler_stages_list = {
    .run = run_list, .paged = true, .status = 200, .answer = &stage_page};

static void run_get(struct api_call *call)
{
    send_stage(call, api_path(call, "stage"));
}

const struct api_handler handler_stages_get = {
    .run = run_get, .status = 200, .answer = &stage_shape};

/* --- create, delete --- */

struct stage_body {
    str name;
    uint32_t kind;
};

static const struct bind_row body_rows[] = {
    API_ROW_TEXT(struct stage_body, name, true, "Unique among the stages."),
    {.name = "kind",
     .kind = BIND_ENUM,
     .offset = offsetof(struct stage_body, kind),
     .required = true,
     .words = stage_kind_words,
     .doc = "What the stage is for."},
};

static const struct bind_table body_table = {.name = "stage",
                                             .rows = body_rows,
                                             .n = COUNT_OF(body_rows),
                                             .bytes = sizeof(struct stage_body)};

static void on_created(struct change *change)
{
    send_stage(change->owner, tenant_id_str(&change->new_id));
}

static void run_create(struct api_call *call)
{
    struct stage_body body;
    if (!api_need_platform(call) || !api_bind(call, &body))
        return;
    struct change *change = api_change(call, CHANGE_STAGE_CREATE);
    change->name = body.name;
    change->stage_kind = (enum stage_kind)body.kind;
    api_submit(change, on_created);
}

const struct api_handler handler_stages_create = {.run = run_create,
                                                  .body_kind = API_BODY_OBJECT,
                                                  .body = &body_table,
                                                  .status = 201,
                                                  .answer = &stage_shape};

static void run_delete(struct api_call *call)
{
    if (!api_need_platform(call))
        return;
    struct stage *stage = api_find_stage(call, api_path(call, "stage"));
    if (!stage)
        return;
    str id = arena_str(call->arena, tenant_id_str(&stage->id));
    stage_unref(&stage);
    api_submit_bare(call, CHANGE_STAGE_DELETE, id);
}

const struct api_handler handler_stages_delete = {.run = run_delete, .status = 204};
