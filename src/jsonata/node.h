/*
 * The tree of an expression, in the compiled expression's arena, immutable once compiled.
 * grammar.c makes it as the text says it, tree_shape.c gives it the form in which it is
 * evaluated (paths with their steps, what `%` refers to, tail calls), scope.c says where
 * each variable lives.
 */
#ifndef JSONATA_NODE_H
#define JSONATA_NODE_H

#include "jsonata/lexer.h"

struct eval;
struct frame;
struct node;
struct regex;
struct signature;

typedef struct json node_fn(struct eval *eval, const struct node *node, struct json input,
                            struct frame *frame);

/* X(name): in the comment, what the parts are. */
#define NODE_TYPES(X)                                                                    \
    X(LITERAL)    /* value */                                                            \
    X(NAME)       /* value: the text */                                                  \
    X(VARIABLE)   /* value: the name; "" is the context */                               \
    X(WILDCARD)   /* * */                                                                \
    X(DESCENDANT) /* ** */                                                               \
    X(PARENT)     /* %: slot */                                                          \
    X(REGEX)      /* regex */                                                            \
    X(PATH)       /* items: steps */                                                     \
    X(BINARY)     /* op left right */                                                    \
    X(NEGATE)     /* left */                                                             \
    X(ARRAY)      /* items */                                                            \
    X(RANGE)      /* left right */                                                       \
    X(OBJECT)     /* items: key, value, key, value … */                                \
    X(BLOCK)      /* items */                                                            \
    X(BIND)       /* value: the name; right */                                           \
    X(CONDITION)  /* left ? right : third */                                             \
    X(COALESCE)   /* left ?? right */                                                    \
    X(ELVIS)      /* left ?: right */                                                    \
    X(CALL)       /* left: the function; items: arguments */                             \
    X(PARTIAL)    /* as CALL, some arguments being HOLE */                               \
    X(HOLE)       /* ? */                                                                \
    X(APPLY)      /* left ~> right */                                                    \
    X(LAMBDA)     /* items: parameters (VARIABLE); right: body; signature */             \
    X(TRANSFORM)  /* left: pattern, right: update, third: delete or NULL; items: $clone  \
                   */                                                                    \
    X(SORT)       /* items: terms; descending in their flags; only as a step */

enum node_type {
#define X(name) NODE_##name,
    NODE_TYPES(X)
#undef X
        NODE_TYPE_COUNT
};

enum node_flag {
    NODE_KEEP_ARRAY = 1,     /* []: one item stays an array */
    NODE_KEEP_SINGLETON = 2, /* PATH: one of its steps has [] */
    NODE_CONS = 4,           /* an array constructor at an end of a path is one item */
    NODE_TUPLE = 8,          /* step: from here on the path carries tuples */
    NODE_TAIL = 16,          /* CALL: its value is the value of the lambda */
    NODE_DESCENDING = 32,    /* a term of a SORT */
    NODE_STEP = 64,          /* its stages are the path's business */
    NODE_PLAIN_KEYS = 128,   /* OBJECT: its keys are strings, each another */
    NODE_BARE = 256          /* NAME as a step: without stages or bindings */
};

/* A `%` on its way to the step whose input it is (see tree_shape.c). */
struct ancestor {
    uint32_t label; /* of the tuple slot */
    int level;      /* steps still to go back */
};

struct ancestors {
    struct ancestor **items;
    uint32_t n;
    uint32_t room;
};

/* What is done to the items of a step: a predicate, or, with `filter` NULL, their
 * positions bound to the tuple slot. */
struct stage {
    struct node *filter;
    uint32_t slot;
    str name;
};

/* The names of a frame, one a slot. */
struct scope {
    struct scope *up; /* while compiling */
    bool tuple;       /* its slots are those of the program's tuples */
    str *names;
    uint32_t n;
    uint32_t room;
};

/* Where a variable may live: so many frames up, this slot. */
struct place {
    uint16_t hops;
    uint16_t slot;
};

enum { SLOT_NONE = UINT32_MAX };

struct node {
    node_fn *run;
    uint8_t type; /* enum node_type */
    uint8_t op;   /* enum token_op */
    uint16_t flags;
    uint32_t position;
    uint32_t n;    /* items */
    uint32_t hint; /* NAME: its place among the run's hints */
    struct json value;
    struct node *left;
    struct node *right;
    struct node *third;
    struct node **items;

    struct stage *stages; /* of a step; of other nodes: predicates */
    uint32_t stage_n;
    uint32_t stage_room;
    struct node *group; /* OBJECT: group-by over the result */

    str focus;           /* @$v */
    str index;           /* #$i */
    uint32_t focus_slot; /* of the tuple; SLOT_NONE: there is none, as below */
    uint32_t index_slot;
    uint32_t parent_slot;      /* where the input of this step is kept for `%` */
    struct ancestor *ancestor; /* PARENT: what is looked for; a step: what it gives */
    struct ancestors seeking;  /* while compiling */

    struct place *places; /* VARIABLE, PARENT, BIND: innermost first */
    uint32_t place_n;
    uint32_t free;       /* VARIABLE: its place among the names from outside */
    struct scope *scope; /* BLOCK, LAMBDA: the frame it makes; NULL = none */
    struct regex *regex;
    struct signature *signature;
};

struct node *node_new(struct arena *arena, enum node_type type, const struct token *at);

/* What belongs to a tree besides its nodes. */
struct program {
    struct arena *arena;
    struct node *tree;
    struct scope *root;
    struct kept_regex *regexes;  /* compiled outside the arena */
    uint32_t tuple_slots;        /* of the tuples of all paths, the item itself first */
    const struct scope *tuples;  /* …and their names */
    str *free_names;             /* variables that nothing inside binds */
    const struct json *builtins; /* …and the functions they are by default */
    uint32_t free_n;
    uint32_t free_room;
    uint32_t hints; /* names that are looked up */
    struct prepared *prepared;
    uint32_t prepared_n;
    uint32_t prepared_room;
};

struct kept_regex {
    struct kept_regex *next;
    struct regex *regex;
};

struct jsonata;
const struct program *jsonata_program(const struct jsonata *expression);

struct regex *program_keep_regex(struct program *program, struct regex *regex);

/* The expression as a tree; NULL: *fault is set. */
struct node *grammar_read(struct program *program, str source,
                          struct jsonata_fault *fault);

/* The tree in its final form; NULL: *fault is set. Slots of tuples that hold the input of
 * a step for `%` are counted in program->tuple_slots. */
struct node *shape_tree(struct program *program, struct node *tree,
                        struct jsonata_fault *fault);

/* Where each variable lives. */
void scope_tree(struct program *program);

/* A picture that the expression writes out, read once. The literal's value has 1 + its
 * place in its mark, above MARK_BITS. */
struct prepared {
    const char *text;
    const struct picture_date *date; /* NULL: not read as one */
    const struct picture_integer *integer;
};

/* What need not be found out anew in each run. */
void prepare_tree(struct program *program);

#endif
