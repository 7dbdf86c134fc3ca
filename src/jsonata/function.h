/*
 * Functions as values: built in, written in the expression, partly applied, composed,
 * regular expressions, transforms. For the files of jsonata/ only.
 */
#ifndef JSONATA_FUNCTION_H
#define JSONATA_FUNCTION_H

#include "jsonata/eval.h"
#include "jsonata/signature.h"

enum function_kind {
    FUNCTION_BUILTIN,
    FUNCTION_LAMBDA,
    FUNCTION_PARTIAL,
    FUNCTION_COMPOSED, /* second(first(x)) */
    FUNCTION_REGEX,    /* a matcher: text → match object */
    FUNCTION_NEXT,     /* `next` of a match object */
    FUNCTION_TRANSFORM
};

/* A call of a built-in function: its arguments are checked by its signature; those left
 * out are UNDEFINED, up to `arity`. */
struct call_args {
    const struct json *items;
    uint32_t n;
    struct json context;
    struct frame *frame; /* of the caller: for $eval */
};

typedef struct json builtin_fn(struct eval *eval, const struct call_args *args);

#define X(name, signature, arity) builtin_fn builtin_##name;
#include "jsonata/function_list.h"
#undef X

struct builtin {
    str name;
    builtin_fn *run;
    str signature;
    uint32_t arity; /* parameters, as callers of callbacks count them */
};

struct function {
    enum function_kind kind;
    uint32_t arity;
    const struct builtin *builtin;
    const struct signature *signature; /* NULL: none */
    const struct node *node;           /* LAMBDA, REGEX, TRANSFORM */
    struct frame *frame;               /* LAMBDA, TRANSFORM: where it was made */
    const struct module *module;       /* …and in which text */
    struct json input;                 /* LAMBDA: the context there */
    struct json first, second;         /* PARTIAL: first; COMPOSED */
    const struct json *bound;          /* PARTIAL: UNBOUND where it is open */
    uint32_t bound_n;
    str text; /* NEXT: what is searched, from where */
    size_t from;
};

static inline bool is_function(struct json value)
{
    return value.type == JSONATA_FUNCTION;
}

static inline const struct function *function_of(struct json value)
{
    return value.u.other;
}

struct json function_value(const struct function *function);

/* The built-in function of this name as a value, or UNDEFINED. */
struct json function_find(str name);

/* Calls it; `context` stands for an argument that the signature lets be left out. */
struct json function_call(struct eval *eval, struct json function,
                          const struct json *args, uint32_t n, struct json context);

/* FUNCTION_REGEX and FUNCTION_NEXT: a match object, or UNDEFINED. */
struct json function_match(struct eval *eval, const struct function *function,
                           const struct json *args, uint32_t n);

/* FUNCTION_TRANSFORM: a changed copy of its argument. */
struct json function_transform(struct eval *eval, const struct function *function,
                               const struct json *args, uint32_t n);

/* How many arguments a callback wants. */
uint32_t function_arity(struct json function);

/* A callback of (value, position, array): as many as it wants. */
struct json function_each(struct eval *eval, struct json function, struct json value,
                          double position, struct json array);

static inline struct json arg(const struct call_args *args, uint32_t i)
{
    return i < args->n ? args->items[i] : (struct json){.type = JSON_UNDEFINED};
}

static inline str arg_text(const struct call_args *args, uint32_t i)
{
    return json_text(&args->items[i]);
}

static inline bool is_missing(const struct call_args *args, uint32_t i)
{
    return i >= args->n || args->items[i].type == JSON_UNDEFINED;
}

/* What was read of a picture that the expression writes out; NULL: nothing. */
static inline const struct prepared *arg_prepared(const struct eval *eval,
                                                  const struct call_args *args,
                                                  uint32_t i)
{
    const struct program *program = eval->module->program;
    uint32_t number = is_missing(args, i) ? 0 : args->items[i].mark >> MARK_BITS;
    if (number == 0 || number > program->prepared_n)
        return NULL;
    const struct prepared *prepared = &program->prepared[number - 1];
    return prepared->text == args->items[i].u.text ? prepared : NULL;
}

static inline double arg_number(const struct call_args *args, uint32_t i)
{
    return json_number(&args->items[i]);
}

#endif
