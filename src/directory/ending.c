/*
 *   look (read) ──nothing is to be told──► done
 *        └──untold──► tell (write: the event, and that it was told) ──► done
 *
 * The look that finds nothing costs no commit: it is made each minute.
 */
#include "directory/ending.h"

#include "directory/directory_state.h"
#include "event/event.h"
#include "http/date.h"
#include "http/tls_pair.h"
#include "loop/world.h"

enum { TOLD_AT_ONCE = 100, WORK_BYTES_MAX = 1 << 20 };

static const char *const names[] = {
#define X(symbol, name) name,
#include "directory/ending_list.h"
#undef X
};

str ending_name(enum ending ending)
{
    return str_z(names[ending]);
}

/* --- certificates --- */

static str value_of(const struct credential *credentials, uint32_t n, str name)
{
    for (uint32_t i = 0; i < n; i++)
        if (str_eq(credentials[i].name, name))
            return secret_peek(&credentials[i].value);
    return STR_NONE;
}

usec ending_of_certificate(const struct credential *credentials, uint32_t n)
{
    const char *why;
    str chain = value_of(credentials, n, STR("certificate"));
    str key = value_of(credentials, n, STR("certificate_key"));
    struct tls_pair *pair = chain.n && key.n ? tls_pair_read(chain, key, &why) : NULL;
    usec ends = pair ? tls_pair_ends(pair) : 0;
    tls_pair_destroy(&pair);
    return ends;
}

/* --- telling --- */

/* One end, and whose. */
struct near_end {
    struct ending_owner owner;
    str name;
    usec ends;
};

static enum err tell(struct tx *tx, const struct near_end *end)
{
    static const struct statement update = {
        "UPDATE ending SET told = 1 WHERE owner = $1 AND name = $2"};
    const struct ending_owner *owner = &end->owner;
    char text[DATE_ISO_CHARS + 1];
    struct buf detail;
    struct json_out out;
    date_format_iso(end->ends, text);
    buf_init(&detail, 4096);
    json_out_init(&out, &detail);
    json_out_object(&out);
    if (owner->is_app)
        json_out_member_text(&out, STR("app"), owner->id);
    json_out_member_text(&out, STR("what"), end->name);
    json_out_member_text(&out, STR("ends"), str_z(text));
    json_out_end(&out);
    struct event event = {.type = owner->is_app ? EVENT_APP_SECRET_ENDING
                                                : EVENT_ACCOUNT_CREDENTIALS_ENDING,
                          .time = owner->wall,
                          .environment = owner->environment,
                          .account = owner->is_app ? STR_NONE : owner->id,
                          .detail = buf_peek(&detail)};
    enum err err = event_put(tx, &event);
    buf_fini(&detail);
    if (err != ERR_NONE)
        return err;
    return tx_exec(tx, &update, (struct value[]){V_TEXT(owner->id), V_TEXT(end->name)}, 2,
                   NULL);
}

/* --- noting --- */

static enum err drop(struct tx *tx, str owner, str name)
{
    static const struct statement delete = {
        "DELETE FROM ending WHERE owner = $1 AND name = $2"};
    return tx_exec(tx, &delete, (struct value[]){V_TEXT(owner), V_TEXT(name)}, 2, NULL);
}

/* Whether it has been told of. */
static enum err read_told(struct tx *tx, str owner, str name, int64_t *ret_told)
{
    static const struct statement query = {
        "SELECT told FROM ending WHERE owner = $1 AND name = $2"};
    return tx_number(tx, &query, (struct value[]){V_TEXT(owner), V_TEXT(name)}, 2,
                     ret_told);
}

enum err ending_put(struct tx *tx, const struct ending_owner *owner, enum ending ending,
                    usec ends)
{
    /* The same end again is no news. */
    static const struct statement insert = {
        "INSERT INTO ending (owner, name, ends, told) VALUES ($1, $2, $3, 0) "
        "ON CONFLICT (owner, name) DO UPDATE SET told = CASE WHEN "
        "ending.ends = excluded.ends THEN ending.told ELSE 0 END, ends = excluded.ends"};
    str name = ending_name(ending);
    int64_t told = 0;
    if (ends == 0 || ends == USEC_NEVER)
        return drop(tx, owner->id, name);
    struct value params[] = {V_TEXT(owner->id), V_TEXT(name), V_INT(ends)};
    enum err err = tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
    if (err == ERR_NONE)
        err = read_told(tx, owner->id, name, &told);
    if (err != ERR_NONE || told || !ending_is_near(ends, owner->wall))
        return err;
    return tell(tx, &(struct near_end){*owner, name, ends});
}

enum err ending_forget(struct tx *tx, str owner)
{
    static const struct statement delete = {"DELETE FROM ending WHERE owner = $1"};
    return tx_exec(tx, &delete, (struct value[]){V_TEXT(owner)}, 1, NULL);
}

/* --- looking --- */

static enum err count(struct tx *tx, const struct statement *query, usec from, usec until,
                      uint64_t *ret_n)
{
    int64_t n = 0;
    enum err err =
        tx_number(tx, query, (struct value[]){V_INT(from), V_INT(until)}, 2, &n);
    *ret_n = (uint64_t)n;
    return err;
}

static enum err run_count(struct tx *tx, struct store_op *op)
{
    static const struct statement all = {
        "SELECT COUNT(*) FROM ending WHERE ends > $1 AND ends <= $2"};
    static const struct statement untold = {
        "SELECT COUNT(*) FROM ending WHERE told = 0 AND ends > $1 AND ends <= $2"};
    struct ending_look *look = CONTAINER_OF(op, struct ending_look, op);
    usec wall = look->wall, near = wall + ENDING_NEAR;
    enum err err = count(tx, &all, wall, near, &look->near);
    if (err == ERR_NONE)
        err = count(tx, &all, 0, wall, &look->come);
    return err == ERR_NONE ? count(tx, &untold, 0, near, &look->untold) : err;
}

static void take_row(struct tx *tx, struct arena *arena, usec wall, struct near_end *ret)
{
    bool is_app = tx_int(tx, 3) != 0;
    *ret = (struct near_end){.owner = {.id = arena_str(arena, tx_text(tx, 0)),
                                       .is_app = is_app,
                                       .environment = arena_str(arena, tx_text(tx, 4)),
                                       .wall = wall},
                             .name = arena_str(arena, tx_text(tx, 1)),
                             .ends = tx_int(tx, 2)};
}

static enum err find_untold(struct tx *tx, const struct ending_look *look,
                            struct arena *arena, struct near_end *ret, uint32_t *ret_n)
{
    static const struct statement query = {
        "SELECT e.owner, e.name, e.ends, CASE WHEN p.id IS NULL THEN 0 ELSE 1 END, "
        "COALESCE(a.environment, p.environment) FROM ending e "
        "LEFT JOIN account a ON a.id = e.owner LEFT JOIN app p ON p.id = e.owner "
        "WHERE e.told = 0 AND e.ends <= $1 ORDER BY e.ends, e.owner, e.name LIMIT $2"};
    struct value params[] = {V_INT(look->wall + ENDING_NEAR), V_INT(TOLD_AT_ONCE)};
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    *ret_n = 0;
    while (err == ERR_NONE && *ret_n < TOLD_AT_ONCE && tx_next(tx, &err))
        take_row(tx, arena, look->wall, &ret[(*ret_n)++]);
    return err;
}

static enum err run_tell(struct tx *tx, struct store_op *op)
{
    struct ending_look *look = CONTAINER_OF(op, struct ending_look, op);
    struct near_end ends[TOLD_AT_ONCE];
    struct arena arena;
    uint32_t n;
    arena_init(&arena, 4096, WORK_BYTES_MAX);
    enum err err = find_untold(tx, look, &arena, ends, &n);
    for (uint32_t i = 0; err == ERR_NONE && i < n; i++)
        err = tell(tx, &ends[i]);
    arena_fini(&arena);
    return err;
}

static void on_told(struct store_op *op)
{
    struct ending_look *look = CONTAINER_OF(op, struct ending_look, op);
    look->err = op->err;
    look->done(look);
}

static void on_counted(struct store_op *op)
{
    struct ending_look *look = CONTAINER_OF(op, struct ending_look, op);
    if (op->err != ERR_NONE || look->untold == 0) {
        on_told(op);
        return;
    }
    look->op = (struct store_op){
        .kind = STORE_FULL, .run = run_tell, .done = on_told, .worker = look->worker};
    store_submit(look->directory->store, &look->op);
}

void ending_look(struct ending_look *look)
{
    CHECK_MAGIC(look->directory, DIRECTORY_MAGIC);
    look->wall = world_wall(look->directory->world);
    look->op = (struct store_op){
        .kind = STORE_READ, .run = run_count, .done = on_counted, .worker = look->worker};
    store_submit(look->directory->store, &look->op);
}
