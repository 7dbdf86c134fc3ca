#include "support/reply.h"

#include "json/json_write.h"

static void read_body(struct arena *arena, const struct json *body, struct answer *answer)
{
    struct buf buf;
    answer->text = STR("");
    if (!body)
        return;
    if (json_is(body, JSON_STRING)) {
        answer->text = json_text(body);
        return;
    }
    buf_init(&buf, 1 << 20);
    json_write(&buf, body, JSON_COMPACT);
    answer->text = arena_str(arena, buf_peek(&buf));
    answer->body = body;
    buf_fini(&buf);
}

void reply_read(struct arena *arena, const struct json *json, struct answer *ret_answer)
{
    uint64_t status = 200;
    struct headers *headers = arena_alloc(arena, sizeof(*headers));
    const struct json *lines = json_member(json, STR("headers"));
    const struct json *given = json_member(json, STR("status"));
    assert_true(!given || json_to_u64(given, 599, &status));
    headers_init(headers, arena, 4);
    for (uint32_t i = 0; lines && i < lines->n; i++)
        header_add_name(headers, json_key(&lines->u.members[i]),
                        json_text(&lines->u.members[i].value));
    *ret_answer = (struct answer){.status = (int)status,
                                  .headers = headers,
                                  .wall = REPLY_WALL,
                                  .group = json_member_text(json, STR("group"))};
    read_body(arena, json_member(json, STR("body")), ret_answer);
}

struct answer reply_of(struct arena *arena, const char *json)
{
    struct answer answer;
    reply_read(arena, given_json(arena, str_z(json)), &answer);
    return answer;
}

void reply_rule(struct arena *arena, const struct bind_table *table,
                const struct json *json, void *ret_rule)
{
    struct binder binder;
    static const struct json empty = {.type = JSON_OBJECT};
    bind_init(&binder, arena);
    if (!bind_read(&binder, table, json ? json : &empty, ret_rule))
        fail_msg(STR_F ": " STR_F, STR_A(binder.first->pointer),
                 STR_A(binder.first->text));
}
