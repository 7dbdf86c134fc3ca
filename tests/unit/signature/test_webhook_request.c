#include "signature/webhook_request.h"

#include "signature/webhook_values.h"
#include "support/given.h"

int test_webhook_request(void);

static void view_of(struct webhook_view *view, struct webhook_request *request,
                    struct headers *headers, struct arena *arena, const char *type,
                    const char *body)
{
    headers_init(headers, arena, 2);
    header_add_name(headers, STR("Content-Type"), str_z(type));
    *request = (struct webhook_request){.method = STR("POST"),
                                        .url = STR("https://a.test/x?b=1&c=%20#f?g=1"),
                                        .headers = headers,
                                        .body = str_z(body)};
    webhook_view_init(view, request, STR("payload"), arena);
    webhook_view_read(view);
}

static void bodies_are_read_by_their_type(void **state)
{
    static const struct {
        const char *type;
        const char *body;
        const char *a; /* its member; NULL: there is none */
    } rows[] = {
        {"application/json", "{\"a\":1.50}", "1.50"},
        {"text/plain", "{\"a\":\"x\"}", "x"},
        {"application/json", "{\"a\":1}x", NULL},
        {"application/json", "", NULL},
        {"application/x-www-form-urlencoded", "a=x+y&b=", "x y"},
        {"Application/X-WWW-Form-Urlencoded ; charset=utf-8", "a=1&a=2", "1"},
        {"application/x-www-form-urlencoded", "payload=%7B%22a%22%3A%22in%22%7D", "in"},
        {"application/x-www-form-urlencoded", "a=1&payload=%7B", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct webhook_view view;
        struct webhook_request request;
        struct headers headers;
        view_of(&view, &request, &headers, *state, rows[i].type, rows[i].body);
        const struct json *a =
            view.answer.body ? json_member(view.answer.body, STR("a")) : NULL;
        given_same(rows[i].body, a ? json_text(a) : STR_NONE, rows[i].a);
    }
}

/* Whoever sends a long body is to sign it before it costs more than its digest. */
static void a_long_body_is_read_after_it_was_verified(void **state)
{
    struct webhook_view view;
    struct webhook_request request;
    struct headers headers;
    char *body = arena_bytes(*state, WEBHOOK_UNKNOWN_BYTES_MAX + 2);
    memset(body, ' ', WEBHOOK_UNKNOWN_BYTES_MAX + 2);
    body[0] = '7';
    body[WEBHOOK_UNKNOWN_BYTES_MAX + 1] = 0;
    view_of(&view, &request, &headers, *state, "application/json", body);
    assert_int_equal(request.body.n, WEBHOOK_UNKNOWN_BYTES_MAX + 1);
    assert_null(view.answer.body);
    view.verified = true;
    webhook_view_read(&view);
    assert_non_null(view.answer.body);
    body[1] = '7';
    view_of(&view, &request, &headers, *state, "application/json", body + 1);
    assert_int_equal(request.body.n, WEBHOOK_UNKNOWN_BYTES_MAX);
    assert_non_null(view.answer.body);
}

static void signals_look_into_query_and_header(void **state)
{
    struct webhook_view view;
    struct webhook_request request;
    struct headers headers;
    const struct signal query = {.source = SIGNAL_QUERY, .query = STR("c")};
    const struct signal behind = {.source = SIGNAL_QUERY, .query = STR("g")};
    view_of(&view, &request, &headers, *state, "application/json", "{}");
    assert_str(signal_text(&query, &view.answer, *state), STR(" "));
    assert_str(signal_text(&behind, &view.answer, *state), STR_NONE);
    assert_int_equal(webhook_header_lines(&request, STR("content-type")), 1);
    assert_int_equal(webhook_header_lines(&request, STR("X-None")), 0);
}

static void a_star_leads_to_every_value(void **state)
{
    static const struct {
        const char *pointer;
        const char *want; /* joined by "|"; "-" where there is no text */
    } rows[] = {
        {"/v/*/a", "1|-|-|x"}, {"/o/*", "p|q"}, {"/v/0/a", "1"},     {"/n/*", "-"},
        {"/none/*/a", "-"},    {"/e/*", ""},    {"/m/*/*", "1|2|3"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct webhook_view view;
        struct webhook_request request;
        struct headers headers;
        struct webhook_values values;
        struct signal signal = {.source = SIGNAL_BODY};
        str text = STR("");
        view_of(&view, &request, &headers, *state, "application/json",
                "{\"v\":[{\"a\":1},{},{\"a\":[]},{\"a\":\"x\"}],\"o\":{\"p\":\"p\","
                "\"q\":\"q\"},\"n\":7,\"e\":[],\"m\":[[1,2],[3]]}");
        assert_true(
            pointer_parse(*state, str_z(rows[i].pointer), POINTER_STAR, &signal.pointer));
        assert_true(webhook_values_read(&signal, &view, &values));
        for (uint32_t k = 0; k < values.n; k++)
            text = arena_printf(
                *state, STR_F "%s" STR_F, STR_A(text), k ? "|" : "",
                STR_A(str_absent(values.items[k]) ? STR("-") : values.items[k]));
        given_same(rows[i].pointer, text, rows[i].want);
    }
}

int test_webhook_request(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(bodies_are_read_by_their_type),
        GIVEN_TEST(a_long_body_is_read_after_it_was_verified),
        GIVEN_TEST(signals_look_into_query_and_header),
        GIVEN_TEST(a_star_leads_to_every_value),
    };
    return cmocka_run_group_tests_name("webhook_request", tests, NULL, NULL);
}
