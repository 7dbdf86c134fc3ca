/*
 * Large payloads, a file each: DIR/HOUR.NAME has the bytes and nothing else; what they
 * must be stands in the reference (length, CRC-32C). A file that nobody got a reference
 * to, because its process died, goes with its hour.
 *
 * One thread does it all. The structs are those of payload.h; `work.task` is used.
 */
#ifndef PAYLOAD_PAYLOAD_FILES_H
#define PAYLOAD_PAYLOAD_FILES_H

#include "payload/payload_reference.h"

struct payload_files;

struct payload_files *payload_files_open(const struct payload_config *config,
                                         struct arena *arena, str *ret_why);
void payload_files_close(struct payload_files **files);

void payload_files_put(struct payload_files *files, struct payload_put *put);
void payload_files_get(struct payload_files *files, struct payload_get *get);
void payload_files_forget(struct payload_files *files, struct payload_forget *forget);
void payload_files_drop(struct payload_files *files, struct payload_drop *drop);

/* Hours that are over and have files, oldest first, at most `max`. */
size_t payload_files_groups(struct payload_files *files, struct payload_group *ret,
                            size_t max);
void payload_files_stats(struct payload_files *files, struct payload_stats *ret_stats);

#endif
