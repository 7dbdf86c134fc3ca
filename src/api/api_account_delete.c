/*
 * The deletion of an account (SPEC 5.6): nothing new is taken in, what has not ended is
 * told, and waited for or cancelled; then it leaves (api_leavers.h).
 */
#include "api/api_call.h"
#include "api/api_leavers.h"
#include "loop/world.h"
#include "writes/write_upkeep.h"
#include "writes/writes.h"

enum { CANCEL_ROWS = 200 };

static const char *const writes_words[] = {"wait", "cancel", NULL};

static const struct api_param delete_params[] = {
    {.name = "writes",
     .kind = API_PARAM_WORD,
     .words = writes_words,
     .doc = "What becomes of writes that have not ended: they are waited for, or those "
            "that are not under way are cancelled; wait unless given."},
    {.name = NULL}};

static const struct shape_row left_rows[] = {
    {.name = "id", .kind = SHAPE_TEXT, .doc = "The account."},
    {.name = "state",
     .kind = SHAPE_WORD,
     .words = account_state_words,
     .doc = "deleting: it goes when none of these is left."},
    {.name = "queued", .kind = SHAPE_UINT, .doc = "Writes that wait for an attempt."},
    {.name = "sending", .kind = SHAPE_UINT, .doc = "Writes with one under way."},
    {.name = "needs_decision",
     .kind = SHAPE_UINT,
     .doc = "Writes that may have been done: retry or cancel them."},
};

static const struct shape left_shape = SHAPE_OF("account_leaving", left_rows);

struct removal {
    struct api_call *call;
    struct account *account; /* a reference */
    str id;
    struct write_act act;
    struct write_census census;
    struct leaver leaver;
};

/* --- it goes --- */

static void refuse(struct removal *removal, enum err err, str detail)
{
    account_unref(&removal->account);
    api_refuse_text(removal->call, err, detail);
}

static void send_left(struct removal *removal)
{
    const struct write_census *census = &removal->census;
    struct json_out *out = &removal->call->out;
    json_out_object(out);
    json_out_member_text(out, STR("id"), removal->id);
    json_out_member_text(out, STR("state"), account_state_word(ACCOUNT_DELETING));
    json_out_member_int(out, STR("queued"), (int64_t)census->queued);
    json_out_member_int(out, STR("sending"), (int64_t)census->sending);
    json_out_member_int(out, STR("needs_decision"), (int64_t)census->undecided);
    json_out_end(out);
    account_unref(&removal->account);
    api_send_status(removal->call, 202);
}

static void on_left(struct leaver *leaver)
{
    struct removal *removal = leaver->owner;
    const struct departure *departure = &leaver->departure;
    account_unref(&removal->account);
    if (departure->err)
        api_refuse_text(removal->call, departure->err, departure->detail);
    else
        api_send_nothing(removal->call);
}

static void leave(struct removal *removal)
{
    struct api_call *call = removal->call;
    removal->leaver.done = on_left;
    removal->leaver.owner = removal;
    removal->leaver.departure = (struct departure){.worker = call->worker,
                                                   .arena = call->arena,
                                                   .account = removal->account,
                                                   .actor = call->actor};
    if (!leavers_start(call->api->leavers, &removal->leaver))
        send_left(removal);
}

/* --- what has not ended --- */

static void on_counted(struct write_census *census)
{
    struct removal *removal = census->owner;
    if (census->err)
        refuse(removal, census->err, STR_NONE);
    else if (census->queued || census->sending || census->undecided)
        send_left(removal);
    else
        leave(removal);
}

static void count(struct removal *removal)
{
    removal->census = (struct write_census){.store = removal->call->api->store,
                                            .worker = removal->call->worker,
                                            .done = on_counted,
                                            .owner = removal,
                                            .account = removal->id};
    write_census(&removal->census);
}

static void on_cancelled(struct write_act *act)
{
    struct removal *removal = act->owner;
    struct writes *writes = removal->call->api->writes;
    if (act->err) {
        refuse(removal, act->err, STR_NONE);
        return;
    }
    for (uint32_t i = 0; i < act->n; i++)
        if (act->rows[i].state == WRITE_QUEUED)
            writes_note_gone(writes, removal->account, act->rows[i].bytes);
    if (act->more)
        write_act(act);
    else
        count(removal);
}

static void cancel(struct removal *removal)
{
    struct api_call *call = removal->call;
    removal->act = (struct write_act){.store = call->api->store,
                                      .worker = call->worker,
                                      .arena = call->arena,
                                      .done = on_cancelled,
                                      .owner = removal,
                                      .kind = WRITE_CANCEL,
                                      .filter = WRITE_FILTER_ANY,
                                      .after = STR_NONE,
                                      .max = CANCEL_ROWS,
                                      .actor = call->actor.key_id,
                                      .peer = call->actor.peer,
                                      .request_id = call->actor.request_id,
                                      .wall = world_wall(call->worker->world)};
    removal->act.filter.account = removal->id;
    write_act(&removal->act);
}

/* --- from now on nothing new --- */

static void go_on(struct removal *removal)
{
    if (api_query_word(removal->call, "writes") == 1)
        cancel(removal);
    else
        count(removal);
}

static void on_moved(struct change *change)
{
    struct api_call *call = change->owner;
    struct removal *removal = arena_zalloc(call->arena, sizeof(*removal));
    removal->call = call;
    removal->id = change->id;
    removal->account = directory_account(call->api->directory, change->id);
    if (removal->account)
        go_on(removal);
    else
        api_send_nothing(call); /* somebody else was faster */
}

static void run_delete(struct api_call *call)
{
    struct account *account = api_find_account(call);
    if (!account)
        return;
    struct change *change = api_change(call, CHANGE_ACCOUNT_STATE);
    bool leaves = account->state == ACCOUNT_DELETING;
    change->id = arena_str(call->arena, tenant_id_str(&account->id));
    change->state = ACCOUNT_DELETING;
    account_unref(&account);
    if (leaves)
        on_moved(change);
    else
        api_submit(change, on_moved);
}

const struct api_handler handler_accounts_delete = {
    .run = run_delete, .params = delete_params, .status = 204, .later = &left_shape};
