/*
 * What the readers of an OpenAPI document share. Inside of src/import only.
 */
#ifndef IMPORT_OPENAPI_H
#define IMPORT_OPENAPI_H

#include "import/import.h"
#include "import/schemas.h"

struct path_set;
struct openapi_resource;
struct header_wanted;
struct guess_answers;

/* One operation, with what its path says for all of them. */
struct operation {
    str verb;                  /* GET */
    str path;                  /* as OpenAPI has it */
    const struct json *at;     /* the operation */
    struct json parameters;    /* its own over its path's: an array, each followed */
    const struct json *answer; /* the response that says it worked; NULL: none */
    const struct json *schema; /* of its JSON; NULL: none */
};

struct openapi {
    struct import *import;
    bool old; /* 3.0 */
    struct schemas schemas;
    struct path_set *paths;
    struct map resources; /* name → struct openapi_resource */
    struct openapi_resource *first;
    struct openapi_resource *last;
    uint32_t resource_n;
    struct guess_answers *answers;
    struct map headers; /* in lower case → struct header_wanted */
    struct header_wanted *first_header;
    uint32_t operation_n;
    uint32_t unguessed; /* lists whose pages nobody knows */
};

/* The base URL with hosts and the fields that fill it, as members of the document. */
void openapi_put_server(struct openapi *api, struct json_build *document);

/* The `auth` member. */
void openapi_put_auth(struct openapi *api, struct json_build *document);

/* The members of `resources`, and the schemas of what they take and answer; what they
 * answer is told to api->answers. */
void openapi_read_resources(struct openapi *api, struct json_build *resources);

/* Notes what headers an operation requires; later, the member `headers`. */
void openapi_note_headers(struct openapi *api, const struct operation *operation);
void openapi_put_headers(struct openapi *api, struct json_build *document);

/* The schema of a body or answer, whichever JSON type it has; NULL: none. *ret_media is
 * what the schema is of. */
const struct json *openapi_content(const struct json *body, str *ret_media);

/* A parameter by where it stands and its name, its punctuation aside; NULL: none. */
const struct json *openapi_parameter(const struct operation *operation, str in,
                                     const char *const *names);

#endif
