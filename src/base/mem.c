#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { LINE_BYTES = 64 };

/* Below this nothing is given back to the system: what a burst has used the next will. */
enum { KEPT_BYTES = 64 << 20 };

static int (*gate)(size_t n);

static _Noreturn void refuse(size_t n)
{
    fprintf(stderr, "breakwater: out of memory (%zu bytes asked)\n", n);
    abort();
}

void mem_share_heap(void)
{
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
#endif
}

void mem_set_gate(int (*allow)(size_t n))
{
    gate = allow;
}

void *mem_alloc(size_t n)
{
    void *p = (gate && !gate(n)) ? NULL : malloc(n ? n : 1);
    if (!p)
        refuse(n);
    return p;
}

void *mem_zalloc(size_t n)
{
    void *p = (gate && !gate(n)) ? NULL : calloc(1, n ? n : 1);
    if (!p)
        refuse(n);
    return p;
}

void *mem_array(size_t count, size_t each)
{
    if (each && count > SIZE_MAX / each)
        refuse(SIZE_MAX);
    return mem_zalloc(count * each);
}

void *mem_lines(size_t n)
{
    n = (n + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    void *p = (gate && !gate(n)) ? NULL : aligned_alloc(LINE_BYTES, n);
    if (!p)
        refuse(n);
    return memset(p, 0, n);
}

void *mem_grow(void *p, size_t n)
{
    void *q = (gate && !gate(n)) ? NULL : realloc(p, n ? n : 1);
    if (!q)
        refuse(n);
    return q;
}

char *mem_copy_z(const void *p, size_t n)
{
    char *z = mem_alloc(n + 1);
    if (n)
        memcpy(z, p, n);
    z[n] = 0;
    return z;
}

void mem_free(void *p)
{
    free(p);
}

void mem_wipe(void *p, size_t n)
{
    if (n)
        explicit_bzero(p, n);
}
