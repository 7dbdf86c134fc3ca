/*
 * The machine of a consent.
 *
 *   link      LOOK ──► a choice, the form's address, the form, or that it is connected
 *               └────► go on
 *   form      BODY ──► LOOK ──► TRIAL ──► CONTEXT ──► CREDENTIALS ──► go on
 *                                 └ no: the form
 *   go on     LEAVE ──► to the vendor; or CODE, or nothing ──► END ──► back
 *   callback  CLAIM ──► CODE ──► END ──► back to the product, or to the link
 *               └ used up: LOOK_AGAIN
 *
 * Waits and who ends them; a browser that leaves meanwhile stops nothing:
 *   BODY                     the browser, which may leave
 *   LOOK, LEAVE, CLAIM, END,
 *   LOOK_AGAIN               the store's answer
 *   CONTEXT, CREDENTIALS     the directory's
 *   TRIAL, CODE              the vendor's, within its deadline; connect_stop
 */
#include "connect/consent.h"

#include "base/utf8.h"
#include "connect/consent_steps.h"
#include "loop/world.h"

enum { BODY_BYTES_MAX = 256 * 1024, WORDS_BYTES_MAX = 400, CODE_BYTES_MAX = 80 };

struct step {
    void (*enter)(struct consent *consent); /* NULL: who moves there has answered */
    unsigned moves;                         /* bits of the legal next */
};

#define TO(step) (1u << CONSENT_##step)
#define GO_ON    (TO(LEAVE) | TO(CODE) | TO(END))

static void read_body(struct consent *consent);
static void look(struct consent *consent);
static void look_again(struct consent *consent);
static void claim(struct consent *consent);
static void end_session(struct consent *consent);

static const struct step steps[] = {
    [CONSENT_BEGIN] = {NULL, TO(BODY) | TO(LOOK) | TO(CLAIM) | TO(OVER)},
    [CONSENT_BODY] = {read_body, TO(LOOK) | TO(OVER)},
    [CONSENT_LOOK] = {look, TO(TRIAL) | TO(CONTEXT) | GO_ON | TO(OVER)},
    [CONSENT_TRIAL] = {consent_try, TO(CONTEXT) | TO(OVER)},
    [CONSENT_CONTEXT] = {consent_keep_context, TO(CREDENTIALS) | GO_ON | TO(OVER)},
    [CONSENT_CREDENTIALS] = {consent_keep_credentials, GO_ON | TO(OVER)},
    [CONSENT_LEAVE] = {consent_leave, TO(OVER)},
    [CONSENT_CLAIM] = {claim, TO(CODE) | TO(LOOK_AGAIN) | TO(OVER)},
    [CONSENT_LOOK_AGAIN] = {look_again, TO(OVER)},
    [CONSENT_CODE] = {consent_exchange_code, TO(END) | TO(OVER)},
    [CONSENT_END] = {end_session, TO(OVER)},
    [CONSENT_OVER] = {NULL, 0},
};

void consent_move(struct consent *consent, enum consent_step next)
{
    CHECK(steps[consent->step].moves & (1u << next));
    consent->step = next;
    if (steps[next].enter)
        steps[next].enter(consent);
}

void consent_log(const struct consent *consent, enum log_level level, const char *what,
                 enum err err, str detail)
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

/* --- the store --- */

void consent_change_session(struct consent *consent, enum session_step step,
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

static void on_looked(struct session_change *change);
static void on_looked_again(struct session_change *change);
static void on_claimed(struct session_change *change);

static void on_ended(struct session_change *change)
{
    consent_send_back(change->owner); /* it is connected, whatever became of the link */
}

static void look(struct consent *consent)
{
    consent_change_session(consent, SESSION_LOOK, on_looked);
}

static void look_again(struct consent *consent)
{
    consent_change_session(consent, SESSION_LOOK, on_looked_again);
}

static void claim(struct consent *consent)
{
    consent_change_session(consent, SESSION_CLAIM, on_claimed);
}

static void end_session(struct consent *consent)
{
    consent_change_session(consent, SESSION_END, on_ended);
}

/* --- the way on --- */

bool consent_by_code(const struct consent *consent)
{
    const struct token_rule *rule = consent->way->rule.token;
    return rule && rule->grant == TOKEN_GRANT_authorization_code;
}

/* Keys that a form brought get their token as the keeper gets it. */
void consent_go_on(struct consent *consent)
{
    bool wants_token = consent->way->rule.token && !consent->change.credential_n;
    if (consent_by_code(consent))
        consent_move(consent, CONSENT_LEAVE);
    else
        consent_move(consent, wants_token ? CONSENT_CODE : CONSENT_END);
}

/* --- a link --- */

str consent_query(struct consent *consent, str name)
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
        consent_refuse(consent, ERR_ACCOUNT_UNKNOWN, STR_NONE);
        return false;
    }
    if (consent->account->state == ACCOUNT_DISABLED) {
        consent_refuse(consent, ERR_ACCOUNT_DISABLED, STR_NONE);
        return false;
    }
    if (find_integration(consent))
        return true;
    consent_refuse(consent, ERR_INTEGRATION_UNKNOWN, STR_NONE);
    return false;
}

/* False when it is answered: with a question, or a refusal. */
static bool choose(struct consent *consent)
{
    struct choice choice = {.directory = consent->connect->directory,
                            .integration = consent->integration,
                            .account = consent->account,
                            .of_session = consent->session.session.way,
                            .asked = consent_query(consent, STR("auth"))};
    consent->way = choice_make(&choice);
    if (consent->way)
        return true;
    if (choice.n)
        consent_show_choice(consent, &choice);
    else
        consent_refuse(
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
    if (err == ERR_SESSION_UNKNOWN && is_done(consent))
        consent_show_connected(consent);
    else
        consent_refuse(consent, err, STR_NONE);
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
    bool pressed = consent->sent_form || consent_by_code(consent);
    str names = connect_form_names(&consent->form, consent->arena);
    if (names.n && !consent->sent_form && str_absent(consent->again))
        consent_send_to_form(consent, names);
    else if (consent->sent_form && consent->form.n)
        consent_take_form(consent);
    else if (consent->form.n || !pressed)
        consent_show_form(consent);
    else
        consent_go_on(consent);
}

/* --- the request --- */

static void on_body(struct inbound *in, str chunk)
{
    struct consent *consent = in->owner;
    buf_str(&consent->body, chunk);
    if (!buf_ok(&consent->body))
        consent_refuse(consent, ERR_BODY_TOO_LARGE, STR_NONE);
}

static void on_body_end(struct inbound *in)
{
    consent_move(in->owner, CONSENT_LOOK);
}

static void on_drained(struct inbound *in)
{
    (void)in;
}

/* While its body comes nothing has begun; later, what has begun goes on. */
static void on_gone(struct inbound *in)
{
    struct consent *consent = in->owner;
    if (consent->step != CONSENT_BODY)
        return;
    buf_fini(&consent->body);
    inbound_end(in, NULL);
}

static void read_body(struct consent *consent)
{
    inbound_read_body(consent->in);
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
    consent->again = consent_query(consent, STR("ask"));
    if (consent->sent_form && in->head.content_length > BODY_BYTES_MAX)
        consent_refuse(consent, ERR_BODY_TOO_LARGE, STR_NONE);
    else if (consent->sent_form && in->body_state != INBOUND_BODY_ENDED)
        consent_move(consent, CONSENT_BODY);
    else
        consent_move(consent, CONSENT_LOOK);
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
    str words = cut(consent_query(consent, STR("error_description")), WORDS_BYTES_MAX);
    str code = cut(error, CODE_BYTES_MAX);
    str parts[] = {words, STR(" ("), code, STR(")")};
    consent_refuse(consent, ERR_CONNECT_REFUSED,
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
        consent_refuse(consent, ERR_SESSION_STEP_USED, STR_NONE);
}

static void on_claimed(struct session_change *change)
{
    struct consent *consent = change->owner;
    str error = consent_query(consent, STR("error"));
    consent->vendor_code = consent_query(consent, STR("code"));
    consent->secret = ticket_secret(&consent->ticket);
    if (change->err == ERR_SESSION_UNKNOWN && consent->secret.n) {
        consent_move(consent, CONSENT_LOOK_AGAIN);
        return;
    }
    if (change->err != ERR_NONE) {
        consent->secret = STR_NONE;
        consent_refuse(consent, change->err, STR_NONE);
        return;
    }
    if (!find_account(consent))
        return;
    consent->way = integration_way(consent->integration, consent->session.session.begun);
    if (!consent->way)
        consent_refuse(consent, ERR_CREDENTIAL_UNUSABLE,
                       integration_no_way(consent->integration,
                                          consent->session.session.begun,
                                          consent->arena));
    else if (error.n)
        tell_no(consent, error);
    else if (!consent->vendor_code.n || !consent_by_code(consent))
        consent_refuse(consent, ERR_CONNECT_REFUSED, STR("The vendor sent no code."));
    else
        consent_move(consent, CONSENT_CODE);
}

void consent_callback(struct connect *connect, struct inbound *in)
{
    struct consent *consent = begin(connect, in);
    consent->ticket = ticket_find(in, consent_query(consent, STR("state")));
    if (!consent->ticket.state.n) {
        consent_refuse(consent, ERR_SESSION_UNKNOWN, STR("The request has no state."));
        return;
    }
    consent_move(consent, CONSENT_CLAIM);
}
