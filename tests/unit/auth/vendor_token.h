/*
 * Token blocks of vendors, as a document would have them. What an exchange sends and how
 * its answer is read are tested with the same ones.
 */
#ifndef UNIT_AUTH_VENDOR_TOKEN_H
#define UNIT_AUTH_VENDOR_TOKEN_H

#include "support/given.h"

#include "auth/token_rule.h"

/* Members of a block with the grant authorization_code, behind those it must have. */
#define TOKEN_BY_CODE(members)                                                           \
    "{\"grant\":\"authorization_code\",\"authorize_url\":\"https://vendor.test/"         \
    "consent\","                                                                         \
    "\"url\":\"https://vendor.test/token\"" members "}"

/* The same with the grant client_credentials. */
#define TOKEN_BY_CLIENT(members)                                                         \
    "{\"grant\":\"client_credentials\",\"url\":\"https://vendor.test/token\"" members "}"

/* The rule of a block that has no fault. */
static inline const struct token_rule *vendor_token(struct arena *arena, const char *json)
{
    struct binder binder;
    struct token_rule *rule = arena_alloc(arena, sizeof(*rule));
    bind_init(&binder, arena);
    if (!bind_read(&binder, &token_table, given_json(arena, str_z(json)), rule))
        fail_msg("%s: " STR_F " " STR_F, json, STR_A(binder.first->pointer),
                 STR_A(binder.first->text));
    return rule;
}

#endif
