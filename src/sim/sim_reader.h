/*
 * Reading JSON that people wrote, a script or a fault, into a struct by its bind table:
 * with the folder that file names count from, and faults that outlive the reading.
 */
#ifndef SIM_SIM_READER_H
#define SIM_SIM_READER_H

#include "json/bind.h"

struct sim_reader {
    struct binder binder;
    str folder;        /* absent: files cannot be named */
    size_t file_bytes; /* read so far */
};

/* `folder` is borrowed. */
void sim_reader_init(struct sim_reader *reader, struct arena *arena, str folder);

/* The reader of a binder that is being read with. */
struct sim_reader *sim_reader_of(struct binder *binder);

/* Parses a copy of `text` and reads it; false when there was a fault. */
bool sim_reader_read(struct sim_reader *reader, str text, size_t bytes_max,
                     const struct bind_table *table, void *obj);

/* A copy of the faults in another arena; NULL when there are none. */
const struct bind_fault *sim_reader_faults(const struct sim_reader *reader,
                                           struct arena *arena);

/* The bytes of a whole file in the arena, read blocking. False, with the reason as a
 * static sentence without a full stop, when it cannot be read or is larger than
 * bytes_max. */
bool sim_reader_file(struct arena *arena, str path, size_t bytes_max, str *ret_bytes,
                     const char **ret_why);

/* The folder of a path, with its last "/"; empty when the path has none. */
str sim_reader_folder(str path);

#endif
