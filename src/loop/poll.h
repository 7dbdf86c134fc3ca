/*
 * Waiting on a descriptor. The owner embeds the poll, says what it wants to know, and is
 * told when a read or write would not block. Level-triggered: what is not consumed is
 * told again. The descriptor stays the owner's.
 *
 * On the worker's own thread only.
 */
#ifndef LOOP_POLL_H
#define LOOP_POLL_H

#include <stdbool.h>

struct worker;

enum { POLL_READ = 1, POLL_WRITE = 2 };

struct poll {
    struct worker *worker;
    void *watcher; /* the driver's */
    unsigned wanted;
    void (*fn)(struct poll *poll, unsigned ready); /* POLL_READ | POLL_WRITE */
};

/* The descriptor must be non-blocking. Nothing is wanted at first. False when the system
 * cannot watch such a descriptor. */
bool poll_open(struct poll *poll, struct worker *worker, int fd,
               void (*fn)(struct poll *poll, unsigned ready));

/* Replaces what is wanted; costs nothing when it is the same. An error or hang-up of the
 * peer is told as everything wanted being ready. */
void poll_want(struct poll *poll, unsigned wanted);

/* `fn` is not called any more, from now on. The descriptor may be closed at once. */
void poll_close(struct poll *poll);

#endif
