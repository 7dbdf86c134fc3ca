/*
 * An integration as it is used: one document, read, checked and compiled. Immutable;
 * lives in an arena of its own, which the snapshots that have it share (catalog.h). Names
 * of members follow the document, whose schema is generated from the same tables
 * (docs/reference/integration.schema.json).
 */
#ifndef CATALOG_INTEGRATION_H
#define CATALOG_INTEGRATION_H

#include "auth/auth.h"
#include "catalog/idempotency.h"
#include "http/path.h"
#include "http/template.h"
#include "http/url.h"
#include "paging/page_rule.h"
#include "policy/items.h"
#include "policy/caching.h"
#include "policy/outcome.h"
#include "policy/resilience.h"
#include "policy/throttle.h"
#include "signature/event_rule.h"
#include "unified/mapping.h"

struct buf;
struct schema;

struct fixed_header {
    str name;
    struct template value;
    bool override; /* replaces the caller's own; otherwise his wins */
};

/* What a person is asked for when an account is connected. */
struct connect_field {
    str name;  /* of the account's context, or of a credential */
    str label; /* absent: the name */
    str help;  /* absent: none */
    bool optional;
};

struct connect_rule {
    str text;                /* absent: none */
    struct bind_list fields; /* struct connect_field */
    bool ends;               /* whoever enters credentials is asked when they end */
};

/* Links that must stay inside the proxy. */
struct rewrite {
    bool headers;          /* Link, Location, Content-Location; true by default */
    struct bind_list body; /* struct pointer: members of a JSON body that hold URLs;
                            * a token `*` means every item or member */
};

struct resource;

/* One thing that can be done with a resource; proxied calls are matched to it by method
 * and path. */
struct method {
    str name;
    str verb;
    str path;        /* pattern, below the base URL */
    bool safe;       /* changes nothing, whatever the verb says */
    bool repeatable; /* may be sent twice to the same effect */
    bool has_safe;   /* `safe` was given in the document */
    bool has_repeatable;
    str group; /* rate-limit group; absent = the account's */
    str breaker_group;
    struct json resilience_override;     /* UNDEFINED if none */
    const struct resilience *resilience; /* the integration's, or merged */
    struct json caching_override;        /* UNDEFINED if none */
    const struct caching *caching;       /* the integration's, or merged */
    struct rewrite rewrite;              /* its own, or the integration's */
    bool has_rewrite;
    struct json pagination_override;    /* UNDEFINED if none */
    const struct page_rule *pagination; /* its own, merged or not, or the integration's;
                                         * NULL: nothing is known of lists */
    struct idempotency idempotency;     /* its own, or the integration's */
    bool has_idempotency;
    const struct item_rule *items; /* of an answer that is several; NULL: it is one */
    const struct schema *request_schema; /* of its bodies; NULL: not known */
    bool inspect_success; /* some rule looks into bodies of its answers below 400 */
    const struct resource *resource;
};

struct resource {
    str name;
    struct json caching_override; /* of all its methods; UNDEFINED if none */
    struct bind_list methods;     /* struct method */
};

struct document_host {
    struct url_pattern pattern;
    str text;
};

/* One of the ways in which the vendor takes credentials. */
struct auth_way {
    struct auth_rule rule;    /* first: its table is the base of a way's */
    str name;                 /* [a-z0-9_]+; absent: the only one, which needs none */
    bool is_default;          /* the first */
    str label;                /* for people; absent: none */
    struct template base_url; /* its own, or the document's */
    struct url fixed_base;    /* what it gives when it has no variables; else no host */
    bool own_base;            /* base_url is its own */
    struct connect_rule connect;
    str place; /* in the document, as a JSON pointer */
};

enum http_version { HTTP_VERSION_1, HTTP_VERSION_2 };

struct integration {
    str name; /* [a-z0-9_-]+ */
    str label;
    str version;                     /* the document's own, free text */
    uint32_t revision;               /* counted by the store; 0: not stored */
    str hash;                        /* SHA-256 of the document's text, hexadecimal */
    str text;                        /* the document */
    struct bind_list hosts;          /* struct document_host */
    const struct integration *bound; /* NULL: it is in use; else what is, whose hosts
                                      * bound an older version as well */
    struct template base_url;        /* of the ways that have none of their own */
    uint32_t http;                   /* enum http_version */
    struct bind_list headers;        /* struct fixed_header */
    struct bind_list ways;       /* struct auth_way; at least one, the default first */
    struct connect_rule connect; /* for all ways, behind what a way has itself */
    struct throttle_rule rate_limit;
    struct error_rule errors;
    struct idempotency idempotency;
    struct resilience resilience;
    struct json resilience_text; /* as written, for merging with overrides */
    struct caching caching;
    struct json caching_text; /* the same */
    struct rewrite rewrite;
    struct page_rule *pagination; /* NULL: none for the integration as a whole */
    struct json pagination_text;  /* as written, for merging with overrides */
    struct bind_list resources;   /* struct resource */
    struct json path_values;      /* of names in methods' paths: an object of texts, or
                                   * UNDEFINED; weaker than mapping and context */
    const struct webhook_rule *webhooks; /* NULL: nothing is known of webhooks */
    const struct event_rules *events;    /* NULL: what they tell of is told as it came */
    struct path_set *paths;              /* verb and path → struct method */
    struct bind_list unified;            /* struct mapping_category */
    bool inspect_success; /* some rule looks into bodies below 400 of calls that
                           * match no method */
    struct json docs;
    struct json document; /* all of it: what no table reads is found here */
};

/*
 * Reads a document. NULL with the faults in `binder` when it has any. Everything is
 * allocated in the binder's arena, which `text` must outlive as well.
 */
struct integration *integration_read(struct binder *binder, str text);

/* The document's JSON Schema. */
void integration_schema(struct buf *buf);

/*
 * The way that an account names; absent: the default. NULL: the document has none of this
 * name, as when it was changed since; integration_no_way says so in a sentence.
 */
const struct auth_way *integration_way(const struct integration *integration, str name);
/* Whether an account that names `name` (absent: none) has this way. */
static inline bool auth_way_is(const struct auth_way *way, str name)
{
    return str_absent(name) ? way->is_default : str_eq(way->name, name);
}

str integration_no_way(const struct integration *integration, str name,
                       struct arena *arena);

/*
 * A way's base URL for an account's context; its path has no slash at its end, or is "/".
 * ERR_CREDENTIAL_UNUSABLE with a sentence when a variable is missing or cannot stand
 * where the template has it; ERR_HOST_FORBIDDEN when the host is not allowed.
 *
 * A variable in the host may have letters, digits, dots and hyphens, one in the path is
 * percent-encoded, and one that the template begins with is a whole origin
 * (`https://host`): a context can lead to no host that `hosts` does not have.
 */
enum err integration_base_url(const struct integration *integration,
                              const struct auth_way *way, const struct json *context,
                              struct arena *arena, struct url *ret_url, str *ret_detail);

/* Whether credentials may go there: an older version's only where the version in use
 * allows it, too. */
bool integration_allows(const struct integration *integration, const struct url *url);

/* The method that a call means, or NULL. `path` is below the base URL, without query. A
 * HEAD that has no method of its own means that of the GET. */
const struct method *integration_method(const struct integration *integration, str verb,
                                        str path);

/* The method that a document calls RESOURCE.METHOD, or NULL. */
const struct method *integration_named_method(const struct integration *integration,
                                              str name);

/* The step whose response makes a record of what an event brings: that of `get`, or of
 * `list` where there is none. NULL: the mapping has neither. */
const struct mapping_step *event_step(const struct mapping *mapping);

/* Whether answers below 400 to a call are looked into, and how the vendor recognises a
 * repeat of it. `method` NULL: the call matches none. */
static inline bool integration_inspects(const struct integration *integration,
                                        const struct method *method)
{
    return method ? method->inspect_success : integration->inspect_success;
}

static inline const struct idempotency *integration_idempotency(
    const struct integration *integration, const struct method *method)
{
    return method ? &method->idempotency : &integration->idempotency;
}

#endif
