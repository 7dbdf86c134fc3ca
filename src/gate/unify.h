/*
 * The part of a visit that is an operation: a unified request, or a proxied list that is
 * walked page by page because its caller asked for that (X-Breakwater-Pages).
 *
 *   admit → gather (the caller's record) → operate → reply
 *
 * For gate/ only. Lives in the request's arena, until the visit lets it go.
 */
#ifndef GATE_UNIFY_H
#define GATE_UNIFY_H

#include "base/buf.h"
#include "catalog/catalog_recall.h"
#include "gate/visit.h"
#include "operation/operation.h"
#include "paging/cursor.h"

enum {
    UNIFY_LIMIT = 100,      /* records of a page, unless asked for */
    UNIFY_LIMIT_MAX = 1000, /* docs/unified.md */
    UNIFY_BODY_BYTES_MAX = 1 << 20,
    UNIFY_ANSWER_BYTES_MAX = 64 << 20,
    UNIFY_PROGRESS_BYTES_MAX = 64 * 1024 /* the line behind a page's records */
};

struct unify {
    struct operation operation;
    enum mapping_operation kind;
    const struct model *model;     /* of what is told; NULL: a proxied list */
    const struct model *asked;     /* of the resource: what lists can be asked for */
    const struct mapping *mapping; /* NULL: the same */
    str category;
    str resource;
    str id;              /* absent: of no record */
    struct json filters; /* an OBJECT */
    struct json custom;  /* an ARRAY of names; UNDEFINED: none */
    str fields;          /* the members that are wanted, by commas; absent: all */
    str cursor;          /* as it was given; absent: from the start */
    uint64_t limit;
    bool all;       /* the whole list, as it comes */
    bool originals; /* the vendor's records beside ours */
    bool stop_at_fault;
    struct cursor_about about; /* what cursors are bound to */
    usec begun;                /* when the walk began */
    struct cursor from;        /* the cursor that was given, read */

    /* the older version that the walk stays on (unify_version.c) */
    struct catalog_change recall;
    struct arena recall_arena; /* the catalog's thread's while `recalling` */
    bool recalling;            /* `recall` is under way */
    struct entry *recalled;    /* a reference; NULL: the version in use */
    enum visit_step (*next)(struct visit *visit);

    struct buf given; /* the caller's body */
    struct buf data;  /* a page under construction, a record, or lines that flow */
    struct buf originals_text;
    struct buf faults_text;
    struct buf text; /* of these, the answer about one record */
    uint32_t failed; /* of several that were to be made */
    bool over;       /* the operation is done */
    bool keyed;      /* the answer may be kept, under the next */
    struct cache_key key;
    struct cache_stamp stamp; /* from before anything was asked */
    bool closed;              /* the last line was written */
};

/* unify_admit.c: what is asked for. Answers VISIT_GATHER, VISIT_OPERATE, VISIT_REFUSE. */
enum visit_step unify_admit(struct visit *visit);
/* unify_pages.c: of a proxied list; and once its body is known. */
enum visit_step unify_admit_pages(struct visit *visit);
enum visit_step unify_begin_pages(struct visit *visit);

/* unify_open.c: the operation of the visit; what of it depends on the version of the
 * integration; and where its walk begins, false when that was refused. */
void unify_open(struct visit *visit);
void unify_aim(struct visit *visit);
bool unify_begin_walk(struct visit *visit);

/* unify_version.c: goes on with `next`, of a walk with the version that it stays on. That
 * one may have to be waited for: VISIT_OPERATE, and unify_wait_version begins the
 * waiting. */
enum visit_step unify_version(struct visit *visit,
                              enum visit_step (*next)(struct visit *visit));
void unify_wait_version(struct visit *visit);

extern const struct operation_ops unify_events; /* unify.c */

/* unify_admit.c: the method that unify->kind is done by; false when that was refused. */
bool unify_choose_method(struct visit *visit);

/* The methods that a unified path takes, for Allow. */
str unify_allows(const struct visit *visit);

/* unify_recall.c: whether the answer is there, in visit->recalled; and once it is made,
 * whether it is kept. Only whole answers of reads are. */
bool unify_recall(struct visit *visit);
void unify_reply_recalled(struct visit *visit);
void unify_keep(struct visit *visit, str text);

/* unify.c */
void unify_gather(struct visit *visit);
void unify_take_body(struct visit *visit, str chunk);
void unify_end_body(struct visit *visit);
void unify_operate(struct visit *visit);
void unify_drained(struct visit *visit);
void unify_leave(struct visit *visit); /* the caller has left */
/* What is to be told has been stored. */
void unify_told(struct visit *visit);
void unify_fini(struct visit *visit);

/* unify_reply.c */
void unify_reply(struct visit *visit);
/* The answer about a record that is kept for a repeat; the same that is told. */
void unify_keep_answer(struct visit *visit);
/* The head of an answer; `length` −1: not known. */
void unify_answer(struct visit *visit, int status, str type, int64_t length);
void unify_put_record(struct unify *unify, const struct operation_record *record);
void unify_put_progress(struct visit *visit);
void unify_put_end(struct visit *visit);

/* The cursor of where the walk stands; absent: the list is at its end. False with a
 * sentence when what the vendor said makes it too long. */
bool unify_cursor(const struct visit *visit, struct arena *arena, str *ret_text,
                  str *ret_detail);

#endif
