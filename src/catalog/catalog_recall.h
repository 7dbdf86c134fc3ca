/*
 * Versions of integrations that are not in use any more, for walks that began with them.
 * A version is the document of one revision with the overrides that the account has now.
 * The catalog's thread makes it of the store when it is asked for (CATALOG_RECALL), and
 * keeps it for others that ask: RECALL_MAX of them, RECALL_BYTES_MAX together, each until
 * nobody has asked for a day, as no walk stays on its version for longer.
 *
 * An older version is used whole, but for one thing: credentials go only where the
 * document in use allows it, too (docs/decisions/0022).
 */
#ifndef CATALOG_CATALOG_RECALL_H
#define CATALOG_CATALOG_RECALL_H

#include "base/list.h"
#include "catalog/catalog.h"

enum { RECALL_MAX = 64, RECALL_BYTES_MAX = 64 << 20 };

/* A version that somebody uses: a reference. */
struct entry;

/* NULL: it is not in memory. Any thread. */
struct entry *recall_find(struct catalog *catalog, const struct snapshot *snapshot,
                          const struct account *account, uint32_t revision);

/* The version for one call, bound to the hosts of `active`, the document in use. It
 * stands in the arena, and must outlive neither of them. */
const struct integration *recall_bound(const struct entry *entry,
                                       const struct integration *active,
                                       struct arena *arena);

/* NULL: nothing. Any thread. */
void recall_release(struct entry **entry);

/* --- inside of src/catalog only --- */

/* What is kept; of the catalog. */
struct recalls {
    pthread_mutex_t lock;
    struct list items; /* the last used first */
    uint32_t n;
    size_t bytes;
};

void recall_init(struct recalls *recalls);
void recall_fini(struct recalls *recalls);

/* Runs a CATALOG_RECALL, on the catalog's thread. */
void recall_run(struct catalog_change *change);

#endif
