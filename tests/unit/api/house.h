/*
 * The API as it is served: a listener on a real socket with directory, catalog and store
 * behind it, in this process, and a client that asks it. Every answer that is asked for
 * here is held against the shape that its route promises, every refusal against what a
 * problem document must have; which routes were driven is remembered for the last test.
 */
#ifndef UNIT_API_HOUSE_H
#define UNIT_API_HOUSE_H

#include "support/false_disk.h"
#include "support/given.h"
#include "support/live_loop.h"

#include "api/api.h"
#include "call/transport.h"
#include "connect/connect.h"
#include "deliver/deliver.h"
#include "directory/keyring.h"
#include "hook/hook_store.h"
#include "hook/hooks.h"
#include "http/server.h"
#include "writes/writes.h"

struct house {
    struct arena arena;
    char folder[64]; /* of integrations */
    char data[64];   /* of a durable store */
    const char *kind;
    struct live_loop loop;
    struct store *store;
    struct keyring *keyring;
    struct directory *directory;
    struct catalog *catalog;
    struct boards boards;
    struct keeper *keeper;
    struct writes *writes;
    struct false_disk disk;
    struct journal *journal;
    struct payloads *payloads;
    struct hooks *hooks;
    struct guard guard;
    struct transport *posts;
    struct deliver *deliver;
    atomic_uint told;                   /* rows of hooks that are queued again */
    _Atomic(const char *) token_answer; /* of every token endpoint; NULL: none comes */
    struct gate gate;
    struct cache *cache; /* in memory only */
    struct connect connect;
    struct log log;
    struct server server;
    struct listener listener;
    struct api api;
    uint16_t port;
    int fd;            /* the client's connection; −1: none */
    const char *admin; /* the key of everything */
    const char *key;   /* the one to ask with; NULL: none */
    atomic_uint lines; /* of the log */
    str key_text;      /* of the keyring, for a reload */
    bool reload_fails;
};

/* Fixtures, for a group: an API without tenants but for the admin's key. */
int house_setup(void **state);
int house_setup_durable(void **state);
int house_teardown(void **state);

/* What an ask has heard. */
struct heard {
    int status;
    str head;
    str body;
    const struct json *json; /* NULL: none */
};

/* Asks with the house's key. In bodies ' stands for ". */
struct heard ask(struct house *house, const char *verb, const char *body, const char *fmt,
                 ...) PRINTF_LIKE(4, 5);
struct heard ask_raw(struct house *house, const char *verb, str path, str body);

#define get(house, ...)         ask(house, "GET", NULL, __VA_ARGS__)
#define post(house, body, ...)  ask(house, "POST", body, __VA_ARGS__)
#define put(house, body, ...)   ask(house, "PUT", body, __VA_ARGS__)
#define patch(house, body, ...) ask(house, "PATCH", body, __VA_ARGS__)
#define del(house, ...)         ask(house, "DELETE", NULL, __VA_ARGS__)

/* What it must be. */
#define assert_status(heard, status) check_status((heard), (status), __FILE__, __LINE__)
#define assert_refused(heard, status, code)                                              \
    check_refused((heard), (status), (code), __FILE__, __LINE__)
void check_status(struct heard heard, int status, const char *file, int line);
void check_refused(struct heard heard, int status, const char *code, const char *file,
                   int line);

/* A member by JSON pointer: its text, number, whether it is true; the test fails when it
 * is missing. */
const struct json *at(struct heard heard, const char *pointer);
const char *text_at(struct house *house, struct heard heard, const char *pointer);
double number_at(struct heard heard, const char *pointer);
bool is_null_at(struct heard heard, const char *pointer);
bool has_at(struct heard heard, const char *pointer);
uint32_t count_at(struct heard heard, const char *pointer);
str header_of(struct heard heard, const char *name);

/* Whether the detail, or a fault, says this. */
void assert_says(struct heard heard, const char *part);

/* Objects, made by asking; their ids. */
const char *make_stage(struct house *house, const char *name);
const char *make_environment(struct house *house, const char *stage, const char *name);
const char *make_account(struct house *house, const char *environment,
                         const char *external_id); /* of acme, connected */
/* `reach`: members of the body beside label and permissions, such as "'stage':'…'". */
const char *make_key(struct house *house, const char *permissions, const char *reach);

/* A write of an account that stands there already, with a body and, where it has ended,
 * an answer; its id. */
const char *make_write(struct house *house, const char *account, enum write_state state,
                       const char *path);

/* A row of a vendor's event; absent account: unmatched. Its id. */
const char *make_hook(struct house *house, const char *account, enum hook_state state,
                      const char *type);

/* A request to acme that was not its own: "{}" with that reason. */
void make_rejected(struct house *house, const char *account, enum webhook_reason reason);

/* The integration acme, put into use: a bearer token, subdomain in the context. */
void make_acme(struct house *house);
extern const char acme_document[];

const char *format(struct house *house, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* --- the bare connection, for rude clients --- */

int house_connect(struct house *house);
void house_say(int fd, str bytes);
str house_hear(struct house *house, int fd); /* until the other side closes */

/* Which routes were answered with success, and refused for want of a key. */
bool house_was_answered(const char *route_name);
bool house_was_refused(const char *route_name);

#endif
