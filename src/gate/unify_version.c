/*
 * A walk stays on the version of the integration that it began with for a day. Which one
 * that is stands in its cursor. A version that is not in use is had from memory, or read
 * from the store on the catalog's thread meanwhile:
 *
 *   cursor ──► in use, or in memory ──────────────────────► next
 *              neither ──► operate ──► recalled ──► next, or refused
 *
 * What is waited for cannot be called off: a visit whose caller leaves, or which is
 * stopped, ends when it is there.
 */
#include "gate/unify.h"

#include "loop/world.h"

enum { RECALL_CHUNK_BYTES = 64 * 1024, RECALL_ARENA_BYTES_MAX = 256 << 20 };

static enum visit_step refuse(struct visit *visit, enum err err)
{
    switch ((int)err) {
    case ERR_OBJECT_UNKNOWN:
    case ERR_DOCUMENT_INVALID:
    case ERR_OVERRIDE_BROKEN:
    case ERR_CREDENTIAL_UNUSABLE:
        return visit_no(visit, ERR_CURSOR_STALE,
                        arena_printf(visit->arena,
                                     "Revision %u of \"" STR_F
                                     "\", with which the list was begun, cannot be had "
                                     "any more: " STR_F ".",
                                     visit->unify->from.revision,
                                     STR_A(visit->integration->name),
                                     STR_A(err_row(err)->title)),
                        -1);
    default:
        return visit_no(visit, err, STR_NONE, -1);
    }
}

/* From here on the visit has the older version. */
static enum visit_step take(struct visit *visit, struct entry *recalled)
{
    struct unify *unify = visit->unify;
    const struct integration *active =
        snapshot_find(visit->pin->snapshot, visit->account->integration);
    unify->recalled = recalled;
    visit->integration = recall_bound(recalled, active, visit->arena);
    visit->way = integration_way(visit->integration, visit->account->way);
    if (!visit->way)
        return refuse(visit, ERR_CREDENTIAL_UNUSABLE);
    return unify->next(visit);
}

static void on_recalled(struct catalog_change *change)
{
    struct visit *visit = change->owner;
    struct unify *unify = visit->unify;
    unify->recalling = false;
    arena_fini(&unify->recall_arena);
    if (visit->gone || unify->operation.cut) {
        recall_release(&change->recalled);
        visit_move(visit, VISIT_FINISH);
    } else {
        visit_move(visit, change->recalled ? take(visit, change->recalled)
                                           : refuse(visit, change->err));
    }
}

void unify_wait_version(struct visit *visit)
{
    const struct account *account = visit->account;
    arena_init(&visit->unify->recall_arena, RECALL_CHUNK_BYTES, RECALL_ARENA_BYTES_MAX);
    visit->unify->recall = (struct catalog_change){
        .kind = CATALOG_RECALL,
        .catalog = visit->gate->catalog,
        .worker = visit->in->worker,
        .done = on_recalled,
        .owner = visit,
        .arena = &visit->unify->recall_arena,
        .name = account->integration,
        .revision = visit->unify->from.revision,
        .environment = tenant_id_str(&account->environment->id),
        .account = tenant_id_str(&account->id),
    };
    catalog_change(&visit->unify->recall);
}

enum visit_step unify_version(struct visit *visit,
                              enum visit_step (*next)(struct visit *visit))
{
    struct unify *unify = visit->unify;
    str detail = STR_NONE;
    if (str_absent(unify->cursor))
        return next(visit);
    enum err err = cursor_read(visit->gate->cursor_key, &unify->about, unify->cursor,
                               visit->arena, &unify->from, &detail);
    if (err)
        return visit_no(visit, err, detail, -1);
    usec wall = world_wall(visit->in->worker->world);
    if (!cursor_stays(&unify->from, visit->integration->revision, wall))
        return next(visit);
    unify->next = next;
    struct entry *recalled = recall_find(visit->gate->catalog, visit->pin->snapshot,
                                         visit->account, unify->from.revision);
    if (recalled)
        return take(visit, recalled);
    unify->recalling = true;
    return VISIT_OPERATE;
}
