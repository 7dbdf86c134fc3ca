/*
 * One request of a vendor, from its head to its answer:
 *
 *   route → body → judge → keep → (list →) answer
 *
 * route finds integration and account; body takes the bytes, within a budget; judge
 * verifies and finds the events, on a thread of its own where the body is large; keep
 * makes it durable, and list does so with the events of what stands apart. A refusal goes
 * from anywhere to answer.
 *
 * Owns the request until it is answered. On its worker.
 */
#ifndef HOOK_RECEIVE_H
#define HOOK_RECEIVE_H

#include "hook/hooks_state.h"

/* Takes the request and answers it. */
void receive_start(struct hooks *hooks, struct inbound *in);

#endif
