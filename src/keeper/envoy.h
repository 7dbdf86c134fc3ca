/*
 * An account's envoy to its vendor: who asks, for whom, by which way. What calls to token
 * endpoints and errands have in common.
 */
#ifndef KEEPER_ENVOY_H
#define KEEPER_ENVOY_H

#include "keeper/keeper.h"

/* All of it is lent. */
struct envoy {
    const struct keeper_ops *ops;
    void *ops_arg; /* of `fetch` */
    struct directory *directory;
    struct worker *worker;
    struct arena *arena; /* holds secrets; its owner wipes it */
    struct pin *pin;     /* of the catalog: holds the integration */
    const struct integration *integration;
    const struct auth_way *way; /* of the integration */
    struct account *account;
};

/* A request of theirs, whose `request` is still to be filled. `deadline` is monotonic. */
struct token_fetch envoy_fetch(const struct envoy *envoy, usec deadline,
                               void (*done)(struct token_fetch *fetch), void *owner);

void envoy_send(const struct envoy *envoy, struct token_fetch *fetch);

/* ERR_HOST_FORBIDDEN with a sentence where the URL that the template gave leads to no
 * host of the document (party_may_ask). */
enum err envoy_may_go(const struct envoy *envoy, const struct template *template,
                      const struct url *url, str *ret_detail);

#endif
