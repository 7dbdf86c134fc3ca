/*
 * Our own writes, remembered for five minutes, so that what a vendor tells of them can be
 * marked as such (SPEC 8.4, `origin: self`): a record of which an event brings exactly
 * what the vendor answered to our write, or that we have deleted. A record that the
 * vendor has changed on the way is none of ours, and neither is one whose event comes
 * before the answer to the write, or after a restart: nothing of this is kept on disk.
 *
 * Any thread; of a fixed size, where the oldest go first.
 */
#ifndef NEWS_ECHO_H
#define NEWS_ECHO_H

#include "news/order_store.h"

struct account;
struct echo;
struct model;
struct world;

enum { ECHO_WRITES_MAX = 16384 };
#define ECHO_KEPT (5 * USEC_MIN)

struct echo *echo_create(struct world *world);
void echo_destroy(struct echo **echo);

/* `hash`: of the unified record (order_hash); NULL: it was deleted. */
void echo_note(struct echo *echo, const struct order_record *record, const uint8_t *hash);
bool echo_is(struct echo *echo, const struct order_record *record, const uint8_t *hash);

/* exchange_env.on_written, with an echo as its argument. */
void echo_on_written(void *arg, const struct account *account, const struct model *model,
                     str id, const struct json *record);

#endif
