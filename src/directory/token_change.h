/*
 * What the store does for an exchange at a vendor's token endpoint:
 *
 *   INTEND   before anything is sent: takes the lease, notes from which credential
 *            version the exchange starts. Whoever finds an intent without an end knows
 *            that an exchange may have happened whose answer nobody has.
 *   STORE    the new set, before anyone uses it, as the next version. The set before
 *            stays in the store until the one after is there.
 *   FAIL     the exchange gave none: what happened, and what follows for the account.
 *   PROVE    the credentials that are stored work: what stood against them is forgotten.
 *   LEARN    what the vendor said goes into the account's context, where that lacks it.
 *   RELEASE  the exchange gave none, and that says nothing about the account.
 *
 * One exchange at a time an account, over all processes of a store: the lease outlives
 * the bounded exchange, and what comes too late is refused by fence and version. A lease
 * is over when its holder says so, or when somebody has seen it stand for its whole
 * length by a clock of his own; wall clocks decide nothing. All of them are on disk when
 * they are answered.
 *
 * These are no acts of a person: they leave no line in the audit log, but for the STORE
 * of a login. What changes the state of an account leaves an event.
 */
#ifndef DIRECTORY_TOKEN_CHANGE_H
#define DIRECTORY_TOKEN_CHANGE_H

#include "directory/directory.h"

enum token_step {
    TOKEN_INTEND,
    TOKEN_STORE,
    TOKEN_FAIL,
    TOKEN_PROVE,
    TOKEN_LEARN,
    TOKEN_RELEASE
};

enum token_end {
    TOKEN_DONE,
    TOKEN_NEWER, /* the stored credentials are newer than `version`; they are published */
    TOKEN_HELD,  /* INTEND: somebody else is at it, under the fence that is answered;
                  * else: somebody has taken the lease since */
    TOKEN_GONE   /* the account is not there, or (INTEND) its state admits no exchange;
                  * STORE keeps the set of an account that was switched off meanwhile,
                  * since the one before may be dead, and leaves its state alone */
};

/* Who has connected an account through a browser. */
struct login {
    str session; /* the connect session's id; absent: nobody has */
    str peer;    /* address */
    str member;  /* of the context, that shows a person's login where a service account is
                    wanted; absent: none does */
    str value;   /* the member's */
};

/* The caller embeds it, fills what its step reads, and keeps it and everything that it
 * lends until `done`, which runs on `worker`. */
struct token_change {
    enum token_step step;
    struct directory *directory;
    struct worker *worker;
    void (*done)(struct token_change *change);
    struct arena *arena; /* the caller's; what it finds is allocated in it */

    str account;
    uint64_t version; /* of the credentials that the exchange starts from */
    str holder;       /* who asks: one name a process */
    usec lease;       /* INTEND: how long */
    uint64_t
        outlived;   /* INTEND: a fence that the caller has seen for that long; 0: none */
    usec learned;   /* INTEND: a lifetime that 401s have shown; 0: none */
    bool any_state; /* INTEND: of an account that is switched off, too */
    bool harmless;  /* all but STORE: nothing at the vendor changes by it, so that no
                     * intent is noted, and one that stands stays */
    uint64_t fence; /* all but INTEND: what that answered */
    usec wall;      /* when the exchange was answered */

    /* STORE: the whole set */
    const struct credential *credentials;
    uint32_t credential_n;
    usec issued, expires, refresh_expires; /* as struct token_facts */
    str scope;                             /* absent: as before */
    const str *identity; /* members of the context that say whose login it is: whether */
    uint32_t identity_n; /* another account has it is looked at, and told; 0: it is not */
    struct login login;  /* STORE: of whoever brought the set */
    struct json context; /* STORE, LEARN: members to put into the account's context;
                          * UNDEFINED: none */
    str way; /* STORE: the account's from now on, which leaves nothing of another way
                behind; "": none; absent: as it is */

    /* FAIL */
    str fault;       /* a sentence */
    bool unanswered; /* whether the vendor acted is not known: the intent stays */
    bool dead;       /* only a person can mend it: NEEDS_REAUTH */
    bool worrying;   /* an ACTIVE account becomes DEGRADED */

    /* the answer */
    enum err err; /* the store's; ERR_CREDENTIAL_UNUSABLE: the data key is closed */
    enum token_end end;
    bool interrupted; /* INTEND: an exchange from this very version was never answered */

    struct store_op op;      /* private */
    struct token_work *work; /* private */
};

void directory_change_token(struct token_change *change);

/*
 * At start, when no other process has the store: leases in it are those of a life before,
 * and nobody need wait for their end. Intents stay, since their exchanges may have
 * happened. On the caller's thread; the store's error.
 */
enum err directory_drop_leases(struct directory *directory);

/*
 * The set of credentials that version − 1 was, if it is still stored: for the one try
 * that is left when the present refresh token is refused. NULL: it is not there, or
 * cannot be opened. A READ operation in the same way; credentials_destroy the answer.
 */
struct token_previous {
    struct directory *directory;
    struct worker *worker;
    void (*done)(struct token_previous *previous);
    struct account *account; /* borrowed */
    struct credentials *credentials;
    enum err err;
    struct store_op op; /* private */
};
void directory_previous_credentials(struct token_previous *previous);

#endif
