/*
 * One of several processes of the operating system over one store, begun by fork: a store
 * handle, directory, catalog and keeper of its own, with its threads; what all of them
 * share is a `struct scene`, in memory of all.
 *
 * A data directory belongs to one process (store/datadir.h): each twin has one of its
 * own, and the database in the second is a symbolic link to that in the first.
 *
 * Everything here runs in the twin, where an assertion would not reach the test: CHECK
 * ends it, and so does an alarm.
 */
#ifndef UNIT_KEEPER_TWIN_H
#define UNIT_KEEPER_TWIN_H

#include "shared_mint.h"

#include "directory/tenant.h"
#include "support/false_world.h"
#include "support/live_loop.h"

enum { TWINS = 2, TWIN_WORKERS = 2, TWIN_CROWD = 200 };

/* Of a scene, in their order; each is set by one, and waited for by the others. */
enum scene_stage {
    STAGE_BEGUN,
    STAGE_MIDST, /* the first twin stands still in the middle of an exchange */
    STAGE_TRIED, /* the second has tried meanwhile */
    STAGE_KILLED /* the first is dead */
};

struct scene {
    struct shared_mint mint;
    char dir[64];
    char dirs[TWINS][80];                     /* in it */
    struct tenant_id accounts[SHARED_GRANTS]; /* of the grant of that number */
    unsigned account_n;
    unsigned crowd;      /* who must have asked before the vendor answers anybody, */
    unsigned triers;     /* and twins that must have tried to take the leases */
    atomic_uint ready;   /* twins that are about to begin */
    atomic_uint tried;   /* that have tried */
    atomic_uint asked;   /* who waits, or has waited */
    atomic_uint served;  /* who has the new token */
    atomic_uint refused; /* who was told NO, and what: */
    struct keeper_reason reason;
    atomic_int stage;
};

/* Where a twin stands still until it is killed. */
enum halt {
    HALT_NOT,
    HALT_SENT,   /* the request has left; the vendor has not acted */
    HALT_ACTED,  /* the vendor has rotated; nobody has its answer */
    HALT_STORED, /* the new pair is stored, and one who waits has heard of it */
};

struct twin;

struct twin_asker {
    struct twin *twin;
    unsigned account;
    struct worker *worker;
    struct token_wait *wait;
};

struct twin {
    struct scene *scene;
    enum halt halt;
    bool live; /* real clocks and threads; else time is false, and on one thread */
    struct false_world world;
    struct false_loop loop;
    struct live_loop loops[TWIN_WORKERS];
    struct arena arena;
    struct store *store;
    uint64_t operations; /* of the store, before the keeper began */
    struct keyring *keyring;
    struct directory *directory;
    struct catalog *catalog;
    struct keeper *keeper;
    struct twin_asker askers[SHARED_GRANTS * TWIN_CROWD];
    unsigned asker_n;
    atomic_uint heard;
};

/* Twin `at` of the scene; its chance is its own. */
void twin_open(struct twin *twin, struct scene *scene, unsigned at, bool live);
void twin_close(struct twin *twin);

/* The keeper begins its work: nothing is renewed before. */
void twin_join(struct twin *twin);

/* TWIN_CROWD calls for each account, from all workers, each of which must wait. */
void twin_ask(struct twin *twin);

/* Waits until the keeper has asked the store for each account's lease, and tells so. */
void twin_try(struct twin *twin);

/* Waits until all have heard; in a twin of false time for `max` of that at most. */
bool twin_wait(struct twin *twin, usec max);

/* Whether it came, within a minute; for the test, too. */
bool scene_await(struct scene *scene, enum scene_stage stage);

#endif
