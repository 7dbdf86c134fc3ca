/*
 * Who has which override, and the integration that comes of it. An overlay is one
 * override as it stands in the store, with the entry that its accounts get: the document
 * with all that is laid over it up to its tier. Immutable once it is in a snapshot, which
 * holds a reference; entries of equal texts are shared.
 *
 * When the document changes, every override of it is laid over the new one, and run on
 * the samples of its folder. What does not fit any more is broken: its accounts stay on
 * the version of the document that it fitted last, which is compiled again from the store
 * when memory does not have it.
 *
 * Inside of src/catalog only; on the catalog's thread, but for reference counts.
 */
#ifndef CATALOG_OVERLAY_H
#define CATALOG_OVERLAY_H

#include "base/map.h"
#include "catalog/catalog.h"
#include "catalog/override.h"

enum { OVERLAY_KEY_CHARS = 64 };

struct entry;
struct store_author;

struct overlay {
    atomic_uint refs;
    struct catalog_override view;  /* first in order of what others see */
    struct entry *entry;           /* a reference; NULL: BLOCKED */
    char texts[OVERLAY_KEY_CHARS]; /* of the texts of its tier and those below */
    char key[OVERLAY_KEY_CHARS];   /* of these and the document: what the entry is of */
    struct arena arena;            /* of the view */
};

struct overlay *overlay_ref(struct overlay *overlay);
void overlay_unref(struct overlay **overlay);

static inline str overlay_key(const struct overlay *overlay)
{
    return str_of(overlay->key, OVERLAY_KEY_CHARS);
}

/* An override as the store has it. */
struct stored_override {
    str integration;
    str environment;
    str account; /* absent: the environment's own */
    uint32_t revision;
    str hash;
    str text;
    uint32_t fitted; /* the revision of the document that it fitted last */
    usec changed;
    str changed_by;
};

struct override_row_list {
    struct stored_override *items;
    uint32_t n;
    uint32_t room;
};

/* What the rows of one integration lead to. */
struct overlay_work {
    struct catalog *catalog;
    struct arena *arena;           /* for all that does not outlive the work */
    const struct snapshot *before; /* whose entries are taken again; NULL: none */
    struct entry *base;            /* the document in use */
    const struct override_row_list *rows;
    struct overlay **made;      /* one a row, each a reference for the caller */
    uint32_t document_n;        /* entries among them that are documents of their own */
    struct map by_key;          /* private: overlays that fit */
    struct map by_environment;  /* private: rows of environments */
    struct sample_set *samples; /* private */
    struct arena row;           /* private: what one override's making takes */
    struct fitted_base *fitted; /* private: older versions of the document */
};

void overlay_make(struct overlay_work *work);

/* Logs what does not fit any more, and has the store remember what fits. */
void overlay_note(const struct overlay_work *work);

/* Gives back what overlay_make made. */
void overlay_drop(struct overlay_work *work);

/* --- samples (override_samples.c) --- */

/* Adds to `faults` when a mapping that overrides have changed fails on a sample that the
 * document's own mapping takes. */
struct fault_list {
    struct arena *arena;
    str file;
    struct catalog_fault *items; /* BIND_FAULTS_MAX at most */
    uint32_t n;
};

void fault_list_add(struct fault_list *list, str pointer, str text);

void overlay_try_samples(struct overlay_work *work, const struct integration *integration,
                         struct fault_list *faults);

/* The samples of a resource: `fixtures/CATEGORY.RESOURCE.json`; NULL: there are none, or
 * they cannot be read. Kept in the work. */
const struct json *overlay_samples(struct overlay_work *work, str category, str resource);

/* What a sample's record is mapped by: its operation, or list, or get; NULL: none. */
const struct mapping_step *sample_step(const struct mapping *mapping,
                                       const struct json *sample);
struct mapping_scene sample_scene(const struct catalog *catalog,
                                  const struct json *sample);

/* --- in snapshots, on the catalog's thread --- */

/* Lays the stored overrides over what is new in `next` against `before` (NULL: all is),
 * and keeps what is not new. Before it is published. */
void overlay_settle(struct catalog *catalog, const struct snapshot *before,
                    struct snapshot *next);

/* The overlays of one integration as they were. */
void overlay_keep(const struct snapshot *before, struct snapshot *next, str name);

void catalog_run_override(struct catalog_change *change);

/* --- the store (override_store.c) --- */

/* The overrides of an integration in order of environment and account; texts in the
 * arena.
 */
enum err override_store_rows(struct store *store, struct arena *arena, str integration,
                             struct override_row_list *ret_list);

/* Puts one, counting its revision up in *row; ERR_OBJECT_UNKNOWN when its environment or
 * account is not there any more. */
enum err override_store_put(struct store *store, const struct store_author *author,
                            struct stored_override *row);
enum err override_store_remove(struct store *store, const struct store_author *author,
                               const struct stored_override *row);

/* That they fit this revision of the document. */
enum err override_store_fitted(struct store *store, const struct override_row_list *rows,
                               uint32_t revision);

#endif
