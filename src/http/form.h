/*
 * Parameters with names, in order: what a form holds, or the parameters of an OAuth
 * request before it is known whether they become a form or JSON. Names may repeat.
 *
 * Names and values are borrowed; the list grows in the arena. Pure; any thread.
 */
#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include "base/arena.h"
#include "base/str.h"
#include "http/header.h"
#include "json/json.h"

struct form_param {
    str name;
    str value;
};

struct form {
    struct arena *arena;
    struct form_param *items;
    uint32_t n;
    uint32_t room;
};

void form_init(struct form *form, struct arena *arena);

/* Behind the others. */
void form_add(struct form *form, str name, str value);

/* What application/x-www-form-urlencoded text (a query, a body) holds, decoded. */
void form_add_text(struct form *form, str text);

/* Whether a message's Content-Type says that its body is a form. */
bool form_is_body(const struct headers *headers);

/* The value of the first parameter of that name, or absent. */
str form_find(const struct form *form, str name);

/* An object of texts; of several parameters with one name the first counts. Members are
 * in no certain order. */
struct json form_json(const struct form *form);

/* All as application/x-www-form-urlencoded; "" when there are none. */
str form_text(const struct form *form);

#endif
