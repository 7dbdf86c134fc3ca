#include "cli/cli_command.h"

static const struct cli_column columns[] = {{"ACCOUNT", "/account"},
                                            {"INTEGRATION", "/integration"},
                                            {"EXTERNAL ID", "/external_id"},
                                            {"CALLS", "/standing/calls"},
                                            {"THROTTLED S", "/standing/throttled_s"},
                                            {"WINDOW", "/standing/windows/0/name"},
                                            {"LEFT", "/standing/windows/0/remaining"},
                                            {"OF", "/standing/windows/0/limit"},
                                            {NULL, NULL}};

static const struct cli_option list_options[] = {{.name = "environment",
                                                  .value = "ID",
                                                  .place = OPTION_QUERY,
                                                  .doc = "Those of this environment."},
                                                 {.name = "integration",
                                                  .value = "NAME",
                                                  .place = OPTION_QUERY,
                                                  .doc = "Those of this integration."},
                                                 {.name = NULL}};

const struct cli_action action_limits_list = {.method = "GET",
                                              .path = "/v1/limits",
                                              .options = list_options,
                                              .columns = columns,
                                              .noun = "limits"};
