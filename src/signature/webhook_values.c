#include "signature/webhook_values.h"

#include "json/json_write.h"

struct walk {
    struct arena *arena;
    const struct pointer *pointer;
    str *items;
    uint32_t n;
    uint32_t room;
    bool full;
};

static bool has_star(const struct pointer *pointer)
{
    for (uint32_t i = 0; i < pointer->n; i++)
        if (pointer->tokens[i].star)
            return true;
    return false;
}

static void add(struct walk *walk, str text)
{
    walk->full = walk->full || walk->n == WEBHOOK_VALUES_MAX;
    if (walk->full)
        return;
    walk->items = arena_grow(walk->arena, walk->items, walk->n, &walk->room,
                             sizeof(walk->items[0]));
    walk->items[walk->n++] = text;
}

static void walk_from(struct walk *walk, const struct json *value, uint32_t at);

static void walk_all(struct walk *walk, const struct json *value, uint32_t at)
{
    bool array = json_is(value, JSON_ARRAY);
    if (!array && !json_is(value, JSON_OBJECT)) {
        add(walk, STR_NONE);
        return;
    }
    for (uint32_t i = 0; i < value->n && !walk->full; i++)
        walk_from(walk, array ? &value->u.items[i] : &value->u.members[i].value, at);
}

/* As deep as the pointer has tokens. */
static void walk_from(struct walk *walk, const struct json *value, uint32_t at)
{
    while (value && at < walk->pointer->n && !walk->pointer->tokens[at].star) {
        struct pointer step = {&walk->pointer->tokens[at++], 1};
        value = pointer_find(&step, value);
    }
    if (value && at < walk->pointer->n)
        walk_all(walk, value, at + 1);
    else
        add(walk, value ? json_as_text(value, walk->arena) : STR_NONE);
}

bool webhook_values_read(const struct signal *signal, struct webhook_view *view,
                         struct webhook_values *ret_values)
{
    struct walk walk = {.arena = view->arena, .pointer = &signal->pointer};
    if (signal_needs_body(signal))
        webhook_view_read(view);
    if (signal->source == SIGNAL_BODY && view->answer.body && has_star(&signal->pointer))
        walk_from(&walk, view->answer.body, 0);
    else
        add(&walk, signal_text(signal, &view->answer, view->arena));
    *ret_values = (struct webhook_values){walk.items, walk.n};
    return !walk.full;
}

bool webhook_values_there(const struct signal *signal, struct webhook_view *view)
{
    struct webhook_values values;
    if (!webhook_values_read(signal, view, &values))
        return true;
    for (uint32_t i = 0; i < values.n; i++)
        if (!str_absent(values.items[i]))
            return true;
    return false;
}
