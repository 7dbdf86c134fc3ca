/*
 * Changing the master key without downtime. The new key is listed everywhere first
 * (keyring.h); then a rotation makes it the one that seals, and seals every data key
 * again, a hundred a transaction, while everything else goes on. Nothing but data keys is
 * touched: what they have sealed stays as it is.
 *
 * It may be cut short at any point and started again: what is done is done. The old key's
 * line may go when rotation_status says that no data key needs it.
 */
#ifndef DIRECTORY_ROTATION_H
#define DIRECTORY_ROTATION_H

#include "directory/directory.h"
#include "directory/keyring.h"

/* The caller embeds it, fills the first part, and keeps it until `done`. */
struct rotation {
    struct directory *directory;
    struct worker *worker;
    struct actor actor;
    str master_key; /* id of the key that is to seal; absent: go on with the present one
                     */
    void (*done)(struct rotation *rotation);

    /* the answer */
    enum err err;        /* ERR_OBJECT_UNKNOWN: no such master key is listed */
    uint64_t resealed;   /* data keys; counts up while it runs */
    uint64_t unreadable; /* data keys that could not be opened, and stay as they are */

    /* private */
    struct store_op op;
    struct rotation_work *work;
};

void rotation_start(struct rotation *rotation);

enum { ROTATION_KEYS_MAX = 64 };

/* Which master keys are needed by how many data keys, in the order of their ids. */
struct rotation_status {
    struct directory *directory;
    struct worker *worker;
    void (*done)(struct rotation_status *status);

    /* the answer */
    enum err err;
    char sealing[KEYRING_ID_BYTES];
    uint32_t n;
    struct {
        char master_key[KEYRING_ID_BYTES];
        uint64_t data_keys;
        bool listed; /* in this process' keyring */
    } keys[ROTATION_KEYS_MAX];

    struct store_op op; /* private */
};

void rotation_status(struct rotation_status *status);

#endif
