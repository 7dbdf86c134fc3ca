#include "dock.h"
#include "groups.h"
#include "support/given.h"

#include "hook/hook_message.h"

static struct hook_message message_of(struct arena *arena)
{
    struct hook_message message = {.integration = STR("acme"),
                                   .account = STR_NONE,
                                   .method = STR("POST"),
                                   .url = STR("https://a.test/hooks/acme?x=1"),
                                   .body = STR("{\"id\":\"\x00 \xff\"}"),
                                   .verified_by = 3,
                                   .received = 1735689600000001};
    headers_init(&message.headers, arena, 2);
    header_add_name(&message.headers, STR("X-Sig"), STR("a,b"));
    header_add(&message.headers, HEADER_CONTENT_TYPE, STR("text/plain"));
    return message;
}

static void a_request_comes_back_to_the_byte(void **state)
{
    struct arena *arena = *state;
    struct hook_message in = message_of(arena), out;
    assert_true(hook_message_read(hook_message_write(&in, arena), arena, &out));
    assert_str(out.integration, in.integration);
    assert_str(out.account, STR_NONE);
    assert_str(out.method, in.method);
    assert_str(out.url, in.url);
    assert_str(out.body, in.body);
    assert_int_equal(out.verified_by, 3);
    assert_true(out.received == in.received);
    assert_int_equal(out.headers.n, 2);
    assert_str(out.headers.items[0].name, STR("X-Sig"));
    assert_str(header_value(&out.headers, HEADER_CONTENT_TYPE), STR("text/plain"));
}

static void a_list_is_cut_where_it_is_too_long_and_goes_on(void **state)
{
    struct arena *arena = *state;
    enum { EVENTS = 20000 };
    struct hook_event *events = arena_array(arena, EVENTS, sizeof(*events));
    for (uint32_t i = 0; i < EVENTS; i++)
        events[i] = (struct hook_event){.item = i,
                                        .id = arena_printf(arena, "evt_%u", i),
                                        .type = i % 2 ? STR("t") : STR_NONE,
                                        .happened = i,
                                        .claim = STR("team=T1")};
    struct hook_list in = {.integration = STR("acme"),
                           .account = STR_NONE,
                           .app = STR("app_1"),
                           .received = 5,
                           .events = events,
                           .n = EVENTS};
    uint32_t at = 0;
    for (uint32_t n = 0, lists = 0; at < EVENTS; at += n, lists++) {
        struct hook_list out;
        str text = hook_list_write(&in, at, &n, arena);
        assert_true(n > 0 && text.n < HOOK_LIST_BYTES_MAX + 1024);
        assert_true(hook_list_read(text, arena, &out));
        assert_int_equal(out.n, n);
        assert_str(out.app, STR("app_1"));
        assert_int_equal(out.events[0].item, at);
        assert_str(out.events[n - 1].id, events[at + n - 1].id);
        assert_str(out.events[n - 1].type, events[at + n - 1].type);
        assert_true(lists < 100);
    }
    assert_int_equal(at, EVENTS);
}

static void what_is_cut_or_longer_is_refused(void **state)
{
    struct arena *arena = *state;
    struct hook_message in = message_of(arena), out;
    str text = hook_message_write(&in, arena);
    for (size_t n = 0; n < text.n; n++)
        assert_false(hook_message_read(str_of(text.p, n), arena, &out));
    str longer[] = {text, STR("x")};
    assert_false(hook_message_read(arena_join(arena, longer, 2), arena, &out));
    struct hook_event event = {.id = STR("e"), .type = STR_NONE, .claim = STR_NONE};
    struct hook_list list = {.integration = STR("a"), .events = &event, .n = 1}, read;
    uint32_t n;
    text = hook_list_write(&list, 0, &n, arena);
    for (size_t i = 0; i < text.n; i++)
        assert_false(hook_list_read(str_of(text.p, i), arena, &read));
}

static void envelopes_know_their_own(void **state)
{
    struct arena *arena = *state;
    struct hook_envelope in = {
        .frame = HOOK_WHOLE, .owner = STR("acc_1"), .list = STR("L")};
    str parts[] = {hook_envelope_head(&in, arena), in.list, STR("request")};
    str text = arena_join(arena, parts, COUNT_OF(parts));
    struct hook_envelope out;
    bool ours;
    assert_true(hook_envelope_read(text, &out, &ours));
    assert_str(out.owner, STR("acc_1"));
    assert_str(out.list, STR("L"));
    assert_str(out.request, STR("request"));
    assert_false(hook_envelope_read(STR("something else"), &out, &ours));
    assert_false(ours);
    assert_false(hook_envelope_read(str_of(text.p, 10), &out, &ours));
    assert_true(ours);
}

int test_hook_message(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(a_request_comes_back_to_the_byte),
        GIVEN_TEST(a_list_is_cut_where_it_is_too_long_and_goes_on),
        GIVEN_TEST(what_is_cut_or_longer_is_refused),
        GIVEN_TEST(envelopes_know_their_own),
    };
    return cmocka_run_group_tests_name("hook: messages", tests, NULL, NULL);
}
