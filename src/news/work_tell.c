/*
 * What comes of the rows of a batch: the order of their records is asked, and what is to
 * be told is written and sealed.
 */
#include "base/buf.h"
#include "base/calendar.h"
#include "base/crypto.h"
#include "news/work_state.h"
#include "json/json_write.h"
#include "loop/world.h"

enum { DATA_BYTES_MAX = PAYLOAD_BYTES_MAX - CRYPTO_SEAL_BYTES, DETAIL_BYTES_MAX = 1000 };
static const usec after_dead = 5 * USEC_S;

/* --- what becomes of a row --- */

static void done(struct batch *batch, struct work_result *result, const char *why)
{
    result->row.state = HOOK_DONE;
    result->row.due = 0;
    result->row.reason = str_z(why);
    result->row.detail = STR_NONE;
    result->row.ended = batch->wall;
    result->row.keep = batch->wall + HOOK_KEPT;
}

static str shortened(str text)
{
    return text.n > DETAIL_BYTES_MAX ? str_of(text.p, DETAIL_BYTES_MAX) : text;
}

static void dead(struct batch *batch, struct work_result *result, const char *why,
                 str detail)
{
    done(batch, result, why);
    result->row.state = HOOK_DEAD;
    result->row.detail = shortened(detail);
}

static void later(struct work_result *result, usec due, const char *why, str detail)
{
    result->row.due = due;
    result->row.reason = str_z(why);
    result->row.detail = shortened(detail);
}

static void hold_lane(struct batch_lane *lane, usec until, const char *why)
{
    if (!lane)
        return;
    lane->held = true;
    lane->until = until;
    lane->why = why;
}

/* Those behind it of its record wait with it; behind a dead one, for a while. */
static void again(struct batch *batch, struct work_result *result,
                  struct batch_lane *lane, const char *why, str detail)
{
    usec delay = work_delay(++result->row.tries, world_chance(batch->worker->world));
    work_count(&batch->shard->work->tries, 1);
    if (delay < 0)
        dead(batch, result, why, detail);
    else
        later(result, batch->wall + delay, why, detail);
    hold_lane(lane, batch->wall + (delay < 0 ? after_dead : delay), "blocked");
}

/* --- what is told --- */

static void put_moment(struct json_out *out, str name, usec wall)
{
    char text[CALENDAR_ISO_CHARS];
    if (!wall)
        return;
    calendar_put_iso(wall / USEC_MS, text);
    json_out_member_text(out, name, str_of(text, sizeof(text)));
}

static void put_value(struct json_out *out, str name, const struct json *value)
{
    if (value->type == JSON_UNDEFINED)
        return;
    json_out_name(out, name);
    json_out_value(out, value);
}

struct telling {
    enum event_type type;
    enum record_action action;
    bool late, self;
    const struct json *record, *original, *changed; /* NULL: none */
};

static void put_of_record(struct json_out *out, const struct batch_task *task,
                          const struct telling *telling)
{
    const struct event_meaning *meaning = &task->normal.meaning;
    if (telling->record)
        put_value(out, STR("record"), telling->record);
    if (telling->original)
        put_value(out, STR("original"), telling->original);
    if (telling->changed)
        put_value(out, STR("changed"), telling->changed);
    if (meaning->has_version)
        json_out_member_int(out, STR("version"), meaning->version);
}

/* What only the account's key opens; write_detail has the rest. Absent: it is larger than
 * a payload may be. */
static str write_data(struct batch_task *task, const struct telling *telling)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, DATA_BYTES_MAX);
    json_out_init(&out, &text);
    json_out_object(&out);
    if (telling->type == EVENT_WEBHOOK_RECEIVED)
        put_value(&out, STR("original"), &task->normal.item);
    else
        put_of_record(&out, task, telling);
    put_moment(&out, STR("happened"), task->row.happened);
    put_moment(&out, STR("received"), task->row.received);
    json_out_end(&out);
    if (buf_ok(&text))
        return arena_take(&task->arena, &text);
    buf_fini(&text);
    return STR_NONE;
}

/* What anybody may see who may list events: nothing of the record but its name. */
static str write_detail(const struct batch_task *task, str hook,
                        const struct telling *telling, struct arena *arena)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, 16 * 1024);
    json_out_init(&out, &text);
    json_out_object(&out);
    json_out_member_text(&out, STR("hook"), hook);
    if (telling->type == EVENT_WEBHOOK_RECEIVED) {
        json_out_member_text(&out, STR("type"), task->row.type);
    } else {
        json_out_member_text(&out, STR("resource"), task->normal.meaning.rule->target);
        json_out_member_text(&out, STR("id"), task->normal.meaning.id);
        json_out_member_text(&out, STR("action"), record_action_word(telling->action));
        json_out_member_text(&out, STR("origin"),
                             telling->self ? STR("self") : STR("vendor"));
        json_out_member_bool(&out, STR("late"), telling->late);
    }
    json_out_end(&out);
    return arena_take(arena, &text);
}

static void tell(struct batch *batch, uint32_t at, const struct telling *telling)
{
    struct batch_task *task = &batch->tasks[at];
    struct work_result *result = &batch->results[at];
    struct arena *arena = &task->arena;
    struct data_key key = {tenant_id_str(&batch->account->id), batch->account->data_key};
    char id[HOOK_ID_BYTES];
    hook_id(task->row.sequence, id);
    str source = arena_str(arena, str_z(id)), sealed;
    str data = write_data(task, telling);
    if (str_absent(data)) {
        dead(batch, result, "too_large", STR_NONE);
        return;
    }
    if (!keyring_seal(batch->shard->work->config.keyring, &key,
                      event_about(source, telling->type, arena), data, arena, &sealed)) {
        again(batch, result, task->lane, "sealed", STR_NONE);
        return;
    }
    bool large = sealed.n > EVENT_INLINE_BYTES_MAX;
    batch->large[at] = large ? sealed : STR_NONE;
    result->told = true;
    result->event =
        (struct event){.type = telling->type,
                       .time = batch->wall,
                       .environment = tenant_id_str(&batch->account->environment->id),
                       .account = tenant_id_str(&batch->account->id),
                       .detail = write_detail(task, source, telling, arena),
                       .integration = task->row.integration,
                       .source = source,
                       .subject = task->lane ? task->lane->name : STR_NONE,
                       .sealed = large ? STR_NONE : sealed,
                       .payload = STR_NONE};
    done(batch, result, NULL);
    result->row.events = 1;
}

/* --- of a record --- */

struct order_news batch_news(const struct batch_task *task)
{
    const struct event_meaning *meaning = &task->normal.meaning;
    return (struct order_news){.action = meaning->action,
                               .place = {.has_version = meaning->has_version,
                                         .version = meaning->version,
                                         .time = task->row.happened,
                                         .sequence = task->row.sequence}};
}

/* The document says so, or it is what a call of ours got for an answer. */
static bool is_ours(const struct batch *batch, const struct batch_task *task,
                    const struct order_news *news)
{
    struct echo *echo = batch->shard->work->config.echo;
    const uint8_t *hash = news->action == RECORD_DELETED ? NULL : news->hash;
    return task->normal.meaning.self ||
           (echo && echo_is(echo, &task->lane->place.record, hash));
}

static void tell_record(struct batch *batch, uint32_t at, struct order_news *news,
                        const struct json *record, const struct json *original)
{
    static const enum event_type types[] = {[RECORD_CREATED] = EVENT_RECORD_CREATED,
                                            [RECORD_UPDATED] = EVENT_RECORD_UPDATED,
                                            [RECORD_DELETED] = EVENT_RECORD_DELETED};
    struct work *work = batch->shard->work;
    struct batch_task *task = &batch->tasks[at];
    struct batch_lane *lane = task->lane;
    const struct event_rules *rules = batch->integration->events;
    if (news->action != RECORD_DELETED)
        order_hash(record, news->hash);
    struct order_verdict verdict =
        order_judge(&lane->known, news, (enum late_rule)rules->late);
    struct telling telling = {.type = types[verdict.action],
                              .action = verdict.action,
                              .late = verdict.end == ORDER_TELL_LATE,
                              .self = is_ours(batch, task, news),
                              .record = news->action == RECORD_DELETED ? NULL : record,
                              .original = rules->original ? original : NULL,
                              .changed = lane->fetched ? &lane->changed
                                                       : &task->normal.meaning.changed};
    switch (verdict.end) {
    case ORDER_TELL:
    case ORDER_TELL_LATE:
        tell(batch, at, &telling);
        if (!batch->results[at].told)
            return;
        break;
    case ORDER_LATE:
        work_count(&work->late, 1);
        done(batch, &batch->results[at], "late");
        break;
    case ORDER_SUPERSEDED:
        work_count(&work->superseded, 1);
        done(batch, &batch->results[at], "superseded");
        break;
    case ORDER_EQUAL:
        work_count(&work->equal, 1);
        done(batch, &batch->results[at], "equal");
        break;
    }
    lane->known = verdict.known;
    lane->moved |= verdict.moved;
}

static void judge_fetched(struct batch *batch, uint32_t at, struct order_news *news)
{
    struct batch_task *task = &batch->tasks[at];
    struct batch_lane *lane = task->lane;
    struct work_result *result = &batch->results[at];
    const struct fetch_verdict *verdict =
        lane->fetched ? &lane->verdict : &batch->hold_verdict;
    news->read_now = true;
    if (verdict->end == FETCH_HELD) {
        work_count(&batch->shard->work->holds, 1);
        hold_lane(lane, batch->wall + verdict->delay, verdict->why);
        later(result, lane->until, verdict->why, lane->detail);
    } else if (verdict->end == FETCH_AGAIN) {
        again(batch, result, lane, verdict->why, lane->detail);
    } else if (verdict->end == FETCH_GONE) {
        news->action = RECORD_DELETED;
        tell_record(batch, at, news, NULL, NULL);
    } else if (lane->made == MAPPING_FAULTED) {
        again(batch, result, lane, "mapping_failed", lane->detail);
    } else if (lane->made == MAPPING_LEFT_OUT) {
        work_count(&batch->shard->work->ignored, 1);
        done(batch, result, "left_out");
    } else {
        tell_record(batch, at, news, &lane->record, &lane->original);
    }
}

static void judge_record(struct batch *batch, uint32_t at)
{
    struct batch_task *task = &batch->tasks[at];
    struct batch_lane *lane = task->lane;
    struct order_news news = batch_news(task);
    const struct event_meaning *meaning = &task->normal.meaning;
    if (!task->normal.fetch) {
        tell_record(batch, at, &news, &task->normal.record, &meaning->record);
    } else if (!lane->wanted) { /* nobody would be told of it */
        work_count(&batch->shard->work->late, 1);
        done(batch, &batch->results[at], "late");
    } else {
        judge_fetched(batch, at, &news);
    }
}

/* --- all of them --- */

static bool is_final(const char *why)
{
    return !str_eq(str_z(why), STR("sealed"));
}

static void judge_task(struct batch *batch, uint32_t at)
{
    struct batch_task *task = &batch->tasks[at];
    struct work_result *result = &batch->results[at];
    struct telling raw = {.type = EVENT_WEBHOOK_RECEIVED};
    const char *why = task->request->why;
    if (task->lane)
        result->row.lane = task->lane->name;
    if (why && is_final(why))
        dead(batch, result, why, STR_NONE);
    else if (why)
        again(batch, result, NULL, why, STR_NONE);
    else if (task->lane && task->lane->held)
        later(result, task->lane->until, task->lane->why, STR_NONE);
    else if (task->normal.kind == NORMAL_FAULTED)
        again(batch, result, task->lane, task->normal.why, task->normal.detail);
    else if (task->normal.kind == NORMAL_RAW)
        tell(batch, at, &raw);
    else if (task->normal.kind == NORMAL_RECORD)
        judge_record(batch, at);
    else {
        work_count(&batch->shard->work->ignored, 1);
        done(batch, result, task->normal.why);
    }
}

/* What is fetched is told once for all events that wanted it. */
static void join_changed(struct batch *batch, struct batch_lane *lane)
{
    struct json_build build;
    json_build_init(&build, &lane->arena);
    for (uint32_t i = 0; i < batch->n; i++) {
        const struct normal *normal = &batch->tasks[i].normal;
        const struct json *changed = &normal->meaning.changed;
        for (uint32_t k = 0; batch->tasks[i].lane == lane && normal->fetch &&
                             json_is(changed, JSON_ARRAY) && k < changed->n;
             k++)
            json_build_item(&build, changed->u.items[k]);
    }
    if (build.n)
        lane->changed = json_build_array(&build);
}

void batch_judge(struct batch *batch)
{
    batch->wall = world_wall(batch->worker->world);
    batch->results = arena_array(&batch->arena, batch->n, sizeof(batch->results[0]));
    batch->large = arena_array(&batch->arena, batch->n, sizeof(batch->large[0]));
    for (uint32_t i = 0; i < batch->lane_n; i++)
        if (batch->lanes[i].fetched)
            join_changed(batch, &batch->lanes[i]);
    for (uint32_t i = 0; i < batch->n; i++) {
        batch->results[i].row = batch->tasks[i].row;
        judge_task(batch, i);
    }
}
