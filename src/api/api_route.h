/*
 * What a route is: a row of route_list.h (verb, pattern, permission, a sentence) and its
 * handler, which says what it reads and answers. From the two come dispatch, the checks
 * before a handler runs, the OpenAPI document and the page of routes in the reference, so
 * that none of them can differ from the others.
 */
#ifndef API_API_ROUTE_H
#define API_API_ROUTE_H

#include "directory/tenant.h"
#include "json/bind.h"

struct api_call;
struct shape;

enum api_param_kind {
    API_PARAM_TEXT, /* 1 to `max` bytes */
    API_PARAM_UINT, /* 1 to `max` */
    API_PARAM_WORD, /* one of `words` */
    API_PARAM_TIME, /* ISO 8601 */
    API_PARAM_BOOL  /* true or false */
};

/* A parameter of the query. One whose name ends with "." stands for all names that begin
 * so: `label.` for label.tier, label.region, … */
struct api_param {
    const char *name;
    enum api_param_kind kind;
    uint32_t max;
    const char *const *words;
    const char *doc;
};

enum api_body_kind {
    API_BODY_NONE,
    API_BODY_OBJECT,   /* JSON, read by `body` */
    API_BODY_OPTION,   /* the same; an empty one counts as {} */
    API_BODY_DOCUMENT, /* text, read by the handler */
};

struct api_handler {
    void (*run)(struct api_call *call);
    const struct api_param *params; /* ended by a row without a name; NULL: none */
    bool paged;                     /* takes limit and cursor as well */
    bool secret;                    /* its answer holds a secret */
    enum api_body_kind body_kind;
    const struct bind_table *body;
    int status;                 /* of its success */
    const struct shape *answer; /* NULL: it has no body, or is described elsewhere */
    const struct shape *later;  /* of a 202, where it is not over yet; NULL: it always is
                                 */
};

enum {
    PERMISSION_NONE = 0,                                     /* no key is asked for */
    PERMISSION_CALL_READ = PERMISSION_CALL | PERMISSION_READ /* one of them */
};

struct api_route {
    const char *verb;
    const char *pattern;
    const char *name; /* of its handler */
    unsigned permission;
    const char *doc;
    const struct api_handler *handler;
};

extern const struct api_route api_routes[];
extern const size_t api_route_n;

/* Those that every list takes. */
extern const struct api_param api_page_params[];

/* The routes as an OpenAPI document, in the arena. */
str api_openapi_text(struct arena *arena);

/* A parameter of a path by its name: what it is. */
const char *api_path_doc(str name);

#define X(verb, pattern, handler, permission, doc)                                       \
    extern const struct api_handler handler_##handler;
#include "api/route_list.h"
#undef X

#endif
