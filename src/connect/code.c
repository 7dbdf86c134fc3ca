/*
 *   INTEND ──lease──► FETCH ──token──► STORE ──► done
 *     ▲ held, newer     └──no──► RELEASE ──► done
 *     └── a moment later
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
    return code->way->rule.token;
}

static void end(struct code *code, enum err err, str detail)
{
    code->err = err;
    code->detail = detail;
    list_remove(&code->node);
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
    enum err err = ERR_NONE;
    usec wall = world_wall(code->worker->world);
    new->context = merge_patch(code->arena, &code->context, &answer->context);
    str changed = changed_identity(code, &new->context);
    if (!code->force && code->found->credential_version && changed.n) {
        release(code, ERR_IDENTITY_CHANGED,
                arena_printf(code->arena, "\"" STR_F "\" is not what it was.",
                             STR_A(changed)));
        return;
    }
    new->issued = wall;
    new->expires = token_end_of(wall, answer->lifetime);
    /* What it has of another way is left behind. */
    bool same = auth_way_is(code->way, code->found->way);
    new->refresh_expires =
        token_refresh_end(answer, same ? code->found->token.refresh_expires : 0, wall);
    new->credential_n = token_merge(
        same ? directory_credentials(code->env->directory, code->found, &err) : NULL,
        auth_token_name(&code->way->rule), answer, code->arena, &new->credentials);
    new->way = str_absent(code->way->name) ? STR("") : code->way->name;
    change(code, TOKEN_STORE);
}

static void on_heard(struct token_call *call)
{
    struct code *code = CONTAINER_OF(call, struct code, call);
    code->asking = false;
    if (call->answer.verdict == TOKEN_GOOD)
        store(code);
    else
        release(code, ERR_CONNECT_REFUSED, call->answer.fault);
}

/* --- asking --- */

static void ask(struct code *code)
{
    const struct code_env *env = code->env;
    code->account_context =
        merge_patch(code->arena, &code->found->context, &code->context);
    code->call =
        (struct token_call){.ops = env->ops,
                            .ops_arg = env->ops_arg,
                            .directory = env->directory,
                            .worker = code->worker,
                            .arena = code->arena,
                            .pin = code->pin,
                            .integration = code->integration,
                            .way = code->way,
                            .account = code->found,
                            .purpose = code->code.n ? TOKEN_FOR_CODE : TOKEN_OBTAIN,
                            .context = &code->account_context,
                            .code = code->code,
                            .verifier = code->verifier,
                            .redirect_uri = code->redirect_uri,
                            .heard = on_heard};
    code->asking = token_call_start(&code->call);
    if (!code->asking)
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
    if (code->integration)
        code->way = integration_way(code->integration, code->way_name);
    if (!code->way || !rule_of(code)) {
        end(code, ERR_INTEGRATION_UNKNOWN, STR_NONE);
        return;
    }
    change(code, TOKEN_INTEND);
}

void code_exchange(struct code *code)
{
    struct code_desk *desk = &code->env->desks[code->worker->id];
    timer_init(&code->timer, code->worker, on_timer);
    list_push_back(&desk->codes, &code->node);
    if (desk->stopped)
        end(code, ERR_TOKEN_UNAVAILABLE, str_z(stopping));
    else
        begin(code);
}

/* --- the end of the daemon --- */

static void stop(struct code *code)
{
    code->stopping = true;
    if (code->asking) {
        token_call_abandon(&code->call);
        code->asking = false;
        release(code, ERR_TOKEN_UNAVAILABLE, str_z(stopping));
    } else if (timer_active(&code->timer)) {
        end(code, ERR_TOKEN_UNAVAILABLE, str_z(stopping));
    }
    /* else the store is about to answer */
}

void code_stop(struct code_env *env, struct worker *worker)
{
    struct code_desk *desk = &env->desks[worker->id];
    struct list *next;
    desk->stopped = true;
    for (struct list *node = desk->codes.next; node != &desk->codes; node = next) {
        next = node->next;
        stop(CONTAINER_OF(node, struct code, node));
    }
}
