#include "cli/cli_command.h"

static const char *const url_member[] = {"url", NULL};

static const struct cli_column columns[] = {{"ID", "/id"},
                                            {"STATE", "/state"},
                                            {"REASON", "/reason"},
                                            {"URL", "/url"},
                                            {"TYPES", "/types"},
                                            {"PENDING", "/pending"},
                                            {"ENVIRONMENT", "/environment"},
                                            {NULL, NULL}};

static const struct cli_option list_options[] = {
    {.name = "environment", .value = "ID", .place = OPTION_QUERY, .doc = "Its own."},
    {.name = "state",
     .value = "STATE",
     .place = OPTION_QUERY,
     .doc = "active, paused or disabled."},
    {.name = NULL}};

#define SHARED_OPTIONS                                                                   \
    {.name = "name", .value = "NAME", .place = OPTION_TEXT, .doc = "For people."},       \
        {.name = "types",                                                                \
         .value = "TYPE,TYPE",                                                           \
         .place = OPTION_LIST,                                                           \
         .doc = "Types of events: exact ones, or record.*; \"\" for all."},              \
        {.name = "integrations",                                                         \
         .value = "NAME,NAME",                                                           \
         .place = OPTION_LIST,                                                           \
         .doc = "Only events of these; \"\" for all."},                                  \
        {.name = "accounts",                                                             \
         .value = "ID,ID",                                                               \
         .place = OPTION_LIST,                                                           \
         .doc = "Only events of these; \"\" for all."},                                  \
        {.name = "resources",                                                            \
         .value = "CATEGORY/RESOURCE,…",                                                 \
         .place = OPTION_LIST,                                                           \
         .doc = "Only events about records of these; \"\" for all."},                    \
        {.name = "ordering",                                                             \
         .value = "ORDERING",                                                            \
         .place = OPTION_TEXT,                                                           \
         .doc = "none, record or latest."},                                              \
        {.name = "concurrency",                                                          \
         .value = "N",                                                                   \
         .place = OPTION_NUMBER,                                                         \
         .doc = "Attempts at a time."},                                                  \
        {.name = "rate",                                                                 \
         .value = "N",                                                                   \
         .place = OPTION_NUMBER,                                                         \
         .doc = "Attempts a second at most; 0: no limit."},                              \
        {.name = "timeout",                                                              \
         .value = "DURATION",                                                            \
         .place = OPTION_TEXT,                                                           \
         .doc = "What an attempt may take: 15s."},                                       \
        {.name = "pending-max",                                                          \
         .value = "N",                                                                   \
         .place = OPTION_NUMBER,                                                         \
         .member = "pending_max",                                                        \
         .doc = "Deliveries that wait, at most."},                                       \
        {.name = "header",                                                               \
         .value = "NAME=VALUE",                                                          \
         .place = OPTION_PAIRS,                                                          \
         .member = "headers",                                                            \
         .doc = "A line that each delivery has; many times."},                           \
        {.name = "pause-on-failures",                                                    \
         .place = OPTION_TRUE,                                                           \
         .member = "pause_on_failures",                                                  \
         .doc = "Pause when more than half of the attempts fail."},                      \
        {.name = "skip-self",                                                            \
         .place = OPTION_TRUE,                                                           \
         .member = "skip_self",                                                          \
         .doc = "Leave out echoes of writes made through Breakwater."},                  \
        {.name = "skip-late",                                                            \
         .place = OPTION_TRUE,                                                           \
         .member = "skip_late",                                                          \
         .doc = "Leave out events that came late."},                                     \
    {                                                                                    \
        .name = "alerts", .place = OPTION_TRUE,                                          \
        .doc = "It gets all that is said of other endpoints."                            \
    }

static const struct cli_option create_options[] = {
    {.name = "environment",
     .value = "ID",
     .place = OPTION_TEXT,
     .doc = "The environment whose events it gets; or --stage."},
    {.name = "stage",
     .value = "STAGE",
     .place = OPTION_TEXT,
     .doc = "The stage all of whose events it gets."},
    {.name = "ed25519", .place = OPTION_TRUE, .doc = "Sign by a key pair as well (v1a)."},
    SHARED_OPTIONS,
    {.name = NULL}};

static const struct cli_option update_options[] = {{.name = "to",
                                                    .value = "URL",
                                                    .place = OPTION_TEXT,
                                                    .member = "url",
                                                    .doc = "Where it is now."},
                                                   SHARED_OPTIONS,
                                                   {.name = NULL}};

static const struct cli_option rotate_options[] = {
    {.name = "overlap",
     .value = "DURATION",
     .place = OPTION_TEXT,
     .doc = "How long the secret before it signs as well; 24h."},
    {.name = "immediate",
     .place = OPTION_TRUE,
     .doc = "The secrets before it end now: somebody else knows them."},
    {.name = NULL}};

const struct cli_action action_endpoints_list = {.method = "GET",
                                                 .path = "/v1/endpoints",
                                                 .options = list_options,
                                                 .columns = columns,
                                                 .noun = "endpoints"};
const struct cli_action action_endpoints_show = {.method = "GET",
                                                 .path = "/v1/endpoints/{}"};
const struct cli_action action_endpoints_create = {.method = "POST",
                                                   .path = "/v1/endpoints",
                                                   .members = url_member,
                                                   .options = create_options};
const struct cli_action action_endpoints_update = {
    .method = "PATCH", .path = "/v1/endpoints/{}", .options = update_options};
const struct cli_action action_endpoints_delete = {
    .method = "DELETE", .path = "/v1/endpoints/{}", .done = "deleted"};
const struct cli_action action_endpoints_rotate = {
    .method = "POST", .path = "/v1/endpoints/{}/rotate", .options = rotate_options};
const struct cli_action action_endpoints_test = {.method = "POST",
                                                 .path = "/v1/endpoints/{}/test"};
const struct cli_action action_endpoints_pause = {.method = "POST",
                                                  .path = "/v1/endpoints/{}/pause"};
const struct cli_action action_endpoints_resume = {.method = "POST",
                                                   .path = "/v1/endpoints/{}/resume"};
