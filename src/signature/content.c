#include "signature/content.h"

#include <stdlib.h>

#include "base/encode.h"
#include "base/uri.h"
#include "http/form.h"
#include "http/url.h"

enum { CONTENT_PARTS_MAX = 40, CONTENT_BYTES_MAX = 500 };

static const struct {
    enum content_kind kind;
    str name;
} names[] = {
#define X(symbol, name, doc) {CONTENT_##symbol, {name, sizeof(name) - 1}},
#include "signature/content_list.h"
#undef X
};

static const char *const name_words[] = {
#define X(symbol, name, doc) name,
#include "signature/content_list.h"
#undef X
    NULL};

static const char name_list[] =
#define X(symbol, name, doc) "{" name "}, "
#include "signature/content_list.h"
#undef X
    "{header:NAME}";

/* --- reading the document --- */

static void fault_name(struct binder *binder, str name)
{
    str nearest = bind_nearest(name, name_words);
    if (!str_absent(nearest))
        bind_fault(binder,
                   "has {" STR_F "}, which nothing of a request is called; did you mean "
                   "{" STR_F "}?",
                   STR_A(bind_shortened(name)), STR_A(nearest));
    else
        bind_fault(binder,
                   "has {" STR_F "}, which nothing of a request is called; there are %s.",
                   STR_A(bind_shortened(name)), name_list);
}

static bool read_name(struct binder *binder, str name, struct content_part *ret_part)
{
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq(names[i].name, name)) {
            *ret_part = (struct content_part){.kind = names[i].kind};
            return true;
        }
    if (str_starts(name, STR("header:")) &&
        header_name_valid(str_from(name, strlen("header:")))) {
        *ret_part =
            (struct content_part){CONTENT_HEADER, str_from(name, strlen("header:"))};
        return true;
    }
    fault_name(binder, name);
    return false;
}

/* The next part off *rest, which is not empty. */
static bool read_part(struct binder *binder, str *rest, struct content_part *ret_part)
{
    size_t open = str_find(*rest, '{');
    if (open) {
        *ret_part = (struct content_part){CONTENT_TEXT, str_of(rest->p, open)};
        *rest = str_from(*rest, open);
        return true;
    }
    size_t close = str_find(*rest, '}');
    if (close == rest->n) {
        bind_fault(binder,
                   "has a \"{\" without \"}\"; what is in braces is a part of the "
                   "request.");
        return false;
    }
    str name = str_of(rest->p + 1, close - 1);
    *rest = str_from(*rest, close + 1);
    return read_name(binder, name, ret_part);
}

void content_read(struct binder *binder, const struct json *value, void *field)
{
    struct content *content = field;
    str rest = json_text(value);
    if (!json_is(value, JSON_STRING) || rest.n == 0 || rest.n > CONTENT_BYTES_MAX) {
        bind_fault(binder,
                   "must be a text of 1 to %d bytes with parts of the request in braces, "
                   "such as \"{timestamp}.{body}\".",
                   CONTENT_BYTES_MAX);
        return;
    }
    struct content_part *parts =
        arena_array(binder->arena, CONTENT_PARTS_MAX, sizeof(*parts));
    uint32_t n = 0;
    while (rest.n && n < CONTENT_PARTS_MAX && read_part(binder, &rest, &parts[n]))
        n++;
    if (rest.n && n == CONTENT_PARTS_MAX)
        bind_fault(binder, "has more than %d parts.", CONTENT_PARTS_MAX);
    *content = (struct content){parts, n};
}

bool content_has(const struct content *content, enum content_kind kind)
{
    for (uint32_t i = 0; i < content->n; i++)
        if (content->parts[i].kind == kind)
            return true;
    return false;
}

bool content_has_header(const struct content *content, str name)
{
    for (uint32_t i = 0; i < content->n; i++)
        if (content->parts[i].kind == CONTENT_HEADER &&
            str_eq_nocase(content->parts[i].text, name))
            return true;
    return false;
}

/* --- URLs --- */

str content_unescape(struct arena *arena, str url, str unescaped)
{
    char *p = arena_bytes(arena, url.n);
    size_t n = 0;
    for (size_t i = 0; i < url.n; i++) {
        int high = url.p[i] == '%' && i + 2 < url.n ? decode_hex_digit(url.p[i + 1]) : -1;
        int low = high >= 0 ? decode_hex_digit(url.p[i + 2]) : -1;
        char c = low >= 0 ? (char)(uint8_t)(high * 16 + low) : '\0';
        if (c && str_find(unescaped, c) < unescaped.n) {
            p[n++] = c;
            i += 2;
        } else {
            p[n++] = url.p[i];
        }
    }
    return str_of(p, n);
}

/* Where the authority's port begins, with its colon; the authority's end without one. */
static size_t port_at(str authority)
{
    size_t n = authority.n;
    while (n && str_is_digit(authority.p[n - 1]))
        n--;
    return n && authority.p[n - 1] == ':' ? n - 1 : authority.n;
}

str content_other_port(struct arena *arena, str url)
{
    struct uri_parts parts;
    uri_split(url, &parts);
    bool tls = str_eq_nocase(parts.scheme, STR("https"));
    if (str_absent(parts.authority) ||
        (!tls && !str_eq_nocase(parts.scheme, STR("http"))))
        return STR_NONE;
    size_t host_end = (size_t)(parts.authority.p - url.p) + port_at(parts.authority);
    size_t end = (size_t)(parts.authority.p - url.p) + parts.authority.n;
    str port = host_end < end ? STR("") : tls ? STR(":443") : STR(":80");
    str pieces[] = {str_of(url.p, host_end), port, str_from(url, end)};
    return arena_join(arena, pieces, COUNT_OF(pieces));
}

/* --- parameters --- */

static int compare_params(const void *left, const void *right)
{
    const struct form_param *a = left, *b = right;
    int order = str_cmp(a->name, b->name);
    return order ? order : str_cmp(a->value, b->value);
}

static void sort(struct form *form)
{
    if (form->n)
        qsort(form->items, form->n, sizeof(form->items[0]), compare_params);
}

static bool few_params(str text)
{
    str param;
    uint32_t n = 0;
    while (n <= CONTENT_PARAMS_MAX && str_next(&text, '&', &param))
        n++;
    return n <= CONTENT_PARAMS_MAX;
}

/* The query's parameters but the signature's own. */
static struct form query_params(const struct content_source *source, struct arena *arena,
                                str query, bool decoded)
{
    struct form form;
    str name, value;
    form_init(&form, arena);
    while (url_query_next(&query, &name, &value)) {
        str meant = url_query_decode(arena, name);
        if (!str_absent(source->own) && str_eq(meant, source->own))
            continue;
        form_add(&form, decoded ? meant : name,
                 decoded ? url_query_decode(arena, value) : value);
    }
    return form;
}

static str query_sorted(const struct content_source *source, struct arena *arena,
                        str query)
{
    struct form form = query_params(source, arena, query, false);
    str *parts = arena_array(arena, 4 * (size_t)form.n, sizeof(*parts));
    sort(&form);
    for (uint32_t i = 0; i < form.n; i++) {
        parts[4 * i] = i ? STR("&") : STR("");
        parts[4 * i + 1] = form.items[i].name;
        parts[4 * i + 2] = str_absent(form.items[i].value) ? STR("") : STR("=");
        parts[4 * i + 3] = form.items[i].value;
    }
    return arena_join(arena, parts, 4 * (size_t)form.n);
}

/* As Atlassian Connect has it in its query string hash: sorted after escaping, values of
 * one name behind one another. */
static str query_canonical(const struct content_source *source, struct arena *arena,
                           str query)
{
    struct form form = query_params(source, arena, query, true);
    str *parts = arena_array(arena, 4 * (size_t)form.n, sizeof(*parts));
    for (uint32_t i = 0; i < form.n; i++)
        form.items[i] = (struct form_param){encode_percent(arena, form.items[i].name),
                                            encode_percent(arena, form.items[i].value)};
    sort(&form);
    for (uint32_t i = 0; i < form.n; i++) {
        bool same = i && str_eq(form.items[i].name, form.items[i - 1].name);
        parts[4 * i] = same ? STR(",") : i ? STR("&") : STR("");
        parts[4 * i + 1] = same ? STR("") : form.items[i].name;
        parts[4 * i + 2] = same ? STR("") : STR("=");
        parts[4 * i + 3] = form.items[i].value;
    }
    return arena_join(arena, parts, 4 * (size_t)form.n);
}

/* A pair that comes twice counts once. */
static str form_sorted(const struct content_source *source, struct arena *arena)
{
    struct form form;
    form_init(&form, arena);
    if (source->form)
        form_add_text(&form, source->body);
    str *parts = arena_array(arena, 2 * (size_t)form.n, sizeof(*parts));
    size_t n = 0;
    sort(&form);
    for (uint32_t i = 0; i < form.n; i++) {
        if (i && compare_params(&form.items[i], &form.items[i - 1]) == 0)
            continue;
        parts[n++] = form.items[i].name;
        parts[n++] = form.items[i].value;
    }
    return arena_join(arena, parts, n);
}

/* --- making --- */

static str upper(struct arena *arena, str text)
{
    char *p = arena_bytes(arena, text.n);
    for (size_t i = 0; i < text.n; i++)
        p[i] = text.p[i] >= 'a' && text.p[i] <= 'z' ? (char)(text.p[i] - 32) : text.p[i];
    return str_of(p, text.n);
}

static str piece_of(const struct content_part *part, const struct content_source *source,
                    const struct uri_parts *url, struct arena *arena)
{
    switch (part->kind) {
    case CONTENT_TEXT:
        return part->text;
    case CONTENT_HEADER:
        return header_value_name(source->headers, part->text);
    case CONTENT_BODY:
        return source->body;
    case CONTENT_METHOD:
        return upper(arena, source->method);
    case CONTENT_URL:
        return source->url;
    case CONTENT_PATH:
        return url->path.n ? url->path : STR("/");
    case CONTENT_QUERY_SORTED:
        return query_sorted(source, arena, url->query);
    case CONTENT_QUERY_CANONICAL:
        return query_canonical(source, arena, url->query);
    case CONTENT_FORM_SORTED:
        return form_sorted(source, arena);
    case CONTENT_TIMESTAMP:
        return source->timestamp;
    case CONTENT_SECRET:
        return source->secret;
    }
    return STR_NONE;
}

bool content_make(const struct content *content, const struct content_source *source,
                  struct arena *arena, const str **ret_pieces)
{
    struct uri_parts url;
    uri_split(source->url, &url);
    if (!few_params(url.query) || (source->form && !few_params(source->body)))
        return false;
    str *pieces = arena_array(arena, content->n, sizeof(*pieces));
    for (uint32_t i = 0; i < content->n; i++)
        pieces[i] = piece_of(&content->parts[i], source, &url, arena);
    *ret_pieces = pieces;
    return true;
}
