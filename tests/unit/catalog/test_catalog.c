#include "shelf.h"

#include "catalog/catalog_state.h"

int test_catalog(void);

static void the_folder_is_loaded(void **state)
{
    struct shelf *shelf = *state;
    struct catalog_fault fault;
    shelf_write(shelf, "one", "{\"label\":\"One\"}");
    shelf_write(shelf, "two", "{}");
    shelf_write_text(shelf, "three", STR("{\n\"name\": }"));
    shelf_open(shelf);
    struct snapshot *snapshot = catalog_snapshot(shelf->catalog);
    assert_int_equal(snapshot_count(snapshot), 2);
    snapshot_unref(&snapshot);
    given_same("label", shelf_label(shelf, "one"), "One");
    assert_int_equal(shelf_revision(shelf, "one"), 1);
    assert_int_equal(shelf_faults(shelf, &fault), 1);
    assert_true(str_ends(fault.file, STR("/three/integration.json")));
    assert_true(str_find_str(fault.text, STR("line 2, column 9")) < fault.text.n);
    assert_true(shelf_logged(shelf, "three/integration.json"));
}

static void opening_again_makes_no_new_versions(void **state)
{
    struct shelf *shelf = *state;
    shelf_write(shelf, "one", "{}");
    shelf_open(shelf);
    shelf_close(shelf);
    shelf_open(shelf);
    assert_int_equal(shelf_revision(shelf, "one"), 1);
    assert_int_equal(shelf_versions(shelf, "one", 0, 0, 10).n, 1);
    given_same("audit", shelf_audit(shelf),
               "integration.put one {\"revision\":1,\"source\":\"folder\"}\n");
}

static void the_store_is_enough(void **state)
{
    struct shelf *shelf = *state;
    str why;
    shelf_write(shelf, "one", "{\"label\":\"One\"}");
    shelf_open(shelf);
    shelf_close(shelf);
    shelf->catalog = catalog_open(shelf->store, STR_NONE, &shelf->world.world,
                                  &shelf->log, &shelf->arena, &why);
    assert_non_null(shelf->catalog);
    given_same("label", shelf_label(shelf, "one"), "One");
    assert_int_equal(shelf_faults(shelf, NULL), 0);
    catalog_close(&shelf->catalog);
}

static void changes_made_while_it_was_closed_are_seen(void **state)
{
    struct shelf *shelf = *state;
    shelf_write(shelf, "one", "{\"label\":\"One\"}");
    shelf_open(shelf);
    shelf_close(shelf);
    shelf_write(shelf, "one", "{\"label\":\"Two\"}");
    shelf_open(shelf);
    given_same("label", shelf_label(shelf, "one"), "Two");
    assert_int_equal(shelf_revision(shelf, "one"), 2);
}

static void a_folder_that_is_not_there_is_said(void **state)
{
    struct shelf *shelf = *state;
    str why = STR("");
    assert_null(catalog_open(shelf->store, STR("/nowhere/at/all"), &shelf->world.world,
                             &shelf->log, &shelf->arena, &why));
    assert_true(str_find_str(why, STR("/nowhere/at/all")) < why.n);
}

/* As a store would hold it that a newer Breakwater wrote. */
static void plant(struct shelf *shelf, const char *name, str text)
{
    struct stored version = {
        .name = str_z(name), .hash = STR("0123"), .text = text, .revision = 0};
    struct stored_list list = {.items = &version, .n = 1};
    struct store_author author = {.source = STR("api")};
    assert_int_equal(catalog_store_put(shelf->store, &author, &list), ERR_NONE);
}

static void a_version_that_cannot_be_read_is_a_fault(void **state)
{
    struct shelf *shelf = *state;
    struct catalog_fault fault;
    plant(shelf, "old", STR("{\"name\":\"old\",\"teleport\":{}}"));
    shelf_write(shelf, "one", "{}");
    shelf_open(shelf);
    assert_int_equal(shelf_revision(shelf, "old"), 0);
    assert_int_equal(shelf_revision(shelf, "one"), 1);
    assert_true(shelf_faults(shelf, &fault) > 0);
    given_same("file", fault.file, "old");
    struct catalog_change put = shelf_put(shelf, "old", "{}");
    assert_int_equal(put.err, ERR_NONE);
    assert_int_equal(put.new_revision, 2);
    assert_int_equal(shelf_faults(shelf, NULL), 0);
}

static void a_faulty_folder_does_not_hide_the_version_in_use(void **state)
{
    struct shelf *shelf = *state;
    shelf_write(shelf, "one", "{\"label\":\"Good\"}");
    shelf_open(shelf);
    shelf_close(shelf);
    shelf_write(shelf, "one", "{\"lable\":\"Bad\"}");
    shelf_open(shelf);
    given_same("label", shelf_label(shelf, "one"), "Good");
    assert_int_equal(shelf_faults(shelf, NULL), 1);
}

static void many_documents_are_loaded_twice(void **state)
{
    struct shelf *shelf = *state;
    for (int i = 0; i < 150; i++)
        shelf_write(shelf, arena_z(&shelf->arena, arena_printf(&shelf->arena, "v%d", i)),
                    "{}");
    for (int i = 0; i < 2; i++) {
        shelf_open(shelf);
        struct snapshot *snapshot = catalog_snapshot(shelf->catalog);
        assert_int_equal(snapshot_count(snapshot), 150);
        snapshot_unref(&snapshot);
        assert_int_equal(shelf_revision(shelf, "v149"), 1);
        shelf_close(shelf);
    }
}

static void faults_are_listed_in_order_of_their_files(void **state)
{
    struct shelf *shelf = *state;
    struct catalog_fault *faults;
    static const char *const names[] = {"c", "a", "b"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        shelf_write_text(shelf, names[i], STR("{}"));
    shelf_open(shelf);
    uint32_t n = catalog_faults(shelf->catalog, &shelf->arena, &faults);
    assert_int_equal(n, 3 * 4);
    for (uint32_t i = 1; i < n; i++)
        assert_true(str_cmp(faults[i - 1].file, faults[i].file) <= 0);
}

int test_catalog(void)
{
    const struct CMUnitTest tests[] = {
        SHELF_TEST(the_folder_is_loaded),
        SHELF_TEST(opening_again_makes_no_new_versions),
        SHELF_TEST(the_store_is_enough),
        SHELF_TEST(changes_made_while_it_was_closed_are_seen),
        SHELF_TEST(a_folder_that_is_not_there_is_said),
        SHELF_TEST(a_version_that_cannot_be_read_is_a_fault),
        SHELF_TEST(a_faulty_folder_does_not_hide_the_version_in_use),
        SHELF_TEST(many_documents_are_loaded_twice),
        SHELF_TEST(faults_are_listed_in_order_of_their_files),
    };
    return cmocka_run_group_tests_name("catalog: catalog", tests, NULL, NULL);
}
