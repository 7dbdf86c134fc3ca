#include "cli/cli_command.h"

static const char *const id_member[] = {"master_key", NULL};

const struct cli_action action_master_keys_show = {.method = "GET",
                                                   .path = "/v1/master-keys"};
const struct cli_action action_master_keys_rotate = {
    .method = "POST", .path = "/v1/master-keys/rotate", .members = id_member};
