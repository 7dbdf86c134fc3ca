/*
 * What the tests of this folder share: a directory over a store of its own with one
 * account, and session steps that are made and awaited in one call.
 */
#ifndef UNIT_CONNECT_COUNTER_H
#define UNIT_CONNECT_COUNTER_H

#include "support/false_world.h"
#include "support/given.h"

#include "connect/session.h"
#include "directory/keyring.h"

struct counter {
    char dir[64];
    struct false_world world;
    struct false_loop loop;
    struct arena arena;
    struct store *store;
    struct keyring *keyring;
    struct directory *directory;
    str environment, account;
};

/* Fixtures: an account of `acme` in a sandbox, or in production. The store is in files.
 */
int counter_setup(void **state);
int counter_setup_production(void **state);
int counter_teardown(void **state);

/* A step with the counter's directory, worker, arena and wall clock. */
struct session_change counter_step(struct counter *counter, enum session_step step);

/* Takes it and waits for the answer. */
enum err counter_take(struct counter *counter, struct session_change *change);

/* Whether the bytes stand in a file of the store. */
bool counter_stores(struct counter *counter, str bytes);

/* Changes made and awaited; the new object's id. */
struct change counter_change(struct counter *counter, enum change_kind kind);
str counter_make(struct counter *counter, struct change *change);

#endif
