/*
 * A catalog with everything around it: a folder under /tmp, a store in memory, a false
 * world, two workers that have joined, and the log's lines.
 */
#ifndef UNIT_CATALOG_SHELF_H
#define UNIT_CATALOG_SHELF_H

#include "paper.h"
#include "support/false_world.h"

#include "base/log.h"
#include "catalog/catalog.h"

enum { SHELF_WORKERS = 2 };

struct shelf {
    struct arena arena;
    char folder[64];
    struct false_world world;
    struct false_loop loop;
    struct store *store;
    struct catalog *catalog; /* NULL: not open */
    struct log log;
    struct buf lines;     /* the log */
    pthread_mutex_t lock; /* of the log */
};

/* cmocka setup and teardown: *state is a struct shelf whose folder is empty and whose
 * catalog is not open. */
int shelf_make(void **state);
int shelf_unmake(void **state);
#define SHELF_TEST(fn) cmocka_unit_test_setup_teardown(fn, shelf_make, shelf_unmake)

void shelf_open(struct shelf *shelf); /* the catalog, and joins the workers */
void shelf_close(struct shelf *shelf);

/* The document of that name in the folder: the good one with `patch` merged over it and
 * its name set; or a text as it is. */
void shelf_write(struct shelf *shelf, const char *name, const char *patch);
void shelf_write_text(struct shelf *shelf, const char *name, str text);
void shelf_delete(struct shelf *shelf, const char *name);
str shelf_document(struct shelf *shelf, const char *name, const char *patch);

/* A change, done. */
struct catalog_change shelf_change(struct shelf *shelf, struct catalog_change change);
void shelf_rescan(struct shelf *shelf);
struct catalog_change shelf_put(struct shelf *shelf, const char *name, const char *patch);

/* Versions, newest first; all of them (revision 0) or one. */
struct catalog_versions shelf_versions(struct shelf *shelf, const char *name,
                                       uint32_t revision, uint32_t before, uint32_t max);

/* The revision in use, 0 when there is none; its label. */
uint32_t shelf_revision(struct shelf *shelf, const char *name);
str shelf_label(struct shelf *shelf, const char *name);

/* How many faults are listed; the first one in *ret_first. */
uint32_t shelf_faults(struct shelf *shelf, struct catalog_fault *ret_first);

/* The whole audit log as "action object\n" lines, oldest first. */
str shelf_audit(struct shelf *shelf);

/* Whether a log line has this text. */
bool shelf_logged(struct shelf *shelf, const char *part);

#endif
