/*
 * The machine of a receive. Waits, and who ends them:
 *   BODY     the caller, within the connection's limit, or leaves
 *   JUDGE    the thread of large bodies, which waits for nothing
 *   CAPTURE  the store, which answers or gives up within its own limit
 *   KEEP, LIST  the journal, likewise; a caller who leaves is not waited for, but what he
 *            has sent is kept all the same
 */
#include "hook/receive_state.h"

#include "base/mem.h"
#include "directory/directory_app.h"
#include "http/forwarded.h"
#include "http/problem.h"
#include "http/refusal.h"
#include "json/json_write.h"
#include "loop/world.h"

enum {
    RECEIVE_MAGIC = 0x52435645,
    CHUNK_BYTES = 8 * 1024,
    JUDGE_HERE_BYTES_MAX = 256 * 1024, /* larger ones are judged on a thread of theirs */
    RETRY_AFTER_S = 5,
    RETRY_AFTER_KEYS_S = 1 /* they are being fetched */
};
static const size_t arena_bytes_max = (size_t)4 << 30; /* a body of 25 MiB as JSON */

#define TO(step) (1u << RECEIVE_##step)

struct step {
    const char *name;
    unsigned moves;
};

static const struct step steps[] = {
    [RECEIVE_ROUTE] = {"route", TO(BODY) | TO(JUDGE) | TO(ANSWER)},
    [RECEIVE_BODY] = {"body", TO(JUDGE) | TO(ANSWER)},
    [RECEIVE_JUDGE] = {"judge", TO(KEEP) | TO(CAPTURE) | TO(ANSWER)},
    [RECEIVE_CAPTURE] = {"capture", TO(ANSWER)},
    [RECEIVE_KEEP] = {"keep", TO(LIST) | TO(ANSWER)},
    [RECEIVE_LIST] = {"list", TO(ANSWER)},
    [RECEIVE_ANSWER] = {"answer", 0},
};

str receive_owner(const struct receive *receive)
{
    return receive->account ? tenant_id_str(&receive->account->id) : HOOK_PLATFORM;
}

str receive_scope(const struct receive *receive)
{
    if (receive->account)
        return tenant_id_str(&receive->account->id);
    return receive->app ? tenant_id_str(&receive->app->id) : STR("");
}

/* --- its end --- */

static void finish(struct receive *receive)
{
    struct hooks *hooks = receive->hooks;
    atomic_fetch_sub(&hooks->bytes, receive->counted);
    buf_fini(&receive->body);
    account_unref(&receive->account);
    app_unref(&receive->app);
    if (receive->pin)
        catalog_unpin(hooks->config.catalog, receive->worker, receive->pin);
    arena_wipe(&receive->arena);
    arena_fini(&receive->arena);
    receive->magic = 0;
    mem_free(receive);
}

static void put_reason(const struct problem *problem, struct json_out *out)
{
    const struct receive *receive = problem->arg;
    json_out_member_text(out, STR("reason"),
                         webhook_reason_word(receive->verdict.reason));
}

static void answer_problem(struct receive *receive)
{
    struct problem problem = {
        .err = receive->err, .detail = receive->err_detail, .retry_after_s = -1};
    struct headers headers;
    headers_init(&headers, receive->in->arena, 8);
    if (receive->err == ERR_HOOK_REJECTED) {
        problem.extend = put_reason;
        problem.arg = receive;
    }
    if (problem_status(&problem) == 503)
        problem.retry_after_s =
            receive->err == ERR_HOOK_KEYS ? RETRY_AFTER_KEYS_S : RETRY_AFTER_S;
    refusal_send_problem(receive->in, &problem, &headers);
}

static void answer_verdict(struct receive *receive)
{
    const struct webhook_answer *answer = &receive->verdict.answer;
    struct headers headers;
    headers_init(&headers, receive->in->arena, 4);
    if (!str_absent(answer->type))
        header_add(&headers, HEADER_CONTENT_TYPE, answer->type);
    if (!str_absent(answer->header))
        header_add_name(&headers, answer->header, answer->header_value);
    inbound_answer(receive->in, (int)answer->status, &headers,
                   str_absent(answer->body) ? STR("") : answer->body);
}

static void answer(struct receive *receive)
{
    if (receive->gone)
        inbound_end(receive->in, NULL);
    else if (receive->err)
        answer_problem(receive);
    else
        answer_verdict(receive);
    finish(receive);
}

/* --- the steps --- */

static void on_judged(struct offload_task *task);

static void run_judge(struct offload_task *task)
{
    receive_judge(CONTAINER_OF(task, struct receive, task));
}

static void judge(struct receive *receive)
{
    receive->wall = world_wall(receive->hooks->config.world);
    receive->task = (struct offload_task){
        .run = run_judge, .done = on_judged, .worker = receive->worker};
    if (receive->body.n > JUDGE_HERE_BYTES_MAX) {
        atomic_fetch_add(&receive->hooks->busy[receive->worker->id], 1);
        offload_submit(receive->hooks->offload, &receive->task);
        return;
    }
    receive_judge(receive);
    atomic_fetch_add(&receive->hooks->busy[receive->worker->id], 1);
    on_judged(&receive->task);
}

static void on_captured(struct secret_keep *keep)
{
    struct receive *receive = CONTAINER_OF(keep, struct receive, capture);
    atomic_fetch_sub(&receive->hooks->busy[receive->worker->id], 1);
    if (keep->err == ERR_STATE_CONFLICT) {
        receive->verdict.reason = REASON_secret_known;
        receive_refuse(receive, ERR_HOOK_REJECTED,
                       webhook_reason_text(REASON_secret_known));
    } else if (keep->err != ERR_NONE) {
        receive_refuse(receive, keep->err, STR_NONE);
    } else {
        receive_move(receive, RECEIVE_ANSWER);
    }
}

static void capture(struct receive *receive)
{
    receive->capture = (struct secret_keep){.secrets = receive->hooks->secrets,
                                            .integration = receive->integration->name,
                                            .scope = receive_scope(receive),
                                            .texts = &receive->verdict.secret,
                                            .n = 1,
                                            .only_first = true,
                                            .done = on_captured,
                                            .worker = receive->worker};
    atomic_fetch_add(&receive->hooks->busy[receive->worker->id], 1);
    secret_keep(&receive->capture);
}

static void refuse_large(struct receive *receive)
{
    receive_refuse(receive, ERR_BODY_TOO_LARGE, STR("A webhook has at most 25 MiB."));
}

static void enter(struct receive *receive)
{
    switch (receive->step) {
    case RECEIVE_BODY:
        if (receive->in->body.left > PAYLOAD_BYTES_MAX)
            refuse_large(receive);
        else
            inbound_read_body(receive->in);
        return;
    case RECEIVE_JUDGE:
        judge(receive);
        return;
    case RECEIVE_CAPTURE:
        capture(receive);
        return;
    case RECEIVE_KEEP:
        receive_keep(receive);
        return;
    case RECEIVE_LIST:
        receive_list(receive);
        return;
    case RECEIVE_ANSWER:
        answer(receive);
        return;
    case RECEIVE_ROUTE:
        return;
    }
}

void receive_move(struct receive *receive, enum receive_step next)
{
    CHECK_MAGIC(receive, RECEIVE_MAGIC);
    CHECK(steps[receive->step].moves & (1u << next));
    receive->step = next;
    enter(receive);
}

void receive_refuse(struct receive *receive, enum err err, str detail)
{
    struct hooks *hooks = receive->hooks;
    receive->err = err;
    receive->err_detail = detail;
    atomic_fetch_add(err == ERR_HOOK_REJECTED ? &hooks->rejected
                     : receive->integration   ? &hooks->refused
                                              : &hooks->unknown,
                     1);
    receive_move(receive, RECEIVE_ANSWER);
}

/* It may be the vendor's: who cannot tell does not say that it is not. */
static bool awaits_keys(const struct receive *receive)
{
    const struct webhook_verdict *verdict = &receive->verdict;
    bool missed =
        verdict->reason == REASON_secret_missing || verdict->reason == REASON_key_unknown;
    if (!verdict->by || verdict->by->secret.owner != SECRET_OF_URL)
        return false;
    return key_sets_ask(receive->hooks->key_sets, receive->worker,
                        verdict->by->secret.name, missed) &&
           missed;
}

static void note_rejected(struct receive *receive)
{
    const struct hooks_config *config = &receive->hooks->config;
    const struct account *account = receive->account;
    struct forwarded forwarded = {config->trusted, config->trusted_n};
    struct hook_message message = {.integration = receive->integration->name,
                                   .account = STR_NONE,
                                   .method = receive->request.method,
                                   .url = receive->url,
                                   .headers = *receive->request.headers,
                                   .body = receive->request.body,
                                   .received = receive->wall};
    struct rejection rejection = {
        .reason = receive->verdict.reason,
        .environment = account ? tenant_id_str(&account->environment->id) : STR_NONE,
        .account = account ? tenant_id_str(&account->id) : STR_NONE,
        .peer = forwarded_client(&forwarded, receive->in),
        .message = &message};
    rejected_note(receive->hooks->rejected_kept, &rejection);
    hooks_wake(receive->hooks);
}

static void on_judged(struct offload_task *task)
{
    struct receive *receive = CONTAINER_OF(task, struct receive, task);
    const struct webhook_verdict *verdict = &receive->verdict;
    struct hooks *hooks = receive->hooks;
    atomic_fetch_sub(&hooks->busy[receive->worker->id], 1);
    if (awaits_keys(receive)) {
        receive_refuse(receive, ERR_HOOK_KEYS, STR_NONE);
        return;
    }
    if (verdict->outcome == WEBHOOK_REJECT) {
        note_rejected(receive);
        receive_refuse(receive, ERR_HOOK_REJECTED, webhook_reason_text(verdict->reason));
        return;
    }
    atomic_fetch_add(verdict->handshake ? &hooks->shaken : &hooks->accepted, 1);
    if (!str_absent(verdict->secret))
        receive_move(receive, RECEIVE_CAPTURE);
    else
        receive_move(receive, receive->list.n ? RECEIVE_KEEP : RECEIVE_ANSWER);
}

/* --- the body --- */

static void on_body(struct inbound *in, str chunk)
{
    struct receive *receive = in->owner;
    struct hooks *hooks = receive->hooks;
    buf_put(&receive->body, chunk.p, chunk.n);
    if (!buf_ok(&receive->body)) {
        refuse_large(receive);
        return;
    }
    uint64_t more = receive->body.room - receive->counted;
    receive->counted += more;
    if (atomic_fetch_add(&hooks->bytes, more) + more > hooks->config.bytes_max)
        receive_refuse(receive, ERR_OVERLOADED,
                       STR("hook_bytes_max: too many webhooks are in memory."));
}

static void on_body_end(struct inbound *in)
{
    receive_move(in->owner, RECEIVE_JUDGE);
}

static void on_drained(struct inbound *in)
{
    (void)in;
}

static void on_gone(struct inbound *in)
{
    struct receive *receive = in->owner;
    receive->gone = true;
    if (receive->step == RECEIVE_BODY)
        receive_move(receive, RECEIVE_ANSWER);
}

/* --- the route --- */

static str origin(struct receive *receive)
{
    const struct hooks_config *config = &receive->hooks->config;
    struct forwarded forwarded = {config->trusted, config->trusted_n};
    if (config->public_url.n)
        return config->public_url;
    str parts[] = {forwarded_tls(&forwarded, receive->in) ? STR("https://")
                                                          : STR("http://"),
                   forwarded_host(&forwarded, receive->in)};
    return arena_join(&receive->arena, parts, COUNT_OF(parts));
}

/* As the vendor wrote it, which some sign. */
static str url_of(struct receive *receive)
{
    const struct inbound *in = receive->in;
    str parts[] = {origin(receive), in->path, str_absent(in->query) ? STR("") : STR("?"),
                   in->query};
    return arena_join(&receive->arena, parts, COUNT_OF(parts));
}

/* Whose the URL is: an account, an app, or with "" nobody in particular. */
static enum err find_owner(struct receive *receive, str name, str ref)
{
    struct directory *directory = receive->hooks->config.directory;
    if (ref.n == 0)
        return ERR_NONE;
    receive->account = directory_account(directory, ref);
    if (receive->account && !str_eq(receive->account->integration, name))
        return ERR_HOOK_UNKNOWN;
    if (receive->account)
        return receive->account->state == ACCOUNT_DELETING ? ERR_ACCOUNT_DELETED
                                                           : ERR_NONE;
    receive->app = directory_app(directory, ref);
    if (receive->app)
        return str_eq(receive->app->integration, name) ? ERR_NONE : ERR_HOOK_UNKNOWN;
    return directory_was_deleted(directory, ref) ? ERR_ACCOUNT_DELETED : ERR_HOOK_UNKNOWN;
}

static enum err find_integration(struct receive *receive, str name)
{
    struct hooks *hooks = receive->hooks;
    const struct integration *found;
    receive->pin = catalog_pin(hooks->config.catalog, receive->worker);
    const struct snapshot *snapshot = receive->pin->snapshot;
    enum err err = ERR_NONE;
    if (receive->account)
        err = snapshot_for(snapshot, receive->account, &found);
    else
        found = snapshot_find(snapshot, name);
    if (err != ERR_NONE)
        return err;
    if (!found || !found->webhooks)
        return ERR_HOOK_UNKNOWN;
    receive->integration = found;
    return ERR_NONE;
}

static enum err route(struct receive *receive)
{
    str rest = str_from(receive->in->path, STR("/hooks/").n);
    size_t slash = str_find(rest, '/');
    str name = str_of(rest.p, slash);
    str ref = slash < rest.n ? str_from(rest, slash + 1) : STR("");
    if (slash < rest.n && ref.n == 0)
        return ERR_HOOK_UNKNOWN;
    enum err err = find_owner(receive, name, ref);
    return err == ERR_NONE ? find_integration(receive, name) : err;
}

void receive_start(struct hooks *hooks, struct inbound *in)
{
    static const struct inbound_ops ops = {on_body, on_body_end, on_drained, on_gone};
    struct receive *receive = mem_zalloc(sizeof(*receive));
    receive->magic = RECEIVE_MAGIC;
    receive->hooks = hooks;
    receive->in = in;
    receive->worker = in->worker;
    arena_init(&receive->arena, CHUNK_BYTES, arena_bytes_max);
    buf_init(&receive->body, PAYLOAD_BYTES_MAX);
    in->ops = &ops;
    in->owner = receive;
    enum err err = route(receive);
    if (err != ERR_NONE) {
        receive_refuse(receive, err, STR_NONE);
        return;
    }
    receive->url = url_of(receive);
    bool has_body = !parse_body_empty(&in->body); /* else no end of it comes */
    receive_move(receive, has_body ? RECEIVE_BODY : RECEIVE_JUDGE);
}
