/*
 * What the schemes of this folder share: which members a rule may have, putting a value
 * on a line, and finding a key of ours where an SDK puts its credential. Inside of
 * src/auth only.
 */
#ifndef AUTH_AUTH_SCHEME_H
#define AUTH_AUTH_SCHEME_H

#include "auth/auth.h"

enum auth_member {
    AUTH_MEMBER_HEADER = 1,
    AUTH_MEMBER_PREFIX = 2,
    AUTH_MEMBER_QUERY = 4,
    AUTH_MEMBER_USERNAME = 8,
    AUTH_MEMBER_PASSWORD = 16,
    AUTH_MEMBER_SUFFIX = 32,
    AUTH_MEMBER_ACCEPT = 64,
    AUTH_MEMBER_SIGNATURE = 128,
    AUTH_MEMBER_REALM = 256,
    AUTH_MEMBER_TWO_LEGGED = 512,
    AUTH_MEMBER_DIGEST = 1024
};

/* Reports every member that was given and is not among `allowed` (enum auth_member). */
void auth_check_members(struct binder *binder, const struct auth_rule *rule,
                        unsigned allowed);

/* Whether a header of that name can reach a vendor, and is not one that HTTP itself
 * needs. */
bool auth_may_carry(str name);

/* Reports a header name that no credential can stand under, or a bad prefix. */
void auth_check_header(struct binder *binder, const struct auth_rule *rule);

/* One secret field: fills ret_fields[0], answers 1. */
uint32_t auth_one_field(str name, struct auth_field *ret_fields);

/* Replaces all lines of that name by one that holds `prefix` and the secret. An absent or
 * empty secret, or one that cannot stand on a line, is ERR_CREDENTIAL_UNUSABLE. */
enum err auth_put_header(struct auth_request *request, str name, str prefix, str secret);

/*
 * The key of ours among the lines of that name, in any form (raw, behind a word or the
 * rule's prefix, in Basic), or absent. The lines are removed when a key was found, and
 * with `always` in any case. `rule` may be NULL.
 */
str auth_take_header(const struct auth_rule *rule, struct auth_request *request, str name,
                     bool always);

/* The key of ours among the `name=value` pairs of the comma lists in the lines of that
 * name, or absent. The lines are removed when there is one. */
str auth_take_params(struct auth_request *request, str name);

/* Whether a text is meant to be a key of ours. */
bool auth_is_key(str text);

#define X(name, doc) extern const struct auth_ops auth_##name;
#include "auth/auth_list.h"
#undef X

#endif
