#include "api/api_note.h"

#include "loop/world.h"

static enum err run(struct tx *tx, struct store_op *op)
{
    const struct api_note *note = CONTAINER_OF(op, struct api_note, op);
    const struct actor *actor = &note->call->actor;
    const struct account *account = note->account;
    struct audit_entry entry = {.time = note->wall,
                                .actor = actor->key_id,
                                .peer = actor->peer,
                                .request_id = actor->request_id,
                                .action = note->action,
                                .object_kind = STR("account"),
                                .object_id = tenant_id_str(&account->id),
                                .environment = tenant_id_str(&account->environment->id),
                                .detail = note->detail};
    return audit_put(tx, &entry);
}

static void on_done(struct store_op *op)
{
    struct api_note *note = CONTAINER_OF(op, struct api_note, op);
    note->err = op->err;
    note->done(note);
}

void api_note(struct api_note *note)
{
    struct worker *worker = note->call->worker;
    note->wall = world_wall(worker->world);
    note->op = (struct store_op){
        .kind = STORE_FULL, .run = run, .done = on_done, .worker = worker};
    store_submit(note->call->api->store, &note->op);
}
