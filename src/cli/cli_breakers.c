#include "cli/cli_command.h"

static const char *const state_member[] = {"state", NULL};

static const struct cli_column columns[] = {{"NAME", "/name"},
                                            {"STATE", "/state"},
                                            {"HELD", "/held"},
                                            {"FAILURES", "/failures"},
                                            {"SINCE", "/since"},
                                            {"LAST STATUS", "/last_status"},
                                            {"LAST ERROR", "/last_error"},
                                            {NULL, NULL}};

static const struct cli_option list_options[] = {
    {.name = "kind",
     .value = "KIND",
     .place = OPTION_QUERY,
     .doc = "integration, if it is not given, or account."},
    {.name = "state",
     .value = "STATE",
     .place = OPTION_QUERY,
     .doc = "closed, open or half_open."},
    {.name = "integration",
     .value = "NAME",
     .place = OPTION_QUERY,
     .doc = "Those of this integration."},
    {.name = "environment",
     .value = "ID",
     .place = OPTION_QUERY,
     .doc = "With --kind account: those of this environment."},
    {.name = NULL}};

static const struct cli_option force_options[] = {{.name = "reason",
                                                   .value = "TEXT",
                                                   .place = OPTION_TEXT,
                                                   .required = true,
                                                   .doc = "Why, for the audit log."},
                                                  {.name = NULL}};

const struct cli_action action_breakers_list = {.method = "GET",
                                                .path = "/v1/breakers",
                                                .options = list_options,
                                                .columns = columns,
                                                .noun = "breakers"};
const struct cli_action action_breakers_show = {.method = "GET",
                                                .path = "/v1/breakers/{}"};
const struct cli_action action_breakers_force = {.method = "POST",
                                                 .path = "/v1/breakers/{}/force",
                                                 .members = state_member,
                                                 .options = force_options};
