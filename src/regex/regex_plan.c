/*
 * JavaScript's loops differ from PCRE2's in two ways (ECMA-262 §22.2.2.3.1).
 *
 * A turn that takes no character fails, once the loop has had its least number of turns:
 * /(a*)*$/ leaves its group unset on "b". PCRE2 accepts the turn and ends the loop. The
 * loop is watched: each turn keeps the rest of the text in a group, and after the turn
 * that same rest must no longer stand there.
 *
 *     (?:  (?=([^]*))  body  (?!\g{slot}\z)  )*
 *
 * The first turn of + may be empty, so the question is asked only if a group that is set
 * at the end of each turn is set. That group stays set when a loop around turns again,
 * so in nested loops + is not watched, nor is {2,}.
 *
 * Each turn begins with the groups inside unset: /(?:(a)|b)*$/ leaves its group unset on
 * "ab". PCRE2 keeps it. Where a turn may pass by a group, an empty group is put at the
 * begin of the loop; after a match, what was captured in front of it is from an earlier
 * turn. For the same reason a reference to a group that is not closed yet is always to an
 * unset group, and matches nothing; in a lookbehind, which JavaScript reads backwards, it
 * is left as it is.
 */
#include "regex/regex_plan.h"

struct place {
    struct regex_plan *plan;
    bool *closed; /* of each group: it stands in front */
    uint32_t loop;
    bool repeated; /* inside of a loop */
    bool behind;   /* inside of a lookbehind: what is captured may stand in front */
};

static bool may_be_empty(const struct node *node)
{
    bool any = false;
    bool all = true;
    for (const struct node *child = node->child; child; child = child->next) {
        bool empty = may_be_empty(child);
        any = any || empty;
        all = all && empty;
    }
    switch ((enum node_kind)node->kind) {
    case NODE_CHOICE:
        return any;
    case NODE_SEQUENCE:
    case NODE_GROUP:
        return all;
    case NODE_REPEAT:
        return all || node->min == 0;
    case NODE_LOOK:
    case NODE_LINE_START:
    case NODE_LINE_END:
    case NODE_EDGE:
    case NODE_REFERENCE:
        return true;
    case NODE_ANY:
    case NODE_CHARACTER:
    case NODE_CLASS:
    case NODE_RANGE:
    case NODE_SHORTHAND:
    case NODE_PROPERTY:
        return false;
    }
    return false;
}

static bool has_groups(const struct node *node)
{
    return node->group_from < node->group_to;
}

/* Whether a way through the node leads past one of its groups. */
static bool may_pass_group(const struct node *node, bool passed)
{
    if (node->kind == NODE_GROUP && passed)
        return true;
    if (!has_groups(node) || (node->kind == NODE_LOOK && node->negated))
        return false;
    passed = passed || (node->kind == NODE_CHOICE && node->child->next) ||
             (node->kind == NODE_REPEAT && node->min == 0);
    for (const struct node *child = node->child; child; child = child->next)
        if (may_pass_group(child, passed))
            return true;
    return false;
}

static void number_node(struct place place, struct node *node, bool *full);

static void number_children(struct place place, struct node *node, bool *full)
{
    for (struct node *child = node->child; child; child = child->next)
        number_node(place, child, full);
}

static void number_repeat(struct place place, struct node *node, bool *full)
{
    struct regex_plan *plan = place.plan;
    if (node->child->kind == NODE_LOOK) { /* written once at most */
        number_children(place, node, full);
        return;
    }
    bool marked = node->max > 1 && !place.behind && may_pass_group(node->child, false);
    node->watched = node->max > node->min &&
                    (node->min == 0 || (node->min == 1 && !place.repeated)) &&
                    may_be_empty(node->child);
    if (marked || node->watched) {
        if (plan->loops == REGEX_LOOPS_MAX) {
            *full = true;
            return;
        }
        node->slot = ++plan->slots;
        plan->loops++;
    }
    if (marked) {
        plan->loop[plan->loops] =
            (struct regex_loop){(uint16_t)node->slot, (uint16_t)place.loop};
        place.loop = plan->loops;
    }
    place.repeated = place.repeated || node->max > 1;
    number_children(place, node, full);
    if (node->watched && node->min == 1)
        node->slot_again = ++plan->slots;
}

static void number_node(struct place place, struct node *node, bool *full)
{
    struct regex_plan *plan = place.plan;
    if (node->kind == NODE_REPEAT) {
        number_repeat(place, node, full);
        return;
    }
    if (node->kind == NODE_GROUP) {
        node->slot = ++plan->slots;
        plan->slot[node->group] = (uint16_t)node->slot;
        plan->group_loop[node->group] = (uint16_t)(place.behind ? 0 : place.loop);
    }
    if (node->kind == NODE_REFERENCE && !place.behind && !place.closed[node->group])
        node->group = 0;
    place.behind = place.behind || (node->kind == NODE_LOOK && node->behind);
    number_children(place, node, full);
    if (node->kind == NODE_GROUP)
        place.closed[node->group] = true;
}

/* The way through the tree in writing order. */
static bool misleads(const struct node *node, bool *branched)
{
    const struct node *child = node->child;
    bool single = child && node_is_single(child);
    if (node->kind == NODE_LOOK)
        return true;
    if (node->kind == NODE_REPEAT && single && node->max > node->min && *branched)
        return true;
    if (node->kind == NODE_REPEAT && !single)
        *branched = true;
    for (; child; child = child->next)
        if (misleads(child, branched))
            return true;
    if (node->kind == NODE_CHOICE && node->child->next)
        *branched = true;
    return false;
}

static bool has_misleading(const struct tree *tree)
{
    for (const struct node *way = tree->root->child; way; way = way->next) {
        bool branched = false;
        if (misleads(way, &branched))
            return true;
    }
    return false;
}

bool regex_plan(const struct tree *tree, struct regex_plan *ret_plan)
{
    bool full = false;
    bool closed[1 + REGEX_GROUPS_MAX] = {false};
    memset(ret_plan, 0, sizeof(*ret_plan));
    struct place place = {.plan = ret_plan, .closed = closed};
    number_node(place, tree->root, &full);
    ret_plan->misleading = has_misleading(tree);
    return !full;
}
