#include "keeper/token_call.h"

#include "base/log.h"
#include "keeper/party.h"
#include "loop/world.h"

/* A token answer is a few KiB; parsed, JSON may take fifty times its text. */
enum { ANSWER_BYTES_MAX = 64 << 10 };

static const usec deadline_after = 30 * USEC_S;
const usec token_call_lease = 120 * USEC_S;
const usec token_call_held_poll = 250 * USEC_MS;

static const struct token_rule *rule_of(const struct token_call *call)
{
    return call->envoy.way->rule.token;
}

static void set_fault(struct token_call *call, enum err err, enum token_verdict verdict,
                      str fault)
{
    call->err = err;
    call->answer = (struct token_answer){
        .verdict = verdict, .fault = fault, .retry_after = call->fetch.retry_after};
}

/* --- the request --- */

static void fill_inputs(struct token_call *call, struct token_inputs *inputs)
{
    char nonce[32];
    struct world *world = call->envoy.worker->world;
    world_name(world, "", nonce);
    if (call->context)
        inputs->context = call->context;
    inputs->refresh_token = call->refresh_token;
    inputs->code = call->code;
    inputs->verifier = call->verifier;
    inputs->redirect_uri = call->redirect_uri;
    inputs->next_secret = call->next_secret;
    inputs->nonce = arena_str(call->envoy.arena, str_z(nonce));
    inputs->wall = world_wall(world);
    call->has_next_secret = !call->next_secret && token_has_next_secret(inputs);
}

static enum err make_request(struct token_call *call, str *ret_detail)
{
    struct party party;
    struct token_inputs inputs;
    struct token_request *request = &call->fetch.request;
    party_init(&party, call->envoy.directory, call->envoy.account, call->envoy.way,
               call->envoy.arena, &inputs);
    fill_inputs(call, &inputs);
    enum err err = token_request_make(&inputs, call->purpose, request, ret_detail);
    party_fini(&party);
    if (err != ERR_NONE)
        return err;
    return envoy_may_go(&call->envoy, token_url(rule_of(call), call->purpose),
                        &request->url, ret_detail);
}

/* --- what came back --- */

/* A vendor that failed may have acted before it did. */
static bool may_have_acted(const struct token_call *call)
{
    int status = call->fetch.answer.status;
    return call->answer.verdict == TOKEN_TRANSIENT && status != 429 &&
           (status >= 500 || status < 400);
}

/* A sentence, when there is nothing to read; else absent. */
static str unreadable(const struct token_call *call)
{
    const struct token_fetch *fetch = &call->fetch;
    if (fetch->err != ERR_NONE)
        return arena_printf(call->envoy.arena, "The token endpoint: " STR_F ". " STR_F,
                            STR_A(err_row(fetch->err)->title), STR_A(fetch->detail));
    if (fetch->answer.text.n > ANSWER_BYTES_MAX)
        return arena_printf(call->envoy.arena,
                            "The token endpoint answered %d with %zu bytes, which is too "
                            "much to be a token.",
                            fetch->answer.status, fetch->answer.text.n);
    return STR_NONE;
}

/* RFC 7009 §2.2: 200 whatever became of the token; its body says nothing. */
static void read_revocation(struct token_call *call)
{
    int status = call->fetch.answer.status;
    call->answer = (struct token_answer){
        .verdict = status < 300 ? TOKEN_GOOD : TOKEN_TRANSIENT, .retry_after = -1};
    if (status >= 300)
        call->answer.fault = arena_printf(
            call->envoy.arena, "The vendor answered %d to the revocation.", status);
}

static void on_fetched(struct token_fetch *fetch)
{
    struct token_call *call = fetch->owner;
    str fault = unreadable(call);
    if (!str_absent(fault)) {
        call->unanswered = fetch->sent;
        set_fault(call, ERR_TOKEN_UNAVAILABLE, TOKEN_TRANSIENT, fault);
        call->heard(call);
        return;
    }
    call->err = ERR_NONE;
    if (call->purpose == TOKEN_REVOKE) {
        read_revocation(call);
        call->heard(call);
        return;
    }
    token_answer_read(rule_of(call), &fetch->answer, call->envoy.arena, &call->answer);
    call->unanswered = may_have_acted(call);
    if (call->answer.disbelieved && call->has_next_secret) {
        call->next_secret = true;
        if (token_call_start(call))
            return;
    }
    call->heard(call);
}

/* --- the caller's calls --- */

bool token_call_start(struct token_call *call)
{
    str detail;
    call->unanswered = false;
    call->fetch = envoy_fetch(&call->envoy, call->envoy.worker->now + deadline_after,
                              on_fetched, call);
    enum err err = make_request(call, &detail);
    if (err != ERR_NONE) {
        set_fault(call, err, TOKEN_REFUSED, detail);
        return false;
    }
    envoy_send(&call->envoy, &call->fetch);
    return true;
}

void token_call_abandon(struct token_call *call)
{
    call->envoy.ops->abandon(&call->fetch);
}
