#include "cli/cli_command.h"

static const char *const name_member[] = {"name", NULL};

static const struct cli_column columns[] = {
    {"ID", "/id"},       {"NAME", "/name"},     {"EXTERNAL ID", "/external_id"},
    {"STAGE", "/stage"}, {"LABELS", "/labels"}, {NULL, NULL}};

static const struct cli_option list_options[] = {
    {.name = "stage",
     .value = "STAGE",
     .place = OPTION_QUERY,
     .doc = "Those of this stage (id or name)."},
    {.name = "external-id",
     .value = "ID",
     .place = OPTION_QUERY,
     .member = "external_id",
     .doc = "The one of this external id."},
    {.name = NULL}};

#define SHARED_OPTIONS                                                                   \
    {.name = "external-id",                                                              \
     .value = "ID",                                                                      \
     .place = OPTION_TEXT,                                                               \
     .member = "external_id",                                                            \
     .doc = "Your own name for it, unique in its stage; \"\" for none."},                \
        {.name = "label",                                                                \
         .value = "NAME=VALUE",                                                          \
         .place = OPTION_PAIRS,                                                          \
         .member = "labels",                                                             \
         .doc = "A word of your own about it; may be given many times, \"\" for none."}, \
    {                                                                                    \
        .name = "concurrency", .value = "N", .place = OPTION_NUMBER,                     \
        .member = "concurrency_max",                                                     \
        .doc = "Calls of all its accounts at once; 0 = the integration's setting."       \
    }

static const struct cli_option create_options[] = {
    {.name = "stage",
     .value = "STAGE",
     .place = OPTION_TEXT,
     .doc = "Its stage, by id or name; may be left out by a key of one stage."},
    SHARED_OPTIONS,
    {.name = NULL}};

static const struct cli_option update_options[] = {
    {.name = "name", .value = "NAME", .place = OPTION_TEXT, .doc = "For people."},
    SHARED_OPTIONS,
    {.name = NULL}};

const struct cli_action action_environments_list = {.method = "GET",
                                                    .path = "/v1/environments",
                                                    .options = list_options,
                                                    .columns = columns,
                                                    .noun = "environments"};
const struct cli_action action_environments_show = {.method = "GET",
                                                    .path = "/v1/environments/{}"};
const struct cli_action action_environments_create = {.method = "POST",
                                                      .path = "/v1/environments",
                                                      .members = name_member,
                                                      .options = create_options};
const struct cli_action action_environments_update = {
    .method = "PATCH", .path = "/v1/environments/{}", .options = update_options};
const struct cli_action action_environments_delete = {
    .method = "DELETE", .path = "/v1/environments/{}", .done = "deleted"};
