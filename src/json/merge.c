/*
 * MergePatch of RFC 7386 §2, without recursion: a patch may be as deep as its text. Each
 * pair of objects that is being merged is a level; its members are taken one a step,
 * first those of the target, then what only the patch has. A member that must be merged
 * itself opens the next level, whose result lands in the place kept for it.
 *
 *     target {a, b, c}   patch {b: null, d: {…}, a: 1}
 *     result {a: 1, c, d: …}
 */
#include "json/merge.h"

#include "json/member_index.h"

struct level {
    const struct json *target;
    const struct json *patch;
    struct member_index targets;
    struct member_index patches;
    struct json_member *out;
    uint32_t n;
    uint32_t next; /* counts through the target's members, then through the patch's */
    struct json *ret_object;
};

struct merger {
    struct arena *arena;
    bool keep_nulls; /* instead of removing what they stand for */
    struct level *levels;
    uint32_t n;
    uint32_t room;
};

static uint32_t member_count(const struct json *v)
{
    return v->type == JSON_OBJECT ? v->n : 0;
}

static void open_level(struct merger *m, const struct json *target,
                       const struct json *patch, struct json *ret_object)
{
    m->levels = arena_grow(m->arena, m->levels, m->n, &m->room, sizeof(m->levels[0]));
    struct level *level = &m->levels[m->n++];
    *level = (struct level){.target = target, .patch = patch, .ret_object = ret_object};
    member_index_all(&level->targets, m->arena, target);
    member_index_all(&level->patches, m->arena, patch);
    size_t room = (size_t)member_count(target) + patch->n;
    CHECK(room <= UINT32_MAX);
    level->out = arena_alloc(m->arena, room * sizeof(level->out[0]));
}

static void close_level(struct merger *m)
{
    const struct level *level = &m->levels[--m->n];
    *level->ret_object =
        (struct json){.type = JSON_OBJECT, .n = level->n, .u.members = level->out};
}

/* Puts a member that the patch sets; a place for it, when it must be merged first. */
static void put_patched(struct merger *m, struct level *level,
                        const struct json_member *from, const struct json_member *patch)
{
    static const struct json nothing = {0};
    struct json_member *out = &level->out[level->n++];
    *out = *patch;
    if (patch->value.type == JSON_OBJECT)
        open_level(m, from ? &from->value : &nothing, &patch->value, &out->value);
}

static void merge_next(struct merger *m, struct level *level)
{
    uint32_t at = level->next++;
    uint32_t targets = member_count(level->target);
    const struct json_member *from = NULL;
    const struct json_member *patch = NULL;
    if (at < targets) {
        from = &level->target->u.members[at];
        patch = member_index_find(&level->patches, json_key(from));
    } else {
        patch = &level->patch->u.members[at - targets];
        if (member_index_find(&level->targets, json_key(patch)))
            return;
    }
    if (patch && patch->value.type == JSON_UNDEFINED)
        patch = NULL;
    if (patch && (m->keep_nulls || patch->value.type != JSON_NULL))
        put_patched(m, level, from, patch);
    else if (!patch && from)
        level->out[level->n++] = *from;
}

static struct json merge(struct arena *arena, const struct json *target,
                         const struct json *patch, bool keep_nulls)
{
    struct level first[4];
    struct merger m = {.arena = arena,
                       .keep_nulls = keep_nulls,
                       .levels = first,
                       .room = COUNT_OF(first)};
    struct json result;
    if (patch->type == JSON_UNDEFINED)
        return *target;
    if (patch->type != JSON_OBJECT)
        return *patch;
    open_level(&m, target, patch, &result);
    while (m.n) {
        struct level *level = &m.levels[m.n - 1];
        if (level->next == member_count(level->target) + level->patch->n)
            close_level(&m);
        else
            merge_next(&m, level);
    }
    return result;
}

struct json merge_patch(struct arena *arena, const struct json *target,
                        const struct json *patch)
{
    return merge(arena, target, patch, false);
}

struct json merge_values(struct arena *arena, const struct json *target,
                         const struct json *over)
{
    return merge(arena, target, over, true);
}
