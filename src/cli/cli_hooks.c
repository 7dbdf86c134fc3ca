#include "cli/cli_command.h"
#include "json/json_write.h"

enum { BODY_BYTES_MAX = 64 * 1024 };

static const struct cli_column columns[] = {{"ID", "/id"},
                                            {"STATE", "/state"},
                                            {"INTEGRATION", "/integration"},
                                            {"ACCOUNT", "/account"},
                                            {"TYPE", "/type"},
                                            {"EVENT", "/event_id"},
                                            {"TRIES", "/tries"},
                                            {"RECEIVED", "/received"},
                                            {"REASON", "/reason"},
                                            {NULL, NULL}};

static const struct cli_option list_options[] = {
    {.name = "environment", .value = "ID", .place = OPTION_QUERY, .doc = "Its events."},
    {.name = "account", .value = "ID", .place = OPTION_QUERY, .doc = "Its events."},
    {.name = "integration",
     .value = "NAME",
     .place = OPTION_QUERY,
     .doc = "Events of this integration."},
    {.name = "state",
     .value = "STATE",
     .place = OPTION_QUERY,
     .doc = "queued, unmatched, done or dead."},
    {.name = "type",
     .value = "TYPE",
     .place = OPTION_QUERY,
     .doc = "In the vendor's word."},
    {.name = "from",
     .value = "TIME",
     .place = OPTION_QUERY,
     .doc = "Received not before this time."},
    {.name = "until",
     .value = "TIME",
     .place = OPTION_QUERY,
     .doc = "Received before this time."},
    {.name = NULL}};

const struct cli_action action_hooks_list = {.method = "GET",
                                             .path = "/v1/hooks",
                                             .options = list_options,
                                             .columns = columns,
                                             .noun = "hooks"};

const struct cli_action action_hooks_show = {.method = "GET", .path = "/v1/hooks/{}"};

/* --- replaying --- */

static const struct cli_option replay_options[] = {
    {.name = "all",
     .place = OPTION_OWN,
     .doc = "All that the other options choose, instead of one."},
    {.name = "environment", .value = "ID", .place = OPTION_OWN, .doc = "Its events."},
    {.name = "account", .value = "ID", .place = OPTION_OWN, .doc = "Its events."},
    {.name = "integration",
     .value = "NAME",
     .place = OPTION_OWN,
     .doc = "Events of this integration."},
    {.name = "type", .value = "TYPE", .place = OPTION_OWN, .doc = "Of this type."},
    {.name = "state",
     .value = "STATE",
     .place = OPTION_OWN,
     .doc = "done or dead; dead unless given."},
    {.name = "dry-run", .place = OPTION_OWN, .doc = "Only say which they are."},
    {.name = NULL}};

static str choice(struct cli *cli)
{
    static const char *const names[] = {"environment", "account", "integration", "type",
                                        "state"};
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
static int run_replay(struct cli *cli)
{
    struct json answer;
    int status;
    bool every = cli_has(cli, "all");
    if (every == (cli->arg_n == 1))
        return cli_failed("name one event, or give --all with what chooses them");
    if (every)
        status = cli_request(cli, "POST", STR("/v1/hooks/replay"), choice(cli), &answer);
    else
        status = cli_request(cli, "POST", cli_path(cli, "/v1/hooks/{}/replay"), STR_NONE,
                             &answer);
    if (status == CLI_DONE)
        cli_print(cli, &answer);
    return status;
}

const struct cli_action action_hooks_replay = {.method = "POST",
                                               .path = "/v1/hooks/replay",
                                               .options = replay_options,
                                               .run = run_replay};

/* --- what was rejected --- */

static const struct cli_column rejected_columns[] = {
    {"ID", "/id"},         {"INTEGRATION", "/integration"}, {"ACCOUNT", "/account"},
    {"REASON", "/reason"}, {"RECEIVED", "/received"},       {"PEER", "/peer"},
    {NULL, NULL}};

static const struct cli_option rejected_options[] = {
    {.name = "environment", .value = "ID", .place = OPTION_QUERY, .doc = "At its URLs."},
    {.name = "integration",
     .value = "NAME",
     .place = OPTION_QUERY,
     .doc = "At its URLs."},
    {.name = "reason",
     .value = "WORD",
     .place = OPTION_QUERY,
     .doc = "Rejected for this reason: signature_wrong, timestamp_stale."},
    {.name = NULL}};

const struct cli_action action_rejected_hooks_list = {.method = "GET",
                                                      .path = "/v1/rejected-hooks",
                                                      .options = rejected_options,
                                                      .columns = rejected_columns,
                                                      .noun = "rejected hooks"};

const struct cli_action action_rejected_hooks_show = {.method = "GET",
                                                      .path = "/v1/rejected-hooks/{}"};
