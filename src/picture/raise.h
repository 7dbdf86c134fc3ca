/*
 * How a function of the language fails that works on plain values: it fills in the code
 * and the value that the sentence is about, and answers false. Position, index and token
 * are its caller's.
 */
#ifndef PICTURE_RAISE_H
#define PICTURE_RAISE_H

#include "picture/fault.h"

/* Always false, to be returned. UNDEFINED = no value. */
static inline bool raise_value(struct jsonata_fault *ret_fault, enum jsonata_code code,
                               struct json value)
{
    *ret_fault = (struct jsonata_fault){.code = code, .value = value};
    return false;
}

static inline bool raise_code(struct jsonata_fault *ret_fault, enum jsonata_code code)
{
    return raise_value(ret_fault, code, (struct json){0});
}

static inline bool raise_text(struct jsonata_fault *ret_fault, enum jsonata_code code,
                              str text)
{
    return raise_value(ret_fault, code, json_of_text(text));
}

#endif
