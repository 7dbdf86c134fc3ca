/*
 * What changes nothing: where an account's values come from, and which fields its
 * expressions read that no sample has. On the catalog's thread; `result` of the change is
 * a JSON object. Inside of src/catalog only.
 */
#ifndef CATALOG_OVERRIDE_CHANGE_H
#define CATALOG_OVERRIDE_CHANGE_H

#include "base/buf.h"
#include "catalog/overlay.h"

void override_explain(struct catalog_change *change, struct entry *base);
void override_lint(struct catalog_change *change, struct entry *base);

/* What is laid over what, for one account or environment. */
struct override_view {
    const struct integration *base;      /* of the version that the account has */
    const struct integration *effective; /* with all that is laid over it */
    const struct catalog_override *of[TIER_COUNT]; /* NULL: none */
    struct overrides read;
    struct overlay_work work; /* for samples */
};

/* False when it was refused: there is no version that the override fits. */
bool override_look(struct catalog_change *change, struct entry *base,
                   struct override_view *ret_view);

/* The text is the result; refused when it did not fit into its buffer. */
void override_end(struct catalog_change *change, struct buf *buf);

#endif
