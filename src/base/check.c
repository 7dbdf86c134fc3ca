#include "base/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_uint_fast64_t odd_count;

_Noreturn void check_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "breakwater: bug at %s:%d: this does not hold: %s\n", file, line,
            what);
    abort();
}

void check_odd(atomic_bool *seen, const char *file, int line, const char *what)
{
    atomic_fetch_add_explicit(&odd_count, 1, memory_order_relaxed);
    if (!atomic_exchange_explicit(seen, true, memory_order_relaxed))
        fprintf(stderr, "breakwater: odd at %s:%d: %s\n", file, line, what);
}

#ifdef BREAKWATER_CRASH_POINTS

void check_crash_point(const char *name)
{
    const char *wanted = getenv("BREAKWATER_CRASH_AT");
    if (wanted && strcmp(wanted, name) == 0)
        kill(getpid(), SIGKILL);
}

#endif

uint64_t check_odd_count(void)
{
    return atomic_load_explicit(&odd_count, memory_order_relaxed);
}
