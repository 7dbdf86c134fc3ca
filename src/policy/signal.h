/*
 * Where a value stands in an answer, and how it is read: a header or a JSON pointer, a
 * piece of a composite, a unit. Conditions ask whether a value is there, equals one of
 * several words, holds a text, or is below a number. Both are data of an integration
 * document (`signal_table`, `condition_table`) and immutable once bound.
 *
 * `from` is a header name, or, when it starts with "/", a JSON pointer into the body in
 * which a token `*` means the first item or member; `#text` is the whole body as text,
 * `#status` the status. `expression` stands in its place where that is not enough
 * (expression.h); false is no value.
 *
 * The same words are used of a vendor's request (a webhook) by tables of their own: there
 * `?name` is a parameter of the query, and there is no status.
 *
 * Pure; any thread.
 */
#ifndef POLICY_SIGNAL_H
#define POLICY_SIGNAL_H

#include "json/bind.h"
#include "json/pointer.h"
#include "policy/answer.h"
#include "policy/expression.h"

enum signal_unit {
    SIGNAL_S, /* seconds from now, fractions allowed */
    SIGNAL_MS,
    SIGNAL_MIN,
    SIGNAL_EPOCH_S, /* a moment: seconds since 1970 by the vendor's clock */
    SIGNAL_EPOCH_MS,
    SIGNAL_ISO8601,     /* a moment: RFC 3339 */
    SIGNAL_HTTP_DATE,   /* a moment: RFC 9110 §5.6.7 */
    SIGNAL_RETRY_AFTER, /* seconds or an HTTP date (RFC 9110 §10.2.3) */
};

enum signal_source {
    SIGNAL_NONE,
    SIGNAL_HEADER,
    SIGNAL_BODY,
    SIGNAL_TEXT,
    SIGNAL_STATUS,
    SIGNAL_QUERY,
    SIGNAL_EXPRESSION
};

struct signal_word {
    str name;
    double value;
};

struct signal {
    enum signal_source source; /* SIGNAL_NONE: the member was not given */
    str header;
    str query; /* the parameter's name */
    struct pointer pointer;
    const struct jsonata *expression;
    str item;               /* of a composite `a=1; b=2`: the value of this name */
    uint32_t part;          /* of `18/5000`: 0 whole, 1 before, 2 after the slash */
    str after;              /* the value starts behind this text */
    str before;             /* and ends where this one begins */
    uint32_t unit;          /* enum signal_unit; for signal_wait */
    struct bind_list words; /* struct signal_word: text → number */
};

/* A value that is kept under a name. */
struct signal_named {
    struct signal signal; /* the first member: rows of a signal fill it */
    str name;
};

struct condition {
    struct bind_uints statuses; /* none: any error status (≥ 400) */
    struct signal signal;       /* SIGNAL_NONE: the status alone decides */
    struct bind_texts is;       /* equals one of them, as text */
    str contains;               /* letters' case aside */
    double below;               /* NAN: not asked */
    str group;                  /* only answers of methods in this group; absent: all */
};

extern const struct bind_table signal_table;
extern const struct bind_table signal_named_table; /* of a BIND_NAMED row */
extern const struct bind_table condition_table;

/* The same of a request. */
extern const struct bind_table request_signal_table;
extern const struct bind_table request_condition_table; /* no status, no group */

/* Whether it looks into the body. */
bool signal_needs_body(const struct signal *signal);
/* Whether it can hold for answers that are no errors (status < 400). */
bool condition_asks_success(const struct condition *condition);
/* Whether it looks into the body of such answers of methods in `group` (absent: of
 * methods without a group, and of calls that match no method). */
bool condition_needs_body_of_success(const struct condition *condition, str group);

/* The value as text; absent when it is not there. Numbers and booleans of a body come as
 * their JSON text; objects and arrays are not there. Copies, if any, in the arena. */
str signal_text(const struct signal *signal, const struct answer *answer,
                struct arena *arena);

/* The value as it stands there, of any type, null too; UNDEFINED when it is not there.
 * `item`, `part`, `after`, `before` and `words` are not looked at. It shares memory with
 * the signal and the answer. */
struct json signal_value(const struct signal *signal, const struct answer *answer,
                         struct arena *arena);

/* The value as a number. */
bool signal_number(const struct signal *signal, const struct answer *answer,
                   struct arena *arena, double *ret_value);

/* The value as a wait from now, by its unit; a moment that has passed is 0. Moments are
 * set against the vendor's own clock. */
bool signal_wait(const struct signal *signal, const struct answer *answer,
                 struct arena *arena, usec *ret_wait);

/* Whether its unit is one of moments: epoch_s, epoch_ms, iso8601, http_date. */
bool signal_is_moment(const struct signal *signal);

/* The value as a moment; false also when its unit is not one of them. */
bool signal_moment(const struct signal *signal, const struct answer *answer,
                   struct arena *arena, usec *ret_wall);

bool condition_holds(const struct condition *condition, const struct answer *answer,
                     struct arena *arena);

/* What it asks of the value, whatever the status: all that is asked of a request. */
bool condition_value_holds(const struct condition *condition, const struct answer *answer,
                           struct arena *arena);

#endif
