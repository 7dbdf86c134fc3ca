/*
 * A key under construction: each part behind its length, so that no two lists of parts
 * are one text; then a digest. Whose an answer is goes into every key: two accounts, or
 * two logins of one, never have an entry in common.
 */
#ifndef CACHE_CACHE_KEY_H
#define CACHE_CACHE_KEY_H

#include "base/buf.h"
#include "cache/entry.h"

struct cache_key_parts {
    struct buf text;
};

void cache_key_begin(struct cache_key_parts *parts);
void cache_key_put(struct cache_key_parts *parts, str part); /* absent is a part, too */

/*
 * The account and its login. That is known by when its credentials came from somebody,
 * not by the token, which is renewed every hour: a reconnected account begins with
 * nothing. The context is part of it, since URLs and headers are made of it.
 */
void cache_key_put_identity(struct cache_key_parts *parts, const struct account *account,
                            str way);

/* The pairs of a query in the order of their names, without those of the name `but`
 * (absent: with all); those of one name stay in their order, which may mean something. */
void cache_key_put_query(struct cache_key_parts *parts, str query, str but,
                         struct arena *arena);

/* False: it was too long. Ends the parts in either case. */
bool cache_key_end(struct cache_key_parts *parts, struct cache_key *ret_key) MUST_CHECK;

#endif
