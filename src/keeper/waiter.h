/* One who waits for a ward's exchange. Inside of src/keeper only. */
#ifndef KEEPER_WAITER_H
#define KEEPER_WAITER_H

#include "keeper/keeper_state.h"

struct waiter {
    struct token_wait wait;
    struct list node; /* among the ward's, until it is told */
    struct shard *shard;
    struct ward *ward;
    struct worker *worker;
    struct post post;
    void (*heard)(struct token_wait *wait);
    bool told;      /* under the shard's lock */
    bool forgotten; /* the asker's thread's */
};

#endif
