/*
 * With which secrets a request may be verified, as the document names them: of the app,
 * of the account, of its context, of a URL, and those kept for the webhook itself, which
 * somebody entered or a handshake brought. While a secret is changed there are two.
 *
 * Kept secrets stand in memory and, sealed with the platform's key, in the store: under
 * the integration and the id of an account or app, or "" for the integration's own URL.
 * Any thread.
 */
#ifndef HOOK_SECRETS_H
#define HOOK_SECRETS_H

#include "catalog/integration.h"
#include "hook/hook_key.h"
#include "hook/key_sets.h"

struct hook_secrets;

enum { HOOK_SECRETS_MAX = 4, HOOK_SECRET_BYTES_MAX = 4096 };

/* NULL: the store cannot be read. On the calling thread. */
struct hook_secrets *hook_secrets_open(struct store *store, struct hook_keys *keys,
                                       struct world *world);
void hook_secrets_close(struct hook_secrets **secrets);

/* Whose request it is. What the URL does not name is NULL. */
struct secret_scene {
    struct directory *directory;
    const struct integration *integration;
    struct account *account;
    struct app *app;
    str scope;                 /* of kept ones */
    struct key_sets *key_sets; /* NULL: none are there */
};

/* All of them, texts in the arena, which its owner wipes; answers how many. */
uint32_t hook_secrets_find(struct hook_secrets *secrets, const struct secret_scene *scene,
                           struct arena *arena, struct webhook_secret **ret);

/*
 * Keeps these for the webhook in place of those before; n = 0 takes them away. Durable
 * when it is answered. Embedded by the caller; everything is borrowed until `done`.
 */
struct secret_keep {
    struct hook_secrets *secrets;
    str integration, scope;
    const str *texts; /* 1 to HOOK_SECRET_BYTES_MAX bytes each */
    uint32_t n;       /* at most HOOK_SECRETS_MAX */
    bool only_first;  /* ERR_STATE_CONFLICT where there is one: of a handshake */
    void (*done)(struct secret_keep *keep);
    struct worker *worker;
    void *owner;
    enum err err;

    struct store_op op; /* private */
    struct arena arena;
    str sealed;
};
void secret_keep(struct secret_keep *keep);

/* The owner of the scope was deleted, and what the store had of it with it. */
void hook_secrets_forget(struct hook_secrets *secrets, str integration, str scope);

/* How many are kept, and since when (wall; 0: none). */
uint32_t hook_secrets_count(struct hook_secrets *secrets, str integration, str scope,
                            usec *ret_changed);

#endif
