#include "sim/sim_mutate.h"

#include "base/buf.h"
#include "json/json_write.h"

enum { TEXT_BYTES_MAX = 1 << 20, TOKENS_MAX = 64 };

enum type { TO_STRING, TO_NUMBER, TO_BOOLEAN, TO_NULL, TO_ARRAY, TO_OBJECT };

static const char *const type_words[] = {"string", "number", "boolean", "null",
                                         "array",  "object", NULL};

/* --- reading --- */

static void read_at(struct binder *binder, const struct json *value, void *field)
{
    struct pointer *pointer = field;
    if (!json_is(value, JSON_STRING) ||
        !pointer_parse(binder->arena, json_text(value), POINTER_STAR, pointer))
        bind_fault(binder, "is no JSON pointer; wants one such as \"/results/*/email\".");
    else if (pointer->n == 0 || pointer->n > TOKENS_MAX)
        bind_fault(binder, "must lead to a member, at most %d levels deep.", TOKENS_MAX);
}

/* The readers of changes get the whole struct. */
static struct sim_mutation *note_change(void *obj, enum sim_change change)
{
    struct sim_mutation *mutation = obj;
    mutation->change = change;
    mutation->change_n++;
    return mutation;
}

static void read_remove(struct binder *binder, const struct json *value, void *obj)
{
    note_change(obj, SIM_CHANGE_REMOVE);
    if (!json_is(value, JSON_TRUE))
        bind_fault(binder, "wants true, or to be left out.");
}

static void read_rename(struct binder *binder, const struct json *value, void *obj)
{
    note_change(obj, SIM_CHANGE_RENAME)->name = json_text(value);
    if (!json_is(value, JSON_STRING))
        bind_fault(binder, "wants the new name, a string.");
}

static void read_type(struct binder *binder, const struct json *value, void *obj)
{
    struct sim_mutation *mutation = note_change(obj, SIM_CHANGE_RETYPE);
    str word = json_is(value, JSON_STRING) ? json_text(value) : STR("");
    for (uint32_t i = 0; type_words[i]; i++)
        if (str_eq(word, str_z(type_words[i]))) {
            mutation->type = i;
            return;
        }
    bind_fault(binder, "is no JSON type; wants \"string\", \"number\", \"boolean\", "
                       "\"null\", \"array\" or \"object\".");
}

static void read_value(struct binder *binder, const struct json *value, void *obj)
{
    (void)binder;
    note_change(obj, SIM_CHANGE_REPLACE)->value = *value;
}

static void finish_mutation(struct binder *binder, void *obj)
{
    const struct sim_mutation *mutation = obj;
    if (mutation->change_n != 1)
        bind_fault(binder, "must have one of \"remove\", \"rename\", \"type\" and "
                           "\"value\".");
}

static const struct bind_row mutation_rows[] = {
    {.name = "at",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct sim_mutation, at),
     .required = true,
     .custom = read_at,
     .custom_schema = "{\"type\":\"string\"}",
     .doc = "JSON pointer of the member; \"*\" is every item or member."},
    {.name = "remove",
     .kind = BIND_CUSTOM,
     .custom = read_remove,
     .custom_schema = "{\"const\":true}",
     .doc = "Takes the member away."},
    {.name = "rename",
     .kind = BIND_CUSTOM,
     .custom = read_rename,
     .custom_schema = "{\"type\":\"string\"}",
     .doc = "Gives the member this name."},
    {.name = "type",
     .kind = BIND_CUSTOM,
     .custom = read_type,
     .custom_schema = "{\"enum\":[\"string\",\"number\",\"boolean\",\"null\",\"array\","
                      "\"object\"]}",
     .doc = "Makes it a value of this type."},
    {.name = "value",
     .kind = BIND_CUSTOM,
     .custom = read_value,
     .custom_schema = "{}",
     .doc = "Puts this value in its place."},
};

const struct bind_table sim_mutation_table = {
    .name = "mutation",
    .rows = mutation_rows,
    .n = COUNT_OF(mutation_rows),
    .bytes = sizeof(struct sim_mutation),
    .finish = finish_mutation,
};

/* --- changing --- */

static str text_of(struct arena *arena, const struct json *value)
{
    struct buf buf;
    if (json_is(value, JSON_STRING))
        return json_text(value);
    buf_init(&buf, TEXT_BYTES_MAX);
    json_write(&buf, value, JSON_COMPACT);
    str text = buf_ok(&buf) ? arena_str(arena, buf_peek(&buf)) : STR("");
    buf_fini(&buf);
    return text;
}

static struct json retype(struct arena *arena, const struct json *value, enum type type)
{
    struct json_build build;
    double number = 0;
    switch (type) {
    case TO_STRING:
        return json_of_text(text_of(arena, value));
    case TO_NUMBER:
        if (!json_is(value, JSON_STRING) || !str_to_double(json_text(value), &number))
            number = json_number(value);
        return json_of_number(number);
    case TO_BOOLEAN:
        return json_of_bool(true);
    case TO_NULL:
        return json_of_null();
    case TO_ARRAY:
        json_build_init(&build, arena);
        json_build_item(&build, *value);
        return json_build_array(&build);
    case TO_OBJECT:
        break;
    }
    json_build_init(&build, arena);
    json_build_member(&build, STR("value"), *value);
    return json_build_object(&build);
}

/* The value in the place where the pointer leads; UNDEFINED = removed. */
static struct json change(struct arena *arena, const struct json *value,
                          const struct sim_mutation *mutation)
{
    switch (mutation->change) {
    case SIM_CHANGE_REMOVE:
        return (struct json){.type = JSON_UNDEFINED};
    case SIM_CHANGE_RENAME:
        return *value;
    case SIM_CHANGE_RETYPE:
        return retype(arena, value, mutation->type);
    case SIM_CHANGE_REPLACE:
        return mutation->value;
    }
    return *value;
}

static struct json walk(struct arena *arena, const struct json *value,
                        const struct sim_mutation *mutation, uint32_t depth)
{
    const struct pointer_token *token = &mutation->at.tokens[depth];
    bool there = depth + 1 == mutation->at.n;
    struct json_build build;
    if (!json_is(value, JSON_OBJECT) && !json_is(value, JSON_ARRAY))
        return *value;
    json_build_init(&build, arena);
    for (uint32_t i = 0; i < value->n; i++) {
        bool named = json_is(value, JSON_OBJECT);
        const struct json_member *member = named ? &value->u.members[i] : NULL;
        struct json item = named ? member->value : value->u.items[i];
        str name = named ? json_key(member) : STR_NONE;
        bool hit = token->star || (named ? str_eq(name, token->name) : token->index == i);
        if (hit && there && mutation->change == SIM_CHANGE_RENAME)
            name = mutation->name;
        if (hit)
            item = there ? change(arena, &item, mutation)
                         : walk(arena, &item, mutation, depth + 1);
        if (json_is(&item, JSON_UNDEFINED))
            continue;
        if (named)
            json_build_member(&build, name, item);
        else
            json_build_item(&build, item);
    }
    return json_is(value, JSON_OBJECT) ? json_build_object(&build)
                                       : json_build_array(&build);
}

struct json sim_mutate(struct arena *arena, const struct json *value,
                       const struct sim_mutation *mutation)
{
    return walk(arena, value, mutation, 0);
}
