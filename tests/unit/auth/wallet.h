/*
 * Rules read from JSON, credentials, and a request to put them into.
 */
#ifndef UNIT_AUTH_WALLET_H
#define UNIT_AUTH_WALLET_H

#include "support/given.h"

#include "auth/auth.h"

/* The rule of an auth block that has no fault. */
const struct auth_rule *wallet_rule(struct arena *arena, const char *json);

/* Credentials from `{"token": "…"}`; freed with wallet_drop. */
struct credentials *wallet_open(struct arena *arena, const char *json);
void wallet_drop(struct credentials **credentials);

/* A request with these header lines, "Name: value\nName: value", and this query (NULL:
 * none). */
void wallet_request(struct arena *arena, const char *lines, const char *query,
                    struct auth_request *ret_request);

/* The request's header lines in the same form. */
str wallet_lines(const struct auth_request *request);

#endif
