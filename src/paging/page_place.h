/*
 * Where a value goes in a request: a parameter of the query, a header, a member of the
 * JSON body, a variable of a GraphQL request, a {name} in the path; and the request as it
 * is being changed. Places are data of an integration document, immutable once bound.
 *
 * Pure; any thread.
 */
#ifndef PAGING_PAGE_PLACE_H
#define PAGING_PAGE_PLACE_H

#include "http/header.h"
#include "http/template.h"
#include "json/pointer.h"

/* A request for a page, before it is given to an exchange. What is changed is allocated
 * in the arena; what is not stays borrowed. */
struct page_request {
    struct arena *arena;
    str path;                /* below the base URL; a {name} that is put may be in it */
    str query;               /* absent: none */
    struct headers *headers; /* of its own: lines are set in it */
    struct json body;        /* UNDEFINED: none */
    str url;                 /* absent, or the whole URL: in place of path and query */
};

enum page_place_in {
    PLACE_NONE, /* the place was not given */
    PLACE_QUERY,
    PLACE_HEADER,
    PLACE_BODY,
    PLACE_VARIABLE,
    PLACE_PATH,
};

struct page_place {
    str query;
    str header;
    struct pointer body; /* of a VARIABLE too: /variables/NAME */
    str variable;
    str path;
    struct template format; /* what is written there; not given: the value alone */
    uint32_t in;            /* enum page_place_in */
};

extern const struct bind_table page_place_table;

/* A `custom` reader into a struct pointer: RFC 6901, "" is the whole. */
void page_pointer_read(struct binder *binder, const struct json *value, void *field);
#define PAGE_POINTER_SCHEMA "{\"type\":\"string\",\"pattern\":\"^(/.*)?$\"}"

/* Reports when a template names another variable than those (NULL-terminated). */
void page_check_names(struct binder *binder, const char *member,
                      const struct template *template, const char *const *names);

/* Puts a STRING or NUMBER there, in place of what stands there; in a body a number stays
 * one. False with a sentence when the request has no such place, or the value cannot
 * stand there. */
bool page_place_put(const struct page_place *place, const struct json *value,
                    struct page_request *request, str *ret_detail) MUST_CHECK;

/* The text that stands there, or absent. Not for PATH. */
str page_place_text(const struct page_place *place, const struct page_request *request);

#endif
