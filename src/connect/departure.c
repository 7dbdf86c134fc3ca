#include "connect/departure.h"

#include "base/buf.h"
#include "directory/audit.h"
#include "json/json_write.h"
#include "loop/world.h"

enum { NOTE_BYTES_MAX = 64 << 10 };

static void end(struct departure *departure, enum err err, str detail)
{
    departure->err = err;
    departure->detail = detail;
    departure->done(departure);
}

/* --- the account goes --- */

static void on_gone(struct change *change)
{
    struct departure *departure = CONTAINER_OF(change, struct departure, change);
    end(departure, change->err, change->detail);
}

static void submit(struct departure *departure)
{
    departure->change = (struct change){.kind = CHANGE_ACCOUNT_DELETE,
                                        .directory = departure->env->directory,
                                        .worker = departure->worker,
                                        .actor = departure->actor,
                                        .done = on_gone,
                                        .arena = departure->arena,
                                        .id = departure->id,
                                        .concurrency_max = -1,
                                        .environment_n = -1,
                                        .expires = -1};
    directory_change(&departure->change);
}

/* --- what came of the revocation --- */

static enum err run_note(struct tx *tx, struct store_op *op)
{
    const struct departure *departure = CONTAINER_OF(op, struct departure, op);
    const struct actor *actor = &departure->actor;
    struct audit_entry entry = {.time = departure->wall,
                                .actor = actor->key_id,
                                .peer = actor->peer,
                                .request_id = actor->request_id,
                                .action = STR("account.revoke"),
                                .object_kind = STR("account"),
                                .object_id = departure->id,
                                .environment = departure->environment,
                                .detail = departure->text};
    return audit_put(tx, &entry);
}

static void on_noted(struct store_op *op)
{
    struct departure *departure = CONTAINER_OF(op, struct departure, op);
    if (op->err)
        end(departure, op->err, STR_NONE);
    else
        submit(departure);
}

static str parting_text(const struct parting *parting, struct arena *arena)
{
    struct json_build build;
    struct buf text;
    json_build_init(&build, arena);
    json_build_member(&build, STR("revoked"), json_of_bool(parting->revoked));
    if (parting->detail.n)
        json_build_member(&build, STR("why"), json_of_text(parting->detail));
    struct json object = json_build_object(&build);
    buf_init(&text, NOTE_BYTES_MAX);
    json_write(&text, &object, JSON_COMPACT);
    return arena_take(arena, &text);
}

static void on_parted(struct parting *parting)
{
    struct departure *departure = parting->owner;
    if (!parting->asked && !parting->detail.n) {
        submit(departure);
        return;
    }
    departure->text = parting_text(parting, departure->arena);
    departure->wall = world_wall(departure->worker->world);
    departure->op = (struct store_op){.kind = STORE_FULL,
                                      .run = run_note,
                                      .done = on_noted,
                                      .worker = departure->worker};
    store_submit(departure->store, &departure->op);
}

void departure_start(struct departure *departure)
{
    const struct account *account = departure->account;
    departure->id = arena_str(departure->arena, tenant_id_str(&account->id));
    departure->environment =
        arena_str(departure->arena, tenant_id_str(&account->environment->id));
    departure->parting = (struct parting){.env = departure->env,
                                          .worker = departure->worker,
                                          .arena = departure->arena,
                                          .account = departure->id,
                                          .done = on_parted,
                                          .owner = departure};
    parting_start(&departure->parting);
}
