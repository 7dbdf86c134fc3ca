/*
 * Tokens that are renewed: a call takes what is good without asking, waits for what is
 * not, and asks again, once, when the vendor refuses what was good.
 */
#include "exchange/exchange_steps.h"

/* The account as the directory has it now, with the newest credentials. */
static void take_newest(struct exchange *exchange)
{
    struct account *newest = directory_account(exchange->env->directory,
                                               tenant_id_str(&exchange->account->id));
    exchange->renewed = true;
    if (!newest)
        return; /* deleted meanwhile */
    account_unref(&exchange->newer);
    exchange->account = exchange->newer = newest;
    exchange->way = integration_way(exchange->integration, newest->way);
}

static enum exchange_step refuse(struct exchange *exchange,
                                 const struct keeper_reason *reason)
{
    str detail = arena_str(exchange->arena, str_z(reason->detail));
    return exchange_fail(exchange, reason->err ? reason->err : ERR_TOKEN_UNAVAILABLE,
                         detail.n ? detail : STR_NONE, reason->retry_after);
}

static void on_heard(struct token_wait *wait)
{
    struct exchange *exchange = wait->owner;
    CHECK(exchange->step == EXCHANGE_RENEWAL);
    exchange->renewal = NULL;
    timer_cancel(&exchange->timer);
    exchange->outcome.queued += exchange->worker->now - exchange->step_began;
    if (wait->word == KEEPER_NO) {
        exchange_move(exchange, refuse(exchange, &wait->reason));
        return;
    }
    take_newest(exchange);
    exchange_move(exchange, EXCHANGE_CREDENTIAL);
}

bool exchange_needs_token(const struct exchange *exchange)
{
    const struct auth_rule *rule = exchange_rule(exchange);
    return rule && rule->token && exchange->env->keeper && !exchange->renewed &&
           !keeper_good(exchange->account, exchange->worker->now);
}

bool exchange_may_renew(const struct exchange *exchange)
{
    const struct body *body = exchange->request.body;
    const struct auth_rule *rule = exchange_rule(exchange);
    return rule && rule->token && exchange->env->keeper && !exchange->refused_once &&
           exchange->credentials && (!body || body_can_rewind(body));
}

enum keeper_word exchange_ask_token(struct exchange *exchange, uint64_t refused)
{
    struct keeper_reason reason;
    struct keeper_question question = {.account = exchange->account,
                                       .refused = refused,
                                       .worker = exchange->worker,
                                       .heard = on_heard,
                                       .owner = exchange};
    enum keeper_word word =
        keeper_ask(exchange->env->keeper, &question, &exchange->renewal, &reason);
    if (word == KEEPER_GO)
        take_newest(exchange);
    else if (word == KEEPER_NO && !refused)
        refuse(exchange, &reason);
    return word;
}

void exchange_enter_renewal(struct exchange *exchange)
{
    exchange->step_began = exchange->worker->now;
    timer_start_at(&exchange->timer, exchange_deadline(exchange));
}

void exchange_forget_renewal(struct exchange *exchange)
{
    if (exchange->renewal)
        keeper_forget(exchange->env->keeper, &exchange->renewal);
}

void exchange_end_renewal(struct exchange *exchange)
{
    bool own = exchange->request.deadline <= exchange->total_deadline;
    exchange_forget_renewal(exchange);
    exchange_move(exchange,
                  exchange_fail(exchange,
                                own ? ERR_DEADLINE_EXCEEDED : ERR_TOKEN_UNAVAILABLE,
                                STR("The account's token was still being renewed."), -1));
}
