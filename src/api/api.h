/*
 * The admin API under /v1: one list of routes (route_list.h), one file a resource. JSON
 * in and out, lists paged by cursor, errors as problem documents. Handlers run on the
 * worker that has the request; what waits (store, catalog) answers there later.
 */
#ifndef API_API_H
#define API_API_H

#include <stdatomic.h>

#include "base/log.h"
#include "catalog/catalog.h"
#include "directory/directory.h"
#include "gate/gate.h"
#include "http/inbound.h"
#include "policy/standing.h"

struct buf;
struct connect;
struct keeper;
struct keyring;
struct leavers;
struct writes;
struct deliver;
struct guard;

/* What handlers use; constant after start. */
struct api {
    struct directory *directory;
    struct catalog *catalog;
    struct keyring *keyring;
    struct store *store;
    struct boards *boards;
    struct connect *connect;
    struct keeper *keeper;
    struct writes *writes;
    struct deliver *deliver;
    const struct guard *guard;
    struct hooks *hooks;
    struct gate *gate; /* for the caller's address behind trusted proxies */
    const struct log *log;
    struct path_set *routes; /* built by api_open, as are the next two */
    str openapi;
    struct leavers *leavers; /* accounts that are being deleted */
    struct arena arena;
    atomic_size_t body_bytes; /* of request bodies that are held now */
    uint8_t cursor_key[32];   /* cursors are authenticated with it */
    /* Reads the master keys from where they come from again (main/ knows). */
    bool (*reload_keys)(void *arg, struct arena *arena, str *ret_why);
    void *reload_arg;
};

void api_open(struct api *api);
void api_close(struct api *api);

/* Takes a request whose path starts with /v1/ (or is /openapi.json) and answers it. */
void api_request(struct api *api, struct inbound *in);

/* The table of routes as a page of the reference. */
void api_routes_page(struct buf *buf);

#endif
