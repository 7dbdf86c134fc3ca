/*
 * What the files of the directory share, and nobody else includes: its tables, the
 * publishing of objects in them, rows of the store as objects, and the parts of a change.
 *
 * Objects are published by whoever applies commits in their order: a change's `committed`
 * (one at a time, see store.h), or directory_open. Readers run beside it.
 */
#ifndef DIRECTORY_DIRECTORY_STATE_H
#define DIRECTORY_DIRECTORY_STATE_H

#include "base/buf.h"
#include "directory/account_watch.h"
#include "directory/audit.h"
#include "directory/context_index.h"
#include "directory/directory.h"
#include "directory/external_index.h"
#include "directory/gone.h"
#include "directory/keyring.h"
#include "directory/tenant_table.h"
#include "json/json_write.h"

struct directory {
    uint32_t magic;
    struct store *store;
    struct keyring *keyring;
    struct world *world;
    struct tenant_table stages;
    struct tenant_table environments;
    struct tenant_table accounts;
    struct tenant_table apps;
    struct tenant_table keys;
    struct tenant_map stages_by_name;
    struct tenant_map keys_by_digest;
    struct external_index by_environment;
    struct external_index by_stage;
    pthread_rwlock_t members_lock;
    struct roster members; /* accounts, those of an environment together; by id */
    pthread_rwlock_t choices_lock;
    struct roster choices; /* apps, those of an environment and integration together */
    atomic_uint_fast64_t accounts_by_state[ACCOUNT_DELETING + 1];
    struct context_index by_context;
    struct gone gone;
    struct account_watch watches[DIRECTORY_WATCHES_MAX];
};

enum { DIRECTORY_MAGIC = 0x64697265, KEY_ENVIRONMENTS_MAX = 1000 };

/* --- publishing (directory_publish.c) --- */

void directory_tables_init(struct directory *directory);
void directory_tables_fini(struct directory *directory); /* lets go of all objects */

/* Where an account stands among the members of its environment. */
struct roster_key directory_member_key(str environment, str account);

/* An object read from the store, and the id of the one it belongs to. */
struct found_environment {
    struct environment *object;
    struct tenant_id stage;
};
struct found_account {
    struct account *object;
    struct tenant_id environment;
};
struct found_app {
    struct app *object;
    struct tenant_id environment; /* empty: the platform's */
};
struct found_key {
    struct api_key *object;
    struct tenant_id stage; /* empty: none */
};

/* Take the object over, tie it to the object it belongs to, and make it what readers
 * find; the one before of the same id goes. False when it belongs to nothing. */
void directory_publish_stage(struct directory *directory, struct stage *stage);
bool directory_publish_environment(struct directory *directory,
                                   struct found_environment found);
bool directory_publish_account(struct directory *directory, struct found_account found);
bool directory_publish_key(struct directory *directory, struct found_key found);

/* Publishes the account or app once more with another data key, if it is there. */
void directory_publish_data_key(struct directory *directory, str owner, str data_key);

void directory_withdraw_stage(struct directory *directory, str id);
void directory_withdraw_environment(struct directory *directory, str id);
void directory_withdraw_account(struct directory *directory, str id);
void directory_withdraw_key(struct directory *directory, str id);

/* --- apps (directory_app.c) --- */

void directory_apps_init(struct directory *directory);
void directory_apps_fini(struct directory *directory);
bool directory_publish_app(struct directory *directory, struct found_app found);
void directory_withdraw_app(struct directory *directory, str id);
/* False when there is no such app. */
bool directory_publish_app_data_key(struct directory *directory, str id, str data_key);
/* Publishes the apps of the environment once more, with this object of it. */
void directory_move_apps(struct directory *directory, struct environment *environment);

/* --- rows as objects (directory_load.c) --- */

/* ERR_OBJECT_UNKNOWN when there is no such row, ERR_INTERNAL when it cannot be read. */
enum err directory_read_stage(struct tx *tx, str id, struct stage **ret);
enum err directory_read_environment(struct tx *tx, str id, struct found_environment *ret);
enum err directory_read_account(struct tx *tx, str id, struct found_account *ret);
enum err directory_read_app(struct tx *tx, str id, struct found_app *ret);
enum err directory_read_key(struct tx *tx, str id, struct found_key *ret);

/* --- tokens (token_change.c) --- */

/* What was known of the account's token is no longer. */
enum err token_forget(struct tx *tx, str account);

/* The event of an account that moves between states; none where nobody cares. `reason`
 * may be absent. */
struct state_move {
    str environment, account;
    enum account_state from, to;
    str reason;
    usec wall;
};
enum err token_tell(struct tx *tx, const struct state_move *move);

/* `by`: as struct account's connected_by. (login.c) */
enum err directory_note_connected(struct tx *tx, str account, str by, usec wall);

/* --- changes --- */

/* What a change needs beside what its caller sees. The arena and everything in it belongs
 * to whoever runs the change: the submitting thread, then a store thread, then the
 * worker. */
struct change_work {
    struct arena arena;
    struct arena_mark start; /* of what a try to run it has allocated */
    usec wall;               /* when it was submitted */
    struct tenant_id id;     /* of the object */
    str environment;         /* for the audit log; absent if none */
    struct buf detail;       /* for the audit log: a JSON object, */
    struct json_out out;     /* open for its members */
    uint8_t key_digest[32];
    char key_hint[8];
    char key_text[208];
    struct stage *stage; /* read back after the change, to be published */
    struct found_environment in_environment;
    struct found_account in_account;
    struct found_app in_app;
    struct found_key in_key;
};

/* A kind of change. */
struct change_ops {
    const char *action;
    const char *object_kind;
    const char *id_prefix; /* a new object's; NULL: the change names an object */
    /* Looks at the input alone; false when it has refused it. */
    bool (*check)(struct change *change);
    /* In the transaction. */
    enum err (*run)(struct tx *tx, struct change *change);
    /* After the commit. */
    void (*publish)(struct change *change);
};

extern const struct change_ops change_stage_create;
extern const struct change_ops change_stage_delete;
extern const struct change_ops change_environment_create;
extern const struct change_ops change_environment_update;
extern const struct change_ops change_environment_delete;
extern const struct change_ops change_account_create;
extern const struct change_ops change_account_update;
extern const struct change_ops change_account_state;
extern const struct change_ops change_account_credentials;
extern const struct change_ops change_account_delete;
extern const struct change_ops change_app_create;
extern const struct change_ops change_app_update;
extern const struct change_ops change_app_secrets;
extern const struct change_ops change_app_delete;
extern const struct change_ops change_key_create;
extern const struct change_ops change_key_update;
extern const struct change_ops change_key_delete;

/* Sets the sentence and answers the error. */
enum err change_refuse(struct change *change, enum err err, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* The id of the object, new or named. */
str change_id(const struct change *change);

/* OBJECT_EXISTS with the sentence for it; any other error as it is. */
enum err change_exists(struct change *change, enum err err, const char *sentence);

/* OBJECT_UNKNOWN when a count of what `id` names is 0; `what` as in "There is no %s". */
enum err change_needs(struct tx *tx, struct change *change, const struct statement *count,
                      str id, const char *what);

/* OBJECT_IN_USE when a count of what belongs to the object is not 0. */
enum err change_unless(struct tx *tx, struct change *change,
                       const struct statement *count, const char *what);

/* Deletes the object's row; OBJECT_UNKNOWN when there is none. */
enum err change_remove(struct tx *tx, struct change *change,
                       const struct statement *delete, const char *what);

/* OBJECT_UNKNOWN with its sentence; any other error as it is. */
enum err change_unknown(struct change *change, enum err err, const char *what);

/* Gives the account, whose row is there, the app that the change names, if any;
 * OBJECT_UNKNOWN: it is of another integration or environment. (change_app.c) */
enum err change_app_of_account(struct tx *tx, struct change *change);

/* For the audit log: a time that was set, or taken away (USEC_NEVER); JSON. */
void change_note_time(struct change *change, str name, usec wall);
void change_note_json(struct change *change, str name, const struct json *value);

/* --- looking at input (directory_check.c); false when it was refused --- */

/* 1 to 200 bytes of printable text; `what` names it in the sentence. */
bool check_text(struct change *change, const char *what, str text);
/* The same, or empty, or absent. */
bool check_option(struct change *change, const char *what, str text);
bool check_external_id(struct change *change);
bool check_labels(struct change *change);
bool check_context(struct change *change);
bool check_concurrency(struct change *change);
bool check_credentials(struct change *change);
bool check_client_id(struct change *change);
bool check_redirect_uri(struct change *change);
bool check_scopes(struct change *change);
bool check_params(struct change *change);
bool check_return_urls(struct change *change);
bool check_way(struct change *change);
bool check_app_secrets(struct change *change);
bool check_permissions(struct change *change);
bool check_environments(struct change *change);
bool check_expiry(struct change *change);
bool check_key_text(struct change *change);

/* --- parameters of statements --- */

/* JSON as text in the change's arena; NULL when it is UNDEFINED. */
struct value change_json(struct change *change, const struct json *value);

/* A number; NULL when it is −1: keep what is. */
static inline struct value change_number(int64_t number)
{
    return number < 0 ? V_NULL : V_INT(number);
}

#endif
