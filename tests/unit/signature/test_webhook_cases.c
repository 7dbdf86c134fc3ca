/*
 * Signed requests made elsewhere: by Node's crypto (make-webhooks.mjs), and vectors of
 * vendors, which the shipped documents alone must judge.
 */
#include "hook.h"
#include "json/json_lines.h"

int test_webhook_cases(void);

static void check_text(const struct json *row, const char *name, str got)
{
    const struct json *want = json_member(row, str_z(name));
    str id = json_member_text(row, STR("id"));
    if (want && !str_eq(json_text(want), got))
        fail_msg(STR_F ": %s is \"" STR_F "\", not \"" STR_F "\"", STR_A(id), name,
                 STR_A(got), STR_A(json_text(want)));
}

static void check_headers(const struct json *row, const struct webhook_answer *answer)
{
    const struct json *want = json_member(row, STR("headers"));
    for (uint32_t i = 0; want && i < want->n; i++) {
        str name = json_key(&want->u.members[i]);
        str got = str_eq(name, STR("Content-Type")) ? answer->type
                  : str_eq(name, answer->header)    ? answer->header_value
                                                    : STR_NONE;
        assert_str(got, json_text(&want->u.members[i].value));
    }
}

static void check_ids(const struct json *row, struct hook *hook)
{
    const struct json *want = json_member(row, STR("ids"));
    struct webhook_event event;
    if (!want)
        return;
    struct webhook_events events = webhook_events_of(&hook->rule, &hook->view);
    assert_int_equal(events.n, want->n);
    for (uint32_t i = 0; i < want->n; i++) {
        webhook_event_read(&hook->rule, &hook->view, &events.items[i], &event);
        assert_str(event.id, json_text(&want->u.items[i]));
    }
}

static void check_row(struct arena *arena, const struct json *row)
{
    struct hook hook;
    const struct json *status = json_member(row, STR("status"));
    hook_judge(&hook, arena, json_member(row, STR("webhooks")), row);
    check_text(row, "verdict", webhook_outcome_word(hook.verdict.outcome));
    check_text(row, "reason", webhook_reason_word(hook.verdict.reason));
    check_text(row, "body", hook.verdict.answer.body);
    check_text(row, "kept", hook.verdict.secret);
    check_headers(row, &hook.verdict.answer);
    check_ids(row, &hook);
    if (status)
        assert_int_equal(hook.verdict.answer.status, json_number(status));
}

struct row {
    struct row *next;
    struct json value;
};

/* The rows of webhooks.jsonl, the last first; *ret_n of them. */
static struct row *rows_of(struct arena *arena, uint32_t *ret_n)
{
    struct json_lines lines;
    struct row *first = NULL;
    json_lines_init(&lines, arena, NULL);
    json_lines_feed(&lines, given_file(arena, UNIT_CASES "webhooks.jsonl"));
    json_lines_end(&lines);
    for (*ret_n = 0;; (*ret_n)++) {
        struct row *row = arena_zalloc(arena, sizeof(*row));
        enum json_lines_result result = json_lines_next(&lines, arena, &row->value);
        if (result == JSON_LINES_END)
            return first;
        assert_int_equal(result, JSON_LINES_VALUE);
        row->value = json_copy(arena, &row->value);
        row->next = first;
        first = row;
    }
}

static void requests_of_every_scheme_are_judged(void **state)
{
    uint32_t n;
    for (const struct row *row = rows_of(*state, &n); row; row = row->next)
        check_row(*state, &row->value);
    assert_true(n > 300);
}

/* Whether the scheme of the first entry signs the body. */
static bool is_signed(const struct hook *hook)
{
    const struct signature_rule *rule = hook->rule.verify.items;
    return rule->scheme == SIGNATURE_hmac || rule->scheme == SIGNATURE_hash ||
           rule->scheme == SIGNATURE_ecdsa || rule->scheme == SIGNATURE_ed25519;
}

/* Judges the same request with one bit of its body changed. */
static void check_changed(struct arena *arena, struct hook *hook, size_t at, str id)
{
    str body = arena_str(arena, hook->request.body);
    ((char *)(uintptr_t)body.p)[at] ^= 1;
    struct webhook_request request = hook->request;
    struct webhook_verdict verdict;
    struct webhook_view view;
    request.body = body;
    webhook_view_init(&view, &request, hook->rule.form_json, arena);
    webhook_judge(&hook->rule, &view, &verdict);
    if (verdict.outcome != WEBHOOK_REJECT)
        fail_msg(STR_F ": byte %zu of its body was changed", STR_A(id), at);
}

static void no_bit_of_a_signed_body_may_change(void **state)
{
    uint32_t n, tried = 0;
    struct arena *arena = *state;
    for (const struct row *row = rows_of(arena, &n); row; row = row->next) {
        struct arena_mark mark = arena_mark(arena);
        struct hook hook;
        hook_judge(&hook, arena, json_member(&row->value, STR("webhooks")), &row->value);
        bool wanted = hook.verdict.outcome == WEBHOOK_ACCEPT && is_signed(&hook);
        for (size_t i = 0; wanted && i < hook.request.body.n; i++, tried++) {
            struct arena_mark inner = arena_mark(arena);
            check_changed(arena, &hook, i, json_member_text(&row->value, STR("id")));
            arena_rewind(arena, inner);
        }
        arena_rewind(arena, mark);
    }
    assert_true(tried > 2000);
}

static bool has_pattern(const struct row *rows, str name)
{
    for (; rows; rows = rows->next)
        if (str_eq(json_member_text(&rows->value, STR("pattern")), name))
            return true;
    return false;
}

static void every_scheme_and_handshake_of_the_field_has_a_case(void **state)
{
    static const char *const lists[] = {"signature_schemes", "handshakes"};
    uint32_t n, row_n;
    const struct json *patterns =
        given_json(*state, given_file(*state, UNIT_CASES "vendor-patterns.json"));
    const struct row *rows = rows_of(*state, &row_n);
    for (size_t i = n = 0; i < COUNT_OF(lists); i++) {
        const struct json *list = json_member(patterns, str_z(lists[i]));
        for (uint32_t k = 0; k < list->n; k++, n++) {
            str name = json_text(&list->u.items[k].u.items[0]);
            if (!has_pattern(rows, name))
                fail_msg(STR_F " has no case", STR_A(name));
        }
    }
    assert_int_equal(n, 28);
}

/* Every reason but those that only unit tests of their own can lead to. */
static void every_reason_has_a_case(void **state)
{
    uint32_t n;
    const struct row *rows = rows_of(*state, &n);
    for (enum webhook_reason reason = REASON_none + 1; reason < REASON_COUNT; reason++) {
        const struct row *row = rows;
        while (row && !str_eq(json_member_text(&row->value, STR("reason")),
                              webhook_reason_word(reason)))
            row = row->next;
        if (!row)
            fail_msg(STR_F " has no case", STR_A(webhook_reason_word(reason)));
        assert_true(str_ends(webhook_reason_text(reason), STR(".")));
    }
}

/* --- the page about them --- */

static const char *const told[] = {
#define X(name, doc) "`" #name "`",
#include "signature/handshake_list.h"
#include "signature/reason_list.h"
#include "signature/signature_list.h"
#undef X
#define X(symbol, name, doc) "{" name "}",
#include "signature/content_list.h"
#undef X
};

static void the_page_about_webhooks_has_every_word(void **state)
{
    str page = given_file(*state, "docs/webhooks.md");
    for (size_t i = 0; i < COUNT_OF(told); i++)
        if (str_find_str(page, str_z(told[i])) == page.n)
            fail_msg("docs/webhooks.md does not have %s", told[i]);
}

/* --- vectors of vendors --- */

static const struct json *block_of(struct arena *arena, str vendor)
{
    str folder = str_eq(vendor, STR("standard_webhooks")) ? STR("demo") : vendor;
    str path =
        arena_printf(arena, "integrations/" STR_F "/integration.json", STR_A(folder));
    const struct json *document =
        given_json(arena, given_file(arena, arena_z(arena, path)));
    return json_member(document, STR("webhooks"));
}

/* The URL; with its signature behind it where the vector has that apart. */
static struct json url_of(struct arena *arena, const struct json *vector, str url)
{
    str signature = json_member_text(vector, STR("expected_signature"));
    bool apart =
        str_eq(json_member_text(vector, STR("id")), STR("shopify_oauth_callback"));
    return json_of_text(
        apart ? arena_printf(arena, STR_F "&hmac=" STR_F, STR_A(url), STR_A(signature))
              : url);
}

/* The vector as an order. */
static struct json order_of(struct arena *arena, const struct json *vector)
{
    struct json_build build, request;
    const struct json *given = json_member(vector, STR("request"));
    const struct json *key = json_member(vector, STR("public_key"));
    const struct json *secret = json_member(vector, STR("secret"));
    const struct json *now = json_member(vector, STR("now_epoch_s"));
    json_build_init(&request, arena);
    for (uint32_t i = 0; i < given->n; i++) {
        str name = json_key(&given->u.members[i]);
        struct json value = given->u.members[i].value;
        json_build_member(
            &request, name,
            str_eq(name, STR("url")) ? url_of(arena, vector, json_text(&value)) : value);
    }
    json_build_init(&build, arena);
    json_build_member(&build, STR("request"), json_build_object(&request));
    if (secret || key)
        json_build_member(&build, STR("secret"), secret ? *secret : *key);
    if (now)
        json_build_member(&build, STR("now"), *now);
    return json_build_object(&build);
}

static enum webhook_outcome wanted(str expect)
{
    return str_eq(expect, STR("valid"))     ? WEBHOOK_ACCEPT
           : str_eq(expect, STR("invalid")) ? WEBHOOK_REJECT
                                            : WEBHOOK_HANDSHAKE;
}

static void check_response(const struct json *vector, const struct webhook_answer *answer)
{
    const struct json *want = json_member(vector, STR("expected_response"));
    if (!want)
        return;
    str body = json_member_text(want, STR("body"));
    str type = json_member_text(want, STR("content_type"));
    const struct json *headers = json_member(want, STR("headers"));
    assert_int_equal(answer->status, json_number(json_member(want, STR("status"))));
    if (body.n)
        assert_str(answer->body, body);
    if (!str_absent(type))
        assert_str(answer->type, type);
    if (headers) {
        assert_str(answer->header, json_key(&headers->u.members[0]));
        assert_str(answer->header_value, json_text(&headers->u.members[0].value));
    }
}

static void shipped_documents_judge_the_vectors_of_their_vendors(void **state)
{
    struct arena *arena = *state;
    const struct json *file =
        given_json(arena, given_file(arena, UNIT_CASES "webhook-vectors.json"));
    const struct json *vectors = json_member(file, STR("vectors"));
    for (uint32_t i = 0; i < vectors->n; i++) {
        struct hook hook;
        const struct json *vector = &vectors->u.items[i];
        str id = json_member_text(vector, STR("id"));
        struct json order = order_of(arena, vector);
        hook_judge(&hook, arena, block_of(arena, json_member_text(vector, STR("vendor"))),
                   &order);
        if (hook.verdict.outcome != wanted(json_member_text(vector, STR("expect"))))
            fail_msg(STR_F ": " STR_F " " STR_F, STR_A(id),
                     STR_A(webhook_outcome_word(hook.verdict.outcome)),
                     STR_A(webhook_reason_word(hook.verdict.reason)));
        if (hook.verdict.outcome != WEBHOOK_REJECT)
            check_response(vector, &hook.verdict.answer);
    }
    assert_int_equal(vectors->n, 77);
}

int test_webhook_cases(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(requests_of_every_scheme_are_judged),
        GIVEN_TEST(no_bit_of_a_signed_body_may_change),
        GIVEN_TEST(every_scheme_and_handshake_of_the_field_has_a_case),
        GIVEN_TEST(every_reason_has_a_case),
        GIVEN_TEST(the_page_about_webhooks_has_every_word),
        GIVEN_TEST(shipped_documents_judge_the_vectors_of_their_vendors),
    };
    return cmocka_run_group_tests_name("webhook_cases", tests, NULL, NULL);
}
