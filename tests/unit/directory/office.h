/*
 * What the tests of this folder share: a directory over a store of its own, and changes
 * made and awaited in one call.
 */
#ifndef UNIT_DIRECTORY_OFFICE_H
#define UNIT_DIRECTORY_OFFICE_H

#include "support/false_world.h"
#include "support/unit.h"

#include "directory/directory_app.h"
#include "directory/keyring.h"

struct office {
    char dir[64];
    str kind; /* of the store */
    struct false_world world;
    struct false_loop loop;
    struct arena arena;
    str key_text; /* of the keyring */
    struct store *store;
    struct keyring *keyring;
    struct directory *directory;
};

/* Fixtures: an empty directory over a store in memory, or over one in files. */
int office_setup(void **state);
int office_setup_durable(void **state);
int office_teardown(void **state);

/* Closes store and directory and opens them again; durable ones only. */
void office_reopen(struct office *office);
void office_close(struct office *office);

/* The sentence with which the directory refuses to open; all must be closed before. */
str office_refusal(struct office *office);

/* A change with the office's directory, worker and arena; numbers say "keep". */
struct change office_change(struct office *office, enum change_kind kind);

/* Submits it and waits for the answer. */
enum err office_do(struct office *office, struct change *change);

/* Objects with what is asked for and nothing else; their ids in the office's arena. */
str office_stage(struct office *office, const char *name);
str office_environment(struct office *office, str stage, const char *external_id);
str office_account(struct office *office, str environment, const char *integration,
                   const char *external_id);
/* Of the platform when `environment` is absent. */
str office_app(struct office *office, str environment, const char *integration,
               const char *client_id);
/* A key for calls; its text. `environments` may be NULL. */
str office_key(struct office *office, str stage, const str *environments, int64_t n);

/* A credential of one name and value; secret_fini its value. */
struct credential office_credential(const char *name, const char *value);
enum err office_store_credential(struct office *office, str account, const char *name,
                                 const char *value);

/* One secret of an app beside those that it has; a NULL value takes it away. */
enum err office_store_secret(struct office *office, str app, const char *name,
                             const char *value);
/* The opened value of one; absent when there is none, or when it cannot be opened. */
str office_secret(struct office *office, str app, const char *name);

/* Whether the bytes stand in a file of the store ("breakwater.db"). */
bool office_stores(struct office *office, const char *file, str bytes);

/* Parsed JSON in the office's arena. */
struct json office_json(struct office *office, const char *text);

/* What `ref` means to the key of this text: the account's id, or the error. */
enum err office_find(struct office *office, str key_text, str ref,
                     const char *integration, struct tenant_id *ret_id);

void assert_says(str sentence, const char *part);

#endif
