/*
 * The parts of one attempt at a claimed write, for the files write_run*.c only.
 */
#ifndef WRITES_WRITE_RUN_STEPS_H
#define WRITES_WRITE_RUN_STEPS_H

#include "base/buf.h"
#include "catalog/repeat_search.h"
#include "operation/operation.h"
#include "writes/writes_state.h"

enum run_step { RUN_BEGIN, RUN_SEARCH, RUN_VENDOR, RUN_NOTE, RUN_FINISH };

struct write_run {
    struct list node;
    struct write_shard *shard;
    struct write_queue *queue;
    struct worker *worker;
    struct arena arena;
    struct write_row row;
    usec ahead; /* of the clock by which the row's times are meant */
    enum run_step step;
    struct timer timer;
    struct timer go; /* a write that was noted before goes on in a turn of its own */

    struct account *account; /* NULL: it is gone */
    struct pin *pin;
    const struct integration *integration; /* NULL: there is none for it */
    const struct auth_way *way;
    const struct method *method;
    struct write_message asked;
    struct write_message frozen;
    bool is_frozen;
    bool keyed; /* the vendor gets a key */
    bool stopped;

    struct exchange exchange; /* of a proxied write, or of a search */
    struct body body;
    struct operation operation; /* of a unified one */
    struct operation_frozen replay;
    bool exchanging, operating;
    bool searching;      /* the write itself is not sent in this attempt */
    struct answer heard; /* of a search; status 0: none */
    struct json found;   /* the record, where the write was done before */
    bool answered;
    int status;
    struct headers *headers;
    struct buf answer;
    bool answer_lost;
    struct write_freeze freeze;

    struct write_decision decision;
    const struct outcome *outcome;
    struct write_finish finish;
};

/* --- write_run.c --- */

/* What became of it is stored, and then the run is gone. */
void write_run_conclude(struct write_run *run, struct write_decision decision);

/* The vendor's side of an attempt is over: run->outcome. */
void write_run_decide(struct write_run *run);

/* The wall time by which the row's times are meant. */
usec write_run_wall(const struct write_run *run);

/* --- write_run_vendor.c --- */

/* Fills an exchange of the run: the write as it was asked for, or a question about it. */
void write_run_fill(struct write_run *run, const struct write_message *message,
                    const struct method *method);
void write_run_release(struct write_run *run); /* it is over */

/* Which method of the present document is meant; NULL: none, or it is there no more. */
const struct method *write_run_method(const struct write_run *run);

void write_run_send(struct write_run *run);    /* a proxied write */
void write_run_operate(struct write_run *run); /* a unified one; or what follows one that
                                                * was found */

/* Of the answer's headers those that do not belong to the way it came by. */
void write_run_keep_headers(struct write_run *run, const struct headers *from);

/* --- write_run_search.c --- */

/* Whether its vendor can be asked whether it has done the write. */
bool write_run_searchable(struct write_run *run);
/* Asks; only where that is so. */
void write_run_search(struct write_run *run);

#endif
