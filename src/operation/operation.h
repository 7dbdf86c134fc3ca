/*
 * An operation: something that is done with records at a vendor, carried out. Where one
 * vendor request does not do, it makes several, one after the other: the pages of a list,
 * the record before a change, the record after it. Records come out in the shape of a
 * unified model, or as the vendor has them. It never talks to a caller.
 *
 *   make ─(noted)► vendor ──► read ──► make …    a further page or request
 *    ▲             (exchange)   ├────► held ──► make …    its starter takes no more now
 *    │                          ├────► done
 *    └──────────────────────────┘ a page that was too much for the vendor, or whose
 *                                 cursor expired: asked again
 *
 * Life: operation_init → fill the in-fields → operation_start → (on_record… → on_page)…
 * → on_done. on_done comes exactly once, and nothing after it; then operation_fini.
 * Nothing is called from inside operation_start; operation_cancel may end it at once.
 *
 * Memory: of a list one page at a time, however many there are. Lives and dies on one
 * worker.
 */
#ifndef OPERATION_OPERATION_H
#define OPERATION_OPERATION_H

#include "exchange/exchange.h"
#include "paging/walk.h"
#include "unified/model.h"

struct operation;

enum {
    OPERATION_ANSWER_BYTES_MAX = 8 << 20, /* of a vendor's answer; the page's size goes
                                           * back past it */
    OPERATION_BODY_BYTES_MAX = 4 << 20,   /* of a body that a mapping made */
    OPERATION_PAGES_MAX = 100 /* of one operation that wants so and so many records */
};

/* One record as it comes out. */
struct operation_record {
    enum mapping_end end;       /* LEFT_OUT is never told */
    struct json model;          /* MADE: the record; without a mapping the vendor's */
    struct json original;       /* the vendor's */
    struct mapping_fault fault; /* FAULTED: why there is none */

    /* of several that were to be made, which are told in their order */
    bool unknown;                       /* the answer does not say what became of it */
    const struct item_failure *failure; /* the vendor refused it; NULL: it did not */
};

struct operation_ops {
    /* Valid during the call. False: there is no room for it, and it was not taken; of a
     * list, the page ends before it, and is gone on with there after on_page. */
    bool (*on_record)(struct operation *operation, const struct operation_record *record);
    /* The records of an answer have been told. False: no more until operation_resume. */
    bool (*on_page)(struct operation *operation);
    void (*on_done)(struct operation *operation);
    /* A write is about to be sent: operation->exchange.request, with operation->text as
     * its body. It waits for operation_go_on, so that its starter can note down what it
     * is. NULL: nobody asks. */
    void (*on_write)(struct operation *operation);
};

/* A vendor request that was made before, and is to be sent as it was then. */
struct operation_frozen {
    str path, query, host; /* query, host: absent if none */
    const struct headers *headers;
    str body; /* absent: none */
};

/* What is wanted. Everything lives as long as the operation. */
struct operation_wish {
    enum mapping_operation kind;
    const struct method *method;   /* what is asked of the vendor; NULL, without a
                                    * mapping: the document has none that fits */
    const struct mapping *mapping; /* with the step of `kind`; NULL: a list of the
                                    * vendor's own records */
    const struct model *model;     /* with a mapping */
    struct json request;           /* with a mapping: $request */

    /* without a mapping: the request for the first page */
    str path;  /* below the base URL */
    str query; /* absent: none */
    const struct headers *headers;
    struct json body; /* UNDEFINED: none */

    uint64_t wanted;    /* records of a list; 0: all there are */
    bool stop_at_fault; /* a record that cannot be mapped ends it: ERR_MAPPING_FAILED */
    str key; /* by which the vendor shall know a repeated write; absent: none */
    const struct operation_frozen *frozen; /* of a write: sent instead of what the mapping
                                            * would make; NULL: no */
    const struct json *found; /* of a write: the body with which the vendor has answered
                               * it before, as is known now. The write itself is not sent,
                               * all that follows it is done. NULL: no */
    struct exchange_request base; /* deadline, waits, priority, retry, trace */
};

enum operation_step {
    OPERATION_IDLE,
    OPERATION_MAKE,
    OPERATION_NOTED,
    OPERATION_VENDOR,
    OPERATION_READ,
    OPERATION_HELD,
    OPERATION_DONE
};

/* What the vendor request under way is for. */
enum operation_part {
    OPERATION_FIRST, /* the record before it is changed */
    OPERATION_MAIN,
    OPERATION_THEN /* the record after it was written */
};

struct operation {
    uint32_t magic;
    const struct exchange_env *env;
    struct worker *worker;
    struct body_budget *budget;
    const struct operation_ops *ops;
    void *owner;

    struct pin *pin; /* the starter's; so are the next three */
    const struct integration *integration;
    const struct auth_way *way;
    struct account *account;
    struct operation_wish wish;
    struct walk walk; /* of a list: in, where it begins; out, where it stands */

    /* how far it is */
    uint64_t told;   /* records, faulty ones too */
    uint32_t faults; /* of these */
    str fault;       /* the first of them, a sentence */
    uint32_t pages;
    double total; /* of the list, as the vendor tells it; −1: not known */

    /* how it ended */
    enum err err; /* ERR_NONE: all went well, or the vendor refused: */
    str detail;   /* with err */
    bool refused; /* `outcome` has what the vendor said */
    bool written; /* a byte of the write itself has left */
    bool done;    /* the vendor has taken the write; what failed came after it */
    bool cut;     /* it was stopped */
    struct outcome outcome; /* of the last vendor request; attempts and times of all */

    /* private */
    enum operation_step step;
    enum operation_part part;
    struct timer timer;
    struct arena arena;    /* what lives as long as it does */
    struct arena page;     /* one vendor request and its answer */
    struct arena record;   /* one record */
    struct arena walks[2]; /* the walk's texts, in turns */
    unsigned walk_at;
    struct exchange exchange;
    struct body body;
    bool exchanging; /* `exchange` and `body` are in use */
    str text;        /* of `body`; absent: none */
    bool answered;
    bool large; /* a good answer is too large to be looked at: the rest is not read */
    struct answer answer;
    struct json response;        /* $response of it; UNDEFINED: nobody has asked yet */
    const struct method *method; /* of the request under way */
    struct page_request first;   /* as made once, before anything of a page is put */
    bool made;
    struct json current; /* the vendor's record before a change */
    str id;              /* of the record that is fetched after */
    struct url base;
    uint32_t smaller; /* how often the page's size went back */
};

void operation_init(struct operation *operation, const struct exchange_env *env,
                    struct worker *worker, struct body_budget *budget);
void operation_start(struct operation *operation);

/* After on_write: it may be sent. */
void operation_go_on(struct operation *operation);

/* After on_page answered false. */
void operation_resume(struct operation *operation);

/*
 * The starter has lost interest. True: it is over, nothing more is called. False: a write
 * is on its way and is not cancelled (SPEC 2.2a); on_done will still come.
 */
bool operation_cancel(struct operation *operation);

/* The process ends, and this with it: on_done comes at once. Nothing when it is over. */
void operation_stop(struct operation *operation);

void operation_fini(struct operation *operation);

/* The status of an answer to such an operation that went well. */
int operation_status(enum mapping_operation kind);

/* The rule by which that method's lists are paged; NULL: nothing is known of it. */
const struct page_rule *operation_rule(const struct operation *operation);

/* The page size that meets `wanted` records with whole pages; for walk_begin. */
uint32_t operation_page_size(const struct page_rule *rule, uint64_t wanted);

#endif
