/*
 * A vendor's answer for tests, from JSON: {"status", "headers", "body", "group"}; a body
 * that is a string is text that is no JSON. It comes at REPLY_WALL.
 */
#ifndef SUPPORT_REPLY_H
#define SUPPORT_REPLY_H

#include "support/given.h"

#include "json/bind.h"
#include "policy/answer.h"

#define REPLY_WALL (1760000000 * USEC_S) /* 2025-10-09T08:53:20Z */

void reply_read(struct arena *arena, const struct json *json, struct answer *ret_answer);
struct answer reply_of(struct arena *arena, const char *json);

/* Binds a rule; the test fails when it has a fault. `json` NULL = {}. */
void reply_rule(struct arena *arena, const struct bind_table *table,
                const struct json *json, void *ret_rule);

#endif
