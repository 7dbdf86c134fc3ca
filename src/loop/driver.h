/*
 * The driver of workers in the daemon: one libuv loop a thread. It turns a worker
 * whenever descriptors were ready, work was posted from elsewhere, or a timer is due.
 */
#ifndef LOOP_DRIVER_H
#define LOOP_DRIVER_H

#include <stdbool.h>

struct driver;
struct worker;

/* Makes the loop of `worker` (borrowed) and becomes its driver. */
struct driver *driver_create(struct worker *worker);

/* Runs until driver_stop. On the thread that is to be the worker. */
void driver_run(struct driver *driver);

/* Any thread; the run ends after its present turn. */
void driver_stop(struct driver *driver);

/* After driver_run has come back; every poll must be closed. NULL is allowed. */
void driver_destroy(struct driver **driver);

/* Calls `fn` on the loop's thread for each of the signals SIGTERM, SIGINT, SIGHUP,
 * SIGUSR1, SIGUSR2 that arrives. For one loop of the process. */
void driver_catch_signals(struct driver *driver, void (*fn)(void *arg, int signal_number),
                          void *arg);

#endif
