#include "deliver/endpoint.h"

#include <pthread.h>

#include "base/map.h"
#include "base/mem.h"
#include "directory/roster.h"
#include "json/json_parse.h"
#include "json/json_write.h"

enum { ROW_BYTES_MAX = 8 << 20, FILTERS_MAX = 1000 };

const char *const endpoint_state_words[] = {"active", "paused", "disabled", NULL};
const char *const endpoint_ordering_words[] = {"none", "record", "latest", NULL};

str endpoint_state_word(enum endpoint_state state)
{
    return str_z(endpoint_state_words[state]);
}

/* --- what it is made with --- */

#define AT(field) offsetof(struct endpoint_spec, field)

#define FILTER(member, sentence)                                                         \
    {                                                                                    \
        .name = #member, .kind = BIND_TEXTS, .offset = AT(member), .min = 1, .max = 200, \
        .doc = sentence                                                                  \
    }
#define SWITCH(member, sentence)                                                         \
    {                                                                                    \
        .name = #member, .kind = BIND_BOOL, .offset = AT(member), .doc = sentence        \
    }
#define NUMBER(member, least, most, sentence)                                            \
    {                                                                                    \
        .name = #member, .kind = BIND_UINT, .offset = AT(member), .min = least,          \
        .max = most, .doc = sentence                                                     \
    }

static const struct bind_row spec_rows[] = {
    {.name = "name",
     .kind = BIND_TEXT,
     .offset = AT(name),
     .min = 1,
     .max = 200,
     .doc = "For people."},
    {.name = "url",
     .kind = BIND_TEXT,
     .offset = AT(url),
     .min = 1,
     .max = 2000,
     .doc = "Where events are posted: an absolute URL, https unless allowed."},
    FILTER(types, "Types of events: exact ones, or `record.*`; left out: all but those "
                  "about endpoints and deliveries, which want their names or `alerts`."),
    FILTER(integrations, "Only events of these integrations; left out: of all."),
    FILTER(accounts, "Only events of the accounts of these ids; left out: of all."),
    FILTER(resources, "Only events about records of these resources (crm/contacts), and "
                      "those that are about no record; left out: of all."),
    {.name = "ordering",
     .kind = BIND_ENUM,
     .offset = AT(ordering),
     .words = endpoint_ordering_words,
     .doc =
         "none; record: one after the other for each record; latest: the same, and a "
         "later event of a record takes the place of those that wait. Standard: none."},
    NUMBER(concurrency, 1, 64, "Attempts at a time; standard 8."),
    NUMBER(rate, 0, 10000, "Attempts a second at most; 0, the standard: no limit."),
    {.name = "timeout",
     .kind = BIND_DURATION,
     .offset = AT(timeout),
     .min = 1,
     .max = 60,
     .doc = "What an attempt may take; standard 15s."},
    NUMBER(pending_max, 1, 10000000,
           "So many deliveries are kept waiting; past that the oldest go to the dead "
           "letters. Standard 100000."),
    NUMBER(pending_mb_max, 1, 100000,
           "The same for the size of their events, in MiB. Standard 256."),
    SWITCH(pause_on_failures, "Pause when more than half of the attempts fail, and try "
                              "single ones until one is taken; false."),
    SWITCH(skip_self,
           "Leave out events that echo writes made through Breakwater; false."),
    SWITCH(skip_late, "Leave out events that came late; false."),
    SWITCH(alerts, "Gets all that is said of other endpoints (endpoint.failing, …), "
                   "whatever `types` says; false."),
};

static void init_spec(void *obj)
{
    struct endpoint_spec *spec = obj;
    *spec = (struct endpoint_spec){.name = STR_NONE,
                                   .url = STR_NONE,
                                   .concurrency = 8,
                                   .timeout = 15 * USEC_S,
                                   .pending_max = 100000,
                                   .pending_mb_max = 256};
}

static void check_filter(struct binder *binder, const char *name,
                         const struct bind_texts *filter)
{
    if (filter->n > FILTERS_MAX)
        bind_fault_at(binder, str_z(name), "has more than %d items.", FILTERS_MAX);
}

/* One that nothing is ever called would get nothing, and nobody would know why. */
static bool is_type(str wanted)
{
    enum event_type type;
    if (!str_ends(wanted, STR("*")))
        return event_type_of(wanted, &type);
    for (int i = 0; i < EVENT_TYPE_COUNT; i++)
        if (str_starts(event_type_name((enum event_type)i),
                       str_of(wanted.p, wanted.n - 1)))
            return true;
    return false;
}

static void check_types(struct binder *binder, const struct bind_texts *types)
{
    for (uint32_t i = 0; i < types->n; i++)
        if (!is_type(types->items[i]))
            bind_fault_at(binder, STR("types"),
                          "has \"" STR_F "\", which is no type of events.",
                          STR_A(types->items[i]));
}

static void finish_spec(struct binder *binder, void *obj)
{
    struct endpoint_spec *spec = obj;
    struct url url;
    const char *why;
    check_filter(binder, "types", &spec->types);
    check_types(binder, &spec->types);
    check_filter(binder, "integrations", &spec->integrations);
    check_filter(binder, "accounts", &spec->accounts);
    check_filter(binder, "resources", &spec->resources);
    if (!str_absent(spec->url) && !url_parse(binder->arena, spec->url, &url, &why))
        bind_fault_at(binder, STR("url"), "is no URL to post to: %s.", why);
}

const struct bind_table endpoint_table = {
    .name = "endpoint",
    .rows = spec_rows,
    .n = COUNT_OF(spec_rows),
    .bytes = sizeof(struct endpoint_spec),
    .init = init_spec,
    .finish = finish_spec,
};

static void put_texts(struct json_out *out, const char *name,
                      const struct bind_texts *texts)
{
    json_out_name(out, str_z(name));
    json_out_array(out);
    for (uint32_t i = 0; i < texts->n; i++)
        json_out_text(out, texts->items[i]);
    json_out_end(out);
}

static void put_duration(struct json_out *out, const char *name, usec time)
{
    char text[32];
    struct buf buf;
    buf_init(&buf, sizeof(text));
    buf_printf(&buf, "%lldms", (long long)(time / USEC_MS));
    json_out_member_text(out, str_z(name), buf_peek(&buf));
    buf_fini(&buf);
}

void endpoint_spec_put(struct json_out *out, const struct endpoint_spec *spec)
{
    json_out_member_text(out, STR("name"), spec->name);
    json_out_member_text(out, STR("url"), spec->url);
    put_texts(out, "types", &spec->types);
    put_texts(out, "integrations", &spec->integrations);
    put_texts(out, "accounts", &spec->accounts);
    put_texts(out, "resources", &spec->resources);
    json_out_member_text(out, STR("ordering"),
                         str_z(endpoint_ordering_words[spec->ordering]));
    json_out_member_int(out, STR("concurrency"), spec->concurrency);
    json_out_member_int(out, STR("rate"), spec->rate);
    put_duration(out, "timeout", spec->timeout);
    json_out_member_int(out, STR("pending_max"), spec->pending_max);
    json_out_member_int(out, STR("pending_mb_max"), spec->pending_mb_max);
    json_out_member_bool(out, STR("pause_on_failures"), spec->pause_on_failures);
    json_out_member_bool(out, STR("skip_self"), spec->skip_self);
    json_out_member_bool(out, STR("skip_late"), spec->skip_late);
    json_out_member_bool(out, STR("alerts"), spec->alerts);
}

/* --- one --- */

static bool read_state(str word, enum endpoint_state *ret_state)
{
    for (int i = 0; endpoint_state_words[i]; i++)
        if (str_eq(word, str_z(endpoint_state_words[i]))) {
            *ret_state = (enum endpoint_state)i;
            return true;
        }
    return false;
}

static void keep_texts(struct arena *arena, struct bind_texts *texts)
{
    str *items = texts->n ? arena_array(arena, texts->n, sizeof(*items)) : NULL;
    for (uint32_t i = 0; i < texts->n; i++)
        items[i] = arena_str(arena, texts->items[i]);
    texts->items = items;
}

/* What is kept of a document is much less than what reading it takes. */
static void keep_spec(struct arena *arena, struct endpoint_spec *spec)
{
    spec->name = arena_str(arena, spec->name);
    spec->url = arena_str(arena, spec->url);
    keep_texts(arena, &spec->types);
    keep_texts(arena, &spec->integrations);
    keep_texts(arena, &spec->accounts);
    keep_texts(arena, &spec->resources);
}

static bool read_texts(struct endpoint *endpoint, const struct endpoint_row *row)
{
    struct json document, shown;
    struct binder binder;
    struct arena scratch;
    arena_init(&scratch, 8 * 1024, ROW_BYTES_MAX);
    bind_init(&binder, &scratch);
    bool good = read_state(row->state, &endpoint->state) &&
                json_parse(&scratch, row->document, NULL, &document, NULL) &&
                json_parse(&scratch, row->shown, NULL, &shown, NULL) &&
                bind_read(&binder, &endpoint_table, &document, &endpoint->spec) &&
                !str_absent(endpoint->spec.url);
    if (good) {
        keep_spec(&endpoint->arena, &endpoint->spec);
        endpoint->shown = json_copy(&endpoint->arena, &shown);
        good = url_parse(&endpoint->arena, endpoint->spec.url, &endpoint->url, NULL);
    }
    arena_fini(&scratch);
    return good;
}

struct endpoint *endpoint_create(const struct endpoint_row *row)
{
    struct endpoint *endpoint = mem_zalloc(sizeof(*endpoint));
    arena_init(&endpoint->arena, 512, ROW_BYTES_MAX);
    atomic_init(&endpoint->refs, 1);
    endpoint->id = tenant_id_of(row->id);
    endpoint->environment = tenant_id_of(row->environment);
    endpoint->stage = tenant_id_of(row->stage);
    endpoint->reason = arena_str(&endpoint->arena, row->reason);
    endpoint->failing = row->failing;
    endpoint->version = row->version;
    endpoint->created = row->created;
    endpoint->updated = row->updated;
    if (!read_texts(endpoint, row))
        endpoint_unref(&endpoint);
    return endpoint;
}

struct endpoint *endpoint_ref(struct endpoint *endpoint)
{
    atomic_fetch_add(&endpoint->refs, 1);
    return endpoint;
}

void endpoint_unref(struct endpoint **ptr)
{
    struct endpoint *endpoint = *ptr;
    *ptr = NULL;
    if (!endpoint || atomic_fetch_sub(&endpoint->refs, 1) > 1)
        return;
    arena_fini(&endpoint->arena);
    mem_free(endpoint);
}

/* --- all of them --- */

/* The endpoints of an environment or a stage. */
struct scope {
    struct tenant_id id;
    struct endpoint **items;
    uint32_t n, room;
};

struct endpoints {
    pthread_rwlock_t lock;
    struct roster order; /* by id; each holds the table's reference */
    struct map by_id;
    struct map scopes;
    uint32_t failing;
};

static struct roster_key order_of(const void *object)
{
    const struct endpoint *endpoint = object;
    return (struct roster_key){0, tenant_id_str(&endpoint->id)};
}

struct endpoints *endpoints_create(void)
{
    struct endpoints *endpoints = mem_zalloc(sizeof(*endpoints));
    pthread_rwlock_init(&endpoints->lock, NULL);
    roster_init(&endpoints->order, order_of);
    map_init(&endpoints->by_id);
    map_init(&endpoints->scopes);
    return endpoints;
}

void endpoints_destroy(struct endpoints **ptr)
{
    struct endpoints *endpoints = *ptr;
    size_t at = 0;
    *ptr = NULL;
    if (!endpoints)
        return;
    for (struct scope *scope; (scope = map_next(&endpoints->scopes, &at)) != NULL;) {
        mem_free(scope->items);
        mem_free(scope);
    }
    at = 0;
    for (struct endpoint *one; (one = map_next(&endpoints->by_id, &at)) != NULL;)
        endpoint_unref(&one);
    map_fini(&endpoints->scopes);
    map_fini(&endpoints->by_id);
    roster_fini(&endpoints->order);
    pthread_rwlock_destroy(&endpoints->lock);
    mem_free(endpoints);
}

static const struct tenant_id *scope_id(const struct endpoint *endpoint)
{
    return endpoint->environment.text[0] ? &endpoint->environment : &endpoint->stage;
}

static void add_to_scope(struct endpoints *endpoints, struct endpoint *endpoint)
{
    const struct tenant_id *id = scope_id(endpoint);
    struct scope *scope = map_find(&endpoints->scopes, tenant_id_str(id));
    if (!scope) {
        scope = mem_zalloc(sizeof(*scope));
        scope->id = *id;
        map_put(&endpoints->scopes, tenant_id_str(&scope->id), scope);
    }
    if (scope->n == scope->room) {
        scope->room = scope->room ? 2 * scope->room : 1;
        scope->items = mem_grow(scope->items, scope->room * sizeof(scope->items[0]));
    }
    scope->items[scope->n++] = endpoint;
}

static void drop_from_scope(struct endpoints *endpoints, const struct endpoint *endpoint)
{
    struct scope *scope = map_find(&endpoints->scopes, tenant_id_str(scope_id(endpoint)));
    uint32_t i = 0;
    while (scope->items[i] != endpoint)
        i++;
    scope->items[i] = scope->items[--scope->n];
    if (scope->n)
        return;
    map_remove(&endpoints->scopes, tenant_id_str(&scope->id));
    mem_free(scope->items);
    mem_free(scope);
}

/* Under the lock. Answers the table's reference. */
static struct endpoint *take_out(struct endpoints *endpoints, str id)
{
    struct endpoint *old = map_remove(&endpoints->by_id, id);
    if (old) {
        endpoints->failing -= old->failing > 0;
        roster_remove(&endpoints->order, order_of(old));
        drop_from_scope(endpoints, old);
    }
    return old;
}

void endpoints_put(struct endpoints *endpoints, struct endpoint *endpoint)
{
    str id = tenant_id_str(&endpoint->id);
    pthread_rwlock_wrlock(&endpoints->lock);
    struct endpoint *old = take_out(endpoints, id);
    map_put(&endpoints->by_id, id, endpoint);
    roster_put(&endpoints->order, endpoint);
    endpoints->failing += endpoint->failing > 0;
    add_to_scope(endpoints, endpoint);
    pthread_rwlock_unlock(&endpoints->lock);
    endpoint_unref(&old);
}

void endpoints_remove(struct endpoints *endpoints, str id)
{
    pthread_rwlock_wrlock(&endpoints->lock);
    struct endpoint *old = take_out(endpoints, id);
    pthread_rwlock_unlock(&endpoints->lock);
    endpoint_unref(&old);
}

struct endpoint *endpoints_find(struct endpoints *endpoints, str id)
{
    pthread_rwlock_rdlock(&endpoints->lock);
    struct endpoint *endpoint = map_find(&endpoints->by_id, id);
    if (endpoint)
        endpoint_ref(endpoint);
    pthread_rwlock_unlock(&endpoints->lock);
    return endpoint;
}

uint32_t endpoints_count(struct endpoints *endpoints, uint32_t *ret_failing)
{
    pthread_rwlock_rdlock(&endpoints->lock);
    uint32_t n = (uint32_t)endpoints->by_id.n;
    *ret_failing = endpoints->failing;
    pthread_rwlock_unlock(&endpoints->lock);
    return n;
}

uint32_t endpoints_list(struct endpoints *endpoints, str after, uint32_t max,
                        bool (*want)(void *arg, const struct endpoint *endpoint),
                        void *arg, struct endpoint **ret)
{
    uint32_t n = 0;
    struct endpoint *endpoint;
    pthread_rwlock_rdlock(&endpoints->lock);
    struct roster_place place = roster_after(
        &endpoints->order, (struct roster_key){0, str_absent(after) ? STR("") : after});
    while (n < max && (endpoint = roster_next(&endpoints->order, &place)) != NULL)
        if (want(arg, endpoint))
            ret[n++] = endpoint_ref(endpoint);
    pthread_rwlock_unlock(&endpoints->lock);
    return n;
}

/* --- matching --- */

static bool holds(const struct bind_texts *filter, str text)
{
    for (uint32_t i = 0; i < filter->n; i++)
        if (str_eq(filter->items[i], text))
            return true;
    return filter->n == 0;
}

static bool is_of_type(const struct bind_texts *types, str type)
{
    for (uint32_t i = 0; i < types->n; i++) {
        str wanted = types->items[i];
        if (str_ends(wanted, STR(".*")) ? str_starts(type, str_of(wanted.p, wanted.n - 1))
                                        : str_eq(type, wanted))
            return true;
    }
    return types->n == 0;
}

static bool takes(const struct endpoint *endpoint, const struct endpoint_event *event)
{
    const struct endpoint_spec *spec = &endpoint->spec;
    const struct event_row *row = event->row;
    bool about = str_eq(tenant_id_str(&endpoint->id), event->about);
    if (endpoint->state == ENDPOINT_DISABLED || about != event->to_one)
        return false;
    if (event->to_one || (event->alert && spec->alerts))
        return true;
    if (event->alert && spec->types.n == 0)
        return false;
    return is_of_type(&spec->types, row->type) &&
           (spec->integrations.n == 0 || holds(&spec->integrations, row->integration)) &&
           (spec->accounts.n == 0 || holds(&spec->accounts, row->account)) &&
           (str_absent(event->resource) || holds(&spec->resources, event->resource)) &&
           !(event->self && spec->skip_self) && !(event->late && spec->skip_late);
}

static void match_scope(struct endpoints *endpoints, str id,
                        const struct endpoint_event *event,
                        void (*take)(void *arg, struct endpoint *endpoint), void *arg)
{
    const struct scope *scope = str_absent(id) ? NULL : map_find(&endpoints->scopes, id);
    for (uint32_t i = 0; scope && i < scope->n; i++)
        if (takes(scope->items[i], event))
            take(arg, scope->items[i]);
}

/* What concerns no environment concerns all stages. */
static void match_stages(struct endpoints *endpoints, const struct endpoint_event *event,
                         void (*take)(void *arg, struct endpoint *endpoint), void *arg)
{
    const struct scope *scope;
    for (size_t at = 0; (scope = map_next(&endpoints->scopes, &at));)
        for (uint32_t i = 0; i < scope->n; i++)
            if (!scope->items[i]->environment.text[0] && takes(scope->items[i], event))
                take(arg, scope->items[i]);
}

void endpoints_match(struct endpoints *endpoints, const struct endpoint_event *event,
                     void (*take)(void *arg, struct endpoint *endpoint), void *arg)
{
    pthread_rwlock_rdlock(&endpoints->lock);
    match_scope(endpoints, event->row->environment, event, take, arg);
    if (str_absent(event->row->environment) && str_absent(event->stage))
        match_stages(endpoints, event, take, arg);
    else
        match_scope(endpoints, event->stage, event, take, arg);
    pthread_rwlock_unlock(&endpoints->lock);
}
