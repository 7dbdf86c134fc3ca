#include "auth/oauth1.h"

#include "http/url.h"
#include "vectors.h"

int test_oauth1(void);

/* The request's URL with its query. */
static void aim(struct arena *arena, struct oauth1 *oauth1, const char *text)
{
    struct url *url = arena_alloc(arena, sizeof(*url));
    assert_true(url_parse(arena, str_z(text), url, NULL));
    oauth1->url = url;
    oauth1->query = url->query;
}

/* OAuth Core 1.0a, appendix A.5. */
static struct oauth1 photos(struct arena *arena)
{
    struct oauth1 oauth1 = {
        .consumer_key = STR("dpf43f3p2l4k3l03"),
        .consumer_secret = STR("kd94hf93k423kf44"),
        .token = STR("nnch734d00sl2jdk"),
        .token_secret = STR("pfkkdhi9sl3r4s00"),
        .nonce = STR("kllo9940pd9333jh"),
        .timestamp = 1191242096,
        .verb = STR("GET"),
    };
    aim(arena, &oauth1,
        "http://photos.example.net/photos?size=original&file=vacation.jpg");
    return oauth1;
}

static void the_published_example_is_signed(void **state)
{
    struct oauth1 oauth1 = photos(*state);
    given_same(
        "base string", oauth1_base_string(&oauth1, *state),
        "GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacation.jpg%26oauth_"
        "consumer_key%3Ddpf43f3p2l4k3l03%26oauth_nonce%3Dkllo9940pd9333jh%26oauth_"
        "signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1191242096%26oauth_token%"
        "3Dnnch734d00sl2jdk%26oauth_version%3D1.0%26size%3Doriginal");
    given_same("signature", oauth1_signature(&oauth1, *state),
               "tR3+Ty81lMeYAr/Fid0kMTYa/WM=");
}

static void a_vector_with_realm_and_sha256_is_signed(void **state)
{
    const struct json *vector = vectors_get(*state, "netsuite_tba_oauth1_hmac_sha256");
    struct oauth1 oauth1 = {
        .method = OAUTH1_HMAC_SHA256,
        .consumer_key = STR("ck_0123"),
        .consumer_secret = json_member_text(vector, STR("consumer_secret")),
        .token = STR("tk_4567"),
        .token_secret = json_member_text(vector, STR("token_secret")),
        .realm = json_member_text(vector, STR("realm")),
        .nonce = STR("fjaLirsIcCGVZWzBX0pg"),
        .timestamp = 1760000000,
        .verb = json_member_text(vector, STR("method")),
    };
    aim(*state, &oauth1, arena_z(*state, json_member_text(vector, STR("url"))));
    assert_str(oauth1_base_string(&oauth1, *state),
               json_member_text(vector, STR("base_string")));
    assert_str(oauth1_signature(&oauth1, *state),
               json_member_text(vector, STR("signature")));
    assert_str(oauth1_header(&oauth1, *state),
               json_member_text(vector, STR("authorization")));
}

/* The vector does not say its secrets; what is signed it does. */
static void a_form_is_part_of_what_is_signed(void **state)
{
    const struct json *vector = vectors_get(*state, "oauth1_hmac_sha1_twitter_example");
    struct oauth1 oauth1 = {
        .consumer_key = STR("xvz1evFS4wEEPTGEFPHBog"),
        .token = STR("370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"),
        .nonce = STR("kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"),
        .timestamp = 1318622958,
        .verb = STR("post"),
        .form =
            STR("status=Hello%20Ladies%20%2b%20Gentlemen%2c+a+signed+OAuth+request%21"),
    };
    aim(*state, &oauth1,
        "https://api.twitter.com:443/1.1/statuses/update.json?include_entities=true");
    assert_str(oauth1_base_string(&oauth1, *state),
               json_member_text(vector, STR("base_string")));
}

/* RFC 5849 §3.4.1.1, with the version that the protocol leaves to the client. */
static void repeated_and_empty_parameters_are_sorted(void **state)
{
    struct oauth1 oauth1 = {
        .consumer_key = STR("9djdj82h48djs9d2"),
        .token = STR("kkk9d7dh3k39sjv7"),
        .nonce = STR("7d8f3e4a"),
        .timestamp = 137131201,
        .verb = STR("POST"),
        .form = STR("c2&a3=2+q"),
    };
    aim(*state, &oauth1, "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b");
    given_same(
        "base string", oauth1_base_string(&oauth1, *state),
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%"
        "26b5"
        "%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26"
        "oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D"
        "137131201%26oauth_token%3Dkkk9d7dh3k39sjv7%26oauth_version%3D1.0");
}

static void ports_and_escaped_paths_are_signed_as_they_are(void **state)
{
    struct oauth1 oauth1 = photos(*state);
    aim(*state, &oauth1, "https://a.test:8443/x%20y/%E2%82%AC");
    str base = oauth1_base_string(&oauth1, *state);
    assert_true(str_starts(
        base, STR("GET&https%3A%2F%2Fa.test%3A8443%2Fx%2520y%2F%25E2%2582%25AC&oauth_")));
}

static void a_request_without_a_token_has_none(void **state)
{
    struct oauth1 oauth1 = photos(*state);
    oauth1.token = oauth1.token_secret = STR_NONE;
    str header = oauth1_header(&oauth1, *state);
    assert_int_equal(str_find_str(header, STR("oauth_token")), header.n);
    assert_true(
        str_starts(header, STR("OAuth oauth_consumer_key=\"dpf43f3p2l4k3l03\",")));
}

/* RFC 5849 §2.1 and §2.3: the parameters by which a token is got. */
static void further_parameters_are_signed(void **state)
{
    static const struct form_param more[] = {
        {{"oauth_callback", 14}, {"http://a.test/x?y", 17}}};
    struct oauth1 oauth1 = photos(*state);
    oauth1.more = more;
    oauth1.more_n = COUNT_OF(more);
    str base = oauth1_base_string(&oauth1, *state);
    assert_true(
        str_find_str(base, STR("%26oauth_callback%3Dhttp%253A%252F%252Fa.test%252F"
                               "x%253Fy%26oauth_consumer_key")) < base.n);
    str header = oauth1_header(&oauth1, *state);
    assert_true(
        str_find_str(header, STR(",oauth_callback=\"http%3A%2F%2Fa.test%2Fx%3Fy\",")) <
        header.n);
}

static void a_realm_is_quoted(void **state)
{
    struct oauth1 oauth1 = photos(*state);
    oauth1.realm = STR("a \"b\" \\");
    str header = oauth1_header(&oauth1, *state);
    assert_true(str_starts(
        header, STR("OAuth realm=\"a \\\"b\\\" \\\\\",oauth_consumer_key=\"")));
    given_same("signature", oauth1_signature(&oauth1, *state),
               "tR3+Ty81lMeYAr/Fid0kMTYa/WM=");
}

int test_oauth1(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(the_published_example_is_signed),
        GIVEN_TEST(a_vector_with_realm_and_sha256_is_signed),
        GIVEN_TEST(a_form_is_part_of_what_is_signed),
        GIVEN_TEST(repeated_and_empty_parameters_are_sorted),
        GIVEN_TEST(ports_and_escaped_paths_are_signed_as_they_are),
        GIVEN_TEST(a_request_without_a_token_has_none),
        GIVEN_TEST(further_parameters_are_signed),
        GIVEN_TEST(a_realm_is_quoted),
    };
    return cmocka_run_group_tests_name("auth: oauth1", tests, NULL, NULL);
}
