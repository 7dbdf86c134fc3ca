/*
 * Room on the file system of the data directory (SPEC 15.3). The last few percent of it
 * are a reserve for what must not fail: credentials, and the intents of writes that are
 * about to leave. All that is bulk asks here first, and is refused, or goes without its
 * file, while there is still room for those.
 *
 * The file system is asked once a second at most, so that asking costs nothing; between
 * two looks the reserve may be gone into by what one second brings. Any thread.
 */
#ifndef LOOP_SPACE_H
#define LOOP_SPACE_H

#include "base/str.h"
#include "loop/world.h"

struct space;

struct space_config {
    str dir;          /* borrowed until it is created */
    unsigned reserve; /* percent; 0: none, and there is always room */
    struct world *world;
    /* Of the directory's file system: bytes free for us, and all. 0 or an errno. NULL:
     * the system is asked. */
    int (*look)(void *arg, const char *dir, uint64_t *ret_free, uint64_t *ret_all);
    void *arg;
};

struct space *space_create(const struct space_config *config);
void space_destroy(struct space **space); /* NULL inside is allowed */

/* Whether bulk of so many bytes leaves the reserve. Where the file system cannot be asked
 * there is room: whoever writes will be told. `space` NULL: there is. */
bool space_has_room(struct space *space, uint64_t bytes);

struct space_stats {
    uint64_t free, all; /* bytes; 0 before the first look */
    uint64_t refused;   /* askers that were told no */
    bool low;           /* only the reserve is left */
};
void space_stats(struct space *space, struct space_stats *ret_stats);

/* The system's answer. 0 or an errno. */
int space_of(const char *dir, uint64_t *ret_free, uint64_t *ret_all);

#endif
