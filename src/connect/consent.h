/*
 * A browser's request while an account is being connected. Inside of src/connect only.
 *
 *   link      LOOK ──► a choice, a form, or BEGIN ──► to the vendor; or that it is
 * connected form      BODY ──► LOOK ──► TRIAL ──► CHANGE (context, credentials) ──►
 * BEGIN, or ▲ again    └ no                                     FINISH callback  CLAIM
 * ──► CODE ──► FINISH ──► back to the product, or to the link
 *
 * Each wait ends with the store's, the directory's or the exchange's answer; a browser
 * that leaves meanwhile stops nothing. Lives in the request's arena, which is wiped.
 */
#ifndef CONNECT_CONSENT_H
#define CONNECT_CONSENT_H

#include "base/buf.h"
#include "connect/choice.h"
#include "connect/connect.h"
#include "connect/connect_form.h"
#include "connect/session.h"
#include "connect/ticket.h"
#include "connect/trial.h"

struct consent {
    struct connect *connect;
    struct inbound *in;
    struct worker *worker;
    struct arena *arena;
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
    str words; /* the vendor's, of what it did not take; absent: none */
    struct credential credentials[FORM_FIELDS_MAX];
    struct trial trial;
    struct change change;
    struct code code;
};

void consent_link(struct connect *connect, struct inbound *in, str secret);
void consent_callback(struct connect *connect, struct inbound *in);

#endif
