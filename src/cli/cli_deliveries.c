#include "cli/cli_command.h"
#include "json/json_write.h"

enum { BODY_BYTES_MAX = 64 * 1024 };

static const struct cli_column columns[] = {
    {"ID", "/id"},       {"STATE", "/state"},       {"TYPE", "/type"},
    {"EVENT", "/event"}, {"ENDPOINT", "/endpoint"}, {"ATTEMPTS", "/attempts"},
    {"DUE", "/due"},     {"REASON", "/reason"},     {"STATUS", "/status"},
    {NULL, NULL}};

static const struct cli_option list_options[] = {
    {.name = "endpoint", .value = "ID", .place = OPTION_QUERY, .doc = "Those to it."},
    {.name = "event", .value = "ID", .place = OPTION_QUERY, .doc = "Those of it."},
    {.name = "type", .value = "TYPE", .place = OPTION_QUERY, .doc = "Of such events."},
    {.name = "environment",
     .value = "ID",
     .place = OPTION_QUERY,
     .doc = "Of its events."},
    {.name = "account", .value = "ID", .place = OPTION_QUERY, .doc = "Of its events."},
    {.name = "state",
     .value = "STATE",
     .place = OPTION_QUERY,
     .doc = "pending, delivered, dead or superseded."},
    {.name = "from", .value = "TIME", .place = OPTION_QUERY, .doc = "Made not before."},
    {.name = "until", .value = "TIME", .place = OPTION_QUERY, .doc = "Made before."},
    {.name = NULL}};

const struct cli_action action_deliveries_list = {.method = "GET",
                                                  .path = "/v1/deliveries",
                                                  .options = list_options,
                                                  .columns = columns,
                                                  .noun = "deliveries"};
const struct cli_action action_deliveries_show = {.method = "GET",
                                                  .path = "/v1/deliveries/{}"};

/* --- once more --- */

static const struct cli_option replay_options[] = {
    {.name = "all",
     .place = OPTION_OWN,
     .doc = "All that the other options choose, instead of one."},
    {.name = "endpoint", .value = "ID", .place = OPTION_OWN, .doc = "Those to it."},
    {.name = "type", .value = "TYPE", .place = OPTION_OWN, .doc = "Of such events."},
    {.name = "environment", .value = "ID", .place = OPTION_OWN, .doc = "Of its events."},
    {.name = "account", .value = "ID", .place = OPTION_OWN, .doc = "Of its events."},
    {.name = "state",
     .value = "STATE",
     .place = OPTION_OWN,
     .doc = "dead (standard), delivered or superseded."},
    {.name = "from", .value = "TIME", .place = OPTION_OWN, .doc = "Made not before."},
    {.name = "until", .value = "TIME", .place = OPTION_OWN, .doc = "Made before."},
    {.name = "dry-run", .place = OPTION_OWN, .doc = "Only say which they are."},
    {.name = NULL}};

static str filter_body(struct cli *cli)
{
    static const char *const names[] = {"endpoint", "type", "environment", "account",
                                        "state",    "from", "until"};
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
        return cli_failed("name one delivery, or give --all with what chooses them");
    if (every)
        status = cli_request(cli, "POST", STR("/v1/deliveries/replay"), filter_body(cli),
                             &answer);
    else
        status = cli_request(cli, "POST", cli_path(cli, "/v1/deliveries/{}/replay"),
                             STR_NONE, &answer);
    if (status == CLI_DONE)
        cli_print(cli, &answer);
    return status;
}

const struct cli_action action_deliveries_replay = {.method = "POST",
                                                    .path = "/v1/deliveries/replay",
                                                    .options = replay_options,
                                                    .run = run_replay};
