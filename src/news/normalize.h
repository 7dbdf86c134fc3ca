/*
 * One event of a vendor's request as what is to be told of it: the record of the unified
 * model, or the event as it came. Pure; nothing is fetched or ordered here.
 */
#ifndef NEWS_NORMALIZE_H
#define NEWS_NORMALIZE_H

#include "catalog/integration.h"
#include "hook/hook_message.h"
#include "unified/model.h"

/* A request with the events in it, read once for all of them. Keeps pointers to itself.
 */
struct hook_request {
    struct hook_message message;
    struct webhook_request request;
    struct webhook_view view;
    struct webhook_events events;
};

enum { HOOK_READ_BYTES_MAX = 8 << 20 }; /* of a body; JSON takes fifty times its text */

/* The message is filled, and everything of it lives as long as this. */
void hook_request_read(struct hook_request *request,
                       const struct integration *integration, struct arena *arena);

enum normal_kind {
    NORMAL_IGNORED, /* nobody is told: by a rule, or the mapping leaves it out */
    NORMAL_RAW,     /* told as it came */
    NORMAL_RECORD,  /* told as of a record */
    NORMAL_FAULTED  /* it cannot be told now */
};

struct normal {
    enum normal_kind kind;
    const char *why; /* a word, of IGNORED and FAULTED */
    str detail;      /* a sentence; absent: none */
    struct json item;
    struct event_meaning meaning; /* with RECORD */
    const struct mapping *mapping;
    const struct model *model;
    bool fetch;         /* the record is to be fetched by `get` */
    struct json record; /* unified; UNDEFINED: it is deleted, or to be fetched */
};

/* `item` counts the events of the request. Results share memory with the request and the
 * arena, which need not be the request's. */
struct normal normalize(const struct integration *integration,
                        const struct models *models, struct hook_request *request,
                        uint32_t item, struct arena *arena);

#endif
