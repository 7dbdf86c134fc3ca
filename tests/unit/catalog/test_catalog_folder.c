#include <sys/stat.h>
#include <unistd.h>

#include "shelf.h"

int test_catalog_folder(void);

static void a_changed_document_is_a_new_version(void **state)
{
    struct shelf *shelf = *state;
    shelf_write(shelf, "one", "{\"label\":\"One\"}");
    shelf_open(shelf);
    shelf_write(shelf, "one", "{\"label\":\"Two\"}");
    shelf_rescan(shelf);
    given_same("label", shelf_label(shelf, "one"), "Two");
    assert_int_equal(shelf_revision(shelf, "one"), 2);
    assert_true(shelf_logged(shelf, "taken from the folder"));
}

static void a_new_document_is_found(void **state)
{
    struct shelf *shelf = *state;
    shelf_open(shelf);
    assert_int_equal(shelf_revision(shelf, "one"), 0);
    shelf_write(shelf, "one", "{}");
    shelf_rescan(shelf);
    assert_int_equal(shelf_revision(shelf, "one"), 1);
}

static void looking_again_changes_nothing(void **state)
{
    struct shelf *shelf = *state;
    shelf_write(shelf, "one", "{}");
    shelf_open(shelf);
    struct snapshot *before = catalog_snapshot(shelf->catalog);
    shelf_rescan(shelf);
    shelf_write(shelf, "one", "{}"); /* new times, the same text */
    shelf_rescan(shelf);
    struct snapshot *after = catalog_snapshot(shelf->catalog);
    assert_ptr_equal(before, after);
    snapshot_unref(&before);
    snapshot_unref(&after);
}

/* The wall clock is far ahead of the files: their stamps are trusted. */
static void old_stamps_are_trusted_and_new_ones_seen(void **state)
{
    struct shelf *shelf = *state;
    false_world_jump(&shelf->world, 50 * 365 * USEC_DAY);
    shelf_write(shelf, "one", "{\"label\":\"One\"}");
    shelf_open(shelf);
    shelf_rescan(shelf);
    shelf_write(shelf, "one", "{\"label\":\"Two\"}");
    shelf_rescan(shelf);
    given_same("label", shelf_label(shelf, "one"), "Two");
    shelf_write_text(shelf, "one", STR("{"));
    shelf_rescan(shelf);
    shelf_rescan(shelf);
    assert_int_equal(shelf_faults(shelf, NULL), 1);
    given_same("label", shelf_label(shelf, "one"), "Two");
}

static void a_bad_document_never_replaces_a_good_one(void **state)
{
    struct shelf *shelf = *state;
    struct catalog_fault fault;
    shelf_write(shelf, "one", "{\"label\":\"Good\"}");
    shelf_open(shelf);
    shelf_write(shelf, "one", "{\"label\":5}");
    shelf_rescan(shelf);
    given_same("label", shelf_label(shelf, "one"), "Good");
    assert_int_equal(shelf_faults(shelf, &fault), 1);
    given_same("pointer", fault.pointer, "/label");
    shelf_write(shelf, "one", "{\"label\":\"Better\"}");
    shelf_rescan(shelf);
    given_same("label", shelf_label(shelf, "one"), "Better");
    assert_int_equal(shelf_revision(shelf, "one"), 2);
    assert_int_equal(shelf_faults(shelf, NULL), 0);
}

static void going_back_to_the_stored_text_clears_the_faults(void **state)
{
    struct shelf *shelf = *state;
    shelf_write(shelf, "one", "{}");
    shelf_open(shelf);
    shelf_write(shelf, "one", "{\"label\":5}");
    shelf_rescan(shelf);
    assert_int_equal(shelf_faults(shelf, NULL), 1);
    shelf_write(shelf, "one", "{}");
    shelf_rescan(shelf);
    assert_int_equal(shelf_faults(shelf, NULL), 0);
    assert_int_equal(shelf_revision(shelf, "one"), 1);
}

static void a_document_that_is_gone_stays_in_use(void **state)
{
    struct shelf *shelf = *state;
    shelf_write(shelf, "one", "{}");
    shelf_open(shelf);
    shelf_delete(shelf, "one");
    shelf_rescan(shelf);
    shelf_rescan(shelf);
    assert_int_equal(shelf_revision(shelf, "one"), 1);
    assert_true(shelf_logged(shelf, "gone from the folder"));
    shelf_write(shelf, "one", "{}"); /* back again */
    shelf_rescan(shelf);
    assert_int_equal(shelf_revision(shelf, "one"), 1);
}

static void faults_go_with_their_document(void **state)
{
    struct shelf *shelf = *state;
    shelf_write_text(shelf, "one", STR("no"));
    shelf_open(shelf);
    assert_int_equal(shelf_faults(shelf, NULL), 1);
    shelf_delete(shelf, "one");
    shelf_rescan(shelf);
    assert_int_equal(shelf_faults(shelf, NULL), 0);
}

static void what_was_changed_by_hand_stays_until_the_folder_changes(void **state)
{
    struct shelf *shelf = *state;
    shelf_write(shelf, "one", "{\"label\":\"Folder\"}");
    shelf_open(shelf);
    assert_int_equal(shelf_put(shelf, "one", "{\"label\":\"Hand\"}").new_revision, 2);
    shelf_rescan(shelf);
    given_same("label", shelf_label(shelf, "one"), "Hand");
    shelf_close(shelf);
    shelf_open(shelf);
    given_same("label", shelf_label(shelf, "one"), "Hand");
    shelf_write(shelf, "one", "{\"label\":\"Folder again\"}");
    shelf_rescan(shelf);
    given_same("label", shelf_label(shelf, "one"), "Folder again");
    assert_int_equal(shelf_revision(shelf, "one"), 3);
}

static void what_was_removed_stays_removed_until_the_folder_changes(void **state)
{
    struct shelf *shelf = *state;
    struct catalog_change remove = {.kind = CATALOG_REMOVE, .name = STR("one")};
    shelf_write(shelf, "one", "{}");
    shelf_open(shelf);
    assert_int_equal(shelf_change(shelf, remove).err, ERR_NONE);
    shelf_rescan(shelf);
    assert_int_equal(shelf_revision(shelf, "one"), 0);
    shelf_write(shelf, "one", "{\"label\":\"New\"}");
    shelf_rescan(shelf);
    assert_int_equal(shelf_revision(shelf, "one"), 2);
}

static void a_folder_and_its_document_have_one_name(void **state)
{
    struct shelf *shelf = *state;
    struct catalog_fault fault;
    shelf_write_text(shelf, "one", shelf_document(shelf, "two", "{}"));
    shelf_open(shelf);
    assert_int_equal(shelf_faults(shelf, &fault), 1);
    given_same("pointer", fault.pointer, "/name");
    assert_int_equal(shelf_revision(shelf, "one"), 0);
    assert_int_equal(shelf_revision(shelf, "two"), 0);
}

static void odd_things_in_the_folder_do_no_harm(void **state)
{
    struct shelf *shelf = *state;
    char path[200];
    shelf_write(shelf, "one", "{}");
    shelf_write(shelf, ".git", "{}");
    snprintf(path, sizeof(path), "%s/empty", shelf->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/README.md", shelf->folder);
    FILE *file = fopen(path, "wb");
    assert_int_equal(fclose(file), 0);
    snprintf(path, sizeof(path), "%s/loop", shelf->folder);
    assert_int_equal(symlink("loop", path), 0);
    snprintf(path, sizeof(path), "%s/linked", shelf->folder);
    assert_int_equal(symlink("one", path), 0);
    shelf_open(shelf);
    struct snapshot *snapshot = catalog_snapshot(shelf->catalog);
    assert_int_equal(snapshot_count(snapshot), 1);
    snapshot_unref(&snapshot);
    assert_int_equal(shelf_faults(shelf, NULL), 1); /* linked: it has another name */
}

static void what_is_no_readable_document_is_said(void **state)
{
    struct shelf *shelf = *state;
    char path[200];
    struct catalog_fault fault;
    shelf_write(shelf, "Bad Name", "{}");
    shelf_open(shelf);
    assert_int_equal(shelf_faults(shelf, &fault), 1);
    assert_true(str_find_str(fault.text, STR("name cannot be")) < fault.text.n);
    shelf_delete(shelf, "Bad Name");
    snprintf(path, sizeof(path), "%s/dir", shelf->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/dir/integration.json", shelf->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    shelf_rescan(shelf);
    assert_int_equal(shelf_faults(shelf, &fault), 1);
    assert_true(str_find_str(fault.text, STR("cannot be read")) < fault.text.n);
    assert_int_equal(rmdir(path), 0);
    shelf_write_text(shelf, "dir", STR(""));
    assert_int_equal(truncate(path, 5 << 20), 0);
    shelf_rescan(shelf);
    assert_int_equal(shelf_faults(shelf, &fault), 1);
    assert_true(str_find_str(fault.text, STR("larger than 4 MiB")) < fault.text.n);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("nowhere", path), 0);
    shelf_rescan(shelf);
    assert_int_equal(shelf_faults(shelf, &fault), 1);
    assert_true(str_find_str(fault.text, STR("cannot be read")) < fault.text.n);
}

static void a_folder_that_vanishes_takes_nothing_along(void **state)
{
    struct shelf *shelf = *state;
    char other[100];
    shelf_write(shelf, "one", "{}");
    shelf_open(shelf);
    snprintf(other, sizeof(other), "%s.away", shelf->folder);
    assert_int_equal(rename(shelf->folder, other), 0);
    struct catalog_change change =
        shelf_change(shelf, (struct catalog_change){.kind = CATALOG_RESCAN});
    assert_int_not_equal(change.err, ERR_NONE);
    assert_true(str_find_str(change.detail, str_z(shelf->folder)) < change.detail.n);
    assert_int_equal(shelf_revision(shelf, "one"), 1);
    assert_int_equal(rename(other, shelf->folder), 0);
    shelf_rescan(shelf);
}

int test_catalog_folder(void)
{
    const struct CMUnitTest tests[] = {
        SHELF_TEST(a_changed_document_is_a_new_version),
        SHELF_TEST(a_new_document_is_found),
        SHELF_TEST(looking_again_changes_nothing),
        SHELF_TEST(old_stamps_are_trusted_and_new_ones_seen),
        SHELF_TEST(a_bad_document_never_replaces_a_good_one),
        SHELF_TEST(going_back_to_the_stored_text_clears_the_faults),
        SHELF_TEST(a_document_that_is_gone_stays_in_use),
        SHELF_TEST(faults_go_with_their_document),
        SHELF_TEST(what_was_changed_by_hand_stays_until_the_folder_changes),
        SHELF_TEST(what_was_removed_stays_removed_until_the_folder_changes),
        SHELF_TEST(a_folder_and_its_document_have_one_name),
        SHELF_TEST(odd_things_in_the_folder_do_no_harm),
        SHELF_TEST(what_is_no_readable_document_is_said),
        SHELF_TEST(a_folder_that_vanishes_takes_nothing_along),
    };
    return cmocka_run_group_tests_name("catalog: folder", tests, NULL, NULL);
}
