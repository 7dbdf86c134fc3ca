/*
 * Versions that are not in use any more, for walks that began with them. How a walk goes
 * on with one is in tests/e2e/walk_versions.test.mjs.
 */
#include "directory/directory.h"
#include "overridden.h"
#include "shelf.h"

#include "catalog/catalog_recall.h"

int test_recall(void);

static struct catalog_change ask(struct shelf *shelf, uint32_t revision)
{
    return shelf_change(shelf, (struct catalog_change){.kind = CATALOG_RECALL,
                                                       .name = STR("one"),
                                                       .revision = revision,
                                                       .environment = STR("env_1"),
                                                       .account = STR("acc_1")});
}

static struct entry *find(struct shelf *shelf, uint32_t revision)
{
    struct stage stage = {.id = tenant_id_of(STR("stg_1"))};
    struct environment of = {.id = tenant_id_of(STR("env_1")), .stage = &stage};
    struct account one = {
        .id = tenant_id_of(STR("acc_1")), .environment = &of, .integration = STR("one")};
    struct snapshot *snapshot = catalog_snapshot(shelf->catalog);
    struct entry *entry = recall_find(shelf->catalog, snapshot, &one, revision);
    snapshot_unref(&snapshot);
    return entry;
}

static bool is_kept(struct shelf *shelf, uint32_t revision)
{
    struct entry *entry = find(shelf, revision);
    bool kept = entry != NULL;
    recall_release(&entry);
    return kept;
}

static void recall(struct shelf *shelf, uint32_t revision)
{
    struct catalog_change change = ask(shelf, revision);
    given_same("recall", err_code(change.err), "ok");
    recall_release(&change.recalled);
}

static const char *labelled(struct shelf *shelf, unsigned i)
{
    return arena_z(&shelf->arena,
                   arena_printf(&shelf->arena, "{\"label\":\"version %u\"}", i));
}

static void open_with(struct shelf *shelf, unsigned versions)
{
    shelf_open(shelf);
    for (unsigned i = 1; i <= versions; i++)
        assert_int_equal(shelf_put(shelf, "one", labelled(shelf, i)).err, ERR_NONE);
}

static void a_version_is_read_once_and_kept(void **state)
{
    struct shelf *shelf = *state;
    open_with(shelf, 3);
    for (int i = 0; i < 2; i++) { /* after a restart, too */
        assert_false(is_kept(shelf, 1));
        struct catalog_change change = ask(shelf, 1);
        assert_int_equal(change.err, ERR_NONE);
        struct entry *kept = find(shelf, 1);
        assert_ptr_equal(kept, change.recalled);
        const struct integration *version = recall_bound(kept, NULL, &shelf->arena);
        given_same("label", version->label, "version 1");
        assert_int_equal(version->revision, 1);
        recall_release(&kept);
        struct catalog_change again = ask(shelf, 1);
        assert_ptr_equal(again.recalled, change.recalled);
        recall_release(&again.recalled);
        recall_release(&change.recalled);
        shelf_close(shelf);
        shelf_open(shelf);
    }
}

static void a_version_that_is_not_there_is_said_so(void **state)
{
    struct shelf *shelf = *state;
    open_with(shelf, 1);
    struct catalog_change change = ask(shelf, 77);
    given_same("err", err_code(change.err), "object_unknown");
    assert_null(change.recalled);
}

static enum err run_spoil(struct tx *tx, struct store_op *op)
{
    static const struct statement spoil = {
        "UPDATE integration_version SET document = '{}' WHERE revision = 1"};
    (void)op;
    return tx_exec(tx, &spoil, NULL, 0, NULL);
}

static void a_version_that_cannot_be_read_is_said_so(void **state)
{
    struct shelf *shelf = *state;
    struct store_op op = {.kind = STORE_FULL, .run = run_spoil};
    open_with(shelf, 2);
    assert_int_equal(store_run(shelf->store, &op), ERR_NONE);
    struct catalog_change change = ask(shelf, 1);
    given_same("err", err_code(change.err), "document_invalid");
    assert_null(change.recalled);
}

static void what_nobody_asks_for_goes_after_a_day(void **state)
{
    struct shelf *shelf = *state;
    open_with(shelf, 3);
    recall(shelf, 1);
    recall(shelf, 2);
    false_world_advance(&shelf->world, USEC_DAY - USEC_H);
    assert_true(is_kept(shelf, 2));
    false_world_advance(&shelf->world, 2 * USEC_H);
    assert_true(is_kept(shelf, 2));
    assert_false(is_kept(shelf, 1));
}

static void only_so_many_are_kept_those_used_last(void **state)
{
    struct shelf *shelf = *state;
    open_with(shelf, RECALL_MAX + 3);
    for (uint32_t i = 1; i <= RECALL_MAX; i++)
        recall(shelf, i);
    assert_true(is_kept(shelf, 1));
    recall(shelf, RECALL_MAX + 1);
    assert_true(is_kept(shelf, 1));
    assert_false(is_kept(shelf, 2));
    assert_true(is_kept(shelf, RECALL_MAX + 1));
}

/* --- overrides --- */

static enum err run_tenants(struct tx *tx, struct store_op *op)
{
    static const struct statement statements[] = {
        {"INSERT INTO stage VALUES ('stg_1', 'test', 'sandbox', 0)"},
        {"INSERT INTO environment VALUES ('env_1','stg_1',NULL,'one','{}',0,0,0)"},
        {"INSERT INTO account (id, environment, integration, labels, context, state,"
         " concurrency_max, credential_version, created, updated) VALUES"
         " ('acc_1','env_1','one','{}','{}','active',0,0,0,0)"}};
    (void)op;
    enum err err = ERR_NONE;
    for (size_t i = 0; i < COUNT_OF(statements) && !err; i++)
        err = tx_exec(tx, &statements[i], NULL, 0, NULL);
    return err;
}

static void put_override(struct shelf *shelf, const char *account, const char *text)
{
    const struct actor actor = {.key_id = STR("key_1"), .request_id = STR("r1")};
    struct catalog_change change = shelf_change(
        shelf, (struct catalog_change){.kind = CATALOG_OVERRIDE_PUT,
                                       .name = STR("one"),
                                       .actor = &actor,
                                       .environment = STR("env_1"),
                                       .account = account ? str_z(account) : STR_NONE,
                                       .text = str_z(text)});
    given_same("override", err_code(change.err), "ok");
}

static void it_has_the_overrides_that_the_account_has_now(void **state)
{
    struct shelf *shelf = *state;
    struct store_op op = {.kind = STORE_FULL, .run = run_tenants};
    assert_int_equal(store_run(shelf->store, &op), ERR_NONE);
    shelf_write(shelf, "one", overridden);
    open_with(shelf, 1);
    recall(shelf, 1);
    put_override(shelf, NULL, "{\"headers\":{\"X-Version\":\"environment\"}}");
    assert_false(is_kept(shelf, 1));
    put_override(shelf, "acc_1", "{\"resilience\":{\"account_concurrency\":3}}");
    struct catalog_change change = ask(shelf, 1);
    given_same("err", err_code(change.err), "ok");
    const struct integration *version =
        recall_bound(change.recalled, NULL, &shelf->arena);
    const struct fixed_header *headers = version->headers.items;
    given_same("header", headers[0].value.parts[0].text, "environment");
    assert_int_equal(version->resilience.account_concurrency, 3);
    assert_int_equal(version->revision, 1);
    recall_release(&change.recalled);
    assert_true(is_kept(shelf, 1));
}

static void one_that_the_overrides_do_not_fit_is_said_so(void **state)
{
    struct shelf *shelf = *state;
    struct store_op op = {.kind = STORE_FULL, .run = run_tenants};
    assert_int_equal(store_run(shelf->store, &op), ERR_NONE);
    open_with(shelf, 1); /* without a mapping */
    assert_int_equal(shelf_put(shelf, "one", overridden).err, ERR_NONE);
    put_override(shelf, "acc_1", LAID("\"response\":\"{'job_title': 'j'}\""));
    struct catalog_change change = ask(shelf, 1);
    given_same("err", err_code(change.err), "override_broken");
    assert_null(change.recalled);
}

int test_recall(void)
{
    const struct CMUnitTest tests[] = {
        SHELF_TEST(a_version_is_read_once_and_kept),
        SHELF_TEST(a_version_that_is_not_there_is_said_so),
        SHELF_TEST(a_version_that_cannot_be_read_is_said_so),
        SHELF_TEST(what_nobody_asks_for_goes_after_a_day),
        SHELF_TEST(only_so_many_are_kept_those_used_last),
        SHELF_TEST(it_has_the_overrides_that_the_account_has_now),
        SHELF_TEST(one_that_the_overrides_do_not_fit_is_said_so),
    };
    return cmocka_run_group_tests_name("catalog: recall", tests, NULL, NULL);
}
