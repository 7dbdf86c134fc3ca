#include "cli/cli_command.h"
#include "json/json_write.h"

enum { BODY_BYTES_MAX = 64 * 1024 };

static const struct cli_column columns[] = {
    {"ID", "/id"},     {"STATE", "/state"},   {"ACCOUNT", "/account"},
    {"VERB", "/verb"}, {"PATH", "/path"},     {"TRIES", "/tries"},
    {"DUE", "/due"},   {"REASON", "/reason"}, {"STATUS", "/vendor_status"},
    {NULL, NULL}};

static const struct cli_option list_options[] = {
    {.name = "environment", .value = "ID", .place = OPTION_QUERY, .doc = "Its writes."},
    {.name = "account", .value = "ID", .place = OPTION_QUERY, .doc = "Its writes."},
    {.name = "integration",
     .value = "NAME",
     .place = OPTION_QUERY,
     .doc = "Writes to this integration."},
    {.name = "state",
     .value = "STATE",
     .place = OPTION_QUERY,
     .doc = "sending, queued, delivered, dead, needs_decision or cancelled."},
    {.name = "from",
     .value = "TIME",
     .place = OPTION_QUERY,
     .doc = "Accepted not before this time."},
    {.name = "until",
     .value = "TIME",
     .place = OPTION_QUERY,
     .doc = "Accepted before this time."},
    {.name = NULL}};

const struct cli_action action_writes_list = {.method = "GET",
                                              .path = "/v1/writes",
                                              .options = list_options,
                                              .columns = columns,
                                              .noun = "writes"};

const struct cli_action action_writes_show = {.method = "GET", .path = "/v1/writes/{}"};

/* --- retrying and cancelling --- */

static const struct cli_option act_options[] = {
    {.name = "all",
     .place = OPTION_OWN,
     .doc = "All that the other options choose, instead of one."},
    {.name = "environment", .value = "ID", .place = OPTION_OWN, .doc = "Its writes."},
    {.name = "account", .value = "ID", .place = OPTION_OWN, .doc = "Its writes."},
    {.name = "integration",
     .value = "NAME",
     .place = OPTION_OWN,
     .doc = "Writes to this integration."},
    {.name = "state",
     .value = "STATE",
     .place = OPTION_OWN,
     .doc = "queued, dead, needs_decision or cancelled."},
    {.name = "after",
     .value = "WRITE",
     .place = OPTION_OWN,
     .doc = "Only those behind this one: the last of a dry run, for its next 200."},
    {.name = "dry-run",
     .place = OPTION_OWN,
     .doc = "Only say which they are, and how many."},
    {.name = NULL}};

static str filter_body(struct cli *cli)
{
    static const char *const names[] = {"environment", "account", "integration", "state",
                                        "after"};
    struct json_out out;
    struct buf buf;
    buf_init(&buf, BODY_BYTES_MAX);
    json_out_init(&out, &buf);
    json_out_object(&out);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        json_out_member_text(&out, str_z(names[i]), cli_value(cli, names[i]));
    json_out_member_bool(&out, STR("dry_run"), cli_has(cli, "dry-run"));
    json_out_end(&out);
    return arena_take(&cli->arena, &buf);
}

/* One that is named, or all that the options choose: never all by leaving out a name. */
static int run_act(struct cli *cli, const char *one, const char *all)
{
    struct json answer;
    int status;
    bool every = cli_has(cli, "all");
    if (every == (cli->arg_n == 1))
        return cli_failed("name one write, or give --all with what chooses them");
    if (every)
        status = cli_request(cli, "POST", str_z(all), filter_body(cli), &answer);
    else
        status = cli_request(cli, "POST", cli_path(cli, one), STR_NONE, &answer);
    if (status == CLI_DONE)
        cli_print(cli, &answer);
    return status;
}

static int run_retry(struct cli *cli)
{
    return run_act(cli, "/v1/writes/{}/retry", "/v1/writes/retry");
}

static int run_cancel(struct cli *cli)
{
    return run_act(cli, "/v1/writes/{}/cancel", "/v1/writes/cancel");
}

const struct cli_action action_writes_retry = {.method = "POST",
                                               .path = "/v1/writes/retry",
                                               .options = act_options,
                                               .run = run_retry};
const struct cli_action action_writes_cancel = {.method = "POST",
                                                .path = "/v1/writes/cancel",
                                                .options = act_options,
                                                .run = run_cancel};
