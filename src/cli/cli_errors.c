#include "cli/cli_command.h"

static const struct cli_column columns[] = {{"CODE", "/code"},
                                            {"STATUS", "/status"},
                                            {"RETRY", "/retry"},
                                            {"TITLE", "/title"},
                                            {NULL, NULL}};

const struct cli_action action_errors_list = {.method = "GET",
                                              .path = "/v1/errors",
                                              .columns = columns,
                                              .noun = "errors",
                                              .whole = true};
