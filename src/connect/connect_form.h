/*
 * What a person is asked for before an account can be connected. Inside of src/connect
 * only.
 */
#ifndef CONNECT_CONNECT_FORM_H
#define CONNECT_CONNECT_FORM_H

#include "catalog/integration.h"
#include "connect/page.h"
#include "directory/tenant.h"
#include "http/form.h"

enum { FORM_FIELDS_MAX = 32 };

struct connect_form {
    struct page_field fields[FORM_FIELDS_MAX];
    bool is_credential[FORM_FIELDS_MAX];
    uint32_t n;
};

/* The fields that are still to be asked for; n 0: nothing is. `all`: those too that the
 * account's context has, with their values, so that a person can correct them. */
void connect_form_make(const struct integration *integration, const struct auth_way *way,
                       const struct account *account, bool all, struct connect_form *ret);

/* Looks whether URLs can be made of the values, which lead where they may. False: the
 * field that is in the way says what it must be. */
bool connect_form_fits(struct connect_form *form, const struct integration *integration,
                       const struct auth_way *way, const struct json *context,
                       struct arena *arena);

/* Takes in what was sent. False when something is missing or will not do: the fields say
 * what. Values are borrowed. */
bool connect_form_read(struct connect_form *form, const struct form *sent);

/* The context of the account with what the form has for it. */
struct json connect_form_context(const struct connect_form *form,
                                 const struct account *account, struct arena *arena);

/* The credentials in the form; answers how many. Values are borrowed. */
uint32_t connect_form_credentials(const struct connect_form *form,
                                  struct credential ret[FORM_FIELDS_MAX]);

#endif
