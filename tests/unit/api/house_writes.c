/*
 * Writes as a gate would have left them.
 */
#include "house.h"

#include "loop/world.h"

struct making {
    struct house *house;
    struct account *account;
    struct write_close close;
    bool done;
};

static void on_closed(struct write_close *close)
{
    struct making *making = close->owner;
    struct house *house = making->house;
    if (close->err == ERR_NONE && close->kind == WRITE_CLOSE_PARK)
        writes_note_queued(house->writes, making->account,
                           making->close.row.parts[WRITE_PART_REQUEST].n);
    live_loop_lock(&house->loop);
    making->done = true;
    live_loop_unlock(&house->loop);
}

static void start_close(void *arg)
{
    write_close(&((struct making *)arg)->close);
}

static bool is_done(void *arg)
{
    return ((struct making *)arg)->done;
}

static str seal(struct making *making, enum write_part part, struct write_message message)
{
    struct house *house = making->house;
    return writes_seal(house->writes, making->account, making->close.row.id, part,
                       write_message_text(&message, &house->arena), &house->arena);
}

static enum write_close_kind kind_of(enum write_state state)
{
    if (state == WRITE_QUEUED)
        return WRITE_CLOSE_PARK;
    return state == WRITE_NEEDS_DECISION ? WRITE_CLOSE_DECIDE : WRITE_CLOSE_END;
}

static struct write_row row_of(struct house *house, const struct account *account,
                               enum write_state state, const char *path)
{
    usec wall = world_wall(world_real());
    bool over = state == WRITE_DELIVERED || state == WRITE_DEAD;
    char *id = arena_alloc(&house->arena, WRITE_ID_BYTES);
    world_name(world_real(), "wrt_", id);
    return (struct write_row){
        .id = str_z(id),
        .environment = tenant_id_str(&account->environment->id),
        .account = tenant_id_str(&account->id),
        .integration = account->integration,
        .lane = STR(""),
        .state = state,
        .verb = STR("POST"),
        .path = str_z(path),
        .method = STR("things.create"),
        .key_digest = STR_NONE,
        .fingerprint = STR("print"),
        .vendor_key = STR_NONE,
        .due = wall + USEC_H,
        .accepted = wall,
        .deadline = wall + 72 * USEC_H,
        .ended = over ? wall : 0,
        .keep = over ? wall + WRITE_KEPT : 0,
        .reason = STR("unavailable"),
        .detail = STR_NONE,
        .status = over ? 422 : 0,
        .request_id = STR("req_1"),
        .parts = {STR_NONE, STR_NONE, STR_NONE},
    };
}

const char *make_write(struct house *house, const char *account, enum write_state state,
                       const char *path)
{
    struct making making = {.house = house};
    struct write_close *close = &making.close;
    making.account = directory_account(house->directory, str_z(account));
    assert_non_null(making.account);
    *close = (struct write_close){.store = house->store,
                                  .worker = &house->loop.worker,
                                  .done = on_closed,
                                  .owner = &making,
                                  .kind = kind_of(state),
                                  .row = row_of(house, making.account, state, path),
                                  .wall = world_wall(world_real())};
    close->row.parts[WRITE_PART_REQUEST] =
        seal(&making, WRITE_PART_REQUEST,
             (struct write_message){.verb = STR("POST"),
                                    .path = str_z(path),
                                    .query = STR("q=1"),
                                    .host = STR_NONE,
                                    .category = STR_NONE,
                                    .resource = STR_NONE,
                                    .operation = STR_NONE,
                                    .body = STR("{\"name\":\"asked\"}")});
    if (close->kind == WRITE_CLOSE_END)
        close->row.parts[WRITE_PART_ANSWER] =
            seal(&making, WRITE_PART_ANSWER,
                 (struct write_message){.status = 422, .body = STR("no, thank you")});
    live_loop_do(&house->loop, start_close, &making);
    assert_true(live_loop_wait(&house->loop, is_done, &making));
    assert_int_equal(close->err, ERR_NONE);
    account_unref(&making.account);
    return format(house, STR_F, STR_A(close->row.id));
}
