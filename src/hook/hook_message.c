#include "hook/hook_message.h"

#include "base/buf.h"
#include "base/encode.h"
#include "json/json_parse.h"
#include "json/json_write.h"

enum { HEAD_BYTES_MAX = 4 << 20 };

static void put_headers(struct json_out *out, const struct headers *headers)
{
    json_out_name(out, STR("headers"));
    json_out_array(out);
    for (uint32_t i = 0; headers && i < headers->n; i++) {
        json_out_array(out);
        json_out_text(out, headers->items[i].name);
        json_out_text(out, headers->items[i].value);
        json_out_end(out);
    }
    json_out_end(out);
}

str hook_message_write(const struct hook_message *message, struct arena *arena)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, HEAD_BYTES_MAX + 2 * message->body.n);
    json_out_init(&out, &text);
    json_out_object(&out);
    json_out_member_text(&out, STR("method"), message->method);
    json_out_member_text(&out, STR("url"), message->url);
    json_out_member_int(&out, STR("received"), message->received);
    put_headers(&out, message->headers);
    json_out_member_text(&out, STR("body"), encode_base64(arena, message->body));
    json_out_end(&out);
    CHECK(buf_ok(&text)); /* heads of requests are bounded before */
    return arena_take(arena, &text);
}

static bool read_headers(const struct json *list, struct arena *arena,
                         struct headers *headers)
{
    if (!list || !json_is(list, JSON_ARRAY))
        return false;
    headers_init(headers, arena, list->n + 1);
    for (uint32_t i = 0; i < list->n; i++) {
        const struct json *pair = &list->u.items[i];
        if (!json_is(pair, JSON_ARRAY) || pair->n != 2)
            return false;
        header_add_name(headers, json_text(&pair->u.items[0]),
                        json_text(&pair->u.items[1]));
    }
    return true;
}

bool hook_message_read(str text, struct arena *arena, struct hook_message *ret_message)
{
    struct json head;
    struct headers *headers = arena_zalloc(arena, sizeof(*headers));
    if (!json_parse(arena, text, NULL, &head, NULL))
        return false;
    const struct json *received = json_member(&head, STR("received"));
    str body = json_member_text(&head, STR("body"));
    *ret_message = (struct hook_message){
        .method = json_member_text(&head, STR("method")),
        .url = json_member_text(&head, STR("url")),
        .headers = headers,
        .received = received ? (usec)json_number(received) : 0,
    };
    return read_headers(json_member(&head, STR("headers")), arena, headers) &&
           !str_absent(ret_message->method) && !str_absent(ret_message->url) &&
           !str_absent(body) && decode_base64(arena, body, &ret_message->body);
}

static str about_of(str integration, struct arena *arena)
{
    return arena_printf(arena, "hook " STR_F, STR_A(integration));
}

bool hook_seal(struct keyring *keyring, const struct data_key *key, str integration,
               str text, struct arena *arena, str *ret_sealed)
{
    return keyring_seal(keyring, key, about_of(integration, arena), text, arena,
                        ret_sealed);
}

bool hook_unseal(struct keyring *keyring, const struct data_key *key, str integration,
                 str sealed, struct arena *arena, str *ret_text)
{
    return keyring_open(keyring, key, about_of(integration, arena), sealed, arena,
                        ret_text);
}
