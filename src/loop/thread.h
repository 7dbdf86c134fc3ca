/*
 * A thread of ours: named, with all signals blocked (they are the main thread's).
 */
#ifndef LOOP_THREAD_H
#define LOOP_THREAD_H

struct thread;

/* `fn` runs on it at once. `name` is a literal of at most 15 characters. */
struct thread *thread_start(const char *name, void (*fn)(void *arg), void *arg);

/* Waits until `fn` has come back, then frees. */
void thread_join(struct thread **thread);

#endif
