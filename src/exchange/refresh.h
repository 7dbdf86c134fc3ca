/*
 * Asking again behind an answer that came from the cache: an exchange of our own, of
 * background priority, with all the time and tries that the integration allows. What it
 * brings is kept; nobody hears of it. One at a time for each entry, a bounded number for
 * each worker; what does not fit in is not asked, and the next read will.
 */
#ifndef EXCHANGE_REFRESH_H
#define EXCHANGE_REFRESH_H

#include "exchange/exchange.h"

/* `budgets`: of bodies, one a worker; borrowed, as is the catalog. */
struct refreshes *refreshes_create(struct catalog *catalog, struct body_budget *budgets,
                                   unsigned workers);
void refreshes_destroy(struct refreshes **refreshes); /* every worker has left */

/* Ends those of a worker, on its thread, which must turn once more. */
void refreshes_leave(struct refreshes *refreshes, struct worker *worker);

/* How many are under way on it. */
uint32_t refreshes_under_way(struct refreshes *refreshes, const struct worker *worker);

#endif
