/*
 * What the simulator was asked: the newest requests, in a ring that is bounded in number
 * and in bytes. A record keeps up to 64 KiB of a body, and the digest of all of it. On
 * the simulator's worker.
 */
#ifndef SIM_SIM_RECORD_H
#define SIM_SIM_RECORD_H

#include "base/crypto.h"
#include "base/usec.h"
#include "http/header.h"
#include "json/json_write.h"

enum {
    SIM_RECORDS_MAX = 10000,
    SIM_RECORDS_BYTES_MAX = 64 << 20,
    SIM_RECORD_BODY_BYTES_MAX = 64 * 1024
};

struct sim_record;

struct sim_records {
    struct sim_record **ring; /* SIM_RECORDS_MAX places, made with the first record */
    uint32_t first;
    uint32_t n;
    size_t bytes;
    uint64_t dropped; /* records that made room for others */
};

/* What is to be recorded; all borrowed. */
struct sim_seen {
    uint64_t number;
    uint64_t connection;
    usec at; /* since the simulator's start */
    str method;
    str target;
    str route;
    uint32_t status; /* of the answer, 0 = none */
    bool whole;      /* the body came to its end */
    const struct headers *headers;
    str body; /* what was kept of it */
    uint64_t body_bytes;
    const uint8_t *sha256; /* of all of it; NULL when it did not come to its end */
};

void sim_record_init(struct sim_records *records);
void sim_record_fini(struct sim_records *records);
void sim_record_clear(struct sim_records *records);

void sim_record_add(struct sim_records *records, const struct sim_seen *seen);

/* Which records are wanted: zero and absent = all. */
struct sim_record_filter {
    str path; /* prefix of the target */
    str method;
    uint64_t since; /* only with a higher number */
    uint32_t count_max;
};

/* {"requests":[…],"dropped":n,"more":bool}; stops when the buffer is half full. `arena`
 * is rewound. */
void sim_record_print(const struct sim_records *records,
                      const struct sim_record_filter *filter, struct arena *arena,
                      struct json_out *out);

/* Members of one request, without its number: also for the echo. */
void sim_record_print_seen(const struct sim_seen *seen, struct arena *arena,
                           struct json_out *out);

#endif
