/*
 * One request to the admin API, made and waited for: a loop of its own runs until the
 * answer is there. http and https, HTTP/1.1, one connection a request.
 */
#ifndef CLI_CLI_CLIENT_H
#define CLI_CLI_CLIENT_H

#include "base/arena.h"

struct cli_call {
    str url; /* the whole of it */
    str method;
    str key;     /* absent = none */
    str ca_file; /* absent = the system's trust alone */
    str body;    /* absent = none */
    struct arena *arena;

    /* the answer */
    int status;
    str type; /* Content-Type; absent if it had none */
    str text; /* its body */
};

/* False with a sentence when there is no whole answer. */
bool cli_call(struct cli_call *call, str *ret_why);

#endif
