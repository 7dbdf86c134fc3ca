/*
 *   lease ──had──► FETCH ──token──► CONTEXT ──► STORE ──► done
 *                    └──no──► RELEASE ◄──no──┘
 *                                └──► done
 */
#include "connect/code.h"

#include "json/merge.h"
#include "loop/world.h"

static const struct token_rule *rule_of(const struct code *code)
{
    return code->way->rule.token;
}

static void end(struct code *code, enum err err, str detail)
{
    code->err = err;
    code->detail = detail;
    desk_leave(&code->work);
    if (code->pin)
        catalog_unpin(code->env->catalog, code->worker, code->pin);
    code->pin = NULL;
    code->done(code);
}

/* --- from the vendor's answer to a set --- */

static void release(struct code *code, enum err err, str detail)
{
    code->err = err;
    code->detail = detail;
    code->awaits = CODE_STORE;
    lease_end(&code->lease, TOKEN_RELEASE);
}

/* Whose login it is may not change by accident: what is stored belongs to the one
 * before. */
static str changed_identity(const struct code *code, const struct json *context)
{
    const struct bind_texts *names = &rule_of(code)->identity;
    for (uint32_t i = 0; i < names->n; i++) {
        str before = json_member_text(&code->lease.found->context, names->items[i]);
        str now = json_member_text(context, names->items[i]);
        if (before.n && now.n && !str_eq(before, now))
            return names->items[i];
    }
    return STR_NONE;
}

static void note_login(struct code *code)
{
    struct token_change *new = &code->lease.change;
    const struct personal_sign *sign = auth_personal(&code->way->rule, &new->context);
    new->login = code->login;
    if (!sign)
        return;
    new->login.member = sign->name;
    new->login.value = sign->is;
}

static void store(struct code *code)
{
    const struct token_answer *answer = &code->call.answer;
    struct token_change *new = &code->lease.change;
    usec wall = world_wall(code->worker->world);
    new->context = code->errand.context;
    str changed = changed_identity(code, &new->context);
    if (!code->force && code->lease.found->credential_version && changed.n) {
        release(code, ERR_IDENTITY_CHANGED,
                arena_printf(code->arena, "\"" STR_F "\" is not what it was.",
                             STR_A(changed)));
        return;
    }
    new->issued = wall;
    new->scope = answer->scope;
    note_login(code);
    new->identity = rule_of(code)->identity.items;
    new->identity_n = rule_of(code)->identity.n;
    new->expires = token_end_of(wall, answer->lifetime);
    bool same = auth_way_is(code->way, code->lease.found->way);
    new->refresh_expires = token_refresh_end(
        answer, same ? code->lease.found->token.refresh_expires : 0, wall);
    new->way = str_absent(code->way->name) ? STR("") : code->way->name;
    code->awaits = CODE_STORE;
    lease_end(&code->lease, TOKEN_STORE);
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
    struct token_change *new = &code->lease.change;
    const struct token_answer *answer = &code->call.answer;
    const struct auth_rule *auth = &code->way->rule;
    enum err err = ERR_NONE;
    const struct credentials *own = NULL; /* what is of another way is left behind */
    if (auth_way_is(code->way, code->lease.found->way))
        own = directory_credentials(code->env->directory, code->lease.found, &err);
    new->credential_n =
        token_merge(own, auth_token_name(auth), answer, code->arena, &new->credentials);
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
    struct envoy envoy = {.ops = env->ops,
                          .ops_arg = env->ops_arg,
                          .directory = env->directory,
                          .worker = code->worker,
                          .arena = code->arena,
                          .pin = code->pin,
                          .integration = code->integration,
                          .way = code->way,
                          .account = code->lease.found};
    code->errand = (struct errand){
        .envoy = envoy,
        .context = merge_patch(code->arena, &code->lease.found->context, &code->context),
        .heard = on_looked};
    code->call =
        (struct token_call){.envoy = envoy,
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

/* --- the lease --- */

static void on_had(struct lease *lease)
{
    struct code *code = CONTAINER_OF(lease, struct code, lease);
    code->pin = catalog_pin(code->env->catalog, code->worker);
    code->integration = snapshot_find(code->pin->snapshot, lease->found->integration);
    if (code->integration)
        code->way = integration_way(code->integration, code->way_name);
    if (code->way && rule_of(code))
        ask(code);
    else
        release(code, ERR_INTEGRATION_UNKNOWN, STR_NONE);
}

static void on_ended(struct lease *lease)
{
    struct code *code = CONTAINER_OF(lease, struct code, lease);
    if (lease->err != ERR_NONE)
        end(code, lease->err, lease->detail);
    else
        end(code, code->err, code->detail);
}

/* --- the end of the daemon --- */

static void on_stop(struct desk_work *work)
{
    struct code *code = CONTAINER_OF(work, struct code, work);
    switch (code->awaits) {
    case CODE_LEASE:
        lease_stop(&code->lease);
        return;
    case CODE_CALL:
        token_call_abandon(&code->call);
        break;
    case CODE_ERRAND:
        errand_abandon(&code->errand);
        break;
    case CODE_STORE:
        return; /* it is about to answer */
    }
    release(code, ERR_TOKEN_UNAVAILABLE, STR(KEEPER_STOPPING));
}

void code_exchange(struct code *code)
{
    const struct code_env *env = code->env;
    code->work.stop = on_stop;
    code->err = ERR_NONE;
    code->awaits = CODE_LEASE;
    code->lease = (struct lease){.directory = env->directory,
                                 .worker = code->worker,
                                 .arena = code->arena,
                                 .account = code->account,
                                 .holder = str_z(env->holder),
                                 .had = on_had,
                                 .ended = on_ended};
    if (desk_take(&env->desks[code->worker->id], &code->work))
        lease_take(&code->lease);
    else
        end(code, ERR_TOKEN_UNAVAILABLE, STR(KEEPER_STOPPING));
}
