#include "news/silence_store.h"

#include "base/buf.h"
#include "base/calendar.h"
#include "event/event.h"
#include "json/json_write.h"

enum { SWEEP_MAX = 50, ARENA_BYTES_MAX = 4 << 20 };

/* --- telling --- */

static str write_detail(const struct silence_of *of, usec last, struct arena *arena)
{
    char text[CALENDAR_ISO_CHARS];
    struct buf buf;
    struct json_out out;
    buf_init(&buf, 64 * 1024);
    json_out_init(&out, &buf);
    calendar_put_iso(last / USEC_MS, text);
    json_out_object(&out);
    json_out_member_text(&out, STR("integration"), of->integration);
    json_out_member_text(&out, STR("type"), of->type);
    json_out_member_text(&out, STR("last"), str_of(text, sizeof(text)));
    json_out_end(&out);
    return arena_take(arena, &buf);
}

static enum err tell(struct tx *tx, enum event_type type, const struct silence_of *of,
                     usec last, usec wall)
{
    struct arena arena;
    arena_init(&arena, 1024, ARENA_BYTES_MAX);
    struct event event = {.type = type,
                          .time = wall,
                          .environment = of->environment,
                          .account = of->account,
                          .detail = write_detail(of, last, &arena),
                          .integration = STR_NONE,
                          .source = STR_NONE,
                          .subject = STR_NONE,
                          .sealed = STR_NONE,
                          .payload = STR_NONE};
    enum err err = event_put(tx, &event);
    arena_fini(&arena);
    return err;
}

/* --- noting --- */

static str type_of(const struct silence_of *of)
{
    return str_absent(of->type) ? STR("") : of->type;
}

static enum err find_habit(struct tx *tx, const struct silence_of *of,
                           struct habit *ret_habit)
{
    static const struct statement query = {
        "SELECT n, first, last, turned, longest, longest_before, silent FROM hook_habit "
        "WHERE account = $1 AND type = $2"};
    struct value params[] = {V_TEXT(of->account), V_TEXT(type_of(of))};
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    *ret_habit = (struct habit){0};
    if (err == ERR_NONE && tx_next(tx, &err))
        *ret_habit = (struct habit){.n = tx_int(tx, 0),
                                    .first = tx_int(tx, 1),
                                    .last = tx_int(tx, 2),
                                    .turned = tx_int(tx, 3),
                                    .longest = tx_int(tx, 4),
                                    .longest_before = tx_int(tx, 5),
                                    .silent = tx_int(tx, 6) != 0};
    return err;
}

/* A document whose types are never the same twice fills no table. */
static enum err put_habit(struct tx *tx, const struct silence_of *of,
                          const struct habit *habit, bool known)
{
    static const struct statement insert = {
        "INSERT INTO hook_habit (account, type, environment, integration, n, first, "
        "last, "
        "turned, longest, longest_before, silent, due) "
        "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 "
        "WHERE (SELECT COUNT(*) FROM hook_habit WHERE account = $1) < $13"};
    static const struct statement update = {
        "UPDATE hook_habit SET environment = $3, integration = $4, n = $5, first = $6, "
        "last = $7, turned = $8, longest = $9, longest_before = $10, silent = $11, "
        "due = $12 WHERE account = $1 AND type = $2"};
    struct value params[] = {
        V_TEXT(of->account),          V_TEXT(type_of(of)),  V_TEXT(of->environment),
        V_TEXT(of->integration),      V_INT(habit->n),      V_INT(habit->first),
        V_INT(habit->last),           V_INT(habit->turned), V_INT(habit->longest),
        V_INT(habit->longest_before), V_INT(habit->silent), V_INT(habit_due(habit)),
        V_INT(SILENCE_TYPES_MAX)};
    unsigned n = known ? COUNT_OF(params) - 1 : COUNT_OF(params);
    return tx_exec(tx, known ? &update : &insert, params, n, NULL);
}

enum err silence_note(struct tx *tx, const struct silence_of *of, const usec *received,
                      uint32_t n, usec wall)
{
    struct habit habit;
    enum err err = find_habit(tx, of, &habit);
    bool known = habit.n > 0, was_silent = habit.silent;
    for (uint32_t i = 0; i < n; i++)
        habit_note(&habit, received[i]);
    if (err == ERR_NONE)
        err = put_habit(tx, of, &habit, known);
    if (err == ERR_NONE && was_silent && !habit.silent)
        err = tell(tx, EVENT_WEBHOOKS_RESUMED, of, habit.last, wall);
    return err;
}

enum err silence_forget(struct tx *tx, str account)
{
    static const struct statement forget = {"DELETE FROM hook_habit WHERE account = $1"};
    struct value params[] = {V_TEXT(account)};
    return tx_exec(tx, &forget, params, COUNT_OF(params), NULL);
}

/* --- looking --- */

static enum err find_quiet(struct tx *tx, usec wall, struct arena *arena,
                           struct silence_of *quiet, uint32_t *ret_n)
{
    static const struct statement query = {
        "SELECT account, type, environment, integration FROM hook_habit "
        "WHERE silent = 0 AND due <= $1 ORDER BY due LIMIT $2"};
    struct value params[] = {V_INT(wall), V_INT(SWEEP_MAX)};
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    *ret_n = 0;
    while (err == ERR_NONE && *ret_n < SWEEP_MAX && tx_next(tx, &err))
        quiet[(*ret_n)++] =
            (struct silence_of){.account = arena_str(arena, tx_text(tx, 0)),
                                .type = arena_str(arena, tx_text(tx, 1)),
                                .environment = arena_str(arena, tx_text(tx, 2)),
                                .integration = arena_str(arena, tx_text(tx, 3))};
    return err;
}

static enum err is_waiting(struct tx *tx, str account, bool *ret_waits)
{
    static const struct statement query = {
        "SELECT COUNT(*) FROM (SELECT 1 FROM hook WHERE account = $1 AND "
        "state = 'queued' LIMIT 1) AS waiting"};
    struct value params[] = {V_TEXT(account)};
    int64_t n = 0;
    enum err err = tx_number(tx, &query, params, COUNT_OF(params), &n);
    *ret_waits = n > 0;
    return err;
}

static enum err settle(struct tx *tx, const struct silence_of *of,
                       const struct silence_sweep *sweep)
{
    static const struct statement update = {
        "UPDATE hook_habit SET silent = $3, due = $4 WHERE account = $1 AND type = $2"};
    struct habit habit;
    bool waits = false;
    enum err err = find_habit(tx, of, &habit);
    usec due = habit_due(&habit) + usec_max(sweep->up - habit.last, 0);
    if (err == ERR_NONE)
        err = is_waiting(tx, of->account, &waits);
    if (waits)
        due = usec_max(due, sweep->wall + USEC_H);
    bool silent = due <= sweep->wall;
    struct value params[] = {V_TEXT(of->account), V_TEXT(of->type), V_INT(silent),
                             V_INT(due)};
    if (err == ERR_NONE)
        err = tx_exec(tx, &update, params, COUNT_OF(params), NULL);
    return err == ERR_NONE && silent
               ? tell(tx, EVENT_WEBHOOKS_SILENT, of, habit.last, sweep->wall)
               : err;
}

static enum err run_sweep(struct tx *tx, struct store_op *op)
{
    struct silence_sweep *sweep = CONTAINER_OF(op, struct silence_sweep, op);
    struct silence_of quiet[SWEEP_MAX];
    struct arena arena;
    arena_init(&arena, 4096, ARENA_BYTES_MAX);
    enum err err = find_quiet(tx, sweep->wall, &arena, quiet, &sweep->n);
    for (uint32_t i = 0; err == ERR_NONE && i < sweep->n; i++)
        err = settle(tx, &quiet[i], sweep);
    arena_fini(&arena);
    return err;
}

static void on_swept(struct store_op *op)
{
    struct silence_sweep *sweep = CONTAINER_OF(op, struct silence_sweep, op);
    sweep->err = op->err;
    sweep->done(sweep);
}

void silence_sweep(struct silence_sweep *sweep)
{
    sweep->op = (struct store_op){.kind = STORE_RELAXED,
                                  .run = run_sweep,
                                  .done = on_swept,
                                  .worker = sweep->worker};
    store_submit(sweep->store, &sweep->op);
}
