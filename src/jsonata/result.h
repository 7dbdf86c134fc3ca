/* What leaves a run: plain JSON, of bounded depth. */
#ifndef JSONATA_RESULT_H
#define JSONATA_RESULT_H

#include "jsonata/eval.h"

/* A program that $eval has compiled; its nodes live in the run's arena. */
struct evaluated {
    struct evaluated *next;
    struct program program;
};

bool program_compile(struct program *program, str source, struct jsonata_fault *fault);

struct module *eval_module(struct eval *eval, const struct program *program,
                           struct json *free_values);

/* Ranges made real, functions left out; D1011 when it is nested too deeply. */
struct json result_of(struct eval *eval, struct json value);

#endif
