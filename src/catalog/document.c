/*
 * The top level of an integration document, row by row in the order in which people write
 * them. Members that nothing reads are accepted as objects and stay in
 * integration->document.
 */
#include "catalog/document.h"

bool document_name_valid(str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!str_is_digit(c) && !(c >= 'a' && c <= 'z') && c != '_' && c != '-')
            return false;
    }
    return name.n > 0 && name.n <= DOCUMENT_NAME_MAX;
}

bool document_header_valid(str name)
{
    enum header_id id = header_id_of(name);
    return header_name_valid(name) && !(header_flags(id) & (HEADER_HOP | HEADER_OURS)) &&
           id != HEADER_HOST && id != HEADER_CONTENT_LENGTH && id != HEADER_EXPECT;
}

static void read_name(struct binder *binder, const struct json *value, void *field)
{
    str name = json_text(value);
    if (json_is(value, JSON_STRING) && document_name_valid(name))
        *(str *)field = name;
    else
        bind_fault(binder,
                   "must be a name of 1 to %d characters: a–z, 0–9, \"_\", \"-\".",
                   DOCUMENT_NAME_MAX);
}

/* --- hosts --- */

enum { HOSTS_MAX = 200 };

static void read_host(struct binder *binder, const struct json *value,
                      struct document_host *ret_host)
{
    const char *why;
    str text = json_text(value);
    if (!json_is(value, JSON_STRING))
        bind_fault(binder, "must be a host such as \"api.example.com\" or "
                           "\"*.example.com\".");
    else if (!url_pattern_parse(binder->arena, text, &ret_host->pattern, &why))
        bind_fault(binder,
                   "is not a host pattern: %s. Write [scheme://]host[:port], such as "
                   "\"*.example.com\".",
                   why);
    ret_host->text = text;
}

static void read_hosts(struct binder *binder, const struct json *value, void *field)
{
    bool many = json_is(value, JSON_ARRAY);
    uint32_t n = many ? value->n : 1;
    if (n == 0 || n > HOSTS_MAX) {
        bind_fault(binder, "must have 1 to %d hosts: credentials go to these only.",
                   HOSTS_MAX);
        return;
    }
    struct document_host *hosts = arena_array(binder->arena, n, sizeof(*hosts));
    for (uint32_t i = 0; i < n; i++) {
        str before = many ? bind_enter_index(binder, i) : binder->at;
        read_host(binder, many ? &value->u.items[i] : value, &hosts[i]);
        binder->at = before;
    }
    *(struct bind_list *)field = (struct bind_list){hosts, n};
}

/* --- headers --- */

static const struct bind_row header_rows[] = {
    {.name = "value",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct fixed_header, value),
     .required = true,
     .custom = template_read,
     .custom_schema = "{\"type\":\"string\",\"minLength\":1}",
     .doc = "Its value; {names} are filled from the account's context."},
    {.name = "override",
     .kind = BIND_BOOL,
     .offset = offsetof(struct fixed_header, override),
     .doc =
         "Replaces the caller's own header of this name; otherwise the caller's wins."},
};

static void finish_header(struct binder *binder, void *obj)
{
    const struct fixed_header *header = obj;
    if (!document_header_valid(header->name))
        bind_fault(binder, "cannot be set: it is no header name, or HTTP or Breakwater "
                           "itself needs this header; remove it.");
    for (uint32_t i = 0; i < header->value.n; i++)
        if (!header_value_valid(header->value.parts[i].text)) {
            bind_fault(binder,
                       "holds a control character; it must fit on a header line.");
            return;
        }
}

static const struct bind_table header_table = {
    .name = "header",
    .rows = header_rows,
    .n = COUNT_OF(header_rows),
    .bytes = sizeof(struct fixed_header),
    .finish = finish_header,
    .name_at = offsetof(struct fixed_header, name),
    .shorthand = "value",
};

/* --- connecting --- */

static const struct bind_row connect_field_rows[] = {
    {.name = "label",
     .kind = BIND_TEXT,
     .offset = offsetof(struct connect_field, label),
     .min = 1,
     .max = 100,
     .doc = "Its name for people."},
    {.name = "help",
     .kind = BIND_TEXT,
     .offset = offsetof(struct connect_field, help),
     .min = 1,
     .max = 500,
     .doc = "A sentence that says where it is found."},
    {.name = "optional",
     .kind = BIND_BOOL,
     .offset = offsetof(struct connect_field, optional),
     .doc = "Whether it may be left out."},
};

static const struct bind_table connect_field_table = {
    .name = "field",
    .rows = connect_field_rows,
    .n = COUNT_OF(connect_field_rows),
    .bytes = sizeof(struct connect_field),
    .name_at = offsetof(struct connect_field, name),
    .shorthand = "label",
};

static const struct bind_row connect_rows[] = {
    {.name = "text",
     .kind = BIND_TEXT,
     .offset = offsetof(struct connect_rule, text),
     .min = 1,
     .max = 1000,
     .doc = "What a person should know before connecting."},
    {.name = "fields",
     .kind = BIND_NAMED,
     .offset = offsetof(struct connect_rule, fields),
     .max = 20,
     .table = &connect_field_table,
     .doc = "Fields of the form, by the names of the account's context and credentials. "
            "What URLs need and nothing else brings is asked for in any case."},
    {.name = "ends",
     .kind = BIND_BOOL,
     .offset = offsetof(struct connect_rule, ends),
     .doc = "Whether a person who enters credentials is asked when they end: where the "
            "vendor shows an end as they are made."},
};

const struct bind_table connect_table = {
    .name = "connect block",
    .rows = connect_rows,
    .n = COUNT_OF(connect_rows),
    .bytes = sizeof(struct connect_rule),
};

/* --- what is not read --- */

static void check_object(struct binder *binder, const struct json *value, void *field)
{
    (void)field;
    if (!json_is(value, JSON_OBJECT))
        bind_fault(binder, "must be an object.");
}

static void read_docs(struct binder *binder, const struct json *value, void *field)
{
    check_object(binder, value, field);
    *(struct json *)field = *value;
}

/* --- names in paths --- */

enum { PATH_VALUES_MAX = 20, PATH_VALUE_BYTES_MAX = 200 };

static void check_path_value(struct binder *binder, const struct json *value)
{
    size_t n = json_is(value, JSON_STRING) ? json_text(value).n : 0;
    if (n == 0 || n > PATH_VALUE_BYTES_MAX)
        bind_fault(binder, "must be a text of 1 to %d bytes, which stands in paths.",
                   PATH_VALUE_BYTES_MAX);
}

/* That each name is one of a path is seen to by method_compile. */
static void read_path_values(struct binder *binder, const struct json *value, void *field)
{
    if (!json_is(value, JSON_OBJECT) || value->n == 0 || value->n > PATH_VALUES_MAX) {
        bind_fault(binder,
                   "must be an object of 1 to %d texts by the names in methods' paths, "
                   "such as {\"version\": \"v1\"}.",
                   PATH_VALUES_MAX);
        return;
    }
    for (uint32_t i = 0; i < value->n; i++) {
        str before = bind_enter(binder, json_key(&value->u.members[i]));
        check_path_value(binder, &value->u.members[i].value);
        binder->at = before;
    }
    *(struct json *)field = *value;
}

/* --- the document --- */

#define FIELD(field)  offsetof(struct integration, field)
#define OBJECT_SCHEMA "{\"type\":\"object\"}"
#define UNREAD(text, about)                                                              \
    {                                                                                    \
        .name = text, .kind = BIND_CUSTOM, .custom = check_object,                       \
        .custom_schema = OBJECT_SCHEMA, .doc = about                                     \
    }

static const char *const http_words[] = {"1.1", "2", NULL};

static const struct bind_row rows[] = {
    {.name = "name",
     .kind = BIND_CUSTOM,
     .offset = FIELD(name),
     .required = true,
     .custom = read_name,
     .custom_schema = "{\"type\":\"string\",\"pattern\":\"^[a-z0-9_-]{1,64}$\"}",
     .doc =
         "The integration's name in paths and metrics; its folder has the same: 1 to 64 "
         "characters of a–z, 0–9, \"_\" and \"-\"."},
    {.name = "label",
     .kind = BIND_TEXT,
     .offset = FIELD(label),
     .min = 1,
     .max = 200,
     .doc = "Its name for people."},
    {.name = "version",
     .kind = BIND_TEXT,
     .offset = FIELD(version),
     .min = 1,
     .max = 100,
     .doc = "The document's own version, free text."},
    {.name = "hosts",
     .kind = BIND_CUSTOM,
     .offset = FIELD(hosts),
     .required = true,
     .custom = read_hosts,
     .custom_schema = "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{"
                      "\"type\":\"string\"},\"minItems\":1,\"maxItems\":200}]}",
     .doc = "The hosts to which credentials may go: [scheme://]host[:port], https unless "
            "written, \"*.example.com\" for every name below example.com."},
    {.name = "base_url",
     .kind = BIND_CUSTOM,
     .offset = FIELD(base_url),
     .required = true,
     .custom = template_read,
     .custom_schema = "{\"type\":\"string\",\"minLength\":1}",
     .doc =
         "What callers' paths are put behind: an https URL whose {names} are filled from "
         "the account's context; a variable at its start holds a whole origin."},
    {.name = "http",
     .kind = BIND_ENUM,
     .offset = FIELD(http),
     .words = http_words,
     .doc = "The protocol spoken to the vendor; 1.1."},
    {.name = "headers",
     .kind = BIND_NAMED,
     .offset = FIELD(headers),
     .max = 50,
     .table = &header_table,
     .doc = "Headers of every request."},
    {.name = "auth",
     .kind = BIND_OBJECTS,
     .offset = FIELD(ways),
     .required = true,
     .min = 1,
     .max = WAYS_MAX,
     .table = &way_table,
     .doc = "How requests carry the account's credential: in one way, or in several, of "
            "which each account has one; the first is the default."},
    {.name = "connect",
     .kind = BIND_OBJECT,
     .offset = FIELD(connect),
     .table = &connect_table,
     .doc = "What a person is asked when an account is connected."},
    {.name = "rate_limit",
     .kind = BIND_OBJECT,
     .offset = FIELD(rate_limit),
     .table = &throttle_table,
     .doc = "Where answers tell of rate limits."},
    UNREAD("limits", "Limits that the vendor documents."),
    {.name = "errors",
     .kind = BIND_OBJECT,
     .offset = FIELD(errors),
     .table = &error_table,
     .doc = "Where answers tell what went wrong, and what it means."},
    {.name = "rewrite",
     .kind = BIND_OBJECT,
     .offset = FIELD(rewrite),
     .table = &rewrite_table,
     .doc = "Links in answers that must stay inside the proxy."},
    {.name = "pagination",
     .kind = BIND_OPTION,
     .offset = FIELD(pagination),
     .table = &page_rule_table,
     .doc = "How the vendor pages its lists."},
    {.name = "idempotency",
     .kind = BIND_OBJECT,
     .offset = FIELD(idempotency),
     .table = &idempotency_table,
     .doc = "How the vendor recognises a repeated write, whatever the method."},
    {.name = "resilience",
     .kind = BIND_OBJECT,
     .offset = FIELD(resilience),
     .table = &resilience_table,
     .doc = "Time limits, retries, breakers, calls at once."},
    {.name = "webhooks",
     .kind = BIND_OPTION,
     .offset = FIELD(webhooks),
     .table = &webhook_table,
     .doc = "How the vendor's webhooks are verified, answered and read."},
    {.name = "cache",
     .kind = BIND_OBJECT,
     .offset = FIELD(caching),
     .table = &caching_table,
     .doc = "What is kept of answers, and who is answered from it."},
    UNREAD("subscriptions", "How webhooks are subscribed to."),
    {.name = "events",
     .kind = BIND_OPTION,
     .offset = FIELD(events),
     .table = &event_rules_table,
     .doc = "What the events in the vendor's webhooks mean."},
    {.name = "resources",
     .kind = BIND_NAMED,
     .offset = FIELD(resources),
     .max = 1000,
     .table = &resource_table,
     .doc = "What can be done at the vendor, by resource and method."},
    {.name = "path_values",
     .kind = BIND_CUSTOM,
     .offset = FIELD(path_values),
     .custom = read_path_values,
     .custom_schema = "{\"type\":\"object\",\"minProperties\":1,\"maxProperties\":20,"
                      "\"additionalProperties\":{\"type\":\"string\",\"minLength\":1,"
                      "\"maxLength\":200}}",
     .doc = "What names in methods' paths are in unified requests, where neither the "
            "mapping nor the account's context says it."},
    {.name = "unified",
     .kind = BIND_NAMED,
     .offset = FIELD(unified),
     .max = 50,
     .table = &mapping_category_table,
     .doc = "Mappings to unified models, by category and resource."},
    UNREAD("sync", "How resources are synced."),
    UNREAD("probes", "Synthetic calls that watch the vendor."),
    {.name = "docs",
     .kind = BIND_CUSTOM,
     .offset = FIELD(docs),
     .custom = read_docs,
     .custom_schema = OBJECT_SCHEMA,
     .doc = "Links and notes for people; \"unverified\" lists what has not been checked "
            "against the vendor."},
};

bool document_inspects(const struct integration *integration, str group)
{
    return throttle_needs_body_of_success(&integration->rate_limit, group) ||
           error_needs_body_of_success(&integration->errors, group);
}

/* A set of keys proves whose a webhook is: it comes from where credentials may go. */
static void check_key_sets(struct binder *binder, const struct integration *integration)
{
    const struct webhook_rule *webhooks = integration->webhooks;
    const struct signature_rule *rules = webhooks ? webhooks->verify.items : NULL;
    struct url url;
    for (uint32_t i = 0; webhooks && i < webhooks->verify.n; i++) {
        str text = rules[i].secret.of_url;
        if (!str_absent(text) && url_parse(binder->arena, text, &url, NULL) &&
            !integration_allows(integration, &url))
            bind_fault_at(binder, STR("webhooks"),
                          "has its keys at " STR_F
                          ", which is not among \"hosts\"; add it there.",
                          STR_A(url_origin(binder->arena, &url)));
    }
}

static void finish_document(struct binder *binder, void *obj)
{
    struct integration *integration = obj;
    if (str_absent(integration->label))
        integration->label = integration->name;
    integration->inspect_success = document_inspects(integration, STR_NONE);
    way_check(binder, integration);
    check_key_sets(binder, integration);
}

const struct bind_table document_table = {
    .name = "integration",
    .rows = rows,
    .n = COUNT_OF(rows),
    .bytes = sizeof(struct integration),
    .finish = finish_document,
};
