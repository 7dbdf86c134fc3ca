/*
 * What the readers of a catalogue of providers share: YAML with a member for each
 * provider, which says how its accounts log in and how it is called. Inside of src/import
 * only.
 */
#ifndef IMPORT_CATALOGUE_H
#define IMPORT_CATALOGUE_H

#include "import/import.h"

struct provider {
    struct import *import;
    str name;
    const struct json *at;     /* the provider */
    const struct json *proxy;  /* its member; NULL: none */
    struct json_build headers; /* of each request */
    struct map secret_headers; /* those that carry the credential */
    struct map used;           /* variables, as they are called with us */
    bool secrets;              /* templates may have credentials: those of a login */
};

/* A note that begins with the provider's name. */
void provider_say(struct provider *provider, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * A text of the catalogue as a template of ours: `${connectionConfig.subDomain}` is
 * {sub_domain}. Of alternatives (`… || …`) the last one without variables is taken.
 * Absent, with a note that names `member`, when it says what a template does not.
 */
str provider_template(struct provider *provider, const char *member, str text);

/* A path such as `data.next` as a JSON pointer: /data/next. */
str provider_pointer(struct arena *arena, str path);

/* The member `auth` of its document. False: its mode has no counterpart; a note. */
bool provider_put_auth(struct provider *provider, struct json_build *document);

/* `rate_limit`, `pagination`. */
void provider_put_rules(struct provider *provider, struct json_build *document);

#endif
