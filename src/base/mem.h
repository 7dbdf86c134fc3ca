/*
 * The only place that asks the C library for memory.
 *
 * An allocation here cannot fail for its caller: when the system refuses, the process
 * ends with a sentence on standard error, because no promise of Breakwater survives in
 * a process that has no memory left, and every promise survives its death. Whatever a
 * peer can make large is bounded before it comes here, by an arena's limit, a buffer's
 * limit or a count.
 *
 * Any thread.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/*
 * For a daemon, before its threads start: one heap for all of them. What one thread
 * allocates another frees here (accounts, credentials), and heaps of their own then keep
 * a quarter more than is used; small blocks come from each thread's cache in any case.
 */
void mem_share_heap(void);

void *mem_alloc(size_t n);                  /* not zeroed; n = 0 is allowed */
void *mem_zalloc(size_t n);                 /* zeroed */
void *mem_array(size_t count, size_t each); /* zeroed; an overflow ends the process */
void *mem_lines(size_t n);                  /* zeroed; on cache lines of its own */
void *mem_grow(void *p, size_t n);          /* realloc; NULL is allowed */
char *mem_copy_z(const void *p, size_t n);  /* a zero-terminated copy of n bytes */
void mem_free(void *p);                     /* NULL is allowed */

/* Zeroes memory in a way that the compiler may not remove. */
void mem_wipe(void *p, size_t n);

/*
 * For tests of what happens when memory ends: called before each allocation with its
 * size; answering false makes that allocation fail. NULL (the default) allows all.
 * Not for use while other threads allocate.
 */
void mem_set_gate(int (*allow)(size_t n));

#endif
