#include "garage.h"
#include "read.h"
#include "tests.h"

static bool bind_text(struct binder *binder, struct arena *arena, const char *text,
                      struct garage *garage)
{
    struct json v = read_z(arena, text);
    bind_init(binder, arena);
    memset(garage, 0xee, sizeof(*garage));
    return bind_read(binder, &garage_table, &v, garage);
}

static void a_whole_document_fills_the_struct(void **state)
{
    struct binder binder;
    struct garage garage;
    assert_true(bind_text(
        &binder, *state,
        "{\"owner\":\"Ada\",\"x-note\":[1],"
        "\"rules\":{\"open\":false,\"hours\":[8,17],\"door\":{\"delay\":\"1.5s\"},"
        "\"notes\":{\"a\":[1]}},\"spare\":{\"width\":90,\"paint\":\"red\"},"
        "\"doors\":[{},{\"width\":1e2},\"green\"],"
        "\"cars\":{\"bus\":{\"plates\":[\"B-1\",\"B-2\"],\"price\":10.5,"
        "\"trailer\":{\"plates\":\"T-1\"}},\"x-car\":{\"plates\":\"XX\"}},\"odd\":7}",
        &garage));
    assert_int_equal(binder.fault_n, 0);
    assert_str(garage.owner, STR("Ada"));
    assert_false(garage.rules.open);
    assert_int_equal(garage.rules.hours.n, 2);
    assert_int_equal(garage.rules.hours.items[1], 17);
    assert_true(garage.rules.door.delay == 1500000);
    assert_int_equal(garage.rules.door.width, 200);
    assert_true(garage.rules.door.finished);
    assert_json(*state, &garage.rules.notes, "{\"a\":[1]}");
    assert_int_equal(garage.spare->width, 90);
    assert_int_equal(garage.spare->paint, PAINT_RED);
    assert_int_equal(garage.odd, 7);
}

static void lists_hold_one_struct_for_each_item(void **state)
{
    struct binder binder;
    struct garage garage;
    assert_true(bind_text(&binder, *state,
                          "{\"owner\":\"A\",\"doors\":[{},{\"width\":100},\"green\"],"
                          "\"cars\":{\"a b\":{\"plates\":[\"B-1\",\"B-2\"],"
                          "\"trailer\":{\"plates\":\"T-1\"}},\"c\":{\"plates\":\"XX\"}}}",
                          &garage));
    const struct garage_door *doors = garage.doors.items;
    const struct garage_car *cars = garage.cars.items;
    assert_int_equal(garage.doors.n, 3);
    assert_int_equal(doors[0].width, 200);
    assert_int_equal(doors[1].width, 100);
    assert_int_equal(doors[2].paint, PAINT_GREEN);
    assert_int_equal(doors[2].width, 200);
    assert_int_equal(garage.cars.n, 2);
    assert_str(cars[0].name, STR("a b"));
    assert_int_equal(cars[0].plates.n, 2);
    assert_str(cars[0].plates.items[1], STR("B-2"));
    assert_str(cars[0].trailer->plates.items[0], STR("T-1"));
    assert_null(cars[0].trailer->trailer);
    assert_str(cars[1].name, STR("c"));
}

static void what_is_missing_has_its_default(void **state)
{
    struct binder binder;
    struct garage garage;
    assert_true(bind_text(&binder, *state, "{\"owner\":\"A\"}", &garage));
    assert_true(garage.rules.open);
    assert_int_equal(garage.rules.door.width, 200);
    assert_int_equal(garage.rules.door.paint, PAINT_BLUE);
    assert_false(garage.rules.door.finished);
    assert_true(json_is(&garage.rules.notes, JSON_UNDEFINED));
    assert_int_equal(garage.rules.hours.n, 0);
    assert_null(garage.spare);
    assert_int_equal(garage.doors.n, 0);
    assert_int_equal(garage.odd, 0);
}

/* The only fault of a document. */
static void one_fault(struct arena *arena, const char *document, const char *pointer,
                      const char *text)
{
    struct binder binder;
    struct garage garage;
    if (bind_text(&binder, arena, document, &garage))
        fail_msg("no fault in %s", document);
    assert_int_equal(binder.fault_n, 1);
    assert_str(binder.first->pointer, str_z(pointer));
    assert_str(binder.first->text, str_z(text));
    assert_ptr_equal(binder.first, binder.last);
}

/* As one_fault, in a member besides the owner. */
static void fault_in(struct arena *arena, const char *member, const char *pointer,
                     const char *text)
{
    str document = arena_printf(arena, "{\"owner\":\"A\",%s}%c", member, 0);
    one_fault(arena, document.p, pointer, text);
}

static void unknown_members_are_named(void **state)
{
    fault_in(*state, "\"door\":1", "/door",
             "\"door\" is not a member of the garage; did you mean \"doors\"?");
    fault_in(*state, "\"rules\":{\"oppen\":true}", "/rules/oppen",
             "\"oppen\" is not a member of the rules block; did you mean \"open\"?");
    fault_in(
        *state, "\"wheels/~\\n\":1", "/wheels~1~0\n",
        "\"wheels/~\\n\" is not a member of the garage; it has \"owner\", \"rules\","
        " \"spare\", \"doors\", \"cars\", \"gates\", \"odd\", and names that start with "
        "\"x-\".");
}

static void missing_members_are_named(void **state)
{
    one_fault(*state, "{}", "",
              "\"owner\" is missing from the garage; it wants a string.");
    fault_in(*state, "\"cars\":{\"a\":{}}", "/cars/a",
             "\"plates\" is missing from the car; it wants a string or an array of "
             "strings.");
}

static void wrong_kinds_say_what_was_found_and_what_is_wanted(void **state)
{
    struct arena *arena = *state;
    one_fault(arena, "[]", "", "is an array; wants an object: the garage.");
    one_fault(arena, "{\"owner\":null}", "/owner", "is null; wants a string.");
    one_fault(arena, "{\"owner\":1.50}", "/owner", "is 1.50; wants a string.");
    fault_in(arena, "\"rules\":\"none\"", "/rules",
             "is the string \"none\"; wants an object: the rules block.");
    fault_in(arena, "\"rules\":{\"open\":\"yes\"}", "/rules/open",
             "is the string \"yes\"; wants true or false.");
    fault_in(arena, "\"rules\":{\"hours\":{}}", "/rules/hours",
             "is an object; wants a whole number or an array of whole numbers.");
    fault_in(arena, "\"rules\":{\"hours\":[1,true]}", "/rules/hours/1",
             "is true; wants a whole number.");
    fault_in(arena, "\"rules\":{\"hours\":[1,2.5]}", "/rules/hours/1",
             "is 2.5; wants a whole number.");
    fault_in(arena, "\"rules\":{\"hours\":1.0000000000000000000001}", "/rules/hours",
             "is 1.0000000000000000000001; wants a whole number or an array of whole "
             "numbers.");
    fault_in(arena, "\"rules\":{\"hours\":10000000000000000000000000000000000000001e999}",
             "/rules/hours", "is a number beyond all bounds; must be at most 23.");
    fault_in(arena, "\"rules\":{\"hours\":1e999}", "/rules/hours",
             "is 1e999; must be at most 23.");
    fault_in(arena, "\"doors\":{}", "/doors", "is an object; wants an array of objects.");
    fault_in(arena, "\"cars\":[]", "/cars",
             "is an array; wants an object with one member for each.");
    fault_in(arena, "\"cars\":{\"a\":{\"plates\":7}}", "/cars/a/plates",
             "is 7; wants a string or an array of strings.");
    fault_in(arena, "\"cars\":{\"a\":{\"plates\":\"AA\",\"price\":\"1\"}}",
             "/cars/a/price", "is the string \"1\"; wants a number.");
    fault_in(arena, "\"odd\":2", "/odd", "is not odd; take an odd number.");
}

static void nothing_is_missing(void **state)
{
    struct binder binder;
    struct garage garage;
    struct json nothing = {0};
    bind_init(&binder, *state);
    assert_false(bind_read(&binder, &garage_table, &nothing, &garage));
    assert_str(binder.first->text, STR("is missing; wants an object: the garage."));
}

static const char *const many_names[20] = {"a0", "a1", "a2", "a3", "a4", "a5", "a6",
                                           "a7", "a8", "a9", "b0", "b1", "b2", "b3",
                                           "b4", "b5", "b6", "b7", "b8", "b9"};

static void read_nothing(struct binder *binder, const struct json *value, void *field)
{
    (void)binder;
    (void)value;
    (void)field;
}

static void long_lists_of_names_are_cut(void **state)
{
    struct bind_row rows[20] = {0};
    struct bind_table table = {.name = "crowd", .rows = rows, .n = 20, .bytes = 8};
    struct binder binder;
    uint64_t obj;
    for (size_t i = 0; i < 20; i++)
        rows[i] = (struct bind_row){
            .name = many_names[i], .kind = BIND_CUSTOM, .custom = read_nothing};
    rows[19].required = true;
    rows[19].doc = "The last one.";
    struct json v = read_z(*state, "{\"something else\":1}");
    bind_init(&binder, *state);
    assert_false(bind_read(&binder, &table, &v, &obj));
    assert_true(str_find_str(binder.first->text, STR("\"b5\", …, and names")) <
                binder.first->text.n);
    assert_str(binder.last->text, STR("\"b9\" is missing from the crowd. The last one."));
}

static void bounds_are_kept(void **state)
{
    struct arena *arena = *state;
    one_fault(arena, "{\"owner\":\"\"}", "/owner",
              "has 0 characters; must have at least 1.");
    one_fault(arena, "{\"owner\":\"\xc3\xa4-345678901\"}", "/owner",
              "has 11 characters; must have at most 10.");
    fault_in(arena, "\"spare\":{\"width\":9}", "/spare/width",
             "is 9; must be at least 10.");
    fault_in(arena, "\"spare\":{\"width\":5000000000}", "/spare/width",
             "is 5000000000; must be at most 500.");
    fault_in(arena, "\"spare\":{\"width\":-1}", "/spare/width",
             "is -1; must be at least 10.");
    fault_in(arena, "\"rules\":{\"hours\":24}", "/rules/hours",
             "is 24; must be at most 23.");
    fault_in(arena, "\"doors\":[]", "/doors", "has 0 items; must have at least 1.");
    fault_in(arena, "\"doors\":[{},{},{},1]", "/doors",
             "has 4 items; must have at most 3.");
    fault_in(arena, "\"cars\":{\"a\":{\"plates\":[\"AA\",\"A\"]}}", "/cars/a/plates/1",
             "has 1 character; must have at least 2.");
    fault_in(arena, "\"cars\":{\"a\":{\"plates\":\"AA\",\"price\":-0.01}}",
             "/cars/a/price", "is -0.01; must be at least 0.");
}

static void durations_have_a_unit_and_bounds(void **state)
{
    struct arena *arena = *state;
    fault_in(arena, "\"spare\":{\"delay\":\"abc\"}", "/spare/delay",
             "is the string \"abc\"; wants a duration such as \"250ms\", \"30s\" or "
             "\"5m\".");
    fault_in(arena, "\"spare\":{\"delay\":30}", "/spare/delay",
             "is 30; wants a duration such as \"250ms\", \"30s\" or \"5m\".");
    fault_in(arena, "\"spare\":{\"delay\":\"250ms\"}", "/spare/delay",
             "is the string \"250ms\"; must be at least \"1s\".");
    fault_in(arena, "\"spare\":{\"delay\":\"2m\"}", "/spare/delay",
             "is the string \"2m\"; must be at most \"60s\".");
}

static void words_are_suggested(void **state)
{
    fault_in(*state, "\"spare\":{\"paint\":\"gren\"}", "/spare/paint",
             "is the string \"gren\"; must be one of \"red\", \"green\", \"blue\"; did "
             "you mean \"green\"?");
    fault_in(*state, "\"spare\":{\"paint\":\"yellow\"}", "/spare/paint",
             "is the string \"yellow\"; wants one of \"red\", \"green\", \"blue\".");
    fault_in(*state, "\"spare\":{\"paint\":1}", "/spare/paint",
             "is 1; wants one of \"red\", \"green\", \"blue\".");
}

static void a_shorthand_stands_for_an_object(void **state)
{
    struct binder binder;
    struct garage garage;
    assert_true(
        bind_text(&binder, *state, "{\"owner\":\"A\",\"spare\":\"red\"}", &garage));
    assert_int_equal(garage.spare->paint, PAINT_RED);
    assert_true(garage.spare->finished);
    fault_in(
        *state, "\"spare\":\"rde\"", "/spare",
        "is the string \"rde\"; must be one of \"red\", \"green\", \"blue\"; did you "
        "mean \"red\"?");
    fault_in(*state, "\"spare\":5", "/spare",
             "is 5; wants one of \"red\", \"green\", \"blue\", or an object: the door "
             "block.");
}

static void one_object_stands_for_a_list_of_one(void **state)
{
    static const char *const texts[] = {
        "{\"owner\":\"A\",\"gates\":{\"locked\":true,\"paint\":\"red\"}}",
        "{\"owner\":\"A\",\"gates\":[{\"locked\":true,\"paint\":\"red\"}]}",
        "{\"owner\":\"A\",\"gates\":\"red\"}"};
    struct binder binder;
    struct garage garage;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_true(bind_text(&binder, *state, texts[i], &garage));
        const struct garage_gate *gate = garage.gates.items;
        assert_int_equal(garage.gates.n, 1);
        assert_int_equal(gate->door.paint, PAINT_RED);
        assert_int_equal(gate->door.width, 200);
        assert_true(gate->locked == (i < 2));
    }
    fault_in(*state, "\"gates\":[]", "/gates", "has 0 items; must have at least 1.");
    fault_in(*state, "\"gates\":5", "/gates",
             "is 5; wants one of \"red\", \"green\", \"blue\", or an object: the gate "
             "block.");
}

static void a_table_has_the_rows_of_its_base(void **state)
{
    struct binder binder;
    struct garage garage;
    assert_true(bind_text(
        &binder, *state, "{\"owner\":\"A\",\"gates\":[{\"width\":90},{\"locked\":true}]}",
        &garage));
    const struct garage_gate *gates = garage.gates.items;
    assert_int_equal(gates[0].door.width, 90);
    assert_true(gates[0].finished);
    assert_true(gates[1].locked);
    fault_in(*state, "\"gates\":{\"width\":13,\"locked\":true,\"delay\":\"2s\"}",
             "/gates/width", "is unlucky; take another."); /* and its own is not run */
    fault_in(*state, "\"gates\":[{},{\"locked\":true,\"delay\":\"2s\"}]",
             "/gates/1/delay", "is of no use; it is locked.");
    fault_in(*state, "\"gates\":{\"loked\":true}", "/gates/loked",
             "\"loked\" is not a member of the gate block; did you mean \"locked\"?");
    fault_in(*state, "\"gates\":{\"wheel\":true}", "/gates/wheel",
             "\"wheel\" is not a member of the gate block; it has \"width\", \"delay\", "
             "\"paint\", \"locked\", and names that start with \"x-\".");
}

static void finish_may_object(void **state)
{
    fault_in(*state, "\"doors\":[{},{\"width\":13}]", "/doors/1/width",
             "is unlucky; take another.");
}

static void finish_runs_on_good_objects_only(void **state)
{
    struct binder binder;
    struct garage garage;
    assert_false(bind_text(&binder, *state,
                           "{\"owner\":\"A\",\"spare\":{\"width\":13,\"delay\":1}}",
                           &garage));
    assert_int_equal(binder.fault_n, 1);
    assert_false(garage.spare->finished);
}

static void all_faults_are_reported_in_order(void **state)
{
    static const char *const pointers[] = {"/odd", "/rules/open", "/rules/hourz",
                                           "/wheel", "/owner"};
    struct binder binder;
    struct garage garage;
    size_t n = 0;
    assert_false(bind_text(&binder, *state,
                           "{\"odd\":2,\"rules\":{\"open\":1,\"hourz\":1},\"wheel\":1,"
                           "\"owner\":{}}",
                           &garage));
    for (const struct bind_fault *f = binder.first; f; f = f->next)
        assert_str(f->pointer, str_z(pointers[n++]));
    assert_int_equal(n, COUNT_OF(pointers));
    assert_int_equal(binder.fault_n, n);
}

static void faults_are_counted_beyond_those_kept(void **state)
{
    struct arena *arena = *state;
    struct binder binder;
    struct garage garage;
    str text = STR("{\"owner\":\"A\",\"rules\":{\"hours\":[true");
    for (int i = 1; i < 80; i++)
        text = arena_printf(arena, STR_F ",true", STR_A(text));
    text = arena_printf(arena, STR_F "]}}%c", STR_A(text), 0);
    assert_false(bind_text(&binder, arena, text.p, &garage));
    size_t kept = 0;
    for (const struct bind_fault *f = binder.first; f; f = f->next)
        kept++;
    assert_int_equal(kept, BIND_FAULTS_MAX);
    assert_int_equal(binder.fault_n, 80);
    assert_null(binder.last->next);
}

static void long_texts_are_cut_in_faults(void **state)
{
    fault_in(*state,
             "\"spare\":{\"delay\":\"123456789012345678901234567890123456789"
             "\xe2\x82\xac\xe2\x82\xac\"}",
             "/spare/delay",
             "is the string \"123456789012345678901234567890123456789…\"; wants a "
             "duration such as \"250ms\", \"30s\" or \"5m\".");
}

static void lists_without_bounds_are_bounded(void **state)
{
    struct arena *arena = *state;
    char *text = arena_bytes(arena, 100000);
    size_t n = (size_t)snprintf(text, 100000, "\"rules\":{\"hours\":[1");
    for (int i = 0; i < BIND_ITEMS_MAX; i++, n += 2)
        memcpy(text + n, ",1", 2);
    memcpy(text + n, "]}", 3);
    fault_in(arena, text, "/rules/hours", "has 10001 items; must have at most 10000.");
}

static void tables_in_themselves_are_bounded(void **state)
{
    struct arena *arena = *state;
    str text = STR("{\"plates\":\"AA\"}");
    for (int i = 0; i < 300; i++)
        text =
            arena_printf(arena, "{\"plates\":\"AA\",\"trailer\":" STR_F "}", STR_A(text));
    struct binder binder;
    struct garage garage;
    text = arena_printf(arena, "{\"owner\":\"A\",\"cars\":{\"a\":" STR_F "}}%c",
                        STR_A(text), 0);
    assert_false(bind_text(&binder, arena, text.p, &garage));
    assert_int_equal(binder.fault_n, 1);
    assert_str(binder.first->text,
               STR("is nested too deep; at most 200 objects may contain it."));
    assert_int_equal(binder.depth, 0);
}

static void names_as_long_as_the_document_are_cut_in_faults(void **state)
{
    struct arena *arena = *state;
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_str(&text, STR("{\"owner\":\"A\",\""));
    for (int i = 0; i < 100000; i++)
        buf_char(&text, '~');
    buf_str(&text, STR("\":1}"));
    buf_char(&text, 0);
    struct binder binder;
    struct garage garage;
    assert_false(bind_text(&binder, arena, text.p, &garage));
    assert_int_equal(binder.fault_n, 1);
    assert_int_equal(binder.first->pointer.n, 2000);
    assert_true(binder.first->text.n <= 2000);
    buf_fini(&text);
}

static void unknown_members_beyond_those_kept_cost_nothing(void **state)
{
    struct arena *arena = *state;
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_str(&text, STR("{\"owner\":\"A\""));
    for (int i = 0; i < 50000; i++)
        buf_printf(&text, ",\"n%d\":0", i);
    buf_str(&text, STR("}"));
    buf_char(&text, 0);
    struct binder binder;
    struct garage garage;
    size_t before = arena->bytes;
    assert_false(bind_text(&binder, arena, text.p, &garage));
    assert_int_equal(binder.fault_n, 50000);
    assert_true(arena->bytes - before < ((size_t)16 << 20));
    buf_fini(&text);
}

int test_bind(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, read_setup, read_teardown)
    const struct CMUnitTest tests[] = {
        T(a_whole_document_fills_the_struct),
        T(lists_hold_one_struct_for_each_item),
        T(what_is_missing_has_its_default),
        T(unknown_members_are_named),
        T(missing_members_are_named),
        T(wrong_kinds_say_what_was_found_and_what_is_wanted),
        T(nothing_is_missing),
        T(long_lists_of_names_are_cut),
        T(bounds_are_kept),
        T(durations_have_a_unit_and_bounds),
        T(words_are_suggested),
        T(a_shorthand_stands_for_an_object),
        T(one_object_stands_for_a_list_of_one),
        T(a_table_has_the_rows_of_its_base),
        T(finish_may_object),
        T(finish_runs_on_good_objects_only),
        T(all_faults_are_reported_in_order),
        T(faults_are_counted_beyond_those_kept),
        T(long_texts_are_cut_in_faults),
        T(names_as_long_as_the_document_are_cut_in_faults),
        T(unknown_members_beyond_those_kept_cost_nothing),
        T(lists_without_bounds_are_bounded),
        T(tables_in_themselves_are_bounded),
    };
    return cmocka_run_group_tests_name("json/bind", tests, NULL, NULL);
}
