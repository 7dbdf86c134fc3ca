/*
 * CHECK and ODD: what the program believes about itself.
 *
 * CHECK states something that only a bug of ours can make false. It stays on in
 * release builds and ends the process with file, line and the broken sentence: a
 * daemon that is correct under kill -9 is safer dead than wrong. Nothing that a peer,
 * a document or a disk sends may reach a CHECK; such faults are `enum err`.
 *
 * ODD states something that should not happen and is survivable: it is counted, and
 * said once per place, on standard error.
 *
 * CRASH_POINT names a place where a `kill -9` may hit hardest. Builds for tests (asan,
 * debug) die there when BREAKWATER_CRASH_AT has its name; in release it is nothing.
 *
 * The magic helpers belong to long-lived structs, which carry `uint32_t magic` as
 * their first field.
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

_Noreturn void check_fail(const char *file, int line, const char *what);

/* Counts one oddity and prints it when `*seen` was still false. Any thread. */
void check_odd(atomic_bool *seen, const char *file, int line, const char *what);

/* How many oddities this process has met so far. Any thread. */
uint64_t check_odd_count(void);

#define CHECK(cond)                                                                      \
    do {                                                                                 \
        if (__builtin_expect(!(cond), 0))                                                \
            check_fail(__FILE__, __LINE__, #cond);                                       \
    } while (0)

#define ODD(cond)                                                                        \
    do {                                                                                 \
        static atomic_bool odd_seen_;                                                    \
        if (__builtin_expect((cond), 0))                                                 \
            check_odd(&odd_seen_, __FILE__, __LINE__, #cond);                            \
    } while (0)

#ifdef BREAKWATER_CRASH_POINTS
void check_crash_point(const char *name); /* any thread */
#define CRASH_POINT(name) check_crash_point(name)
#else
#define CRASH_POINT(name) ((void)0)
#endif

#define CHECK_MAGIC(obj, value) CHECK((obj) != NULL && (obj)->magic == (value))

/* A call whose answer must be looked at. */
#define MUST_CHECK __attribute__((warn_unused_result))

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The struct of `type` in which `ptr` is the member `member`. */
#define CONTAINER_OF(ptr, type, member)                                                  \
    ((type *)(void *)((char *)(ptr) - __builtin_offsetof(type, member)))

#endif
