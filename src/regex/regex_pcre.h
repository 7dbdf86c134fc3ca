/*
 * PCRE2 as this folder uses it: bytes, the house's memory, and what each thread keeps to
 * match with.
 */
#ifndef REGEX_REGEX_PCRE_H
#define REGEX_REGEX_PCRE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "regex/regex_plain.h"
#include "regex/regex_plan.h"

enum { REGEX_MAGIC = 0x4e6789a1 };

struct regex {
    uint32_t magic;
    uint32_t groups;
    struct regex_plain plain;
    pcre2_code *code; /* NULL: plain */
    bool compiled;    /* to machine code; else it is interpreted */
    struct regex_plan plan;
};

struct regex_scratch {
    pcre2_match_context *limits;
    pcre2_match_data *spans;
    pcre2_jit_stack *stack;
    bool swollen; /* `spans` holds what the interpreter took */
    str sound;    /* the text that was looked at last, and is sound */
    char *mended; /* room for a text that is not */
    size_t mended_n;
};

/* The calling thread's; lives until the thread ends. */
struct regex_scratch *regex_pcre_scratch(void);

/* When `spans` has been read: gives back what the interpreter took. */
void regex_pcre_shrink(struct regex_scratch *scratch);

pcre2_general_context *regex_pcre_memory(void);

#endif
