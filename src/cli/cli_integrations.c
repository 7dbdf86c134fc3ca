#include "cli/cli_command.h"
#include "json/json_parse.h"
#include "json/json_write.h"

/* --- those that are data --- */

static const struct cli_column list_columns[] = {{"NAME", "/name"},
                                                 {"LABEL", "/label"},
                                                 {"VERSION", "/version"},
                                                 {"REVISION", "/revision"},
                                                 {"AUTH", "/auth"},
                                                 {"HOSTS", "/hosts"},
                                                 {NULL, NULL}};

static const struct cli_column version_columns[] = {
    {"REVISION", "/revision"}, {"ACTIVE", "/active"},         {"SOURCE", "/source"},
    {"CREATED", "/created"},   {"CREATED BY", "/created_by"}, {NULL, NULL}};

static const struct cli_column fault_columns[] = {
    {"FILE", "/file"}, {"POINTER", "/pointer"}, {"FAULT", "/text"}, {NULL, NULL}};

static const struct cli_option delete_options[] = {
    {.name = "force", .place = OPTION_QUERY, .doc = "Also while accounts use it."},
    {.name = NULL}};

const struct cli_action action_integrations_list = {.method = "GET",
                                                    .path = "/v1/integrations",
                                                    .columns = list_columns,
                                                    .noun = "integrations"};
const struct cli_action action_integrations_show = {
    .method = "GET", .path = "/v1/integrations/{}", .hidden = "document"};
const struct cli_action action_integrations_delete = {.method = "DELETE",
                                                      .path = "/v1/integrations/{}",
                                                      .options = delete_options,
                                                      .done = "deleted"};
const struct cli_action action_integrations_versions = {
    .method = "GET",
    .path = "/v1/integrations/{}/versions",
    .columns = version_columns,
    .noun = "versions"};
const struct cli_action action_integrations_activate = {
    .method = "POST", .path = "/v1/integrations/{}/versions/{}/activate"};
const struct cli_action action_integrations_faults = {.method = "GET",
                                                      .path = "/v1/integration-faults",
                                                      .columns = fault_columns,
                                                      .noun = "faults",
                                                      .whole = true};
const struct cli_action action_integrations_rescan = {.method = "POST",
                                                      .path = "/v1/integration-rescan",
                                                      .columns = fault_columns,
                                                      .noun = "faults",
                                                      .whole = true};

/* --- documents --- */

static int run_document(struct cli *cli)
{
    struct json answer;
    const char *pattern =
        cli->arg_n > 1 ? "/v1/integrations/{}/versions/{}" : "/v1/integrations/{}";
    int status = cli_request(cli, "GET", cli_path(cli, pattern), STR_NONE, &answer);
    const struct json *document =
        status == CLI_DONE ? json_member(&answer, STR("document")) : NULL;
    if (document) {
        json_write(&cli->out, document, JSON_PRETTY);
        buf_char(&cli->out, '\n');
    }
    return status;
}

const struct cli_action action_integrations_document = {
    .method = "GET", .path = "/v1/integrations/{}", .run = run_document};

/* The name stands in the document itself; without one the API is asked under a name that
 * no document can have, and says what is wrong with it. */
static str name_in(struct cli *cli, str text)
{
    struct json document;
    str name = STR_NONE;
    if (json_parse(&cli->arena, text, NULL, &document, NULL))
        name = json_member_text(&document, STR("name"));
    return name.n ? name : STR("-");
}

static int send_document(struct cli *cli, const char *method, const char *pattern)
{
    struct json answer;
    str text;
    str file = cli->args[0];
    if (!cli_read_file(&cli->arena, file, &text))
        return cli_failed(STR_F " cannot be read", STR_A(file));
    cli->args[0] = name_in(cli, text);
    str path = cli_path(cli, pattern);
    cli->args[0] = file;
    int status = cli_request(cli, method, path, text, &answer);
    if (status == CLI_DONE)
        cli_print(cli, &answer);
    return status;
}

static int run_put(struct cli *cli)
{
    return send_document(cli, "PUT", "/v1/integrations/{}");
}

static int run_check(struct cli *cli)
{
    return send_document(cli, "POST", "/v1/integrations/{}/check");
}

const struct cli_action action_integrations_put = {
    .method = "PUT", .path = "/v1/integrations/{}", .run = run_put};
const struct cli_action action_integrations_check = {
    .method = "POST", .path = "/v1/integrations/{}/check", .run = run_check};
