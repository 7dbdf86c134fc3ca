/*
 * Connect sessions: the right to connect one account, once, within a time, for whoever
 * has the link. They stand in the store, since the browser may come back to another
 * process than the one it was sent from.
 *
 *   mint ──► open ──begin──► at the vendor ──claim──► … ──end──► ended
 *                  ▲──────── again ────────┘
 *
 * The store has digests only: neither the link nor the state can be made from it.
 */
#ifndef CONNECT_SESSION_H
#define CONNECT_SESSION_H

#include "directory/directory.h"

enum { SESSION_ID_BYTES = 32, SESSION_SECRET_BYTES = 48 };

struct session {
    str id;
    str account;
    str return_url; /* absent: none */
    str way;        /* of authentication, by which to connect; absent: not said */
    str begun;      /* the way by which the browser was sent to the vendor */
    bool force;     /* another identity at the vendor is taken */
    usec expires;   /* wall */
    usec created;
    bool ended;
};

enum session_step {
    SESSION_MINT,  /* makes one */
    SESSION_LOOK,  /* by the link's text */
    SESSION_BEGIN, /* by the link's text: a browser is sent to the vendor */
    SESSION_CLAIM, /* by the state that came back, from that browser; the state is used up
                    */
    SESSION_END    /* by id: connected */
};

/* The caller embeds it, fills what the step reads, and keeps it until `done`. */
struct session_change {
    enum session_step step;
    struct directory *directory;
    struct store *store;
    struct worker *worker;
    struct arena *arena; /* what is found is allocated in it */
    struct actor actor;  /* MINT: for the audit log */
    void (*done)(struct session_change *change);
    void *owner;
    usec wall;

    str secret;             /* the link's text: MINT, LOOK, BEGIN */
    str state;              /* BEGIN, CLAIM */
    str browser;            /* what the browser keeps: BEGIN, CLAIM */
    struct session session; /* MINT: id, account, return_url, way, force, expires; END:
                               id; otherwise the answer, also where the session is over */
    str begun;              /* BEGIN: by which way; absent: the document's only one */
    str environment;        /* MINT: of the account, for the audit log */

    enum err err;       /* SESSION_UNKNOWN, SESSION_OTHER_BROWSER; the store's */
    struct store_op op; /* private */
};

void session_change(struct session_change *change);

#endif
