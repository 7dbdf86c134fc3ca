/*
 * Overrides: what an environment or an account has in its own way, as a document that is
 * laid over the integration's. Which members it may have stands in override_list.h; its
 * settings are merged (json/merge.h) and read by the reader of documents, so that every
 * check of theirs applies; its expressions are laid over the mappings
 * (unified/mapping.h).
 *
 * Who has which override, and which integration an account gets then, is overlay.h's.
 */
#ifndef CATALOG_OVERRIDE_H
#define CATALOG_OVERRIDE_H

#include "catalog/integration.h"

enum { OVERRIDE_BYTES_MAX = 64 << 10, OVERRIDE_DEPTH_MAX = 32 };

/* One override, read. Shares memory with its text. */
struct override {
    enum mapping_tier tier;
    struct json document; /* UNDEFINED: this tier has none */
    struct json settings; /* what is merged: OBJECT, may be empty */
    struct json layers;   /* what is laid: OBJECT, may be empty; same places */
};

/* Both tiers above the platform's. */
struct overrides {
    struct override of[TIER_COUNT]; /* [TIER_PLATFORM] is not used */
};

/* Both, as their authors wrote them; absent: this tier has none. */
struct override_texts {
    str of[TIER_COUNT];
};

/*
 * Reads an override of this document. False with faults in the binder: it is no JSON, is
 * too large, has what belongs to the platform, names what the document does not have.
 */
bool override_read(struct binder *binder, const struct integration *base, str text,
                   enum mapping_tier tier, struct override *ret_override) MUST_CHECK;

/*
 * The integration with overrides of it. NULL with faults. Allocated in the binder's
 * arena; shares memory with `base` and the overrides' texts, which must outlive it. Where
 * only expressions are laid over, all else is the base's own.
 */
struct integration *override_apply(struct binder *binder, const struct integration *base,
                                   const struct overrides *overrides);

/* The base's document with the settings of both merged over it; expressions are the
 * platform's. */
struct json override_merged(struct arena *arena, const struct integration *base,
                            const struct overrides *overrides);

/* Reports what exceeds the platform's. (override_limits.c) */
void override_check_limits(struct binder *binder, const struct integration *base,
                           const struct integration *merged);

/* How members may be given, for the reference: the rows of override_list.h. NULL behind
 * the last. */
struct override_row {
    const char *path;
    const char *rule; /* "SET", "MOST", "LEAST", "LAYER" */
    const char *doc;
};
const struct override_row *override_row_at(size_t i);

#endif
