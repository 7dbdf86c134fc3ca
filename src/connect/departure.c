#include "connect/departure.h"

#include "base/buf.h"
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

static void on_noted(struct audit_note *note)
{
    struct departure *departure = note->owner;
    if (note->err)
        end(departure, note->err, STR_NONE);
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
    const struct actor *actor = &departure->actor;
    departure->note =
        (struct audit_note){.store = departure->store,
                            .worker = departure->worker,
                            .entry = {.time = world_wall(departure->worker->world),
                                      .actor = actor->key_id,
                                      .peer = actor->peer,
                                      .request_id = actor->request_id,
                                      .action = STR("account.revoke"),
                                      .object_kind = STR("account"),
                                      .object_id = departure->id,
                                      .environment = departure->environment,
                                      .detail = parting_text(parting, departure->arena)},
                            .done = on_noted,
                            .owner = departure};
    audit_note(&departure->note);
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
