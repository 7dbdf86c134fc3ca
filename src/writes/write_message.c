#include "writes/write_message.h"

#include "base/buf.h"
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

str write_message_text(const struct write_message *message, struct arena *arena)
{
    struct buf text;
    struct json_out out;
    bool has_body = !str_absent(message->body);
    buf_init(&text, HEAD_BYTES_MAX + message->body.n);
    json_out_init(&out, &text);
    json_out_object(&out);
    json_out_member_text(&out, STR("verb"), message->verb);
    json_out_member_text(&out, STR("path"), message->path);
    json_out_member_text(&out, STR("query"), message->query);
    json_out_member_text(&out, STR("host"), message->host);
    json_out_member_text(&out, STR("category"), message->category);
    json_out_member_text(&out, STR("resource"), message->resource);
    json_out_member_text(&out, STR("operation"), message->operation);
    json_out_name(&out, STR("asked"));
    json_out_value(&out, &message->asked);
    if (message->status)
        json_out_member_int(&out, STR("status"), message->status);
    put_headers(&out, message->headers);
    json_out_member_bool(&out, STR("body"), has_body);
    json_out_member_bool(&out, STR("body_lost"), message->body_lost);
    json_out_end(&out);
    buf_char(&text, '\n');
    if (has_body)
        buf_str(&text, message->body);
    CHECK(buf_ok(&text)); /* heads of requests and answers are bounded before */
    return arena_take(arena, &text);
}

/* --- reading --- */

static bool read_headers(const struct json *list, struct arena *arena,
                         struct headers *headers)
{
    if (!json_is(list, JSON_ARRAY))
        return false;
    headers_init(headers, arena, list->n);
    for (uint32_t i = 0; i < list->n; i++) {
        const struct json *pair = &list->u.items[i];
        if (!json_is(pair, JSON_ARRAY) || pair->n != 2)
            return false;
        header_add_name(headers, json_text(&pair->u.items[0]),
                        json_text(&pair->u.items[1]));
    }
    return true;
}

static bool is_true(const struct json *head, str name)
{
    const struct json *value = json_member(head, name);
    return value && json_is(value, JSON_TRUE);
}

bool write_message_read(str text, struct arena *arena, struct write_message *ret_message)
{
    struct json head;
    struct headers *headers = arena_zalloc(arena, sizeof(*headers));
    size_t end = str_find(text, '\n');
    if (end == text.n || !json_parse(arena, str_of(text.p, end), NULL, &head, NULL) ||
        !json_is(&head, JSON_OBJECT))
        return false;
    const struct json *list = json_member(&head, STR("headers"));
    const struct json *asked = json_member(&head, STR("asked"));
    const struct json *status = json_member(&head, STR("status"));
    if (!list || !read_headers(list, arena, headers))
        return false;
    *ret_message = (struct write_message){
        .verb = json_member_text(&head, STR("verb")),
        .path = json_member_text(&head, STR("path")),
        .query = json_member_text(&head, STR("query")),
        .host = json_member_text(&head, STR("host")),
        .category = json_member_text(&head, STR("category")),
        .resource = json_member_text(&head, STR("resource")),
        .operation = json_member_text(&head, STR("operation")),
        .asked = asked ? *asked : (struct json){0},
        .status = status ? (int)json_number(status) : 0,
        .headers = headers,
        .body = is_true(&head, STR("body")) ? str_from(text, end + 1) : STR_NONE,
        .body_lost = is_true(&head, STR("body_lost")),
    };
    return true;
}
