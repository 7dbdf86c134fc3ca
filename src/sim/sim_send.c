#include "sim/sim_send.h"

#include <stdio.h>

#include "loop/world.h"

enum {
    PIECE_BYTES = 64 * 1024,
    TURN_BYTES = 1 << 20, /* then others get a turn */
    TICKS_A_SECOND = 50,  /* of a body with a pace */
    HEAD_BYTES_MAX = 4 << 20
};

/* For sent bytes to reach the caller: a reset throws away what has not left. */
static const usec break_grace = 20 * USEC_MS;

static const usec next_turn = 1; /* 0 would run within this one */

static const char garbage[] = "\x16\x03\x01 this is not HTTP \xff\xfe\r\n\r\n";

#define TO(state) (1u << SIM_SEND_##state)

/* Where each state may lead. */
static const unsigned moves[] = {
    [SIM_SEND_IDLE] = TO(DELAYED) | TO(ENDED),
    [SIM_SEND_DELAYED] = TO(FLOWING) | TO(HUNG) | TO(ENDED),
    [SIM_SEND_FLOWING] = TO(BREAKING) | TO(HUNG) | TO(ENDED),
    [SIM_SEND_BREAKING] = TO(ENDED),
    [SIM_SEND_HUNG] = TO(ENDED),
    [SIM_SEND_ENDED] = 0,
};

static void move(struct sim_send *send, enum sim_send_state state)
{
    CHECK(moves[send->state] & 1u << state);
    send->state = state;
}

/* --- the end --- */

static void leave(struct sim_send *send)
{
    move(send, SIM_SEND_ENDED);
    timer_cancel(&send->timer);
    send->on_end(send);
}

static void end(struct sim_send *send)
{
    struct inbound *in = send->in;
    const struct headers *trailers = send->plan->trailers;
    if (send->plan->close)
        inbound_close_after(in);
    if (send->raw && send->chunks)
        inbound_raw(in, STR("0\r\n\r\n"));
    leave(send);
    inbound_end(in, trailers);
}

/* Ends the connection in order, whatever was announced. */
static void end_short(struct sim_send *send)
{
    struct inbound *in = send->in;
    inbound_raw(in, STR(""));
    inbound_close_after(in);
    leave(send);
    inbound_end(in, NULL);
}

static void end_with_reset(struct sim_send *send)
{
    struct inbound *in = send->in;
    leave(send);
    inbound_abort(in);
}

/* --- the head --- */

static uint64_t body_bytes(const struct sim_send *send)
{
    const struct sim_plan *plan = send->plan;
    return plan->fault && plan->fault->endless ? UINT64_MAX : plan->body.total;
}

static void put_raw_line(struct buf *head, str name, str value, str eol)
{
    str parts[] = {name, STR(": "), value, eol};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        buf_str(head, parts[i]);
}

static void put_raw_framing(const struct sim_send *send, struct buf *head, str eol)
{
    const struct sim_fault *fault = send->plan->fault;
    int64_t length = (int64_t)send->plan->body.total + (int64_t)fault->length_off;
    char digits[24];
    snprintf(digits, sizeof(digits), "%lld", (long long)(length < 0 ? 0 : length));
    if (send->chunks)
        put_raw_line(head, STR("Transfer-Encoding"), STR("chunked"), eol);
    if (!send->chunks || fault->malformed == SIM_MALFORMED_BOTH_LENGTHS)
        put_raw_line(head, STR("Content-Length"), str_z(digits), eol);
    if (send->plan->close)
        put_raw_line(head, STR("Connection"), STR("close"), eol);
    buf_str(head, eol);
}

static void send_raw_head(struct sim_send *send)
{
    const struct sim_fault *fault = send->plan->fault;
    const struct headers *headers = &send->plan->headers;
    bool bare = fault->malformed == SIM_MALFORMED_BARE_LF;
    bool odd = fault->malformed == SIM_MALFORMED_VERSION;
    str eol = bare ? STR("\n") : STR("\r\n");
    struct buf head;
    send->raw = true;
    send->chunks = fault->malformed == SIM_MALFORMED_BOTH_LENGTHS ||
                   fault->malformed == SIM_MALFORMED_CHUNK || fault->endless;
    buf_init(&head, HEAD_BYTES_MAX);
    buf_printf(&head, STR_F " %u Simulated" STR_F,
               STR_A(odd ? fault->version : STR("HTTP/1.1")), send->plan->status,
               STR_A(eol));
    for (uint32_t i = 0; i < headers->n; i++)
        put_raw_line(&head, headers->items[i].name, headers->items[i].value, eol);
    put_raw_framing(send, &head, eol);
    inbound_raw(send->in, buf_peek(&head));
    buf_fini(&head);
}

static void send_head(struct sim_send *send)
{
    const struct sim_plan *plan = send->plan;
    bool counted = !plan->chunked && !plan->gzip && !plan->trailers &&
                   body_bytes(send) != UINT64_MAX;
    struct reply reply = {(int)plan->status, &plan->headers,
                          counted ? (int64_t)plan->body.total : -1};
    if (plan->raw) {
        send_raw_head(send);
        return;
    }
    if (plan->close)
        inbound_close_after(send->in);
    if (plan->gzip)
        send->gzip = sim_gzip_create(send->in->arena);
    inbound_reply(send->in, &reply);
}

/* --- the body --- */

/* The next bytes of the body, at most `max`; false at its end. */
static bool next_piece(struct sim_send *send, size_t max, str *ret_piece)
{
    if (send->gzip)
        return sim_gzip_next(send->gzip, &send->plan->body, ret_piece);
    *ret_piece = sim_body_slice(&send->plan->body, send->sent, max);
    return ret_piece->n > 0;
}

static bool put_piece(struct sim_send *send, str piece)
{
    char size[24];
    send->sent += piece.n;
    if (!send->raw)
        return inbound_write(send->in, piece);
    if (!send->chunks)
        return inbound_raw(send->in, piece);
    int n = snprintf(size, sizeof(size), "%zx\r\n", piece.n);
    inbound_raw(send->in, str_of(size, (size_t)n));
    inbound_raw(send->in, piece);
    return inbound_raw(send->in, STR("\r\n"));
}

/* Bytes until something is to happen in the middle of the body. */
static uint64_t bytes_until_break(const struct sim_send *send)
{
    const struct sim_fault *fault = send->plan->fault;
    uint64_t at = UINT64_MAX;
    if (fault && fault->cut)
        at = fault->cut->after;
    else if (fault && fault->malformed == SIM_MALFORMED_CHUNK && !send->spoilt)
        at = send->plan->body.total / 2;
    return at > send->sent ? at - send->sent : 0;
}

static void cut(struct sim_send *send)
{
    switch ((enum sim_then)send->plan->fault->cut->then) {
    case SIM_THEN_RESET:
        move(send, SIM_SEND_BREAKING);
        timer_start(&send->timer, break_grace);
        return;
    case SIM_THEN_CLOSE:
        end_short(send);
        return;
    case SIM_THEN_HANG:
        move(send, SIM_SEND_HUNG);
        return;
    }
}

/* The whole body was sent. */
static void finish(struct sim_send *send)
{
    const struct sim_fault *fault = send->plan->fault;
    if (fault && fault->cut)
        cut(send);
    else if (fault && fault->length_off > 0)
        end_short(send);
    else
        end(send);
}

static size_t piece_bytes_max(const struct sim_send *send)
{
    uint32_t pace = send->plan->bytes_per_second;
    uint64_t max = PIECE_BYTES;
    uint64_t until = bytes_until_break(send);
    if (pace)
        max = pace > TICKS_A_SECOND ? pace / TICKS_A_SECOND : 1;
    if (max > PIECE_BYTES)
        max = PIECE_BYTES;
    return (size_t)(until < max ? until : max);
}

/* Waits until `n` bytes at the body's pace are due. */
static void wait_for_pace(struct sim_send *send, size_t n)
{
    uint64_t wait = n * (uint64_t)USEC_S / send->plan->bytes_per_second;
    timer_start(&send->timer, (usec)wait);
}

/* True when the break was the end. */
static bool break_here(struct sim_send *send)
{
    if (send->plan->fault->cut) {
        cut(send);
        return true;
    }
    inbound_raw(send->in, STR("zz\r\n"));
    send->spoilt = true;
    return false;
}

static void flow(struct sim_send *send)
{
    str piece;
    uint64_t enough = send->sent + TURN_BYTES;
    for (;;) {
        if (bytes_until_break(send) == 0 && break_here(send))
            return;
        if (!next_piece(send, piece_bytes_max(send), &piece)) {
            finish(send);
            return;
        }
        uint64_t until = bytes_until_break(send);
        if (piece.n > until)
            piece.n = (size_t)until;
        if (!put_piece(send, piece))
            return;
        if (send->plan->bytes_per_second && send->sent < send->plan->body.total) {
            wait_for_pace(send, piece.n);
            return;
        }
        if (send->sent >= enough || piece.n == 0) {
            timer_start(&send->timer, next_turn);
            return;
        }
    }
}

/* --- what happens --- */

static void begin(struct sim_send *send)
{
    const struct sim_fault *fault = send->plan->fault;
    switch (fault ? (enum sim_instead)fault->instead : SIM_INSTEAD_NOTHING) {
    case SIM_INSTEAD_HANG:
        move(send, SIM_SEND_HUNG);
        return;
    case SIM_INSTEAD_RESET:
        end_with_reset(send);
        return;
    case SIM_INSTEAD_GARBAGE:
        inbound_raw(send->in, str_of(garbage, sizeof(garbage) - 1));
        end_short(send);
        return;
    case SIM_INSTEAD_CLOSE:
        end_short(send);
        return;
    case SIM_INSTEAD_NOTHING:
        break;
    }
    move(send, SIM_SEND_FLOWING);
    send_head(send);
    if (send->raw && str_eq(send->in->head.method, STR("HEAD"))) {
        send->chunks = false;
        end(send);
    } else {
        flow(send);
    }
}

static void on_timer(struct timer *timer)
{
    struct sim_send *send = CONTAINER_OF(timer, struct sim_send, timer);
    if (send->state == SIM_SEND_DELAYED)
        begin(send);
    else if (send->state == SIM_SEND_FLOWING)
        flow(send);
    else
        end_with_reset(send);
}

void sim_send_init(struct sim_send *send, struct inbound *in,
                   void (*on_end)(struct sim_send *send))
{
    *send = (struct sim_send){.in = in, .on_end = on_end};
    timer_init(&send->timer, in->worker, on_timer);
}

void sim_send_start(struct sim_send *send, const struct sim_plan *plan)
{
    usec delay = plan->delay;
    if (plan->jitter)
        delay = usec_add(delay, world_jitter(send->in->worker->world, plan->jitter));
    send->plan = plan;
    move(send, SIM_SEND_DELAYED);
    for (uint32_t i = 0; i < plan->inform_n; i++)
        inbound_inform(send->in, plan->informs[i].status, &plan->informs[i].headers);
    if (delay > 0)
        timer_start(&send->timer, delay);
    else
        begin(send);
}

void sim_send_drained(struct sim_send *send)
{
    if (send->state == SIM_SEND_FLOWING && !timer_active(&send->timer))
        flow(send);
}

void sim_send_cancel(struct sim_send *send)
{
    struct inbound *in = send->in;
    leave(send);
    inbound_end(in, NULL);
}
