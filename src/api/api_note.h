/*
 * An act on an account that is none of the directory's changes, as a line of the audit
 * log: on disk before it is answered.
 */
#ifndef API_API_NOTE_H
#define API_API_NOTE_H

#include "api/api_call.h"
#include "directory/audit.h"

/* The caller allocates it in the call's arena and fills the first part. */
struct api_note {
    struct api_call *call;
    str action;              /* "account.renew" */
    struct account *account; /* the caller's reference */
    str detail;              /* a JSON object */
    void (*done)(struct api_note *note);
    void *owner;

    enum err err; /* the store's */

    struct store_op op; /* private */
    usec wall;
};

void api_note(struct api_note *note);

#endif
