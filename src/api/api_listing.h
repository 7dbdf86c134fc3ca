/*
 * A list of objects of the directory, walked in the order of their ids. What does not fit
 * a filter is passed over, a few thousand objects a turn of the worker, so that a filter
 * that finds little in a hundred thousand holds nobody up.
 *
 * A kind of list fills in the ops; api_listing_start answers the request.
 */
#ifndef API_API_LISTING_H
#define API_API_LISTING_H

#include "api/api_page.h"
#include "loop/worker.h"

struct api_listing;

struct api_listing_ops {
    /* directory_list_…: up to `max` objects behind `after`, as pointers into `ret`, each
     * with a reference. Asks api_listing_asks for every object it comes by. */
    uint32_t (*gather)(struct api_listing *listing, str after, uint32_t max, void *ret);
    bool (*wants)(const struct api_listing *listing, const void *object);
    str (*id)(const void *object);
    void (*put)(struct api_listing *listing, const void *object);
    void (*unref)(void *object);
    /* All are found: `last` is absent when there are no more. NULL: sends the page. */
    void (*end)(struct api_listing *listing, str last);
};

struct api_listing {
    const struct api_listing_ops *ops;
    struct api_call *call;
    void *filter; /* the kind's own */
    struct api_page page;
    uint32_t n; /* put so far */

    /* private */
    uint32_t looks;        /* in one turn, at most */
    uint32_t looked;       /* in this turn */
    uint32_t taken;        /* of them, wanted */
    struct tenant_id at;   /* the last one looked at */
    struct tenant_id last; /* the last one put */
    void *objects;
    struct post post;
};

/* A listing for a call, in its arena, from its limit and cursor; NULL when those were
 * refused. */
struct api_listing *api_listing_create(struct api_call *call,
                                       const struct api_listing_ops *ops, void *filter);

/* Finds, prints, answers. */
void api_listing_start(struct api_listing *listing);

/* For the `want` callbacks of directory_list_…. */
bool api_listing_asks(struct api_listing *listing, const void *object);

#endif
