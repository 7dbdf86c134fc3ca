/*
 *   INTEND ──lease──► FETCH ──token──► CONTEXT ──► STORE ──► done
 *     ▲ held, newer     └──no──► RELEASE ◄──no──┘
 *     └── a moment later            └──► done
 */
#include "connect/code.h"

#include "json/merge.h"
#include "loop/world.h"

enum { TRIES_MAX = 400 }; /* as long as a lease whose holder has died stands in the way */

static const char stopping[] = "Breakwater is stopping.";

static void on_changed(struct token_change *change);
static void ask(struct code *code);

static const struct token_rule *rule_of(const struct code *code)
{
    return integration_way(code->integration, code->found->way)->rule.token;
}

static void end(struct code *code, enum err err, str detail)
{
    code->err = err;
    code->detail = detail;
    desk_leave(&code->work);
    timer_cancel(&code->timer);
    account_unref(&code->found);
    if (code->pin)
        catalog_unpin(code->env->catalog, code->worker, code->pin);
    code->pin = NULL;
    code->done(code);
}

static void change(struct code *code, enum token_step step)
{
    struct token_change *change = &code->change;
    change->step = step;
    change->directory = code->env->directory;
    change->worker = code->worker;
    change->done = on_changed;
    change->arena = code->arena;
    change->account = code->account;
    change->version = code->found->credential_version;
    change->holder = str_z(code->env->holder);
    change->lease = token_call_lease;
    change->wall = world_wall(code->worker->world);
    directory_change_token(change);
}

/* --- from the vendor's answer to a set --- */

static void release(struct code *code, enum err err, str detail)
{
    code->err = err;
    code->detail = detail;
    code->awaits = CODE_STORE;
    change(code, TOKEN_RELEASE);
}

/* Whose login it is may not change by accident: what is stored belongs to the one
 * before. */
static str changed_identity(const struct code *code, const struct json *context)
{
    const struct bind_texts *names = &rule_of(code)->identity;
    for (uint32_t i = 0; i < names->n; i++) {
        str before = json_member_text(&code->found->context, names->items[i]);
        str now = json_member_text(context, names->items[i]);
        if (before.n && now.n && !str_eq(before, now))
            return names->items[i];
    }
    return STR_NONE;
}

static void store(struct code *code)
{
    const struct token_answer *answer = &code->call.answer;
    struct token_change *new = &code->change;
    usec wall = world_wall(code->worker->world);
    new->context = code->errand.context;
    str changed = changed_identity(code, &new->context);
    if (!code->force && code->found->credential_version && changed.n) {
        release(code, ERR_IDENTITY_CHANGED,
                arena_printf(code->arena, "\"" STR_F "\" is not what it was.",
                             STR_A(changed)));
        return;
    }
    new->issued = wall;
    new->expires = token_end_of(wall, answer->lifetime);
    new->refresh_expires =
        token_refresh_end(answer, code->found->token.refresh_expires, wall);
    code->awaits = CODE_STORE;
    change(code, TOKEN_STORE);
}

static void on_looked(struct errand *errand)
{
    struct code *code = CONTAINER_OF(errand, struct code, errand);
    if (errand->end == ERRAND_DONE)
        store(code);
    else
        release(code, errand->err ? errand->err : ERR_CONNECT_REFUSED, errand->fault);
}

/* What the vendor says of whoever has connected, before anything is stored: the set may
 * be another's, and a base URL may hang on it. */
static void look_around(struct code *code)
{
    struct errand *errand = &code->errand;
    struct token_change *new = &code->change;
    const struct token_answer *answer = &code->call.answer;
    const struct auth_rule *auth =
        &integration_way(code->integration, code->found->way)->rule;
    enum err err = ERR_NONE;
    new->credential_n =
        token_merge(directory_credentials(code->env->directory, code->found, &err),
                    auth_token_name(auth), answer, code->arena, &new->credentials);
    errand->context = merge_patch(code->arena, &errand->context, &answer->context);
    if (!errand_take_context(errand, auth)) {
        store(code);
        return;
    }
    errand->credentials =
        errand_credentials(new->credentials, new->credential_n, code->arena);
    if (errand_start(errand))
        code->awaits = CODE_ERRAND;
    else
        on_looked(errand);
}

static void on_heard(struct token_call *call)
{
    struct code *code = CONTAINER_OF(call, struct code, call);
    if (call->answer.verdict == TOKEN_GOOD)
        look_around(code);
    else
        release(code, ERR_CONNECT_REFUSED, call->answer.fault);
}

/* --- asking --- */

static void ask(struct code *code)
{
    const struct code_env *env = code->env;
    code->errand = (struct errand){
        .ops = env->ops,
        .ops_arg = env->ops_arg,
        .directory = env->directory,
        .worker = code->worker,
        .arena = code->arena,
        .pin = code->pin,
        .integration = code->integration,
        .account = code->found,
        .context = merge_patch(code->arena, &code->found->context, &code->context),
        .heard = on_looked};
    code->call =
        (struct token_call){.ops = env->ops,
                            .ops_arg = env->ops_arg,
                            .directory = env->directory,
                            .worker = code->worker,
                            .arena = code->arena,
                            .pin = code->pin,
                            .integration = code->integration,
                            .account = code->found,
                            .purpose = code->code.n ? TOKEN_FOR_CODE : TOKEN_OBTAIN,
                            .context = &code->errand.context,
                            .code = code->code,
                            .verifier = code->verifier,
                            .redirect_uri = code->redirect_uri,
                            .heard = on_heard};
    if (token_call_start(&code->call))
        code->awaits = CODE_CALL;
    else
        release(code, code->call.err, code->call.answer.fault);
}

/* --- the store's answers --- */

static void begin(struct code *code);

static void on_timer(struct timer *timer)
{
    begin(CONTAINER_OF(timer, struct code, timer));
}

static void again(struct code *code, usec delay)
{
    if (++code->tries > TRIES_MAX)
        end(code, ERR_TOKEN_UNAVAILABLE,
            STR("The account's token is being renewed; try again in a minute."));
    else
        timer_start(&code->timer, delay);
}

/* A lease that stands for its whole length has lost its holder. */
static void note_lease(struct code *code)
{
    usec now = code->worker->now;
    if (code->change.fence != code->seen_fence) {
        code->seen_fence = code->change.fence;
        code->seen_since = now;
    } else if (now - code->seen_since >= token_call_lease) {
        code->change.outlived = code->seen_fence;
    }
}

/* The lease is had, or not needed any more. */
static void on_stopped(struct code *code)
{
    if (code->change.end == TOKEN_DONE)
        release(code, ERR_TOKEN_UNAVAILABLE, str_z(stopping));
    else
        end(code, ERR_TOKEN_UNAVAILABLE, str_z(stopping));
}

static void on_intended(struct code *code)
{
    if (code->stopping) {
        on_stopped(code);
        return;
    }
    switch (code->change.end) {
    case TOKEN_DONE:
        ask(code);
        return;
    case TOKEN_NEWER:
        again(code, 0);
        return;
    case TOKEN_HELD:
        note_lease(code);
        again(code, token_call_held_poll);
        return;
    case TOKEN_GONE:
        end(code, ERR_ACCOUNT_DISABLED, STR_NONE);
        return;
    }
}

static void on_changed(struct token_change *change)
{
    struct code *code = CONTAINER_OF(change, struct code, change);
    if (change->step == TOKEN_RELEASE) /* if it failed, the lease runs out */
        end(code, code->err, code->detail);
    else if (change->err != ERR_NONE)
        end(code, change->err, STR_NONE);
    else if (change->step == TOKEN_INTEND)
        on_intended(code);
    else if (change->end != TOKEN_DONE)
        end(code, ERR_STATE_CONFLICT,
            STR("Its credentials were changed while it was being connected."));
    else
        end(code, ERR_NONE, STR_NONE);
}

static void begin(struct code *code)
{
    account_unref(&code->found);
    code->found = directory_account(code->env->directory, code->account);
    if (!code->found) {
        end(code, ERR_ACCOUNT_UNKNOWN, STR_NONE);
        return;
    }
    if (!code->pin)
        code->pin = catalog_pin(code->env->catalog, code->worker);
    code->integration = snapshot_find(code->pin->snapshot, code->found->integration);
    if (!code->integration || !rule_of(code)) {
        end(code, ERR_INTEGRATION_UNKNOWN, STR_NONE);
        return;
    }
    change(code, TOKEN_INTEND);
}

/* --- the end of the daemon --- */

static void on_stop(struct desk_work *work)
{
    struct code *code = CONTAINER_OF(work, struct code, work);
    bool waits = timer_active(&code->timer);
    code->stopping = true;
    if (code->awaits == CODE_CALL)
        token_call_abandon(&code->call);
    else if (code->awaits == CODE_ERRAND)
        errand_abandon(&code->errand);
    if (waits)
        end(code, ERR_TOKEN_UNAVAILABLE, str_z(stopping));
    else if (code->awaits != CODE_STORE)
        release(code, ERR_TOKEN_UNAVAILABLE, str_z(stopping));
    /* else the store is about to answer */
}

void code_exchange(struct code *code)
{
    timer_init(&code->timer, code->worker, on_timer);
    code->work.stop = on_stop;
    if (desk_take(&code->env->desks[code->worker->id], &code->work))
        begin(code);
    else
        end(code, ERR_TOKEN_UNAVAILABLE, str_z(stopping));
}
