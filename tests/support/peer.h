/*
 * A vendor made of a script: a listening socket whose connections each play a list of
 * steps in a thread of their own, so that a test says exactly what is on the wire, and
 * when, in both directions. What a connection has received is kept.
 *
 *   static const struct peer_step script[] = {
 *       PEER_HEAD, PEER_SAY("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), PEER_END};
 *   struct peer *peer = peer_start(&(struct peer_plan){.scripts = {script}});
 *   … call http://127.0.0.1:peer_port(peer)/ …
 *   peer_stop(&peer);
 *
 * The n-th connection plays the n-th script, further ones the last. A script that has
 * come to its end closes in order. Steps that fail (the other side is gone) end the
 * script.
 */
#ifndef SUPPORT_PEER_H
#define SUPPORT_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct peer;
struct ssl_ctx_st;

enum peer_act {
    PEER_ACT_END,
    PEER_ACT_HEAD,
    PEER_ACT_UNTIL,
    PEER_ACT_BYTES,
    PEER_ACT_SAY,
    PEER_ACT_DRIP,
    PEER_ACT_FLOOD,
    PEER_ACT_WAIT,
    PEER_ACT_MS,
    PEER_ACT_GONE,
    PEER_ACT_RESET,
    PEER_ACT_CUT,
    PEER_ACT_H2,
    PEER_ACT_TUNNEL
};

struct peer_step {
    enum peer_act act;
    const char *text;
    size_t n;
};

/* clang-format off */
#define PEER_END          {PEER_ACT_END, NULL, 0}
/* Reads a request's head, that is up to an empty line. */
#define PEER_HEAD         {PEER_ACT_HEAD, NULL, 0}
/* Reads until the text has come since the last reading step. */
#define PEER_UNTIL(text)  {PEER_ACT_UNTIL, text, sizeof(text) - 1}
/* Reads at least n bytes. */
#define PEER_BYTES(n)     {PEER_ACT_BYTES, NULL, n}
#define PEER_SAY(text)    {PEER_ACT_SAY, text, sizeof(text) - 1}
/* The same, each byte in a packet of its own. */
#define PEER_DRIP(text)   {PEER_ACT_DRIP, text, sizeof(text) - 1}
/* Sends the letter x n times, or (n = 0) until the other side goes. */
#define PEER_FLOOD(n)     {PEER_ACT_FLOOD, NULL, n}
/* Waits for a peer_go, one for each such step, in any connection. */
#define PEER_WAIT         {PEER_ACT_WAIT, NULL, 0}
#define PEER_MS(n)        {PEER_ACT_MS, NULL, n}
/* Reads until the other side closes. */
#define PEER_GONE         {PEER_ACT_GONE, NULL, 0}
/* Closes with a reset. */
#define PEER_RESET        {PEER_ACT_RESET, NULL, 0}
/* Closes without the alert that ends TLS. */
#define PEER_CUT          {PEER_ACT_CUT, NULL, 0}
/* HTTP/2: reads until a HEADERS frame has come since the last such step; sends the
 * settings and acknowledges the other side's. */
#define PEER_H2           {PEER_ACT_H2, NULL, 0}
/* Passes bytes to and from this port of 127.0.0.1 until either side closes; plain only. */
#define PEER_TUNNEL(port) {PEER_ACT_TUNNEL, NULL, port}
/* clang-format on */

enum { PEER_SCRIPTS_MAX = 8 };

struct peer_plan {
    /* Copied; each ends with PEER_END. Texts are borrowed. */
    const struct peer_step *scripts[PEER_SCRIPTS_MAX];
    const char *address;    /* NULL = 127.0.0.1 */
    uint16_t port;          /* 0 = any */
    struct ssl_ctx_st *tls; /* taken; NULL = plain */
    bool deaf;              /* accepts nothing, and no more connections get through */
    size_t receive_bytes;   /* of the socket's receive buffer; 0 = the system's */
};

struct peer *peer_start(const struct peer_plan *plan);
void peer_stop(struct peer **peer); /* NULL inside is allowed */
uint16_t peer_port(const struct peer *peer);

void peer_go(struct peer *peer);

/* How many connections it has accepted. */
unsigned peer_connections(struct peer *peer);

/* Waits until the text has come over the n-th connection (0…); false after 30 s. */
bool peer_hears(struct peer *peer, unsigned n, const char *text);

/* Whether the n-th connection's script has ended; waits until all of them have. */
bool peer_over(struct peer *peer, unsigned n);
bool peer_rests(struct peer *peer);

/* All that has come over the n-th connection, copied behind what is in `ret`. */
void peer_heard(struct peer *peer, unsigned n, struct buf *ret);

/* Whether TLS was resumed on the n-th connection. */
bool peer_resumed(struct peer *peer, unsigned n);

#endif
