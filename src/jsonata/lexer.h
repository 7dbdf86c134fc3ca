/*
 * Source text to tokens. Which of "/" begins a regular expression and which divides is
 * known to the caller only, who says whether an operand has just ended.
 */
#ifndef JSONATA_LEXER_H
#define JSONATA_LEXER_H

#include "picture/fault.h"

enum token_type {
    TOKEN_END,
    TOKEN_NAME,     /* text, unescaped */
    TOKEN_VARIABLE, /* text without the $ */
    TOKEN_STRING,   /* text, unescaped */
    TOKEN_NUMBER,   /* number */
    TOKEN_WORD,     /* true, false, null: text */
    TOKEN_OPERATOR, /* op */
    TOKEN_REGEX     /* text: the pattern; flags */
};

/* X(name, text, binding power on the right of an operand; 0 = it ends an operand) */
#define TOKEN_OPERATORS(X)                                                               \
    X(DOT, ".", 75)                                                                      \
    X(LEFT_BRACKET, "[", 80)                                                             \
    X(RIGHT_BRACKET, "]", 0)                                                             \
    X(LEFT_BRACE, "{", 70)                                                               \
    X(RIGHT_BRACE, "}", 0)                                                               \
    X(LEFT_PAREN, "(", 80)                                                               \
    X(RIGHT_PAREN, ")", 0)                                                               \
    X(COMMA, ",", 0)                                                                     \
    X(AT, "@", 80)                                                                       \
    X(HASH, "#", 80)                                                                     \
    X(SEMICOLON, ";", 0)                                                                 \
    X(COLON, ":", 0)                                                                     \
    X(QUESTION, "?", 20)                                                                 \
    X(PLUS, "+", 50)                                                                     \
    X(MINUS, "-", 50)                                                                    \
    X(STAR, "*", 60)                                                                     \
    X(SLASH, "/", 60)                                                                    \
    X(PERCENT, "%", 60)                                                                  \
    X(BAR, "|", 0)                                                                       \
    X(EQUAL, "=", 40)                                                                    \
    X(LESS, "<", 40)                                                                     \
    X(GREATER, ">", 40)                                                                  \
    X(CARET, "^", 40)                                                                    \
    X(STAR_STAR, "**", 0)                                                                \
    X(RANGE, "..", 0)                                                                    \
    X(ASSIGN, ":=", 10)                                                                  \
    X(NOT_EQUAL, "!=", 40)                                                               \
    X(LESS_EQUAL, "<=", 40)                                                              \
    X(GREATER_EQUAL, ">=", 40)                                                           \
    X(CHAIN, "~>", 40)                                                                   \
    X(AND, "and", 30)                                                                    \
    X(OR, "or", 25)                                                                      \
    X(IN, "in", 40)                                                                      \
    X(CONCAT, "&", 50)                                                                   \
    X(BANG, "!", 0)                                                                      \
    X(TILDE, "~", 0)                                                                     \
    X(COALESCE, "??", 40)                                                                \
    X(ELVIS, "?:", 40)

enum token_op {
    OP_NONE,
#define X(name, text, power) OP_##name,
    TOKEN_OPERATORS(X)
#undef X
        OP_COUNT
};

struct token {
    enum token_type type;
    enum token_op op;
    unsigned flags;    /* REGEX: enum regex_flag */
    uint32_t position; /* of its end, in bytes */
    double number;
    str text; /* as above; of operators, their own */
};

struct lexer {
    struct arena *arena; /* unescaped texts */
    str source;
    uint32_t at;
    struct jsonata_fault *fault;
};

/* False: *lexer->fault is set. `after_operand`: a "/" divides. */
bool lexer_next(struct lexer *lexer, bool after_operand,
                struct token *ret_token) MUST_CHECK;

unsigned lexer_power(enum token_op op);
str lexer_op_text(enum token_op op); /* "" of OP_NONE */

#endif
