/*
 * What is known at run time about the parties of a call, on boards: an account's standing
 * with its vendor, the breaker of an integration's group, an environment's places, a
 * vendor host. Not stored; a restart begins with everyone in good standing.
 */
#ifndef POLICY_STANDING_H
#define POLICY_STANDING_H

#include "policy/board.h"
#include "policy/breaker.h"
#include "policy/limit.h"
#include "policy/quota.h"
#include "policy/retry.h"

/* Of an account; or, under the name "account group", of one of its rate-limit groups, of
 * which only the quota is used. */
struct standing {
    struct board_entry entry;
    struct limit calls;
    struct quota quota;
    struct breaker breaker;
};

/* Of an integration's breaker group: "integration", "integration region", …; its calls
 * bound the integration. */
struct circuit {
    struct board_entry entry;
    struct limit calls;
    struct breaker breaker;
};

/* Of an environment. */
struct places {
    struct board_entry entry;
    struct limit calls;
};

/* Of a vendor's host, "host:port". */
struct host {
    struct board_entry entry;
    struct limit calls;
    struct retry_budget budget;
};

struct boards {
    struct board *standings;
    struct board *circuits;
    struct board *places;
    struct board *hosts;
};

void boards_open(struct boards *boards);
void boards_close(struct boards *boards); /* nothing may be in use */

#endif
