#include "api/api_page.h"

#include "base/crypto.h"
#include "base/encode.h"

enum { PAGE_STANDARD = 100, MAC_BYTES = 16, PLACE_BYTES_MAX = 300 };

/* Each part with its length, so that no two lists of parts read alike. */
static void put_part(struct buf *buf, str part)
{
    buf_put_int(buf, (int64_t)part.n);
    buf_char(buf, ':');
    buf_str(buf, part);
}

static bool is_of_page(const struct api_given *given)
{
    return str_eq(given->name, STR("limit")) || str_eq(given->name, STR("cursor"));
}

/* The parameter whose name comes next behind `last` (NULL: the first), so that their
 * order in the query does not matter. */
static const struct api_given *next_given(const struct api_call *call,
                                          const struct api_given *last)
{
    const struct api_given *next = NULL;
    for (uint32_t i = 0; i < call->given_n; i++) {
        const struct api_given *given = &call->given[i];
        bool behind = !last || str_cmp(given->name, last->name) > 0;
        if (behind && (!next || str_cmp(given->name, next->name) < 0))
            next = given;
    }
    return next;
}

static void put_query(struct buf *buf, const struct api_call *call)
{
    const struct api_given *given = NULL;
    while ((given = next_given(call, given)))
        if (!is_of_page(given)) {
            put_part(buf, given->name);
            put_part(buf, given->value);
        }
}

static void put_reach(struct buf *buf, const struct api_key *key)
{
    put_part(buf, key->stage ? tenant_id_str(&key->stage->id) : STR(""));
    for (uint32_t i = 0; i < key->environment_n; i++)
        put_part(buf, tenant_id_str(&key->environments[i]));
}

static void authenticate(const struct api_call *call, str place, char ret[MAC_BYTES])
{
    uint8_t mac[CRYPTO_SHA256_BYTES];
    const struct api *api = call->api;
    struct buf text;
    buf_init(&text, 8 << 20);
    put_part(&text, call->in->path);
    put_query(&text, call);
    put_part(&text, STR("|"));
    if (call->key)
        put_reach(&text, call->key);
    put_part(&text, STR("|"));
    put_part(&text, place);
    CHECK(buf_ok(&text));
    crypto_hmac_sha256(str_of((const char *)api->cursor_key, sizeof(api->cursor_key)),
                       buf_peek(&text), mac);
    buf_fini(&text);
    memcpy(ret, mac, MAC_BYTES);
}

static str make_cursor(struct api_call *call, str place)
{
    char bytes[MAC_BYTES + PLACE_BYTES_MAX];
    CHECK(place.n <= PLACE_BYTES_MAX);
    authenticate(call, place, bytes);
    memcpy(bytes + MAC_BYTES, place.p, place.n);
    return encode_base64url(call->arena, str_of(bytes, MAC_BYTES + place.n));
}

static bool open_cursor(struct api_call *call, str cursor, str *ret_place)
{
    str bytes;
    char mac[MAC_BYTES];
    if (!decode_base64(call->arena, cursor, &bytes) || bytes.n <= MAC_BYTES)
        return false;
    str place = str_from(bytes, MAC_BYTES);
    authenticate(call, place, mac);
    *ret_place = place;
    return secret_eq(str_of(bytes.p, MAC_BYTES), str_of(mac, MAC_BYTES));
}

bool api_page_read(struct api_call *call, struct api_page *ret_page)
{
    str cursor = api_query(call, "cursor");
    *ret_page = (struct api_page){.limit = api_query_uint(call, "limit", PAGE_STANDARD),
                                  .after = STR_NONE};
    if (str_absent(cursor) || open_cursor(call, cursor, &ret_page->after))
        return true;
    api_refuse_text(call, ERR_CURSOR_INVALID, STR_NONE);
    return false;
}

struct json_out *api_page_begin(struct api_call *call)
{
    json_out_object(&call->out);
    json_out_name(&call->out, STR("items"));
    json_out_array(&call->out);
    return &call->out;
}

void api_page_end(struct api_call *call, str place)
{
    json_out_end(&call->out);
    json_out_name(&call->out, STR("next_cursor"));
    json_out_text(&call->out, str_absent(place) ? STR_NONE : make_cursor(call, place));
    json_out_end(&call->out);
    api_send(call);
}
