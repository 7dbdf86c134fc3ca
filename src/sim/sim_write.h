/*
 * The writes that the simulated vendor has really executed, in order, and how often each
 * was asked for again. A key makes a write happen once; what comes later with the same
 * key is a repeat, or a conflict when its body differs.
 *
 * The newest SIM_WRITES_MAX are kept; a key is forgotten with its write. On the
 * simulator's worker.
 */
#ifndef SIM_SIM_WRITE_H
#define SIM_SIM_WRITE_H

#include "base/crypto.h"
#include "base/list.h"
#include "base/map.h"
#include "base/usec.h"
#include "json/json_write.h"

enum { SIM_WRITES_MAX = 100000 };

struct sim_write {
    struct list node;
    uint64_t number; /* from 1, in the order of execution */
    str key;         /* "SCOPE KEY"; absent: it had none */
    str method;
    str target;
    uint64_t request; /* the number of the request that it came with */
    uint64_t connection;
    usec at; /* since the simulator's start */
    uint32_t status;
    uint64_t body_bytes;
    uint8_t sha256[CRYPTO_SHA256_BYTES];
    uint64_t repeats;
    uint64_t conflicts;
    bool pending; /* its first answer is not out yet */
    uint64_t n;   /* what its answer was made with: repeats are answered alike */
    uint64_t id;
    usec wall;
    char bytes[]; /* key, method, target */
};

struct sim_writes {
    struct list all; /* oldest first */
    struct map by_key;
    uint64_t executed;
    uint64_t repeats;
    uint64_t conflicts;
};

void sim_write_init(struct sim_writes *writes);
void sim_write_fini(struct sim_writes *writes);

/* Forgets all that are not pending, and starts to count again. */
void sim_write_clear(struct sim_writes *writes);

/* The write with this key, or NULL. */
struct sim_write *sim_write_find(const struct sim_writes *writes, str key);

/* Adds one; texts and numbers are taken from `write`. It stays at least while pending. */
struct sim_write *sim_write_add(struct sim_writes *writes, const struct sim_write *write);

/* Whether the body is the one that was executed; counts a repeat or a conflict. */
bool sim_write_repeat(struct sim_writes *writes, struct sim_write *write,
                      const uint8_t sha256[CRYPTO_SHA256_BYTES]);

/* {"writes":[…],"executed":n,"repeats":n,"conflicts":n,"more":bool} of those whose target
 * starts with `path` and whose number is above `since`. */
void sim_write_print(const struct sim_writes *writes, str path, uint64_t since,
                     struct arena *arena, struct json_out *out);

#endif
