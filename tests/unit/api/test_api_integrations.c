#include "groups.h"
#include "house.h"

#include <sys/stat.h>

/* A document of that name and label. */
static const char *document(struct house *house, const char *name, const char *label)
{
    return format(house,
                  "{'name':'%s','label':'%s','hosts':['api.%s.test'],"
                  "'base_url':'https://api.%s.test','auth':'bearer'}",
                  name, label, name, name);
}

static void test_a_document_is_put_into_use_at_once(void **state)
{
    struct house *house = *state;
    struct heard heard =
        put(house, document(house, "one", "One"), "/v1/integrations/one");
    assert_status(heard, 200);
    assert_true(number_at(heard, "/revision") == 1);
    heard = get(house, "/v1/integrations/one");
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/label"), "One");
    assert_string_equal(text_at(house, heard, "/auth/0"), "bearer");
    assert_string_equal(text_at(house, heard, "/ways/0/credentials/0/name"), "token");
    assert_string_equal(text_at(house, heard, "/document/base_url"),
                        "https://api.one.test");
    heard = put(house, document(house, "one", "One"), "/v1/integrations/one");
    assert_true(json_is(at(heard, "/unchanged"), JSON_TRUE));
    heard = get(house, "/v1/integrations");
    assert_true(has_at(heard, "/items/0/name"));
}

static void test_what_it_has_is_shown(void **state)
{
    struct house *house = *state;
    make_acme(house);
    struct heard heard = get(house, "/v1/integrations/acme");
    assert_string_equal(text_at(house, heard, "/hosts/0"), "*.acme.test");
    assert_string_equal(text_at(house, heard, "/resources/0/name"), "things");
    assert_string_equal(text_at(house, heard, "/resources/0/methods/1/verb"), "POST");
    assert_refused(get(house, "/v1/integrations/nothing"), 404, "integration_unknown");
}

static void test_a_bad_document_never_replaces_a_good_one(void **state)
{
    struct house *house = *state;
    put(house, document(house, "two", "Good"), "/v1/integrations/two");
    struct heard heard =
        put(house, "{'name':'two','hots':[],'auth':'bearer'}", "/v1/integrations/two");
    assert_refused(heard, 422, "document_invalid");
    assert_true(count_at(heard, "/faults") >= 2);
    assert_says(heard, "did you mean \\\"hosts\\\"?");
    assert_refused(put(house, "{", "/v1/integrations/two"), 422, "document_invalid");
    assert_refused(put(house, document(house, "three", "x"), "/v1/integrations/two"), 422,
                   "document_invalid");
    heard = get(house, "/v1/integrations/two");
    assert_string_equal(text_at(house, heard, "/label"), "Good");
}

static void test_a_check_changes_nothing(void **state)
{
    struct house *house = *state;
    struct heard heard =
        post(house, document(house, "four", "Four"), "/v1/integrations/four/check");
    assert_status(heard, 200);
    assert_refused(get(house, "/v1/integrations/four"), 404, "integration_unknown");
    assert_refused(post(house, "[]", "/v1/integrations/four/check"), 422,
                   "document_invalid");
}

static void test_any_version_can_be_brought_back(void **state)
{
    struct house *house = *state;
    for (int i = 1; i <= 5; i++)
        put(house, document(house, "five", format(house, "L%d", i)),
            "/v1/integrations/five");
    struct heard heard = get(house, "/v1/integrations/five/versions?limit=2");
    assert_status(heard, 200);
    assert_true(number_at(heard, "/items/0/revision") == 5);
    assert_true(json_is(at(heard, "/items/0/active"), JSON_TRUE));
    assert_string_equal(text_at(house, heard, "/items/0/source"), "api");
    heard = get(house, "/v1/integrations/five/versions?limit=2&cursor=%s",
                text_at(house, heard, "/next_cursor"));
    assert_true(number_at(heard, "/items/0/revision") == 3);
    heard = get(house, "/v1/integrations/five/versions?limit=2&cursor=%s",
                text_at(house, heard, "/next_cursor"));
    assert_int_equal(count_at(heard, "/items"), 1);
    assert_true(is_null_at(heard, "/next_cursor"));
    heard = get(house, "/v1/integrations/five/versions/2");
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/document/label"), "L2");
    heard = post(house, NULL, "/v1/integrations/five/versions/2/activate");
    assert_status(heard, 200);
    assert_true(number_at(heard, "/revision") == 2);
    heard = get(house, "/v1/integrations/five");
    assert_string_equal(text_at(house, heard, "/label"), "L2");
}

static void test_versions_that_are_not_there(void **state)
{
    struct house *house = *state;
    put(house, document(house, "six", "Six"), "/v1/integrations/six");
    assert_refused(get(house, "/v1/integrations/none/versions"), 404,
                   "integration_unknown");
    static const char *const revisions[] = {"9", "0", "x", "-1", "99999999999"};
    for (size_t i = 0; i < COUNT_OF(revisions); i++) {
        assert_refused(get(house, "/v1/integrations/six/versions/%s", revisions[i]), 404,
                       "object_unknown");
        assert_refused(
            post(house, NULL, "/v1/integrations/six/versions/%s/activate", revisions[i]),
            404, "object_unknown");
    }
}

static void test_what_accounts_use_is_not_taken_away_unasked(void **state)
{
    struct house *house = *state;
    make_acme(house);
    const char *environment = make_environment(house, make_stage(house, "s"), "e");
    const char *id = make_account(house, environment, "user");
    struct heard heard = del(house, "/v1/integrations/acme");
    assert_refused(heard, 409, "object_in_use");
    assert_says(heard, id);
    assert_status(del(house, "/v1/integrations/acme?force=true"), 204);
    assert_refused(get(house, "/v1/integrations/acme"), 404, "integration_unknown");
    assert_says(get(house, "/v1/accounts/%s", id), "is not loaded");
    assert_refused(del(house, "/v1/integrations/acme"), 409, "object_in_use");
    assert_refused(del(house, "/v1/integrations/never"), 404, "integration_unknown");
    put(house, document(house, "seven", "Seven"), "/v1/integrations/seven");
    assert_status(del(house, "/v1/integrations/seven"), 204);
}

static void test_lists_page_by_name(void **state)
{
    struct house *house = *state;
    static const char *const names[] = {"z1", "z2", "z3"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        put(house, document(house, names[i], "Z"), "/v1/integrations/%s", names[i]);
    unsigned seen = 0;
    const char *cursor = "";
    str last = STR("");
    for (;;) {
        struct heard heard = get(house, "/v1/integrations?limit=1%s", cursor);
        assert_status(heard, 200);
        assert_int_equal(count_at(heard, "/items"), 1);
        str name = str_z(text_at(house, heard, "/items/0/name"));
        assert_true(str_cmp(name, last) > 0);
        last = name;
        seen++;
        if (is_null_at(heard, "/next_cursor"))
            break;
        cursor = format(house, "&cursor=%s", text_at(house, heard, "/next_cursor"));
    }
    assert_str(last, STR("z3"));
    assert_int_equal(seen, count_at(get(house, "/v1/integrations"), "/items"));
}

static void write_file(struct house *house, const char *name, const char *text)
{
    mkdir(format(house, "%s/%s", house->folder, name), 0700);
    FILE *file =
        fopen(format(house, "%s/%s/integration.json", house->folder, name), "wb");
    assert_non_null(file);
    for (; *text; text++)
        fputc(*text == '\'' ? '"' : *text, file);
    fclose(file);
}

static void test_the_folder_is_looked_at_when_asked(void **state)
{
    struct house *house = *state;
    write_file(house, "filed", document(house, "filed", "Filed"));
    write_file(house, "broken", "{'name':'broken'}");
    struct heard heard = post(house, NULL, "/v1/integration-rescan");
    assert_status(heard, 200);
    assert_says(heard, "broken");
    assert_status(get(house, "/v1/integrations/filed"), 200);
    heard = get(house, "/v1/integration-faults");
    assert_status(heard, 200);
    assert_true(count_at(heard, "/items") > 0);
    write_file(house, "broken", document(house, "broken", "Mended"));
    heard = post(house, NULL, "/v1/integration-rescan");
    assert_int_equal(count_at(heard, "/items"), 0);
}

static void test_a_folder_that_is_gone_is_told_as_such(void **state)
{
    struct house *house = *state;
    char aside[200];
    snprintf(aside, sizeof(aside), "%s-aside", house->folder);
    assert_int_equal(rename(house->folder, aside), 0);
    struct heard heard = post(house, NULL, "/v1/integration-rescan");
    assert_status(heard, 503);
    assert_says(heard, "folder_unreadable");
    assert_says(heard, house->folder);
    assert_int_equal(rename(aside, house->folder), 0);
}

static void test_the_schema_is_there_for_everybody(void **state)
{
    struct house *house = *state;
    house->key = NULL;
    struct heard heard = get(house, "/v1/integration-schema");
    house->key = house->admin;
    assert_status(heard, 200);
    assert_true(has_at(heard, "/properties/base_url"));
}

static void test_a_large_document_goes_in_and_out(void **state)
{
    struct house *house = *state;
    struct buf text;
    buf_init(&text, 2 << 20);
    buf_str(&text, STR("{\"name\":\"large\",\"hosts\":[\"a.test\"],\"base_url\":"
                       "\"https://a.test\",\"auth\":\"none\",\"x-notes\":\""));
    while (text.n < (1 << 20) - 64)
        buf_str(&text, STR("0123456789abcdef"));
    buf_str(&text, STR("\"}"));
    str body = arena_str(&house->arena, buf_peek(&text));
    buf_fini(&text);
    assert_status(ask_raw(house, "PUT", STR("/v1/integrations/large"), body), 200);
    struct heard heard = get(house, "/v1/integrations/large");
    assert_status(heard, 200);
    assert_true(heard.body.n > (1 << 20));
    heard = get(house, "/v1/integrations/large/versions/1");
    assert_status(heard, 200);
    assert_true(heard.body.n > (1 << 20));
}

int test_api_integrations(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_document_is_put_into_use_at_once),
        cmocka_unit_test(test_what_it_has_is_shown),
        cmocka_unit_test(test_a_bad_document_never_replaces_a_good_one),
        cmocka_unit_test(test_a_check_changes_nothing),
        cmocka_unit_test(test_any_version_can_be_brought_back),
        cmocka_unit_test(test_versions_that_are_not_there),
        cmocka_unit_test(test_what_accounts_use_is_not_taken_away_unasked),
        cmocka_unit_test(test_lists_page_by_name),
        cmocka_unit_test(test_the_folder_is_looked_at_when_asked),
        cmocka_unit_test(test_a_folder_that_is_gone_is_told_as_such),
        cmocka_unit_test(test_the_schema_is_there_for_everybody),
        cmocka_unit_test(test_a_large_document_goes_in_and_out),
    };
    return cmocka_run_group_tests_name("api: integrations", tests, house_setup,
                                       house_teardown);
}
