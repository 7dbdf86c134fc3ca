/*
 * A vendor's token endpoint, as a model: grants whose refresh tokens rotate, with the
 * detection of used ones, and what can go wrong on the way. It stands behind the keeper's
 * ops; it acts and answers by timers of the asker's worker. What was asked of it is kept,
 * to be counted.
 *
 * The refresh token of grant 3 after two rotations is "r3.2", its access token "a3.2";
 * what a grant has not given is refused. What comes with credentials is the API's.
 */
#ifndef UNIT_KEEPER_MINT_H
#define UNIT_KEEPER_MINT_H

#include "support/false_world.h"
#include "support/unit.h"

#include "vendor_api.h"

enum { MINT_GRANTS_MAX = 512, MINT_PLAN_MAX = 32 };

/* What becomes of a request. */
enum mint_fate {
    MINT_GOOD,
    MINT_DOWN,          /* 503; nothing was done */
    MINT_DOWN_AFTER,    /* 500; the token has rotated */
    MINT_LIMITED,       /* 429 with Retry-After */
    MINT_UNREACHABLE,   /* no byte of it has left */
    MINT_HANGS,         /* no answer; nothing was done */
    MINT_HANGS_AFTER,   /* no answer; the token has rotated */
    MINT_LOST,          /* the connection broke; the token has rotated */
    MINT_BROKEN,        /* the connection broke; nothing was done */
    MINT_GARBAGE,       /* 200 with a page for people; nothing was done */
    MINT_HUGE,          /* 200 with a megabyte of JSON; nothing was done */
    MINT_WRONG_CLIENT,  /* 401, invalid_client */
    MINT_NO_REFRESH,    /* a token, and no word of the refresh token, which stays */
    MINT_NO_EXPIRY,     /* a pair, and no word of its end */
    MINT_NEVER_EXPIRES, /* a pair with expires_in 0 */
    MINT_FATES
};

struct mint_grant {
    unsigned generation; /* of the refresh token that works */
    unsigned token;      /* of the access token that works; counts up */
    usec token_ends;     /* monotonic */
    bool revoked;
    bool lost;       /* a rotation of it has reached nobody */
    bool reused;     /* a used refresh token has come again, and none was lost */
    bool spoiled;    /* the same while the mint is told to excuse it */
    unsigned asked;  /* requests */
    unsigned given;  /* tokens */
    unsigned open;   /* under way now, */
    unsigned peak;   /* at most */
    unsigned before; /* generations before the present one that still work */
};

struct mint {
    struct false_world *world;
    struct mint_grant grants[MINT_GRANTS_MAX];
    usec lifetime;
    usec takes; /* to act; as long again to answer */
    usec retry_after;
    bool forgives;      /* a used refresh token is refused, and revokes nothing */
    bool keeps;         /* refresh tokens do not rotate */
    bool excused;       /* no used token that comes again is noted */
    bool acts_when_cut; /* a request whose asker has gone is still acted on */
    /* Fates of the requests to come, in their order; then `fate`. */
    enum mint_fate plan[MINT_PLAN_MAX];
    unsigned plan_at, plan_n;
    enum mint_fate fate;
    /* Chooses instead of both; NULL: does not. */
    enum mint_fate (*choose)(struct mint *mint, unsigned grant);
    void *owner;
    unsigned asked;
    unsigned open, peak;
    usec last_asked; /* monotonic */
    unsigned gone;   /* requests whose asker has gone */
    char last_body[512];
    struct vendor_api api;
};

extern const struct keeper_ops mint_ops; /* with the mint as `arg` */

void mint_init(struct mint *mint, struct false_world *world);

/* The next request has this fate. */
void mint_plan(struct mint *mint, enum mint_fate fate);

/* Whether the vendor takes this access token now. */
bool mint_takes(const struct mint *mint, str token);

void mint_revoke(struct mint *mint, unsigned grant);

/* The grant that a token, of either kind, belongs to, and its number. */
bool mint_read(str token, char kind, unsigned *ret_grant, unsigned *ret_number);

#endif
