/*
 * What a consent answers: pages and redirects. Each lets go of what the consent has, and
 * is its end.
 */
#include "connect/apology.h"
#include "connect/consent_steps.h"
#include "http/url.h"

/* --- the end --- */

/* The consent's memory goes with the request, and what the answer says may be the
 * document's or the account's: they are let go after it. */
static void let_go(struct snapshot *snapshot, struct account *account)
{
    snapshot_unref(&snapshot);
    account_unref(&account);
}

static void show(struct consent *consent, const struct page *page)
{
    struct snapshot *snapshot = consent->snapshot;
    struct account *account = consent->account;
    consent_move(consent, CONSENT_OVER);
    buf_fini(&consent->body);
    page_answer(consent->in, page);
    let_go(snapshot, account);
}

static void redirect(struct consent *consent, str location, str cookie)
{
    struct snapshot *snapshot = consent->snapshot;
    struct account *account = consent->account;
    consent_move(consent, CONSENT_OVER);
    buf_fini(&consent->body);
    page_redirect(consent->in, location, cookie);
    let_go(snapshot, account);
}

/* --- links --- */

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

static str own_link(struct consent *consent)
{
    return connect_link(consent->connect, consent->in, consent->secret, consent->arena);
}

static str link_again(struct consent *consent)
{
    str parts[] = {own_link(consent), STR("?ask")};
    return arena_join(consent->arena, parts, COUNT_OF(parts));
}

static bool is_secure(const struct consent *consent)
{
    return str_starts(consent->connect->public_url, STR("https://")) ||
           inbound_tls(consent->in);
}

/* --- pages --- */

/* Whose sentence `detail` is decides who sees it: the vendor's no is shown as it is, and
 * so is what only the operator can mend; the rest is for the log. */
static bool is_shown(enum err err)
{
    return err == ERR_CONNECT_REFUSED || err == ERR_CREDENTIAL_UNUSABLE;
}

void consent_refuse(struct consent *consent, enum err err, str detail)
{
    struct page page;
    const struct session *session = &consent->session.session;
    const struct integration *integration = consent->integration;
    str label = integration ? integration->label : STR_NONE;
    bool again = apology_make(err, label, consent->arena, &page);
    consent_log(consent, LOG_WARN, "refused", err, detail);
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

/* The document's words; else what the button does, where nothing else would say it. */
static str form_text_of(struct consent *consent)
{
    const struct integration *integration = consent->integration;
    str own = consent->way->connect.text;
    str text = str_absent(own) ? integration->connect.text : own;
    if (text.n || (consent->form.n && !consent_by_code(consent)))
        return text;
    return arena_printf(consent->arena,
                        consent_by_code(consent)
                            ? "Next, " STR_F " asks you whether you agree."
                            : STR_F " is connected when you press the button.",
                        STR_A(integration->label));
}

void consent_show_form(struct consent *consent)
{
    const struct integration *integration = consent->integration;
    str title = arena_printf(consent->arena, "Connect " STR_F, STR_A(integration->label));
    struct page page = {.status = 200,
                        .title = title,
                        .text = form_text_of(consent),
                        .words = consent->words,
                        .fields = consent->form.fields,
                        .field_n = consent->form.n,
                        .button =
                            consent_by_code(consent) ? STR("Continue") : STR("Connect"),
                        .back = return_link(consent, STR("left"), STR_NONE)};
    for (uint32_t i = 0; i < consent->form.n; i++)
        if (!str_absent(consent->form.fields[i].fault))
            page.status = 422;
    show(consent, &page);
}

/* Their labels, or their names. */
void consent_show_choice(struct consent *consent, const struct choice *choice)
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

void consent_show_connected(struct consent *consent)
{
    struct page page = {.status = 200,
                        .title = STR("Connected"),
                        .text = arena_printf(consent->arena,
                                             STR_F " is connected. You may close this "
                                                   "page.",
                                             STR_A(consent->integration->label)),
                        .back = consent->session.session.return_url};
    show(consent, &page);
}

/* --- redirects --- */

/* The form gets an address that names what it asks for: who comes back to it from the
 * vendor, with the browser's own button, finds what he entered, and not the vendor again.
 */
void consent_send_to_form(struct consent *consent, str names)
{
    struct form query;
    form_init(&query, consent->arena);
    str chosen = consent_query(consent, STR("auth"));
    if (chosen.n)
        form_add(&query, STR("auth"), chosen);
    form_add(&query, STR("ask"), names);
    redirect(consent, with_query(consent->arena, own_link(consent), form_text(&query)),
             STR_NONE);
}

void consent_send_to_vendor(struct consent *consent, str url, str redirect_uri)
{
    str cookie =
        ticket_keep(&consent->ticket, redirect_uri, is_secure(consent), consent->arena);
    consent_log(consent, LOG_INFO, "to_vendor", ERR_NONE, STR_NONE);
    redirect(consent, url, cookie);
}

/* Without a place to return to, the link's own page says it: that one can be reloaded. */
void consent_send_back(struct consent *consent)
{
    str back = return_link(consent, STR("connected"), STR_NONE);
    str cookie = STR_NONE;
    if (!str_absent(consent->ticket.browser))
        cookie = ticket_forget(&consent->ticket, consent_redirect_uri(consent),
                               is_secure(consent), consent->arena);
    consent_log(consent, LOG_INFO, "connected", ERR_NONE, STR_NONE);
    redirect(consent, back.n ? back : own_link(consent), cookie);
}
