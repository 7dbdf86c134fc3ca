/*
 * A vendor's request as it is kept: one payload, sealed with the data key of its owner
 * (the account that its URL names, else the platform's: webhook_key.h).
 *
 *   whole:  mark, WHOLE, owner │ sealed list │ sealed request      in the journal
 *   apart:  mark, APART, owner │ sealed request                    a payload of its own
 *   list:   mark, LIST, owner, reference │ sealed list             one record or more
 *
 * The list says which events are in it and is all that the transfer opens; the request is
 * what they are made of. Large requests stand apart, and their lists in the journal, so
 * that there is one order. Numbers are little-endian; a text is its length, 2^32 − 1 for
 * an absent one, and its bytes.
 *
 * Pure but for the sealing; any thread.
 */
#ifndef HOOK_HOOK_MESSAGE_H
#define HOOK_HOOK_MESSAGE_H

#include "base/buf.h"
#include "base/usec.h"
#include "directory/keyring.h"
#include "http/header.h"

enum hook_frame { HOOK_WHOLE = 1, HOOK_APART, HOOK_LIST };

enum {
    HOOK_DIGEST_BYTES = 32,
    HOOK_LIST_BYTES_MAX = 200 * 1024, /* of one list, before it is sealed */
    HOOK_TEXT_BYTES_MAX = 250         /* of an event's id, type or claim */
};

/* One event, as far as it is known before anybody works on it. */
struct hook_event {
    uint32_t item; /* its place among those of the request, from 0 */
    str id;        /* the vendor's; absent: none */
    str type;      /* absent: none */
    usec happened; /* wall; 0: it does not say */
    str claim;     /* MEMBER=VALUE; absent: the URL names the account, or nothing does */
};

struct hook_list {
    str integration;
    str account; /* id, by the URL; absent: as the events claim */
    str app;     /* id, by the URL: its accounts only; absent: the platform's apps' */
    usec received;
    uint8_t digest[HOOK_DIGEST_BYTES]; /* SHA-256 of method, URL and body */
    const struct hook_event *events;
    uint32_t n;
};

struct hook_message {
    str integration;
    str account;
    str method;
    str url; /* as the vendor called it */
    struct headers headers;
    str body;             /* to the byte */
    uint32_t verified_by; /* which entry of `verify`, from 0 */
    usec received;        /* wall */
};

/* What stands before what is sealed. */
struct hook_envelope {
    enum hook_frame frame;
    str owner;     /* of the data key */
    str reference; /* of LIST: where the request is */
    str list;      /* sealed; absent in APART */
    str request;   /* sealed; absent in LIST */
};

/* False: it is none of ours, or damaged (which `ret_ours`, may be NULL, tells apart). */
bool hook_envelope_read(str bytes, struct hook_envelope *ret, bool *ret_ours);

/* The envelope up to what is sealed, and the parts behind it, which the caller seals. */
str hook_envelope_head(const struct hook_envelope *envelope, struct arena *arena);

/* Plain texts, to be sealed; in the arena. A list holds as many events from `from` on as
 * fit into HOOK_LIST_BYTES_MAX; *ret_n says how many. */
str hook_list_write(const struct hook_list *list, uint32_t from, uint32_t *ret_n,
                    struct arena *arena);
str hook_message_write(const struct hook_message *message, struct arena *arena);

/* False: they are not what was written. Texts borrow from `plain`, lists stand in the
 * arena. */
bool hook_list_read(str plain, struct arena *arena, struct hook_list *ret) MUST_CHECK;
bool hook_message_read(str plain, struct arena *arena,
                       struct hook_message *ret) MUST_CHECK;

/* What parts are bound to when they are sealed. */
#define HOOK_ABOUT_LIST    STR("hook.list")
#define HOOK_ABOUT_REQUEST STR("hook.request")

#endif
