#include "cli/cli_command.h"
#include "cli/cli_secrets.h"

static const struct cli_column columns[] = {{"ID", "/id"},
                                            {"INTEGRATION", "/integration"},
                                            {"EXTERNAL ID", "/external_id"},
                                            {"NAME", "/name"},
                                            {"STATE", "/state"},
                                            {"ENVIRONMENT", "/environment"},
                                            {NULL, NULL}};

static const struct cli_option list_options[] = {
    {.name = "environment",
     .value = "ID",
     .place = OPTION_QUERY,
     .doc = "Those of this environment."},
    {.name = "integration",
     .value = "NAME",
     .place = OPTION_QUERY,
     .doc = "Those of this integration."},
    {.name = "state",
     .value = "STATE",
     .place = OPTION_QUERY,
     .doc = "Those in this state."},
    {.name = "external-id",
     .value = "ID",
     .place = OPTION_QUERY,
     .member = "external_id",
     .doc = "Those of this external id."},
    {.name = "label",
     .value = "NAME=VALUE",
     .place = OPTION_LABELS,
     .doc = "Those with this label; may be given many times."},
    {.name = NULL}};

#define SHARED_OPTIONS                                                                   \
    {.name = "external-id",                                                              \
     .value = "ID",                                                                      \
     .place = OPTION_TEXT,                                                               \
     .member = "external_id",                                                            \
     .doc = "Your own name for it; \"\" for none."},                                     \
        {.name = "name",                                                                 \
         .value = "NAME",                                                                \
         .place = OPTION_TEXT,                                                           \
         .doc = "For people; \"\" for none."},                                           \
        {.name = "app",                                                                  \
         .value = "ID",                                                                  \
         .place = OPTION_TEXT,                                                           \
         .doc = "The app with which it is connected; \"\" for none."},                   \
        {.name = "auth",                                                                 \
         .value = "WAY",                                                                 \
         .place = OPTION_TEXT,                                                           \
         .doc =                                                                          \
             "By which way of authentication of its integration; \"\" for the first."},  \
        {.name = "label",                                                                \
         .value = "NAME=VALUE",                                                          \
         .place = OPTION_PAIRS,                                                          \
         .member = "labels",                                                             \
         .doc = "A word of your own about it; may be given many times, \"\" for none."}, \
        {.name = "context",                                                              \
         .value = "NAME=VALUE",                                                          \
         .place = OPTION_PAIRS,                                                          \
         .doc = "What URLs of the integration need: subdomain=acme; many times."},       \
    {                                                                                    \
        .name = "concurrency", .value = "N", .place = OPTION_NUMBER,                     \
        .member = "concurrency_max",                                                     \
        .doc = "Calls at once; 0 = the integration's setting."                           \
    }

static const struct cli_option update_options[] = {
    SHARED_OPTIONS,
    {.name = "ends",
     .value = "TIME",
     .place = OPTION_TIME,
     .doc = "When its credentials end: 2027-01-31T00:00:00Z; never = not known."},
    {.name = NULL}};

static const struct cli_option create_options[] = {{.name = "environment",
                                                    .value = "ID",
                                                    .place = OPTION_TEXT,
                                                    .required = true,
                                                    .doc = "Its environment."},
                                                   {.name = "integration",
                                                    .value = "NAME",
                                                    .place = OPTION_TEXT,
                                                    .required = true,
                                                    .doc = "Its integration."},
                                                   SHARED_OPTIONS,
                                                   {.name = NULL}};

static const struct cli_option disable_options[] = {
    {.name = "reason", .value = "TEXT", .place = OPTION_TEXT, .doc = "Why."},
    {.name = NULL}};

static const struct cli_option delete_options[] = {
    {.name = "writes",
     .value = "WORD",
     .place = OPTION_QUERY,
     .doc = "wait = it goes when its writes have ended, which it does unless told "
            "otherwise; cancel = they are cancelled."},
    {.name = NULL}};

const struct cli_action action_accounts_list = {.method = "GET",
                                                .path = "/v1/accounts",
                                                .options = list_options,
                                                .columns = columns,
                                                .noun = "accounts"};
const struct cli_action action_accounts_show = {.method = "GET",
                                                .path = "/v1/accounts/{}"};
const struct cli_action action_accounts_create = {
    .method = "POST", .path = "/v1/accounts", .options = create_options};
const struct cli_action action_accounts_update = {
    .method = "PATCH", .path = "/v1/accounts/{}", .options = update_options};
const struct cli_action action_accounts_delete = {.method = "DELETE",
                                                  .path = "/v1/accounts/{}",
                                                  .options = delete_options,
                                                  .done = "deleted"};
const struct cli_action action_accounts_enable = {.method = "POST",
                                                  .path = "/v1/accounts/{}/enable"};
const struct cli_action action_accounts_disable = {
    .method = "POST", .path = "/v1/accounts/{}/disable", .options = disable_options};

const struct cli_action action_accounts_renew = {.method = "POST",
                                                 .path = "/v1/accounts/{}/renew"};

/* --- credentials --- */

#define CREDENTIALS_PATH "/v1/accounts/{}/credentials"

static const struct cli_option credentials_options[] = {
    SECRET_OPTIONS("credential_version", "they end"),
    {.name = "auth",
     .value = "WAY",
     .doc = "The way of authentication that they are of; unless given, the account's."},
    {.name = NULL}};

static int run_credentials(struct cli *cli)
{
    struct secrets_place place = {.method = "PUT",
                                  .path = CREDENTIALS_PATH,
                                  .member = "credentials",
                                  .way = cli_value(cli, "auth")};
    return secrets_send(cli, &place);
}

const struct cli_action action_accounts_credentials = {.method = "PUT",
                                                       .path = CREDENTIALS_PATH,
                                                       .options = credentials_options,
                                                       .run = run_credentials};
