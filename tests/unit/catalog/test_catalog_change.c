#include "directory/directory.h"
#include "shelf.h"

int test_catalog_change(void);

static void a_document_is_put_as_a_new_version(void **state)
{
    struct shelf *shelf = *state;
    shelf_open(shelf);
    struct catalog_change change = shelf_put(shelf, "one", "{\"label\":\"One\"}");
    assert_int_equal(change.err, ERR_NONE);
    assert_int_equal(change.new_revision, 1);
    assert_false(change.unchanged);
    change = shelf_put(shelf, "one", "{\"label\":\"Two\"}");
    assert_int_equal(change.new_revision, 2);
    given_same("label", shelf_label(shelf, "one"), "Two");
    shelf_close(shelf);
    shelf_open(shelf);
    given_same("label", shelf_label(shelf, "one"), "Two");
    assert_int_equal(shelf_revision(shelf, "one"), 2);
}

static void the_same_text_changes_nothing(void **state)
{
    struct shelf *shelf = *state;
    shelf_open(shelf);
    shelf_put(shelf, "one", "{}");
    struct catalog_change change = shelf_put(shelf, "one", "{}");
    assert_int_equal(change.err, ERR_NONE);
    assert_true(change.unchanged);
    assert_int_equal(change.new_revision, 1);
    assert_int_equal(shelf_versions(shelf, "one", 0, 0, 10).n, 1);
}

static void a_dry_run_only_checks(void **state)
{
    struct shelf *shelf = *state;
    struct catalog_change dry = {
        .kind = CATALOG_PUT, .name = STR("one"), .dry_run = true};
    shelf_open(shelf);
    dry.text = shelf_document(shelf, "one", "{}");
    struct catalog_change change = shelf_change(shelf, dry);
    assert_int_equal(change.err, ERR_NONE);
    assert_int_equal(change.new_revision, 0);
    assert_int_equal(shelf_revision(shelf, "one"), 0);
    dry.text = STR("{}");
    change = shelf_change(shelf, dry);
    assert_int_equal(change.err, ERR_DOCUMENT_INVALID);
    assert_int_equal(change.fault_n, 4);
}

static void faults_are_answered_and_nothing_changes(void **state)
{
    struct shelf *shelf = *state;
    shelf_open(shelf);
    shelf_put(shelf, "one", "{\"label\":\"Good\"}");
    struct catalog_change change =
        shelf_put(shelf, "one", "{\"label\":1,\"http\":\"3\"}");
    assert_int_equal(change.err, ERR_DOCUMENT_INVALID);
    assert_int_equal(change.fault_n, 2);
    given_same("file", change.faults[0].file, "one");
    assert_true(change.detail.n > 0);
    given_same("label", shelf_label(shelf, "one"), "Good");
    assert_int_equal(shelf_versions(shelf, "one", 0, 0, 10).n, 1);
    assert_int_equal(shelf_faults(shelf, NULL), 0);
}

static void a_document_goes_to_its_own_name(void **state)
{
    struct shelf *shelf = *state;
    struct catalog_change put = {.kind = CATALOG_PUT, .name = STR("one")};
    shelf_open(shelf);
    put.text = shelf_document(shelf, "two", "{}");
    struct catalog_change change = shelf_change(shelf, put);
    assert_int_equal(change.err, ERR_DOCUMENT_INVALID);
    given_same("pointer", change.faults[0].pointer, "/name");
}

static void any_revision_can_be_brought_back(void **state)
{
    struct shelf *shelf = *state;
    struct catalog_change back = {
        .kind = CATALOG_ACTIVATE, .name = STR("one"), .revision = 1};
    shelf_open(shelf);
    shelf_put(shelf, "one", "{\"label\":\"One\"}");
    shelf_put(shelf, "one", "{\"label\":\"Two\"}");
    struct catalog_change change = shelf_change(shelf, back);
    assert_int_equal(change.err, ERR_NONE);
    assert_int_equal(change.new_revision, 1);
    assert_false(change.unchanged);
    given_same("label", shelf_label(shelf, "one"), "One");
    assert_int_equal(shelf_revision(shelf, "one"), 1);
    assert_true(shelf_change(shelf, back).unchanged);
    assert_int_equal(shelf_put(shelf, "one", "{\"label\":\"Three\"}").new_revision, 3);
    shelf_change(shelf, back);
    shelf_close(shelf);
    shelf_open(shelf);
    given_same("label", shelf_label(shelf, "one"), "One");
}

static void an_unknown_revision_is_said(void **state)
{
    struct shelf *shelf = *state;
    struct catalog_change back = {
        .kind = CATALOG_ACTIVATE, .name = STR("one"), .revision = 7};
    shelf_open(shelf);
    assert_int_equal(shelf_change(shelf, back).err, ERR_OBJECT_UNKNOWN);
    shelf_put(shelf, "one", "{}");
    struct catalog_change change = shelf_change(shelf, back);
    assert_int_equal(change.err, ERR_OBJECT_UNKNOWN);
    given_same("detail", change.detail, "The integration has no such revision.");
    assert_int_equal(shelf_revision(shelf, "one"), 1);
}

static void what_is_removed_keeps_its_versions(void **state)
{
    struct shelf *shelf = *state;
    struct catalog_change remove = {.kind = CATALOG_REMOVE, .name = STR("one")};
    struct catalog_change back = {
        .kind = CATALOG_ACTIVATE, .name = STR("one"), .revision = 1};
    shelf_open(shelf);
    assert_int_equal(shelf_change(shelf, remove).err, ERR_INTEGRATION_UNKNOWN);
    shelf_put(shelf, "one", "{}");
    assert_int_equal(shelf_change(shelf, remove).err, ERR_NONE);
    assert_int_equal(shelf_revision(shelf, "one"), 0);
    assert_int_equal(shelf_change(shelf, remove).err, ERR_INTEGRATION_UNKNOWN);
    struct catalog_versions versions = shelf_versions(shelf, "one", 0, 0, 10);
    assert_int_equal(versions.n, 1);
    assert_false(versions.versions[0].active);
    assert_int_equal(shelf_change(shelf, back).err, ERR_NONE);
    assert_int_equal(shelf_revision(shelf, "one"), 1);
}

static void versions_are_listed_newest_first(void **state)
{
    struct shelf *shelf = *state;
    shelf_write(shelf, "one", "{}");
    shelf_open(shelf);
    for (int i = 0; i < 4; i++)
        shelf_put(
            shelf, "one",
            arena_z(&shelf->arena, arena_printf(&shelf->arena, "{\"label\":\"%d\"}", i)));
    struct catalog_versions versions = shelf_versions(shelf, "one", 0, 0, 2);
    assert_int_equal(versions.op.err, ERR_NONE);
    assert_int_equal(versions.n, 2);
    assert_int_equal(versions.versions[0].revision, 5);
    assert_true(versions.versions[0].active);
    assert_false(versions.versions[1].active);
    assert_true(str_absent(versions.versions[0].text));
    versions = shelf_versions(shelf, "one", 0, 4, 10);
    assert_int_equal(versions.n, 3);
    assert_int_equal(versions.versions[2].revision, 1);
    given_same("source", versions.versions[2].source, "folder");
    given_same("source", versions.versions[1].source, "api");
    assert_int_equal(versions.versions[0].hash.n, 64);
    assert_true(versions.versions[0].created > 0);
    assert_int_equal(shelf_versions(shelf, "one", 0, 1, 10).n, 0);
}

static void one_version_comes_with_its_text(void **state)
{
    struct shelf *shelf = *state;
    shelf_open(shelf);
    shelf_put(shelf, "one", "{\"label\":\"One\"}");
    shelf_put(shelf, "one", "{\"label\":\"Two\"}");
    struct catalog_versions versions = shelf_versions(shelf, "one", 1, 0, 0);
    assert_int_equal(versions.n, 1);
    assert_true(str_eq(versions.versions[0].text,
                       shelf_document(shelf, "one", "{\"label\":\"One\"}")));
    assert_int_equal(shelf_versions(shelf, "one", 9, 0, 0).op.err, ERR_OBJECT_UNKNOWN);
    assert_int_equal(shelf_versions(shelf, "two", 0, 0, 5).op.err,
                     ERR_INTEGRATION_UNKNOWN);
}

static void who_did_it_is_kept(void **state)
{
    struct shelf *shelf = *state;
    const struct actor actor = {.key_id = STR("key_1"), .request_id = STR("r1")};
    struct catalog_change put = {
        .kind = CATALOG_PUT, .name = STR("one"), .actor = &actor};
    struct catalog_change remove = {
        .kind = CATALOG_REMOVE, .name = STR("one"), .actor = &actor};
    shelf_open(shelf);
    put.text = shelf_document(shelf, "one", "{}");
    shelf_change(shelf, put);
    given_same("by", shelf_versions(shelf, "one", 0, 0, 1).versions[0].created_by,
               "key_1");
    shelf_change(shelf, remove);
    given_same("audit", shelf_audit(shelf),
               "integration.put one {\"revision\":1,\"source\":\"api\"}\n"
               "integration.remove one {}\n");
    assert_true(shelf_logged(shelf, "key_1"));
}

struct many {
    struct catalog_change changes[20];
    unsigned answered;
    bool all;
};

static void on_one(struct catalog_change *change)
{
    struct many *many = change->owner;
    CHECK(&many->changes[many->answered] == change); /* in order */
    many->all = ++many->answered == COUNT_OF(many->changes);
}

static void changes_are_made_in_order(void **state)
{
    struct shelf *shelf = *state;
    struct many *many = arena_zalloc(&shelf->arena, sizeof(*many));
    shelf_open(shelf);
    for (unsigned i = 0; i < COUNT_OF(many->changes); i++) {
        struct arena *arena = arena_alloc(&shelf->arena, sizeof(*arena));
        arena_init(arena, 1024, 1 << 20);
        const char *patch =
            arena_z(&shelf->arena, arena_printf(&shelf->arena, "{\"label\":\"%u\"}", i));
        many->changes[i] =
            (struct catalog_change){.kind = CATALOG_PUT,
                                    .catalog = shelf->catalog,
                                    .worker = false_loop_worker(&shelf->loop, 0),
                                    .done = on_one,
                                    .owner = many,
                                    .arena = arena,
                                    .name = STR("one"),
                                    .text = shelf_document(shelf, "one", patch)};
        catalog_change(&many->changes[i]);
    }
    assert_true(false_loop_wait(&shelf->loop, &many->all));
    for (unsigned i = 0; i < COUNT_OF(many->changes); i++) {
        assert_int_equal(many->changes[i].new_revision, i + 1);
        arena_fini(many->changes[i].arena);
    }
    given_same("label", shelf_label(shelf, "one"), "19");
}

/* A store that has lost its table refuses everything; nothing changes but the answer. */
struct breakage {
    struct store_op op;
    const struct statement *statement;
};

static enum err run_statement(struct tx *tx, struct store_op *op)
{
    return tx_exec(tx, CONTAINER_OF(op, struct breakage, op)->statement, NULL, 0, NULL);
}

static void store_do(struct shelf *shelf, const struct statement *statement)
{
    struct breakage breakage = {.op = {.kind = STORE_FULL, .run = run_statement},
                                .statement = statement};
    assert_int_equal(store_run(shelf->store, &breakage.op), ERR_NONE);
}

static void a_store_that_refuses_changes_nothing(void **state)
{
    static const struct statement away = {
        "ALTER TABLE integration_active RENAME TO away"};
    static const struct statement back = {
        "ALTER TABLE away RENAME TO integration_active"};
    struct shelf *shelf = *state;
    struct catalog_change activate = {
        .kind = CATALOG_ACTIVATE, .name = STR("one"), .revision = 1};
    struct catalog_change remove = {.kind = CATALOG_REMOVE, .name = STR("one")};
    struct catalog_change rescan = {.kind = CATALOG_RESCAN};
    shelf_open(shelf);
    shelf_put(shelf, "one", "{\"label\":\"One\"}");
    shelf_put(shelf, "one", "{\"label\":\"Two\"}");
    store_do(shelf, &away);
    struct catalog_change change = shelf_put(shelf, "one", "{\"label\":\"Three\"}");
    assert_int_not_equal(change.err, ERR_NONE);
    assert_true(change.detail.n > 0);
    assert_int_not_equal(shelf_change(shelf, activate).err, ERR_NONE);
    assert_int_not_equal(shelf_change(shelf, remove).err, ERR_NONE);
    shelf_write(shelf, "folder", "{}");
    change = shelf_change(shelf, rescan);
    assert_int_not_equal(change.err, ERR_NONE);
    assert_true(str_find_str(change.detail, STR("did not take 1")) < change.detail.n);
    given_same("label", shelf_label(shelf, "one"), "Two");
    assert_int_equal(shelf_revision(shelf, "folder"), 0);
    store_do(shelf, &back);
    assert_int_equal(shelf_put(shelf, "one", "{}").new_revision, 3);
    shelf_rescan(shelf); /* what could not be stored is tried again */
    assert_int_equal(shelf_revision(shelf, "folder"), 1);
}

int test_catalog_change(void)
{
    const struct CMUnitTest tests[] = {
        SHELF_TEST(a_document_is_put_as_a_new_version),
        SHELF_TEST(the_same_text_changes_nothing),
        SHELF_TEST(a_dry_run_only_checks),
        SHELF_TEST(faults_are_answered_and_nothing_changes),
        SHELF_TEST(a_document_goes_to_its_own_name),
        SHELF_TEST(any_revision_can_be_brought_back),
        SHELF_TEST(an_unknown_revision_is_said),
        SHELF_TEST(what_is_removed_keeps_its_versions),
        SHELF_TEST(versions_are_listed_newest_first),
        SHELF_TEST(one_version_comes_with_its_text),
        SHELF_TEST(who_did_it_is_kept),
        SHELF_TEST(changes_are_made_in_order),
        SHELF_TEST(a_store_that_refuses_changes_nothing),
    };
    return cmocka_run_group_tests_name("catalog: change", tests, NULL, NULL);
}
