#include "counter.h"
#include "groups.h"
#include "papers.h"

#include "connect/choice.h"

#define KEY  "{'way':'key','scheme':'basic'}"
#define NONE "{'way':'open','scheme':'none'}"
#define OAUTH(name)                                                                      \
    "{'way':'" name "','scheme':'bearer','token':{'grant':'authorization_code',"         \
    "'authorize_url':'https://a.acme.test/auth','url':'https://a.acme.test/t'}}"
#define APP                                                                              \
    "{'way':'app','scheme':'bearer','token':{'grant':'client_credentials',"              \
    "'url':'https://a.acme.test/t'}}"
#define APP_WITH_FORM                                                                    \
    "{'way':'app','scheme':'bearer','connect':{'fields':{'client_secret':'Secret'}},"    \
    "'token':{'grant':'client_credentials','url':'https://a.acme.test/t'}}"

static void make_app(struct counter *counter, const char *way)
{
    struct change app = counter_change(counter, CHANGE_APP_CREATE);
    app.integration = STR("acme");
    app.name = STR("Ours");
    app.client_id = STR("client");
    app.way = way ? str_z(way) : STR_NONE;
    counter_make(counter, &app);
}

static void set_way(struct counter *counter, const char *way, bool with_credentials)
{
    struct credential credential = {STR("token"), {0}};
    struct change change = counter_change(
        counter, with_credentials ? CHANGE_ACCOUNT_CREDENTIALS : CHANGE_ACCOUNT_UPDATE);
    secret_init(&credential.value, STR("hush"));
    change.id = counter->account;
    change.way = str_z(way);
    change.credentials = &credential;
    change.credential_n = with_credentials;
    counter_make(counter, &change);
    secret_fini(&credential.value);
}

/* The way; or those that there are to choose from, behind "?". */
static str choose(struct counter *counter, const char *auth, const char *of_session,
                  const char *asked)
{
    struct arena *arena = &counter->arena;
    struct account *account = directory_account(counter->directory, counter->account);
    const char *patch = arena_z(arena, arena_printf(arena, "{'auth':[%s]}", auth));
    struct choice choice = {.directory = counter->directory,
                            .integration = papers_read(arena, patch),
                            .account = account,
                            .of_session = of_session ? str_z(of_session) : STR_NONE,
                            .asked = asked ? str_z(asked) : STR_NONE};
    const struct auth_way *way = choice_make(&choice);
    str text = way ? way->name : STR("?");
    for (uint32_t i = 0; !way && i < choice.n; i++)
        text = arena_printf(arena, STR_F " " STR_F, STR_A(text),
                            STR_A(choice.ways[i]->name));
    account_unref(&account);
    return text;
}

static void what_can_be_used_is_offered(void **state)
{
    struct counter *counter = *state;
    assert_str(choose(counter, KEY "," OAUTH("oauth"), NULL, NULL), STR("key"));
    assert_str(choose(counter, KEY "," APP_WITH_FORM "," NONE, NULL, NULL),
               STR("? key app"));
    make_app(counter, NULL);
    assert_str(choose(counter, KEY "," OAUTH("oauth"), NULL, NULL), STR("? key oauth"));
    assert_str(choose(counter, KEY "," OAUTH("oauth"), NULL, "oauth"), STR("oauth"));
    assert_str(choose(counter, KEY "," OAUTH("oauth"), NULL, "jwt"), STR("? key oauth"));
    assert_str(choose(counter, KEY "," APP, NULL, NULL), STR("key"));
    assert_str(choose(counter, KEY "," APP, NULL, "app"), STR("key"));
    make_app(counter, "app");
    assert_str(choose(counter, KEY "," APP, NULL, NULL), STR("? key app"));
}

/* Its page says what is missing. */
static void where_nothing_can_be_used_it_is_the_first(void **state)
{
    assert_str(choose(*state, OAUTH("one") "," OAUTH("two"), NULL, NULL), STR("one"));
}

static void an_account_with_a_way_is_not_asked(void **state)
{
    struct counter *counter = *state;
    make_app(counter, NULL);
    set_way(counter, "oauth", false);
    assert_str(choose(counter, KEY "," OAUTH("oauth"), NULL, "key"), STR("oauth"));
    assert_str(choose(counter, KEY "," OAUTH("two"), NULL, NULL), STR("? key two"));
}

static void credentials_without_a_name_are_those_of_the_first(void **state)
{
    struct counter *counter = *state;
    make_app(counter, NULL);
    set_way(counter, "", true);
    assert_str(choose(counter, KEY "," OAUTH("oauth"), NULL, "oauth"), STR("key"));
}

static void the_session_comes_first(void **state)
{
    struct counter *counter = *state;
    set_way(counter, "key", true);
    assert_str(choose(counter, KEY "," OAUTH("oauth"), "oauth", "key"), STR("oauth"));
    assert_str(choose(counter, KEY "," OAUTH("oauth"), "jwt", "key"), STR("?"));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, counter_setup, counter_teardown)

int test_choice(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_can_be_used_is_offered),
        TEST(where_nothing_can_be_used_it_is_the_first),
        TEST(an_account_with_a_way_is_not_asked),
        TEST(credentials_without_a_name_are_those_of_the_first),
        TEST(the_session_comes_first),
    };
    return cmocka_run_group_tests_name("connect: choice", tests, NULL, NULL);
}
