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

/* The fields that are still to be asked for; n 0: nothing is. `again`: names, with commas
 * between, of what the account's context has and is asked for all the same, with its
 * value, so that a person can correct it; "": all of it; absent: nothing. Borrowed. */
void connect_form_make(const struct integration *integration, const struct auth_way *way,
                       const struct account *account, str again,
                       struct connect_form *ret);

/* The names of what becomes the account's context, with commas between; absent: none. */
str connect_form_names(const struct connect_form *form, struct arena *arena);

/* Looks whether URLs can be made of the values, which lead where they may. False: the
 * field that is in the way says what it must be. */
bool connect_form_fits(struct connect_form *form, const struct integration *integration,
                       const struct auth_way *way, const struct json *context,
                       struct arena *arena);

/* Takes in what was sent. False when something is missing or will not do: the fields say
 * what. Values are borrowed. */
bool connect_form_read(struct connect_form *form, const struct form *sent);

/* Says beside each secret that the vendor does not take it. */
void connect_form_refuse(struct connect_form *form, const struct integration *integration,
                         struct arena *arena);

/* The context of the account with what the form has for it. */
struct json connect_form_context(const struct connect_form *form,
                                 const struct account *account, struct arena *arena);

/* When they end, as was entered: the first moment of that day; 0: nothing was. */
usec connect_form_ends(const struct connect_form *form);

/* The credentials in the form; answers how many. Values are borrowed. */
uint32_t connect_form_credentials(const struct connect_form *form,
                                  struct credential ret[FORM_FIELDS_MAX]);

#endif
