/*
 * An entry: one answer that is kept, whole. What it says never changes, and is read
 * without a lock by whoever has a reference; how fresh it is, and whether its vendor is
 * asked about it now, changes under everybody's eyes. The last reference frees it.
 *
 *   RAW     what a vendor answered to one request: the cache's own, on disk too
 *   MAPPED  what a caller was answered to one unified request, made of RAW ones under one
 *           version of the effective document (`tag`); in memory only
 */
#ifndef CACHE_ENTRY_H
#define CACHE_ENTRY_H

#include <stdatomic.h>

#include "base/list.h"
#include "directory/tenant.h"
#include "http/header.h"

enum { CACHE_KEY_BYTES = 32, CACHE_VARIANT_BYTES = 16 };

enum cache_kind { CACHE_RAW, CACHE_MAPPED };

/* What is asked for: a digest of everything that makes an answer another one. */
struct cache_key {
    uint8_t bytes[CACHE_KEY_BYTES];
};

static inline str cache_key_str(const struct cache_key *key)
{
    return str_of((const char *)key->bytes, CACHE_KEY_BYTES);
}

/* Counts of invalidations, as they stood when an answer was asked for: of its resource,
 * of its account, and of purges. What was asked for before one is not fresh after it. */
struct cache_stamp {
    uint32_t resource;
    uint32_t account;
    uint32_t purges;
};

struct cache_entry {
    atomic_uint refs;
    enum cache_kind kind;
    struct cache_key key;
    struct cache_stamp stamp;
    struct tenant_id account;
    struct tenant_id environment;
    str integration;
    str resource; /* absent: of no resource */
    str method;   /* for people: the method's name, or the unified path */
    str tag;      /* MAPPED: the hash of the document; else absent */

    int status;
    struct headers headers; /* end-to-end ones, as they came; not to be added to */
    str body;
    str etag;          /* absent: none */
    str last_modified; /* absent: none */
    str vary;          /* header names by commas, in lower case; absent: none */
    uint8_t variant[CACHE_VARIANT_BYTES]; /* of the values that these had */

    usec stored;      /* monotonic; before the process began: less than 0 perhaps */
    usec stored_wall; /* for disk and people */
    usec age;         /* that it had when it came */
    usec fresh_until; /* monotonic, as are the next three */
    usec stale_until;
    _Atomic usec hold_until;  /* not asked again before; 0: may be */
    _Atomic usec refresh_due; /* somebody refreshes it, and has until then; 0: nobody */
    size_t bytes;             /* all of it, for the bounds */

    /* the cache's own; `node` under its shard's lock */
    uint32_t slots[2]; /* of its resource and its account, in the counts */
    atomic_bool visited;
    atomic_bool linked;       /* it is in the table */
    _Atomic uint32_t segment; /* of the disk, where it stands; 0: nowhere */
    struct list node;
};

/* A copy of what `like` says; of its state it has nothing. */
struct cache_entry *cache_entry_create(const struct cache_entry *like);

struct cache_entry *cache_entry_ref(struct cache_entry *entry);
void cache_entry_unref(struct cache_entry **entry); /* NULL inside is allowed */

/* How old the answer is, in whole: since its vendor gave it. */
usec cache_entry_age(const struct cache_entry *entry, usec now);

/* The one who may refresh it now, of all who would: true once until `until`. */
bool cache_entry_claim(struct cache_entry *entry, usec now, usec until);
void cache_entry_release(struct cache_entry *entry);

#endif
