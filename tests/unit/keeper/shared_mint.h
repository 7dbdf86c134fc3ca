/*
 * The mint of mint.h once more, for processes: what it knows stands in memory that they
 * share, so that it counts over all of them. Each change of it is atomic. Refresh tokens
 * rotate; one that comes again is refused, and counted.
 */
#ifndef UNIT_KEEPER_SHARED_MINT_H
#define UNIT_KEEPER_SHARED_MINT_H

#include <stdatomic.h>

#include "keeper/keeper.h"

enum { SHARED_GRANTS = 8 };

struct shared_grant {
    atomic_uint generation; /* of the refresh token that works */
    atomic_uint asked;      /* requests */
    atomic_uint given;      /* pairs */
    atomic_uint reused;     /* used refresh tokens that came */
    atomic_uint open, peak; /* requests under way, and the most there were */
};

struct shared_mint {
    struct shared_grant grants[SHARED_GRANTS];
};

/* What became of a request. */
struct shared_verdict {
    struct shared_grant *grant;
    unsigned of;         /* the grant's number */
    unsigned generation; /* of the new pair; 0: the request was refused */
};

/* The request has arrived; the grant is the one that its refresh token is of. */
struct shared_verdict shared_mint_hear(struct shared_mint *mint,
                                       struct token_fetch *fetch);

/* Its work: the pair is rotated, if the token is good. */
void shared_mint_act(struct shared_verdict *verdict, struct token_fetch *fetch);

/* Its answer, in the fetch. `done` is the caller's to call. */
void shared_mint_answer(const struct shared_verdict *verdict, struct token_fetch *fetch);

#endif
