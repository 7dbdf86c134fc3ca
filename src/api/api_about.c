/*
 * What the API says about itself.
 */
#include "api/api_call.h"

static const char *const retry_words[] = {"never", "later", "check_first", NULL};

static const struct shape_row error_rows[] = {
    {.name = "code", .kind = SHAPE_TEXT, .doc = "Stable."},
    {.name = "status", .kind = SHAPE_UINT, .doc = "The HTTP status it comes with."},
    {.name = "retry",
     .kind = SHAPE_WORD,
     .words = retry_words,
     .doc = "Whether the same request may succeed later."},
    {.name = "title", .kind = SHAPE_TEXT, .doc = "What it is, in a few words."},
    {.name = "mend", .kind = SHAPE_TEXT, .doc = "What to do about it."},
};

static const struct shape error_shape = SHAPE_OF("error", error_rows);

static const struct shape_row errors_rows[] = {
    {.name = "items", .kind = SHAPE_LIST, .shape = &error_shape, .doc = "All of them."},
};

static const struct shape errors_shape = SHAPE_OF("errors", errors_rows);

static void run_errors(struct api_call *call)
{
    struct json_out *out = &call->out;
    json_out_object(out);
    json_out_name(out, STR("items"));
    json_out_array(out);
    for (int err = ERR_NONE + 1; err < ERR_COUNT; err++) {
        const struct err_row *row = err_row((enum err)err);
        json_out_object(out);
        shape_put_text(out, "code", row->code);
        json_out_member_int(out, STR("status"), row->status);
        shape_put_text(out, "retry", str_z(retry_words[row->retry]));
        shape_put_text(out, "title", row->title);
        shape_put_text(out, "mend", row->mend);
        json_out_end(out);
    }
    json_out_end(out);
    json_out_end(out);
    api_send(call);
}

const struct api_handler handler_errors_list = {
    .run = run_errors, .status = 200, .answer = &errors_shape};

static void run_openapi(struct api_call *call)
{
    buf_str(&call->answer, call->api->openapi);
    api_send(call);
}

const struct api_handler handler_openapi_get = {.run = run_openapi, .status = 200};
