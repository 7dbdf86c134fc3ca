#include "catalog/idempotency.h"

#include "catalog/document.h"
#include "catalog/repeat_search.h"
#include "http/url.h"

static const char *const words[] = {"none", "header", "query", "body", NULL};

#define AT(field) offsetof(struct idempotency, field)

static const struct bind_row rows[] = {
    {.name = "kind",
     .kind = BIND_ENUM,
     .offset = AT(kind),
     .required = true,
     .words = words,
     .doc = "How the vendor recognises a repeated write: not at all, or by a key in a "
            "header, in a parameter of the query, or in a member of the JSON body."},
    {.name = "header",
     .kind = BIND_TEXT,
     .offset = AT(header),
     .doc = "The header that carries the key."},
    {.name = "param",
     .kind = BIND_TEXT,
     .offset = AT(param),
     .min = 1,
     .max = 100,
     .doc = "The parameter that carries the key."},
    {.name = "member",
     .kind = BIND_TEXT,
     .offset = AT(member),
     .min = 1,
     .max = 100,
     .doc = "The member that carries the key, at the top of the body."},
    {.name = "window",
     .kind = BIND_DURATION,
     .offset = AT(window),
     .min = 1,
     .max = 86400 * 366.0,
     .doc = "How long the vendor remembers a key; 24h unless given."},
    {.name = "stores_errors",
     .kind = BIND_BOOL,
     .offset = AT(stores_errors),
     .doc = "Whether the vendor answers a repeat with what it answered first, even when "
            "that was an error from 500 up: then a repeat cannot mend it; false."},
    {.name = "refused",
     .kind = BIND_UINTS,
     .offset = AT(refused),
     .min = 500,
     .max = 599,
     .doc = "Statuses from 500 up with which the vendor says that it has done nothing; "
            "503 (RFC 9110 §15.6.4). After any other a write may have been done."},
    {.name = "search",
     .kind = BIND_OPTION,
     .offset = AT(search),
     .table = &repeat_search_table,
     .doc =
         "How the vendor is asked whether it has done a write whose answer never came, "
         "where it would not know a repeat by its key."},
};

static void init(void *obj)
{
    static const uint32_t standard[] = {503};
    ((struct idempotency *)obj)->refused = (struct bind_uints){standard, 1};
}

/* The member that belongs to the kind is there, and no other. */
static void check_place(struct binder *binder, const struct idempotency *idempotency)
{
    const str given[] = {STR_NONE, idempotency->header, idempotency->param,
                         idempotency->member};
    static const char *const names[] = {"", "header", "param", "member"};
    for (uint32_t i = 1; i < COUNT_OF(given); i++) {
        if (i == idempotency->kind && str_absent(given[i]))
            bind_fault_at(binder, str_z(names[i]),
                          "is missing: it says where the vendor looks for the key.");
        if (i != idempotency->kind && !str_absent(given[i]))
            bind_fault_at(binder, str_z(names[i]),
                          "does not belong to the kind \"%s\"; remove it, or change the "
                          "kind.",
                          words[idempotency->kind]);
    }
}

static void finish(struct binder *binder, void *obj)
{
    struct idempotency *idempotency = obj;
    bool keyed = idempotency->kind != IDEMPOTENCY_NONE;
    check_place(binder, idempotency);
    if (!str_absent(idempotency->header) && !document_header_valid(idempotency->header))
        bind_fault_at(binder, STR("header"),
                      "must be the name of the vendor's header for keys, such as "
                      "\"Idempotency-Key\".");
    if (!keyed && (idempotency->window || idempotency->stores_errors))
        bind_fault_at(
            binder, STR("kind"),
            "is \"none\", but it is said how keys are kept; make it another, or "
            "remove that.");
    if (keyed && !idempotency->window)
        idempotency->window = USEC_DAY;
}

const struct bind_table idempotency_table = {
    .name = "idempotency block",
    .rows = rows,
    .n = COUNT_OF(rows),
    .bytes = sizeof(struct idempotency),
    .init = init,
    .finish = finish,
};

/* --- keys --- */

str idempotency_key(const struct idempotency *idempotency,
                    const struct idempotency_place *place, struct arena *arena)
{
    switch ((enum idempotency_kind)idempotency->kind) {
    case IDEMPOTENCY_HEADER:
        return header_value_name(place->headers, idempotency->header);
    case IDEMPOTENCY_QUERY:
        return str_absent(place->query)
                   ? STR_NONE
                   : url_query_find(arena, place->query, idempotency->param);
    case IDEMPOTENCY_BODY:
        return json_member_text(&place->body, idempotency->member);
    case IDEMPOTENCY_NONE:
        break;
    }
    return STR_NONE;
}

static struct json with_member(struct arena *arena, const struct json *body, str name,
                               str value)
{
    struct json_build build;
    json_build_init(&build, arena);
    for (uint32_t i = 0; i < body->n; i++)
        if (!str_eq(json_key(&body->u.members[i]), name))
            json_build_member(&build, json_key(&body->u.members[i]),
                              body->u.members[i].value);
    json_build_member(&build, name, json_of_text(value));
    return json_build_object(&build);
}

bool idempotency_put(const struct idempotency *idempotency, str key, struct arena *arena,
                     struct idempotency_place *place)
{
    switch ((enum idempotency_kind)idempotency->kind) {
    case IDEMPOTENCY_HEADER:
        header_set_name(place->headers, idempotency->header, key);
        return true;
    case IDEMPOTENCY_QUERY:
        if (!str_absent(idempotency_key(idempotency, place, arena)))
            return false;
        place->query = url_query_with(arena, place->query, idempotency->param, key);
        return true;
    case IDEMPOTENCY_BODY:
        if (!json_is(&place->body, JSON_OBJECT))
            return false;
        place->body = with_member(arena, &place->body, idempotency->member, key);
        return true;
    case IDEMPOTENCY_NONE:
        break;
    }
    return false;
}

bool idempotency_refused(const struct idempotency *idempotency, int status)
{
    for (uint32_t i = 0; i < idempotency->refused.n; i++)
        if ((int)idempotency->refused.items[i] == status)
            return true;
    return false;
}
