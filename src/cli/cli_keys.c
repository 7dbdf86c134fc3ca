#include "cli/cli_command.h"

static const char *const label_member[] = {"label", NULL};

static const struct cli_column columns[] = {{"ID", "/id"},
                                            {"LABEL", "/label"},
                                            {"HINT", "/hint"},
                                            {"PERMISSIONS", "/permissions"},
                                            {"STAGE", "/stage"},
                                            {"EXPIRES", "/expires"},
                                            {"LAST USED", "/last_used"},
                                            {NULL, NULL}};

#define SHARED_OPTIONS                                                                   \
    {.name = "environments",                                                             \
     .value = "ID,ID",                                                                   \
     .place = OPTION_LIST,                                                               \
     .doc = "The environments that it reaches; \"\" = all of its stage."},               \
    {                                                                                    \
        .name = "expires", .value = "TIME", .place = OPTION_TIME,                        \
        .doc = "From then on it is refused: 2027-01-01T00:00:00Z; never = never."        \
    }

static const struct cli_option create_options[] = {
    {.name = "permissions",
     .value = "WORD,WORD",
     .place = OPTION_LIST,
     .required = true,
     .doc = "Of call, read, write, payloads, replay, secrets and admin."},
    {.name = "stage",
     .value = "STAGE",
     .place = OPTION_TEXT,
     .doc = "The stage that it is bound to, by id or name; left out = that of the key "
            "that makes it."},
    SHARED_OPTIONS,
    {.name = NULL}};

static const struct cli_option update_options[] = {
    {.name = "label", .value = "LABEL", .place = OPTION_TEXT, .doc = "For people."},
    {.name = "permissions",
     .value = "WORD,WORD",
     .place = OPTION_LIST,
     .doc = "Of call, read, write, payloads, replay, secrets and admin."},
    SHARED_OPTIONS,
    {.name = NULL}};

const struct cli_action action_keys_list = {
    .method = "GET", .path = "/v1/keys", .columns = columns, .noun = "keys"};
const struct cli_action action_keys_show = {.method = "GET", .path = "/v1/keys/{}"};
const struct cli_action action_keys_create = {.method = "POST",
                                              .path = "/v1/keys",
                                              .members = label_member,
                                              .options = create_options};
const struct cli_action action_keys_update = {
    .method = "PATCH", .path = "/v1/keys/{}", .options = update_options};
const struct cli_action action_keys_delete = {
    .method = "DELETE", .path = "/v1/keys/{}", .done = "deleted"};
