#include "directory/gone.h"

#include "base/hash.h"
#include "base/mem.h"

enum { ROOM_MIN = 64 };

void gone_init(struct gone *gone)
{
    *gone = (struct gone){0};
    pthread_rwlock_init(&gone->lock, NULL);
}

void gone_fini(struct gone *gone)
{
    mem_free(gone->slots);
    pthread_rwlock_destroy(&gone->lock);
}

static uint64_t hash_of(str id)
{
    uint64_t hash = hash_str(id);
    return hash ? hash : 1;
}

/* Its slot, or the free one where it would stand. */
static uint64_t *slot_of(const struct gone *gone, uint64_t hash)
{
    size_t at = hash & (gone->room - 1);
    while (gone->slots[at] && gone->slots[at] != hash)
        at = (at + 1) & (gone->room - 1);
    return &gone->slots[at];
}

static void grow(struct gone *gone)
{
    uint64_t *old = gone->slots;
    size_t old_room = gone->room;
    gone->room = old_room ? old_room * 2 : ROOM_MIN;
    gone->slots = mem_array(gone->room, sizeof(gone->slots[0]));
    for (size_t i = 0; i < old_room; i++)
        if (old[i])
            *slot_of(gone, old[i]) = old[i];
    mem_free(old);
}

void gone_add(struct gone *gone, str id)
{
    uint64_t hash = hash_of(id);
    pthread_rwlock_wrlock(&gone->lock);
    if ((gone->n + 1) * 2 > gone->room)
        grow(gone);
    uint64_t *slot = slot_of(gone, hash);
    gone->n += *slot == 0;
    *slot = hash;
    pthread_rwlock_unlock(&gone->lock);
}

bool gone_has(struct gone *gone, str id)
{
    pthread_rwlock_rdlock(&gone->lock);
    bool has = gone->room && *slot_of(gone, hash_of(id)) != 0;
    pthread_rwlock_unlock(&gone->lock);
    return has;
}

enum err gone_load(struct gone *gone, struct tx *tx)
{
    static const struct statement all = {"SELECT id FROM account_gone"};
    enum err err = tx_query(tx, &all, NULL, 0);
    while (err == ERR_NONE && tx_next(tx, &err))
        gone_add(gone, tx_text(tx, 0));
    return err;
}
