/*
 * Ends that are known before they come: of an account's static credentials, of an app's
 * secrets, of the certificates that either shows. They are what somebody has said, or
 * what a certificate says of itself: a warning and a hint, never a reason to stop, since
 * only the vendor knows what still works.
 *
 * Each end is told once, as an event, when it is near; at once where it is near already
 * when it is stored.
 */
#ifndef DIRECTORY_ENDING_H
#define DIRECTORY_ENDING_H

#include "directory/directory.h"

/* How long before an end it is near. */
#define ENDING_NEAR (14 * USEC_DAY)

str ending_name(enum ending ending); /* "client_secret", … */

/* Whether it is an end at all, and comes within ENDING_NEAR, or has come. */
static inline bool ending_is_near(usec ends, usec wall)
{
    return ends > 0 && ends != USEC_NEVER && ends - ENDING_NEAR <= wall;
}

/* The same, and it has come. */
static inline bool ending_has_come(usec ends, usec wall)
{
    return ends > 0 && ends <= wall;
}

/* When the certificate among them ends; 0: there is none that can be read. */
usec ending_of_certificate(const struct credential *credentials, uint32_t n);

/* --- in a transaction --- */

/* Whose ends they are. */
struct ending_owner {
    str id;
    bool is_app;
    str environment; /* absent: the platform's */
    usec wall;
};

/* Notes when it ends, in place of what was known; 0 and USEC_NEVER: no end is known. */
enum err ending_put(struct tx *tx, const struct ending_owner *owner, enum ending ending,
                    usec ends) MUST_CHECK;

/* No end of the owner is known any more. */
enum err ending_forget(struct tx *tx, str owner) MUST_CHECK;

/* --- as time passes --- */

/* Tells of ends that have come near since the last look, a hundred at once, and counts
 * those that are near or have come. The caller embeds it and keeps it until `done`. */
struct ending_look {
    struct directory *directory;
    struct worker *worker;
    void (*done)(struct ending_look *look); /* once, on `worker` */

    /* the answer */
    enum err err;
    uint64_t near; /* have not come */
    uint64_t come;

    usec wall;          /* private */
    uint64_t untold;    /* private */
    struct store_op op; /* private */
};
void ending_look(struct ending_look *look);

#endif
