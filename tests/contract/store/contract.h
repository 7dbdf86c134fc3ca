/*
 * What the tests of this folder share: the implementation they run on, a store in a
 * directory of its own, and operations made of a function.
 */
#ifndef CONTRACT_STORE_CONTRACT_H
#define CONTRACT_STORE_CONTRACT_H

#include "support/false_world.h"
#include "support/unit.h"

#include "store/store.h"

/* One of store_list.h; set by main before the groups run. */
extern const char *contract_store;

/* Whether it has threads and files; what asks for either is skipped on the others. */
bool contract_is_durable(void);

struct contract {
    char dir[64];
    struct store *store;
    struct false_world world;
    struct false_loop loop;
    struct arena arena;
};

/* Fixtures: an open store with the empty table
 * t (id BIGINT PRIMARY KEY, text TEXT, bytes BYTEA). */
int contract_setup(void **state);
int contract_teardown(void **state);

/* Opens the store of the fixture again; fails the test when it does not open. */
void contract_reopen(struct contract *c);
/* The sentence with which it refuses to open; it must be closed before. */
str contract_refusal(struct contract *c);
/* The path of a file of the store. */
const char *contract_path(struct contract *c, const char *name);

struct step;
typedef enum err (*step_fn)(struct tx *tx, struct step *step);

/* An operation made of a function. */
struct step {
    struct store_op op;
    step_fn fn;
    void *arg;
    bool done;
    unsigned runs;    /* how often `run` has run */
    int64_t number;   /* for the function */
    uint64_t ordinal; /* of its `committed` call; 0: not called */
};

/* Fills in a step; `fn` may use step->arg and step->number. */
void step_init(struct contract *c, struct step *step, enum store_kind kind, step_fn fn);
void step_start(struct contract *c, struct step *step);
void step_wait(struct contract *c, struct step *step);

/* Runs `fn` and answers its outcome. */
enum err contract_do(struct contract *c, enum store_kind kind, step_fn fn, void *arg);

/* The answer of `SELECT COUNT(*) FROM t`. */
int64_t contract_rows(struct contract *c);

/* Makes the table t, which the fixture has made already in its own store. */
enum err create_table(struct tx *tx, struct step *step);

/* Inserts the row with id step->number. */
enum err insert_number(struct tx *tx, struct step *step);

/* Waits for as many as `n` steps. */
void steps_wait(struct contract *c, struct step *steps, size_t n);

#endif
