/*
 * One pass over the text, without recursion. What is still open stands on a stack of
 * cells of 16 bytes; an item takes one, a member two (its name, its value), an open
 * container one, in front of what it holds. The root is a frame of its own.
 *
 *     {"a":1,"b":[true,     root | frame{ | name a | 1 | name b | frame[ | true |
 *                                                                 ^ parser.frame  ^ top
 *
 * Two cells are laid out as a struct json_member. So a container that closes is copied
 * from the stack into the arena as it is, and its frame's cell becomes its value. The
 * stack begins in the C frame and moves into the arena when it outgrows it.
 *
 * Records repeat their names. Each frame has a hint: the container that stood in its
 * place before. The next name of the hint is compared with the text first; a name that is
 * found so is as well-formed as it was then, and names that are found in the hint's order
 * differ from each other.
 *
 * The functions marked HOT are one loop in several pieces: struct parser stays in
 * registers as long as no other function gets its address, which is worth a quarter of
 * the time. What others need stands in struct rest.
 */
#include "json/json_parse.h"

#include "json/json_distinct.h"
#include "json/json_place.h"
#include "json/json_scalar.h"

enum { CELLS_FIRST = 512, HINT_MAX = UINT8_MAX };

/* The name of a member: the front of struct json_member. */
struct cell_name {
    const char *key;
    uint32_t key_n;
    uint32_t offset; /* of the name in the text; stands where key_hash will */
};

struct cell_frame {
    const void *hint;  /* in an object the next member to expect, else the items */
    uint32_t up;       /* cells to the frame around */
    uint8_t hint_left; /* members, or items, from `hint` on */
    bool hinted;       /* the hint knew the last name, or has an item */
    bool known;        /* the hint knew all names so far */
    char closer;       /* ']' or '}'; 0 for the root */
};

union cell {
    struct json value;
    struct cell_name name;
    struct cell_frame frame;
};

_Static_assert(sizeof(union cell) == 16, "a value takes one cell");
_Static_assert(sizeof(struct json_member) == 2 * sizeof(union cell) &&
                   offsetof(struct json_member, value) == sizeof(union cell) &&
                   offsetof(struct json_member, key_n) ==
                       offsetof(struct cell_name, key_n),
               "a member is laid out as two cells");

struct rest {
    struct json_source source;
    union cell *cells;
    uint32_t room;
    enum json_duplicates duplicates;
    bool odd_names; /* a name had an escape: no text is compared with names any more */
};

struct parser {
    const char *end;
    union cell *top;   /* the first free one */
    union cell *limit; /* behind the last */
    union cell *frame; /* of the innermost open container */
    uint32_t depth_left;
    struct rest *rest;
};

static const char *fault(struct rest *rest, const char *at, const char *what)
{
    return json_source_fault(&rest->source, at, what);
}

/* Moves the stack to a larger place, which it answers. */
static union cell *grow(struct rest *rest)
{
    return rest->cells = arena_double(rest->source.arena, rest->cells, &rest->room,
                                      sizeof(rest->cells[0]));
}

/* Room for a name and a value. */
HOT void make_room(struct parser *ps)
{
    if (__builtin_expect(ps->limit - ps->top >= 2, 1))
        return;
    size_t top = (size_t)(ps->top - ps->rest->cells);
    size_t frame = (size_t)(ps->frame - ps->rest->cells);
    union cell *cells = grow(ps->rest);
    ps->top = cells + top;
    ps->frame = cells + frame;
    ps->limit = cells + ps->rest->room;
}

HOT bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

HOT const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && is_blank(*p))
        p++;
    return p;
}

HOT const char *read_scalar(struct parser *ps, const char *p)
{
    struct json_source *source = &ps->rest->source;
    struct json *value = &ps->top++->value;
    if (*p == '"')
        return json_scalar_string(source, p, value);
    if (json_scalar_begins_number(*p))
        return json_scalar_number(source, p, ps->end, value);
    return json_scalar_word(source, p, ps->end, value);
}

HOT bool same_bytes(const char *a, const char *b, size_t n)
{
    if (n >= 8 && n <= 16)
        return json_scalar_load_8(a) == json_scalar_load_8(b) &&
               json_scalar_load_8(a + n - 8) == json_scalar_load_8(b + n - 8);
    if (n >= 4 && n < 8)
        return json_scalar_load_4(a) == json_scalar_load_4(b) &&
               json_scalar_load_4(a + n - 4) == json_scalar_load_4(b + n - 4);
    return memcmp(a, b, n) == 0;
}

/* Reads a name that the hint knows: its next one, or, if `ahead`, the one after that. */
HOT const char *read_hinted(const char *p, const char *end, struct cell_frame *frame,
                            unsigned ahead, struct cell_name *ret_name)
{
    if (frame->hint_left <= ahead)
        return NULL;
    const struct json_member *member = frame->hint;
    member += ahead;
    size_t n = member->key_n;
    if ((size_t)(end - p) < n + 2 || p[n + 1] != '"' ||
        !same_bytes(p + 1, member->key, n))
        return NULL;
    frame->hint = member + 1;
    frame->hint_left = (uint8_t)(frame->hint_left - ahead - 1);
    frame->hinted = true;
    ret_name->key = member->key;
    ret_name->key_n = (uint32_t)n;
    return p + n + 2;
}

/* Reads a name that is not the next of the hint. */
static const char *read_new_name(struct rest *rest, const char *p,
                                 struct cell_frame *frame, struct cell_name *ret_name)
{
    struct json name;
    const char *start = p;
    p = read_hinted(start, rest->source.end, frame, 1, ret_name);
    if (p)
        return p;
    p = json_scalar_string(&rest->source, start, &name);
    if (!p)
        return NULL;
    frame->known = frame->hinted = false;
    rest->odd_names = rest->odd_names || name.u.text != start + 1;
    ret_name->key = name.u.text;
    ret_name->key_n = name.n;
    return p;
}

HOT const char *read_name(struct parser *ps, const char *p)
{
    struct cell_name *name = &ps->top++->name;
    p = skip_blanks(p, ps->end);
    if (p == ps->end || *p != '"')
        return fault(ps->rest, p, "a member's name in double quotes is expected here");
    name->offset = (uint32_t)(p - ps->rest->source.start);
    const char *behind = read_hinted(p, ps->end, &ps->frame->frame, 0, name);
    if (!behind)
        behind = read_new_name(ps->rest, p, &ps->frame->frame, name);
    if (!behind)
        return NULL;
    p = skip_blanks(behind, ps->end);
    if (p == ps->end || *p != ':')
        return fault(ps->rest, p, "a colon must follow the member's name");
    return p + 1;
}

/* A value that the one about to begin is likely to look like, or NULL: the item before
 * it, or what the hint has in its place. */
HOT const struct json *likely(const struct parser *ps)
{
    const struct cell_frame *frame = &ps->frame->frame;
    const struct json_member *next = frame->hint;
    if (ps->rest->odd_names)
        return NULL;
    if (frame->closer == ']' && ps->top > ps->frame + 1)
        return &ps->top[-1].value;
    if (!frame->hinted)
        return NULL;
    return frame->closer == ']' ? frame->hint : &next[-1].value;
}

/* Starts a container at its bracket, and answers where its first item or name, or its
 * closing bracket, should be. */
HOT const char *open_frame(struct parser *ps, const char *p)
{
    const struct json *alike = likely(ps);
    struct cell_frame *frame = &ps->top->frame;
    uint8_t type = *p == '{' ? JSON_OBJECT : JSON_ARRAY;
    if (ps->depth_left == 0)
        return fault(ps->rest, p, "arrays and objects are nested too deep");
    uint32_t n = alike && alike->type == type ? alike->n : 0;
    frame->hint = n ? alike->u.items : NULL;
    frame->up = (uint32_t)(ps->top - ps->frame);
    frame->hint_left = n < HINT_MAX ? (uint8_t)n : HINT_MAX;
    frame->hinted = n && type == JSON_ARRAY;
    frame->known = n > 0;
    frame->closer = type == JSON_OBJECT ? '}' : ']';
    ps->frame = ps->top++;
    ps->depth_left--;
    return skip_blanks(p + 1, ps->end);
}

/* Each name once, or a fault; `names` points to the cell of the first one. */
static bool settle_names(struct rest *rest, struct json_member *members, uint32_t *n,
                         const union cell *names)
{
    uint32_t again;
    if (json_distinct(rest->source.arena, members, n, &again) ||
        rest->duplicates != JSON_DUPLICATES_REFUSE)
        return true;
    fault(rest, rest->source.start + names[2 * again].name.offset,
          "this name occurs a second time");
    return false;
}

HOT bool close_object(struct rest *rest, union cell *cells, uint32_t n, bool known)
{
    struct json_member *members = arena_alloc(rest->source.arena, n * sizeof(*members));
    for (uint32_t i = 0; i < n; i++) {
        memcpy(&members[i], &cells[1 + 2 * i], sizeof(members[i]));
        members[i].key_hash = 0;
    }
    if (!known && n > 1 && !settle_names(rest, members, &n, cells + 1))
        return false;
    json_scalar_set(&cells->value, JSON_OBJECT, 0, n);
    cells->value.u.members = members;
    return true;
}

HOT void close_array(struct rest *rest, union cell *cells, uint32_t n)
{
    struct json *items = arena_alloc(rest->source.arena, n * sizeof(*items));
    memcpy(items, cells + 1, n * sizeof(*items));
    json_scalar_set(&cells->value, JSON_ARRAY, 0, n);
    cells->value.u.items = items;
}

/* Ends the innermost container: its frame's cell becomes its value. */
HOT bool close_frame(struct parser *ps)
{
    union cell *cells = ps->frame;
    struct cell_frame frame = cells->frame;
    uint32_t n = (uint32_t)(ps->top - cells - 1);
    ps->top = cells + 1;
    ps->frame -= frame.up;
    ps->depth_left++;
    if (frame.closer == '}')
        return close_object(ps->rest, cells, n / 2, frame.known);
    close_array(ps->rest, cells, n);
    return true;
}

/* Behind a value: closes what ends here, and answers where the next item or member, or,
 * outside of all containers, the end of the text should be. */
HOT const char *read_behind(struct parser *ps, const char *p)
{
    for (;; p++) {
        char closer = ps->frame->frame.closer;
        p = skip_blanks(p, ps->end);
        if (!closer)
            return p;
        if (p < ps->end && *p == ',')
            return p + 1;
        if (p == ps->end || *p != closer)
            return fault(ps->rest, p,
                         closer == '}' ? "a comma or } is expected here"
                                       : "a comma or ] is expected here");
        if (!close_frame(ps))
            return NULL;
    }
}

/* Reads one value and answers the place behind it. */
static const char *read_whole(struct rest *rest, uint32_t depth_max)
{
    struct parser ps = {
        .end = rest->source.end,
        .top = rest->cells + 1,
        .limit = rest->cells + rest->room,
        .frame = rest->cells,
        .depth_left = depth_max,
        .rest = rest,
    };
    const char *p = rest->source.start;
    ps.frame->frame = (struct cell_frame){0};
    do {
        make_room(&ps);
        if (ps.frame->frame.closer == '}')
            p = read_name(&ps, p);
        if (!p)
            return NULL;
        p = skip_blanks(p, ps.end);
        if (p == ps.end)
            return fault(rest, p, NULL);
        if (*p == '{' || *p == '[') {
            p = open_frame(&ps, p);
            if (p && p < ps.end && *p != ps.frame->frame.closer)
                continue;
        } else {
            p = read_scalar(&ps, p);
        }
        p = p ? read_behind(&ps, p) : NULL;
    } while (p && ps.frame->frame.closer);
    return p;
}

static bool read_all(struct rest *rest, const struct json_limits *limits)
{
    const struct json_source *source = &rest->source;
    str text = str_of(source->start, (size_t)(source->end - source->start));
    uint32_t depth_max = limits->depth_max ? limits->depth_max : JSON_DEPTH_DEFAULT;
    size_t bytes_max = limits->bytes_max ? limits->bytes_max : UINT32_MAX;
    if (bytes_max > UINT32_MAX)
        bytes_max = UINT32_MAX;
    if (text.n > bytes_max)
        return fault(rest, text.p + bytes_max, "the text is longer than the limit");
    if (str_starts(text, STR("\xef\xbb\xbf")))
        return fault(rest, text.p, "a byte order mark may not stand before the value");
    const char *p = read_whole(rest, depth_max);
    if (p && p != source->end)
        return fault(rest, p, "nothing may follow the value");
    return p != NULL;
}

static struct json_fault fault_of(const struct json_source *source)
{
    str text = str_of(source->start, (size_t)(source->end - source->start));
    size_t offset = (size_t)(source->fault_at - source->start);
    struct json_place place = json_place_of(text, offset);
    return (struct json_fault){offset, place.line, place.column, source->what};
}

bool json_parse(struct arena *arena, str text, const struct json_limits *limits,
                struct json *ret_value, struct json_fault *ret_fault)
{
    static const struct json_limits defaults = {0};
    union cell first[CELLS_FIRST];
    text = str_absent(text) ? STR("") : text;
    struct rest rest = {
        .source = {.start = text.p, .end = text.p + text.n, .arena = arena},
        .cells = first,
        .room = CELLS_FIRST,
        .duplicates = limits ? limits->duplicates : JSON_DUPLICATES_LAST,
    };
    if (read_all(&rest, limits ? limits : &defaults)) {
        *ret_value = rest.cells[1].value;
        return true;
    }
    if (ret_fault)
        *ret_fault = fault_of(&rest.source);
    return false;
}
