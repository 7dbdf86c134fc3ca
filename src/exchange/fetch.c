#include "exchange/fetch.h"

#include "base/mem.h"
#include "loop/world.h"

/* What a vendor answers is looked at whole, and JSON that is made for it takes fifty
 * times its text; as with a caller's request. */
enum { FETCH_BODY_BYTES_MAX = 1 << 20, FETCH_ARENA_BYTES_MAX = 256 << 20 };

struct fetch {
    struct exchange exchange;
    struct arena arena; /* the exchange's; the owner's has what is copied for it */
    struct body body;
    struct token_fetch *fetch;
    struct post over; /* the owner may free what the exchange's last call stands on */
    bool answered;
};

static void free_fetch(struct fetch *fetch)
{
    exchange_fini(&fetch->exchange);
    body_fini(&fetch->body);
    arena_wipe(&fetch->arena);
    arena_fini(&fetch->arena);
    mem_free(fetch);
}

/* --- the exchange's events --- */

/* Copied: the exchange's own texts go with its arena. */
static void on_answer(struct exchange *exchange)
{
    struct fetch *fetch = exchange->owner;
    struct token_fetch *ret = fetch->fetch;
    ret->answer = exchange_keep_answer(exchange, ret->arena);
    ret->answer.text = arena_str(ret->arena, ret->answer.text);
    ret->answer.body = NULL;
    fetch->answered = true;
}

static void on_over(struct post *post)
{
    struct fetch *fetch = CONTAINER_OF(post, struct fetch, over);
    struct token_fetch *ret = fetch->fetch;
    free_fetch(fetch);
    if (!ret)
        return; /* abandoned */
    ret->work = NULL;
    ret->done(ret);
}

static void on_done(struct exchange *exchange)
{
    struct fetch *fetch = exchange->owner;
    struct token_fetch *ret = fetch->fetch;
    const struct outcome *outcome = &exchange->outcome;
    if (ret) {
        ret->sent = outcome->sent;
        ret->retry_after = outcome->retry_after;
        ret->err = fetch->answered ? ERR_NONE : outcome->err;
        ret->class = outcome->class;
        if (!fetch->answered && !outcome->err)
            ret->err = ERR_UPSTREAM_RESET;
        ret->detail = arena_str(ret->arena, outcome->detail);
    }
    worker_defer(exchange->worker, &fetch->over, on_over);
}

/* --- the owner's calls --- */

static const struct exchange_ops ops = {.on_answer = on_answer, .on_done = on_done};

static void fetch_start(void *arg, struct token_fetch *request)
{
    const struct fetch_env *env = arg;
    struct fetch *fetch = mem_zalloc(sizeof(*fetch));
    struct exchange *exchange = &fetch->exchange;
    str body = request->request.body;
    bool has_body = !str_absent(body);
    fetch->fetch = request;
    request->work = fetch;
    arena_init(&fetch->arena, 8192, FETCH_ARENA_BYTES_MAX);
    exchange_init(exchange, env->exchange, request->worker, &fetch->arena);
    body_init(&fetch->body, &env->budgets[request->worker->id], FETCH_BODY_BYTES_MAX,
              has_body ? (int64_t)body.n : 0);
    if (has_body) {
        body_put(&fetch->body, body);
        body_end(&fetch->body);
    }
    exchange->ops = &ops;
    exchange->owner = fetch;
    exchange->pin = request->pin;
    exchange->integration = request->integration;
    exchange->account = request->account;
    exchange->way = request->way;
    exchange->request.verb = request->request.verb;
    exchange->request.path = request->request.url.path;
    exchange->request.query = request->request.url.query;
    exchange->request.target = &request->request.url;
    exchange->request.credentials = request->credentials;
    exchange->request.context = request->context;
    exchange->request.headers = &request->request.headers;
    exchange->request.body = has_body ? &fetch->body : NULL;
    exchange->request.body_bytes = has_body ? (int64_t)body.n : 0;
    exchange->request.certificate = request->request.certificate;
    exchange->request.deadline = request->deadline;
    exchange->request.single_attempt = true;
    exchange->request.want_whole = true;
    exchange_start(exchange);
}

/* A request that was sent goes on to its end by itself otherwise; here nobody is left to
 * hear of it. */
static void fetch_abandon(struct token_fetch *request)
{
    struct fetch *fetch = request->work;
    request->work = NULL;
    if (!fetch)
        return;
    fetch->fetch = NULL;
    if (fetch->exchange.step == EXCHANGE_DONE)
        return; /* on_over is on its way */
    if (exchange_cancel(&fetch->exchange)) {
        free_fetch(fetch);
        return;
    }
    exchange_stop(&fetch->exchange);
}

const struct keeper_ops fetch_ops = {fetch_start, fetch_abandon};
