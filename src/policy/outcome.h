/*
 * From an answer, or from what went wrong instead of one, to its class (outcome_list.h)
 * and to what the vendor said about it. The rule is the `errors` block of an integration
 * document. Pure; any thread.
 */
#ifndef POLICY_OUTCOME_H
#define POLICY_OUTCOME_H

#include "base/err.h"
#include "policy/signal.h"

enum outcome_class {
#define X(symbol, word, retry, breaker) OUTCOME_##symbol,
#include "policy/outcome_list.h"
#undef X
    OUTCOME_COUNT
};

enum retry_class {
    RETRY_NONE,
    RETRY_FAIL_FAST,
    RETRY_UNAUTHORIZED,
    RETRY_RATE_LIMITED,
    RETRY_SERVER,
    RETRY_TIMEOUT,
    RETRY_NETWORK,
    RETRY_CLASS_COUNT
};

enum breaker_effect { BREAKER_SUCCESS, BREAKER_FAILURE, BREAKER_NEUTRAL };

str outcome_word(enum outcome_class class);
enum retry_class outcome_retry(enum outcome_class class);
enum breaker_effect outcome_effect(enum outcome_class class);
extern const char *const outcome_words[]; /* NULL-terminated, in enum order */

/* What went wrong with a call that brought no usable answer. */
enum call_fault {
    CALL_FAULT_NONE,
    CALL_FAULT_DNS,
    CALL_FAULT_CONNECT,
    CALL_FAULT_CONNECT_TIMEOUT,
    CALL_FAULT_TLS,
    CALL_FAULT_CERTIFICATE, /* ours: the vendor does not take it, or wants one */
    CALL_FAULT_RESET,       /* the connection ended before a whole answer */
    CALL_FAULT_INVALID,     /* the answer is no HTTP */
    CALL_FAULT_FIRST_BYTE_TIMEOUT,
    CALL_FAULT_IDLE_TIMEOUT,
    CALL_FAULT_TOTAL_TIMEOUT,
    CALL_FAULT_DEADLINE, /* the caller's own: never the vendor's fault */
    CALL_FAULT_BODY,     /* the caller's body broke off */
    CALL_FAULT_REFUSED,  /* by us: no address of the host may be connected to */
    CALL_FAULT_CANCELLED
};

enum outcome_class outcome_of_fault(enum call_fault fault);
enum err outcome_err(enum call_fault fault); /* what the caller is told */

/* One entry of errors.classes: such an answer has that class. */
struct class_rule {
    struct condition condition;
    uint32_t class; /* enum outcome_class */
};

struct error_rule {
    struct bind_list message; /* struct signal: the first that is there counts */
    struct bind_list code;
    struct bind_list request_id;
    struct bind_list failed;  /* struct condition: answers below 400 that are errors */
    struct bind_list classes; /* struct class_rule: the first that holds counts */
    bool asks_success;        /* some of them can hold for answers below 400 */
};

extern const struct bind_table error_table;

/* What the vendor said. Absent where it did not. */
struct vendor_error {
    int status;
    str message;
    str code;
    str request_id;
};

/* Whether answers below 400 of methods in this group (absent: of no group) have to be
 * read with their body. */
bool error_needs_body_of_success(const struct error_rule *rule, str group);

/*
 * The class of an answer: errors.classes first, then `throttled`, then errors.failed,
 * then the status: 401 auth_refresh, 403 forbidden, 404 and 410 not_found, 409 and 412
 * conflict, 400 and 422 validation, 500, 502–504 and 520–529 server_error, other 5xx
 * server_refusal, other 4xx client_error, among them a 429 that is no throttle by the
 * rate limit's `not`.
 */
enum outcome_class outcome_of_answer(const struct error_rule *rule,
                                     const struct answer *answer, bool throttled,
                                     struct arena *arena);

/* Extracts what the vendor said; texts stand in the arena or the answer, cut at 1,000
 * bytes. */
void outcome_vendor_error(const struct error_rule *rule, const struct answer *answer,
                          struct arena *arena, struct vendor_error *ret_error);

#endif
