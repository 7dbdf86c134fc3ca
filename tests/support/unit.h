/*
 * What all unit tests include: cmocka (whose header needs others before it), str in
 * assertions, random numbers that are the same in every run, and functions that must end
 * in a failed CHECK. Tests run in the root folder of the project.
 */
#ifndef SUPPORT_UNIT_H
#define SUPPORT_UNIT_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define UNIT_CASES "tests/cases/"

/* The str is exactly these bytes. */
#define assert_str(s, expected) unit_assert_str((s), (expected), __FILE__, __LINE__)

static inline void unit_assert_str(str s, str expected, const char *file, int line)
{
    if (str_eq(s, expected) && str_absent(s) == str_absent(expected))
        return;
    s = str_absent(s) ? STR("(absent)") : s;
    expected = str_absent(expected) ? STR("(absent)") : expected;
    print_error("found    " STR_F "\nexpected " STR_F "\n", STR_A(s), STR_A(expected));
    _fail(file, line);
}

/* Whether `run` ends the process as a failed CHECK does. */
static inline bool unit_dies(void (*run)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(2);
        run();
        _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/* Whether a program's arguments name this of its parts; without any they are all wanted.
 */
static inline bool unit_wanted(const char *name, int n, char **names)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return n == 0;
}

/* splitmix64 (Steele, Lea, Flood 2014): the next of a sequence that `seed` starts. */
static inline uint64_t unit_random(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* A number below `n`. */
static inline size_t unit_below(uint64_t *seed, size_t n)
{
    return (size_t)(unit_random(seed) % n);
}

/* A file of tests/cases, in the arena. */
static inline str unit_case_file(struct arena *arena, const char *path)
{
    char *bytes = NULL;
    long n = -1;
    FILE *file = fopen(path, "rb");
    if (file && fseek(file, 0, SEEK_END) == 0 && (n = ftell(file)) >= 0) {
        rewind(file);
        bytes = arena_bytes(arena, (size_t)n);
        if (fread(bytes, 1, (size_t)n, file) != (size_t)n)
            bytes = NULL;
    }
    if (file)
        fclose(file);
    if (!bytes)
        print_error("cannot read %s\n", path);
    return bytes ? str_of(bytes, (size_t)n) : STR_NONE;
}

#endif
