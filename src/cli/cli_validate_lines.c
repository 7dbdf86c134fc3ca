/*
 * `validate --jsonl`: an order is a schema with an instance.
 */
#include "cli/cli_lines.h"
#include "cli/cli_validate.h"

/* NULL, or what is wrong with the order. */
static const char *take_order(struct validation *validation, const struct json *order)
{
    const struct json *draft = json_member(order, STR("draft"));
    const struct json *format = json_member(order, STR("format"));
    validation->schema = json_member(order, STR("schema"));
    validation->instance = json_member(order, STR("instance"));
    if (!validation->schema)
        return "schema is missing";
    if (!validation->instance)
        return "instance is missing";
    if (draft && draft->type != JSON_NULL &&
        (draft->type != JSON_STRING ||
         !validation_take_draft(json_text(draft), &validation->draft)))
        return "draft is neither \"2020-12\" nor \"7\"";
    if (format && format->type != JSON_NULL && !json_is_bool(format))
        return "format is neither true nor false";
    validation->formats = format && format->type == JSON_TRUE;
    return NULL;
}

static void answer_order(struct cli_lines *lines, struct json_out *out,
                         const struct json *order)
{
    const str *folder = lines->arg;
    struct validation validation = {.arena = &lines->arena, .folder = *folder};
    const char *why = take_order(&validation, order);
    if (why)
        cli_lines_refuse(lines, out, why);
    else
        validation_put(out, &validation, validation_run(&validation));
}

int validation_lines(str folder)
{
    return cli_lines_run(answer_order, &folder);
}
