#include "auth/wsse.h"

#include "base/encode.h"
#include "http/date.h"
#include "support/given.h"

int test_wsse(void);

static usec wall_of(const char *text)
{
    usec wall = 0;
    assert_true(date_parse_iso(str_z(text), &wall));
    return wall;
}

static str nonce_of(struct arena *arena, const char *hex)
{
    str bytes;
    assert_true(decode_hex(arena, str_z(hex), &bytes));
    return bytes;
}

/* "text": the example of Pilgrim's "Atom Authentication" (2003). The others hold the same
 * values as another program digests them. */
static void tokens_are_as_each_kind_of_vendor_wants_them(void **state)
{
    static const char *const wants[] = {
        [WSSE_BYTES] = "UsernameToken Username=\"bob\", "
                       "PasswordDigest=\"xzwbFlkhLtAK/hc7kIcULNndAxI=\", "
                       "Nonce=\"024xYoKVmp7UyJhRSXpxfw==\", "
                       "Created=\"2003-12-15T14:43:07Z\"",
        [WSSE_TEXT] = "UsernameToken Username=\"bob\", "
                      "PasswordDigest=\"quR/EWLAV4xLf9Zqyw4pDmfV9OY=\", "
                      "Nonce=\"d36e316282959a9ed4c89851497a717f\", "
                      "Created=\"2003-12-15T14:43:07Z\"",
        [WSSE_HEX] = "UsernameToken Username=\"bob\", "
                     "PasswordDigest="
                     "\"YWFlNDdmMTE2MmMwNTc4YzRiN2ZkNjZhY2IwZTI5MGU2N2Q1ZjRlNg==\", "
                     "Nonce=\"d36e316282959a9ed4c89851497a717f\", "
                     "Created=\"2003-12-15T14:43:07Z\"",
        [WSSE_NONE] = "UsernameToken Username=\"bob\", PasswordText=\"taadtaadpstcsm\", "
                      "Nonce=\"024xYoKVmp7UyJhRSXpxfw==\", "
                      "Created=\"2003-12-15T14:43:07Z\"",
    };
    for (unsigned i = 0; i < COUNT_OF(wants); i++) {
        const struct wsse wsse = {
            .digest = (enum wsse_digest)i,
            .username = STR("bob"),
            .password = STR("taadtaadpstcsm"),
            .nonce = nonce_of(*state, "d36e316282959a9ed4c89851497a717f"),
            .wall = wall_of("2003-12-15T14:43:07Z") + 999999,
        };
        given_same(wsse_digest_words[i], wsse_token(&wsse, *state), wants[i]);
    }
    assert_null(wsse_digest_words[COUNT_OF(wants)]);
}

static void quotes_do_not_end_a_name(void **state)
{
    const struct wsse wsse = {.digest = WSSE_NONE,
                              .username = STR("b\", Nonce=\"x"),
                              .password = STR("\\\""),
                              .nonce = STR("abc")};
    given_same(
        "token", wsse_token(&wsse, *state),
        "UsernameToken Username=\"b\\\", Nonce=\\\"x\", PasswordText=\"\\\\\\\"\", "
        "Nonce=\"YWJj\", Created=\"1970-01-01T00:00:00Z\"");
}

int test_wsse(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(tokens_are_as_each_kind_of_vendor_wants_them),
        GIVEN_TEST(quotes_do_not_end_a_name),
    };
    return cmocka_run_group_tests_name("auth: wsse", tests, NULL, NULL);
}
