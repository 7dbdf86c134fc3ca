/*
 * A consent's way to the vendor and back: where the browser is sent, and the exchange of
 * what it brought.
 */
#include "auth/pkce.h"
#include "base/crypto.h"
#include "connect/consent_steps.h"
#include "keeper/party.h"

static str redirect_uri(struct consent *consent, const struct app *app)
{
    if (app && app->redirect_uri.n)
        return arena_str(consent->arena, app->redirect_uri);
    str parts[] = {connect_origin(consent->connect, consent->in, consent->arena),
                   STR("/oauth/callback")};
    return arena_join(consent->arena, parts, 2);
}

/* As it was when the browser was sent away: the vendor compares them. */
str consent_redirect_uri(struct consent *consent)
{
    struct app *app =
        party_app(consent->connect->directory, consent->account, consent->way->name);
    str uri = redirect_uri(consent, app);
    app_unref(&app);
    return uri;
}

/* Made from what only this browser and we know, so that nothing of it is stored. */
static str proof_key(struct consent *consent)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    str parts[] = {consent->ticket.state, STR(" "), consent->ticket.browser};
    crypto_hmac_sha256(
        str_of((const char *)consent->connect->key, sizeof(consent->connect->key)),
        arena_join(consent->arena, parts, COUNT_OF(parts)), digest);
    return pkce_verifier(consent->arena, digest);
}

/* --- to the vendor --- */

/* A browser goes no further than a token would. */
static bool may_send(struct consent *consent, str text, str *ret_detail)
{
    const struct integration *integration = consent->integration;
    struct url url;
    *ret_detail = STR("The address of the consent page is not among the hosts.");
    return url_parse(consent->arena, text, &url, NULL) &&
           party_may_ask(integration, &consent->way->rule.token->authorize_url, &url);
}

static void on_begun(struct session_change *change)
{
    struct consent *consent = change->owner;
    struct token_inputs inputs;
    struct party party;
    str url, detail;
    if (change->err != ERR_NONE) {
        consent_refuse(consent, change->err, STR_NONE);
        return;
    }
    party_init(&party, consent->connect->directory, consent->account, consent->way,
               consent->arena, &inputs);
    inputs.redirect_uri = redirect_uri(consent, party.app);
    inputs.verifier = proof_key(consent);
    enum err err = token_authorize_url(&inputs, consent->ticket.state, &url, &detail);
    party_fini(&party);
    if (err == ERR_NONE && !may_send(consent, url, &detail))
        err = ERR_HOST_FORBIDDEN;
    if (err != ERR_NONE) {
        consent_refuse(consent, err, detail);
        return;
    }
    consent_send_to_vendor(consent, url, inputs.redirect_uri);
}

void consent_leave(struct consent *consent)
{
    consent->ticket =
        ticket_make(consent->in, consent->session.session.id, consent->secret);
    consent_change_session(consent, SESSION_BEGIN, on_begun);
}

/* --- what comes back --- */

static void on_code(struct code *code)
{
    struct consent *consent = code->owner;
    if (code->err != ERR_NONE)
        consent_refuse(consent, code->err, code->detail);
    else
        consent_move(consent, CONSENT_END);
}

/* What the document wants of the redirect, as context. */
static struct json redirect_context(struct consent *consent)
{
    const struct token_rule *rule = consent->way->rule.token;
    const struct token_param *items = rule->redirect.items;
    struct json_build build;
    json_build_init(&build, consent->arena);
    for (uint32_t i = 0; consent->ticket.state.n && i < rule->redirect.n; i++) {
        str name = items[i].value.parts[0].text;
        str value = url_query_find(consent->arena, consent->in->query, name);
        if (value.n)
            json_build_member(&build, items[i].name, json_of_text(value));
    }
    return json_build_object(&build);
}

/* Without a code the token is obtained by what account and app have themselves. */
void consent_exchange_code(struct consent *consent)
{
    str text = consent->vendor_code;
    struct code *code = &consent->code;
    code->env = &consent->connect->code;
    code->worker = consent->worker;
    code->arena = consent->arena;
    code->account = consent->session.session.account;
    code->way_name = consent->way->name;
    code->code = text;
    code->context = redirect_context(consent);
    if (text.n && consent->way->rule.token->pkce)
        code->verifier = proof_key(consent);
    if (text.n)
        code->redirect_uri = consent_redirect_uri(consent);
    code->login =
        (struct login){.session = consent->session.session.id,
                       .peer = arena_str(consent->arena, inbound_peer(consent->in))};
    code->force = consent->session.session.force;
    code->done = on_code;
    code->owner = consent;
    consent_log(consent, LOG_DEBUG, "exchange", ERR_NONE, STR_NONE);
    code_exchange(code);
}
