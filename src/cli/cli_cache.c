#include "cli/cli_command.h"

static const struct cli_column columns[] = {
    {"METHOD", "/method"}, {"STATUS", "/status"},   {"BYTES", "/bytes"},
    {"STORED", "/stored"}, {"FRESH S", "/fresh_s"}, {"STALE S", "/stale_s"},
    {"HELD S", "/held_s"}, {"KEY", "/key"},         {NULL, NULL}};

static const struct cli_option show_options[] = {
    {.name = "environment",
     .value = "ID",
     .place = OPTION_QUERY,
     .doc = "Of this environment; without it, of all."},
    {.name = NULL}};

static const struct cli_option list_options[] = {
    {.name = "account",
     .value = "ACCOUNT",
     .place = OPTION_QUERY,
     .required = true,
     .doc = "Whose: an id or an external id."},
    {.name = "resource",
     .value = "NAME",
     .place = OPTION_QUERY,
     .doc = "Those of this resource."},
    {.name = NULL}};

static const struct cli_option purge_options[] = {
    {.name = "account",
     .value = "ACCOUNT",
     .place = OPTION_QUERY,
     .doc = "Of this account: an id or an external id."},
    {.name = "environment",
     .value = "ID",
     .place = OPTION_QUERY,
     .doc = "Of all accounts of this environment."},
    {.name = "integration",
     .value = "NAME",
     .place = OPTION_QUERY,
     .doc = "Of this integration."},
    {.name = "resource",
     .value = "NAME",
     .place = OPTION_QUERY,
     .doc = "Of this resource only; beside one of the others."},
    {.name = NULL}};

const struct cli_action action_cache_show = {
    .method = "GET", .path = "/v1/cache", .options = show_options};
const struct cli_action action_cache_list = {.method = "GET",
                                             .path = "/v1/cache/entries",
                                             .options = list_options,
                                             .columns = columns,
                                             .noun = "kept answers"};
const struct cli_action action_cache_purge = {
    .method = "DELETE", .path = "/v1/cache", .options = purge_options, .done = "purged"};
