/*
 * One provider after another: base URL, headers, authentication, rules. A provider whose
 * hosts or mode cannot be said makes no document, and a note instead.
 */
#include "import/catalogue.h"

#include "import/hosts.h"
#include "json/merge.h"
#include "json/pointer.h"

enum { ALIASES_MAX = 5, LABEL_MAX = 100, NAME_BYTES_MAX = 64, TEXT_BYTES_MAX = 1 << 16 };

enum member_kind { MEMBER_READ, MEMBER_IDLE, MEMBER_CODE };

static const struct {
    str name;
    enum member_kind kind;
} members[] = {
#define X(member, kind) {STR(member), MEMBER_##kind},
#include "import/provider_member_list.h"
#undef X
};

void provider_say(struct provider *provider, const char *fmt, ...)
{
    struct import *import = provider->import;
    va_list args;
    va_start(args, fmt);
    str text = arena_vprintf(import->arena, fmt, args);
    va_end(args);
    import_say(import, STR_F ": " STR_F, STR_A(provider->name), STR_A(text));
}

/* --- templates --- */

static const struct json *config_of(const struct provider *provider, str slug)
{
    const struct json *all = import_at(provider->at, STR("connection_config"));
    for (uint32_t i = 0; all && json_is(all, JSON_OBJECT) && i < all->n; i++)
        if (str_eq(import_slug(provider->import->arena, json_key(&all->u.members[i]),
                               NAME_BYTES_MAX),
                   slug))
            return &all->u.members[i].value;
    return NULL;
}

/* What stands in ${…}: absent when it is more than the name of a value, or a secret where
 * templates have the account's context only, which is none. */
static str variable_name(const struct provider *provider, str inside)
{
    bool config = str_starts(inside, STR("connectionConfig."));
    bool secret = str_starts(inside, STR("credentials."));
    size_t dot = str_find(inside, '.');
    str name = config || secret ? str_from(inside, dot + 1) : inside;
    for (size_t k = 0; k < name.n; k++)
        if (strchr("(){}.:$, ", name.p[k]))
            return STR_NONE;
    str slug = import_slug(provider->import->arena, name, NAME_BYTES_MAX);
    const struct json *hidden = import_at(config_of(provider, slug), STR("secret"));
    secret = secret || (hidden && json_is(hidden, JSON_TRUE));
    return slug.n && (!secret || provider->secrets) ? slug : STR_NONE;
}

static bool fill(struct provider *provider, struct buf *out, str text)
{
    struct import *import = provider->import;
    while (text.n) {
        size_t open = str_find_str(text, STR("${"));
        str plain = str_of(text.p, open < text.n ? open : text.n);
        if (str_find(plain, '{') < plain.n || str_find(plain, '}') < plain.n)
            return false;
        buf_str(out, plain);
        if (open >= text.n)
            break;
        str rest = str_from(text, open + 2);
        size_t close = str_find(rest, '}');
        str name =
            close < rest.n ? variable_name(provider, str_of(rest.p, close)) : STR_NONE;
        if (str_absent(name))
            return false;
        buf_printf(out, "{" STR_F "}", STR_A(name));
        map_put(&provider->used, name, import);
        text = str_from(rest, close + 1);
    }
    return buf_ok(out);
}

str provider_template(struct provider *provider, const char *member, str text)
{
    struct buf out;
    str choice = text;
    for (size_t at; (at = str_find_str(choice, STR("||"))) < choice.n;)
        choice = str_from(choice, at + 2);
    choice = str_trim(choice);
    if (choice.n != text.n) {
        bool plain = str_find_str(choice, STR("${")) >= choice.n;
        provider_say(provider, "%s has alternatives; \"" STR_F "\" is taken.", member,
                     STR_A(plain ? choice : STR("none")));
        if (!plain)
            return STR_NONE;
    }
    buf_init(&out, TEXT_BYTES_MAX);
    bool good = choice.n && fill(provider, &out, choice);
    str result = arena_take(provider->import->arena, &out);
    if (!good)
        provider_say(provider,
                     "%s \"" STR_F "\" is more than a template says, or a secret in one.",
                     member, STR_A(choice));
    return good ? result : STR_NONE;
}

str provider_pointer(struct arena *arena, str path)
{
    str pointer = STR("");
    for (str name; str_next(&path, '.', &name);)
        pointer = pointer_join(arena, pointer, name);
    return pointer;
}

/* --- the base URL --- */

static const struct json *values_of(void *arg, str name)
{
    const struct provider *provider = arg;
    const struct json *config = config_of(provider, name);
    const struct json *values = import_at(config, STR("enum"));
    return values && json_is(values, JSON_ARRAY) && values->n ? values : NULL;
}

static bool put_base(struct provider *provider, struct json_build *document)
{
    struct import *import = provider->import;
    struct json_build hosts;
    bool given = !str_absent(import->base_url);
    str written =
        given ? import->base_url : import_text(provider->proxy, STR("base_url"));
    if (str_absent(written)) {
        provider_say(provider, "it has no proxy.base_url; no document is made.");
        return false;
    }
    str url = given ? written : provider_template(provider, "proxy.base_url", written);
    while (url.n && url.p[url.n - 1] == '/')
        url.n--;
    json_build_init(&hosts, import->arena);
    bool whole = str_starts(url, STR("https://")) || str_starts(url, STR("http://"));
    if (!whole || !hosts_put(import->arena, url, values_of, provider, &hosts)) {
        provider_say(provider,
                     "its base URL \"" STR_F
                     "\" may be any host, and a document names its "
                     "hosts; no document is made without --base-url.",
                     STR_A(written));
        return false;
    }
    json_build_member(document, STR("hosts"), json_build_array(&hosts));
    json_build_member(document, STR("base_url"), json_of_text(url));
    return true;
}

/* --- headers --- */

static void read_headers(struct provider *provider)
{
    const struct json *all = import_at(provider->proxy, STR("headers"));
    for (uint32_t i = 0; all && json_is(all, JSON_OBJECT) && i < all->n; i++) {
        str name = json_key(&all->u.members[i]);
        str value = json_text(&all->u.members[i].value);
        if (map_find(&provider->secret_headers, name) ||
            str_find_str(value, STR("${accessToken}")) < value.n ||
            str_find_str(value, STR("${apiKey}")) < value.n)
            continue;
        if (!import_is_settable(name) || value.n == 0) {
            provider_say(provider, "the header " STR_F " is left to the caller.",
                         STR_A(name));
            continue;
        }
        str filled = provider_template(provider, "a header", value);
        if (filled.n)
            json_build_member(&provider->headers, name, json_of_text(filled));
    }
}

/* --- what people are asked --- */

static void put_fields(struct provider *provider, struct json_build *document)
{
    struct import *import = provider->import;
    const struct json *all = import_at(provider->at, STR("connection_config"));
    struct json_build fields, connect;
    json_build_init(&fields, import->arena);
    for (uint32_t i = 0; all && json_is(all, JSON_OBJECT) && i < all->n && i < 20; i++) {
        str slug =
            import_slug(import->arena, json_key(&all->u.members[i]), NAME_BYTES_MAX);
        str title = import_text(&all->u.members[i].value, STR("title"));
        const struct json *standard =
            import_at(&all->u.members[i].value, STR("default_value"));
        if (!slug.n || !map_remove(&provider->used, slug))
            continue;
        if (standard && json_text(standard).n)
            provider_say(provider, "{" STR_F "} is \"" STR_F "\" for most accounts.",
                         STR_A(slug), STR_A(json_text(standard)));
        if (title.n && title.n <= LABEL_MAX)
            json_build_member(&fields, slug, json_of_text(title));
    }
    if (fields.n == 0)
        return;
    json_build_init(&connect, import->arena);
    json_build_member(&connect, STR("fields"), json_build_object(&fields));
    json_build_member(document, STR("connect"), json_build_object(&connect));
}

/* --- the rest --- */

static void say_members(struct provider *provider)
{
    for (uint32_t i = 0; i < provider->at->n; i++) {
        str name = json_key(&provider->at->u.members[i]);
        size_t k = 0;
        while (k < COUNT_OF(members) && !str_eq(members[k].name, name))
            k++;
        if (k == COUNT_OF(members))
            provider_say(provider, "its member " STR_F " is not read.", STR_A(name));
        else if (members[k].kind == MEMBER_CODE)
            provider_say(provider, STR_F " is a program, which a document has not.",
                         STR_A(name));
    }
}

static void put_docs(struct provider *provider, struct json_build *document,
                     uint32_t notes)
{
    struct import *import = provider->import;
    static const str unverified[] = {
        {"all of it: it stands as the catalogue has it", 44}};
    struct json_build docs;
    json_build_init(&docs, import->arena);
    import_put_text(&docs, STR("reference"), import_text(provider->at, STR("docs")));
    json_build_member(
        &docs, STR("imported_from"),
        json_of_text(arena_printf(import->arena, "a catalogue of providers, " STR_F,
                                  STR_A(provider->name))));
    if (import->note_n > notes)
        json_build_member(&docs, STR("notes"), import_notes(import, notes));
    json_build_member(&docs, STR("unverified"),
                      import_texts(import->arena, unverified, COUNT_OF(unverified)));
    json_build_member(document, STR("docs"), json_build_object(&docs));
}

static bool is_name(str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!str_is_digit(name.p[i]) && !strchr("_-", name.p[i]) &&
            !(name.p[i] >= 'a' && name.p[i] <= 'z'))
            return false;
    return name.n > 0 && name.n <= NAME_BYTES_MAX;
}

static bool make(struct provider *provider, struct json_build *document)
{
    struct import *import = provider->import;
    uint32_t notes = import->note_n;
    struct json_build auth;
    str label = import_text(provider->at, STR("display_name"));
    json_build_init(&auth, import->arena);
    json_build_member(document, STR("name"), json_of_text(provider->name));
    if (label.n && label.n <= LABEL_MAX)
        json_build_member(document, STR("label"), json_of_text(label));
    if (!put_base(provider, document) || !provider_put_auth(provider, &auth))
        return false;
    read_headers(provider);
    if (provider->headers.n)
        json_build_member(document, STR("headers"),
                          json_build_object(&provider->headers));
    struct json members_of_auth = json_build_object(&auth);
    json_build_member(document, STR("auth"), members_of_auth.u.members[0].value);
    put_fields(provider, document);
    provider_put_rules(provider, document);
    say_members(provider);
    put_docs(provider, document, notes);
    return true;
}

/* The provider with what it takes from the one that it is an alias of. */
static bool resolve(struct import *import, str name, struct json *ret_provider)
{
    const struct json *found = import_at(import->root, name);
    struct json merged = found ? *found : json_of_null();
    for (int i = 0; found; i++) {
        str alias = import_text(found, STR("alias"));
        if (str_absent(alias))
            break;
        found = i < ALIASES_MAX ? import_at(import->root, alias) : NULL;
        if (found)
            merged = merge_patch(import->arena, found, &merged);
        else
            import_say(import,
                       STR_F ": it is an alias of \"" STR_F "\", which is not there.",
                       STR_A(name), STR_A(alias));
    }
    *ret_provider = merged;
    return found && json_is(&merged, JSON_OBJECT);
}

static void take(struct import *import, str name, struct import_list *list)
{
    struct json at;
    struct json_build document;
    str own = is_name(name) ? name : import_slug(import->arena, name, NAME_BYTES_MAX);
    if (!resolve(import, name, &at) || own.n == 0) {
        import_say(import, STR_F ": it is no provider.", STR_A(name));
        return;
    }
    struct provider provider = {
        .import = import, .name = own, .at = &at, .proxy = import_at(&at, STR("proxy"))};
    json_build_init(&document, import->arena);
    json_build_init(&provider.headers, import->arena);
    map_init(&provider.secret_headers);
    map_init(&provider.used);
    if (make(&provider, &document)) {
        list->items = arena_grow(import->arena, list->items, list->n, &list->room,
                                 sizeof(*list->items));
        list->items[list->n++] =
            (struct imported){.name = own, .document = json_build_object(&document)};
    }
    map_fini(&provider.secret_headers);
    map_fini(&provider.used);
}

bool import_catalogue(struct import *import, struct import_list *ret)
{
    const struct json *root = import->root;
    *ret = (struct import_list){.n = 0};
    if (!json_is(root, JSON_OBJECT))
        import_fail(import, "is no catalogue: it has no providers by name.");
    else if (!str_absent(import->name) && !import_at(root, import->name))
        import_fail(import, "has no provider \"" STR_F "\".", STR_A(import->name));
    else if (!str_absent(import->name))
        take(import, import->name, ret);
    else
        for (uint32_t i = 0; i < root->n; i++)
            take(import, json_key(&root->u.members[i]), ret);
    return str_absent(import->fault);
}
