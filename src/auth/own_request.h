/*
 * A request that a document describes and Breakwater makes by itself with an account's
 * credentials: to learn what its context lacks, or whether the vendor still takes them.
 *
 * Immutable once bound; any thread.
 */
#ifndef AUTH_OWN_REQUEST_H
#define AUTH_OWN_REQUEST_H

#include "http/template.h"
#include "http/url.h"

struct own_request {
    struct template url; /* begins with "/": a path, and a query, below the base URL */
    uint32_t verb;       /* enum own_verb */
    struct bind_list headers; /* struct token_param */
    struct json body;         /* sent as JSON; UNDEFINED: none */
    struct bind_list keep;    /* struct signal_named: into the account's context */
};

enum own_verb { OWN_GET, OWN_POST };

extern const struct bind_table own_request_table;

str own_request_verb(const struct own_request *request);

/* Whether it stands below the base URL, whatever that is. */
bool own_request_is_below(const struct own_request *request);

/*
 * Where it goes, out of the account's context. `base`: the base URL; not looked at
 * without own_request_is_below. ERR_CREDENTIAL_UNUSABLE with a sentence. Whether
 * credentials may go there is not checked here.
 */
enum err own_request_url(const struct own_request *request, const struct url *base,
                         const struct json *context, struct arena *arena,
                         struct url *ret_url, str *ret_detail);

#endif
