/*
 * The tenant model: stages, environments, accounts, apps and API keys, as values that are
 * read on every call. Each object is immutable once it is published; a change publishes
 * a new object under the same id and the old one goes when its last user lets go.
 * Reference-counted; any thread.
 *
 *   stage ──< environment ──< account >── integration (by name)
 *     │             └──< app ──< (the accounts that were connected with it)
 *     └──< API key (some or all of the stage's environments)
 *
 * Ids are a prefix and 22 random characters: stg_, env_, acc_, app_, key_. An external id
 * is the product's own name for an object, unique within (stage) for environments and
 * within (environment, integration) for accounts.
 */
#ifndef DIRECTORY_TENANT_H
#define DIRECTORY_TENANT_H

#include <stdatomic.h>

#include "base/secret.h"
#include "base/usec.h"
#include "json/json.h"

enum { TENANT_ID_BYTES = 32 };

struct tenant_id {
    char text[TENANT_ID_BYTES]; /* zero-terminated */
};

static inline str tenant_id_str(const struct tenant_id *id)
{
    return str_z(id->text);
}

enum stage_kind { STAGE_SANDBOX, STAGE_PRODUCTION };

struct stage {
    atomic_uint refs;
    struct tenant_id id;
    str name; /* unique */
    enum stage_kind kind;
    usec created; /* wall, as all times here */
    struct arena arena;
};

struct environment {
    atomic_uint refs;
    struct tenant_id id;
    struct stage *stage; /* a reference */
    str name;
    str external_id;          /* absent if none */
    struct json labels;       /* OBJECT of strings */
    uint32_t concurrency_max; /* calls at once; 0 = the platform's default */
    usec created, updated;
    struct arena arena;
};

/* SPEC 5.6. */
enum account_state {
    ACCOUNT_CONNECTING, /* no credentials yet */
    ACCOUNT_ACTIVE,
    ACCOUNT_DEGRADED, /* works, but something about it needs a look */
    ACCOUNT_NEEDS_REAUTH,
    ACCOUNT_DISABLED, /* by hand */
    ACCOUNT_DELETING
};

/* One secret of an account, under the name its auth scheme gives it. */
struct credential {
    str name; /* "token", "username", "password", … */
    struct secret value;
};

struct credentials {
    uint32_t n;
    uint64_t version; /* counts up with each change: the fence of SPEC 5.4 */
    struct credential items[];
};

/*
 * What is known of an account's token beside its secrets; all 0 when it has none that is
 * renewed, or none yet. Times are wall times; `keeper/` turns them into its own.
 */
struct token_facts {
    usec issued;          /* when the token came; 0: not known */
    usec expires;         /* 0: not known; USEC_NEVER: it does not */
    usec refresh_expires; /* the refresh token's own end; 0: not known */
    usec learned;         /* a lifetime that was learned from 401s; 0: none */
    usec refreshed;       /* the last exchange that gave a token */
    usec tried;           /* the last that was begun */
    uint32_t failures;    /* since the last that gave one */
    str fault;            /* what the last failure was; absent: none */
    str scope;            /* what the vendor has granted; absent: it did not say */
    uint64_t intent;      /* the credential version of an exchange without an answer */
};

/* What may have an end that is known before it comes (ending.h). */
enum ending {
#define X(symbol, name) ENDING_##symbol,
#include "directory/ending_list.h"
#undef X
    ENDING_COUNT
};

struct tenant_place { /* in an index by external id; the directory's own */
    struct tenant_place *next;
    uint64_t hash;
};

/* Refusals of an account's credentials in a row: the keeper's. */
struct account_refusals {
    _Atomic uint32_t n;
    atomic_bool several;       /* of more than one resource */
    _Atomic uint64_t resource; /* a hash of the first's */
};

struct account {
    atomic_uint refs;
    struct tenant_id id;
    struct environment *environment; /* a reference */
    str integration;
    str way;              /* of its authentication; absent: the default */
    str external_id;      /* absent if none */
    str name;             /* for people; absent if none */
    struct json labels;   /* OBJECT of strings */
    struct json context;  /* OBJECT of strings: what URL templates may use */
    struct tenant_id app; /* empty: none */
    enum account_state state;
    str state_reason;
    uint32_t concurrency_max;    /* 0 = the integration's */
    uint64_t hash;               /* hash_stable of the id: for boards and owners */
    uint64_t credential_version; /* 0: none stored */
    usec ends;    /* of the credentials, as somebody has said; 0: not known */
    str data_key; /* as stored, sealed by a master key; read by keyring.h only */
    str sealed;   /* the credentials as stored, sealed by the data key; absent if none */
    _Atomic(struct credentials *) opened; /* filled at first use; see directory.h */
    struct token_facts token;
    _Atomic usec token_good; /* monotonic: calls may take the token until then;
                              * USEC_NEVER: always. The keeper's; 0 until it has looked */
    struct account_refusals refusals;
    usec connected; /* when its credentials came from somebody; 0: not known, or never */
    str connected_by; /* the id of a connect session or an API key; absent: not known */
    usec created, updated;
    struct tenant_place by_environment, by_stage;
    struct arena arena;
};

/*
 * An app: the OAuth client with which accounts of an integration are connected; of one
 * environment, or the platform's. Which one of several is the default is the directory's
 * to say (directory_app.h).
 */
struct app {
    atomic_uint refs;
    struct tenant_id id;
    struct environment *environment; /* a reference; NULL: the platform's */
    str integration;
    str way;  /* of authentication, which alone it is for; absent: for all */
    str name; /* for people */
    str client_id;
    str redirect_uri;         /* absent: the daemon's own */
    struct json scopes;       /* ARRAY of strings; UNDEFINED: the document's */
    struct json params;       /* OBJECT of strings: what URLs of the auth block may use */
    struct json return_urls;  /* ARRAY of strings that a return URL must begin with */
    uint64_t chosen;          /* greater = chosen as the default later; 0 = never */
    uint64_t secret_version;  /* counts up with each change; 0: none were ever stored */
    struct json secret_names; /* ARRAY of strings: what is stored */
    usec ends[ENDING_COUNT];  /* of secrets, as somebody has said; 0: not known */
    str data_key;             /* as an account's */
    str sealed;               /* the secrets as stored; absent if none */
    _Atomic(struct credentials *) opened; /* filled at first use */
    usec created, updated;
    struct arena arena;
};

enum permission {
    PERMISSION_CALL = 1,     /* proxy, unified */
    PERMISSION_READ = 2,     /* GET of the admin API */
    PERMISSION_WRITE = 4,    /* change environments, accounts, apps, endpoints, … */
    PERMISSION_PAYLOADS = 8, /* see unredacted payloads */
    PERMISSION_REPLAY = 16,  /* send again */
    PERMISSION_SECRETS = 32, /* store credentials, mint connect sessions */
    PERMISSION_ADMIN = 64,   /* integrations, stages, keys, master keys */
    PERMISSION_ALL = 127
};

struct api_key {
    atomic_uint refs;
    struct tenant_id id;
    struct stage *stage; /* NULL: every stage */
    str label;
    str hint;                             /* the first characters, to recognize it by */
    uint8_t digest[32];                   /* SHA-256 of the whole key */
    unsigned permissions;                 /* enum permission */
    const struct tenant_id *environments; /* the stage's, or some of them */
    uint32_t environment_n;               /* 0: all of the stage */
    usec expires;                         /* USEC_NEVER: does not */
    usec created;
    _Atomic usec last_used;        /* 0: never; to the minute */
    _Atomic usec last_used_stored; /* what the store knows of it */
    struct arena arena;
};

/*
 * Make an object that holds copies of what `like` holds (its texts, not its references to
 * come: refs, arena and what the directory fills in are its own) and references of its
 * own to the objects that `like` points to. For the directory, and for tests that need a
 * tenant without a store.
 */
struct stage *stage_create(const struct stage *like);
struct environment *environment_create(const struct environment *like);
struct account *account_create(const struct account *like);
struct app *app_create(const struct app *like);
struct api_key *api_key_create(const struct api_key *like);

/* Gives the reference back; the last one frees. NULL inside is allowed. */
void stage_unref(struct stage **stage);
void environment_unref(struct environment **environment);
void account_unref(struct account **account);
void app_unref(struct app **app);
void api_key_unref(struct api_key **key);

struct stage *stage_ref(struct stage *stage);
struct environment *environment_ref(struct environment *environment);
struct account *account_ref(struct account *account);
struct app *app_ref(struct app *app);
struct api_key *api_key_ref(struct api_key *key);

/* "sandbox", … and back; the words of the API. */
str stage_kind_word(enum stage_kind kind);
str account_state_word(enum account_state state);
str permission_word(enum permission permission);
extern const char *const stage_kind_words[]; /* NULL-terminated, in enum order */
extern const char *const account_state_words[];
extern const char *const permission_words[]; /* bit 0 first */

extern const char *const app_secret_names[]; /* NULL-terminated: of an app's secrets */

/* The id that `text` is; empty when it is longer than an id can be. */
struct tenant_id tenant_id_of(str text);

/* Credentials with room for n items, which the caller fills in; wiped and freed. */
struct credentials *credentials_create(uint32_t n, uint64_t version);
void credentials_destroy(struct credentials **credentials);

/* Whether the key may touch this environment at all. */
bool api_key_covers(const struct api_key *key, const struct environment *environment);

#endif
