#include "cli/cli_command.h"

static const char *const account_member[] = {"account", NULL};

static const struct cli_option options[] = {
    {.name = "return",
     .value = "URL",
     .place = OPTION_TEXT,
     .member = "return_url",
     .doc = "Where the browser goes afterwards; it must be allowed."},
    {.name = "auth",
     .value = "WAY",
     .place = OPTION_TEXT,
     .doc = "By which way of authentication; left out = the account's, or a choice."},
    {.name = "lifetime",
     .value = "DURATION",
     .place = OPTION_TEXT,
     .doc = "How long the link works: 15m; left out = 30m."},
    {.name = "force",
     .place = OPTION_TRUE,
     .doc = "Take another login at the vendor than before."},
    {.name = NULL}};

const struct cli_action action_connect = {.method = "POST",
                                          .path = "/v1/connect-sessions",
                                          .members = account_member,
                                          .options = options};
