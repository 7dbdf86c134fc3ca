/*
 * Which accounts there were and are no more, by a hash of their ids: whoever still sends
 * something for one hears that it is gone, not that it never was. Ids are made by chance
 * and never given again. Any thread.
 */
#ifndef DIRECTORY_GONE_H
#define DIRECTORY_GONE_H

#include <pthread.h>

#include "store/store.h"

struct gone {
    pthread_rwlock_t lock;
    uint64_t *slots; /* 0: free */
    size_t room;     /* a power of two, or 0 */
    size_t n;
};

void gone_init(struct gone *gone);
void gone_fini(struct gone *gone);

void gone_add(struct gone *gone, str id);
bool gone_has(struct gone *gone, str id);

/* Inside a transaction: all that the store knows. */
enum err gone_load(struct gone *gone, struct tx *tx) MUST_CHECK;

#endif
