/*
 * A browser's request while an account is being connected. Inside of src/connect only.
 *
 *   link      LOOK ──► a choice, a form, or BEGIN ──► to the vendor
 *   form      BODY ──► LOOK ──► CHANGE (context, credentials) ──► BEGIN, or FINISH
 *   callback  CLAIM ──► CODE ──► FINISH ──► back to the product
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

struct consent {
    struct connect *connect;
    struct inbound *in;
    struct worker *worker;
    struct arena *arena;
    struct buf body;
    bool sent_form; /* POST */
    bool asks_all;  /* what the account has already is asked for too, to be corrected */
    str secret;     /* the link's text; a callback: absent until the ticket was good */
    struct ticket ticket;
    struct session_change session;
    struct account *account;
    struct snapshot *snapshot;
    const struct integration *integration;
    const struct auth_way *way; /* by which it is connected */
    struct connect_form form;
    struct credential credentials[FORM_FIELDS_MAX];
    struct change change;
    struct code code;
};

void consent_link(struct connect *connect, struct inbound *in, str secret);
void consent_callback(struct connect *connect, struct inbound *in);

#endif
