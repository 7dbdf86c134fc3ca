/*
 * What a browser keeps while its person is at the vendor: a cookie that proves, when the
 * browser comes back, that it is the one that was sent. It also has the link's text, so
 * that whoever is refused there may begin again. Inside of src/connect only.
 *
 *   state    TTTTTTTTRRRR…              T: of the session, R: random
 *   cookie   bw_connect_TTTTTTTT=RRRR….con_LLLL…
 *
 * One cookie a session: two accounts may be connected in one browser at the same time.
 */
#ifndef CONNECT_TICKET_H
#define CONNECT_TICKET_H

#include "http/inbound.h"

struct ticket {
    str state;   /* goes with the browser to the vendor and back */
    str browser; /* the cookie's value; absent: the browser has none */
};

/* A new one for a session, by its id and its link's text. */
struct ticket ticket_make(struct inbound *in, str session, str secret);

/* The one that a callback of this state brought. The state is borrowed. */
struct ticket ticket_find(struct inbound *in, str state);

/* The link's text in it; absent: none. Not to be shown where the ticket is another's. */
str ticket_secret(const struct ticket *ticket);

/* Set-Cookie lines: that keeps it where `redirect_uri` leads and nowhere else; that
 * forgets it. */
str ticket_keep(const struct ticket *ticket, str redirect_uri, bool secure,
                struct arena *arena);
str ticket_forget(const struct ticket *ticket, str redirect_uri, bool secure,
                  struct arena *arena);

#endif
