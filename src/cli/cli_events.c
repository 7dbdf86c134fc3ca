#include "cli/cli_command.h"

static const struct cli_column columns[] = {
    {"TIME", "/time"},       {"TYPE", "/type"},
    {"ACCOUNT", "/account"}, {"ENVIRONMENT", "/environment"},
    {"DETAIL", "/detail"},   {NULL, NULL}};

static const struct cli_option list_options[] = {
    {.name = "environment",
     .value = "ID",
     .place = OPTION_QUERY,
     .doc = "What happened in this environment."},
    {.name = "account",
     .value = "ID",
     .place = OPTION_QUERY,
     .doc = "What happened to this account."},
    {.name = "type",
     .value = "TYPE",
     .place = OPTION_QUERY,
     .doc = "Events of this type, such as account.needs_reauth."},
    {.name = NULL}};

const struct cli_action action_events_list = {.method = "GET",
                                              .path = "/v1/events",
                                              .options = list_options,
                                              .columns = columns,
                                              .noun = "events"};

const struct cli_action action_events_show = {.method = "GET", .path = "/v1/events/{}"};
