/*
 * tests/cases/vendor-events.jsonl has requests of vendors, each with what the events in
 * it mean by the vendor's document; records that come along are held to their models, and
 * each rule of each document is met at least once.
 */
#include <dirent.h>

#include "base/buf.h"
#include "groups.h"
#include "news/normalize.h"
#include "json/json_parse.h"
#include "json/json_write.h"
#include "support/given.h"

enum { VENDORS_MAX = 64, RULES_MAX = 64 };

struct vendor {
    const struct integration *integration;
    bool met[RULES_MAX];
};

struct vendors {
    struct arena *arena;
    struct models *models;
    struct vendor items[VENDORS_MAX];
    unsigned n;
};

static const struct integration *read_integration(struct arena *arena, str name)
{
    struct binder binder;
    str path =
        arena_printf(arena, "integrations/" STR_F "/integration.json", STR_A(name));
    bind_init(&binder, arena);
    return integration_read(&binder, given_file(arena, arena_z(arena, path)));
}

static struct vendor *find_vendor(struct vendors *vendors, str name)
{
    for (unsigned i = 0; i < vendors->n; i++)
        if (str_eq(vendors->items[i].integration->name, name))
            return &vendors->items[i];
    struct vendor *vendor = &vendors->items[vendors->n++];
    vendor->integration = read_integration(vendors->arena, name);
    assert_non_null(vendor->integration);
    return vendor;
}

static struct hook_message message_of(struct arena *arena, const struct json *row)
{
    struct headers *headers = arena_alloc(arena, sizeof(*headers));
    const struct json *given = json_member(row, STR("headers"));
    const struct json *body = json_member(row, STR("body"));
    struct buf text;
    headers_init(headers, arena, 4);
    for (uint32_t i = 0; given && i < given->n; i++)
        header_add_name(headers, json_key(&given->u.members[i]),
                        json_text(&given->u.members[i].value));
    if (!header_value_name(headers, STR("Content-Type")).n)
        header_add_name(headers, STR("Content-Type"), STR("application/json"));
    buf_init(&text, 1 << 20);
    if (json_is(body, JSON_STRING))
        buf_str(&text, json_text(body));
    else
        json_write(&text, body, JSON_COMPACT);
    return (struct hook_message){.method = STR("POST"),
                                 .url = STR("https://hooks.test/hooks/x"),
                                 .headers = *headers,
                                 .body = arena_take(arena, &text),
                                 .received = 1764000000 * USEC_S};
}

/* --- one event --- */

static void hold_text(const struct json *row, const char *what, str got, str wanted)
{
    if (!str_eq(got, wanted))
        fail_msg(STR_F ": %s is \"" STR_F "\", not \"" STR_F "\"",
                 STR_A(json_member_text(row, STR("vendor"))), what, STR_A(got),
                 STR_A(wanted));
}

static void hold_record(const struct json *row, const struct normal *normal,
                        const struct json *wanted)
{
    const struct json *record = json_member(wanted, STR("record"));
    hold_text(row, "whether it is fetched", normal->fetch ? STR("yes") : STR("no"),
              json_member(wanted, STR("fetch")) ? STR("yes") : STR("no"));
    assert_int_equal(normal->record.type != JSON_UNDEFINED, record != NULL);
    for (uint32_t i = 0; record && i < record->n; i++) {
        const struct json_member *member = &record->u.members[i];
        const struct json *got = json_member(&normal->record, json_key(member));
        if (!got || !json_equal(got, &member->value))
            fail_msg(STR_F ": the record's " STR_F " is another",
                     STR_A(json_member_text(row, STR("vendor"))),
                     STR_A(json_key(member)));
    }
}

static void hold_event(const struct json *row, const struct normal *normal,
                       const struct json *wanted)
{
    static const char *const kinds[] = {[NORMAL_IGNORED] = "ignored",
                                        [NORMAL_RAW] = "raw",
                                        [NORMAL_RECORD] = "record",
                                        [NORMAL_FAULTED] = "faulted"};
    const struct event_meaning *meaning = &normal->meaning;
    const struct json *version = json_member(wanted, STR("version"));
    const struct json *changed = json_member(wanted, STR("changed"));
    if (normal->kind == NORMAL_FAULTED)
        fail_msg(STR_F ": %s: " STR_F, STR_A(json_member_text(row, STR("vendor"))),
                 normal->why, STR_A(normal->detail));
    if (!json_is(wanted, JSON_OBJECT)) {
        hold_text(row, "the event",
                  str_z(normal->why ? normal->why : kinds[normal->kind]),
                  json_text(wanted));
        return;
    }
    hold_text(row, "the event", str_z(kinds[normal->kind]), STR("record"));
    hold_text(row, "the resource", meaning->rule->target,
              json_member_text(wanted, STR("resource")));
    hold_text(row, "the action", record_action_word(meaning->action),
              json_member_text(wanted, STR("action")));
    hold_text(row, "the id", meaning->id, json_member_text(wanted, STR("id")));
    if (version)
        assert_true(meaning->has_version &&
                    (double)meaning->version == json_number(version));
    if (changed && !json_equal(&meaning->changed, changed))
        fail_msg(STR_F ": other members have changed",
                 STR_A(json_member_text(row, STR("vendor"))));
    hold_record(row, normal, wanted);
}

static void hold_request(struct vendors *vendors, const struct json *row)
{
    struct vendor *vendor = find_vendor(vendors, json_member_text(row, STR("vendor")));
    const struct json *events = json_member(row, STR("events"));
    struct hook_request *request = arena_zalloc(vendors->arena, sizeof(*request));
    request->message = message_of(vendors->arena, row);
    hook_request_read(request, vendor->integration, vendors->arena);
    if (request->events.n != events->n)
        fail_msg(STR_F ": %u events, not %u", STR_A(vendor->integration->name),
                 request->events.n, events->n);
    for (uint32_t i = 0; i < events->n; i++) {
        struct normal normal =
            normalize(vendor->integration, vendors->models, request, i, vendors->arena);
        hold_event(row, &normal, &events->u.items[i]);
        if (normal.meaning.rule)
            vendor->met[normal.meaning.rule - (const struct event_rule *)vendor
                                                  ->integration->events->rules.items] =
                true;
    }
}

/* --- all of them --- */

static void hold_rules(struct vendors *vendors)
{
    struct dirent *entry;
    DIR *folder = opendir("integrations");
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        struct vendor *vendor =
            find_vendor(vendors, arena_str(vendors->arena, str_z(entry->d_name)));
        const struct event_rules *rules = vendor->integration->events;
        for (uint32_t i = 0; rules && i < rules->rules.n; i++)
            if (!vendor->met[i])
                fail_msg("%s: no request meets rule %u", entry->d_name, i);
    }
    closedir(folder);
}

static void vendors_events_mean_what_they_say(void **state)
{
    struct vendors *vendors = arena_zalloc(*state, sizeof(*vendors));
    str text = given_file(*state, "tests/cases/vendor-events.jsonl"), line;
    unsigned rows = 0;
    vendors->arena = *state;
    vendors->models = models_create();
    while (str_next(&text, '\n', &line)) {
        struct json row;
        if (line.n == 0)
            continue;
        assert_true(json_parse(*state, line, NULL, &row, NULL));
        hold_request(vendors, &row);
        rows++;
    }
    assert_true(rows > 50);
    hold_rules(vendors);
    models_destroy(&vendors->models);
}

int test_vendor_events(void)
{
    const struct CMUnitTest tests[] = {GIVEN_TEST(vendors_events_mean_what_they_say)};
    return cmocka_run_group_tests_name("hook: vendors' events", tests, NULL, NULL);
}
