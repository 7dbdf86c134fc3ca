/*
 * The first byte chooses a `webhooks` block, the second how the rest is cut: a line of
 * headers, then a body. Whatever comes: nothing is accepted that was not signed (the
 * secrets are none that a fuzzer finds), and what is said of it can be printed.
 */
#include "base/crypto.h"
#include "json/json_parse.h"
#include "signature/webhook.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { ROOM = 256 << 20, SECRETS = 2 };

#define TIME "\"timestamp\":{\"from\":\"X-A\",\"item\":\"t\",\"unit\":\"epoch_s\"}"

static const char *const blocks[] = {
    "{\"verify\":{\"scheme\":\"hmac\",\"signature\":\"X-A\",\"separator\":\",\","
    "\"prefix\":"
    "\"v1=\",\"content\":\"{timestamp}.{body}\"," TIME
    "},\"id\":\"/id\",\"items\":\"/e\"}",
    "{\"verify\":{\"scheme\":\"hmac\",\"signature\":\"X-A\",\"digest\":\"sha1\","
    "\"encoding\":"
    "\"base64\",\"content\":\"{url}{form_sorted}{query_canonical}{header:X-B}\",\"either_"
    "port\":true,"
    "\"body_digest\":{\"value\":\"X-B\",\"digest\":\"sha256\"}},\"form_json\":\"p\","
    "\"type\":\"/a\",\"time\":{\"from\":\"/at\",\"unit\":\"iso8601\"}}",
    "{\"verify\":{\"scheme\":\"jwt\",\"algorithms\":\"HS256\",\"claim\":\"qsh\","
    "\"content\":"
    "\"{method}&{path}&{query_canonical}\",\"signature\":\"/t/*\"}}",
    "{\"verify\":{\"scheme\":\"jwt\",\"algorithms\":[\"RS256\",\"ES256\"],\"signature\":"
    "\"X-A\",\"prefix\":\"Bearer \"}}",
    "{\"verify\":[{\"scheme\":\"ecdsa\",\"signature\":\"X-A\",\"encoding\":\"base64\","
    "\"content\":\"{body}\"},{\"scheme\":\"basic\",\"signature\":\"X-B\"}]}",
    "{\"verify\":{\"scheme\":\"token\",\"signature\":{\"from\":\"#text\",\"after\":\"<a>"
    "\","
    "\"before\":\"</a>\"}},\"items\":{\"expression\":\"$match($, /<b>([^<]*)/)\"},\"id\":"
    "{\"expression\":\"groups[0] & $request.query.a\"}}",
};

static const char *const secrets[SECRETS] = {
    "7f0c5b1e-d2a9-4a53-9f0e-1b6f9d3c2a41",
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/"
    "7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="};

static void read_rule(struct arena *arena, uint8_t choice, struct webhook_rule *ret_rule)
{
    struct binder binder;
    struct json json;
    bind_init(&binder, arena);
    CHECK(json_parse(arena, str_z(blocks[choice % COUNT_OF(blocks)]), NULL, &json, NULL));
    CHECK(bind_read(&binder, &webhook_table, &json, ret_rule));
}

/* The next line as a header, if it can be one. */
static void add_header(struct headers *headers, str *rest, const char *name)
{
    str line;
    if (str_next(rest, '\n', &line) && line.n && header_value_valid(line))
        header_add_name(headers, str_z(name), line);
}

static void look_at_events(const struct webhook_rule *rule, struct webhook_view *view)
{
    struct webhook_events events = webhook_events_of(rule, view);
    for (uint32_t i = 0; i < events.n && i < 100; i++) {
        struct webhook_event event;
        webhook_event_read(rule, view, &events.items[i], &event);
        CHECK(str_absent(event.id) || event.id.n > 0);
        CHECK(event.wall > -USEC_NEVER);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    struct headers headers;
    struct webhook_rule rule;
    struct webhook_view view;
    struct webhook_verdict verdict;
    struct webhook_secret known[SECRETS];
    if (n < 2)
        return 0;
    crypto_start();
    arena_init(&arena, 4096, ROOM);
    headers_init(&headers, &arena, 4);
    str rest = str_of((const char *)bytes + 2, n - 2);
    if (bytes[1] & 1)
        header_add_name(&headers, STR("Content-Type"),
                        STR("application/x-www-form-urlencoded"));
    add_header(&headers, &rest, "X-A");
    add_header(&headers, &rest, bytes[1] & 2 ? "X-A" : "X-B");
    for (size_t i = 0; i < SECRETS; i++)
        known[i] = (struct webhook_secret){SECRET_OF_ANYONE, STR_NONE, str_z(secrets[i])};
    const struct webhook_request request = {
        .method = STR("POST"),
        .url = bytes[1] & 4 ? rest : STR("https://a.test/x?b=1&a=2"),
        .headers = &headers,
        .body = str_absent(rest) ? STR("") : rest,
        .wall = 1760000000 * USEC_S,
        .secrets = known,
        .secret_n = SECRETS};
    read_rule(&arena, bytes[0], &rule);
    webhook_view_init(&view, &request, rule.form_json, &arena);
    webhook_judge(&rule, &view, &verdict);
    CHECK(verdict.outcome == WEBHOOK_REJECT && verdict.answer.status == 401);
    CHECK(webhook_reason_text(verdict.reason).n > 0);
    view.verified = true;
    look_at_events(&rule, &view);
    arena_fini(&arena);
    return 0;
}
