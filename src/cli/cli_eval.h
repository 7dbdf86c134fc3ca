/*
 * One evaluation as the command `eval` asks for it: the expression is compiled, run once
 * over an input, and forgotten. Its limits are those of a tool that a person runs on a
 * machine of their own: far above the daemon's, and stoppable by time.
 */
#ifndef CLI_CLI_EVAL_H
#define CLI_CLI_EVAL_H

#include "cli/cli_command.h"
#include "json/json_write.h"
#include "jsonata/jsonata.h"

enum { EVAL_BINDINGS_MAX = 256 };

struct evaluation {
    struct arena *arena; /* the answer lives in it */
    str expression;
    struct json input; /* UNDEFINED: none */
    struct jsonata_binding bindings[EVAL_BINDINGS_MAX];
    uint32_t binding_n;
    uint64_t ms_max;    /* 0 = no limit: U1001 */
    uint32_t depth_max; /* 0 = the engine's: U1001 */

    struct json value; /* the answer, if there is no fault */
    struct jsonata_fault fault;
};

/* False: evaluation->fault says why, and what the answer is, is not known. */
bool evaluation_run(struct evaluation *evaluation) MUST_CHECK;

/* "result", "undefined" or "error" as members of an object that is open. */
void evaluation_put(struct json_out *out, const struct evaluation *evaluation, bool good);

/* What the expression reads, calls and wants, as members of an object that is open, or as
 * lines. False: evaluation->fault says why it is no expression. */
bool evaluation_explain(struct json_out *out, struct evaluation *evaluation) MUST_CHECK;
bool evaluation_explain_text(struct buf *buf, struct evaluation *evaluation) MUST_CHECK;

/* Lines in, lines out, as docs/cli.md describes them, until standard input ends. */
int evaluation_lines(void);

/* A fault for a person: its sentence, and where in the expression it is. */
void evaluation_put_fault(struct buf *buf, const struct evaluation *evaluation,
                          bool colour);

#endif
