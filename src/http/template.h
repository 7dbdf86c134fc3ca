/*
 * Texts with {names} in them that are filled from a JSON object of texts, such as an
 * account's context: `https://{subdomain}.example.com`. Immutable once parsed; parts
 * borrow from the text. Pure; any thread.
 */
#ifndef HTTP_TEMPLATE_H
#define HTTP_TEMPLATE_H

#include "http/url.h"
#include "json/bind.h"

struct template_part {
    str text; /* literal before the variable */
    str name; /* of the variable; absent in the last part */
};

struct template
{
    const struct template_part *parts; /* NULL: not given */
    uint32_t n;
};

/* Whether a variable may have that name: letters a to z, digits, "_". */
bool template_name_valid(str name);

/* False with a static sentence. */
bool template_parse(struct arena *arena, str text, struct template *ret_template,
                    const char **ret_why);

/* A `custom` reader of bind tables, into a struct template. */
void template_read(struct binder *binder, const struct json *value, void *field);
#define TEMPLATE_SCHEMA "{\"type\":\"string\",\"minLength\":1}"

/* The text, filled: false with the name that is missing in `values` or is no string
 * there. The values stand as they are: whoever sends the text looks whether it may be
 * sent (header_value_valid). */
bool template_fill(const struct template *template, const struct json *values,
                   struct arena *arena, str *ret_text, str *ret_missing);

/*
 * The text, filled as a URL, in which a variable may be no more than its place allows:
 *
 *   https://{subdomain}.example.com/v3/company/{realm}      {origin}/services/data
 *   └─scheme┘└────── host ────────┘└────── path ─────┘      └whole ┘└── path ────┘
 *
 * In the host: letters, digits, dots, hyphens. Behind it: anything, percent-encoded, but
 * no dot segments. As the whole origin: a URL without a path. False with a sentence that
 * speaks of them. Where the URL leads is the caller's check.
 */
struct template_values {
    const struct json *values;
    const char *whose; /* where they are from: "the account's context" */
    const char *what;  /* the URL that is filled: "the base URL of its integration" */
};

bool template_fill_url(const struct template *template,
                       const struct template_values *values, struct arena *arena,
                       str *ret_text, str *ret_detail);

/* What a variable decides: the whole origin, a part of the host, or neither. */
bool template_has_origin(const struct template *template);
bool template_has_host(const struct template *template);

#endif
