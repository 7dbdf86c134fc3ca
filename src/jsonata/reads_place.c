#include "jsonata/reads_place.h"

#include "base/buf.h"

enum { PATH_BYTES_MAX = 64 * 1024, PATHS_MAX = 10 * 1000 };

/* --- sets --- */

bool set_add(struct places *places, struct set *set, struct thing *thing)
{
    places->steps += 1 + set->n / 8;
    for (uint32_t i = 0; i < set->n; i++)
        if (set->items[i] == thing)
            return false;
    if (set->n == PLACE_SET_MAX) {
        place_read(places, &places->root);
        return false;
    }
    set->items =
        arena_grow(places->arena, set->items, set->n, &set->room, sizeof(set->items[0]));
    set->items[set->n++] = thing;
    return true;
}

void set_add_all(struct places *places, struct set *set, const struct set *more)
{
    for (uint32_t i = 0; i < more->n; i++)
        set_add(places, set, more->items[i]);
}

bool set_has(const struct set *set, enum thing_kind kind)
{
    for (uint32_t i = 0; i < set->n; i++)
        if (set->items[i]->kind == kind)
            return true;
    return false;
}

/* --- places --- */

void place_read(struct places *places, struct thing *place)
{
    places->changed = places->changed || !place->read;
    place->read = true;
}

static struct thing *child(struct places *places, struct thing *up, str name, bool quoted)
{
    if (up->depth == PLACE_DEPTH_MAX) {
        place_read(places, up);
        return up;
    }
    for (struct thing *old = up->first; old; old = old->next) {
        places->steps++;
        if (old->quoted == quoted && str_eq(old->name, name))
            return old;
    }
    struct thing *place = arena_zalloc(places->arena, sizeof(*place));
    place->up = up;
    place->name = name;
    place->quoted = quoted;
    place->depth = up->depth + 1;
    place->next = up->first;
    up->first = place;
    return place;
}

struct set place_step(struct places *places, const struct set *from, str name,
                      bool quoted)
{
    struct set to = {0};
    for (uint32_t i = 0; i < from->n; i++) {
        struct thing *thing = from->items[i];
        if (thing->kind == THING_PLACE)
            set_add(places, &to, child(places, thing, name, quoted));
        else if (thing->kind == THING_OTHER)
            set_add(places, &to, thing);
    }
    return to;
}

/* --- paths --- */

static bool is_plain(str name)
{
    static const char *const words[] = {"and", "or", "in", "true", "false", "null"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_eq(name, str_z(words[i])))
            return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!(str_lower(c) >= 'a' && str_lower(c) <= 'z') && c != '_' &&
            !(i && str_is_digit(c)))
            return false;
    }
    return name.n > 0;
}

static void put_path(struct buf *buf, const struct thing *place)
{
    if (place->up->up) {
        put_path(buf, place->up);
        buf_char(buf, '.');
    }
    bool quotes = place->quoted && !is_plain(place->name);
    if (quotes)
        buf_char(buf, '`');
    buf_str(buf, place->name);
    if (quotes)
        buf_char(buf, '`');
}

struct paths {
    str *items;
    uint32_t n;
    struct arena *arena;
};

static void add_path(struct paths *paths, const struct thing *place)
{
    struct buf buf;
    buf_init(&buf, PATH_BYTES_MAX);
    if (place->up)
        put_path(&buf, place);
    else
        buf_char(&buf, '$');
    paths->items[paths->n++] = arena_take(paths->arena, &buf);
}

/* Whether a path ends here. Where nothing further is read, it matters that it is there.
 */
static bool is_end(const struct thing *place)
{
    return place->read || (!place->first && place->up);
}

static void add_paths(struct paths *paths, const struct thing *place)
{
    if (is_end(place)) {
        add_path(paths, place);
        return;
    }
    for (const struct thing *child = place->first; child; child = child->next)
        add_paths(paths, child);
}

static uint32_t count_paths(const struct thing *place)
{
    uint32_t n = is_end(place);
    if (!n)
        for (const struct thing *child = place->first; child; child = child->next)
            n += count_paths(child);
    return n;
}

static void sort_paths(struct paths *paths)
{
    for (uint32_t i = 1; i < paths->n; i++)
        for (uint32_t k = i; k && str_cmp(paths->items[k - 1], paths->items[k]) > 0;
             k--) {
            str swap = paths->items[k];
            paths->items[k] = paths->items[k - 1];
            paths->items[k - 1] = swap;
        }
}

const str *place_paths(struct places *places, uint32_t *ret_n)
{
    uint32_t n = count_paths(&places->root);
    if (n > PATHS_MAX) {
        places->root.read = true;
        n = 1;
    }
    struct paths paths = {arena_array(places->arena, n + 1, sizeof(str)), 0,
                          places->arena};
    add_paths(&paths, &places->root);
    sort_paths(&paths);
    *ret_n = paths.n;
    return paths.items;
}
