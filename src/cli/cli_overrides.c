/*
 * Overrides are named by their owner: an account, or an environment and an integration.
 */
#include "cli/cli_command.h"
#include "cli/cli_table.h"
#include "json/json_write.h"

enum { BODY_BYTES_MAX = 16 << 20 };

/* --- list --- */

static const struct cli_column list_columns[] = {
    {"INTEGRATION", "/integration"}, {"ENVIRONMENT", "/environment"},
    {"ACCOUNT", "/account"},         {"STATE", "/state"},
    {"REVISION", "/revision"},       {"DOCUMENT", "/base_revision"},
    {"FAULT", "/faults/0/text"},     {NULL, NULL}};

static const struct cli_option list_options[] = {
    {.name = "integration",
     .value = "NAME",
     .place = OPTION_QUERY,
     .doc = "Those of this integration."},
    {.name = "environment",
     .value = "ID",
     .place = OPTION_QUERY,
     .doc = "Those of this environment and its accounts."},
    {.name = "broken", .place = OPTION_QUERY, .doc = "Those that do not fit."},
    {.name = NULL}};

const struct cli_action action_overrides_list = {.method = "GET",
                                                 .path = "/v1/overrides",
                                                 .options = list_options,
                                                 .columns = list_columns,
                                                 .noun = "overrides"};

/* --- whose --- */

#define ACCOUNT_PATH     "/v1/accounts/{}/override"
#define ENVIRONMENT_PATH "/v1/environments/{}/overrides/{}"

/* The path of what the arguments name, with `tail` behind it. */
static str path_of(struct cli *cli, const char *tail)
{
    str parts[] = {cli_path(cli, cli->arg_n > 1 ? ENVIRONMENT_PATH : ACCOUNT_PATH),
                   str_z(tail)};
    return arena_join(&cli->arena, parts, COUNT_OF(parts));
}

static int ask(struct cli *cli, const char *method, const char *tail, str body,
               struct json *ret_answer)
{
    return cli_request(cli, method, path_of(cli, tail), body, ret_answer);
}

/* --- show, put, remove --- */

static int run_show(struct cli *cli)
{
    struct json answer;
    int status = ask(cli, "GET", "", STR_NONE, &answer);
    if (status == CLI_DONE)
        cli_print(cli, &answer);
    return status;
}

const struct cli_action action_overrides_show = {
    .method = "GET", .path = ACCOUNT_PATH, .run = run_show};

static const struct cli_option put_options[] = {
    {.name = "dry-run", .place = OPTION_OWN, .doc = "Only check it."}, {.name = NULL}};

static int run_put(struct cli *cli)
{
    struct json answer;
    str text, file = cli->args[0];
    if (!cli_read_file(&cli->arena, file, &text))
        return cli_failed(STR_F " cannot be read", STR_A(file));
    cli->arg_n--;
    memmove(&cli->args[0], &cli->args[1], cli->arg_n * sizeof(cli->args[0]));
    int status =
        ask(cli, "PUT", cli_has(cli, "dry-run") ? "?dry_run=true" : "", text, &answer);
    if (status == CLI_DONE)
        cli_print(cli, &answer);
    return status;
}

const struct cli_action action_overrides_put = {
    .method = "PUT", .path = ACCOUNT_PATH, .options = put_options, .run = run_put};

static int run_remove(struct cli *cli)
{
    struct json answer = {0};
    int status = ask(cli, "DELETE", "", STR_NONE, &answer);
    if (status == CLI_DONE)
        cli_print(cli, &answer);
    return status;
}

const struct cli_action action_overrides_remove = {
    .method = "DELETE", .path = ACCOUNT_PATH, .done = "removed", .run = run_remove};

/* --- explain --- */

static const struct cli_option explain_options[] = {
    {.name = "category",
     .value = "NAME",
     .place = OPTION_OWN,
     .doc = "Of the resource whose fields are explained."},
    {.name = "resource", .value = "NAME", .place = OPTION_OWN, .doc = "The resource."},
    {.name = "operation",
     .value = "NAME",
     .place = OPTION_OWN,
     .doc = "With a record: whose response maps it; list, or get, unless given."},
    {.name = "record",
     .value = "FILE",
     .place = OPTION_OWN,
     .doc = "A record of the vendor's; a sample of the integration unless given."},
    {.name = NULL}};

static const struct cli_column value_columns[] = {
    {"TIER", "/tier"}, {"WHERE", "/pointer"}, {"VALUE", "/value"}, {NULL, NULL}};
static const struct cli_column field_columns[] = {
    {"TIER", "/tier"}, {"FIELD", "/pointer"}, {NULL, NULL}};

static void print_part(struct cli *cli, const struct json *answer, const char *name,
                       const struct cli_column *columns)
{
    const struct json *items = json_member(answer, str_z(name));
    if (!items || !json_is(items, JSON_ARRAY) || items->n == 0)
        return;
    buf_printf(&cli->out, "%s%s\n", cli->out.n ? "\n" : "", name);
    table_list(&cli->out, columns, items);
}

static void print_explanation(struct cli *cli, const struct json *answer)
{
    const struct json *sample = json_member(answer, STR("sample"));
    if (cli->json) {
        cli_print(cli, answer);
        return;
    }
    print_part(cli, answer, "values", value_columns);
    print_part(cli, answer, "expressions", value_columns);
    str fault = sample ? json_member_text(sample, STR("fault")) : STR_NONE;
    if (!str_absent(fault)) {
        buf_str(&cli->out, STR("\nno record comes out: "));
        table_text(&cli->out, fault);
        buf_char(&cli->out, '\n');
    }
    if (sample)
        print_part(cli, sample, "fields", field_columns);
    if (cli->out.n == 0)
        buf_str(&cli->out, STR("all is the platform's\n"));
}

/* False, after saying why, when the record cannot be read. */
static bool make_question(struct cli *cli, str *ret_body)
{
    static const char *const texts[] = {"category", "resource", "operation"};
    str file = cli_value(cli, "record");
    struct json_out out;
    struct json record;
    struct buf buf;
    str text;
    if (!str_absent(file) && !cli_read_file(&cli->arena, file, &text)) {
        (void)cli_failed(STR_F " cannot be read", STR_A(file));
        return false;
    }
    if (!str_absent(file) && cli_parse_json(&cli->arena, file, text, &record) != CLI_DONE)
        return false;
    buf_init(&buf, BODY_BYTES_MAX);
    json_out_init(&out, &buf);
    json_out_object(&out);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        json_out_member_text(&out, str_z(texts[i]), cli_value(cli, texts[i]));
    if (!str_absent(file)) {
        json_out_name(&out, STR("record"));
        json_out_value(&out, &record);
    }
    json_out_end(&out);
    *ret_body = arena_take(&cli->arena, &buf);
    return true;
}

static int run_explain(struct cli *cli)
{
    struct json answer;
    str body;
    if (!make_question(cli, &body))
        return CLI_FAILED;
    int status = ask(cli, "POST", "/explain", body, &answer);
    if (status == CLI_DONE)
        print_explanation(cli, &answer);
    return status;
}

const struct cli_action action_overrides_explain = {.method = "POST",
                                                    .path = ACCOUNT_PATH "/explain",
                                                    .options = explain_options,
                                                    .run = run_explain};

/* --- lint --- */

static const struct cli_column finding_columns[] = {
    {"WHERE", "/pointer"}, {"READS", "/path"}, {"FINDING", "/text"}, {NULL, NULL}};

static int run_lint(struct cli *cli)
{
    struct json answer;
    int status = ask(cli, "GET", "/lint", STR_NONE, &answer);
    if (status != CLI_DONE || cli->json) {
        if (status == CLI_DONE)
            cli_print(cli, &answer);
        return status;
    }
    print_part(cli, &answer, "findings", finding_columns);
    if (cli->out.n == 0)
        buf_str(&cli->out, STR("no findings\n"));
    return CLI_DONE;
}

const struct cli_action action_overrides_lint = {
    .method = "GET", .path = ACCOUNT_PATH "/lint", .run = run_lint};
