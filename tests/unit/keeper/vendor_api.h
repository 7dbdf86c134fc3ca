/*
 * A vendor's API, as far as a keeper asks it: requests that come with credentials. Paths
 * that begin with /me are checks; whatever else is asked is /org. It answers by timers of
 * the asker's worker, as a test plans it.
 */
#ifndef UNIT_KEEPER_VENDOR_API_H
#define UNIT_KEEPER_VENDOR_API_H

#include "support/unit.h"

#include "keeper/keeper.h"

struct vendor_answer {
    int status; /* 0: there is none, but `err` */
    enum outcome_class class;
    const char *body;
    enum err err;
    usec retry_after; /* 0: not said */
};

enum vendor_place { VENDOR_ME, VENDOR_ORG, VENDOR_PLACES };

struct vendor_api {
    struct vendor_answer answers[VENDOR_PLACES];
    usec takes;
    unsigned asked[VENDOR_PLACES];
    unsigned open, peak;
    unsigned gone; /* requests whose asker has gone */
    char last_path[128];
    char last_token[32];
    /* A planned yes to a check is one or a no, by the token; NULL: it is one. */
    bool (*takes_token)(void *arg, str token);
    void *arg;
};

extern const struct vendor_answer vendor_yes, vendor_no, vendor_forbids, vendor_trouble,
    vendor_limits, vendor_away;

void vendor_api_init(struct vendor_api *api);
void vendor_api_start(struct vendor_api *api, struct token_fetch *fetch);
void vendor_api_abandon(struct token_fetch *fetch);

#endif
