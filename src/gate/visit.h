/*
 * A visit: one caller's request for a vendor, from its head to the last byte of its
 * answer. It owns the caller's connection for that time, the body on its way, and the
 * exchange that does the vendor's side.
 *
 *   route → admit → exchange → reply → finish
 *              ├──► (gather →) operate ──► reply
 *              ├──► recall ──► finish
 *              └──► hold, open, park, settle: of a write that is kept (keep.h)
 *
 * route finds key, account and integration; admit reads what the caller asks for and
 * readies the request; exchange waits for the vendor, operate for an operation of one or
 * more vendor requests (unify.h), gather for the record that the caller sends for one;
 * recall answers with a unified answer that is kept (what an exchange has of the cache is
 * its own affair);
 * reply writes the answer; finish tells the log and lets everything go. A refusal goes
 * from anywhere to finish.
 *
 * Lives in the request's arena, on its worker.
 */
#ifndef GATE_VISIT_H
#define GATE_VISIT_H

#include "gate/gate.h"
#include "http/problem.h"
#include "policy/write_rule.h"

enum visit_step {
    VISIT_ROUTE,
    VISIT_ADMIT,
    VISIT_EXCHANGE,
    VISIT_GATHER,
    VISIT_HOLD,
    VISIT_OPEN,
    VISIT_OPERATE,
    VISIT_RECALL,
    VISIT_REPLY,
    VISIT_PARK,
    VISIT_SETTLE,
    VISIT_REFUSE,
    VISIT_FINISH
};

enum visit_pages {
    VISIT_PAGES_NONE,
    VISIT_PAGES_ONE, /* a page of the wanted size, and a cursor */
    VISIT_PAGES_ALL  /* the whole list, as it comes */
};

/* What the caller asks of us, from the X-Breakwater headers. */
struct wishes {
    usec deadline;      /* from now; −1: none */
    usec wait_on_limit; /* 0: none */
    bool refuse_on_limit;
    bool background;
    bool single_attempt;
    enum visit_pages pages;
    uint64_t page_limit; /* 0: not given */
    str cursor;          /* absent: not given */
    enum queue_mode queue;
    usec queue_age;   /* 0: not given */
    str lane;         /* absent: not given */
    bool problems;    /* errors as problem documents instead of the vendor's body */
    bool cache_given; /* X-Breakwater-Cache: */
    enum caching_reach cache;
    bool stale_on_limit; /* an old answer rather than none */
};

struct keep;
struct unify;

/* The longest that a visit waits for a vendor's limits. */
#define VISIT_WAIT_MAX (10 * USEC_MIN)

struct visit {
    uint32_t magic;
    struct gate *gate;
    struct inbound *in;
    struct arena *arena;
    enum visit_step step;
    struct list node;    /* in the worker's visits */
    struct timer finish; /* the last step runs in a turn of its own */

    enum gate_route route;
    str account_ref;
    str path;  /* for the vendor, before the base URL's */
    str host;  /* another allowed host, from a rewritten link; absent = the base's */
    str query; /* without our key */
    char request_id[32];
    str caller_request_id; /* the caller's own, for the log */
    str trace_id;          /* of traceparent; absent = none */
    str key_by_form;       /* a key that stood in no usual place; absent = it did */

    struct api_key *key;
    struct account *account;
    struct pin *pin;
    const struct integration *integration;
    const struct auth_way *way; /* the account's */
    const struct method *method;
    struct wishes wishes;
    enum err only_cache; /* the vendor is not asked: the account's state; ERR_NONE: is */
    struct headers headers; /* for the vendor */
    struct body body;
    struct exchange exchange;
    bool exchanging;
    struct unify *unify; /* NULL: it is no operation */
    bool operating;      /* unify->operation is in use */
    struct keep *keep;   /* NULL: it is no write that is kept */
    struct cache_entry
        *recalled; /* a reference: what is answered; NULL: it is not kept */
    const struct outcome *outcome; /* the vendor's side; NULL: nothing was begun */

    enum err err; /* a refusal of ours */
    str err_detail;
    usec err_retry_after; /* −1: none */
    int status;           /* sent; 0: none was */
    size_t relinked;      /* bytes of links that were turned */
    bool links_stay;      /* in the body: turned they would have been too much */
    bool body_replaced;   /* what the vendor's body was turned into is sent instead */
    str rest;             /* what is ready and the caller has yet to take */
    bool answered;        /* the answer's head is out */
    bool aborted;         /* it was cut short */
    bool gone;            /* the caller left */
    uint64_t bytes_in;    /* of the request's body */
    uint64_t bytes_out;   /* of the answer's */
};

/* --- the steps, for gate/ only --- */

void visit_move(struct visit *visit, enum visit_step next);

/* route.c */
enum visit_step visit_route(struct visit *visit);
/* admit.c */
enum visit_step visit_admit(struct visit *visit);
/* The traceparent for the vendor; absent: none. Sets the visit's trace_id. */
str visit_continue_trace(struct visit *visit);
/* wishes.c: false with the refusal in the visit */
bool visit_read_wishes(struct visit *visit);
/* remember.c: what an exchange of the visit wants of the cache */
struct recall_wish visit_recall_wish(const struct visit *visit);
/* How fresh the answer is, and how old. */
void visit_add_freshness(struct visit *visit, struct headers *headers);
/* reply.c: the head of the vendor's answer, as the caller gets it; of an interim one */
void visit_reply(struct visit *visit);
void visit_inform(struct visit *visit, const struct message_head *head);
/* of what is ready to leave: as much as the caller takes now */
void visit_put_rest(struct visit *visit);
/* refuse.c: an answer of our own */
void visit_refuse(struct visit *visit);
void visit_problem(struct visit *visit, enum err err, int status);
/* what its document would be, for keeping */
str visit_problem_text(struct visit *visit, enum err err, int status);
/* of a problem, what the vendor said of one of several */
void visit_put_failure(struct json_out *out, const struct item_failure *failure);
/* an error of the vendor's as a problem document; and as our word for it */
void visit_vendor_problem(struct visit *visit);
enum err visit_vendor_err(const struct outcome *outcome);
/* what a problem of a visit (its `arg`) has beside what all have */
void visit_extend_problem(const struct problem *problem, struct json_out *out);
/* relink.c: which links are turned, and into what */
const struct rewrite *visit_rewrite(const struct visit *visit);
str visit_relink(struct visit *visit, str url);
str visit_relink_header(struct visit *visit, const struct header *header);
str visit_relink_body(struct visit *visit, const struct bind_list *pointers);

/* Remembers why the visit is refused; answers VISIT_REFUSE. */
enum visit_step visit_no(struct visit *visit, enum err err, str detail, usec retry_after);

/* The headers that every answer has: request id, timing, attempts, … */
void visit_add_own_headers(struct visit *visit, struct headers *headers);
/* What the vendor's answer said about limits, in one form for all vendors. */
void visit_add_normalized(struct visit *visit, struct headers *headers);

#endif
