/*
 * What a person has entered for a consent: tried at the vendor where it can be, then
 * kept, the context before the credentials.
 */
#include "connect/consent_steps.h"

static void on_stored(struct change *change)
{
    struct consent *consent = change->owner;
    if (change->err != ERR_NONE) {
        consent_refuse(consent, change->err, change->detail);
        return;
    }
    account_unref(&consent->account);
    consent->account =
        directory_account(consent->connect->directory, consent->session.session.account);
    if (consent->account)
        consent_go_on(consent);
    else
        consent_refuse(consent, ERR_ACCOUNT_UNKNOWN, STR_NONE);
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
    if (change->err != ERR_NONE || consent->credential_n == 0)
        on_stored(change);
    else
        consent_move(consent, CONSENT_CREDENTIALS);
}

void consent_keep_context(struct consent *consent)
{
    struct change *change = new_change(consent, CHANGE_ACCOUNT_UPDATE, on_context);
    change->context = consent->context;
    directory_change(change);
}

void consent_keep_credentials(struct consent *consent)
{
    struct change *change = new_change(consent, CHANGE_ACCOUNT_CREDENTIALS, on_stored);
    change->credentials = consent->credentials;
    change->credential_n = consent->credential_n;
    change->session = consent->session.session.id;
    change->ends[ENDING_CREDENTIALS] = connect_form_ends(&consent->form);
    change->way = str_absent(consent->way->name) ? STR("") : consent->way->name;
    directory_change(change);
}

/* What the vendor does not take is told beside the fields in which it stands. */
static void on_tried(struct trial *trial)
{
    struct consent *consent = trial->owner;
    if (trial->end == ERRAND_DONE) {
        consent->context = trial->context;
        consent_move(consent, CONSENT_CONTEXT);
        return;
    }
    consent_log(consent, LOG_WARN, "tried", ERR_NONE, trial->fault);
    if (trial->end == ERRAND_REFUSED) {
        connect_form_refuse(&consent->form, consent->integration, consent->arena);
        consent->words = trial->fault;
        consent_show_form(consent);
        return;
    }
    consent_refuse(consent, trial->err == ERR_NONE ? ERR_CONNECT_REFUSED : trial->err,
                   trial->fault);
}

void consent_try(struct consent *consent)
{
    consent->trial = (struct trial){.env = &consent->connect->code,
                                    .worker = consent->worker,
                                    .arena = consent->arena,
                                    .account = consent->account,
                                    .way_name = consent->way->name,
                                    .credentials = consent->credentials,
                                    .credential_n = consent->credential_n,
                                    .context = consent->context,
                                    .done = on_tried,
                                    .owner = consent};
    trial_start(&consent->trial);
}

static bool read_form(struct consent *consent)
{
    struct form sent;
    form_init(&sent, consent->arena);
    form_add_text(&sent, arena_str(consent->arena, buf_peek(&consent->body)));
    bool good = connect_form_read(&consent->form, &sent);
    consent->context =
        connect_form_context(&consent->form, consent->account, consent->arena);
    return connect_form_fits(&consent->form, consent->integration, consent->way,
                             &consent->context, consent->arena) &&
           good;
}

/* Secrets that a vendor makes a token of are tried with the exchange. */
void consent_take_form(struct consent *consent)
{
    if (!read_form(consent)) {
        consent_show_form(consent);
        return;
    }
    consent->credential_n =
        connect_form_credentials(&consent->form, consent->credentials);
    bool tried = consent->credential_n && !consent->way->rule.token;
    consent_move(consent, tried ? CONSENT_TRIAL : CONSENT_CONTEXT);
}
