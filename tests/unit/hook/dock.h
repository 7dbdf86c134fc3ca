/*
 * What the tests of this folder share: a journal on a false disk, a store, a directory
 * with accounts, in false time; and records as receives leave them.
 */
#ifndef UNIT_HOOK_DOCK_H
#define UNIT_HOOK_DOCK_H

#include "support/false_disk.h"
#include "support/false_world.h"
#include "support/unit.h"

#include "directory/directory.h"
#include "hook/hook_key.h"
#include "hook/hook_store.h"
#include "hook/hooks.h"
#include "hook/transfer.h"

struct dock {
    struct arena arena;
    struct false_world world;
    struct false_loop loop;
    struct false_disk disk;
    struct log log;
    struct store *store;
    struct keyring *keyring;
    struct directory *directory;
    struct hook_keys *keys;
    str environment;

    /* while a transfer is open */
    struct journal *journal;
    struct payloads *payloads;
    struct transfer *transfer;
    uint32_t told; /* rows that somebody was told of */
    uint64_t quota;
};

int dock_setup(void **state);
int dock_teardown(void **state);
#define DOCK_TEST(fn) cmocka_unit_test_setup_teardown(fn, dock_setup, dock_teardown)

void dock_open(struct dock *dock);
void dock_close(struct dock *dock);

/* Connected, with "team" in its context (NULL: nothing in it); its id. */
str dock_account(struct dock *dock, const char *team);
void dock_delete(struct dock *dock, str account);

/* One event in a record of the journal. `account`: of the URL, or absent; `id`, `team`
 * may be NULL. */
struct dock_event {
    str account;
    const char *id, *team, *body;
};
void dock_receive(struct dock *dock, const struct dock_event *event);
void dock_append(struct dock *dock, uint16_t type, str bytes);

/* Until there is nothing more; how many records. */
uint32_t dock_transfer(struct dock *dock);

/* Rows of that state, account, event; NULL and absent: any. */
int64_t dock_count(struct dock *dock, const char *state, str account,
                   const char *event_id);

usec dock_wall(struct dock *dock);

#endif
