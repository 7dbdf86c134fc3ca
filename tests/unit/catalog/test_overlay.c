/*
 * Who has which override, and what becomes of it when the document changes. Its way over
 * the API is in tests/e2e/overrides.test.mjs.
 */
#include "directory/directory.h"
#include "overridden.h"
#include "shelf.h"

#include <sys/stat.h>

#include "json/json_write.h"

int test_overlay(void);

static enum err run_tenants(struct tx *tx, struct store_op *op)
{
    static const struct statement statements[] = {
        {"INSERT INTO stage VALUES ('stg_1', 'test', 'sandbox', 0)"},
        {"INSERT INTO environment VALUES ('env_1','stg_1',NULL,'one','{}',0,0,0),"
         " ('env_2','stg_1',NULL,'two','{}',0,0,0)"},
        {"INSERT INTO account (id, environment, integration, labels, context, state,"
         " concurrency_max, credential_version, created, updated) VALUES"
         " ('acc_1','env_1','one','{}','{}','active',0,0,0,0),"
         " ('acc_2','env_1','one','{}','{}','active',0,0,0,0),"
         " ('acc_3','env_2','one','{}','{}','active',0,0,0,0)"}};
    (void)op;
    enum err err = ERR_NONE;
    for (size_t i = 0; i < COUNT_OF(statements) && !err; i++)
        err = tx_exec(tx, &statements[i], NULL, 0, NULL);
    return err;
}

static void open_shelf(struct shelf *shelf, const char *patch)
{
    struct store_op op = {.kind = STORE_FULL, .run = run_tenants};
    assert_int_equal(store_run(shelf->store, &op), ERR_NONE);
    shelf_write(shelf, "one", patch);
    shelf_open(shelf);
}

static void write_sample(struct shelf *shelf, const char *text)
{
    const char *folder = arena_z(
        &shelf->arena, arena_printf(&shelf->arena, "%s/one/fixtures", shelf->folder));
    mkdir(folder, 0700);
    FILE *file =
        fopen(arena_z(&shelf->arena,
                      arena_printf(&shelf->arena, "%s/crm.contacts.json", folder)),
              "wb");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
}

static struct catalog_change put_override(struct shelf *shelf, const char *environment,
                                          const char *account, const char *text)
{
    const struct actor actor = {.key_id = STR("key_1"), .request_id = STR("r1")};
    return shelf_change(
        shelf, (struct catalog_change){.kind = CATALOG_OVERRIDE_PUT,
                                       .name = STR("one"),
                                       .actor = &actor,
                                       .environment = str_z(environment),
                                       .account = account ? str_z(account) : STR_NONE,
                                       .text = str_z(text)});
}

static struct catalog_change remove_override(struct shelf *shelf, const char *environment,
                                             const char *account)
{
    return shelf_change(
        shelf, (struct catalog_change){.kind = CATALOG_OVERRIDE_REMOVE,
                                       .name = STR("one"),
                                       .environment = str_z(environment),
                                       .account = account ? str_z(account) : STR_NONE});
}

static enum err find(const struct snapshot *snapshot, const char *environment,
                     const char *account, const struct integration **ret)
{
    struct stage stage = {.id = tenant_id_of(STR("stg_1"))};
    struct environment of = {.id = tenant_id_of(str_z(environment)), .stage = &stage};
    struct account one = {.id = tenant_id_of(str_z(account)),
                          .environment = &of,
                          .integration = STR("one")};
    return snapshot_for(snapshot, &one, ret);
}

static enum err why_refused(struct shelf *shelf, const char *environment,
                            const char *account)
{
    const struct integration *integration;
    struct snapshot *snapshot = catalog_snapshot(shelf->catalog);
    enum err err = find(snapshot, environment, account, &integration);
    snapshot_unref(&snapshot);
    return err;
}

static struct snapshot *look(struct shelf *shelf, const char *environment,
                             const char *account, const struct integration **ret)
{
    struct snapshot *snapshot = catalog_snapshot(shelf->catalog);
    if (find(snapshot, environment, account, ret))
        *ret = NULL;
    return snapshot;
}

/* What the account's mapping makes of {"id": 1, "name": "n", "tier": "g"}. */
static str made(struct shelf *shelf, const char *environment, const char *account)
{
    struct arena *arena = &shelf->arena;
    const struct integration *integration;
    struct mapping_fault fault;
    struct json record;
    struct buf buf;
    struct snapshot *snapshot = look(shelf, environment, account, &integration);
    if (!integration) {
        snapshot_unref(&snapshot);
        return STR("refused");
    }
    const struct mapping_step *step =
        mapping_find(&integration->unified, STR("crm"), STR("contacts"))
            ->steps[MAPPING_LIST];
    struct mapping_scene scene = {.request = *given_json(arena, STR("{}"))};
    enum mapping_end end = mapping_response(
        step, given_json(arena, STR("{\"id\":1,\"name\":\"n\",\"tier\":\"g\"}")), &scene,
        arena, &record, &fault);
    assert_int_equal(end, MAPPING_MADE);
    buf_init(&buf, 1 << 16);
    json_write(&buf, &record, JSON_COMPACT);
    str text = arena_take(arena, &buf);
    snapshot_unref(&snapshot);
    return text;
}

static const struct catalog_override *view_of(struct shelf *shelf,
                                              const char *environment,
                                              const char *account)
{
    struct snapshot *snapshot = catalog_snapshot(shelf->catalog);
    const struct catalog_override *view = snapshot_override(
        snapshot, STR("one"), str_z(environment), account ? str_z(account) : STR_NONE);
    snapshot_unref(&snapshot); /* the catalog has it as long as nothing changes */
    return view;
}

static void each_account_has_its_own(void **state)
{
    struct shelf *shelf = *state;
    open_shelf(shelf, overridden);
    struct catalog_change change =
        put_override(shelf, "env_1", "acc_1",
                     LAID("\"response\":\"{'custom_fields': {'tier': tier}}\""));
    assert_int_equal(change.err, ERR_NONE);
    assert_int_equal(change.new_revision, 1);
    change =
        put_override(shelf, "env_1", NULL, LAID("\"response\":\"{'last_name': 'e'}\""));
    assert_int_equal(change.err, ERR_NONE);
    for (int i = 0; i < 2; i++) { /* the second time after a restart */
        given_same(
            "acc_1", made(shelf, "env_1", "acc_1"),
            "{\"id\":\"1\",\"last_name\":\"e\",\"custom_fields\":{\"tier\":\"g\"}}");
        given_same("acc_2", made(shelf, "env_1", "acc_2"),
                   "{\"id\":\"1\",\"last_name\":\"e\"}");
        given_same("acc_3", made(shelf, "env_2", "acc_3"),
                   "{\"id\":\"1\",\"last_name\":\"n\"}");
        shelf_close(shelf);
        shelf_open(shelf);
    }
    assert_int_equal(remove_override(shelf, "env_1", NULL).err, ERR_NONE);
    assert_int_equal(remove_override(shelf, "env_1", NULL).err, ERR_OBJECT_UNKNOWN);
    given_same("acc_2", made(shelf, "env_1", "acc_2"),
               "{\"id\":\"1\",\"last_name\":\"n\"}");
    str audit = shelf_audit(shelf);
    if (str_find_str(audit,
                     STR("override.put acc_1 {\"integration\":\"one\",\"revision\":1")) ==
            audit.n ||
        str_find_str(audit, STR("override.remove env_1 ")) == audit.n)
        fail_msg(STR_F, STR_A(audit));
}

/* Memory is that of what differs, not of who has it. */
static void equal_overrides_share_what_comes_of_them(void **state)
{
    struct shelf *shelf = *state;
    const struct integration *one, *two, *three;
    static const char text[] = LAID("\"response\":\"{'last_name': 'x'}\"");
    open_shelf(shelf, overridden);
    put_override(shelf, "env_1", "acc_1", text);
    put_override(shelf, "env_1", "acc_2", text);
    put_override(shelf, "env_2", NULL, text);
    struct snapshot *snapshot = look(shelf, "env_1", "acc_1", &one);
    assert_int_equal(find(snapshot, "env_1", "acc_2", &two), ERR_NONE);
    assert_int_equal(find(snapshot, "env_2", "acc_3", &three), ERR_NONE);
    assert_ptr_equal(one, two);
    assert_ptr_not_equal(one, three);
    given_same("hash", one->hash, arena_z(&shelf->arena, two->hash));
    assert_false(str_eq(one->hash, snapshot_find(snapshot, STR("one"))->hash));
    assert_ptr_equal(one->paths, snapshot_find(snapshot, STR("one"))->paths);
    snapshot_unref(&snapshot);
}

static void a_bad_override_never_replaces_a_good_one(void **state)
{
    struct shelf *shelf = *state;
    static const char good[] = LAID("\"response\":\"{'last_name': 'a'}\"");
    open_shelf(shelf, overridden);
    assert_int_equal(put_override(shelf, "env_1", "acc_1", good).err, ERR_NONE);
    struct catalog_change change =
        put_override(shelf, "env_1", "acc_1", "{\"hosts\":[\"evil.test\"]}");
    given_same("err", err_code(change.err), "override_invalid");
    assert_int_equal(change.fault_n, 1);
    given_same("pointer", change.faults[0].pointer, "/hosts");
    given_same("acc_1", made(shelf, "env_1", "acc_1"),
               "{\"id\":\"1\",\"last_name\":\"a\"}");
    change = put_override(shelf, "env_1", "acc_1", good);
    assert_true(change.unchanged);
    assert_int_equal(change.new_revision, 1);
    assert_int_equal(put_override(shelf, "env_1", "acc_9", good).err, ERR_OBJECT_UNKNOWN);
    assert_int_equal(put_override(shelf, "env_2", "acc_1", good).err, ERR_OBJECT_UNKNOWN);
}

static const char other_document[] =
    "{\"resources\":{\"people\":{\"methods\":{\"list\":{\"verb\":\"GET\",\"path\":\"/"
    "people\"}}}},"
    "\"pagination\":{\"kind\":\"none\",\"records\":\"/data\"},"
    "\"unified\":{\"crm\":{\"contacts\":{\"response\":\"{'id': $string(id), 'last_name': "
    "'new'}\",\"list\":{\"method\":\"people.list\"}}}}}";

static void what_a_document_breaks_stays_on_the_one_before(void **state)
{
    struct shelf *shelf = *state;
    open_shelf(shelf, overridden);
    put_override(
        shelf, "env_1", "acc_1",
        LAID("\"get\":{\"response\":\"{'x': 1}\"},\"response\":\"{'job_title': 'j'}\""));
    put_override(shelf, "env_2", NULL, LAID("\"response\":\"{'job_title': 'k'}\""));
    assert_int_equal(shelf_put(shelf, "one", other_document).err, ERR_NONE);
    for (int i = 0; i < 2; i++) {
        given_same("acc_1", made(shelf, "env_1", "acc_1"),
                   "{\"id\":\"1\",\"last_name\":\"n\",\"job_title\":\"j\"}");
        given_same("acc_2", made(shelf, "env_1", "acc_2"),
                   "{\"id\":\"1\",\"last_name\":\"new\"}");
        given_same("acc_3", made(shelf, "env_2", "acc_3"),
                   "{\"id\":\"1\",\"last_name\":\"new\",\"job_title\":\"k\"}");
        const struct catalog_override *view = view_of(shelf, "env_1", "acc_1");
        assert_int_equal(view->state, OVERRIDE_BROKEN);
        assert_int_equal(view->base_revision, 1);
        given_same("pointer", view->faults[0].pointer, "/unified/crm/contacts/get");
        view = view_of(shelf, "env_2", NULL);
        assert_int_equal(view->state, OVERRIDE_FITS);
        assert_int_equal(view->base_revision, 2);
        shelf_close(shelf);
        shelf_open(shelf);
    }
    assert_true(shelf_logged(shelf, "\"event\":\"override_broken\""));
    assert_int_equal(
        put_override(shelf, "env_1", "acc_1", LAID("\"response\":\"{'job_title': 'j'}\""))
            .err,
        ERR_NONE);
    given_same("mended", made(shelf, "env_1", "acc_1"),
               "{\"id\":\"1\",\"last_name\":\"new\",\"job_title\":\"j\"}");
}

/* The base URL that the account's document leads to; the error's name where it may not.
 */
static str leads_to(struct shelf *shelf, const char *environment, const char *account)
{
    struct url url;
    str detail;
    const struct integration *integration;
    struct snapshot *snapshot = look(shelf, environment, account, &integration);
    struct json none = json_of_text(STR(""));
    enum err err =
        integration_base_url(integration, integration_way(integration, STR_NONE), &none,
                             &shelf->arena, &url, &detail);
    str text = err ? err_code(err) : url_format(&shelf->arena, &url);
    snapshot_unref(&snapshot);
    return text;
}

/* Held back on what it fitted, but not on hosts that nobody may go to any more. */
static void what_is_held_back_goes_to_no_host_that_was_taken_out(void **state)
{
    struct shelf *shelf = *state;
    open_shelf(shelf, overridden);
    str was = leads_to(shelf, "env_1", "acc_1");
    put_override(shelf, "env_1", "acc_1", LAID("\"get\":{\"response\":\"{'x': 1}\"}"));
    given_same("fits", leads_to(shelf, "env_1", "acc_1"), arena_z(&shelf->arena, was));
    str moved = arena_printf(&shelf->arena,
                             "{\"hosts\":[\"moved.test\"],\"base_url\":"
                             "\"https://moved.test\",%s",
                             other_document + 1);
    assert_int_equal(shelf_put(shelf, "one", arena_z(&shelf->arena, moved)).err,
                     ERR_NONE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(view_of(shelf, "env_1", "acc_1")->state, OVERRIDE_BROKEN);
        given_same("held", leads_to(shelf, "env_1", "acc_1"), "host_forbidden");
        given_same("others", leads_to(shelf, "env_1", "acc_2"), "https://moved.test/");
        shelf_close(shelf); /* after a restart, too */
        shelf_open(shelf);
    }
    assert_int_equal(shelf_put(shelf, "one", other_document).err, ERR_NONE);
    assert_int_equal(view_of(shelf, "env_1", "acc_1")->state, OVERRIDE_BROKEN);
    given_same("allowed again", leads_to(shelf, "env_1", "acc_1"),
               arena_z(&shelf->arena, was));
}

static enum err run_hide(struct tx *tx, struct store_op *op)
{
    static const struct statement hide = {
        "ALTER TABLE integration_override RENAME TO hidden"};
    (void)op;
    return tx_exec(tx, &hide, NULL, 0, NULL);
}

/* The overrides cannot be read when the document changes: what was made of them stays. */
static void what_cannot_be_made_anew_is_bound_as_well(void **state)
{
    struct shelf *shelf = *state;
    struct store_op op = {.kind = STORE_FULL, .run = run_hide};
    open_shelf(shelf, overridden);
    put_override(shelf, "env_1", "acc_1", LAID("\"response\":\"{'job_title': 'j'}\""));
    assert_int_equal(store_run(shelf->store, &op), ERR_NONE);
    str moved = arena_printf(&shelf->arena,
                             "{\"hosts\":[\"moved.test\"],\"base_url\":"
                             "\"https://moved.test\",%s",
                             other_document + 1);
    for (int i = 0; i < 2; i++) { /* and once more, of what stayed */
        assert_int_equal(shelf_put(shelf, "one", arena_z(&shelf->arena, moved)).err,
                         ERR_NONE);
        given_same("acc_1", made(shelf, "env_1", "acc_1"),
                   "{\"id\":\"1\",\"last_name\":\"n\",\"job_title\":\"j\"}");
        given_same("held", leads_to(shelf, "env_1", "acc_1"), "host_forbidden");
        moved = arena_printf(&shelf->arena, "{\"label\":\"again\"," STR_F,
                             STR_A(str_from(moved, 1)));
    }
    assert_true(shelf_logged(shelf, "cannot be read from the store"));
}

static enum err run_forget_versions(struct tx *tx, struct store_op *op)
{
    static const struct statement forget = {
        "UPDATE integration_version SET document = '{}' WHERE revision = 1"};
    (void)op;
    return tx_exec(tx, &forget, NULL, 0, NULL);
}

static void what_fits_no_version_is_refused(void **state)
{
    struct shelf *shelf = *state;
    struct store_op op = {.kind = STORE_FULL, .run = run_forget_versions};
    open_shelf(shelf, overridden);
    put_override(shelf, "env_1", "acc_1", LAID("\"get\":{\"response\":\"{'x': 1}\"}"));
    assert_int_equal(shelf_put(shelf, "one", other_document).err, ERR_NONE);
    shelf_close(shelf);
    assert_int_equal(store_run(shelf->store, &op), ERR_NONE);
    shelf_open(shelf);
    assert_int_equal(view_of(shelf, "env_1", "acc_1")->state, OVERRIDE_BLOCKED);
    given_same("why", err_code(why_refused(shelf, "env_1", "acc_1")), "override_broken");
    given_same("acc_1", made(shelf, "env_1", "acc_1"), "refused");
    given_same("acc_2", made(shelf, "env_1", "acc_2"),
               "{\"id\":\"1\",\"last_name\":\"new\"}");
    assert_int_equal(remove_override(shelf, "env_1", "acc_1").err, ERR_NONE);
    given_same("acc_1", made(shelf, "env_1", "acc_1"),
               "{\"id\":\"1\",\"last_name\":\"new\"}");
}

static void samples_are_run(void **state)
{
    static const struct {
        const char *response;
        const char *says;
    } rows[] = {
        {"{'custom_fields': {'n': 1 + name}}", "T2002"},
        {"($f := function($n) { $f($n + 1) }; $f(1))", "D1012"},
        {"{'no_such_member': 1}", "no_such_member"},
        {"{'last_name': 5}", "last_name"},
        {"{$pad('long', 2000000): 1}", "long"},
    };
    struct shelf *shelf = *state;
    open_shelf(shelf, overridden);
    write_sample(shelf,
                 "{\"records\":[{\"why\":\"one\",\"record\":{\"id\":1,\"name\":\"n\"},"
                 "\"model\":{\"id\":\"1\",\"last_name\":\"n\"}}]}");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str text =
            arena_printf(&shelf->arena, LAID("\"response\":\"%s\""), rows[i].response);
        struct catalog_change change =
            put_override(shelf, "env_1", "acc_1", arena_z(&shelf->arena, text));
        given_same(rows[i].response, err_code(change.err), "override_invalid");
        str said = change.faults[0].text;
        if (str_find_str(said, str_z(rows[i].says)) == said.n ||
            !str_starts(said, STR("fails with sample 1 of fixtures/crm.contacts.json")))
            fail_msg("%s: " STR_F, rows[i].response, STR_A(said));
    }
    assert_int_equal(
        put_override(shelf, "env_1", "acc_1", LAID("\"response\":\"{'last_name': 'x'}\""))
            .err,
        ERR_NONE);
}

static void a_change_that_spoils_another_is_refused(void **state)
{
    struct shelf *shelf = *state;
    open_shelf(shelf, overridden);
    write_sample(shelf, "{\"records\":[{\"record\":{\"id\":1,\"name\":\"n\"}}]}");
    assert_int_equal(
        put_override(shelf, "env_1", NULL, LAID("\"response\":\"{'last_name': 'e'}\""))
            .err,
        ERR_NONE);
    assert_int_equal(put_override(shelf, "env_1", "acc_1",
                                  LAID("\"list\":{\"required\":[\"updated_after\"]}"))
                         .err,
                     ERR_NONE);
    struct catalog_change change =
        put_override(shelf, "env_1", NULL, LAID("\"list\":{\"filters\":null}"));
    given_same("err", err_code(change.err), "override_invalid");
    str said = change.faults[0].text;
    if (!str_starts(said, STR("would spoil the override of acc_1")))
        fail_msg(STR_F, STR_A(said));
}

static enum err run_many(struct tx *tx, struct store_op *op)
{
    static const struct statement many = {
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
        " INSERT INTO integration_override (integration, environment, account, revision,"
        " hash, document, fitted, changed) SELECT 'one', 'env_2', 'acc_x' || i, 1,"
        " 'h' || i, '{\"resilience\":{\"timeouts\":{\"total\":\"' || (1000 + i) || "
        "'ms\"}}}', 1, 0 FROM n"};
    (void)op;
    return tx_exec(tx, &many, NULL, 0, NULL);
}

static void settings_have_room_for_so_many(void **state)
{
    struct shelf *shelf = *state;
    struct store_op op = {.kind = STORE_FULL, .run = run_many};
    open_shelf(shelf, overridden);
    assert_int_equal(store_run(shelf->store, &op), ERR_NONE);
    struct catalog_change change =
        put_override(shelf, "env_1", "acc_1", "{\"headers\":{\"X-Own\":\"a\"}}");
    given_same("err", err_code(change.err), "override_invalid");
    assert_true(str_starts(change.faults[0].text, STR("is one too many")));
    assert_int_equal(
        put_override(shelf, "env_1", "acc_1", LAID("\"response\":\"{'last_name': 'x'}\""))
            .err,
        ERR_NONE);
}

/* --- explaining --- */

static str ask(struct shelf *shelf, enum catalog_change_kind kind, const char *account)
{
    struct catalog_change change =
        shelf_change(shelf, (struct catalog_change){.kind = kind,
                                                    .name = STR("one"),
                                                    .environment = STR("env_1"),
                                                    .account = str_z(account)});
    given_same("ask", err_code(change.err), "ok");
    return change.result;
}

static void has(str text, const char *part)
{
    if (str_find_str(text, str_z(part)) == text.n)
        fail_msg("no %s in " STR_F, part, STR_A(text));
}

static void explain_says_the_tier_of_each_value_and_field(void **state)
{
    struct shelf *shelf = *state;
    open_shelf(shelf, overridden);
    write_sample(shelf,
                 "{\"records\":[{\"record\":{\"id\":1,\"name\":\"n\",\"tier\":\"g\"}}]}");
    put_override(
        shelf, "env_1", NULL,
        "{\"resilience\":{\"account_concurrency\":3,\"timeouts\":{\"total\":\"9s\"}},"
        "\"unified\":{\"crm\":{\"contacts\":{\"response\":\"{'job_title': 'e',"
        " 'custom_fields': {'a': 1}}\"}}}}");
    put_override(shelf, "env_1", "acc_1",
                 "{\"resilience\":{\"account_concurrency\":2},"
                 "\"unified\":{\"crm\":{\"contacts\":{\"response\":\"{'custom_fields': "
                 "{'tier': tier}}\"}}}}");
    str text = ask(shelf, CATALOG_OVERRIDE_EXPLAIN, "acc_1");
    has(text, "{\"pointer\":\"/resilience/account_concurrency\",\"tier\":\"account\","
              "\"value\":2}");
    has(text, "{\"pointer\":\"/resilience/timeouts/total\",\"tier\":\"environment\","
              "\"value\":\"9s\"}");
    has(text, "{\"pointer\":\"/unified/crm/contacts/response\",\"tier\":\"account\",");
    has(text, "\"output\":{\"id\":\"1\",\"last_name\":\"n\",\"job_title\":\"e\","
              "\"custom_fields\":{\"a\":1,\"tier\":\"g\"}}");
    has(text, "{\"pointer\":\"/last_name\",\"tier\":\"platform\"}");
    has(text, "{\"pointer\":\"/job_title\",\"tier\":\"environment\"}");
    has(text, "{\"pointer\":\"/custom_fields/a\",\"tier\":\"environment\"}");
    has(text, "{\"pointer\":\"/custom_fields/tier\",\"tier\":\"account\"}");
    has(text, "\"account_concurrency\":2");
    (void)given_json(&shelf->arena, text);
    text = ask(shelf, CATALOG_OVERRIDE_EXPLAIN, "acc_2");
    has(text,
        "{\"pointer\":\"/resilience/account_concurrency\",\"tier\":\"environment\"");
}

/* Of what it fitted last, not of what it does not fit. */
static void what_is_held_back_is_explained_by_its_own_version(void **state)
{
    struct shelf *shelf = *state;
    open_shelf(shelf, overridden);
    put_override(shelf, "env_1", "acc_1",
                 LAID("\"get\":{\"response\":\"{'job_title': 'j'}\"}"));
    assert_int_equal(shelf_put(shelf, "one", other_document).err, ERR_NONE);
    assert_int_equal(view_of(shelf, "env_1", "acc_1")->state, OVERRIDE_BROKEN);
    str text = ask(shelf, CATALOG_OVERRIDE_EXPLAIN, "acc_1");
    has(text, "{\"pointer\":\"/unified/crm/contacts/get/response\",\"tier\":\"account\"");
    has(text, "\"account_concurrency\":10");
    has(ask(shelf, CATALOG_OVERRIDE_LINT, "acc_1"), "\"findings\":[");
}

static void lint_names_fields_that_no_sample_has(void **state)
{
    struct shelf *shelf = *state;
    open_shelf(shelf, overridden);
    put_override(shelf, "env_1", "acc_1",
                 LAID("\"response\":\"{'custom_fields': {'a': props.`odd name`, 'b': "
                      "props.list.x, 'c': props.tir}}\""));
    has(ask(shelf, CATALOG_OVERRIDE_LINT, "acc_1"),
        "There is no sample of this resource");
    write_sample(
        shelf,
        "{\"records\":[{\"record\":{\"id\":1,\"props\":{\"odd name\":1,\"list\":[{},"
        "{\"x\":1}],\"tier\":\"g\"}}}]}");
    given_same("lint", ask(shelf, CATALOG_OVERRIDE_LINT, "acc_1"),
               "{\"findings\":[{\"pointer\":\"/unified/crm/contacts/response\",\"path\":"
               "\"props.tir\",\"text\":\"It reads \\\"props.tir\\\", which none of the 1 "
               "samples has.\"}]}");
}

static void lint_names_what_no_request_has(void **state)
{
    struct shelf *shelf = *state;
    open_shelf(shelf, overridden);
    write_sample(shelf, "{\"records\":[{\"record\":{\"id\":1}}]}");
    struct catalog_change change = put_override(
        shelf, "env_1", "acc_1",
        LAID(
            "\"response\":\"{'custom_fields': {'a': $curent.a, 'b': $response.status}}\","
            "\"list\":{\"request\":{\"query\":[\"{ 'a': filters.updated_after,\","
            "\" 'b': filters.updatd_after, 'c': $current.x, 'd': $response.status }\"]}},"
            "\"get\":{\"request\":{\"query\":\"{ 'a': body.last_name, 'b': "
            "body.lastname, 'c': body.custom_fields.x, 'd': account, 'e': id, 'f': body, "
            "'g': custom_fields, 'h': $request.anything, 'i': body.* }\"}}"));
    given_same("put", err_code(change.err), "ok");
    str text = ask(shelf, CATALOG_OVERRIDE_LINT, "acc_1");
    has(text, "{\"pointer\":\"/unified/crm/contacts/response\",\"path\":\"$curent\","
              "\"text\":\"It reads \\\"$curent\\\", which is not there; there are "
              "\\\"$request\\\" and \\\"$response\\\".\"}");
    has(text, "{\"pointer\":\"/unified/crm/contacts/list/request/query\",\"path\":"
              "\"$response\",");
    has(text, "\"path\":\"filters.updatd_after\",\"text\":\"It reads "
              "\\\"filters.updatd_after\\\", which no request of this resource has.\"");
    has(text, "{\"pointer\":\"/unified/crm/contacts/get/request/query\",\"path\":"
              "\"account\",");
    const struct json *findings =
        json_member(given_json(&shelf->arena, text), STR("findings"));
    assert_int_equal(findings->n, 4);
}

static void lint_knows_members_of_the_record_that_is_written(void **state)
{
    struct shelf *shelf = *state;
    open_shelf(shelf, overridden);
    struct catalog_change change =
        put_override(shelf, "env_1", "acc_1",
                     LAID("\"get\":{\"request\":{\"query\":\"{ 'a': body.last_name, 'b': "
                          "body.lastname }\"}}"));
    given_same("put", err_code(change.err), "ok");
    str text = ask(shelf, CATALOG_OVERRIDE_LINT, "acc_1");
    has(text, "\"path\":\"body.lastname\"");
    const struct json *findings =
        json_member(given_json(&shelf->arena, text), STR("findings"));
    assert_int_equal(findings->n, 1);
}

int test_overlay(void)
{
    const struct CMUnitTest tests[] = {
        SHELF_TEST(each_account_has_its_own),
        SHELF_TEST(equal_overrides_share_what_comes_of_them),
        SHELF_TEST(a_bad_override_never_replaces_a_good_one),
        SHELF_TEST(what_a_document_breaks_stays_on_the_one_before),
        SHELF_TEST(what_is_held_back_goes_to_no_host_that_was_taken_out),
        SHELF_TEST(what_cannot_be_made_anew_is_bound_as_well),
        SHELF_TEST(what_fits_no_version_is_refused),
        SHELF_TEST(samples_are_run),
        SHELF_TEST(a_change_that_spoils_another_is_refused),
        SHELF_TEST(settings_have_room_for_so_many),
        SHELF_TEST(explain_says_the_tier_of_each_value_and_field),
        SHELF_TEST(what_is_held_back_is_explained_by_its_own_version),
        SHELF_TEST(lint_names_fields_that_no_sample_has),
        SHELF_TEST(lint_names_what_no_request_has),
        SHELF_TEST(lint_knows_members_of_the_record_that_is_written),
    };
    return cmocka_run_group_tests_name("catalog: overlay", tests, NULL, NULL);
}
