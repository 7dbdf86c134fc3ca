/*
 * The steps of an exchange, for exchange/ only. A step answers the step that follows;
 * what waits is entered with exchange_enter_…
 */
#ifndef EXCHANGE_EXCHANGE_STEPS_H
#define EXCHANGE_EXCHANGE_STEPS_H

#include "exchange/exchange.h"
#include "http/tls.h"

/* Moves through the steps until one waits. */
void exchange_move(struct exchange *exchange, enum exchange_step next);

/* The rule by which the request gets the account's credential; NULL: it gets none, being
 * for a token endpoint, or nobody knows how. */
static inline const struct auth_rule *exchange_rule(const struct exchange *exchange)
{
    bool own = exchange->way && !exchange->request.target;
    return own ? &exchange->way->rule : NULL;
}

/* gather.c: a body that is signed, before anything else. Waits until it is complete. */
bool exchange_must_gather(const struct exchange *exchange);
void exchange_gather(struct exchange *exchange);

/* admission.c: what must be there before anything is sent */
enum exchange_step step_credential(struct exchange *exchange);
enum exchange_step step_breaker(struct exchange *exchange);
enum exchange_step step_quota(struct exchange *exchange);

/* profile.c: the TLS profile of the attempts, in exchange->tls */
enum err exchange_take_certificate(struct exchange *exchange, str *ret_detail);

/* renewal.c: tokens that must be waited for. `refused`: the vendor answered 401 to the
 * credentials of that version; 0: they have not been tried. */
enum keeper_word exchange_ask_token(struct exchange *exchange, uint64_t refused);
/* Whether the account's token may not be taken as it is. */
bool exchange_needs_token(const struct exchange *exchange);
/* A 401 may be another call's, or the token's: whether it is asked about. */
bool exchange_may_renew(const struct exchange *exchange);
void exchange_enter_renewal(struct exchange *exchange);
void exchange_end_renewal(struct exchange *exchange); /* its deadline has passed */
void exchange_forget_renewal(struct exchange *exchange);

/* shape.c: the request as the vendor will see it */
enum exchange_step step_shape(struct exchange *exchange);

/* attempt.c: the call and its events */
void exchange_enter_call(struct exchange *exchange);
void exchange_enter_answer(struct exchange *exchange);

/* judge.c: what came back, and what follows from it */
enum exchange_step step_judge(struct exchange *exchange);
/* The rest of a permitted attempt whose answer went to the starter: `fault` or success.
 */
void exchange_note_end(struct exchange *exchange, enum call_fault fault);
/* An attempt that ends without a verdict: permits and places are given back. */
void exchange_abandon(struct exchange *exchange);

/* admission.c */
void exchange_leave_places(struct exchange *exchange);
void exchange_let_go(struct exchange *exchange); /* of everything on boards */

/* The longest body of the answer that is looked at, as it comes and unpacked. */
size_t exchange_look_bytes(const struct exchange *exchange);

/* Ends it with an error of our own. */
enum exchange_step exchange_fail(struct exchange *exchange, enum err err, str detail,
                                 usec retry_after);

/* Waits `delay`, then asks the breaker again. */
enum exchange_step exchange_wait(struct exchange *exchange, usec delay);

/* The nearer of the starter's deadline and the total limit. */
usec exchange_deadline(const struct exchange *exchange);

#endif
