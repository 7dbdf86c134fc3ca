#include "cli/cli_command.h"

static const struct cli_column columns[] = {
    {"TIME", "/time"},   {"ACTION", "/action"}, {"OBJECT", "/object_id"},
    {"ACTOR", "/actor"}, {"PEER", "/peer"},     {"DETAIL", "/detail"},
    {NULL, NULL}};

static const struct cli_option list_options[] = {
    {.name = "object",
     .value = "ID",
     .place = OPTION_QUERY,
     .doc = "What was done to this object."},
    {.name = "environment",
     .value = "ID",
     .place = OPTION_QUERY,
     .doc = "What was done in this environment."},
    {.name = "from",
     .value = "TIME",
     .place = OPTION_QUERY,
     .doc = "Not before: 2026-11-22T08:15:00Z."},
    {.name = "until", .value = "TIME", .place = OPTION_QUERY, .doc = "Before."},
    {.name = NULL}};

const struct cli_action action_audit_list = {.method = "GET",
                                             .path = "/v1/audit",
                                             .options = list_options,
                                             .columns = columns,
                                             .noun = "lines"};
