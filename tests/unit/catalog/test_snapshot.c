#include "catalog/catalog_state.h"
#include "paper.h"

int test_snapshot(void);

static struct entry *make(struct arena *arena, const char *patch)
{
    struct catalog_fault *faults;
    uint32_t n;
    struct entry *entry = entry_compile(paper_text(arena, patch), STR_NONE, STR("test"),
                                        arena, &faults, &n);
    assert_non_null(entry);
    return entry;
}

static void entries_stand_in_order_of_their_names(void **state)
{
    struct entry *entries[] = {make(*state, "{\"name\":\"b\"}"),
                               make(*state, "{\"name\":\"a\"}"),
                               make(*state, "{\"name\":\"c\"}")};
    struct snapshot *snapshot = snapshot_build(NULL, entries, 3, STR_NONE);
    assert_int_equal(snapshot_count(snapshot), 3);
    given_same("0", snapshot_at(snapshot, 0)->name, "a");
    given_same("1", snapshot_at(snapshot, 1)->name, "b");
    given_same("2", snapshot_at(snapshot, 2)->name, "c");
    assert_ptr_equal(snapshot_find(snapshot, STR("b")), entries[0]->integration);
    assert_null(snapshot_find(snapshot, STR("d")));
    snapshot_unref(&snapshot);
    assert_null(snapshot);
    for (size_t i = 0; i < COUNT_OF(entries); i++)
        entry_unref(&entries[i]);
}

static void a_new_one_shares_what_did_not_change(void **state)
{
    struct entry *first[] = {make(*state, "{\"name\":\"a\"}"),
                             make(*state, "{\"name\":\"b\"}"),
                             make(*state, "{\"name\":\"c\"}")};
    struct entry *second[] = {make(*state, "{\"name\":\"b\",\"label\":\"new\"}"),
                              make(*state, "{\"name\":\"d\"}")};
    struct snapshot *old = snapshot_build(NULL, first, 3, STR_NONE);
    struct snapshot *new = snapshot_build(old, second, 2, STR("c"));
    assert_int_equal(snapshot_count(new), 3);
    assert_ptr_equal(snapshot_find(new, STR("a")), snapshot_find(old, STR("a")));
    given_same("label", snapshot_find(new, STR("b"))->label, "new");
    given_same("label", snapshot_find(old, STR("b"))->label, "b");
    assert_null(snapshot_find(new, STR("c")));
    for (size_t i = 0; i < COUNT_OF(first); i++)
        entry_unref(&first[i]);
    snapshot_unref(&old);
    given_same("a", snapshot_find(new, STR("a"))->name, "a");
    for (size_t i = 0; i < COUNT_OF(second); i++)
        entry_unref(&second[i]);
    snapshot_unref(&new);
}

static void a_snapshot_may_be_empty(void **state)
{
    (void)state;
    struct snapshot *snapshot = snapshot_build(NULL, NULL, 0, STR_NONE);
    assert_int_equal(snapshot_count(snapshot), 0);
    assert_null(snapshot_find(snapshot, STR("a")));
    struct snapshot *other = snapshot_ref(snapshot);
    snapshot_unref(&snapshot);
    assert_int_equal(snapshot_count(other), 0);
    snapshot_unref(&other);
}

static void an_entry_must_have_its_name(void **state)
{
    struct catalog_fault *faults;
    uint32_t n = 0;
    assert_null(entry_compile(paper_text(*state, "{}"), STR("other"), STR("the/file"),
                              *state, &faults, &n));
    assert_int_equal(n, 1);
    given_same("file", faults[0].file, "the/file");
    given_same("pointer", faults[0].pointer, "/name");
}

static void an_entry_does_not_need_its_text_any_more(void **state)
{
    struct catalog_fault *faults;
    uint32_t n;
    str text = paper_text(*state, "{\"label\":\"kept\"}");
    struct entry *entry = entry_compile(text, STR_NONE, STR("test"), *state, &faults, &n);
    memset((char *)(uintptr_t)text.p, 'x', text.n);
    given_same("label", entry->integration->label, "kept");
    entry_unref(&entry);
}

/* A long name is repeated in the pointer of everything below it. */
static void a_document_that_needs_too_much_room_is_a_fault(void **state)
{
    struct catalog_fault *faults;
    uint32_t n = 0;
    struct buf buf;
    buf_init(&buf, 1 << 23);
    buf_str(&buf,
            STR("{\"name\":\"acme\",\"hosts\":\"a.test\",\"base_url\":\"https://a.test\","
                "\"auth\":\"none\",\"resources\":{\""));
    for (size_t i = 0; i < 1 << 21; i++)
        buf_char(&buf, 'a');
    buf_str(&buf, STR("\":{\"methods\":{\"a0\":{}"));
    for (int i = 1; i < 200; i++)
        buf_printf(&buf, ",\"a%d\":{\"verb\":\"GET\",\"path\":\"/%d\"}", i, i);
    buf_str(&buf, STR("}}}}"));
    assert_true(buf_ok(&buf));
    assert_null(
        entry_compile(buf_peek(&buf), STR_NONE, STR("test"), *state, &faults, &n));
    assert_int_equal(n, 1);
    given_same("fault", faults[0].text,
               "needs too much room when it is read; make it smaller.");
    buf_fini(&buf);
}

int test_snapshot(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(entries_stand_in_order_of_their_names),
        GIVEN_TEST(a_new_one_shares_what_did_not_change),
        GIVEN_TEST(a_snapshot_may_be_empty),
        GIVEN_TEST(an_entry_must_have_its_name),
        GIVEN_TEST(an_entry_does_not_need_its_text_any_more),
        GIVEN_TEST(a_document_that_needs_too_much_room_is_a_fault),
    };
    return cmocka_run_group_tests_name("catalog: snapshot", tests, NULL, NULL);
}
