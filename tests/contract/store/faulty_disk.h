/*
 * A disk that fails when it is told to: SQLite's own file system with faults in front of
 * it. Once installed it is what every connection opened afterwards uses.
 */
#ifndef CONTRACT_STORE_FAULTY_DISK_H
#define CONTRACT_STORE_FAULTY_DISK_H

#include <stdatomic.h>
#include <stdint.h>

struct faulty_disk {
    atomic_bool full;              /* writes fail for want of space */
    atomic_int_fast64_t bytes_max; /* so do writes beyond this offset; 0: anywhere */
    atomic_int_fast64_t reached;   /* the largest offset that was written to */
    atomic_bool sync_fails;
    atomic_uint_fast64_t syncs;
};

extern struct faulty_disk faulty_disk;

void faulty_disk_install(void); /* all faults off */
void faulty_disk_remove(void);

/* A database that is not one of ours. */
void faulty_disk_make_stranger(const char *path);

#endif
