#include "connect/consent.h"

#include "auth/pkce.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/utf8.h"
#include "connect/apology.h"
#include "http/refusal.h"
#include "keeper/party.h"
#include "loop/world.h"

enum { BODY_BYTES_MAX = 256 * 1024, WORDS_BYTES_MAX = 400, CODE_BYTES_MAX = 80 };

/* --- the end --- */

static void let_go(struct consent *consent)
{
    snapshot_unref(&consent->snapshot);
    account_unref(&consent->account);
    buf_fini(&consent->body);
}

static void show(struct consent *consent, struct page *page)
{
    struct inbound *in = consent->in;
    let_go(consent);
    page_answer(in, page);
}

/* In front of a fragment. */
static str with_query(struct arena *arena, str url, str query)
{
    size_t end = str_find(url, '#');
    bool has = str_find(str_of(url.p, end), '?') < end;
    str parts[] = {str_of(url.p, end), has ? STR("&") : STR("?"), query,
                   str_from(url, end)};
    return arena_join(arena, parts, COUNT_OF(parts));
}

static str return_link(struct consent *consent, str status, str code)
{
    struct form form;
    const struct session *session = &consent->session.session;
    if (str_absent(session->return_url))
        return STR_NONE;
    form_init(&form, consent->arena);
    form_add(&form, STR("status"), status);
    form_add(&form, STR("account"), session->account);
    if (code.n)
        form_add(&form, STR("code"), code);
    return with_query(consent->arena, session->return_url, form_text(&form));
}

static void log_consent(const struct consent *consent, enum log_level level,
                        const char *what, enum err err, str detail)
{
    struct log_line line;
    log_open(&line, consent->connect->log, level, "connect");
    log_str(&line, "what", str_z(what));
    log_str(&line, "session", consent->session.session.id);
    log_str(&line, "account", consent->session.session.account);
    log_str(&line, "code", err == ERR_NONE ? STR_NONE : err_code(err));
    log_str(&line, "detail", detail);
    log_close(&line);
}

static str own_link(struct consent *consent)
{
    return connect_link(consent->connect, consent->in, consent->secret, consent->arena);
}

static str link_again(struct consent *consent)
{
    str parts[] = {own_link(consent), STR("?ask")};
    return arena_join(consent->arena, parts, COUNT_OF(parts));
}

/* Whose sentence `detail` is decides who sees it: the vendor's no is shown as it is, and
 * so is what only the operator can mend; the rest is for the log. */
static bool is_shown(enum err err)
{
    return err == ERR_CONNECT_REFUSED || err == ERR_CREDENTIAL_UNUSABLE;
}

/* What went wrong, with a way on and a way back. */
static void refuse(struct consent *consent, enum err err, str detail)
{
    struct page page;
    const struct session *session = &consent->session.session;
    const struct integration *integration = consent->integration;
    str label = integration ? integration->label : STR_NONE;
    bool again = apology_make(err, label, consent->arena, &page);
    log_consent(consent, LOG_WARN, "refused", err, detail);
    page.words = is_shown(err) ? detail : STR_NONE;
    page.reference = session->id;
    if (session->ended)
        page.back = session->return_url;
    else if (session->id.n)
        page.back = return_link(consent, STR("error"), page.code);
    if (again && session->id.n && !session->ended && consent->secret.n)
        page.again = link_again(consent);
    show(consent, &page);
}

/* --- where we are --- */

static str origin_of(const struct connect *connect, const struct inbound *in,
                     struct arena *arena)
{
    if (connect->public_url.n)
        return connect->public_url;
    str host = header_value(&in->head.headers, HEADER_HOST);
    str parts[] = {inbound_tls(in) ? STR("https://") : STR("http://"), host};
    return arena_join(arena, parts, 2);
}

str connect_link(const struct connect *connect, const struct inbound *in, str secret,
                 struct arena *arena)
{
    str parts[] = {origin_of(connect, in, arena), STR("/oauth/connect/"), secret};
    return arena_join(arena, parts, COUNT_OF(parts));
}

static bool is_secure(const struct consent *consent)
{
    return str_starts(consent->connect->public_url, STR("https://")) ||
           inbound_tls(consent->in);
}

static str redirect_uri(struct consent *consent, const struct app *app)
{
    if (app && app->redirect_uri.n)
        return arena_str(consent->arena, app->redirect_uri);
    str parts[] = {origin_of(consent->connect, consent->in, consent->arena),
                   STR("/oauth/callback")};
    return arena_join(consent->arena, parts, 2);
}

/* As it was when the browser was sent away: the vendor compares them. */
static str own_redirect_uri(struct consent *consent)
{
    struct app *app =
        party_app(consent->connect->directory, consent->account, consent->way->name);
    str uri = redirect_uri(consent, app);
    app_unref(&app);
    return uri;
}

/* --- connected --- */

/* Without a place to return to, the link's own page says it: that one can be reloaded. */
static void finish(struct consent *consent)
{
    struct inbound *in = consent->in;
    str back = return_link(consent, STR("connected"), STR_NONE);
    str cookie = STR_NONE;
    if (!str_absent(consent->ticket.browser))
        cookie = ticket_forget(&consent->ticket, own_redirect_uri(consent),
                               is_secure(consent), consent->arena);
    log_consent(consent, LOG_INFO, "connected", ERR_NONE, STR_NONE);
    if (!back.n)
        back = own_link(consent);
    let_go(consent);
    page_redirect(in, back, cookie);
}

static void on_ended(struct session_change *change)
{
    finish(change->owner); /* the account is connected, whatever became of the link */
}

static void change_session(struct consent *consent, enum session_step step,
                           void (*done)(struct session_change *))
{
    struct session_change *change = &consent->session;
    change->step = step;
    change->directory = consent->connect->directory;
    change->store = consent->connect->store;
    change->worker = consent->worker;
    change->arena = consent->arena;
    change->owner = consent;
    change->done = done;
    change->wall = world_wall(consent->worker->world);
    change->secret = consent->secret;
    change->state = consent->ticket.state;
    change->browser = consent->ticket.browser;
    change->begun = consent->way ? consent->way->name : STR_NONE;
    session_change(change);
}

/* --- to the vendor --- */

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
    struct inbound *in = consent->in;
    struct token_inputs inputs;
    struct party party;
    str url, detail;
    if (change->err != ERR_NONE) {
        refuse(consent, change->err, STR_NONE);
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
        refuse(consent, err, detail);
        return;
    }
    str cookie = ticket_keep(&consent->ticket, inputs.redirect_uri, is_secure(consent),
                             consent->arena);
    log_consent(consent, LOG_INFO, "to_vendor", ERR_NONE, STR_NONE);
    let_go(consent);
    page_redirect(in, url, cookie);
}

static bool by_code(const struct consent *consent)
{
    const struct token_rule *rule = consent->way->rule.token;
    return rule && rule->grant == TOKEN_GRANT_authorization_code;
}

static void on_code(struct code *code)
{
    struct consent *consent = code->owner;
    if (code->err != ERR_NONE)
        refuse(consent, code->err, code->detail);
    else
        change_session(consent, SESSION_END, on_ended);
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

/* `text`: the code; absent: the token is obtained without one. */
static void exchange_code(struct consent *consent, str text)
{
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
        code->redirect_uri = own_redirect_uri(consent);
    code->login =
        (struct login){.session = consent->session.session.id,
                       .peer = arena_str(consent->arena, inbound_peer(consent->in))};
    code->force = consent->session.session.force;
    code->done = on_code;
    code->owner = consent;
    log_consent(consent, LOG_DEBUG, "exchange", ERR_NONE, STR_NONE);
    code_exchange(code);
}

/* Keys that a form brought get their token as the keeper gets it. */
static void go_on_without_vendor(struct consent *consent)
{
    if (consent->way->rule.token && !consent->change.credential_n)
        exchange_code(consent, STR_NONE);
    else
        change_session(consent, SESSION_END, on_ended);
}

static void go_on(struct consent *consent)
{
    if (!by_code(consent)) {
        go_on_without_vendor(consent);
        return;
    }
    consent->ticket =
        ticket_make(consent->in, consent->session.session.id, consent->secret);
    change_session(consent, SESSION_BEGIN, on_begun);
}

/* --- the form --- */

/* The document's words; else what the button does, where nothing else would say it. */
static str form_text_of(struct consent *consent)
{
    const struct integration *integration = consent->integration;
    str own = consent->way->connect.text;
    str text = str_absent(own) ? integration->connect.text : own;
    if (text.n || (consent->form.n && !by_code(consent)))
        return text;
    return arena_printf(consent->arena,
                        by_code(consent) ? "Next, " STR_F " asks you whether you agree."
                                         : STR_F
                            " is connected when you press the button.",
                        STR_A(integration->label));
}

static void show_form(struct consent *consent)
{
    const struct integration *integration = consent->integration;
    str title = arena_printf(consent->arena, "Connect " STR_F, STR_A(integration->label));
    struct page page = {.status = 200,
                        .title = title,
                        .text = form_text_of(consent),
                        .words = consent->words,
                        .fields = consent->form.fields,
                        .field_n = consent->form.n,
                        .button = by_code(consent) ? STR("Continue") : STR("Connect"),
                        .back = return_link(consent, STR("left"), STR_NONE)};
    for (uint32_t i = 0; i < consent->form.n; i++)
        if (!str_absent(consent->form.fields[i].fault))
            page.status = 422;
    show(consent, &page);
}

static void on_stored(struct change *change)
{
    struct consent *consent = change->owner;
    if (change->err != ERR_NONE) {
        refuse(consent, change->err, change->detail);
        return;
    }
    account_unref(&consent->account);
    consent->account =
        directory_account(consent->connect->directory, consent->session.session.account);
    if (consent->account)
        go_on(consent);
    else
        refuse(consent, ERR_ACCOUNT_UNKNOWN, STR_NONE);
}

static struct change *new_change(struct consent *consent, enum change_kind kind,
                                 void (*done)(struct change *))
{
    consent->change = (struct change){
        .kind = kind,
        .directory = consent->connect->directory,
        .worker = consent->worker,
        .actor = {.request_id = STR_NONE, .peer = inbound_peer(consent->in)},
        .done = done,
        .owner = consent,
        .arena = consent->arena,
        .id = consent->session.session.account,
        .concurrency_max = -1,
        .environment_n = -1,
        .expires = -1};
    return &consent->change;
}

static void on_context(struct change *change)
{
    struct consent *consent = change->owner;
    uint32_t n = connect_form_credentials(&consent->form, consent->credentials);
    if (change->err != ERR_NONE || n == 0) {
        on_stored(change);
        return;
    }
    struct change *next = new_change(consent, CHANGE_ACCOUNT_CREDENTIALS, on_stored);
    next->credentials = consent->credentials;
    next->credential_n = n;
    next->session = consent->session.session.id;
    next->ends[ENDING_CREDENTIALS] = connect_form_ends(&consent->form);
    next->way = str_absent(consent->way->name) ? STR("") : consent->way->name;
    directory_change(next);
}

static void keep_form(struct consent *consent, struct json context)
{
    struct change *change = new_change(consent, CHANGE_ACCOUNT_UPDATE, on_context);
    change->context = context;
    directory_change(change);
}

/* What the vendor does not take is told beside the fields in which it stands. */
static void on_tried(struct trial *trial)
{
    struct consent *consent = trial->owner;
    if (trial->end == ERRAND_DONE) {
        keep_form(consent, trial->context);
        return;
    }
    log_consent(consent, LOG_WARN, "tried", ERR_NONE, trial->fault);
    if (trial->end == ERRAND_REFUSED) {
        connect_form_refuse(&consent->form, consent->integration, consent->arena);
        consent->words = trial->fault;
        show_form(consent);
        return;
    }
    refuse(consent, trial->err == ERR_NONE ? ERR_CONNECT_REFUSED : trial->err,
           trial->fault);
}

static bool read_form(struct consent *consent, struct json *ret_context)
{
    struct form sent;
    form_init(&sent, consent->arena);
    form_add_text(&sent, arena_str(consent->arena, buf_peek(&consent->body)));
    bool good = connect_form_read(&consent->form, &sent);
    *ret_context = connect_form_context(&consent->form, consent->account, consent->arena);
    return connect_form_fits(&consent->form, consent->integration, consent->way,
                             ret_context, consent->arena) &&
           good;
}

/* Secrets that a vendor makes a token of are tried with the exchange. */
static void take_form(struct consent *consent)
{
    struct json context;
    struct trial *trial = &consent->trial;
    if (!read_form(consent, &context)) {
        show_form(consent);
        return;
    }
    uint32_t n = connect_form_credentials(&consent->form, consent->credentials);
    if (consent->way->rule.token || n == 0) {
        keep_form(consent, context);
        return;
    }
    *trial = (struct trial){.env = &consent->connect->code,
                            .worker = consent->worker,
                            .arena = consent->arena,
                            .account = consent->account,
                            .way_name = consent->way->name,
                            .credentials = consent->credentials,
                            .credential_n = n,
                            .context = context,
                            .done = on_tried,
                            .owner = consent};
    trial_start(trial);
}

/* --- a link --- */

static str query_text(struct consent *consent, str name)
{
    return url_query_find(consent->arena, consent->in->query, name);
}

static bool find_integration(struct consent *consent)
{
    consent->snapshot = catalog_snapshot(consent->connect->catalog);
    consent->integration =
        snapshot_find(consent->snapshot, consent->account->integration);
    return consent->integration != NULL;
}

static bool find_account(struct consent *consent)
{
    consent->account =
        directory_account(consent->connect->directory, consent->session.session.account);
    if (!consent->account || consent->account->state == ACCOUNT_DELETING) {
        refuse(consent, ERR_ACCOUNT_UNKNOWN, STR_NONE);
        return false;
    }
    if (consent->account->state == ACCOUNT_DISABLED) {
        refuse(consent, ERR_ACCOUNT_DISABLED, STR_NONE);
        return false;
    }
    if (find_integration(consent))
        return true;
    refuse(consent, ERR_INTEGRATION_UNKNOWN, STR_NONE);
    return false;
}

/* Their labels, or their names. */
static void show_choice(struct consent *consent, const struct choice *choice)
{
    struct arena *arena = consent->arena;
    struct page_choice choices[CHOICE_MAX];
    for (uint32_t i = 0; i < choice->n; i++) {
        const struct auth_way *way = choice->ways[i];
        str parts[] = {STR("?auth="), way->name,
                       str_absent(consent->again) ? STR("") : STR("&ask")};
        choices[i] = (struct page_choice){str_absent(way->label) ? way->name : way->label,
                                          arena_join(arena, parts, COUNT_OF(parts))};
    }
    struct page page = {.status = 200,
                        .title = arena_printf(arena, "Connect " STR_F,
                                              STR_A(consent->integration->label)),
                        .text = STR("How do you want to connect?"),
                        .choices = choices,
                        .choice_n = choice->n,
                        .back = return_link(consent, STR("left"), STR_NONE)};
    show(consent, &page);
}

/* False when it is answered: with a question, or a refusal. */
static bool choose(struct consent *consent)
{
    struct choice choice = {.directory = consent->connect->directory,
                            .integration = consent->integration,
                            .account = consent->account,
                            .of_session = consent->session.session.way,
                            .asked = query_text(consent, STR("auth"))};
    consent->way = choice_make(&choice);
    if (consent->way)
        return true;
    if (choice.n)
        show_choice(consent, &choice);
    else
        refuse(
            consent, ERR_CREDENTIAL_UNUSABLE,
            integration_no_way(consent->integration, choice.of_session, consent->arena));
    return false;
}

/* Whether the session has done its work, and what it did still holds. */
static bool is_done(struct consent *consent)
{
    const struct session *session = &consent->session.session;
    if (!session->ended)
        return false;
    consent->account = directory_account(consent->connect->directory, session->account);
    if (!consent->account || (consent->account->state != ACCOUNT_ACTIVE &&
                              consent->account->state != ACCOUNT_DEGRADED))
        return false;
    return find_integration(consent);
}

/* Nothing was found under the link, or nothing that is still good. */
static void tell_over(struct consent *consent, enum err err)
{
    if (err != ERR_SESSION_UNKNOWN || !is_done(consent)) {
        refuse(consent, err, STR_NONE);
        return;
    }
    struct page page = {.status = 200,
                        .title = STR("Connected"),
                        .text = arena_printf(consent->arena,
                                             STR_F " is connected. You may close this "
                                                   "page.",
                                             STR_A(consent->integration->label)),
                        .back = consent->session.session.return_url};
    show(consent, &page);
}

/* The form gets an address that names what it asks for: who comes back to it from the
 * vendor, with the browser's own button, finds what he entered, and not the vendor again.
 */
static bool send_to_form(struct consent *consent)
{
    struct inbound *in = consent->in;
    struct form query;
    str names = connect_form_names(&consent->form, consent->arena);
    if (consent->sent_form || !str_absent(consent->again) || !names.n)
        return false;
    form_init(&query, consent->arena);
    str chosen = query_text(consent, STR("auth"));
    if (chosen.n)
        form_add(&query, STR("auth"), chosen);
    form_add(&query, STR("ask"), names);
    str to = with_query(consent->arena, own_link(consent), form_text(&query));
    let_go(consent);
    page_redirect(in, to, STR_NONE);
    return true;
}

static void on_looked(struct session_change *change)
{
    struct consent *consent = change->owner;
    if (change->err != ERR_NONE) {
        tell_over(consent, change->err);
        return;
    }
    if (!find_account(consent) || !choose(consent))
        return;
    connect_form_make(consent->integration, consent->way, consent->account,
                      consent->again, &consent->form);
    bool pressed = consent->sent_form || by_code(consent);
    if (send_to_form(consent))
        return;
    if (consent->sent_form && consent->form.n)
        take_form(consent);
    else if (consent->form.n || !pressed)
        show_form(consent);
    else
        go_on(consent);
}

static void on_body(struct inbound *in, str chunk)
{
    struct consent *consent = in->owner;
    buf_str(&consent->body, chunk);
    if (!buf_ok(&consent->body))
        refuse(consent, ERR_BODY_TOO_LARGE, STR_NONE);
}

static void on_body_end(struct inbound *in)
{
    change_session(in->owner, SESSION_LOOK, on_looked);
}

static void on_drained(struct inbound *in)
{
    (void)in;
}

/* While its body comes nothing has begun; later, what has begun goes on. */
static void on_gone(struct inbound *in)
{
    struct consent *consent = in->owner;
    if (consent->session.done)
        return;
    let_go(consent);
    inbound_end(in, NULL);
}

static struct consent *begin(struct connect *connect, struct inbound *in)
{
    static const struct inbound_ops ops = {on_body, on_body_end, on_drained, on_gone};
    struct consent *consent = arena_zalloc(in->arena, sizeof(*consent));
    consent->connect = connect;
    consent->in = in;
    consent->worker = in->worker;
    consent->arena = in->arena;
    buf_init(&consent->body, BODY_BYTES_MAX);
    in->ops = &ops;
    in->owner = consent;
    return consent;
}

void consent_link(struct connect *connect, struct inbound *in, str secret)
{
    struct consent *consent = begin(connect, in);
    consent->secret = arena_str(in->arena, secret);
    consent->sent_form = str_eq(in->head.method, STR("POST"));
    consent->again = query_text(consent, STR("ask"));
    if (consent->sent_form && in->head.content_length > BODY_BYTES_MAX)
        refuse(consent, ERR_BODY_TOO_LARGE, STR_NONE);
    else if (consent->sent_form && in->body_state != INBOUND_BODY_ENDED)
        inbound_read_body(in);
    else
        change_session(consent, SESSION_LOOK, on_looked);
}

/* --- the way back --- */

/* At most so many bytes, and no half of a character. */
static str cut(str text, size_t bytes_max)
{
    size_t n = text.n < bytes_max ? text.n : bytes_max;
    while (n && n < text.n && utf8_is_tail(text.p[n]))
        n--;
    return str_of(text.p, n);
}

/* The vendor's no (RFC 6749 §4.1.2.1), in its own words. */
static void tell_no(struct consent *consent, str error)
{
    str words = cut(query_text(consent, STR("error_description")), WORDS_BYTES_MAX);
    str code = cut(error, CODE_BYTES_MAX);
    str parts[] = {words, STR(" ("), code, STR(")")};
    refuse(consent, ERR_CONNECT_REFUSED,
           words.n ? arena_join(consent->arena, parts, COUNT_OF(parts)) : code);
}

/* A callback's state is used up, or another window has a newer one; but this browser was
 * sent, and has the link. */
static void on_looked_again(struct session_change *change)
{
    struct consent *consent = change->owner;
    if (change->err != ERR_NONE)
        tell_over(consent, change->err);
    else if (find_account(consent))
        refuse(consent, ERR_SESSION_STEP_USED, STR_NONE);
}

static void on_claimed(struct session_change *change)
{
    struct consent *consent = change->owner;
    str error = query_text(consent, STR("error"));
    str code = query_text(consent, STR("code"));
    consent->secret = ticket_secret(&consent->ticket);
    if (change->err == ERR_SESSION_UNKNOWN && consent->secret.n) {
        change_session(consent, SESSION_LOOK, on_looked_again);
        return;
    }
    if (change->err != ERR_NONE) {
        consent->secret = STR_NONE;
        refuse(consent, change->err, STR_NONE);
        return;
    }
    if (!find_account(consent))
        return;
    consent->way = integration_way(consent->integration, consent->session.session.begun);
    if (!consent->way)
        refuse(consent, ERR_CREDENTIAL_UNUSABLE,
               integration_no_way(consent->integration, consent->session.session.begun,
                                  consent->arena));
    else if (error.n)
        tell_no(consent, error);
    else if (!code.n || !by_code(consent))
        refuse(consent, ERR_CONNECT_REFUSED, STR("The vendor sent no code."));
    else
        exchange_code(consent, code);
}

void consent_callback(struct connect *connect, struct inbound *in)
{
    struct consent *consent = begin(connect, in);
    consent->ticket = ticket_find(in, query_text(consent, STR("state")));
    if (!consent->ticket.state.n) {
        refuse(consent, ERR_SESSION_UNKNOWN, STR("The request has no state."));
        return;
    }
    change_session(consent, SESSION_CLAIM, on_claimed);
}
