/*
 * Accounts. Credentials never stand on a command line, where others on the machine could
 * read them: they come from standard input or a file, as a JSON object of names and
 * values, or as the one value of --field.
 */
#include "base/mem.h"
#include "cli/cli_command.h"
#include "json/json_parse.h"
#include "json/json_write.h"

/* --- those that are data --- */

static const struct cli_column columns[] = {{"ID", "/id"},
                                            {"INTEGRATION", "/integration"},
                                            {"EXTERNAL ID", "/external_id"},
                                            {"NAME", "/name"},
                                            {"STATE", "/state"},
                                            {"ENVIRONMENT", "/environment"},
                                            {NULL, NULL}};

static const struct cli_option list_options[] = {
    {.name = "environment",
     .value = "ID",
     .place = OPTION_QUERY,
     .doc = "Those of this environment."},
    {.name = "integration",
     .value = "NAME",
     .place = OPTION_QUERY,
     .doc = "Those of this integration."},
    {.name = "state",
     .value = "STATE",
     .place = OPTION_QUERY,
     .doc = "Those in this state."},
    {.name = "external-id",
     .value = "ID",
     .place = OPTION_QUERY,
     .member = "external_id",
     .doc = "Those of this external id."},
    {.name = "label",
     .value = "NAME=VALUE",
     .place = OPTION_LABELS,
     .doc = "Those with this label; may be given many times."},
    {.name = NULL}};

#define SHARED_OPTIONS                                                                   \
    {.name = "external-id",                                                              \
     .value = "ID",                                                                      \
     .place = OPTION_TEXT,                                                               \
     .member = "external_id",                                                            \
     .doc = "Your own name for it; \"\" for none."},                                     \
        {.name = "name",                                                                 \
         .value = "NAME",                                                                \
         .place = OPTION_TEXT,                                                           \
         .doc = "For people; \"\" for none."},                                           \
        {.name = "label",                                                                \
         .value = "NAME=VALUE",                                                          \
         .place = OPTION_PAIRS,                                                          \
         .member = "labels",                                                             \
         .doc = "A word of your own about it; may be given many times, \"\" for none."}, \
        {.name = "context",                                                              \
         .value = "NAME=VALUE",                                                          \
         .place = OPTION_PAIRS,                                                          \
         .doc = "What URLs of the integration need: subdomain=acme; many times."},       \
    {                                                                                    \
        .name = "concurrency", .value = "N", .place = OPTION_NUMBER,                     \
        .member = "concurrency_max",                                                     \
        .doc = "Calls at once; 0 = the integration's setting."                           \
    }

static const struct cli_option update_options[] = {SHARED_OPTIONS, {.name = NULL}};

static const struct cli_option create_options[] = {{.name = "environment",
                                                    .value = "ID",
                                                    .place = OPTION_TEXT,
                                                    .required = true,
                                                    .doc = "Its environment."},
                                                   {.name = "integration",
                                                    .value = "NAME",
                                                    .place = OPTION_TEXT,
                                                    .required = true,
                                                    .doc = "Its integration."},
                                                   SHARED_OPTIONS,
                                                   {.name = NULL}};

static const struct cli_option disable_options[] = {
    {.name = "reason", .value = "TEXT", .place = OPTION_TEXT, .doc = "Why."},
    {.name = NULL}};

const struct cli_action action_accounts_list = {.method = "GET",
                                                .path = "/v1/accounts",
                                                .options = list_options,
                                                .columns = columns,
                                                .noun = "accounts"};
const struct cli_action action_accounts_show = {.method = "GET",
                                                .path = "/v1/accounts/{}"};
const struct cli_action action_accounts_create = {
    .method = "POST", .path = "/v1/accounts", .options = create_options};
const struct cli_action action_accounts_update = {
    .method = "PATCH", .path = "/v1/accounts/{}", .options = update_options};
const struct cli_action action_accounts_delete = {
    .method = "DELETE", .path = "/v1/accounts/{}", .done = "deleted"};
const struct cli_action action_accounts_enable = {.method = "POST",
                                                  .path = "/v1/accounts/{}/enable"};
const struct cli_action action_accounts_disable = {
    .method = "POST", .path = "/v1/accounts/{}/disable", .options = disable_options};

/* --- credentials --- */

static const struct cli_option credentials_options[] = {
    {.name = "from-stdin", .doc = "Read them from standard input."},
    {.name = "from-file", .value = "FILE", .doc = "Read them from a file."},
    {.name = "field",
     .value = "NAME",
     .doc = "What is read is the value of this credential; otherwise it is a JSON object "
            "of names and values."},
    {.name = "version",
     .value = "N",
     .doc = "The credential_version that these follow; refused if another came between."},
    {.name = NULL}};

enum { BODY_BYTES_MAX = 2 << 20 };

/* An editor's or echo's line end is no part of a secret. */
static str without_line_end(str text)
{
    if (str_ends(text, STR("\n")))
        text.n--;
    if (str_ends(text, STR("\r")))
        text.n--;
    return text;
}

static bool put_credentials(struct cli *cli, struct json_out *out, str text)
{
    struct json object;
    str field = cli_value(cli, "field");
    json_out_name(out, STR("credentials"));
    if (!str_absent(field)) {
        json_out_object(out);
        json_out_name(out, field);
        json_out_text(out, without_line_end(text));
        json_out_end(out);
        return true;
    }
    if (!json_parse(&cli->arena, text, NULL, &object, NULL) ||
        !json_is(&object, JSON_OBJECT))
        return false;
    json_out_value(out, &object);
    return true;
}

static int send_credentials(struct cli *cli, str text)
{
    struct json answer;
    struct json_out out;
    struct buf body;
    uint64_t version = 0;
    str version_text = cli_value(cli, "version");
    if (!str_absent(version_text) && !str_to_u64(version_text, UINT32_MAX, &version))
        return cli_misused(cli, "--version wants a whole number");
    buf_init(&body, BODY_BYTES_MAX);
    json_out_init(&out, &body);
    json_out_object(&out);
    bool good = put_credentials(cli, &out, text);
    int status = CLI_FAILED;
    if (good) {
        if (version)
            json_out_member_int(&out, STR("version"), (int64_t)version);
        json_out_end(&out);
        status = cli_request(cli, "PUT", cli_path(cli, "/v1/accounts/{}/credentials"),
                             buf_peek(&body), &answer);
    } else {
        cli_failed("what was read is no JSON object of names and values; for a single "
                   "value say which with --field NAME");
    }
    if (body.p)
        mem_wipe(body.p, body.room);
    buf_fini(&body);
    if (status == CLI_DONE)
        cli_print(cli, &answer);
    return status;
}

static int run_credentials(struct cli *cli)
{
    str text;
    str file = cli_value(cli, "from-file");
    bool from_stdin = cli_has(cli, "from-stdin");
    if (from_stdin != str_absent(file))
        return cli_misused(cli, "say --from-stdin or --from-file FILE");
    if (from_stdin ? !cli_read_secret(&cli->arena, &text)
                   : !cli_read_file(&cli->arena, file, &text))
        return cli_failed(STR_F " cannot be read",
                          STR_A(from_stdin ? STR("standard input") : file));
    int status = send_credentials(cli, text);
    if (text.n)
        mem_wipe((char *)(uintptr_t)text.p, text.n);
    return status;
}

const struct cli_action action_accounts_credentials = {.method = "PUT",
                                                       .path =
                                                           "/v1/accounts/{}/credentials",
                                                       .options = credentials_options,
                                                       .run = run_credentials};
