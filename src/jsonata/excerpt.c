#include "jsonata/excerpt.h"

#include "base/utf8.h"
#include "jsonata/eval.h"

enum { PARTS_MAX = 200, TEXT_BYTES_MAX = 2048, DEPTH_MAX = 20 };

struct excerpt {
    struct arena *arena;
    uint32_t parts; /* still to give */
    size_t bytes;
};

static str cut(struct excerpt *excerpt, str text)
{
    size_t n = text.n < excerpt->bytes ? text.n : excerpt->bytes;
    while (n && n < text.n && utf8_is_tail(text.p[n]))
        n--;
    excerpt->bytes -= n;
    return arena_str(excerpt->arena, str_of(text.p, n));
}

static struct json excerpt_of(struct excerpt *excerpt, struct json value, unsigned depth);

static struct json items_of(struct excerpt *excerpt, struct json array, unsigned depth)
{
    struct json_build build;
    json_build_init(&build, excerpt->arena);
    for (uint32_t i = 0; i < array.n && excerpt->parts; i++) {
        excerpt->parts--;
        struct json item = excerpt_of(excerpt, eval_item(array, i), depth + 1);
        json_build_item(&build, eval_is_nothing(item) ? json_of_null() : item);
    }
    return json_build_array(&build);
}

static struct json members_of(struct excerpt *excerpt, struct json object, unsigned depth)
{
    struct json_build build;
    json_build_init(&build, excerpt->arena);
    for (uint32_t i = 0; i < object.n && excerpt->parts; i++) {
        const struct json_member *member = &object.u.members[i];
        struct json value = excerpt_of(excerpt, member->value, depth + 1);
        excerpt->parts--;
        if (!eval_is_nothing(value))
            json_build_member(&build, cut(excerpt, json_key(member)), value);
    }
    return json_build_object(&build);
}

static struct json excerpt_of(struct excerpt *excerpt, struct json value, unsigned depth)
{
    bool deep = depth == DEPTH_MAX || excerpt->parts == 0;
    if (value.type >= JSON_TYPE_COUNT)
        return eval_nothing();
    if (value.type == JSON_STRING)
        return json_of_text(cut(excerpt, json_text(&value)));
    if (value.type == JSON_NUMBER)
        return json_of_number(eval_double(value));
    if (value.type == JSON_ARRAY)
        return deep ? eval_nothing() : items_of(excerpt, value, depth);
    if (value.type == JSON_OBJECT)
        return deep ? eval_nothing() : members_of(excerpt, value, depth);
    return value;
}

struct json excerpt_value(struct arena *arena, struct json value)
{
    struct excerpt excerpt = {arena, PARTS_MAX, TEXT_BYTES_MAX};
    return excerpt_of(&excerpt, value, 0);
}

str excerpt_text(struct arena *arena, str text)
{
    struct excerpt excerpt = {arena, PARTS_MAX, TEXT_BYTES_MAX};
    return str_absent(text) ? text : cut(&excerpt, text);
}
