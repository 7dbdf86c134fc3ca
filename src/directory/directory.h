/*
 * Who there is: every stage, environment, account, app and API key, in memory, kept equal
 * to the store. Readers never touch the store and take a sharded lock for the length of
 * one look-up. Changes go to the store first, with their line in the audit log in the
 * same transaction, and are published in memory before the caller hears of them.
 *
 * Objects come with a reference that the caller gives back. Any thread may look up;
 * changes are submitted from a worker and answered there.
 */
#ifndef DIRECTORY_DIRECTORY_H
#define DIRECTORY_DIRECTORY_H

#include "base/err.h"
#include "directory/tenant.h"
#include "store/store.h"

struct directory;
struct keyring;
struct world;

/* Loads everything from the store (on the calling thread). NULL with a sentence. The
 * store and the keyring must outlive it. */
struct directory *directory_open(struct store *store, struct keyring *keyring,
                                 struct world *world, struct arena *arena, str *ret_why);
void directory_close(struct directory **directory);

/* --- looking up --- */

/* The key whose text this is, or NULL. Costs one SHA-256. Expiry is the caller's check.
 */
struct api_key *directory_find_key(struct directory *directory, str text);

/*
 * The account that `ref` means to a key: an id, or an external id within the key's
 * environments (of integration `integration`, absent = any). ERR_ACCOUNT_UNKNOWN also for
 * accounts that the key may not see; ERR_ACCOUNT_AMBIGUOUS.
 */
enum err directory_find_account(struct directory *directory, const struct api_key *key,
                                str ref, str integration, struct account **ret_account);

struct stage *directory_find_stage(struct directory *directory, str id_or_name);
struct environment *directory_find_environment(struct directory *directory, str id);
struct account *directory_account(struct directory *directory, str id); /* by id */
struct api_key *directory_key(struct directory *directory, str id);     /* by id */

/* What keeps credentials closed, as a sentence for callers and operators. */
#define DIRECTORY_CREDENTIALS_CLOSED                                                     \
    "The stored credentials cannot be opened: the master key that sealed them is gone "  \
    "or has changed, or their row is damaged."

/* The opened credentials, decrypted at first use and kept with the account object;
 * borrowed as long as the account. NULL: none are stored (*ret_err ERR_ACCOUNT_NOT_
 * CONNECTED) or they cannot be opened (ERR_CREDENTIAL_UNUSABLE). */
const struct credentials *directory_credentials(struct directory *directory,
                                                struct account *account,
                                                enum err *ret_err);

/*
 * The accounts of an integration whose context has this member with this value, at most
 * `max`, each with a reference; answers how many. Without a walk over all accounts.
 */
uint32_t directory_find_by_context(struct directory *directory, str integration,
                                   str member, str value, uint32_t max,
                                   struct account **ret);

/* Whether an account of this id was there and was deleted. */
bool directory_was_deleted(struct directory *directory, str account_id);

/* Counts of objects, for metrics and limits. */
struct directory_counts {
    uint64_t stages, environments, accounts, apps, keys;
    uint64_t accounts_by_state[ACCOUNT_DELETING + 1];
};
void directory_counts(struct directory *directory, struct directory_counts *ret_counts);

/* Notes that a key was used at `wall`; written to the store at most once a minute and
 * key, by directory_flush_use. */
void directory_note_use(struct api_key *key, usec wall);

/* --- walking, for lists of the API --- */

/*
 * Up to `max` objects with an id greater than `after` (absent = from the start), in order
 * of their ids, for which `want` (may be NULL) answers true. Answers how many; each with
 * a reference.
 */
uint32_t directory_list_stages(struct directory *directory, str after, uint32_t max,
                               struct stage **ret);
uint32_t directory_list_environments(struct directory *directory, str after, uint32_t max,
                                     bool (*want)(const struct environment *, void *arg),
                                     void *arg, struct environment **ret);
uint32_t directory_list_accounts(struct directory *directory, str after, uint32_t max,
                                 bool (*want)(const struct account *, void *arg),
                                 void *arg, struct account **ret);
uint32_t directory_list_keys(struct directory *directory, str after, uint32_t max,
                             bool (*want)(const struct api_key *, void *arg), void *arg,
                             struct api_key **ret);

/* The accounts of one environment, without walking past all others. */
struct account_page {
    str after;
    uint32_t max;
    bool (*want)(const struct account *, void *arg); /* may be NULL */
    void *arg;
};
uint32_t directory_list_members(struct directory *directory, str environment_id,
                                const struct account_page *page, struct account **ret);

/*
 * Whoever keeps something beside each account (the token keeper) hears of each that is
 * published, once readers find it, and of each that is withdrawn (`there` false), after
 * they no longer do. On a store thread, in the order of the commits; it must neither wait
 * nor change anything. One watcher; set before changes begin, NULL at their end.
 */
void directory_watch_accounts(struct directory *directory,
                              void (*fn)(void *arg, struct account *account, bool there),
                              void *arg);

/* --- changing --- */

/* Who does it, for the audit log. Borrowed until the change is answered. */
struct actor {
    str key_id; /* absent: the machine itself (`cli`, `start`) */
    str peer;   /* address, or absent */
    str request_id;
};

enum change_kind {
    CHANGE_STAGE_CREATE,
    CHANGE_STAGE_DELETE, /* refused while environments or keys are left */
    CHANGE_ENVIRONMENT_CREATE,
    CHANGE_ENVIRONMENT_UPDATE,
    CHANGE_ENVIRONMENT_DELETE, /* refused while accounts are left */
    CHANGE_ACCOUNT_CREATE,     /* CONNECTING; with credentials: ACTIVE */
    CHANGE_ACCOUNT_UPDATE,
    CHANGE_ACCOUNT_STATE,
    CHANGE_ACCOUNT_CREDENTIALS, /* replaces all; CONNECTING, NEEDS_REAUTH, and DEGRADED
                                 * because of the credentials before → ACTIVE */
    CHANGE_ACCOUNT_DELETE,      /* destroys its data key: what it sealed is unreadable */
    CHANGE_APP_CREATE,          /* environment_id absent: the platform's */
    CHANGE_APP_UPDATE,
    CHANGE_APP_SECRETS, /* replaces all, or those that are given */
    CHANGE_APP_DELETE,  /* refused while accounts remember it; destroys its data key */
    CHANGE_KEY_CREATE,
    CHANGE_KEY_UPDATE, /* label, permissions, environments, expiry */
    CHANGE_KEY_DELETE
};

/*
 * What a change sets; only what its kind uses is read. Everything is borrowed until the
 * answer. In an UPDATE an absent str, an UNDEFINED json, a −1 number and permissions 0
 * keep what is; an empty external_id, account name, state_reason, redirect_uri or app
 * takes it away, as NULL does with scopes; labels, context, environments and lists are
 * replaced as a whole. In a CREATE the same leave it unset.
 *
 * ERR_BODY_INVALID: a value is not as it must be. ERR_OBJECT_UNKNOWN: the object, or the
 * one that it is to belong to, is not there. ERR_OBJECT_EXISTS: a name is taken.
 * ERR_OBJECT_IN_USE: something still belongs to it. ERR_STATE_CONFLICT: the state, or a
 * newer credential version, does not allow it.
 */
struct change {
    enum change_kind kind;
    struct directory *directory;
    struct worker *worker;
    struct actor actor;
    void (*done)(struct change *change); /* once, on `worker` */
    void *owner;
    struct arena *arena; /* the caller's; results are allocated in it */

    str id; /* of the object changed; a CREATE makes one */
    str stage_id, environment_id, integration, external_id, name;
    enum stage_kind stage_kind;
    enum account_state state;
    str state_reason;
    struct json labels, context;
    int64_t concurrency_max;
    const struct credential *credentials;
    uint32_t credential_n;
    str session; /* ACCOUNT_CREDENTIALS: the connect session through which they came;
                    absent: whoever has the actor's key stored them */
    uint64_t credential_version; /* CREDENTIALS: the version it follows; 0 = any */
    /* Wall times at which what is stored, or is being stored, ends: of an account
     * CREDENTIALS, of an app those of its secrets; what a certificate says of itself need
     * not be said. USEC_NEVER: none is known. 0: not said, which is none for what comes
     * new, and as it is for the rest. */
    usec ends[ENDING_COUNT];
    unsigned permissions;
    const str *environment_ids;
    int64_t environment_n;
    usec expires; /* wall; CREATE: 0 and USEC_NEVER = never */
    str key_text; /* KEY_CREATE: a given key (the first admin key); absent = make one */
    str app_id;   /* of an account */
    str way;      /* of an account, an app; "": none. An account with credentials takes it
                     with new ones only */
    str client_id, redirect_uri;
    struct json scopes, params, return_urls;
    bool app_default; /* make it the default of its environment and integration */
    /* APP_SECRETS: what is not among `credentials` stays; one without a value goes. */
    bool others_stay;

    /* the answer */
    enum err err;
    str detail; /* a sentence, when err is set */
    struct tenant_id new_id;
    str new_key_text; /* KEY_CREATE: the key, shown this once */

    struct store_op op;       /* private */
    struct change_work *work; /* private */
};

/* From any thread; answered on change->worker, never from inside. */
void directory_change(struct change *change);

/* The same on the calling thread, at start and in tools; `done` is not called. */
void directory_change_now(struct change *change);

/* Writes last-used times of keys that the store does not know yet; RELAXED. */
struct use_flush {
    struct directory *directory;
    void (*done)(struct use_flush *flush);
    enum err err;
    struct store_op op; /* private */
    struct use_work *work;
};
void directory_flush_use(struct use_flush *flush, struct worker *worker);

#endif
