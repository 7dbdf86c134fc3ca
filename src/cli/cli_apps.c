#include "cli/cli_command.h"
#include "cli/cli_secrets.h"

static const char *const name_member[] = {"name", NULL};

static const struct cli_column columns[] = {{"ID", "/id"},
                                            {"INTEGRATION", "/integration"},
                                            {"NAME", "/name"},
                                            {"CLIENT", "/client_id"},
                                            {"DEFAULT", "/default"},
                                            {"SECRETS", "/secrets"},
                                            {"ENVIRONMENT", "/environment"},
                                            {NULL, NULL}};

static const struct cli_option list_options[] = {
    {.name = "environment",
     .value = "ID",
     .place = OPTION_QUERY,
     .doc = "This environment's own."},
    {.name = "integration",
     .value = "NAME",
     .place = OPTION_QUERY,
     .doc = "Those of this integration."},
    {.name = "platform", .place = OPTION_QUERY, .doc = "The platform's alone."},
    {.name = NULL}};

#define SHARED_OPTIONS                                                                   \
    {.name = "redirect-uri",                                                             \
     .value = "URL",                                                                     \
     .place = OPTION_TEXT,                                                               \
     .member = "redirect_uri",                                                           \
     .doc =                                                                              \
         "Where the vendor sends people back to; \"\" for Breakwater's own address."},   \
        {.name = "auth",                                                                 \
         .value = "WAY",                                                                 \
         .place = OPTION_TEXT,                                                           \
         .doc = "The way of authentication for which alone it is; \"\" for all."},       \
        {.name = "scopes",                                                               \
         .value = "SCOPE,SCOPE",                                                         \
         .place = OPTION_LIST_OR_NULL,                                                   \
         .doc = "What is asked of the vendor; \"\" for what the document says."},        \
        {.name = "param",                                                                \
         .value = "NAME=VALUE",                                                          \
         .place = OPTION_PAIRS,                                                          \
         .member = "params",                                                             \
         .doc = "What URLs of the auth block need: tenant=acme; many times."},           \
        {.name = "return-urls",                                                          \
         .value = "URL,URL",                                                             \
         .place = OPTION_LIST,                                                           \
         .member = "return_urls",                                                        \
         .doc = "What a URL must begin with to be returned to after connecting."},       \
    {                                                                                    \
        .name = "default", .place = OPTION_TRUE,                                         \
        .doc = "Make it the one that is used where none is named."                       \
    }

static const struct cli_option create_options[] = {
    {.name = "integration",
     .value = "NAME",
     .place = OPTION_TEXT,
     .required = true,
     .doc = "Its integration."},
    {.name = "client-id",
     .value = "ID",
     .place = OPTION_TEXT,
     .member = "client_id",
     .required = true,
     .doc = "The vendor's name for the client."},
    {.name = "environment",
     .value = "ID",
     .place = OPTION_TEXT,
     .doc = "Its environment; left out: the platform's."},
    SHARED_OPTIONS,
    {.name = NULL}};

static const struct cli_option update_options[] = {
    {.name = "name", .value = "NAME", .place = OPTION_TEXT, .doc = "For people."},
    {.name = "client-id",
     .value = "ID",
     .place = OPTION_TEXT,
     .member = "client_id",
     .doc = "The vendor's name for the client."},
    SHARED_OPTIONS,
    {.name = NULL}};

const struct cli_action action_apps_list = {.method = "GET",
                                            .path = "/v1/apps",
                                            .options = list_options,
                                            .columns = columns,
                                            .noun = "apps"};
const struct cli_action action_apps_show = {.method = "GET", .path = "/v1/apps/{}"};
const struct cli_action action_apps_create = {.method = "POST",
                                              .path = "/v1/apps",
                                              .members = name_member,
                                              .options = create_options};
const struct cli_action action_apps_update = {
    .method = "PATCH", .path = "/v1/apps/{}", .options = update_options};
const struct cli_action action_apps_delete = {
    .method = "DELETE", .path = "/v1/apps/{}", .done = "deleted"};

/* --- secrets --- */

#define SECRETS_PATH "/v1/apps/{}/secrets"

static const struct cli_option secrets_options[] = {
    SECRET_OPTIONS("secret_version", "the one of --field ends"),
    {.name = "replace",
     .doc = "Take away those that are not given; otherwise they stay."},
    {.name = "remove",
     .value = "NAME",
     .doc = "Take this one away; client_secret_next takes the place of client_secret."},
    {.name = NULL}};

static int run_secrets(struct cli *cli)
{
    str name = cli_value(cli, "remove");
    bool replace = cli_has(cli, "replace");
    bool given = cli_has(cli, "from-stdin") || cli_has(cli, "from-file");
    struct secrets_place place = {.method = replace ? "PUT" : "PATCH",
                                  .path = SECRETS_PATH,
                                  .member = "secrets",
                                  .way = STR_NONE,
                                  .by_name = true};
    if (cli_has(cli, "ends") && !cli_has(cli, "field"))
        return cli_misused(cli, "--ends wants --field NAME");
    if (str_absent(name) && !given && !replace && cli_has(cli, "ends"))
        return secrets_send_end(cli, &place);
    if (str_absent(name))
        return secrets_send(cli, &place);
    if (replace || given || cli_has(cli, "ends"))
        return cli_misused(cli, "--remove stands alone");
    return secrets_remove(cli, &place, name);
}

const struct cli_action action_apps_secrets = {.method = "PATCH",
                                               .path = SECRETS_PATH,
                                               .options = secrets_options,
                                               .run = run_secrets};
