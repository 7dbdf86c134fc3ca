/*
 * The files of `models/` as the build has put them into the program (tools/embed-models).
 */
#ifndef UNIFIED_MODEL_FILE_H
#define UNIFIED_MODEL_FILE_H

#include <stddef.h>

struct model_file {
    const char *category;
    const char *name;
    const unsigned char *bytes; /* JSON */
    size_t n;
};

extern const struct model_file model_files[];
extern const size_t model_file_n;

#endif
