#include "api/api_body.h"
#include "api/api_listing.h"

/* --- what an environment looks like --- */

static const struct shape_row environment_rows[] = {
    {.name = "id", .kind = SHAPE_TEXT, .doc = "Its own name, given by Breakwater."},
    {.name = "stage", .kind = SHAPE_TEXT, .doc = "The id of its stage."},
    {.name = "name", .kind = SHAPE_TEXT, .doc = "For people."},
    {.name = "external_id",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "Your own name for it, unique in its stage."},
    {.name = "labels", .kind = SHAPE_LABELS, .doc = "Your own words about it."},
    {.name = "concurrency_max",
     .kind = SHAPE_UINT,
     .doc = "Calls of all its accounts at once; 0 = the integration's setting."},
    {.name = "created", .kind = SHAPE_TIME, .doc = "When it was made."},
    {.name = "updated", .kind = SHAPE_TIME, .doc = "When it was changed last."},
};

static const struct shape environment_shape = SHAPE_OF("environment", environment_rows);
static const struct shape environment_page = {"environment", environment_rows,
                                              COUNT_OF(environment_rows), true};

static void put_environment(struct json_out *out, const struct environment *environment)
{
    json_out_object(out);
    shape_put_text(out, "id", tenant_id_str(&environment->id));
    shape_put_text(out, "stage", tenant_id_str(&environment->stage->id));
    shape_put_text(out, "name", environment->name);
    shape_put_text(out, "external_id", environment->external_id);
    shape_put_labels(out, "labels", &environment->labels);
    json_out_member_int(out, STR("concurrency_max"), environment->concurrency_max);
    shape_put_time(out, "created", environment->created);
    shape_put_time(out, "updated", environment->updated);
    json_out_end(out);
}

static void send_environment(struct api_call *call, str id)
{
    struct environment *environment = api_find_environment(call, id);
    if (!environment)
        return;
    put_environment(&call->out, environment);
    environment_unref(&environment);
    api_send(call);
}

/* --- list, get --- */

static const struct api_param list_params[] = {
    {.name = "stage",
     .kind = API_PARAM_TEXT,
     .max = 200,
     .doc = "Those of this stage (id or name)."},
    {.name = "external_id",
     .kind = API_PARAM_TEXT,
     .max = 200,
     .doc = "The one of this external id."},
    {.name = NULL}};

struct filter {
    str stage_id; /* absent: any */
    str external_id;
};

static bool want(const struct environment *environment, void *arg)
{
    return api_listing_asks(arg, environment);
}

static uint32_t gather(struct api_listing *listing, str after, uint32_t max, void *ret)
{
    return directory_list_environments(listing->call->api->directory, after, max, want,
                                       listing, ret);
}

static bool wants(const struct api_listing *listing, const void *object)
{
    const struct environment *environment = object;
    const struct filter *filter = listing->filter;
    return api_key_covers(listing->call->key, environment) &&
           (str_absent(filter->stage_id) ||
            str_eq(tenant_id_str(&environment->stage->id), filter->stage_id)) &&
           (str_absent(filter->external_id) ||
            (!str_absent(environment->external_id) &&
             str_eq(environment->external_id, filter->external_id)));
}

static str id_of(const void *object)
{
    return tenant_id_str(&((const struct environment *)object)->id);
}

static void put(struct api_listing *listing, const void *object)
{
    put_environment(&listing->call->out, object);
}

static void unref(void *object)
{
    struct environment *environment = object;
    environment_unref(&environment);
}

/* The id of the stage that is meant; absent when none is. False when it was refused. */
static bool read_stage(struct api_call *call, str ref, str *ret_id)
{
    *ret_id = STR_NONE;
    if (str_absent(ref))
        return true;
    struct stage *stage = api_find_stage(call, ref);
    if (!stage)
        return false;
    *ret_id = arena_str(call->arena, tenant_id_str(&stage->id));
    stage_unref(&stage);
    return true;
}

static void run_list(struct api_call *call)
{
    static const struct api_listing_ops ops = {
        .gather = gather, .wants = wants, .id = id_of, .put = put, .unref = unref};
    struct filter *filter = arena_zalloc(call->arena, sizeof(*filter));
    filter->external_id = api_query(call, "external_id");
    if (!read_stage(call, api_query(call, "stage"), &filter->stage_id))
        return;
    struct api_listing *listing = api_listing_create(call, &ops, filter);
    if (listing)
        api_listing_start(listing);
}

const struct api_handler handler_environments_list = {.run = run_list,
                                                      .params = list_params,
                                                      .paged = true,
                                                      .status = 200,
                                                      .answer = &environment_page};

static void run_get(struct api_call *call)
{
    send_environment(call, api_path(call, "environment"));
}

const struct api_handler handler_environments_get = {
    .run = run_get, .status = 200, .answer = &environment_shape};

/* --- create, update, delete --- */

struct environment_body {
    str stage;
    str name;
    str external_id;
    struct json labels;
    int64_t concurrency_max;
};

static void init_body(void *obj)
{
    ((struct environment_body *)obj)->concurrency_max = -1;
}

#define SHARED_ROWS                                                                      \
    API_ROW_CUSTOM(struct environment_body, external_id, api_read_text_or_null,          \
                   API_TEXT_OR_NULL_SCHEMA,                                              \
                   "Your own name for it, unique in its stage; null for none."),         \
        API_ROW_CUSTOM(struct environment_body, labels, api_read_labels,                 \
                       API_LABELS_SCHEMA, "Your own words about it."),                   \
        API_ROW_CUSTOM(struct environment_body, concurrency_max, api_read_concurrency,   \
                       API_CONCURRENCY_SCHEMA,                                           \
                       "Calls of all its accounts at once; 0 = the integration's "       \
                       "setting.")

static const struct bind_row create_rows[] = {
    API_ROW_TEXT(struct environment_body, stage, false,
                 "Its stage, by id or name; may be left out by a key of one stage."),
    API_ROW_TEXT(struct environment_body, name, true, "For people."),
    SHARED_ROWS,
};

static const struct bind_row update_rows[] = {
    API_ROW_TEXT(struct environment_body, name, false, "For people."),
    SHARED_ROWS,
};

static const struct bind_table create_table = {.name = "environment",
                                               .rows = create_rows,
                                               .n = COUNT_OF(create_rows),
                                               .bytes = sizeof(struct environment_body),
                                               .init = init_body};

static const struct bind_table update_table = {.name = "environment",
                                               .rows = update_rows,
                                               .n = COUNT_OF(update_rows),
                                               .bytes = sizeof(struct environment_body),
                                               .init = init_body};

static struct change *fill(struct api_call *call, enum change_kind kind,
                           const struct environment_body *body)
{
    struct change *change = api_change(call, kind);
    change->name = body->name;
    change->external_id = body->external_id;
    change->labels = body->labels;
    change->concurrency_max = body->concurrency_max;
    return change;
}

static void on_created(struct change *change)
{
    send_environment(change->owner, tenant_id_str(&change->new_id));
}

static void run_create(struct api_call *call)
{
    struct environment_body body;
    const struct stage *own = call->key->stage;
    str stage_id;
    if (call->key->environment_n) {
        api_refuse(call, ERR_KEY_FORBIDDEN,
                   "A key of some environments cannot make others.");
        return;
    }
    if (!api_bind(call, &body))
        return;
    if (str_absent(body.stage) && own)
        body.stage = tenant_id_str(&own->id);
    if (str_absent(body.stage)) {
        api_refuse_member(call, "",
                          "\"stage\" is missing from the environment; this key "
                          "is bound to none.");
        return;
    }
    if (!read_stage(call, body.stage, &stage_id))
        return;
    struct change *change = fill(call, CHANGE_ENVIRONMENT_CREATE, &body);
    change->stage_id = stage_id;
    api_submit(change, on_created);
}

const struct api_handler handler_environments_create = {.run = run_create,
                                                        .body_kind = API_BODY_OBJECT,
                                                        .body = &create_table,
                                                        .status = 201,
                                                        .answer = &environment_shape};

/* The environment's own id, copied; absent when it was refused. */
static str find(struct api_call *call)
{
    struct environment *environment =
        api_find_environment(call, api_path(call, "environment"));
    if (!environment)
        return STR_NONE;
    str id = arena_str(call->arena, tenant_id_str(&environment->id));
    environment_unref(&environment);
    return id;
}

static void on_updated(struct change *change)
{
    send_environment(change->owner, change->id);
}

static void run_update(struct api_call *call)
{
    struct environment_body body;
    str id = find(call);
    if (str_absent(id) || !api_bind(call, &body))
        return;
    struct change *change = fill(call, CHANGE_ENVIRONMENT_UPDATE, &body);
    change->id = id;
    api_submit(change, on_updated);
}

const struct api_handler handler_environments_update = {.run = run_update,
                                                        .body_kind = API_BODY_OBJECT,
                                                        .body = &update_table,
                                                        .status = 200,
                                                        .answer = &environment_shape};

static void run_delete(struct api_call *call)
{
    api_submit_bare(call, CHANGE_ENVIRONMENT_DELETE, find(call));
}

const struct api_handler handler_environments_delete = {.run = run_delete, .status = 204};
