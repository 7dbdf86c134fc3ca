/*
 * The command line against the API: every command that asks it, once at least.
 */
#include <stdlib.h>

#include "cli/cli_command.h"
#include "groups.h"
#include "house.h"
#include "support/shell.h"

enum { COMMANDS_MAX = 200 };

static bool ran_well[COMMANDS_MAX];

static void note(const char *words)
{
    for (size_t i = 0; i < cli_command_n; i++) {
        const struct cli_command *command = &cli_commands[i];
        str name = str_z(words);
        name = str_of(name.p, str_find(name, ' '));
        str rest = str_z(words + name.n + (words[name.n] == ' '));
        str verb = str_of(rest.p, command->verb[0] ? str_find(rest, ' ') : 0);
        if (str_eq(name, str_z(command->noun)) && str_eq(verb, str_z(command->verb)))
            ran_well[i] = true;
    }
}

static str run(struct house *house, const char *words, const char *input)
{
    struct ran ran = shell_run(&house->arena, words, input);
    if (ran.status != 0)
        fail_msg("%s: exit %d\n" STR_F, words, ran.status, STR_A(ran.err));
    note(words);
    return ran.out;
}

static const char *id_in(struct house *house, const char *words)
{
    str out = run(house, format(house, "%s --json", words), NULL);
    return arena_z(&house->arena,
                   json_member_text(given_json(&house->arena, out), STR("id")));
}

static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *house = *state;
    setenv("BREAKWATER_URL", format(house, "http://127.0.0.1:%u", house->port), 1);
    setenv("BREAKWATER_ADMIN_KEY", house->admin, 1);
    return failed;
}

static int teardown(void **state)
{
    unsetenv("BREAKWATER_URL");
    unsetenv("BREAKWATER_ADMIN_KEY");
    return house_teardown(state);
}

static const char *write_document(struct house *house, const char *text)
{
    const char *path = format(house, "%s/document.json", house->data);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (; *text; text++)
        fputc(*text == '\'' ? '"' : *text, file);
    fclose(file);
    return path;
}

static void test_stages_and_environments(void **state)
{
    struct house *house = *state;
    assert_in(run(house, "stages create live --kind production", NULL), "production");
    assert_in(run(house, "stages list", NULL), "ID ");
    assert_in(run(house, "stages show live", NULL), "name     live\n");
    const char *id = id_in(house, "environments create 'Acme Corp' --stage live "
                                  "--external-id cust/1 --label tier=gold");
    assert_in(run(house, "environments list --external-id cust/1", NULL), "tier=gold");
    run(house, format(house, "environments update %s --name Other --external-id ''", id),
        NULL);
    str shown = run(house, format(house, "environments show %s", id), NULL);
    assert_in(shown, "external_id      -\n");
    assert_in(shown, "labels.tier      gold\n");
    assert_str(run(house, format(house, "environments delete %s", id), NULL),
               str_z(format(house, "deleted %s\n", id)));
    assert_str(run(house, "stages delete live", NULL), STR("deleted live\n"));
    assert_str(run(house, "stages list", NULL), STR("no stages\n"));
}

static void test_integrations(void **state)
{
    struct house *house = *state;
    const char *path = write_document(house, acme_document);
    assert_in(run(house, format(house, "integrations check %s", path), NULL),
              "valid      yes\n");
    run(house, format(house, "integrations put %s", path), NULL);
    assert_in(run(house, "integrations list", NULL), "*.acme.test");
    str shown = run(house, "integrations show acme", NULL);
    assert_in(shown, "credentials.1.name");
    assert_true(str_find_str(shown, STR("base_url")) == shown.n);
    assert_in(run(house, "integrations document acme", NULL), "\"base_url\"");
    const char *other = "{'name':'acme','hosts':['a.test'],'base_url':'https://a.test',"
                        "'auth':'bearer'}";
    run(house, "integrations put -",
        arena_z(&house->arena, given_file(&house->arena, write_document(house, other))));
    assert_in(run(house, "integrations versions acme", NULL), "2         yes");
    run(house, "integrations activate acme 1", NULL);
    assert_in(run(house, "integrations document acme 2", NULL), "a.test");
    assert_str(run(house, "integrations faults", NULL), STR("no faults\n"));
    assert_str(run(house, "integrations rescan", NULL), STR("no faults\n"));
    run(house, "integrations delete acme --force", NULL);
}

static void test_a_bad_document_says_what_is_wrong(void **state)
{
    struct house *house = *state;
    const char *path = write_document(house, "{'name':'bad','hots':[]}");
    struct ran ran =
        shell_run(&house->arena, format(house, "integrations put %s", path), NULL);
    assert_ran(ran, 1);
    assert_in(ran.err, "did you mean \"hosts\"?");
    path = write_document(house, "{");
    ran = shell_run(&house->arena, format(house, "integrations put %s", path), NULL);
    assert_ran(ran, 1);
    assert_in(ran.err, "document_invalid");
    ran = shell_run(&house->arena, "integrations put /nonexistent", NULL);
    assert_ran(ran, 1);
    assert_in(ran.err, "/nonexistent cannot be read");
}

static void test_accounts(void **state)
{
    struct house *house = *state;
    make_acme(house);
    const char *environment = make_environment(house, make_stage(house, "acc"), "e");
    const char *id =
        id_in(house, format(house,
                            "accounts create --environment %s --integration acme "
                            "--external-id crm --context subdomain=one --label a=b",
                            environment));
    assert_in(run(house, "accounts list --label a=b", NULL), "connecting");
    str out =
        run(house, "accounts credentials crm --from-stdin --field token", "t0p-s3cret\n");
    assert_in(out, "active");
    assert_true(str_find_str(out, STR("s3cret")) == out.n);
    const char *path = write_document(house, "{'token':'other'}");
    run(house, format(house, "accounts credentials crm --from-file %s --version 1", path),
        NULL);
    enum err err;
    struct account *account = directory_account(house->directory, str_z(id));
    const struct credentials *stored =
        directory_credentials(house->directory, account, &err);
    assert_str(secret_peek(&stored->items[0].value), STR("other"));
    account_unref(&account);
    run(house, "accounts disable crm --reason spring", NULL);
    assert_in(run(house, "accounts show crm", NULL), "disabled");
    run(house, "accounts enable crm", NULL);
    assert_in(run(house, "accounts update crm --name 'The CRM' --concurrency 4", NULL),
              "The CRM");
    run(house, format(house, "accounts delete %s", id), NULL);
}

static void test_apps(void **state)
{
    struct house *house = *state;
    make_acme(house);
    const char *environment = make_environment(house, make_stage(house, "apps"), "e");
    const char *id =
        id_in(house, "apps create Ours --integration acme --client-id client "
                     "--scopes read,write --param tenant=t --return-urls https://a.test/ "
                     "--redirect-uri https://a.test/cb");
    const char *own = id_in(house, format(house,
                                          "apps create Own --integration acme "
                                          "--client-id other --environment %s --default",
                                          environment));
    str out = run(house, format(house, "apps secrets %s --from-stdin", id),
                  "{\"client_secret\":\"t0p-s3cret\"}");
    assert_true(str_find_str(out, STR("s3cret")) == out.n);
    run(house,
        format(house, "apps secrets %s --from-stdin --field client_secret_next", id),
        "t0p-s3cret-2\n");
    assert_in(run(house, "apps list --platform", NULL),
              "client_secret,client_secret_next");
    run(house, format(house, "apps secrets %s --remove client_secret --version 2", id),
        NULL);
    out = run(house, format(house, "apps show %s", id), NULL);
    assert_in(out, "secrets         client_secret\n");
    assert_in(out, "scopes          read,write\n");
    run(house,
        format(house, "apps secrets %s --from-stdin --replace --field client_secret", id),
        "x");
    out = run(house, format(house, "apps update %s --scopes '' --redirect-uri ''", id),
              NULL);
    assert_in(out, "scopes          -\n");
    struct ran ran = shell_run(
        &house->arena,
        format(house, "apps secrets %s --remove private_key --replace", id), NULL);
    assert_ran(ran, 2);
    run(house,
        format(house,
               "accounts create --environment %s --integration acme --external-id app "
               "--app %s",
               environment, own),
        NULL);
    ran = shell_run(&house->arena, format(house, "apps delete %s", own), NULL);
    assert_ran(ran, 1);
    assert_in(ran.err, "accounts connected with it (1)");
    run(house, "accounts update app --app ''", NULL);
    run(house, format(house, "apps delete %s", own), NULL);
    run(house, format(house, "apps delete %s", id), NULL);
    assert_str(run(house, "apps list", NULL), STR("no apps\n"));
}

static void test_a_token_is_renewed(void **state)
{
    struct house *house = *state;
    const char *path = write_document(
        house, "{'name':'renewable','hosts':['https://a.test'],'base_url':'https://a."
               "test','auth':{'scheme':'bearer','token':{'grant':'authorization_code',"
               "'authorize_url':'https://a.test/a','url':'https://a.test/t','client':"
               "'none'}}}");
    run(house, format(house, "integrations put %s", path), NULL);
    const char *environment = make_environment(house, make_stage(house, "tok"), "e");
    struct heard heard = post(house,
                              format(house,
                                     "{'environment':'%s','integration':'renewable',"
                                     "'external_id':'tok','credentials':{'token':'a',"
                                     "'refresh_token':'r','client_id':'c'}}",
                                     environment),
                              "/v1/accounts");
    assert_status(heard, 201);
    str out = run(house, "accounts renew tok", NULL);
    assert_in(out, "token.kept                     yes\n");
    assert_in(out, "token.failures                 0\n");
}

static void test_a_link_is_made(void **state)
{
    struct house *house = *state;
    make_acme(house);
    const char *environment = make_environment(house, make_stage(house, "link"), "e");
    const char *id = make_account(house, environment, "link");
    str out = run(house,
                  "connect link --return http://127.0.0.1:9/after --lifetime 15m --force",
                  NULL);
    assert_in(out, format(house, "account  %s\n", id));
    assert_in(out, "/oauth/connect/con_");
    struct ran ran =
        shell_run(&house->arena, "connect link --return https://else.test/", NULL);
    assert_ran(ran, 1);
    assert_in(ran.err, "/return_url");
    assert_in(ran.err, "connect_returns");
    ran = shell_run(&house->arena, "connect link --lifetime 1s", NULL);
    assert_ran(ran, 1);
    assert_in(ran.err, "/lifetime");
}

static void test_a_secret_keeps_all_but_its_line_end(void **state)
{
    struct house *house = *state;
    make_acme(house);
    const char *environment = make_environment(house, make_stage(house, "sec"), "e");
    const char *id = make_account(house, environment, "sec");
    run(house, format(house, "accounts credentials %s --from-stdin --field token", id),
        " a b \r\n");
    enum err err;
    struct account *account = directory_account(house->directory, str_z(id));
    const struct credentials *stored =
        directory_credentials(house->directory, account, &err);
    assert_str(secret_peek(&stored->items[0].value), STR(" a b "));
    account_unref(&account);
    struct ran ran =
        shell_run(&house->arena,
                  format(house, "accounts credentials %s --from-stdin", id), "plain");
    assert_ran(ran, 1);
    assert_in(ran.err, "--field NAME");
}

static void test_keys(void **state)
{
    struct house *house = *state;
    str made = run(house, "keys create ci --permissions read,call --json", NULL);
    const struct json *key = given_json(&house->arena, made);
    const char *id = arena_z(&house->arena, json_member_text(key, STR("id")));
    str text = json_member_text(key, STR("key"));
    assert_in(run(house, "keys list", NULL), "call,read");
    struct ran ran = shell_run(
        &house->arena, format(house, "stages list --key " STR_F, STR_A(text)), NULL);
    assert_ran(ran, 0);
    run(house,
        format(house, "keys update %s --label cd --expires 2100-01-01T00:00:00Z", id),
        NULL);
    assert_in(run(house, format(house, "keys show %s", id), NULL), "2100-01-01");
    run(house, format(house, "keys delete %s", id), NULL);
    ran = shell_run(&house->arena, format(house, "stages list --key " STR_F, STR_A(text)),
                    NULL);
    assert_ran(ran, 1);
    assert_in(ran.err, "key_unknown");
}

static void test_breakers_limits_logs_and_master_keys(void **state)
{
    struct house *house = *state;
    make_acme(house);
    assert_in(run(house, "breakers force acme open --reason 'vendor asked'", NULL),
              "held          open\n");
    assert_in(run(house, "breakers list --state open", NULL), "acme");
    run(house, "breakers show acme", NULL);
    run(house, "breakers force acme auto --reason done", NULL);
    assert_str(run(house, "limits list", NULL), STR("no limits\n"));
    assert_in(run(house, "cache show", NULL), "bytes_max");
    str audit = run(house, "audit list --object acme --limit 2", NULL);
    assert_in(audit, "breaker.force");
    assert_in(audit, "reason=done");
    const char *account = make_account(
        house, make_environment(house, make_stage(house, "told"), "told"), "told");
    assert_in(run(house, format(house, "events list --account %s", account), NULL),
              "account.connected");
    assert_str(run(house, format(house, "cache list --account %s", account), NULL),
               STR("no kept answers\n"));
    assert_in(run(house, format(house, "cache purge --account %s", account), NULL),
              "entries");
    assert_str(run(house, "events list --type account.degraded", NULL),
               STR("no events\n"));
    assert_in(run(house, "master-keys show", NULL), "sealing");
    assert_in(run(house, "master-keys rotate k2", NULL), "sealing     k2\n");
    run(house, "master-keys rotate", NULL);
    assert_in(run(house, "errors list", NULL), "breaker_open");
}

static void test_overrides(void **state)
{
    struct house *house = *state;
    make_acme(house);
    const char *environment =
        make_environment(house, make_stage(house, "overrides"), "overrides");
    const char *account = make_account(house, environment, "overridden");
    const char *path =
        write_document(house, "{'resilience':{'timeouts':{'total':'9s'}}}");
    assert_in(
        run(house, format(house, "overrides put %s overridden --dry-run", path), NULL),
        "revision     -\n");
    assert_in(run(house, format(house, "overrides put %s overridden", path), NULL),
              "revision     1\n");
    run(house, format(house, "overrides put %s %s acme", path, environment), NULL);
    assert_in(run(house, "overrides list", NULL), account);
    assert_str(run(house, "overrides list --broken", NULL), STR("no overrides\n"));
    assert_in(run(house, format(house, "overrides show %s acme", environment), NULL),
              "override.resilience.timeouts.total  9s\n");
    assert_in(run(house, format(house, "overrides explain %s", account), NULL),
              "account  /resilience/timeouts/total  9s\n");
    assert_str(run(house, "overrides lint overridden", NULL), STR("no findings\n"));
    assert_str(run(house, "overrides remove overridden", NULL),
               STR("removed overridden\n"));
    assert_in(run(house, format(house, "overrides explain %s", account), NULL),
              "environment  /resilience/timeouts/total  9s\n");
    write_document(house, "{'hosts':'evil.test'}");
    struct ran ran = shell_run(&house->arena,
                               format(house, "overrides put %s overridden", path), NULL);
    assert_ran(ran, 1);
    assert_in(ran.err, "/hosts: belongs to the platform");
}

static void test_writes(void **state)
{
    struct house *house = *state;
    make_acme(house);
    const char *environment = make_environment(house, make_stage(house, "wr"), "wr");
    const char *account = make_account(house, environment, "wr");
    const char *id = make_write(house, account, WRITE_NEEDS_DECISION, "/things/1");
    const char *dead = make_write(house, account, WRITE_DEAD, "/things/2");
    str listed = run(house, format(house, "writes list --account %s", account), NULL);
    assert_in(listed, "needs_decision");
    assert_in(listed, dead);
    assert_in(run(house, format(house, "writes show %s", id), NULL), "/things/1\n");
    assert_in(run(house,
                  format(house, "writes cancel --all --account %s --dry-run", account),
                  NULL),
              id);
    assert_in(run(house, format(house, "writes cancel %s", id), NULL), "cancelled");
    assert_status(post(house, NULL, "/v1/accounts/%s/disable", account), 200);
    str retried =
        run(house, format(house, "writes retry --all --account %s --state dead", account),
            NULL);
    assert_in(retried, dead);
    assert_true(str_find_str(retried, str_z(id)) == retried.n);
    assert_in(run(house, format(house, "writes retry %s", id), NULL), "/things/1\n");
    struct ran ran = shell_run(&house->arena, "writes cancel", NULL);
    assert_ran(ran, 1);
    assert_in(ran.err, "--all");
    ran = shell_run(&house->arena, format(house, "writes retry %s --all", id), NULL);
    assert_ran(ran, 1);
}

static void test_hooks(void **state)
{
    struct house *house = *state;
    make_acme(house);
    const char *environment = make_environment(house, make_stage(house, "ho"), "ho");
    const char *account = make_account(house, environment, "ho");
    const char *dead = make_hook(house, account, HOOK_DEAD, "made");
    str listed = run(house, format(house, "hooks list --account %s", account), NULL);
    assert_in(listed, dead);
    assert_in(run(house, format(house, "hooks show %s", dead), NULL), "/hooks/acme");
    assert_in(run(house,
                  format(house, "hooks replay --all --account %s --dry-run", account),
                  NULL),
              dead);
    assert_in(run(house, format(house, "hooks replay %s", dead), NULL), dead);
    struct ran ran = shell_run(&house->arena, "hooks replay", NULL);
    assert_ran(ran, 1);
    assert_in(ran.err, "--all");
    make_rejected(house, account, REASON_signature_wrong);
    listed = run(
        house, format(house, "rejected-hooks list --environment %s", environment), NULL);
    assert_in(listed, "signature_wrong");
    struct heard heard = get(house, "/v1/rejected-hooks?environment=%s", environment);
    assert_in(
        run(house,
            format(house, "rejected-hooks show %s", text_at(house, heard, "/items/0/id")),
            NULL),
        "sent");
}

static void test_all_of_a_long_list(void **state)
{
    struct house *house = *state;
    for (int i = 0; i < 30; i++)
        make_stage(house, format(house, "long %d", i));
    struct ran ran = shell_run(&house->arena, "stages list --limit 7", NULL);
    assert_in(ran.err, "There are more: --all, or --cursor ");
    str out = run(house, "stages list --limit 7 --all --json", NULL);
    const struct json *items = json_member(given_json(&house->arena, out), STR("items"));
    assert_true(items->n >= 30);
}

/* Nobody listens there. */
static void test_endpoints_and_deliveries(void **state)
{
    struct house *house = *state;
    const char *environment =
        make_environment(house, make_stage(house, "posted"), "posted");
    const char *id = id_in(
        house, format(house, "endpoints create http://127.0.0.1:1/x --environment %s",
                      environment));
    assert_in(run(house, "endpoints list", NULL), "127.0.0.1:1");
    assert_in(run(house, format(house, "endpoints show %s", id), NULL), "active");
    run(house, format(house, "endpoints update %s --name ours", id), NULL);
    run(house, format(house, "endpoints test %s", id), NULL);
    run(house, format(house, "endpoints pause %s", id), NULL);
    run(house, format(house, "endpoints resume %s", id), NULL);
    assert_in(run(house, format(house, "endpoints rotate %s", id), NULL), "whsec_");
    struct heard heard;
    do
        heard = get(house, "/v1/deliveries?endpoint=%s", id);
    while (count_at(heard, "/items") == 0);
    const char *delivery = text_at(house, heard, "/items/0/id");
    const char *event = text_at(house, heard, "/items/0/event");
    assert_in(run(house, "deliveries list", NULL), delivery);
    assert_in(run(house, format(house, "deliveries show %s", delivery), NULL),
              "endpoint.test");
    run(house, format(house, "deliveries replay --all --endpoint %s --dry-run", id),
        NULL);
    assert_in(run(house, format(house, "events show %s", event), NULL), "endpoint.test");
    run(house, format(house, "endpoints delete %s", id), NULL);
}

static void test_every_command_that_asks_was_run(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_command_n; i++)
        if (cli_commands[i].action && !cli_commands[i].action->local && !ran_well[i])
            fail_msg("no test has run %s %s", cli_commands[i].noun, cli_commands[i].verb);
}

int test_api_cli(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stages_and_environments),
        cmocka_unit_test(test_integrations),
        cmocka_unit_test(test_a_bad_document_says_what_is_wrong),
        cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_apps),
        cmocka_unit_test(test_a_token_is_renewed),
        cmocka_unit_test(test_a_link_is_made),
        cmocka_unit_test(test_a_secret_keeps_all_but_its_line_end),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_breakers_limits_logs_and_master_keys),
        cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_hooks),
        cmocka_unit_test(test_all_of_a_long_list),
        cmocka_unit_test(test_endpoints_and_deliveries),
        cmocka_unit_test(test_every_command_that_asks_was_run),
    };
    return cmocka_run_group_tests_name("api: the command line", tests, setup, teardown);
}
