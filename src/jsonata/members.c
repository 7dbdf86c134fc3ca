#include "jsonata/members.h"

#include "jsonata/eval.h"

static void make_room(struct members *m)
{
    uint32_t before = m->room;
    struct arena *arena = &m->eval->arena;
    m->items = arena_grow(arena, m->items, m->index.n, &m->room, sizeof(m->items[0]));
    if (m->room == before)
        return;
    member_index_move(&m->index, arena, m->items, m->room);
    eval_charge(m->eval, m->room);
}

uint32_t members_place(struct members *members, str key)
{
    make_room(members);
    members->items[members->index.n] =
        (struct json_member){key.p, (uint32_t)key.n, 0, eval_nothing()};
    return member_index_put(&members->index);
}

struct json members_object(const struct members *members)
{
    return (struct json){
        .type = JSON_OBJECT, .n = members->index.n, .u.members = members->items};
}
