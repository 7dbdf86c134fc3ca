/*
 * The input is a URL on a line, a header's value on a line, and a query. The base string
 * has its three parts, each escaped; the order of parameters, and whether they stand in
 * the query or in the form, changes nothing. Nothing that a caller put where the
 * signature will stand is left.
 */
#include "auth/oauth1.h"

#include "auth/auth.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "http/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    crypto_start();
    return 0;
}

static void check_base(struct arena *arena, const struct url *url, str query, str other)
{
    struct oauth1 oauth1 = {.consumer_key = STR("ck"),
                            .nonce = STR("n"),
                            .verb = STR("GET"),
                            .url = url,
                            .query = query,
                            .form = other};
    str base = oauth1_base_string(&oauth1, arena);
    unsigned parts = 1;
    for (size_t i = 0; i < base.n; i++) {
        parts += base.p[i] == '&';
        CHECK(encode_is_unreserved(base.p[i]) || base.p[i] == '%' || base.p[i] == '&');
    }
    CHECK(parts == 3);
    oauth1.query = other;
    oauth1.form = query;
    CHECK(str_eq(oauth1_base_string(&oauth1, arena), base));
}

static void check_places(struct arena *arena, str value, str query)
{
    struct headers headers;
    const struct auth_rule rule = {.scheme = AUTH_oauth1, .two_legged = true};
    struct auth_request request = {.arena = arena, .headers = &headers, .query = query};
    headers_init(&headers, arena, 2);
    if (header_value_valid(value))
        header_add(&headers, HEADER_AUTHORIZATION, value);
    auth_take_key(&rule, &request);
    CHECK(headers.n == 0);
    str rest = request.query, name, written;
    while (url_query_next(&rest, &name, &written))
        CHECK(!oauth1_is_own(url_query_decode(arena, name)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    str rest = str_of((const char *)bytes, n);
    str line = STR_NONE;
    struct url url;
    arena_init(&arena, 4096, 64 << 20);
    if (n > 64 * 1024)
        rest.n = 64 * 1024;
    str_next(&rest, '\n', &line);
    bool aimed = url_parse(&arena, line, &url, NULL);
    str_next(&rest, '\n', &line);
    if (aimed)
        check_base(&arena, &url, url.query, rest);
    check_places(&arena, line, rest);
    arena_fini(&arena);
    return 0;
}
