/*
 * Master keys. They are read again on a thread of its own, because they may come from a
 * slow disk or a command; then the rotation runs on the store's threads.
 *
 *   read again (thread) ──post──► rotation_start ──done──► answer
 */
#include "api/api_body.h"
#include "directory/rotation.h"
#include "loop/thread.h"

/* --- status --- */

static const struct shape_row needed_rows[] = {
    {.name = "id", .kind = SHAPE_TEXT, .doc = "The master key."},
    {.name = "data_keys", .kind = SHAPE_UINT, .doc = "How many data keys need it."},
    {.name = "listed",
     .kind = SHAPE_BOOL,
     .doc = "Whether this process has it; one that is needed and not listed leaves its "
            "accounts without credentials."},
};

static const struct shape needed_shape = SHAPE_OF("master_key", needed_rows);

static const struct shape_row status_rows[] = {
    {.name = "sealing", .kind = SHAPE_TEXT, .doc = "The id of the one that seals."},
    {.name = "needed",
     .kind = SHAPE_LIST,
     .shape = &needed_shape,
     .doc = "Those that data keys need. A line that is not here may go."},
};

static const struct shape status_shape = SHAPE_OF("master_keys", status_rows);

struct status {
    struct rotation_status status;
    struct api_call *call;
};

static void on_status(struct rotation_status *status)
{
    struct api_call *call = CONTAINER_OF(status, struct status, status)->call;
    struct json_out *out = &call->out;
    if (status->err) {
        api_refuse_text(call, status->err, STR_NONE);
        return;
    }
    json_out_object(out);
    shape_put_text(out, "sealing", str_z(status->sealing));
    json_out_name(out, STR("needed"));
    json_out_array(out);
    for (uint32_t i = 0; i < status->n; i++) {
        json_out_object(out);
        shape_put_text(out, "id", str_z(status->keys[i].master_key));
        json_out_member_int(out, STR("data_keys"), (int64_t)status->keys[i].data_keys);
        json_out_member_bool(out, STR("listed"), status->keys[i].listed);
        json_out_end(out);
    }
    json_out_end(out);
    json_out_end(out);
    api_send(call);
}

static void run_get(struct api_call *call)
{
    if (!api_need_platform(call))
        return;
    struct status *status = arena_zalloc(call->arena, sizeof(*status));
    status->call = call;
    status->status.directory = call->api->directory;
    status->status.worker = call->worker;
    status->status.done = on_status;
    rotation_status(&status->status);
}

const struct api_handler handler_master_keys_get = {
    .run = run_get, .status = 200, .answer = &status_shape};

/* --- rotate --- */

struct rotate_body {
    str master_key;
};

static const struct bind_row rotate_rows[] = {
    {.name = "master_key",
     .kind = BIND_TEXT,
     .offset = offsetof(struct rotate_body, master_key),
     .min = 1,
     .max = KEYRING_ID_BYTES - 1,
     .doc = "The id of the one that is to seal; left out = go on with the present one, "
            "after a rotation that was cut short."},
};

static const struct bind_table rotate_table = {.name = "rotation",
                                               .rows = rotate_rows,
                                               .n = COUNT_OF(rotate_rows),
                                               .bytes = sizeof(struct rotate_body)};

static const struct shape_row rotated_rows[] = {
    {.name = "sealing", .kind = SHAPE_TEXT, .doc = "The id of the one that seals now."},
    {.name = "resealed", .kind = SHAPE_UINT, .doc = "Data keys that were sealed anew."},
    {.name = "unreadable",
     .kind = SHAPE_UINT,
     .doc = "Data keys that could not be opened, and stay as they are."},
};

static const struct shape rotated_shape = SHAPE_OF("rotation", rotated_rows);

enum { RELOAD_BYTES_MAX = 1 << 20 };

struct rotate {
    struct rotation rotation;
    struct api_call *call;
    struct thread *thread;
    struct post post;
    struct arena arena; /* the thread's */
    bool reloaded;
    str why;
};

static void on_rotated(struct rotation *rotation)
{
    struct api_call *call = CONTAINER_OF(rotation, struct rotate, rotation)->call;
    struct json_out *out = &call->out;
    if (rotation->err == ERR_OBJECT_UNKNOWN) {
        api_refuse(call, rotation->err, "No such master key is listed.");
        return;
    }
    if (rotation->err) {
        api_refuse_text(call, rotation->err, STR_NONE);
        return;
    }
    json_out_object(out);
    shape_put_text(out, "sealing", keyring_sealing_id(call->api->keyring, call->arena));
    json_out_member_int(out, STR("resealed"), (int64_t)rotation->resealed);
    json_out_member_int(out, STR("unreadable"), (int64_t)rotation->unreadable);
    json_out_end(out);
    api_send(call);
}

static void on_reloaded(struct post *post)
{
    struct rotate *rotate = CONTAINER_OF(post, struct rotate, post);
    struct api_call *call = rotate->call;
    thread_join(&rotate->thread);
    str why = arena_str(call->arena, rotate->why);
    arena_fini(&rotate->arena);
    if (rotate->reloaded)
        rotation_start(&rotate->rotation);
    else
        api_refuse_text(call, ERR_STATE_CONFLICT, why);
}

static void reload(void *arg)
{
    struct rotate *rotate = arg;
    const struct api *api = rotate->call->api;
    rotate->reloaded = api->reload_keys(api->reload_arg, &rotate->arena, &rotate->why);
    worker_post(rotate->call->worker, &rotate->post, on_reloaded);
}

static void run_rotate(struct api_call *call)
{
    struct rotate_body body;
    if (!api_need_platform(call) || !api_bind(call, &body))
        return;
    struct rotate *rotate = arena_zalloc(call->arena, sizeof(*rotate));
    rotate->call = call;
    rotate->rotation.directory = call->api->directory;
    rotate->rotation.worker = call->worker;
    rotate->rotation.actor = call->actor;
    rotate->rotation.master_key = body.master_key;
    rotate->rotation.done = on_rotated;
    arena_init(&rotate->arena, 4096, RELOAD_BYTES_MAX);
    rotate->thread = thread_start("master-keys", reload, rotate);
}

const struct api_handler handler_master_keys_rotate = {.run = run_rotate,
                                                       .body_kind = API_BODY_OPTION,
                                                       .body = &rotate_table,
                                                       .status = 200,
                                                       .answer = &rotated_shape};
