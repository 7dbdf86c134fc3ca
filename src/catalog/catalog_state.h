/*
 * The inside of a catalog. What moves between its files: entries are compiled documents,
 * snapshots are sets of entries, sources are the documents of the folder.
 *
 *   folder ──scan──► sources ──┐
 *   store ──load──► versions ──┼──► entries ──► snapshot ──► a pin a worker
 *   changes of the API ────────┘
 *
 * Everything that changes is done by one thread at a time: the one that opens the
 * catalog, then the catalog's own. The lock guards what others read meanwhile. Inside of
 * src/catalog only.
 */
#ifndef CATALOG_CATALOG_STATE_H
#define CATALOG_CATALOG_STATE_H

#include <pthread.h>

#include "base/list.h"
#include "base/map.h"
#include "catalog/catalog.h"
#include "catalog/document.h"
#include "catalog/overlay.h"
#include "catalog/catalog_recall.h"
#include "loop/poll.h"

/* --- entries: compiled documents --- */

struct entry {
    atomic_uint refs;
    struct integration *integration;
    struct entry *base;  /* a reference: what an override's entry shares memory with */
    struct entry *bound; /* a reference: the document in use, of one that is older */
    struct arena arena;
};

struct entry *entry_ref(struct entry *entry);
void entry_unref(struct entry **entry);

/*
 * Compiles a document; the entry has a copy of the text. `name` (absent: any) is what its
 * own name must be. NULL with the faults, whose texts stand in `arena` and name `file`.
 */
struct entry *entry_compile(str text, str name, str file, struct arena *arena,
                            struct catalog_fault **ret_faults, uint32_t *ret_n);

/* The same of a document with overrides laid over it; whatever it is called, the faults
 * name the integration. */
struct entry *entry_override(struct entry *base, const struct override_texts *texts,
                             struct arena *arena, struct catalog_fault **ret_faults,
                             uint32_t *ret_n);

/* An older version (one that is bound already is bound anew) that goes only where the
 * document in use allows it, too. */
struct entry *entry_bound(struct entry *older, struct entry *active);

/* The document of an entry with overrides. */
static inline struct entry *entry_base(const struct entry *entry)
{
    return entry->bound ? entry->base->base : entry->base;
}

/* --- snapshots --- */

struct slot {
    struct entry *entry; /* the snapshot's */
    struct map overlays; /* by account, or by environment */
};

struct snapshot {
    uint32_t magic;
    atomic_uint refs;
    uint32_t n;
    struct entry **entries;    /* each a reference; in order of names */
    struct slot *slots;        /* one an entry */
    struct map by_name;        /* of slots */
    struct overlay **overlays; /* each a reference; in order of integration, environment,
                                * account */
    uint32_t overlay_n;
};

/* A snapshot with what `before` (NULL: nothing) has, but for `removed` (absent: nothing),
 * and `entries` (references are taken) in the place of those of their names. */
struct snapshot *snapshot_build(const struct snapshot *before,
                                struct entry *const *entries, uint32_t n, str removed);

struct entry *snapshot_entry(const struct snapshot *snapshot, str name);

/* Before it is published: these overlays (references are taken) in the place of those of
 * this integration, which the snapshot has. */
void snapshot_put_overlays(struct snapshot *snapshot, str name,
                           struct overlay *const *overlays, uint32_t n);

/* --- the folder --- */

struct source_stamp {
    int64_t changed_ns; /* the later of mtime and ctime; 0: look at the text again */
    uint64_t bytes;
    uint64_t inode;
};

enum { HASH_CHARS = 64 };

struct source {
    str name; /* of its folder */
    struct source_stamp stamp;
    char stored_hash[HASH_CHARS]; /* of the last version that came from the folder */
    char faulty_hash[HASH_CHARS]; /* of the text that has the faults */
    bool seen;                    /* by the present scan */
    bool gone;                    /* there was a document here before */
    struct arena arena;           /* of the faults */
    struct catalog_fault *faults;
    uint32_t fault_n;
};

struct watch {
    int fd; /* inotify; −1: none */
    struct worker *worker;
    struct poll poll;
    struct timer timer;
    usec first; /* of the changes that wait; −1: none do */
};

/* --- the catalog --- */

enum { CATALOG_WORKERS_MAX = 256 };

struct member; /* a worker that has joined; catalog_pin.c */

struct catalog {
    uint32_t magic;
    struct store *store;
    struct world *world;
    const struct log *log;
    char *folder; /* NULL: none */
    struct thread *thread;
    bool opened; /* the first look at store and folder is over */
    struct watch watch;
    struct recalls recalls; /* has a lock of its own */

    pthread_mutex_t hook_lock; /* over the call of the hook, too */
    void (*hook)(void *arg);
    void *hook_arg;

    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t more;
    pthread_cond_t taken;
    unsigned untaken; /* workers that have been told, and still have an older snapshot */
    struct post *first; /* changes that wait */
    struct post *last;
    bool rescan;
    bool closing;
    struct snapshot *snapshot;
    struct member *members[CATALOG_WORKERS_MAX];
    struct models *models;    /* for samples; NULL until some are looked at */
    struct map sources;       /* by name */
    struct source unreadable; /* the faults of the store's versions */
};

enum { CATALOG_MAGIC = 0x0ca7a109 };

/* Makes the snapshot the present one and tells every worker. Takes the reference. */
void catalog_publish(struct catalog *catalog, struct snapshot *snapshot);

/* The present snapshot with these entries in the place of those of their names, without
 * `removed`, and with the overrides of each laid over it anew. */
void catalog_publish_entries(struct catalog *catalog, struct entry *const *entries,
                             uint32_t n, str removed);

/* With the lock: posts the present snapshot to a worker. */
void catalog_tell(struct member *member);

/* Returns when no worker begins an exchange with an older snapshot any more: a turn of
 * each, or its leaving. Never on a worker. */
void catalog_wait_taken(struct catalog *catalog);

/* Looks at the folder: new and changed documents become versions. An error with a
 * sentence when the folder or the store cannot be used; what was there before stays. */
enum err catalog_scan(struct catalog *catalog, struct arena *arena, str *ret_why);

/* The unified models, made if need be; on the catalog's thread. */
const struct models *catalog_models(struct catalog *catalog);

/* The source of that name, made if need be. */
struct source *catalog_source(struct catalog *catalog, str name);

/* Replaces the faults of a source; texts are copied. */
void catalog_set_faults(struct catalog *catalog, struct source *source,
                        const struct catalog_fault *faults, uint32_t n);

/* One line a fault, for the first few. */
void catalog_log_faults(const struct catalog *catalog, const struct catalog_fault *faults,
                        uint32_t n);

/* Runs one change on the catalog's thread; its answer is posted by the caller. */
void catalog_run_change(struct catalog_change *change);

/* The watch: opened with the catalog, told of each folder by the scan. */
void watch_open(struct watch *watch);
void watch_add(struct watch *watch, const char *path);
void watch_leave(struct watch *watch, const struct worker *worker);
void watch_close(struct watch *watch);

/* --- the store --- */

struct stored {
    str name;
    uint32_t revision;
    str hash;
    str text;
};

struct stored_list {
    struct stored *items;
    uint32_t n;
    uint32_t room;
};

/* The active version of each integration; texts in the arena. */
enum err catalog_store_active(struct store *store, struct arena *arena,
                              struct stored_list *ret_list);

/* Names and hashes of the last versions that came from the folder. */
enum err catalog_store_sources(struct store *store, struct arena *arena,
                               struct stored_list *ret_list);

/* One version, or ERR_OBJECT_UNKNOWN. */
enum err catalog_store_version(struct store *store, struct arena *arena, str name,
                               uint32_t revision, struct stored *ret_version);

/* What a change of the store is written with. */
struct store_author {
    str source;                /* "folder" or "api" */
    const struct actor *actor; /* NULL: the machine itself */
    usec wall;
};

/* New versions, made active, in one transaction; sets each revision. */
enum err catalog_store_put(struct store *store, const struct store_author *author,
                           struct stored_list *versions);
enum err catalog_store_activate(struct store *store, const struct store_author *author,
                                str name, uint32_t revision);
enum err catalog_store_remove(struct store *store, const struct store_author *author,
                              str name);

#endif
