/*
 * Text as code points: what pictures read and write, since they go by characters and look
 * at them from both ends. Grows in an arena up to a limit; past it nothing more is
 * stored, and points_end says so once.
 */
#ifndef PICTURE_POINTS_H
#define PICTURE_POINTS_H

#include "picture/fault.h"

enum { PICTURE_CHARS_MAX = 10000 }; /* of a picture, and of what it writes */

struct points {
    struct arena *arena;
    uint32_t *p;
    size_t n;
    size_t room;
    bool full; /* something did not fit */
};

void points_init(struct points *points, struct arena *arena);

/* The text decoded; `full` when it is too long. */
struct points points_of(struct arena *arena, str text);

/* A part of other points, borrowed and not to be changed. */
struct points points_slice(const struct points *points, size_t from, size_t end);

void points_put(struct points *points, uint32_t c);
void points_put_many(struct points *points, uint32_t c, size_t count);
void points_put_text(struct points *points, str text);
void points_put_all(struct points *points, const struct points *other);
void points_insert(struct points *points, size_t at, uint32_t c, size_t count);

/* The first at or behind `from`; points->n when there is none. */
size_t points_find(const struct points *points, uint32_t c, size_t from);
size_t points_find_text(const struct points *points, str text, size_t from);
size_t points_count(const struct points *points, uint32_t c);

/* Encoded, in the arena. */
str points_str(const struct points *points);

/* The same as the end of a story: U1002 when something did not fit. */
bool points_end(const struct points *points, str *ret_text,
                struct jsonata_fault *ret_fault);
bool points_full(struct jsonata_fault *ret_fault); /* raises U1002 */

#endif
