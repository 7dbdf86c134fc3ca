#include "cli/cli_eval.h"
#include "cli/cli_table.h"
#include "jsonata/reads.h"

static bool look(struct evaluation *evaluation, struct jsonata_reads *ret_reads,
                 struct jsonata **ret_expression)
{
    *ret_expression =
        jsonata_compile(evaluation->arena, evaluation->expression, &evaluation->fault);
    if (*ret_expression)
        jsonata_reads(*ret_expression, evaluation->arena, ret_reads);
    return *ret_expression != NULL;
}

static void put_names(struct json_out *out, str name, const str *names, uint32_t n)
{
    json_out_name(out, name);
    json_out_array(out);
    for (uint32_t i = 0; i < n; i++)
        json_out_text(out, names[i]);
    json_out_end(out);
}

bool evaluation_explain(struct json_out *out, struct evaluation *evaluation)
{
    struct jsonata_reads reads;
    struct jsonata *expression;
    if (!look(evaluation, &reads, &expression))
        return false;
    put_names(out, STR("reads"), reads.paths, reads.path_n);
    put_names(out, STR("calls"), reads.functions, reads.function_n);
    put_names(out, STR("wants"), reads.variables, reads.variable_n);
    jsonata_destroy(&expression);
    return true;
}

static void put_lines(struct buf *buf, const char *title, const char *sign,
                      const str *names, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        buf_printf(buf, "%-6s %s", i ? "" : title, sign);
        table_text(buf, names[i]);
        buf_char(buf, '\n');
    }
}

bool evaluation_explain_text(struct buf *buf, struct evaluation *evaluation)
{
    struct jsonata_reads reads;
    struct jsonata *expression;
    if (!look(evaluation, &reads, &expression))
        return false;
    if (reads.path_n == 0)
        buf_str(buf, STR("reads  nothing\n"));
    put_lines(buf, "reads", "", reads.paths, reads.path_n);
    put_lines(buf, "calls", "$", reads.functions, reads.function_n);
    put_lines(buf, "wants", "$", reads.variables, reads.variable_n);
    jsonata_destroy(&expression);
    return true;
}
