/*
 * What becomes of a write when its vendor was heard, or was not; and what its caller is
 * told instead of the vendor's answer.
 */
#include "gate/keep.h"

#include "gate/unify.h"
#include "http/problem.h"
#include "json/json_write.h"
#include "loop/world.h"

enum { OWN_HEADERS = 20, TELL_BYTES_MAX = 64 * 1024 };

/* --- the verdict --- */

static bool was_answered(const struct visit *visit)
{
    const struct operation *operation = visit->unify ? &visit->unify->operation : NULL;
    if (operation)
        return operation->done || operation->refused;
    return visit->exchange.answer.status > 0 && !visit->outcome->err;
}

/* Whether its vendor can be asked whether it has done the write, and what it then does
 * not know can be sent: only that is a promise. */
static bool is_searchable(struct visit *visit, usec wall)
{
    const struct repeat_search *search =
        integration_idempotency(visit->integration, visit->method)->search;
    struct write_message sent;
    struct repeat_question question;
    if (!search || !search->conclusive || !keep_sent(visit, &sent))
        return false;
    struct repeat_write write =
        writes_repeat(visit->integration, visit->method, visit->account, &sent, wall);
    return repeat_search_ask(&write, visit->arena, &question);
}

static struct write_facts facts_of(struct visit *visit)
{
    usec wall = world_wall(visit->in->worker->world);
    struct write_attempt attempt = {
        .integration = visit->integration,
        .method = visit->method,
        .row = &visit->keep->row,
        .outcome = visit->outcome,
        .operation = visit->unify ? &visit->unify->operation : NULL,
        .answered = was_answered(visit),
        .tries = 1,
        .wall = wall,
        .chance = world_chance(visit->in->worker->world),
    };
    struct write_facts facts = writes_facts(&attempt);
    if (facts.sent && facts.class != OUTCOME_OK && !facts.recognised)
        facts.recognised = is_searchable(visit, wall);
    return facts;
}

static struct write_decision decide(const struct visit *visit,
                                    const struct write_facts *facts)
{
    const struct exchange *exchange = &visit->exchange;
    bool began = !visit->unify && visit->outcome->cut && exchange->answer.status >= 200 &&
                 exchange->answer.status < 300;
    if (began || (visit->unify && visit->unify->operation.done))
        return (struct write_decision){VERDICT_DONE, 0, "delivered"};
    return write_decide(keep_rule(visit), facts);
}

/* How the row ends: queued only where the vendor was in the way and its caller would
 * have it so. */
static enum write_close_kind close_kind(const struct visit *visit,
                                        const struct write_facts *facts,
                                        const struct write_decision *decision)
{
    bool queues = visit->keep->mode != QUEUE_NEVER && write_is_unavailable(facts);
    switch (decision->verdict) {
    case VERDICT_DONE:
        return WRITE_CLOSE_END;
    case VERDICT_UNKNOWN:
        return queues || !facts->answered ? WRITE_CLOSE_DECIDE : WRITE_CLOSE_RELEASE;
    case VERDICT_AGAIN:
    case VERDICT_WAIT:
        return queues ? WRITE_CLOSE_PARK : WRITE_CLOSE_RELEASE;
    case VERDICT_DEAD:
        break;
    }
    return facts->answered ? WRITE_CLOSE_END : WRITE_CLOSE_RELEASE;
}

/* A call that was not to be queued and failed after it was sent, without an answer: its
 * key stays the caller's, who may repeat it where the vendor knows a repeat. */
static void judge(struct visit *visit)
{
    struct keep *keep = visit->keep;
    keep->facts = facts_of(visit);
    keep->decision = decide(visit, &keep->facts);
    enum write_close_kind kind = close_kind(visit, &keep->facts, &keep->decision);
    bool unheard = keep->facts.sent && !keep->facts.answered;
    if (kind == WRITE_CLOSE_END && str_absent(keep->key))
        kind = WRITE_CLOSE_RELEASE; /* nobody can ask for it again */
    keep->close.kind = kind == WRITE_CLOSE_RELEASE && unheard ? WRITE_CLOSE_DECIDE : kind;
}

bool keep_takes(struct visit *visit)
{
    struct keep *keep = visit->keep;
    if (!keep || keep->parking)
        return keep && keep->parking;
    judge(visit);
    bool decides = keep->close.kind == WRITE_CLOSE_DECIDE &&
                   (keep->mode != QUEUE_NEVER || keep->opened);
    keep->parking = keep->close.kind == WRITE_CLOSE_PARK || decides;
    return keep->parking;
}

bool keep_concerns(const struct visit *visit)
{
    return visit->keep && (visit->keep->opened || !visit->gone);
}

static void fill_row(struct visit *visit)
{
    struct keep *keep = visit->keep;
    struct write_row *row = &keep->row;
    const struct write_facts *facts = &keep->facts;
    usec wall = world_wall(visit->in->worker->world);
    row->tries += facts->sent;
    row->due = wall + keep->decision.delay;
    row->reason = str_z(keep->decision.why);
    row->detail = visit->outcome->detail.n ? visit->outcome->detail
                                           : visit->outcome->vendor.message;
    row->status = visit->outcome->vendor_status;
    row->unsure = facts->sent && (!facts->answered || !facts->refused);
    row->last_sent = facts->sent ? wall : 0;
    if (!facts->sent)
        row->first_sent = 0;
    else if (!row->first_sent)
        row->first_sent = wall;
    if (keep->close.kind != WRITE_CLOSE_END)
        return;
    row->state = keep->decision.verdict == VERDICT_DONE ? WRITE_DELIVERED : WRITE_DEAD;
    row->ended = wall;
    row->keep = wall + WRITE_KEPT;
}

enum visit_step keep_where(struct visit *visit)
{
    struct keep *keep = visit->keep;
    keep->over = true;
    if (!keep->parking)
        judge(visit);
    fill_row(visit);
    if (keep->parking && !visit->gone)
        return keep->whole || visit->unify ? VISIT_PARK : VISIT_HOLD;
    return keep->opened ? VISIT_SETTLE : VISIT_FINISH;
}

/* --- what is kept of an answer --- */

void keep_answer(struct visit *visit, str chunk)
{
    struct keep *keep = visit->keep;
    if (!keep || !keep->opened || keep->answer_lost)
        return;
    buf_str(&keep->answer, chunk);
    keep->answer_lost = !buf_ok(&keep->answer);
}

static void keep_message(struct visit *visit, const struct write_message *message)
{
    visit->keep->row.parts[WRITE_PART_ANSWER] = writes_seal(
        visit->gate->writes, visit->account, visit->keep->row.id, WRITE_PART_ANSWER,
        write_message_text(message, visit->arena), visit->arena);
}

void keep_whole_answer(struct visit *visit, int status, str type, str body)
{
    struct headers headers;
    headers_init(&headers, visit->arena, 1);
    if (!str_absent(type))
        header_add(&headers, HEADER_CONTENT_TYPE, type);
    struct write_message message = {
        .status = status, .headers = &headers, .category = STR_NONE, .body = body};
    if (visit->keep && visit->keep->opened)
        keep_message(visit, &message);
}

/* As its caller got it, but for what is about that one answer. */
static void keep_proxied(struct visit *visit)
{
    struct keep *keep = visit->keep;
    const struct headers *from = visit->exchange.answer.headers;
    bool lost = keep->answer_lost || visit->outcome->cut;
    struct headers headers;
    headers_init(&headers, visit->arena, from->n);
    for (uint32_t i = 0; i < from->n; i++)
        if (!(header_flags(from->items[i].id) & (HEADER_HOP | HEADER_TAKEN)) &&
            from->items[i].id != HEADER_CONTENT_LENGTH)
            header_copy(&headers, &from->items[i]);
    struct write_message message = {.status = visit->outcome->status,
                                    .headers = &headers,
                                    .category = STR_NONE,
                                    .body = lost ? STR_NONE : buf_peek(&keep->answer),
                                    .body_lost = lost};
    keep_message(visit, &message);
}

/* --- settling --- */

/* The store's failure changes nothing of what the vendor has done: what stands there is
 * `sending`, and will be found undecided. */
static void on_settled(struct write_close *close)
{
    struct visit *visit = close->owner;
    CRASH_POINT("write.settled");
    ODD(close->err == ERR_STATE_CONFLICT);
    if (visit->unify && !visit->gone)
        unify_told(visit);
    else
        visit_move(visit, visit->answered || visit->gone || !visit->err ? VISIT_FINISH
                                                                        : VISIT_REFUSE);
}

void keep_settle(struct visit *visit)
{
    struct keep *keep = visit->keep;
    if (!keep->over) { /* its caller left before anything was sent */
        keep->over = true;
        keep->close.kind = WRITE_CLOSE_RELEASE;
    }
    if (keep->close.kind == WRITE_CLOSE_END && !visit->unify)
        keep_proxied(visit);
    if (keep->close.kind == WRITE_CLOSE_PARK)
        keep->close.kind = WRITE_CLOSE_DECIDE; /* nobody was told that it is queued */
    keep->close.store = visit->gate->store;
    keep->close.worker = visit->in->worker;
    keep->close.done = on_settled;
    keep->close.owner = visit;
    keep->close.row = keep->row;
    keep->close.opened = true;
    keep->close.wall = world_wall(visit->in->worker->world);
    write_close(&keep->close);
}

/* --- telling --- */

void keep_add_headers(const struct visit *visit, struct headers *headers)
{
    const struct keep *keep = visit->keep;
    uint32_t pending = 0;
    if (visit->gate->writes && visit->account)
        pending = writes_pending(visit->gate->writes, visit->account);
    if (pending)
        header_add_int(headers, HEADER_X_BREAKWATER_PENDING_WRITES, pending);
    if (keep && (keep->accepted || keep->decides || keep->opened || keep->found))
        header_add(headers, HEADER_X_BREAKWATER_WRITE,
                   keep->found ? keep->found->id : keep->row.id);
}

static void reply_text(struct visit *visit, int status, struct headers *headers, str body)
{
    visit->status = status;
    visit->answered = true;
    struct reply reply = {status, headers, (int64_t)body.n};
    inbound_reply(visit->in, &reply);
    inbound_write(visit->in, body);
    visit->bytes_out += body.n;
}

/* Where it stands: 202 (RFC 9110 §15.3.3). */
static void tell_queued(struct visit *visit, const struct write_row *row)
{
    struct headers headers;
    struct buf body;
    struct json_out out;
    str place = arena_printf(visit->arena, "/v1/writes/" STR_F, STR_A(row->id));
    buf_init(&body, TELL_BYTES_MAX);
    json_out_init(&out, &body);
    json_out_object(&out);
    json_out_name(&out, STR("write"));
    json_out_object(&out);
    json_out_member_text(&out, STR("id"), row->id);
    json_out_member_text(&out, STR("state"), STR("queued"));
    json_out_member_text(&out, STR("href"), place);
    json_out_member_text(&out, STR("reason"), row->reason);
    json_out_end(&out);
    json_out_end(&out);
    headers_init(&headers, visit->arena, OWN_HEADERS);
    header_add(&headers, HEADER_CONTENT_TYPE, STR("application/json"));
    header_add(&headers, HEADER_LOCATION, place);
    visit_add_own_headers(visit, &headers);
    if (visit->keep->found)
        header_add(&headers, HEADER_IDEMPOTENCY_REPLAYED, STR("true"));
    reply_text(visit, 202, &headers, buf_peek(&body));
    buf_fini(&body);
}

/* What was answered the first time. */
static bool replay(struct visit *visit)
{
    const struct write_row *found = visit->keep->found;
    struct write_message message;
    struct headers headers;
    if (!writes_unseal(visit->gate->writes, visit->account, found, WRITE_PART_ANSWER,
                       visit->arena, &message))
        return false;
    if (message.body_lost)
        return false;
    headers_init(&headers, visit->arena, message.headers->n + OWN_HEADERS);
    for (uint32_t i = 0; i < message.headers->n; i++)
        header_copy(&headers, &message.headers->items[i]);
    visit_add_own_headers(visit, &headers);
    header_add(&headers, HEADER_IDEMPOTENCY_REPLAYED, STR("true"));
    reply_text(visit, message.status, &headers,
               str_absent(message.body) ? STR("") : message.body);
    return true;
}

static bool tell_found(struct visit *visit)
{
    const struct keep *keep = visit->keep;
    const struct write_row *found = keep->found;
    if (!str_eq(found->fingerprint, keep->row.fingerprint)) {
        visit_no(visit, ERR_KEY_REUSED, STR_NONE, -1);
        return false;
    }
    switch (found->state) {
    case WRITE_QUEUED:
        tell_queued(visit, found);
        return true;
    case WRITE_DELIVERED:
        visit_no(visit, ERR_ANSWER_NOT_KEPT, STR_NONE, -1);
        return replay(visit);
    case WRITE_DEAD: /* only a refusal is the vendor's last word */
        visit_no(visit, ERR_WRITE_DEAD, found->detail, -1);
        return str_eq(found->reason, STR("refused")) && replay(visit);
    case WRITE_SENDING:
        visit_no(visit, ERR_KEY_IN_FLIGHT, STR_NONE, USEC_S);
        return false;
    case WRITE_NEEDS_DECISION:
    case WRITE_CANCELLED:
    case WRITE_STATE_COUNT:
        break;
    }
    visit_no(visit, ERR_OUTCOME_UNKNOWN, found->detail, -1);
    return false;
}

bool keep_tell(struct visit *visit)
{
    struct keep *keep = visit->keep;
    if (!keep)
        return false;
    if (keep->found)
        return tell_found(visit);
    if (keep->accepted) {
        tell_queued(visit, &keep->row);
        return true;
    }
    if (keep->decides)
        visit_no(visit, ERR_OUTCOME_UNKNOWN, keep->row.detail, -1);
    return false;
}
