/*
 * The first byte chooses a token block, the second a status and a type; the rest is what
 * a token endpoint answered. Whatever it is, the verdict has what belongs to it, and what
 * is said about it can be printed.
 */
#include "auth/token_rule.h"
#include "base/utf8.h"
#include "directory/tenant.h"
#include "json/json_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { ROOM = 256 << 20 };

#define BLOCK(members)                                                                   \
    "{\"grant\":\"client_credentials\",\"url\":\"https://vendor.test/token\"" members "}"

static const char *const blocks[] = {
    BLOCK(""),
    BLOCK(",\"expires\":{\"from\":\"/expires_at\",\"unit\":\"iso8601\"},"
          "\"access_token\":\"/authed_user/access_token\",\"lifetime\":\"1h\","
          "\"keep\":{\"a\":\"/team/id\",\"b\":\"/*/0\"},\"keep_secret\":{\"c\":\"/d\"}"),
    BLOCK(",\"expires\":{\"from\":\"/expires_in\",\"unit\":\"epoch_ms\"},"
          "\"refresh_expires\":{\"from\":\"/x\",\"words\":{\"a\":5}},"
          "\"error\":\"/error/code\",\"revoked\":[\"gone\"],"
          "\"dead\":[{\"status\":[200,500],\"when\":\"#text\",\"contains\":\"dead\"}]"),
    BLOCK(",\"access_token\":\"#text\",\"error_text\":\"#text\",\"scope\":\"/scope\""),
};

static const int statuses[] = {200, 201, 302, 400, 401, 408, 429, 500, 503};
static const char *const types[] = {"application/json",
                                    "application/x-www-form-urlencoded", "text/html"};

static struct token_rule *rule_of(struct arena *arena, uint8_t choice)
{
    struct binder binder;
    struct json json;
    struct token_rule *rule = arena_alloc(arena, sizeof(*rule));
    bind_init(&binder, arena);
    CHECK(json_parse(arena, str_z(blocks[choice % COUNT_OF(blocks)]), NULL, &json, NULL));
    CHECK(bind_read(&binder, &token_table, &json, rule));
    return rule;
}

static void check_printable(str text)
{
    for (size_t i = 0, size; i < text.n; i += size) {
        size = utf8_size(text.p + i, text.n - i);
        CHECK(size > 0);
        CHECK((unsigned char)text.p[i] >= ' ' && text.p[i] != 0x7f);
    }
}

static void check(const struct token_answer *answer, int status)
{
    bool trouble = status == 408 || status == 429 || status >= 500;
    CHECK(answer->retry_after >= -1 && answer->retry_after <= USEC_DAY);
    if (answer->verdict != TOKEN_GOOD) {
        CHECK(answer->fault.n > 0 && answer->fault.n < 600);
        CHECK(!trouble || answer->verdict != TOKEN_REFUSED);
        check_printable(answer->fault);
        return;
    }
    CHECK(status < 300 && answer->access_token.n > 0);
    CHECK(str_absent(answer->refresh_token) || answer->refresh_token.n > 0);
    CHECK(answer->lifetime == -1 || answer->lifetime > 0);
    CHECK(answer->refresh_lifetime == -1 || answer->refresh_lifetime > 0);
    CHECK(answer->refresh_lifetime != USEC_NEVER);
    CHECK(json_is(&answer->context, JSON_OBJECT));
    for (uint32_t i = 0; i < answer->secret_n; i++)
        CHECK(secret_peek(&answer->secrets[i].value).n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    struct headers headers;
    struct token_answer got;
    if (n < 2)
        return 0;
    arena_init(&arena, 4096, ROOM);
    headers_init(&headers, &arena, 2);
    header_add_name(&headers, STR("Content-Type"),
                    str_z(types[bytes[1] / 16 % COUNT_OF(types)]));
    str patience = str_of((const char *)bytes + 2, n - 2 < 20 ? n - 2 : 20);
    if (header_value_valid(patience))
        header_add_name(&headers, STR("Retry-After"), patience);
    struct answer answer = {.status = statuses[bytes[1] % COUNT_OF(statuses)],
                            .headers = &headers,
                            .text = str_of((const char *)bytes + 2, n - 2),
                            .wall = 1760000000 * USEC_S};
    token_answer_read(rule_of(&arena, bytes[0]), &answer, &arena, &got);
    check(&got, answer.status);
    arena_fini(&arena);
    return 0;
}
