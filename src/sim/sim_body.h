/*
 * The bytes of an answer's body: a piece of text, any number of times, plain or gzipped,
 * made as they are sent. At most 64 KiB are held for a repeated piece.
 */
#ifndef SIM_SIM_BODY_H
#define SIM_SIM_BODY_H

#include "base/arena.h"
#include "base/str.h"

struct sim_body {
    str block;      /* whole repeats of the piece */
    uint64_t total; /* UINT64_MAX: without end */
};

/* Borrows `piece`. `repeat` UINT64_MAX makes it endless (an empty piece then becomes a
 * line of text). */
void sim_body_init(struct sim_body *body, struct arena *arena, str piece,
                   uint64_t repeat);

/* The bytes from `at` on, as many as lie together, at most `max`; empty at the end. */
str sim_body_slice(const struct sim_body *body, uint64_t at, size_t max);

struct sim_gzip;

/* A compressor for one body (RFC 1952), in the arena; 300 KB, freed with it. */
struct sim_gzip *sim_gzip_create(struct arena *arena);

/* The next compressed bytes, valid until the next call; may be empty when much was read
 * and little came of it. False at the end. */
bool sim_gzip_next(struct sim_gzip *gzip, const struct sim_body *body, str *ret_piece);

#endif
