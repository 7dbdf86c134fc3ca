/*
 * Which integrations there are: snapshots that are built aside and swapped whole. A bad
 * document never replaces a good one. Documents come from a folder (one folder a vendor,
 * integration.json in it), watched while the daemon runs, and from the admin API; every
 * version is kept in the store and any can be brought back.
 *
 * A document of the folder becomes a new version when its text differs from the last
 * version that came from the folder; what was activated by hand stays active until then.
 *
 * Each worker reads through a pin of its own: one reference to a snapshot, counted
 * locally by the exchanges that use it, so that a call touches no shared counter.
 */
#ifndef CATALOG_CATALOG_H
#define CATALOG_CATALOG_H

#include "catalog/integration.h"
#include "loop/worker.h"
#include "store/store.h"

struct account;
struct actor;
struct catalog;
struct log;
struct world;

/* An immutable set of integrations. Reference-counted; any thread. */
struct snapshot;
struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot **snapshot);
const struct integration *snapshot_find(const struct snapshot *snapshot, str name);
uint32_t snapshot_count(const struct snapshot *snapshot);
/* In order of names; i < snapshot_count. */
const struct integration *snapshot_at(const struct snapshot *snapshot, uint32_t i);

/* The integration as an account has it: with the overrides of its environment and its
 * own. ERR_INTEGRATION_UNKNOWN; ERR_OVERRIDE_BROKEN: there is no version of the document
 * left that they fit. */
enum err snapshot_for(const struct snapshot *snapshot, const struct account *account,
                      const struct integration **ret_integration);

struct catalog_fault {
    str file;    /* or the integration's name, for documents of the API */
    str pointer; /* RFC 6901 */
    str text;    /* a sentence that says how to mend it */
};

/*
 * Loads what the store has, then the folder (absent: none), in which each document has
 * the name of its own folder. Faulty documents are logged and listed by catalog_faults,
 * and do not stop it. NULL with a sentence only when store or folder cannot be read at
 * all. On the calling thread. Store, world and log must outlive it.
 *
 * A document that is gone from the folder stays in use: only a change takes one out.
 */
struct catalog *catalog_open(struct store *store, str folder, struct world *world,
                             const struct log *log, struct arena *arena, str *ret_why);
void catalog_close(struct catalog **catalog);

/* The present snapshot, with a reference. Any thread. */
struct snapshot *catalog_snapshot(struct catalog *catalog);

/* `fn` is called after each change of what is in use, on the catalog's thread, before the
 * change is answered; it may look, and must not change documents. One at a time; NULL
 * ends it, and waits for a call that is under way. */
void catalog_on_change(struct catalog *catalog, void (*fn)(void *arg), void *arg);

/* The faults of documents that are not in use because of them, as of the last look: those
 * of the folder, and active versions of the store that this Breakwater cannot read. In
 * order of their files. Texts in the arena. Any thread. */
uint32_t catalog_faults(struct catalog *catalog, struct arena *arena,
                        struct catalog_fault **ret_faults);

/* --- overrides --- */

enum override_state {
    OVERRIDE_FITS,
    OVERRIDE_BROKEN, /* it does not fit the document; its accounts stay on an older one */
    OVERRIDE_BLOCKED /* nor any that is left; its accounts' calls are refused */
};

/* "fits", "broken", "blocked"; NULL-terminated, in order of the states. */
extern const char *const override_state_words[];

/* An override, and what came of it. */
struct catalog_override {
    str integration;
    str environment; /* its id */
    str account;     /* its id; absent: the environment's own */
    str text;
    str hash; /* SHA-256 of the text */
    uint32_t revision;
    usec changed; /* wall */
    str changed_by;
    enum override_state state;
    uint32_t base_revision; /* of the document that its accounts have; 0: BLOCKED */
    const struct catalog_fault *faults; /* why it does not fit */
    uint32_t fault_n;
};

/* In order of integration, environment, account; i < snapshot_override_count. */
uint32_t snapshot_override_count(const struct snapshot *snapshot);
const struct catalog_override *snapshot_override_at(const struct snapshot *snapshot,
                                                    uint32_t i);

/* NULL: there is none. `account` absent: the environment's own. */
const struct catalog_override *snapshot_override(const struct snapshot *snapshot,
                                                 str integration, str environment,
                                                 str account);

/* --- pins, one a worker --- */

struct pin {
    struct snapshot *snapshot;
    uint64_t users;
};

/* Joins a worker: from then on it has the newest snapshot within a turn or two. Both on
 * the worker's own thread, or before and after it runs. When it leaves, no pin of it may
 * be in use, and it must turn once more before its end. */
void catalog_join(struct catalog *catalog, struct worker *worker);
void catalog_leave(struct catalog *catalog, struct worker *worker);

/*
 * Watches the folder from this worker, which has joined, until it leaves: changes are
 * looked at 200 ms after the last one. Once a catalog. False, with a line in the log,
 * when there is no folder or the system cannot watch it; CATALOG_RESCAN works in any
 * case.
 */
bool catalog_watch(struct catalog *catalog, struct worker *worker);

/* The worker's present pin, used once more; give it back with catalog_unpin. */
struct pin *catalog_pin(struct catalog *catalog, struct worker *worker);
void catalog_unpin(struct catalog *catalog, struct worker *worker, struct pin *pin);

/* --- changing --- */

enum catalog_change_kind {
    CATALOG_PUT,      /* a document as a new version, made active */
    CATALOG_ACTIVATE, /* an earlier revision, made active */
    CATALOG_REMOVE,   /* out of use; its versions are kept */
    CATALOG_RESCAN,   /* looks at the folder again */
    CATALOG_OVERRIDE_PUT,
    CATALOG_OVERRIDE_REMOVE,
    CATALOG_OVERRIDE_EXPLAIN, /* changes nothing; `result` */
    CATALOG_OVERRIDE_LINT,    /* the same */
    CATALOG_RECALL            /* changes nothing; `recalled` (recall.h) */
};

/* What is to be explained; absent: what overrides say something about. */
struct catalog_question {
    str category;
    str resource;
    str operation;      /* absent: list, or get */
    struct json record; /* the vendor's; UNDEFINED: a sample */
};

struct catalog_change {
    struct post post; /* private */
    enum catalog_change_kind kind;
    struct catalog *catalog;
    struct worker *worker;
    const struct actor *actor;
    void (*done)(struct catalog_change *change); /* once, on `worker` */
    void *owner;
    struct arena *arena;

    str name;
    str text;          /* PUT */
    uint32_t revision; /* ACTIVATE, RECALL */
    bool dry_run;      /* PUT: check only */
    str environment;   /* OVERRIDE, RECALL: its id */
    str account;       /* the same; OVERRIDE: absent: the environment's own */
    struct catalog_question question; /* OVERRIDE_EXPLAIN */

    enum err err;
    str detail;
    struct catalog_fault *faults;
    uint32_t fault_n;
    uint32_t new_revision;
    bool unchanged;         /* PUT: the active version has this very text */
    str result;             /* EXPLAIN, LINT: a JSON object */
    struct entry *recalled; /* RECALL: a reference; NULL: it cannot be had */
};

/*
 * Documents are read and checked on a thread of the catalog's own, never on a worker; the
 * change, its texts and its arena belong to that thread until `done`. What was changed is
 * in use on every worker that has joined when `done` runs: each of them must turn.
 *
 * err: ERR_DOCUMENT_INVALID with `faults`; ERR_OBJECT_UNKNOWN for a revision and
 * ERR_INTEGRATION_UNKNOWN for a name that is not there; ERR_OVERRIDE_BROKEN when what is
 * recalled does not take the account's overrides; the store's. After a RESCAN that
 * went well, `faults` are those of catalog_faults.
 */
void catalog_change(struct catalog_change *change);

/* The versions of an integration, newest first, as a READ operation. */
struct catalog_version {
    uint32_t revision;
    str hash;
    str source; /* "folder" or "api" */
    str created_by;
    usec created;
    bool active;
    str text; /* only when asked for one revision */
};

/* op.err: ERR_INTEGRATION_UNKNOWN, ERR_OBJECT_UNKNOWN when the one revision is not there;
 * the store's. */
struct catalog_versions {
    struct store_op op; /* private but for err */
    struct catalog *catalog;
    void (*done)(struct catalog_versions *versions);
    void *owner;
    struct arena *arena;
    str name;
    uint32_t revision; /* 0: all, without texts */
    uint32_t before;   /* only older ones; 0 = from the newest */
    uint32_t max;
    struct catalog_version *versions;
    uint32_t n;
};

void catalog_list_versions(struct catalog_versions *versions, struct worker *worker);

#endif
