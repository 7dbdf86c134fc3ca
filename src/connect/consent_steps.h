/*
 * The inside of a consent, for consent*.c only. A consent is its worker's, owns
 * references to account and snapshot, and lies in the request's arena: once it is
 * answered, by a page or a redirect, nobody touches it any more.
 *
 * Each file has the steps of one part; consent.c has the table of all, and says where a
 * consent waits.
 */
#ifndef CONNECT_CONSENT_STEPS_H
#define CONNECT_CONSENT_STEPS_H

#include "base/buf.h"
#include "base/log.h"
#include "connect/choice.h"
#include "connect/connect.h"
#include "connect/connect_form.h"
#include "connect/page.h"
#include "connect/session.h"
#include "connect/ticket.h"
#include "connect/trial.h"

enum consent_step {
    CONSENT_BEGIN,
    CONSENT_BODY,
    CONSENT_LOOK,
    CONSENT_TRIAL,
    CONSENT_CONTEXT,
    CONSENT_CREDENTIALS,
    CONSENT_LEAVE,
    CONSENT_CLAIM,
    CONSENT_LOOK_AGAIN,
    CONSENT_CODE,
    CONSENT_END,
    CONSENT_OVER
};

struct consent {
    struct connect *connect;
    struct inbound *in;
    struct worker *worker;
    struct arena *arena;
    enum consent_step step;
    struct buf body;
    bool sent_form; /* POST */
    str again;      /* what is asked for though the account has it: connect_form_make */
    str secret; /* the link's text; a callback: absent until the ticket was looked at */
    struct ticket ticket;
    struct session_change session;
    struct account *account;
    struct snapshot *snapshot;
    const struct integration *integration;
    const struct auth_way *way; /* by which it is connected */
    struct connect_form form;
    struct json context; /* OBJECT: the account's, with what was entered */
    str words;           /* the vendor's, of what it did not take; absent: none */
    struct credential credentials[FORM_FIELDS_MAX]; /* that were entered */
    uint32_t credential_n;
    struct trial trial;
    struct change change;
    str vendor_code; /* what the browser brought back; absent: nothing */
    struct code code;
};

/* --- consent.c: the machine, and which way it takes --- */

/* To a step that may follow, which is entered. */
void consent_move(struct consent *consent, enum consent_step next);

/* What was asked for is there: to the vendor, or without it to the end. */
void consent_go_on(struct consent *consent);

/* Whether the vendor asks the person. */
bool consent_by_code(const struct consent *consent);

/* What the request's query has under the name, in the arena; absent: nothing. */
str consent_query(struct consent *consent, str name);

void consent_log(const struct consent *consent, enum log_level level, const char *what,
                 enum err err, str detail);

/* The store changes the session, and is waited for. */
void consent_change_session(struct consent *consent, enum session_step step,
                            void (*done)(struct session_change *change));

/* --- consent_entry.c: what a person has entered --- */

/* To the form again, to TRIAL, or to CONTEXT. */
void consent_take_form(struct consent *consent);
void consent_try(struct consent *consent);              /* enters TRIAL */
void consent_keep_context(struct consent *consent);     /* enters CONTEXT */
void consent_keep_credentials(struct consent *consent); /* enters CREDENTIALS */

/* --- consent_vendor.c: to the vendor, and what comes back from it --- */

void consent_leave(struct consent *consent);         /* enters LEAVE */
void consent_exchange_code(struct consent *consent); /* enters CODE */

/* Where the vendor sends the browser back to: it compares them. */
str consent_redirect_uri(struct consent *consent);

/* --- consent_page.c: the answers, each of which ends the consent --- */

/* What went wrong, with a way on and a way back. `detail`: a sentence for the log, and
 * for the person where it is the vendor's or the operator's to mend. */
void consent_refuse(struct consent *consent, enum err err, str detail);

void consent_show_form(struct consent *consent);
void consent_show_choice(struct consent *consent, const struct choice *choice);
void consent_show_connected(struct consent *consent);

/* To the address of the form's own; `names`: what it asks for. */
void consent_send_to_form(struct consent *consent, str names);

void consent_send_to_vendor(struct consent *consent, str url, str redirect_uri);

/* Connected: back to the product, or to the link, which says so. */
void consent_send_back(struct consent *consent);

#endif
