#include "cli/cli_command.h"

static const char *const name_member[] = {"name", NULL};

static const struct cli_column columns[] = {{"ID", "/id"},
                                            {"NAME", "/name"},
                                            {"KIND", "/kind"},
                                            {"CREATED", "/created"},
                                            {NULL, NULL}};

static const struct cli_option create_options[] = {{.name = "kind",
                                                    .value = "KIND",
                                                    .place = OPTION_TEXT,
                                                    .required = true,
                                                    .doc = "sandbox or production."},
                                                   {.name = NULL}};

const struct cli_action action_stages_list = {
    .method = "GET", .path = "/v1/stages", .columns = columns, .noun = "stages"};
const struct cli_action action_stages_show = {.method = "GET", .path = "/v1/stages/{}"};
const struct cli_action action_stages_create = {.method = "POST",
                                                .path = "/v1/stages",
                                                .members = name_member,
                                                .options = create_options};
const struct cli_action action_stages_delete = {
    .method = "DELETE", .path = "/v1/stages/{}", .done = "deleted"};
