/*
 * The token of an account, as the views of the account show it: a member of its own, the
 * sentence that says why calls fail for want of one, and what is about to go wrong.
 */
#ifndef API_API_TOKEN_H
#define API_API_TOKEN_H

#include "api/api_call.h"
#include "keeper/keeper.h"

/* What is known at one moment. Borrows; lives as long as account and integration. */
struct token_look {
    struct account *account;
    struct arena *arena;
    const struct token_rule *rule; /* NULL: its integration has no token block */
    struct keeper_view view;
    bool fixed; /* nothing can renew it */
    usec wall;
};

/* `integration` NULL: it is not loaded. */
void token_look(struct api_call *call, struct account *account,
                const struct integration *integration, struct token_look *ret);

extern const struct shape token_shape;

/* As the value of the member `token`; null without a token block. */
void view_token(struct json_out *out, const struct token_look *look);

/* Sentences, as items of a list. */
void view_token_warnings(struct json_out *out, const struct token_look *look);

/* Absent, unless calls fail for want of a token. */
str token_trouble(const struct token_look *look);

#endif
