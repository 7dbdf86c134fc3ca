/*
 * The running process: what `serve` brings up and takes down, and `demo` embeds. Owns
 * every module and wires them: each up-call of a lower module is set here.
 *
 *   main thread      signals, reload, drain
 *   worker × N       a loop, its listeners, its connections to vendors
 *   log, store, catalog threads
 */
#ifndef MAIN_DAEMON_H
#define MAIN_DAEMON_H

#include "main/front.h"
#include "main/settings.h"

struct daemon;

/* Brings everything up; requests are served when it comes back, and signals are heard by
 * daemon_run even if they come before it. NULL with a sentence. */
struct daemon *daemon_start(const struct settings *settings, struct arena *arena,
                            str *ret_why);

/* Serves until daemon_stop, SIGTERM or SIGINT; then drains. */
void daemon_run(struct daemon *daemon);
void daemon_stop(struct daemon *daemon);              /* any thread */
bool daemon_is_draining(const struct daemon *daemon); /* any thread */

void daemon_destroy(struct daemon **daemon);

/* The port that `listen` got. */
uint16_t daemon_port(const struct daemon *daemon);

/* The first admin key, if this start has made it; else absent. Shown once. */
str daemon_admin_key(const struct daemon *daemon);

/* Says on standard output where it listens: "listening ADDR:PORT" and its like. */
void daemon_announce(const struct daemon *daemon);

/* --- for front.c --- */

struct connect *daemon_connect(struct daemon *daemon);
struct gate *daemon_gate(struct daemon *daemon);
struct api *daemon_api(struct daemon *daemon);
struct hooks *daemon_hooks(struct daemon *daemon);
/* Takes new requests: false while it drains. Calls go on while its store is away. */
bool daemon_ready(struct daemon *daemon);
void daemon_metrics(struct daemon *daemon, struct buf *buf);

#endif
