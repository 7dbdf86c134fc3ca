/*
 * Connecting accounts in a browser:
 *
 *   GET  /oauth/connect/{link}   a form where something is to be asked, or straight on to
 *                                the vendor's consent page
 *   POST /oauth/connect/{link}   what the form brought
 *   GET  /oauth/callback         the vendor sends the browser back: code, or a no
 *
 * A link works once. What comes back is taken only from the browser that was sent, and
 * only once. Whatever goes wrong is a page that says it, with a way back.
 */
#ifndef CONNECT_CONNECT_H
#define CONNECT_CONNECT_H

#include "connect/code.h"
#include "http/inbound.h"

struct connect {
    struct directory *directory;
    struct catalog *catalog;
    struct store *store;
    const struct log *log;
    const struct keeper_ops *ops; /* how token endpoints are asked */
    void *ops_arg;
    str public_url;  /* without a slash at its end; absent: as each request says */
    str returns;     /* the setting `connect_returns` */
    uint8_t key[32]; /* proof keys are made with it; the same in all processes */
    unsigned workers;
    struct code_env code; /* connect_open's, as what follows */
    char holder[32];
};

void connect_open(struct connect *connect);
/* All workers have left. */
void connect_close(struct connect *connect);

/* On the worker's own thread: vendors are no longer waited for. Whoever is being
 * connected gets a page that says so, as soon as the store has answered. */
void connect_stop(struct connect *connect, struct worker *worker);
/* Whether an account is being connected there, a vendor or the store being waited for. */
bool connect_busy(const struct connect *connect, const struct worker *worker);

/* Whether a path is one of ours; takes such a request and answers it. */
bool connect_is_ours(str path);
void connect_request(struct connect *connect, struct inbound *in);

/* Whether a browser may be sent there after connecting the account: the setting or the
 * account's app for the way (absent: whichever it has) lists it, or it is this machine's
 * and the stage a sandbox. */
bool connect_may_return(const struct connect *connect, const struct account *account,
                        str way, str url, struct arena *arena);

/* Where browsers find us: the public_url; where none is set, as the request says. In the
 * arena, or borrowed. */
str connect_origin(const struct connect *connect, const struct inbound *in,
                   struct arena *arena);

/* The whole link for a session's secret. */
str connect_link(const struct connect *connect, const struct inbound *in, str secret,
                 struct arena *arena);

#endif
