/*
 * The parts of an operation, for operation/ only.
 */
#ifndef OPERATION_OPERATION_STEPS_H
#define OPERATION_OPERATION_STEPS_H

#include "operation/operation.h"

/* Ends it with an error of our own; answers OPERATION_DONE. */
enum operation_step operation_fail(struct operation *operation, enum err err, str detail);

/* The mapping's step for the part under way; NULL without a mapping. */
const struct mapping_step *operation_mapping_step(const struct operation *operation);

static inline bool operation_is_list(const struct operation *operation)
{
    return mapping_operation_kind(operation->wish.kind) == MAPPING_LISTS;
}

/* op_request.c: the vendor request of the part under way, in operation->exchange. */
enum err operation_make(struct operation *operation, str *ret_detail);

/* op_list.c: a page, good or refused. */
enum operation_step operation_read_page(struct operation *operation);
enum operation_step operation_read_refusal(struct operation *operation);
enum operation_step operation_read_large(struct operation *operation);
struct page_reach operation_reach(const struct operation *operation);

/* op_record.c: maps, checks and tells one of the vendor's records. False: its starter did
 * not take it. */
bool operation_tell(struct operation *operation, const struct json *original);
/* One of several that were to be made: NULL as above, or why there is none. */
void operation_tell_item(struct operation *operation, const struct batch_item *item,
                         const struct json *original);
/* Maps it alone: MADE with *ret_model, which stands in operation->record. */
enum mapping_end operation_map(struct operation *operation, const struct json *original,
                               struct json *ret_model, struct mapping_fault *ret_fault);
/* Tells whoever wants to know what we write ourselves (exchange_env.on_written). */
void operation_note_written(const struct operation *operation, str id,
                            const struct json *record);
/* Tells a record of which only the id is known, and why. */
void operation_tell_id(struct operation *operation, str id, const char *code, str why);

#endif
