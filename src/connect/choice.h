/*
 * By which way of authentication an account is being connected: the session says, or the
 * account has one, or there is but one that can be used; else the person chooses. Inside
 * of src/connect only.
 */
#ifndef CONNECT_CHOICE_H
#define CONNECT_CHOICE_H

#include "catalog/integration.h"
#include "directory/directory.h"

enum { CHOICE_MAX = 16 };

struct choice {
    struct directory *directory;
    const struct integration *integration;
    struct account *account;
    str of_session; /* absent: it does not say */
    str asked;      /* what the person chose; absent: nothing yet */

    /* the answer */
    const struct auth_way *ways[CHOICE_MAX]; /* that the person may choose from */
    uint32_t n;
};

/*
 * The way, or NULL: the person is to choose among `ways`; n 0: the session has one that
 * the document has not. A way can be used by a person when what it wants from the product
 * is there: an app, where the vendor is asked for consent; a form, or an app made for it,
 * where the credentials get a token by themselves.
 */
const struct auth_way *choice_make(struct choice *choice);

#endif
