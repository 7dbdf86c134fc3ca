/*
 * The `webhooks` block of an integration: how a vendor's requests are verified, answered
 * and read. What stands in it is data; this is what the data means:
 *
 *   request ─► handshake that is not signed? ─► HANDSHAKE, with its answer
 *           └► first entry of `verify` that is for it ─► REJECT with a reason
 *                                                    └► ACCEPT, with what is answered,
 *                                                       and the events in it
 *
 * Nothing is received, stored or sent here, and no time is asked for. Pure; any thread;
 * rules are immutable once bound.
 */
#ifndef SIGNATURE_WEBHOOK_H
#define SIGNATURE_WEBHOOK_H

#include "signature/handshake.h"
#include "signature/signature_rule.h"

/* Whose a request is: a value of it that a member of the account's context equals. */
struct webhook_account {
    struct signal signal; /* the first member: rows of a signal fill it */
    str context;
};

struct webhook_rule {
    struct bind_list verify;     /* struct signature_rule: the first that is for a request
                                  * decides */
    struct bind_list handshakes; /* struct handshake */
    str form_json;               /* parameter of a form that holds the event as JSON */
    struct bind_list account;    /* struct webhook_account; the first that is there */
    struct signal items;         /* a list of events in one request; SIGNAL_NONE: one */
    struct bind_list id;         /* struct signal: of an event; the first that is there */
    struct bind_list type;
    struct bind_list time;
    struct webhook_answer acknowledge; /* what an accepted request is answered */
    bool needs_body;                   /* the body is read before it is verified */
};

extern const struct bind_table webhook_table;

enum webhook_outcome { WEBHOOK_ACCEPT, WEBHOOK_REJECT, WEBHOOK_HANDSHAKE };

struct webhook_verdict {
    enum webhook_outcome outcome;
    enum webhook_reason reason;        /* of REJECT */
    const struct handshake *handshake; /* with ACCEPT too: there are no events in it */
    const struct signature_rule *by;   /* the entry that has decided; NULL: none */
    struct webhook_answer answer;
    str secret; /* what a handshake brought, to be kept; absent: nothing */
};

/* "accept", "reject", "handshake". */
str webhook_outcome_word(enum webhook_outcome outcome);

/* The verdict on a request, of which `view` was just made with rule->form_json. Secrets
 * may be left in the view's arena, which its owner wipes. */
void webhook_judge(const struct webhook_rule *rule, struct webhook_view *view,
                   struct webhook_verdict *ret_verdict);

/* --- what an accepted request says --- */

/* The events in it, as JSON; a request without a body that is JSON or a form has one that
 * is UNDEFINED; one in which `items` finds nothing has none. The values share memory with
 * the view. */
struct webhook_events {
    const struct json *items;
    uint32_t n;
};

struct webhook_events webhook_events_of(const struct webhook_rule *rule,
                                        struct webhook_view *view);

/* What is known of one event; absent, 0 and NULL: it does not say. */
struct webhook_event {
    str id;
    str type;
    usec wall;                             /* when it happened */
    const struct webhook_account *account; /* and what its signal found */
    str account_value;
};

void webhook_event_read(const struct webhook_rule *rule, struct webhook_view *view,
                        const struct json *item, struct webhook_event *ret_event);

#endif
