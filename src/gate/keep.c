/*
 * What is kept of a write before its vendor hears of it.
 */
#include "gate/keep.h"

#include "base/crypto.h"
#include "cache/cache.h"
#include "catalog/idempotency.h"
#include "gate/unify.h"
#include "loop/world.h"

enum { KEY_BYTES_MAX = 255 };

/* --- whether --- */

const struct write_rule *keep_rule(const struct visit *visit)
{
    return visit->method ? &visit->method->resilience->writes
                         : &visit->integration->resilience.writes;
}

static bool is_unsafe(const struct visit *visit)
{
    if (visit->unify)
        return mapping_operation_kind(visit->unify->kind) >= MAPPING_WRITES;
    return visit->method ? !visit->method->safe
                         : !retry_method_safe(visit->in->head.method);
}

/* The caller's word, then the document's; unified writes are queued on failure, proxied
 * ones are left alone. What must not come late never is. */
static enum queue_mode mode_of(const struct visit *visit)
{
    const struct write_rule *rule = keep_rule(visit);
    if (rule->timely)
        return QUEUE_NEVER;
    if (visit->wishes.queue != QUEUE_UNSAID)
        return visit->wishes.queue;
    if (rule->queue != QUEUE_UNSAID && (visit->unify || visit->method))
        return rule->queue;
    return visit->unify ? QUEUE_ON_FAILURE : QUEUE_NEVER;
}

static str key_of(const struct visit *visit)
{
    const struct headers *headers = &visit->in->head.headers;
    str key = header_value(headers, HEADER_IDEMPOTENCY_KEY);
    return str_absent(key) ? header_value(headers, HEADER_X_IDEMPOTENCY_KEY) : key;
}

/* A body that will be too large to be kept is told of before it comes. */
static bool is_too_large(const struct visit *visit)
{
    return visit->in->head.content_length > GATE_HOLD_BYTES;
}

/* --- what --- */

static struct idempotency_place place_of(struct visit *visit)
{
    return (struct idempotency_place){.headers = &visit->headers, .query = visit->query};
}

/* The key by which the vendor shall know a repeat: the one that stands there; else the
 * caller's, or the write's own, where the write may be repeated by us. */
static str vendor_key(struct visit *visit)
{
    struct keep *keep = visit->keep;
    const struct idempotency *idempotency =
        integration_idempotency(visit->integration, visit->method);
    struct idempotency_place place = place_of(visit);
    str own = str_absent(keep->key) ? str_z(keep->id) : keep->key;
    if (idempotency->kind == IDEMPOTENCY_NONE)
        return STR_NONE;
    if (visit->unify)
        return own;
    str key = idempotency_key(idempotency, &place, visit->arena);
    if (!str_absent(key) || keep->mode == QUEUE_NEVER)
        return key;
    if (!idempotency_put(idempotency, own, visit->arena, &place))
        return STR_NONE;
    visit->query = place.query;
    return own;
}

static void apply_key(struct visit *visit)
{
    struct keep *keep = visit->keep;
    keep->row.vendor_key = vendor_key(visit);
    if (visit->unify) {
        visit->unify->operation.wish.key = keep->row.vendor_key;
        return;
    }
    visit->exchange.request.query = visit->query;
    visit->exchange.request.keyed |= !str_absent(keep->row.vendor_key);
}

static void fill_row(struct visit *visit)
{
    struct keep *keep = visit->keep;
    struct write_row *row = &keep->row;
    const struct write_rule *rule = keep_rule(visit);
    const struct method *method = visit->method;
    usec wall = world_wall(visit->in->worker->world);
    usec age = visit->wishes.queue_age ? visit->wishes.queue_age : rule->age;
    world_name(visit->in->worker->world, "wrt_", keep->id);
    *row = (struct write_row){
        .id = str_z(keep->id),
        .environment = tenant_id_str(&visit->account->environment->id),
        .account = tenant_id_str(&visit->account->id),
        .integration = visit->integration->name,
        .lane = writes_lane(rule, visit->wishes.lane, visit->path, visit->arena),
        .verb = visit->in->head.method,
        .path = visit->path,
        .method = method
                      ? arena_printf(visit->arena, STR_F "." STR_F,
                                     STR_A(method->resource->name), STR_A(method->name))
                      : STR_NONE,
        .key_digest = STR_NONE,
        .vendor_key = STR_NONE,
        .due = wall,
        .accepted = wall,
        .deadline = wall + age,
        .reason = STR_NONE,
        .detail = STR_NONE,
        .request_id = str_z(visit->request_id),
        .login = writes_login(visit->way, visit->account, visit->arena),
        .parts = {STR_NONE, STR_NONE, STR_NONE},
    };
}

/* The key means something for one account, method and path. */
static void digest_key(struct visit *visit)
{
    struct keep *keep = visit->keep;
    str parts[] = {keep->row.account, STR("\n"), keep->row.verb, STR("\n"),
                   keep->row.path,    STR("\n"), keep->key};
    if (str_absent(keep->key))
        return;
    crypto_sha256(arena_join(visit->arena, parts, COUNT_OF(parts)), keep->digest);
    keep->row.key_digest = str_of((const char *)keep->digest, sizeof(keep->digest));
}

/* --- admitting --- */

static bool is_wanted(const struct visit *visit, enum queue_mode mode, str key)
{
    bool ordered = visit->wishes.queue == QUEUE_NEVER && visit->gate->writes &&
                   writes_pending(visit->gate->writes, visit->account) > 0;
    return mode != QUEUE_NEVER || !str_absent(key) || ordered;
}

enum visit_step keep_admit(struct visit *visit, enum visit_step next)
{
    struct gate *gate = visit->gate;
    if (!gate->writes || !is_unsafe(visit))
        return next;
    enum queue_mode mode = mode_of(visit);
    str key = key_of(visit);
    if (!is_wanted(visit, mode, key) || is_too_large(visit))
        return next;
    if (!str_absent(key) && (key.n == 0 || key.n > KEY_BYTES_MAX))
        return visit_no(visit, ERR_HEADER_INVALID,
                        STR("Idempotency-Key must have 1 to 255 bytes."), -1);
    struct keep *keep = visit->keep = arena_zalloc(visit->arena, sizeof(*keep));
    buf_init(&keep->answer, GATE_HOLD_BYTES);
    keep->mode = mode;
    keep->mode_asked = visit->wishes.queue != QUEUE_UNSAID;
    keep->key = key;
    keep->next = next;
    fill_row(visit);
    apply_key(visit);
    digest_key(visit);
    bool busy = writes_pending(gate->writes, visit->account) > 0;
    if (str_absent(key) && mode != QUEUE_ALWAYS && !busy)
        return next;
    return visit->unify ? VISIT_OPEN : VISIT_HOLD;
}

/* --- the body --- */

static void on_held(struct visit *visit)
{
    visit_move(visit, visit->keep->over ? VISIT_PARK : VISIT_OPEN);
}

/* It is too large to be kept after all: what has come goes on to the vendor; or, where he
 * has failed already, the caller hears of that. */
static void on_unkept(struct visit *visit)
{
    if (visit->keep->over) {
        visit_move(visit, VISIT_REFUSE);
        return;
    }
    enum visit_step next = visit->keep->next;
    keep_fini(visit);
    visit_move(visit, next);
}

static str read_held(struct visit *visit)
{
    struct buf text;
    str chunk;
    buf_init(&text, GATE_HOLD_BYTES);
    body_rewind(&visit->body);
    while (body_pull(&visit->body, &chunk) == CALL_PULL_DATA)
        buf_str(&text, chunk);
    body_rewind(&visit->body);
    return arena_take(visit->arena, &text);
}

static void look_at_body(struct visit *visit)
{
    if (visit->body.mode != BODY_HOLD)
        on_unkept(visit);
    else if (visit->body.complete)
        on_held(visit);
}

void keep_hold(struct visit *visit)
{
    if (visit->in->body_state == INBOUND_BODY_UNASKED)
        inbound_read_body(visit->in);
    look_at_body(visit);
}

void keep_take_body(struct visit *visit, str chunk)
{
    if (!body_put(&visit->body, chunk))
        inbound_pause(visit->in);
    look_at_body(visit);
}

void keep_end_body(struct visit *visit)
{
    look_at_body(visit);
}

/* --- what it asks for --- */

static void ask_unified(struct visit *visit)
{
    const struct unify *unify = visit->unify;
    visit->keep->asked = (struct write_message){
        .verb = visit->in->head.method,
        .path = visit->path,
        .query = visit->query,
        .host = STR_NONE,
        .category = unify->category,
        .resource = unify->resource,
        .operation = mapping_operation_name(unify->kind),
        .asked = unify->operation.wish.request,
        .body = buf_peek(&unify->given),
    };
}

static void ask_proxied(struct visit *visit)
{
    visit->keep->asked = (struct write_message){
        .verb = visit->in->head.method,
        .path = visit->path,
        .query = visit->query,
        .host = visit->host,
        .category = STR_NONE,
        .resource = STR_NONE,
        .operation = STR_NONE,
        .headers = &visit->headers,
        .body = visit->exchange.request.body ? read_held(visit) : STR_NONE,
    };
}

/* As the vendor got a unified write. */
static struct write_message vendor_request(const struct visit *visit)
{
    const struct operation *operation = &visit->unify->operation;
    const struct exchange_request *request = &operation->exchange.request;
    return (struct write_message){.verb = request->verb,
                                  .path = request->path,
                                  .query = request->query,
                                  .host = request->host,
                                  .category = STR_NONE,
                                  .headers = request->headers,
                                  .body = operation->text};
}

bool keep_sent(struct visit *visit, struct write_message *ret_message)
{
    struct keep *keep = visit->keep;
    if (visit->unify) {
        *ret_message = vendor_request(visit);
        return true;
    }
    if (visit->exchange.request.body &&
        (visit->body.mode != BODY_HOLD || !visit->body.complete))
        return false;
    if (!keep->whole)
        ask_proxied(visit);
    *ret_message = keep->asked;
    return true;
}

/* Whoever repeats a call must say the same; its verb, path and account stand in the key.
 */
static void take_print(struct visit *visit)
{
    struct keep *keep = visit->keep;
    const struct write_message *asked = &keep->asked;
    str query = visit->in->query;
    str parts[] = {str_absent(query) ? STR("") : query, STR("\n"),
                   str_absent(asked->body) ? STR("") : asked->body};
    crypto_sha256(arena_join(visit->arena, parts, COUNT_OF(parts)), keep->fingerprint);
    keep->row.fingerprint =
        str_of((const char *)keep->fingerprint, sizeof(keep->fingerprint));
}

/* The request as it will be sent, sealed. False: there is no key to seal it with. */
static bool seal_request(struct visit *visit)
{
    struct keep *keep = visit->keep;
    if (keep->whole)
        return true;
    keep->whole = true;
    if (visit->unify)
        ask_unified(visit);
    else
        ask_proxied(visit);
    take_print(visit);
    keep->row.parts[WRITE_PART_REQUEST] =
        writes_seal(visit->gate->writes, visit->account, keep->row.id, WRITE_PART_REQUEST,
                    write_message_text(&keep->asked, visit->arena), visit->arena);
    return !str_absent(keep->row.parts[WRITE_PART_REQUEST]);
}

/* --- opening --- */

static uint64_t bytes_of(const struct keep *keep)
{
    const struct write_row *row = &keep->row;
    return row->bytes ? row->bytes : row->parts[WRITE_PART_REQUEST].n;
}

/* What is read from now on may not be what it was: what is kept of it is not fresh. */
static void note_queued(struct visit *visit)
{
    struct cache *cache = visit->gate->exchange.cache;
    const struct method *method = visit->method;
    visit->keep->accepted = true;
    if (cache)
        cache_invalidate(cache, visit->account,
                         method ? method->resource->name : STR_NONE);
    writes_note_queued(visit->gate->writes, visit->account, bytes_of(visit->keep));
}

static enum visit_step after_open(struct visit *visit)
{
    struct keep *keep = visit->keep;
    switch (keep->open.end) {
    case WRITE_TAKEN:
        keep->row = keep->open.found;
        keep->row.first_sent = keep->open.found.first_sent;
        keep->opened = true;
        return keep->next;
    case WRITE_OPENED:
        keep->opened = true;
        return keep->next;
    case WRITE_ACCEPTED:
        note_queued(visit);
        return VISIT_REFUSE;
    case WRITE_FOUND:
        keep->found = &keep->open.found;
        return VISIT_REFUSE;
    case WRITE_BUSY:
        break;
    }
    return keep->no_queue ? keep_refuse_queue(visit)
                          : visit_no(visit, ERR_LANE_BUSY, STR_NONE, USEC_S);
}

static void on_opened(struct write_open *open)
{
    struct visit *visit = open->owner;
    if (open->err) {
        visit_move(visit, visit_no(visit, open->err, STR_NONE, USEC_S));
        return;
    }
    CRASH_POINT("write.opened");
    enum visit_step next = after_open(visit);
    visit_move(visit, visit->gone && next == visit->keep->next ? VISIT_SETTLE : next);
}

void keep_open(struct visit *visit)
{
    struct keep *keep = visit->keep;
    bool keyed = !str_absent(keep->row.vendor_key);
    usec wall = world_wall(visit->in->worker->world);
    if (!seal_request(visit)) {
        visit_move(visit, visit_no(visit, ERR_CREDENTIAL_UNUSABLE,
                                   STR(DIRECTORY_CREDENTIALS_CLOSED), -1));
        return;
    }
    bool may = keep_may_queue(visit, bytes_of(keep));
    if (keep->mode == QUEUE_ALWAYS && !may) {
        visit_move(visit, keep_refuse_queue(visit));
        return;
    }
    keep->row.first_sent = keep->mode == QUEUE_ALWAYS ? 0 : wall;
    keep->row.last_sent = keep->row.first_sent;
    keep->open = (struct write_open){
        .store = visit->gate->store,
        .worker = visit->in->worker,
        .arena = visit->arena,
        .done = on_opened,
        .owner = visit,
        .row = keep->row,
        .queue = keep->mode == QUEUE_ALWAYS,
        .queue_if_busy = keep->mode == QUEUE_ON_FAILURE && may,
        .refuse_if_busy = keep->mode == QUEUE_ON_FAILURE
                              ? !may
                              : keep->mode == QUEUE_NEVER && keep->mode_asked,
        .window = writes_window(visit->integration, visit->method, keep->row.verb, keyed),
        .wall = wall};
    write_open(&keep->open);
}

/* --- parking --- */

static void on_parked(struct write_close *close)
{
    struct visit *visit = close->owner;
    struct keep *keep = visit->keep;
    CRASH_POINT("write.parked");
    if (close->err == ERR_NONE && close->kind == WRITE_CLOSE_PARK)
        note_queued(visit);
    keep->decides = close->err == ERR_NONE && close->kind == WRITE_CLOSE_DECIDE;
    if (close->err && visit->err == ERR_NONE)
        visit_no(visit, close->err, STR_NONE, USEC_S);
    visit_move(visit, VISIT_REFUSE);
}

/* What was sent of a unified write is sent again as it was. */
static str frozen_part(struct visit *visit)
{
    struct write_message message = vendor_request(visit);
    return writes_seal(visit->gate->writes, visit->account, visit->keep->row.id,
                       WRITE_PART_FROZEN, write_message_text(&message, visit->arena),
                       visit->arena);
}

/* What cannot be queued is refused; but what may have been done is never forgotten: the
 * reserve is for that. */
static void park_if_it_may(struct visit *visit)
{
    struct keep *keep = visit->keep;
    if (keep_may_queue(visit, bytes_of(keep)))
        return;
    keep->close.kind = keep->row.unsure ? WRITE_CLOSE_DECIDE : WRITE_CLOSE_RELEASE;
    (void)keep_refuse_queue(visit);
}

void keep_park(struct visit *visit)
{
    struct keep *keep = visit->keep;
    if (!seal_request(visit)) {
        visit_move(visit, visit_no(visit, ERR_CREDENTIAL_UNUSABLE,
                                   STR(DIRECTORY_CREDENTIALS_CLOSED), -1));
        return;
    }
    if (keep->close.kind == WRITE_CLOSE_PARK)
        park_if_it_may(visit);
    if (visit->unify && visit->unify->operation.written)
        keep->row.parts[WRITE_PART_FROZEN] = frozen_part(visit);
    keep->close.store = visit->gate->store;
    keep->close.worker = visit->in->worker;
    keep->close.done = on_parked;
    keep->close.owner = visit;
    keep->close.row = keep->row;
    keep->close.opened = keep->opened;
    keep->close.wall = world_wall(visit->in->worker->world);
    write_close(&keep->close);
}

/* --- the end --- */

void keep_fini(struct visit *visit)
{
    if (!visit->keep)
        return;
    buf_fini(&visit->keep->answer);
    visit->keep = NULL;
}
