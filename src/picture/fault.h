/*
 * What went wrong with an expression: a code of fault_list.h, where in the source, and
 * the values that its sentence is about.
 */
#ifndef PICTURE_FAULT_H
#define PICTURE_FAULT_H

#include "json/json.h"

enum jsonata_code {
    JSONATA_OK,
#define X(code, sentence) JSONATA_##code,
#include "picture/fault_list.h"
#undef X
    JSONATA_CODE_COUNT
};

struct jsonata_fault {
    enum jsonata_code code;
    uint32_t position; /* in the source, in bytes: the end of the token */
    uint32_t index;    /* of the argument, from 1; 0 = none */
    str token;         /* absent = none */
    struct json value; /* cut where it is large; UNDEFINED = none, as below */
    struct json value2;
};

/* "T2001" */
str jsonata_code_name(enum jsonata_code code);

/* The sentence with its values filled in, in the arena. */
str jsonata_fault_text(struct arena *arena, const struct jsonata_fault *fault);

/* `position` counted as JavaScript counts, in UTF-16 units. */
uint32_t jsonata_fault_unit(const struct jsonata_fault *fault, str source);

#endif
