/*
 * The ways to fail that a user can meet, as one list (err_list.h), and what the list
 * says of each. Functions that can fail in more than one way answer `enum err`,
 * ERR_NONE being success; the others answer bool. The step that ends a story logs it,
 * nobody below does.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/check.h"
#include "base/str.h"

enum err {
    ERR_NONE,
#define X(symbol, code, status, retry, title, mend) ERR_##symbol,
#include "base/err_list.h"
#undef X
    ERR_COUNT
};

enum err_retry {
    ERR_RETRY_NEVER, /* the same request fails again */
    ERR_RETRY_LATER, /* it may succeed after a while */
    ERR_RETRY_CHECK, /* look at what happened before repeating it */
};

struct err_row {
    str code; /* stable; log, metric label, problem document */
    int status;
    enum err_retry retry;
    str title;
    str mend;
};

/* The row of an error; `err` is not ERR_NONE. Static. */
const struct err_row *err_row(enum err err);

/* The code, or "ok" for ERR_NONE. */
str err_code(enum err err);

#endif
