/*
 * Endpoints in the store: changed by people, changed by what comes of deliveries, read at
 * the start. What is committed is published (endpoint.h) before its `done` comes, in the
 * order of the commits.
 *
 * The secrets of an endpoint (signing.h) are sealed with a data key of its own, which
 * goes with it.
 */
#ifndef DELIVER_ENDPOINT_STORE_H
#define DELIVER_ENDPOINT_STORE_H

#include "deliver/endpoint.h"
#include "deliver/signing.h"
#include "directory/directory.h"
#include "store/store.h"

struct keyring;

enum { ENDPOINT_ID_BYTES = TENANT_ID_BYTES };

enum endpoint_change_kind {
    ENDPOINT_CREATE,
    ENDPOINT_UPDATE,
    ENDPOINT_DELETE,
    ENDPOINT_ROTATE, /* a new secret; the present one is good until `until` */
    ENDPOINT_PAUSE,
    ENDPOINT_RESUME, /* from paused and from disabled */
    ENDPOINT_TEST    /* puts an event that goes to it alone */
};

/* The caller embeds it, fills the first part, and keeps it until `done`. */
struct endpoint_change {
    enum endpoint_change_kind kind;
    struct store *store;
    struct keyring *keyring;
    struct endpoints *endpoints;
    struct worker *worker;
    struct arena *arena;
    struct actor actor;
    usec wall;
    void (*done)(struct endpoint_change *change);
    void *owner;

    str id;                           /* CREATE: a new name, ept_… */
    str environment, stage;           /* CREATE; `environment` absent: the whole stage */
    const struct endpoint_spec *spec; /* CREATE, UPDATE */
    struct json headers;              /* OBJECT of texts; UNDEFINED: as they are */
    str secret;                       /* CREATE, ROTATE: the key; absent: a new one */
    bool ed25519;                     /* CREATE: with a key pair, too */
    usec until;                       /* ROTATE: wall; those before end then */
    bool immediate; /* ROTATE: also if one is still good from the rotation before */

    /* the answer */
    enum err err;              /* ERR_OBJECT_UNKNOWN, ERR_STATE_CONFLICT, … */
    struct endpoint *endpoint; /* a reference, the caller's; NULL with DELETE */
    str key;                   /* CREATE, ROTATE: the secret that signs from now on */
    int64_t event;             /* TEST: its sequence number */

    struct store_op op; /* private */
};

void endpoint_change(struct endpoint_change *change);

/* At the start: all of them are published. False with a sentence. */
bool endpoint_load(struct store *store, struct endpoints *endpoints, str *ret_why);

/* --- inside a transaction, for deliver/ --- */

/* What deliveries do to it. The new state is answered, to be published by whoever has
 * committed; NULL: it is gone. */
struct endpoint_turn {
    str id;
    enum endpoint_state from; /* nothing changes unless it is that */
    enum endpoint_state state;
    str reason;
    usec failing;
    usec wall;
};
enum err endpoint_apply(struct tx *tx, const struct endpoint_turn *turn,
                        struct endpoint **ret_endpoint) MUST_CHECK;

/* Its sealed secrets and data key; in the arena, absent when it is gone. */
struct endpoint_sealed {
    str data_key, sealed;
    uint64_t version;
};
enum err endpoint_read_sealed(struct tx *tx, str id, struct arena *arena,
                              struct endpoint_sealed *ret) MUST_CHECK;

/* --- any thread --- */

/* False: they cannot be opened. */
bool endpoint_open_sealed(struct keyring *keyring, str id,
                          const struct endpoint_sealed *sealed, struct arena *arena,
                          struct signing *ret_signing) MUST_CHECK;

#endif
