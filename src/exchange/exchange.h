/*
 * An exchange: one vendor request with everything that may happen to it. It puts the
 * credential in, which it may have to wait for, asks breaker and quota, makes calls until
 * one is good or hope is gone, and reports an outcome to whoever started it. It never
 * talks to a caller.
 *
 *   (gather →) recall → credential → breaker → quota → shape → call → judge ──► answer
 *                          │   ▲        ▲                            │ │          → done
 *                          ▼   │        └── pause (retry, throttle) ◄┘ │
 *                        renewal ◄──────── a token that was refused ◄──┘
 *
 * recall.h has what leads from recall to an answer without the vendor.
 *
 * Life: exchange_init → fill the in-fields → exchange_start → on_inform… → on_answer →
 * on_body… → on_done. on_done comes exactly once, and alone when there is no usable
 * answer; after it the exchange may be released with exchange_fini. Nothing is called
 * from inside exchange_start; exchange_cancel may end it at once (see there).
 *
 * Lives and dies on one worker.
 */
#ifndef EXCHANGE_EXCHANGE_H
#define EXCHANGE_EXCHANGE_H

#include "base/buf.h"
#include "call/call.h"
#include "catalog/catalog.h"
#include "directory/directory.h"
#include "exchange/body.h"
#include "exchange/report.h"
#include "keeper/keeper.h"
#include "policy/standing.h"

struct exchange;
struct model;
struct profiles;
struct refreshes;

/* What exchanges of a process share; constant after start. */
struct exchange_env {
    struct boards *boards;
    struct directory *directory;
    struct keeper *keeper; /* NULL: tokens are taken as they are */
    struct transport *h1;
    struct transport *curl;    /* HTTP/2 and egress proxies; NULL: not there */
    struct profiles *profiles; /* of those that show a certificate; NULL: no integration
                                  asks for that */
    struct cache *cache;       /* of reads; NULL: none, nor the next two */
    struct shares *shares;
    struct refreshes *refreshes; /* behind what was answered from the cache */
    str egress_proxy;            /* absent = none */
    size_t error_bytes_max;      /* of error bodies that are looked at; 64 KiB */
    size_t look_bytes_max;       /* of others, where a rule needs it; 1 MiB */
    /* An event of a breaker, for logs and (later) the outbox. May be NULL. Whose
     * exchange it is, a caller's or one of our own, is not known here. */
    void (*on_breaker)(void *arg, const struct exchange *exchange, str breaker,
                       enum breaker_event event);
    void *on_breaker_arg;
    /* How many accepted writes of an account wait: a quarter of its places, and of what
     * is left of the vendor's limits, is theirs. Any thread; NULL: none do. */
    uint32_t (*writes_waiting)(void *arg, const struct account *account);
    void *writes_waiting_arg;
    /* A unified record was written at the vendor: as it is there now, or NULL: it was
     * deleted. On the worker that did it; NULL: nobody asks. */
    void (*on_written)(void *arg, const struct account *account,
                       const struct model *model, str id, const struct json *record);
    void *on_written_arg;
};

enum exchange_step {
    EXCHANGE_IDLE,
    EXCHANGE_GATHER,
    EXCHANGE_RECALL,
    EXCHANGE_SHARE,
    EXCHANGE_CREDENTIAL,
    EXCHANGE_RENEWAL,
    EXCHANGE_BREAKER,
    EXCHANGE_QUOTA,
    EXCHANGE_SHAPE,
    EXCHANGE_CALL,
    EXCHANGE_JUDGE,
    EXCHANGE_PAUSE,
    EXCHANGE_ANSWER,
    EXCHANGE_REPLAY,
    EXCHANGE_DONE
};

/* on_inform and on_body may be NULL: whoever looks at whole answers only needs neither.
 */
struct exchange_ops {
    void (*on_inform)(struct exchange *exchange, const struct message_head *head);
    /* exchange->answer is final and begins; its body follows. */
    void (*on_answer)(struct exchange *exchange);
    /* A piece of the answer's body; may call exchange_pause. */
    void (*on_body)(struct exchange *exchange, str chunk);
    /* The end: exchange->outcome says which. */
    void (*on_done)(struct exchange *exchange);
};

/* What the starter wants. */
struct exchange_request {
    str verb;
    str path;  /* below the base URL, percent-encoded, starts with "/" */
    str query; /* absent = none */
    str host;  /* absent = the base URL's; else "host[:port]" of the allowed ones, and
                  `path` is absolute there */
    const struct headers *headers; /* end-to-end, credentials of ours taken out */
    struct body *body;             /* NULL = none */
    int64_t body_bytes;            /* as call->body_bytes */
    bool expect_continue;
    bool trailers_wanted;
    str traceparent;      /* for this hop; absent = none */
    usec deadline;        /* the starter's own; monotonic, USEC_NEVER = none */
    usec wait_on_limit;   /* how long it would wait for a throttle to end */
    bool refuse_on_limit; /* rather not sent while a throttle holds */
    bool background;      /* leave the quota to others */
    bool single_attempt;
    bool keyed;             /* carries a key that the vendor honours */
    bool want_whole;        /* JSON answers whole, if they are not too large */
    size_t whole_bytes_max; /* for those; 0: the env's look_bytes_max */
    bool probe;
    bool accepted; /* a write out of the queue: it has a share of its own */
    struct recall_wish cache;
    /* A request of our own, wherever it leads; answers of any type are looked at. Without
     * `credentials` it is one to a token endpoint, whose breaker and limits are its own.
     * With them it is a call of the API that carries these, as they need not be stored,
     * and headers out of `context`. NULL: no. */
    const struct url *target;
    const struct credentials *credentials;
    const struct json *context;
    struct certificate certificate; /* with `target`: shown where the auth block has a
                                       `tls` member; absent: none is there */
};

struct exchange {
    uint32_t magic;
    const struct exchange_env *env;
    struct worker *worker;
    struct arena *arena; /* the starter's */
    const struct exchange_ops *ops;
    void *owner;

    struct pin *pin; /* the starter's; so are the next three */
    const struct integration *integration;
    struct account *account;     /* a newer one after a renewal, then our own: */
    const struct auth_way *way;  /* NULL: the account's, as it is at the start */
    const struct method *method; /* NULL: not matched */
    struct exchange_request request;

    /* the answer, from on_answer on */
    struct {
        int status;                     /* the vendor's */
        const struct headers *headers;  /* the vendor's, untouched */
        int64_t content_length;         /* −1: not told */
        const struct headers *trailers; /* at on_done */
        bool large;                     /* the body is too large to be looked at */
        bool whole;                     /* the body was looked at and is complete: */
        str body;                       /* as it came */
        str text;                /* without its content coding; "" when that failed */
        const struct json *json; /* NULL: no JSON */
    } answer;
    struct outcome outcome;

    /* private */
    enum exchange_step step;
    struct timer timer;
    const struct resilience *resilience;
    const struct credentials *credentials;
    struct tls *tls;            /* a reference: shows a certificate; NULL: no */
    struct account *newer;      /* a reference; NULL: the starter's account is in use */
    struct token_wait *renewal; /* while it waits for one */
    bool renewed;               /* what there is now is taken as it is */
    bool refused_once;          /* a 401 has led to a renewal */
    str gathered;               /* the body, where all of it is known before; or absent */
    struct recall recall;
    struct url base;
    struct standing *standing;
    struct standing *group_standing;
    struct circuit *circuit;
    struct places *places;
    struct host *host;
    bool holds_places;
    struct breaker_permit circuit_permit;
    struct breaker_permit account_permit;
    bool permitted;
    struct call call;
    struct headers headers;
    struct buf inspected;
    bool inspecting; /* the answer's body is being kept until it can be judged */
    bool call_over;  /* its last byte has come, or it has failed */
    bool lost;       /* an attempt was sent, and had no answer */
    bool answer_began;
    uint32_t retries[RETRY_CLASS_COUNT];
    bool stale_tried;
    usec began;
    usec step_began;
    usec call_began;
    usec call_starved; /* of that, waiting for the starter's body, until the answer began
                        */
    usec starved_from; /* since when it waits for it now; USEC_NEVER: it does not */
    usec total_deadline;
    usec limit_deadline; /* until when it waits for throttles */
    uint32_t limit_waits;
};

void exchange_init(struct exchange *exchange, const struct exchange_env *env,
                   struct worker *worker, struct arena *arena);
void exchange_start(struct exchange *exchange);

/* Back-pressure on the answer's body. */
void exchange_pause(struct exchange *exchange);
void exchange_resume(struct exchange *exchange);

/* More of the request's body is there, or its end: what its on_data must call. */
void exchange_body_ready(struct exchange *exchange);

/* The request's body has broken off: what was sent cannot be completed. */
void exchange_body_broken(struct exchange *exchange);

/* The process ends, and this with it: on_done comes at once. A write that was sent and
 * has no answer is outcome_unknown. Nothing when it is over. */
void exchange_stop(struct exchange *exchange);

/*
 * The starter has lost interest. True: it is over, nothing more is called. False: a write
 * is on its way and is not cancelled (SPEC 2.2a); its outcome will still be reported.
 */
bool exchange_cancel(struct exchange *exchange);

/* After on_done, or a cancel that answered true. Wipes what held secrets. */
void exchange_fini(struct exchange *exchange);

/* A copy of the answer for who looks at it when the exchange is over, from on_answer on;
 * headers stand in the arena. Its body shares memory with the exchange; it has one only
 * where the whole was looked at. */
struct answer exchange_keep_answer(const struct exchange *exchange, struct arena *arena);

/* Whether the request changes nothing at the vendor; and may be sent twice. */
bool exchange_is_safe(const struct exchange *exchange);
bool exchange_is_repeatable(const struct exchange *exchange);

str exchange_step_name(enum exchange_step step);

#endif
