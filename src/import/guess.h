/*
 * What descriptions of APIs do not say and people read out of them: how a list is paged,
 * where an error has its text, which headers tell of limits. A guess is made only where
 * the usual names stand in the usual places, and says by `x-guessed` what it was made of.
 */
#ifndef IMPORT_GUESS_H
#define IMPORT_GUESS_H

#include "import/openapi.h"

/* The pagination block of a list, or UNDEFINED. *ret_list: the operation looks like one.
 */
struct json guess_pages(struct import *import, const struct operation *operation,
                        bool *ret_list);

/* Whether what it answers is a list, or has one that is plainly what it is about. */
bool guess_is_list(struct import *import, const struct operation *operation);

/* What all answers together say of errors and limits. */
struct guess_answers {
    struct import *import;
    struct json message; /* arrays of pointers; UNDEFINED: none yet */
    struct json code;
    str request_id;
    str limit, remaining, reset; /* headers */
    str reset_unit;
    str retry_after;
};

void guess_answers_read(struct guess_answers *answers, const struct json *responses);
void guess_answers_put(struct guess_answers *answers, struct json_build *document);

/* A property of a schema by one of these names (NULL-terminated, in this order of
 * preference; punctuation and case aside), through references and allOf. NULL: none. */
const struct json *guess_property(struct import *import, const struct json *schema,
                                  const char *const *names, str *ret_name);

/* Whether the name, without punctuation and case, is one of them. */
bool guess_is_one_of(str name, const char *const *names);

/* Whether a schema is of this type, through references; whether it can be neither object
 * nor list. */
bool guess_is_type(struct import *import, const struct json *schema, str type);
bool guess_is_scalar(struct import *import, const struct json *schema);

#endif
