/*
 * `eval --jsonl`: an order is an expression with what it is evaluated over.
 */
#include "cli/cli_eval.h"
#include "cli/cli_lines.h"

static bool take_bindings(struct evaluation *evaluation, const struct json *bindings)
{
    if (!bindings || bindings->type == JSON_NULL)
        return true;
    if (bindings->type != JSON_OBJECT || bindings->n > EVAL_BINDINGS_MAX)
        return false;
    for (uint32_t i = 0; i < bindings->n; i++)
        evaluation->bindings[i] = (struct jsonata_binding){
            json_key(&bindings->u.members[i]), bindings->u.members[i].value};
    evaluation->binding_n = bindings->n;
    return true;
}

static bool take_number(const struct json *value, uint64_t max, uint64_t *ret)
{
    *ret = 0;
    return !value || value->type == JSON_NULL || json_to_u64(value, max, ret);
}

/* NULL, or what is wrong with the order. */
static const char *take_order(struct evaluation *evaluation, const struct json *order)
{
    uint64_t depth;
    const struct json *expression = json_member(order, STR("expr"));
    const struct json *input = json_member(order, STR("input"));
    if (!expression || expression->type != JSON_STRING)
        return "expr is no string";
    if (!take_bindings(evaluation, json_member(order, STR("bindings"))))
        return "bindings is no object of at most 256 members";
    if (!take_number(json_member(order, STR("timelimit")), UINT32_MAX,
                     &evaluation->ms_max))
        return "timelimit is no whole number";
    if (!take_number(json_member(order, STR("depth")), UINT32_MAX, &depth))
        return "depth is no whole number";
    evaluation->expression = json_text(expression);
    evaluation->depth_max = (uint32_t)depth;
    if (input)
        evaluation->input = *input;
    return NULL;
}

static bool asks_explanation(const struct json *order)
{
    const struct json *explain = json_member(order, STR("explain"));
    return explain && explain->type == JSON_TRUE;
}

static void answer_order(struct cli_lines *lines, struct json_out *out,
                         const struct json *order)
{
    struct evaluation evaluation = {.arena = &lines->arena};
    const char *why = take_order(&evaluation, order);
    if (why)
        cli_lines_refuse(lines, out, why);
    else if (!asks_explanation(order))
        evaluation_put(out, &evaluation, evaluation_run(&evaluation));
    else if (!evaluation_explain(out, &evaluation))
        evaluation_put(out, &evaluation, false);
}

int evaluation_lines(void)
{
    return cli_lines_run(answer_order, NULL);
}
