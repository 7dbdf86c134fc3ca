#include "groups.h"
#include "office.h"

#include <stdlib.h>

/*
 * Random changes against a model of plain arrays. The model says of each change whether
 * it must succeed; what the directory then shows is what the model holds; and it is the
 * same after the store was opened again.
 */

enum {
    STAGES = 4,
    ENVIRONMENTS = 12,
    ACCOUNTS = 60,
    APPS = 20,
    KEYS = 10,
    CHANGES = 4000,
    NAMES = 9
};

struct m_stage {
    bool in;
    struct tenant_id id;
};

struct m_environment {
    bool in;
    struct tenant_id id;
    int stage;
    int name; /* external id; −1: none */
    int concurrency;
};

struct m_account {
    bool in;
    struct tenant_id id;
    int environment;
    int integration;
    int name;
    int label;
    int app;          /* −1: none */
    unsigned version; /* of its credentials */
    enum account_state state;
};

struct m_app {
    bool in;
    struct tenant_id id;
    int environment; /* −1: the platform's */
    int integration;
    unsigned made;   /* the lower, the older */
    unsigned chosen; /* the greatest is the default */
    unsigned version;
};

struct m_key {
    bool in;
    struct tenant_id id;
    str text;
    int stage;       /* −1: all */
    int environment; /* −1: all of the stage */
};

struct model {
    struct office *office;
    uint64_t seed;
    struct m_stage stages[STAGES];
    struct m_environment environments[ENVIRONMENTS];
    struct m_account accounts[ACCOUNTS];
    struct m_app apps[APPS];
    struct m_key keys[KEYS];
    unsigned made; /* counts up, for names of stages and the age of apps */
};

static const char *const integrations[] = {"crm", "mail"};
static const char *const names[NAMES] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};

static int pick(struct model *m, int n)
{
    return (int)unit_below(&m->seed, (size_t)n);
}

static str name_of(int name)
{
    return name < 0 ? STR_NONE : str_z(names[name]);
}

static str id_of(const struct tenant_id *id)
{
    return tenant_id_str(id);
}

static void expect(struct model *m, struct change *change, enum err err)
{
    assert_int_equal(office_do(m->office, change), err);
}

/* --- what the model says --- */

static bool environment_name_taken(struct model *m, int stage, int name, int except)
{
    for (int i = 0; i < ENVIRONMENTS; i++)
        if (i != except && name >= 0 && m->environments[i].in &&
            m->environments[i].stage == stage && m->environments[i].name == name)
            return true;
    return false;
}

static bool account_name_taken(struct model *m, const struct m_account *as, int name)
{
    for (int i = 0; i < ACCOUNTS; i++) {
        const struct m_account *other = &m->accounts[i];
        if (other != as && name >= 0 && other->in && other->name == name &&
            other->environment == as->environment &&
            other->integration == as->integration)
            return true;
    }
    return false;
}

static bool stage_used(struct model *m, int stage)
{
    for (int i = 0; i < ENVIRONMENTS; i++)
        if (m->environments[i].in && m->environments[i].stage == stage)
            return true;
    for (int i = 0; i < KEYS; i++)
        if (m->keys[i].in && m->keys[i].stage == stage)
            return true;
    return false;
}

static bool environment_used(struct model *m, int environment)
{
    for (int i = 0; i < ACCOUNTS; i++)
        if (m->accounts[i].in && m->accounts[i].environment == environment)
            return true;
    for (int i = 0; i < APPS; i++)
        if (m->apps[i].in && m->apps[i].environment == environment)
            return true;
    for (int i = 0; i < KEYS; i++)
        if (m->keys[i].in && m->keys[i].environment == environment)
            return true;
    return false;
}

static bool app_used(struct model *m, int app)
{
    for (int i = 0; i < ACCOUNTS; i++)
        if (m->accounts[i].in && m->accounts[i].app == app)
            return true;
    return false;
}

/* Whether an account of this environment and integration may have the app. */
static bool app_fits(struct model *m, const struct m_account *account, int app)
{
    const struct m_app *named = &m->apps[app];
    return named->in && named->integration == account->integration &&
           (named->environment < 0 || named->environment == account->environment);
}

/* Of exactly this environment; −1 when it has none. */
static int default_app(struct model *m, int environment, int integration)
{
    int best = -1;
    for (int i = 0; i < APPS; i++) {
        const struct m_app *app = &m->apps[i];
        const struct m_app *than = best < 0 ? NULL : &m->apps[best];
        if (app->in && app->environment == environment &&
            app->integration == integration &&
            (!than || app->chosen > than->chosen ||
             (app->chosen == than->chosen && app->made < than->made)))
            best = i;
    }
    return best;
}

/* --- changes --- */

static void change_a_stage(struct model *m)
{
    int at = pick(m, STAGES);
    struct m_stage *stage = &m->stages[at];
    struct change change;
    if (!stage->in) {
        change = office_change(m->office, CHANGE_STAGE_CREATE);
        change.name = arena_printf(&m->office->arena, "stage %u", m->made++);
        expect(m, &change, ERR_NONE);
        stage->id = change.new_id;
        stage->in = true;
        return;
    }
    change = office_change(m->office, CHANGE_STAGE_DELETE);
    change.id = id_of(&stage->id);
    bool used = stage_used(m, at);
    expect(m, &change, used ? ERR_OBJECT_IN_USE : ERR_NONE);
    stage->in = used;
}

static void create_environment(struct model *m, int at)
{
    struct m_environment *environment = &m->environments[at];
    int stage = pick(m, STAGES), name = pick(m, NAMES + 3) - 3;
    struct change change = office_change(m->office, CHANGE_ENVIRONMENT_CREATE);
    change.stage_id = id_of(&m->stages[stage].id);
    change.name = STR("e");
    change.external_id = name_of(name < 0 ? -1 : name);
    bool taken = environment_name_taken(m, stage, name, -1);
    expect(m, &change,
           !m->stages[stage].in ? ERR_OBJECT_UNKNOWN
           : taken              ? ERR_OBJECT_EXISTS
                                : ERR_NONE);
    if (change.err == ERR_NONE)
        *environment = (struct m_environment){.in = true,
                                              .id = change.new_id,
                                              .stage = stage,
                                              .name = name < 0 ? -1 : name};
}

static void change_an_environment(struct model *m)
{
    int at = pick(m, ENVIRONMENTS);
    struct m_environment *environment = &m->environments[at];
    struct change change;
    if (!environment->in) {
        create_environment(m, at);
    } else if (pick(m, 3)) {
        int name = pick(m, NAMES);
        change = office_change(m->office, CHANGE_ENVIRONMENT_UPDATE);
        change.id = id_of(&environment->id);
        change.external_id = name_of(name);
        change.concurrency_max = pick(m, 100);
        bool taken = environment_name_taken(m, environment->stage, name, at);
        expect(m, &change, taken ? ERR_OBJECT_EXISTS : ERR_NONE);
        if (!taken) {
            environment->name = name;
            environment->concurrency = (int)change.concurrency_max;
        }
    } else {
        bool used = environment_used(m, at);
        change = office_change(m->office, CHANGE_ENVIRONMENT_DELETE);
        change.id = id_of(&environment->id);
        expect(m, &change, used ? ERR_OBJECT_IN_USE : ERR_NONE);
        environment->in = used;
    }
}

static void create_account(struct model *m, struct m_account *account)
{
    struct m_account next = {.environment = pick(m, ENVIRONMENTS),
                             .integration = pick(m, 2),
                             .name = pick(m, NAMES + 3) - 3,
                             .app = -1};
    struct change change = office_change(m->office, CHANGE_ACCOUNT_CREATE);
    bool there = m->environments[next.environment].in;
    if (next.name < 0)
        next.name = -1;
    change.environment_id = id_of(&m->environments[next.environment].id);
    change.integration = str_z(integrations[next.integration]);
    change.external_id = name_of(next.name);
    bool taken = account_name_taken(m, &next, next.name);
    expect(m, &change,
           !there  ? ERR_OBJECT_UNKNOWN
           : taken ? ERR_OBJECT_EXISTS
                   : ERR_NONE);
    next.id = change.new_id;
    next.in = true;
    if (change.err == ERR_NONE)
        *account = next;
}

static void update_account(struct model *m, struct m_account *account)
{
    struct change change = office_change(m->office, CHANGE_ACCOUNT_UPDATE);
    int name = pick(m, NAMES + 1) - 1;
    change.id = id_of(&account->id);
    change.external_id = name < 0 ? STR("") : name_of(name);
    int label = pick(m, 1000);
    change.labels = office_json(
        m->office, arena_printf(&m->office->arena, "{\"n\":\"%d\"}", label).p);
    bool taken = account_name_taken(m, account, name);
    expect(m, &change, taken ? ERR_OBJECT_EXISTS : ERR_NONE);
    if (taken)
        return;
    account->name = name;
    account->label = label;
}

static void give_app(struct model *m, struct m_account *account)
{
    struct change change = office_change(m->office, CHANGE_ACCOUNT_UPDATE);
    int app = pick(m, APPS + 3) - 3;
    change.id = id_of(&account->id);
    change.app_id = app < 0 ? STR("") : id_of(&m->apps[app].id);
    if (app >= 0 && !m->apps[app].in)
        change.app_id = STR("app_none");
    bool fits = app < 0 || app_fits(m, account, app);
    expect(m, &change, fits ? ERR_NONE : ERR_OBJECT_UNKNOWN);
    if (fits)
        account->app = app < 0 ? -1 : app;
}

static void store_credentials(struct model *m, struct m_account *account)
{
    const char *value = arena_printf(&m->office->arena, "v%u", account->version + 1).p;
    assert_int_equal(
        office_store_credential(m->office, id_of(&account->id), "token", value),
        ERR_NONE);
    account->version++;
    account->state = ACCOUNT_ACTIVE;
}

static void change_an_account(struct model *m)
{
    struct m_account *account = &m->accounts[pick(m, ACCOUNTS)];
    int what = pick(m, 9);
    if (!account->in) {
        create_account(m, account);
    } else if (what == 8) {
        give_app(m, account);
    } else if (what < 4) {
        update_account(m, account);
    } else if (what < 7) {
        store_credentials(m, account);
    } else {
        struct change change = office_change(m->office, CHANGE_ACCOUNT_DELETE);
        change.id = id_of(&account->id);
        expect(m, &change, ERR_NONE);
        account->in = false;
    }
}

static void create_app(struct model *m, struct m_app *app)
{
    struct m_app next = {.in = true,
                         .environment = pick(m, ENVIRONMENTS + 4) - 4,
                         .integration = pick(m, 2),
                         .made = m->made++};
    struct change change = office_change(m->office, CHANGE_APP_CREATE);
    bool there = true;
    if (next.environment < 0) {
        next.environment = -1;
    } else {
        change.environment_id = id_of(&m->environments[next.environment].id);
        there = m->environments[next.environment].in;
    }
    change.integration = str_z(integrations[next.integration]);
    change.name = STR("p");
    change.client_id = STR("c");
    false_world_advance(&m->office->world, 1);
    expect(m, &change, there ? ERR_NONE : ERR_OBJECT_UNKNOWN);
    next.id = change.new_id;
    if (there)
        *app = next;
}

static void choose_app(struct model *m, struct m_app *app)
{
    struct change change = office_change(m->office, CHANGE_APP_UPDATE);
    change.id = id_of(&app->id);
    change.app_default = true;
    change.name = STR("chosen");
    int before = 0;
    for (int i = 0; i < APPS; i++)
        if (m->apps[i].in && m->apps[i].environment == app->environment &&
            m->apps[i].integration == app->integration && (int)m->apps[i].chosen > before)
            before = (int)m->apps[i].chosen;
    expect(m, &change, ERR_NONE);
    app->chosen = (unsigned)before + 1;
}

static void change_an_app(struct model *m)
{
    int at = pick(m, APPS);
    struct m_app *app = &m->apps[at];
    int what = pick(m, 4);
    if (!app->in) {
        create_app(m, app);
    } else if (what == 0) {
        choose_app(m, app);
    } else if (what < 3) {
        const char *value = arena_printf(&m->office->arena, "s%u", app->version + 1).p;
        assert_int_equal(
            office_store_secret(m->office, id_of(&app->id), "client_secret", value),
            ERR_NONE);
        app->version++;
    } else {
        struct change change = office_change(m->office, CHANGE_APP_DELETE);
        change.id = id_of(&app->id);
        bool used = app_used(m, at);
        expect(m, &change, used ? ERR_OBJECT_IN_USE : ERR_NONE);
        app->in = used;
    }
}

static void create_key(struct model *m, struct m_key *key)
{
    struct change change = office_change(m->office, CHANGE_KEY_CREATE);
    int environment = pick(m, ENVIRONMENTS * 2) - ENVIRONMENTS;
    struct m_key next = {.stage = -1, .environment = -1};
    str id;
    change.name = STR("k");
    change.permissions = PERMISSION_CALL;
    if (environment >= 0 && m->environments[environment].in) {
        next.environment = environment;
        next.stage = m->environments[environment].stage;
        id = id_of(&m->environments[environment].id);
        change.environment_ids = &id;
        change.environment_n = 1;
    } else if (environment >= -ENVIRONMENTS / 2 && m->stages[0].in) {
        next.stage = 0;
    }
    if (next.stage >= 0)
        change.stage_id = id_of(&m->stages[next.stage].id);
    expect(m, &change, ERR_NONE);
    next.in = true;
    next.id = change.new_id;
    next.text = change.new_key_text;
    *key = next;
}

static void change_a_key(struct model *m)
{
    struct m_key *key = &m->keys[pick(m, KEYS)];
    if (!key->in) {
        create_key(m, key);
        return;
    }
    struct change change = office_change(m->office, CHANGE_KEY_DELETE);
    change.id = id_of(&key->id);
    expect(m, &change, ERR_NONE);
    key->in = false;
    assert_null(directory_find_key(m->office->directory, key->text));
}

static void change_something(struct model *m)
{
    int what = pick(m, 23);
    if (what < 1)
        change_a_stage(m);
    else if (what < 5)
        change_an_environment(m);
    else if (what >= 20)
        change_an_app(m);
    else if (what < 18)
        change_an_account(m);
    else
        change_a_key(m);
}

/* --- comparing --- */

static void assert_account(struct model *m, const struct m_account *wanted)
{
    struct directory *directory = m->office->directory;
    struct account *account = directory_account(directory, id_of(&wanted->id));
    const struct m_environment *environment = &m->environments[wanted->environment];
    enum err err = ERR_NONE;
    if (!wanted->in) {
        assert_null(account);
        return;
    }
    assert_str(account->integration, str_z(integrations[wanted->integration]));
    assert_str(account->external_id, name_of(wanted->name));
    assert_int_equal(account->state, wanted->state);
    assert_str(id_of(&account->app),
               wanted->app < 0 ? STR("") : id_of(&m->apps[wanted->app].id));
    assert_str(id_of(&account->environment->id), id_of(&environment->id));
    assert_int_equal(account->environment->concurrency_max, environment->concurrency);
    assert_str(account->environment->external_id, name_of(environment->name));
    uint64_t label = 0;
    if (wanted->label)
        assert_true(
            str_to_u64(json_member_text(&account->labels, STR("n")), 1000000, &label));
    assert_int_equal(label, wanted->label);
    const struct credentials *opened = directory_credentials(directory, account, &err);
    assert_int_equal(opened ? opened->version : 0, wanted->version);
    if (opened)
        assert_str(secret_peek(&opened->items[0].value),
                   arena_printf(&m->office->arena, "v%u", wanted->version));
    account_unref(&account);
}

static void assert_app(struct model *m, const struct m_app *wanted)
{
    struct app *app = directory_app(m->office->directory, id_of(&wanted->id));
    if (!wanted->in) {
        assert_null(app);
        return;
    }
    assert_str(app->integration, str_z(integrations[wanted->integration]));
    assert_int_equal(app->environment == NULL, wanted->environment < 0);
    if (app->environment) {
        const struct m_environment *environment = &m->environments[wanted->environment];
        assert_str(id_of(&app->environment->id), id_of(&environment->id));
        assert_int_equal(app->environment->concurrency_max, environment->concurrency);
        assert_str(app->environment->external_id, name_of(environment->name));
    }
    assert_int_equal(app->secret_version, wanted->version);
    if (wanted->version)
        assert_str(office_secret(m->office, id_of(&wanted->id), "client_secret"),
                   arena_printf(&m->office->arena, "s%u", wanted->version));
    app_unref(&app);
}

/* What is chosen for the environment; −1: for the platform. */
static void assert_choice(struct model *m, int environment, int integration)
{
    int wanted = default_app(m, environment, integration);
    str id = environment < 0 ? STR_NONE : id_of(&m->environments[environment].id);
    if (wanted < 0)
        wanted = default_app(m, -1, integration);
    struct app *app = directory_app_of(m->office->directory, id,
                                       str_z(integrations[integration]), STR_NONE);
    assert_int_equal(app != NULL, wanted >= 0);
    if (app)
        assert_str(id_of(&app->id), id_of(&m->apps[wanted].id));
    app_unref(&app);
}

static bool key_sees(struct model *m, const struct m_key *key, int environment)
{
    return (key->stage < 0 || m->environments[environment].stage == key->stage) &&
           (key->environment < 0 || key->environment == environment);
}

/* What the model finds under a name, for this key. */
static enum err search(struct model *m, const struct m_key *key, int name,
                       int integration, const struct m_account **ret_account)
{
    unsigned hits = 0;
    for (int i = 0; i < ACCOUNTS; i++) {
        const struct m_account *account = &m->accounts[i];
        if (!account->in || account->name != name ||
            !key_sees(m, key, account->environment) ||
            (integration >= 0 && account->integration != integration))
            continue;
        *ret_account = account;
        hits++;
    }
    return hits == 0 ? ERR_ACCOUNT_UNKNOWN : hits == 1 ? ERR_NONE : ERR_ACCOUNT_AMBIGUOUS;
}

static void assert_key(struct model *m, const struct m_key *key)
{
    struct tenant_id found;
    for (int name = 0; name < NAMES; name++) {
        for (int integration = -1; integration < 2; integration++) {
            const struct m_account *wanted = NULL;
            enum err err = search(m, key, name, integration, &wanted);
            const char *of = integration < 0 ? NULL : integrations[integration];
            assert_int_equal(office_find(m->office, key->text, name_of(name), of, &found),
                             err);
            if (err == ERR_NONE)
                assert_str(id_of(&found), id_of(&wanted->id));
        }
    }
    for (int i = 0; i < ACCOUNTS; i++) {
        const struct m_account *account = &m->accounts[i];
        bool seen = account->in && key_sees(m, key, account->environment);
        assert_int_equal(
            office_find(m->office, key->text, id_of(&account->id), NULL, &found),
            seen ? ERR_NONE : ERR_ACCOUNT_UNKNOWN);
    }
}

static void assert_members(struct model *m, int environment)
{
    struct account *page[ACCOUNTS];
    struct account_page wanted = {.max = ACCOUNTS};
    unsigned members = 0;
    for (int i = 0; i < ACCOUNTS; i++)
        members += m->accounts[i].in && m->accounts[i].environment == environment;
    uint32_t n = directory_list_members(
        m->office->directory, id_of(&m->environments[environment].id), &wanted, page);
    assert_int_equal(n, members);
    for (uint32_t i = 0; i < n; i++)
        account_unref(&page[i]);
}

static void assert_same(struct model *m)
{
    struct directory_counts counts, wanted = {0};
    for (int i = 0; i < ACCOUNTS; i++) {
        assert_account(m, &m->accounts[i]);
        wanted.accounts += m->accounts[i].in;
    }
    for (int i = 0; i < ENVIRONMENTS; i++) {
        wanted.environments += m->environments[i].in;
        if (m->environments[i].in)
            assert_members(m, i);
    }
    for (int i = 0; i < APPS; i++) {
        assert_app(m, &m->apps[i]);
        wanted.apps += m->apps[i].in;
    }
    for (int integration = 0; integration < 2; integration++)
        for (int i = -1; i < ENVIRONMENTS; i++)
            if (i < 0 || m->environments[i].in)
                assert_choice(m, i, integration);
    for (int i = 0; i < KEYS; i++) {
        wanted.keys += m->keys[i].in;
        if (m->keys[i].in)
            assert_key(m, &m->keys[i]);
    }
    for (int i = 0; i < STAGES; i++)
        wanted.stages += m->stages[i].in;
    directory_counts(m->office->directory, &counts);
    assert_int_equal(counts.accounts, wanted.accounts);
    assert_int_equal(counts.environments, wanted.environments);
    assert_int_equal(counts.apps, wanted.apps);
    assert_int_equal(counts.keys, wanted.keys);
    assert_int_equal(counts.stages, wanted.stages);
}

static void random_changes_are_what_the_model_says(void **state)
{
    struct office *office = *state;
    struct model m = {.office = office, .seed = 20250101};
    for (int i = 0; i < ACCOUNTS; i++)
        m.accounts[i].app = -1;
    for (int i = 1; i <= CHANGES; i++) {
        change_something(&m);
        if (i % 250 == 0)
            assert_same(&m);
        if (i % 1000 == 0) {
            office_reopen(office);
            assert_same(&m);
        }
    }
}

#define DURABLE(name)                                                                    \
    cmocka_unit_test_setup_teardown(name, office_setup_durable, office_teardown)

int test_model(void)
{
    const struct CMUnitTest tests[] = {DURABLE(random_changes_are_what_the_model_says)};
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
