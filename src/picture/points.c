#include "picture/points.h"

#include "base/utf8.h"
#include "picture/raise.h"

void points_init(struct points *points, struct arena *arena)
{
    *points = (struct points){.arena = arena};
}

/* Whether `more` fit; grows by doubling. */
static bool make_room(struct points *points, size_t more)
{
    if (points->full || more > PICTURE_CHARS_MAX - points->n) {
        points->full = true;
        return false;
    }
    if (points->n + more <= points->room)
        return true;
    size_t room = points->room ? points->room : 32;
    while (room < points->n + more)
        room *= 2;
    uint32_t *p = arena_alloc(points->arena, room * sizeof(*p));
    if (points->n)
        memcpy(p, points->p, points->n * sizeof(*p));
    points->p = p;
    points->room = room;
    return true;
}

struct points points_of(struct arena *arena, str text)
{
    struct points points;
    points_init(&points, arena);
    points_put_text(&points, text);
    return points;
}

struct points points_slice(const struct points *points, size_t from, size_t end)
{
    if (from >= end)
        return (struct points){.arena = points->arena};
    return (struct points){
        .arena = points->arena, .p = points->p + from, .n = end - from};
}

void points_put(struct points *points, uint32_t c)
{
    if (make_room(points, 1))
        points->p[points->n++] = c;
}

void points_put_many(struct points *points, uint32_t c, size_t count)
{
    if (make_room(points, count))
        for (; count > 0; count--)
            points->p[points->n++] = c;
}

void points_put_text(struct points *points, str text)
{
    for (size_t at = 0; at < text.n && !points->full;)
        points_put(points, utf8_next(text, &at));
}

void points_put_all(struct points *points, const struct points *other)
{
    points->full = points->full || other->full;
    if (!other->n || !make_room(points, other->n))
        return;
    memcpy(points->p + points->n, other->p, other->n * sizeof(*other->p));
    points->n += other->n;
}

void points_insert(struct points *points, size_t at, uint32_t c, size_t count)
{
    if (!make_room(points, count))
        return;
    memmove(points->p + at + count, points->p + at,
            (points->n - at) * sizeof(*points->p));
    for (size_t i = 0; i < count; i++)
        points->p[at + i] = c;
    points->n += count;
}

size_t points_find(const struct points *points, uint32_t c, size_t from)
{
    while (from < points->n && points->p[from] != c)
        from++;
    return from < points->n ? from : points->n;
}

/* Whether `text` stands at `from`. */
static bool starts_at(const struct points *points, str text, size_t from)
{
    for (size_t at = 0; at < text.n; from++)
        if (from >= points->n || points->p[from] != utf8_next(text, &at))
            return false;
    return true;
}

size_t points_find_text(const struct points *points, str text, size_t from)
{
    while (from < points->n && !starts_at(points, text, from))
        from++;
    return from < points->n ? from : points->n;
}

size_t points_count(const struct points *points, uint32_t c)
{
    size_t count = 0;
    for (size_t i = 0; i < points->n; i++)
        count += points->p[i] == c;
    return count;
}

str points_str(const struct points *points)
{
    char *p = arena_bytes(points->arena, points->n * 4);
    size_t n = 0;
    for (size_t i = 0; i < points->n; i++)
        n += utf8_put(p + n, points->p[i]);
    return str_of(p, n);
}

bool points_full(struct jsonata_fault *ret_fault)
{
    return raise_value(ret_fault, JSONATA_U1002, json_of_number(PICTURE_CHARS_MAX));
}

bool points_end(const struct points *points, str *ret_text,
                struct jsonata_fault *ret_fault)
{
    if (points->full)
        return points_full(ret_fault);
    *ret_text = points_str(points);
    return true;
}
