/*
 * How a list is paged, by what its parameters and its answer are called:
 *
 *   the header Link                                  link_header
 *   a cursor in the query, and one in the answer     cursor_in_body
 *   starting_after, and has_more                     last_item_id
 *   a URL in the answer called next                  url_in_body_absolute
 *   page                                             page_number
 *   offset, skip                                     offset_limit
 *
 * Where the records are must be plain, else nothing is guessed: a list that is there and
 * not found would be an empty one.
 */
#include "import/guess.h"
#include "json/pointer.h"

enum { SIZE_BOUND = 100000 };

struct list {
    struct import *import;
    const struct operation *operation;
    str records;           /* pointer */
    const struct json *of; /* the schema of one record; NULL: not known */
    struct json_build block;
    struct buf by; /* what the guess was made of */
};

static void note_by(struct list *list, str what)
{
    if (list->by.n)
        buf_str(&list->by, STR(", "));
    buf_str(&list->by, what);
}

static void put_text(struct list *list, const char *member, str text)
{
    json_build_member(&list->block, str_z(member), json_of_text(text));
}

/* --- the records --- */

static const struct json *only_array(struct import *import, const struct json *schema,
                                     str *ret_name)
{
    const struct json *all = import_at(schema, STR("properties"));
    const struct json *found = NULL;
    for (uint32_t i = 0; all && json_is(all, JSON_OBJECT) && i < all->n; i++) {
        if (!guess_is_type(import, &all->u.members[i].value, STR("array")))
            continue;
        if (found)
            return NULL;
        found = import_follow(import, &all->u.members[i].value);
        *ret_name = json_key(&all->u.members[i]);
    }
    return found;
}

/* Whether the answer is a list, or has one. */
static bool find_records(struct list *list)
{
    static const char *const names[] = {"data",    "items",  "results",
                                        "records", "values", "value",
                                        "entries", "list",   NULL};
    struct import *import = list->import;
    const struct json *schema = import_follow(import, list->operation->schema);
    str name;
    if (!schema)
        return false;
    if (guess_is_type(import, schema, STR("array"))) {
        list->records = STR("");
        list->of = import_member(import, schema, STR("items"));
        return true;
    }
    const struct json *found = guess_property(import, schema, names, &name);
    if (!found || !guess_is_type(import, found, STR("array")))
        found = only_array(import, schema, &name);
    if (!found)
        return false;
    list->records = pointer_join(import->arena, STR(""), name);
    list->of = import_member(import, found, STR("items"));
    return true;
}

/* --- what stands in the answer --- */

/* A property of the answer, or of what usually holds the facts about its pages. */
static const struct json *find_told(struct list *list, const char *const *names,
                                    str *ret_pointer)
{
    static const char *const groups[][2] = {
        {"meta", NULL},       {"metadata", NULL}, {"paging", NULL},
        {"pagination", NULL}, {"links", NULL},    {"responsemetadata", NULL},
        {"pageinfo", NULL},   {"page", NULL},     {"cursors", NULL},
        {"nextpage", NULL},
    };
    struct import *import = list->import;
    const struct json *schema = list->operation->schema;
    str name, group;
    const struct json *found = guess_property(import, schema, names, &name);
    if (guess_is_scalar(import, found)) {
        *ret_pointer = pointer_join(import->arena, STR(""), name);
        return found;
    }
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        const struct json *inner = guess_property(import, schema, groups[i], &group);
        found = inner ? guess_property(import, inner, names, &name) : NULL;
        if (!guess_is_scalar(import, found))
            continue;
        group = pointer_join(import->arena, STR(""), group);
        *ret_pointer = pointer_join(import->arena, group, name);
        return found;
    }
    return NULL;
}

static bool put_told(struct list *list, const char *member, const char *const *names)
{
    str pointer;
    if (!find_told(list, names, &pointer))
        return false;
    put_text(list, member, pointer);
    note_by(list, pointer);
    return true;
}

/* --- sizes --- */

static bool put_bound(struct json_build *size, const struct json *schema, str from,
                      const char *member)
{
    uint64_t n;
    const struct json *value = import_at(schema, from);
    if (!value || !json_to_u64(value, SIZE_BOUND, &n) || n == 0)
        return false;
    json_build_member(size, str_z(member), *value);
    return true;
}

/* Whether a request says how many; *ret_known: how many come is known. */
static bool put_size(struct list *list, bool *ret_known)
{
    static const char *const names[] = {"perpage", "pagesize",     "limit", "pagelimit",
                                        "size",    "count",        "top",   "maxresults",
                                        "first",   "itemsperpage", NULL};
    struct import *import = list->import;
    const struct json *parameter =
        openapi_parameter(list->operation, STR("query"), names);
    struct json_build put, size;
    *ret_known = false;
    if (!parameter)
        return false;
    str name = import_text(parameter, STR("name"));
    const struct json *schema = import_member(import, parameter, STR("schema"));
    json_build_init(&put, import->arena);
    json_build_member(&put, STR("query"), json_of_text(name));
    json_build_init(&size, import->arena);
    json_build_member(&size, STR("put"), json_build_object(&put));
    *ret_known |= put_bound(&size, schema, STR("default"), "default");
    *ret_known |= put_bound(&size, schema, STR("maximum"), "max");
    json_build_member(&list->block, STR("size"), json_build_object(&size));
    note_by(list, name);
    return true;
}

/* --- kinds --- */

static void begin(struct list *list, const char *kind)
{
    put_text(list, "kind", str_z(kind));
    if (list->records.n)
        put_text(list, "records", list->records);
}

static void put_parameter(struct list *list, const struct json *parameter)
{
    str name = import_text(parameter, STR("name"));
    put_text(list, "put", name);
    note_by(list, name);
}

static const struct json *query(const struct list *list, const char *const *names)
{
    return openapi_parameter(list->operation, STR("query"), names);
}

static bool is_text(const struct list *list, const struct json *parameter)
{
    return guess_is_type(list->import, import_at(parameter, STR("schema")),
                         STR("string"));
}

static bool by_link(struct list *list)
{
    const struct json *headers = import_at(list->operation->answer, STR("headers"));
    static const char *const names[] = {"link", NULL};
    bool known;
    for (uint32_t i = 0; headers && json_is(headers, JSON_OBJECT) && i < headers->n; i++)
        if (guess_is_one_of(json_key(&headers->u.members[i]), names)) {
            begin(list, "link_header");
            note_by(list, STR("the header Link"));
            put_size(list, &known);
            return true;
        }
    return false;
}

static const char *const more_names[] = {"hasmore", "hasnext", "hasnextpage", "more",
                                         NULL};

static bool by_cursor(struct list *list)
{
    static const char *const puts[] = {"cursor",    "pagetoken",         "nexttoken",
                                       "after",     "nextpagetoken",     "pagecursor",
                                       "pageafter", "continuationtoken", "nextcursor",
                                       "marker",    "bookmark",          "offset",
                                       NULL}; /* an offset that is a text is a cursor */
    static const char *const told[] = {"nextcursor",
                                       "nextpagetoken",
                                       "nexttoken",
                                       "endcursor",
                                       "continuationtoken",
                                       "nextmarker",
                                       "after",
                                       "nextoffset",
                                       "cursor",
                                       "bookmark",
                                       "offset",
                                       NULL};
    const struct json *parameter = query(list, puts);
    str next;
    bool known;
    if (!parameter || !is_text(list, parameter) || !find_told(list, told, &next))
        return false;
    begin(list, "cursor_in_body");
    put_text(list, "next", next);
    note_by(list, next);
    put_parameter(list, parameter);
    put_told(list, "more", more_names);
    put_size(list, &known);
    return true;
}

static bool by_last_id(struct list *list)
{
    static const char *const puts[] = {"startingafter", "afterid", "sinceid", NULL};
    static const char *const ids[] = {"id", NULL};
    const struct json *parameter = query(list, puts);
    str name, more;
    bool known;
    if (!parameter || !find_told(list, more_names, &more) ||
        !guess_property(list->import, list->of, ids, &name))
        return false;
    begin(list, "last_item_id");
    put_text(list, "item", pointer_join(list->import->arena, STR(""), name));
    put_parameter(list, parameter);
    put_told(list, "more", more_names);
    put_size(list, &known);
    return true;
}

static bool by_url(struct list *list)
{
    static const char *const told[] = {"next",    "nextpage", "nextpageurl",   "nextlink",
                                       "nexturl", "nexthref", "odatanextlink", NULL};
    str next;
    bool known;
    const struct json *schema = find_told(list, told, &next);
    if (!schema || !guess_is_type(list->import, schema, STR("string")))
        return false;
    begin(list, "url_in_body_absolute");
    put_text(list, "next", next);
    note_by(list, next);
    put_size(list, &known);
    return true;
}

static void put_first(struct list *list, const struct json *parameter, double standard)
{
    const struct json *schema = import_member(list->import, parameter, STR("schema"));
    const struct json *value = import_at(schema, STR("default"));
    uint64_t first;
    if (!value && schema)
        value = import_at(schema, STR("minimum"));
    if (value && json_to_u64(value, 1, &first) && (double)first != standard)
        json_build_member(&list->block, STR("first"), *value);
}

/* Pages or records are counted: what ends them must be known. */
static bool by_number(struct list *list, const char *kind, const char *const *puts,
                      double standard)
{
    static const char *const totals[] = {"total",      "totalcount",   "totalresults",
                                         "totalitems", "totalrecords", "recordcount",
                                         NULL};
    const struct json *parameter = query(list, puts);
    bool known;
    if (!parameter || is_text(list, parameter))
        return false;
    begin(list, kind);
    put_parameter(list, parameter);
    put_first(list, parameter, standard);
    bool told = put_told(list, "total", totals);
    put_size(list, &known);
    if (!told && !known) {
        str end = STR("empty_page");
        json_build_member(&list->block, STR("end"),
                          import_texts(list->import->arena, &end, 1));
    }
    return true;
}

static bool find_kind(struct list *list)
{
    static const char *const pages[] = {"page",      "pagenumber",  "pageno", "pagenum",
                                        "pageindex", "currentpage", NULL};
    static const char *const offsets[] = {"offset",     "skip",       "start", "startat",
                                          "startindex", "pageoffset", NULL};
    return by_link(list) || by_cursor(list) || by_last_id(list) || by_url(list) ||
           by_number(list, "page_number", pages, 1) ||
           by_number(list, "offset_limit", offsets, 0);
}

bool guess_is_list(struct import *import, const struct operation *operation)
{
    struct list list = {.import = import, .operation = operation};
    return find_records(&list);
}

struct json guess_pages(struct import *import, const struct operation *operation,
                        bool *ret_list)
{
    struct list list = {.import = import, .operation = operation};
    struct json nothing = {.type = JSON_UNDEFINED};
    json_build_init(&list.block, import->arena);
    buf_init(&list.by, 1 << 16);
    *ret_list = find_records(&list);
    bool found = *ret_list && find_kind(&list);
    str by = arena_take(import->arena, &list.by);
    if (!found)
        return nothing;
    put_text(&list, "x-guessed", by);
    return json_build_object(&list.block);
}
