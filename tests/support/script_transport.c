#include "support/script_transport.h"

#include "base/mem.h"
#include "loop/worker.h"

/* One call under way. */
struct reel {
    struct script_transport *script;
    struct call *call;
    const struct play *play;
    struct heard *heard;
    struct timer timer;
    struct buf body;
    size_t pieces; /* of the answer's body, sent */
    bool waiting;  /* for the owner's body */
    bool answered;
    bool paused;
};

static void play_on(struct timer *timer);

static struct reel *reel_of(struct call *call)
{
    return call->carrier;
}

static void end_reel(struct reel *reel)
{
    timer_cancel(&reel->timer);
    reel->call->carrier = NULL;
    buf_fini(&reel->body);
    mem_free(reel);
}

static bool take_body(struct reel *reel)
{
    struct call *call = reel->call;
    str chunk;
    while (call->body_bytes != CALL_BODY_NONE) {
        enum call_pull pull = call->events->pull(call, &chunk);
        if (pull == CALL_PULL_WAIT)
            return false;
        if (pull == CALL_PULL_END)
            break;
        buf_str(&reel->body, chunk);
    }
    reel->heard->body = arena_str(&reel->script->arena, buf_peek(&reel->body));
    call->sent_at = call->worker->now;
    return true;
}

static void hear(struct script_transport *script, struct call *call, struct heard *heard)
{
    struct arena *arena = &script->arena;
    heard->method = arena_str(arena, call->method);
    heard->url = arena_str(arena, url_format(call->arena, &call->url));
    heard->at = call->worker->now;
    heard->fresh = call->fresh;
    headers_init(&heard->headers, arena, 8);
    for (uint32_t i = 0; i < call->headers->n; i++)
        header_add_name(&heard->headers, arena_str(arena, call->headers->items[i].name),
                        arena_str(arena, call->headers->items[i].value));
}

static void start(struct transport *transport, struct call *call)
{
    struct script_transport *script =
        CONTAINER_OF(transport, struct script_transport, transport);
    struct reel *reel = mem_zalloc(sizeof(*reel));
    unsigned at = script->calls < script->n ? script->calls : script->n - 1;
    CHECK(script->calls < SCRIPT_CALLS_MAX);
    *reel = (struct reel){.script = script,
                          .call = call,
                          .play = &script->plays[at],
                          .heard = &script->heard[script->calls++]};
    buf_init(&reel->body, 16 << 20);
    call->carrier = reel;
    call->reused = reel->play->reused && !call->fresh;
    hear(script, call, reel->heard);
    timer_init(&reel->timer, call->worker, play_on);
    reel->waiting = !reel->play->unsent && !take_body(reel);
    call->sent = !reel->play->unsent;
    if (!reel->waiting)
        timer_start(&reel->timer, reel->play->delay);
}

static void fail(struct reel *reel, enum call_fault fault)
{
    struct call *call = reel->call;
    call->fault = fault;
    call->fault_text = STR("as the script says");
    end_reel(reel);
    call->events->on_fault(call);
}

static void give_head(struct reel *reel)
{
    struct call *call = reel->call;
    const struct play *play = reel->play;
    call->first_byte_at = call->worker->now;
    call->head = (struct message_head){.status = play->status, .content_length = -1};
    headers_init(&call->head.headers, call->arena, SCRIPT_HEADERS_MAX);
    for (int i = 0; i < SCRIPT_HEADERS_MAX && play->headers[i]; i++) {
        str line = str_z(play->headers[i]);
        size_t colon = str_find(line, ':');
        header_add_name(&call->head.headers, str_of(line.p, colon),
                        str_trim(str_from(line, colon + 1)));
    }
    reel->answered = true;
    timer_start(&reel->timer, 0);
    call->events->on_head(call);
}

static void inform(struct reel *reel)
{
    struct call *call = reel->call;
    struct message_head head = {.status = reel->play->inform};
    headers_init(&head.headers, call->arena, 1);
    call->events->on_inform(call, &head);
}

static void give_body(struct reel *reel)
{
    struct call *call = reel->call;
    const struct play *play = reel->play;
    size_t pieces = play->body ? (play->body_repeat ? play->body_repeat : 1) : 0;
    if (reel->paused)
        return;
    if (reel->pieces < pieces) {
        reel->pieces++;
        timer_start(&reel->timer, 0);
        call->events->on_body(call, str_z(play->body));
    } else if (play->cut) {
        fail(reel, play->fault);
    } else {
        end_reel(reel);
        call->events->on_end(call);
    }
}

static void play_on(struct timer *timer)
{
    struct reel *reel = CONTAINER_OF(timer, struct reel, timer);
    const struct play *play = reel->play;
    if (reel->answered) {
        give_body(reel);
        return;
    }
    if (reel->call->worker->now >= reel->call->limits.deadline) {
        fail(reel, CALL_FAULT_TOTAL_TIMEOUT);
        return;
    }
    if (play->inform)
        inform(reel);
    if (play->fault && !play->cut)
        fail(reel, play->fault);
    else
        give_head(reel);
}

static void cancel(struct call *call)
{
    reel_of(call)->script->cancelled++;
    end_reel(reel_of(call));
}

static void pause_body(struct call *call)
{
    reel_of(call)->paused = true;
    reel_of(call)->script->paused++;
}

static void resume_body(struct call *call)
{
    reel_of(call)->paused = false;
    timer_start(&reel_of(call)->timer, 0);
}

static void body_ready(struct call *call)
{
    struct reel *reel = reel_of(call);
    if (!reel->waiting || !take_body(reel))
        return;
    reel->waiting = false;
    timer_start(&reel->timer, reel->play->delay);
}

static void set_deadline(struct call *call)
{
    (void)call;
}

void script_transport_init(struct script_transport *script, const struct play *plays,
                           unsigned n)
{
    static const struct transport_ops ops = {.name = STR("script"),
                                             .start = start,
                                             .cancel = cancel,
                                             .pause = pause_body,
                                             .resume = resume_body,
                                             .body_ready = body_ready,
                                             .set_deadline = set_deadline};
    *script = (struct script_transport){.plays = plays, .n = n};
    script->transport.ops = &ops;
    arena_init(&script->arena, 4096, 256 << 20);
}

void script_transport_fini(struct script_transport *script)
{
    arena_fini(&script->arena);
}
