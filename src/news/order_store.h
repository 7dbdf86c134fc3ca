/*
 * What was told of records, in the store: inside transactions of whoever brings news of
 * them, webhooks today, syncs and polls tomorrow. Look (order_find), judge (order.h), and
 * store what is known from then on (order_put) in the transaction that tells of it; who
 * has looked in another one learns by the revision that somebody was faster.
 */
#ifndef NEWS_ORDER_STORE_H
#define NEWS_ORDER_STORE_H

#include "news/order.h"
#include "store/store.h"

/* Whose order it is. */
struct order_record {
    str account;
    str resource; /* "crm/contacts" */
    str id;
};

enum err order_find(struct tx *tx, const struct order_record *record,
                    struct order_known *ret_known) MUST_CHECK;

/* ERR_STATE_CONFLICT: the row is not of known->revision any more, and nothing is stored.
 */
enum err order_put(struct tx *tx, const struct order_record *record,
                   const struct order_known *known) MUST_CHECK;

/* The account is deleted. */
enum err order_forget(struct tx *tx, str account) MUST_CHECK;

#endif
