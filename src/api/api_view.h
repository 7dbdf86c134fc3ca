/*
 * How accounts, their standing, breakers, and changes of integrations are shown: shared
 * by the resources that show them.
 */
#ifndef API_API_VIEW_H
#define API_API_VIEW_H

#include "api/api_call.h"

struct standing;

/* --- accounts --- */

extern const struct shape account_shape; /* with trouble and standing */
extern const struct shape account_page;  /* without */

void view_account(struct json_out *out, const struct account *account);
void view_account_whole(struct api_call *call, struct account *account);

/* --- standings --- */

extern const struct shape standing_shape;

/* What is known of the account at its vendor. Nothing known is good standing. */
void view_standing(struct api_call *call, const struct account *account);

/* Whether the account has met its vendor since the start. */
bool view_has_standing(const struct api_call *call, const struct account *account);

/* --- breakers --- */

extern const struct shape breaker_shape;
extern const struct shape breaker_page;
extern const char *const breaker_kind_words[];  /* integration, account */
extern const char *const breaker_state_words[]; /* closed, open, half_open */
extern const char *const breaker_force_words[]; /* auto, open, closed: as the enum */

struct breaker_seen_as {
    str name;
    bool of_account;
    str integration;
    struct breaker_view view;
};

void view_breaker(struct api_call *call, const struct breaker_seen_as *breaker);

/* The breaker of an account, as it is now. */
void view_account_breaker(const struct api_call *call, const struct account *account,
                          struct breaker_view *ret_view);

/* --- changes of integrations --- */

/* Answers with the revision in use; its shape. */
void view_revision(struct catalog_change *change);
extern const struct shape revision_shape;

#endif
