/*
 * A thread for work that blocks: tasks run on it one after the other, and each is
 * answered by a post to the worker that asked.
 *
 *   worker ── offload_submit ──> run (on the thread) ── post ──> done (on the worker)
 */
#ifndef LOOP_OFFLOAD_H
#define LOOP_OFFLOAD_H

#include "loop/worker.h"

struct offload;

/* Embedded by the caller, who fills it and keeps it alive until `done`. */
struct offload_task {
    void (*run)(struct offload_task *task);  /* on the thread */
    void (*done)(struct offload_task *task); /* on `worker`, once, never nested */
    void *arg;                               /* the caller's */
    struct worker *worker;                   /* NULL: nobody is answered; then the task
                                              * is its own again when `run` returns */
    struct post post;
    struct offload_task *next;
};

/* `name` is a literal of at most 15 characters. */
struct offload *offload_start(const char *name);

/* Runs what still waits, then ends the thread. */
void offload_stop(struct offload **offload);

/* Any thread. */
void offload_submit(struct offload *offload, struct offload_task *task);

#endif
