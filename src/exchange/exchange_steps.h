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

/* gather.c: a body that is signed, or told apart by, before anything else. Waits until it
 * is complete. */
bool exchange_must_gather(const struct exchange *exchange);
void exchange_gather(struct exchange *exchange);
str exchange_form(const struct exchange *exchange); /* that is signed; absent: none */

/* recall.c: the cache of reads */
enum exchange_step step_recall(struct exchange *exchange);
void exchange_enter_share(struct exchange *exchange);
void exchange_end_share(struct exchange *exchange); /* its deadline has passed */
/* Where the vendor cannot answer, the copy at hand is the next step instead. */
enum exchange_step exchange_or_copy(struct exchange *exchange, enum exchange_step next);
/* The vendor says that the copy at hand is still good. */
enum exchange_step exchange_renew_copy(struct exchange *exchange);
/* Asks the vendor whether the copy at hand is still good, where it can be asked. */
void exchange_ask_validation(struct exchange *exchange);
/* A write may have changed what is kept. */
void exchange_note_write(struct exchange *exchange);
void exchange_forget_recall(struct exchange *exchange); /* nothing is kept of it */

/* recall_key.c: false: it does not take part */
bool exchange_recall_key(struct exchange *exchange);
/* The whole body of a request that has one; absent: it is not there yet, or too long. */
str exchange_body_text(struct exchange *exchange);
/* Whether an entry is of a request like this one, by the vendor's Vary. */
bool exchange_recall_fits(struct exchange *exchange, const struct cache_entry *entry);
/* The names of an answer's Vary that the key does not have, and a digest of their values;
 * absent: none. */
str exchange_recall_vary(struct exchange *exchange, const struct headers *answer,
                         uint8_t ret_variant[CACHE_VARIANT_BYTES]);

/* recall_keep.c: an answer on its way to the starter is kept along */
void exchange_begin_keep(struct exchange *exchange);
void exchange_tee(struct exchange *exchange, str chunk);
void exchange_end_keep(struct exchange *exchange, bool whole);
/* What is answered to the starter, and as what. Takes the reference. */
enum exchange_step exchange_give(struct exchange *exchange, struct cache_entry *entry,
                                 enum freshness as);
struct cache_entry *exchange_make_entry(struct exchange *exchange, int status,
                                        const struct headers *headers, str body);

/* recall_replay.c */
void exchange_enter_replay(struct exchange *exchange);
void exchange_go_on_replaying(struct exchange *exchange);

/* refresh.c: asks again behind an answer, if nobody does */
void exchange_refresh(struct exchange *exchange, struct cache_entry *entry);

/* admission.c: the base URL of the request, in exchange->base */
enum err exchange_find_base(struct exchange *exchange, str *ret_detail);

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

/* shape.c: the request as the vendor will see it; and its URL alone, which links in an
 * answer are read against */
enum exchange_step step_shape(struct exchange *exchange);
void exchange_aim(struct exchange *exchange);

/* attempt.c: the call and its events */
void exchange_enter_call(struct exchange *exchange);
void exchange_enter_answer(struct exchange *exchange);

/* judge.c: what came back, and what follows from it. An answer's body as text and JSON:
 * true when it could be read. */
bool exchange_read_body(struct exchange *exchange, const struct headers *headers);
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

/* The nearest of the starter's deadline, the total limit, and the end of the one try that
 * a copy at hand leaves. */
usec exchange_deadline(const struct exchange *exchange);

#endif
