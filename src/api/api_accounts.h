/*
 * Walking accounts with the filters of a query: for the lists of accounts, breakers and
 * limits.
 */
#ifndef API_API_ACCOUNTS_H
#define API_API_ACCOUNTS_H

#include "api/api_listing.h"

struct account_label {
    str name;
    str value;
};

struct account_filter {
    str environment; /* an id; absent: any */
    str integration;
    str external_id;
    int state; /* enum account_state; −1: any */
    struct account_label labels[API_QUERY_MAX];
    uint32_t label_n;
    /* A further condition; NULL: none. */
    bool (*also)(const struct api_call *call, const struct account *account);
};

/* The filter that the query says. False when it was refused. */
bool accounts_read_filter(struct api_call *call, struct account_filter *ret) MUST_CHECK;

/* Lists the accounts that fit, each printed by `put`. */
void accounts_list(struct api_call *call, struct account_filter *filter,
                   void (*put)(struct api_listing *listing, const void *object));

/* Answers nothing itself: tells `then` of the first account that fits (borrowed; NULL:
 * there is none), perhaps some turns later. */
void accounts_first(struct api_call *call, const struct account_filter *filter,
                    void (*then)(struct api_call *call, const struct account *first));

/* The parameters that choose accounts wherever they are listed. */
#define ACCOUNT_SCOPE_PARAMS                                                             \
    {.name = "environment",                                                              \
     .kind = API_PARAM_TEXT,                                                             \
     .max = 64,                                                                          \
     .doc = "Those of this environment."},                                               \
    {                                                                                    \
        .name = "integration", .kind = API_PARAM_TEXT, .max = 64,                        \
        .doc = "Those of this integration."                                              \
    }

#endif
