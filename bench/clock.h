/*
 * How the runners of this folder measure: CPU time of the process, the best of several
 * windows, as what else the machine does only ever makes a window longer.
 */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <time.h>

enum { BENCH_WINDOWS = 4 };

static inline double bench_cpu_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

/* Nanoseconds that one call of `fn` takes, in windows of `ms` altogether. */
static inline double bench_measure(void (*fn)(void *arg), void *arg, double ms)
{
    double best = 0;
    for (int window = 0; window < BENCH_WINDOWS; window++) {
        double began = bench_cpu_ns();
        double took = 0;
        double n = 0;
        for (; took < ms * 1e6 / BENCH_WINDOWS; took = bench_cpu_ns() - began, n++)
            fn(arg);
        best = window == 0 || took / n < best ? took / n : best;
    }
    return best;
}

#endif
