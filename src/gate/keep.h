/*
 * The part of a visit that is a write which Breakwater answers for: one with a key of its
 * caller's, whose repeat gets the first answer; one that is queued, at once or when the
 * vendor is not available (SPEC 7).
 *
 *   admit ─► hold ─► open ─► exchange | operate ─► settle ─► finish    (its answer is
 * kept) │       │        │            └► (hold ─►) park ─► refuse        (202, or 504) │
 * │        └► refuse: 202, 409, 422, or the answer of before └───────┴──────────►
 * exchange | operate                          (nothing is kept yet)
 *
 * For gate/ only. Lives in the request's arena.
 */
#ifndef GATE_KEEP_H
#define GATE_KEEP_H

#include "gate/visit.h"
#include "schema/schema.h"
#include "writes/writes.h"

struct keep {
    enum queue_mode mode;
    bool mode_asked;      /* by the caller, not the document */
    str key;              /* the caller's; absent: none */
    enum visit_step next; /* behind hold and open */
    struct write_row row;
    struct write_message asked;
    uint8_t fingerprint[32];
    uint8_t digest[32];
    char id[WRITE_ID_BYTES];
    bool whole;                 /* the body is here, in asked.body */
    enum err no_queue;          /* why it cannot be queued; NONE: it can */
    struct schema_report unfit; /* with RECORD_INVALID: what is wrong with its body */
    bool opened;                /* the store has it as `sending` */
    bool parking; /* the vendor's answer is not told: the write is queued instead */
    struct write_facts facts; /* as far as they were looked at */
    struct write_decision decision;
    bool over; /* the vendor's side is over, and what came of it is being stored */
    struct write_open open;
    struct write_close close;
    const struct write_row *found; /* an earlier one with its key */
    bool accepted;                 /* it is queued: 202 */
    bool decides;                  /* somebody must decide: 504 */
    struct buf answer;             /* what is kept of the vendor's */
    bool answer_lost;              /* it was too large */
};

/* Behind admit: whether anything of this is asked for. `next` is where it goes on. */
enum visit_step keep_admit(struct visit *visit, enum visit_step next);

/* How writes of the visit's kind are queued. */
const struct write_rule *keep_rule(const struct visit *visit);

/* What is done on entering a step. */
void keep_hold(struct visit *visit);
void keep_open(struct visit *visit);
void keep_park(struct visit *visit);
void keep_settle(struct visit *visit);

/* Whether it may be queued, by its body and by the room that there is (keep_queue.c).
 * What stands in the way is told by the other: where to. */
bool keep_may_queue(struct visit *visit, uint64_t bytes);
enum visit_step keep_refuse_queue(struct visit *visit);
/* What is wrong with its body, as a member of the problem. */
void keep_put_faults(const struct visit *visit, struct json_out *out);

/* The write as its vendor got it. False: its body was not kept. */
bool keep_sent(struct visit *visit, struct write_message *ret_message);

/* Of the body, in hold. */
void keep_take_body(struct visit *visit, str chunk);
void keep_end_body(struct visit *visit);

/* The vendor's side has failed in a way that makes it a queued write, or one for a
 * decision: it is not told; where to, once it is over. */
bool keep_takes(struct visit *visit);
/* Whether the end of the vendor's side is to be kept: somebody waits for it, or the store
 * knows that it began. */
bool keep_concerns(const struct visit *visit);
enum visit_step keep_where(struct visit *visit);

/* A piece of the vendor's answer to a proxied write, for its repeat. */
void keep_answer(struct visit *visit, str chunk);
/* The answer of a unified write, or a problem that is final. */
void keep_whole_answer(struct visit *visit, int status, str type, str body);

/* An answer about a write instead of the vendor's. False: there is none, and the visit's
 * error is told. */
bool keep_tell(struct visit *visit);

/* X-Breakwater-Write, and how many of the account's writes wait. */
void keep_add_headers(const struct visit *visit, struct headers *headers);

void keep_fini(struct visit *visit);

#endif
