#include "catalog/repeat_search.h"

#include "base/buf.h"
#include "catalog/request_schema.h"
#include "json/json_write.h"
#include "unified/mapping_wire.h"

enum { QUESTION_BYTES_MAX = 1 << 20 };

#define AT(field) offsetof(struct repeat_search, field)

#define EXPRESSION_ROW(member, text)                                                     \
    {                                                                                    \
        .name = #member, .kind = BIND_CUSTOM, .offset = AT(member),                      \
        .custom = expression_read_lines, .custom_schema = EXPRESSION_LINES_SCHEMA,       \
        .doc = text                                                                      \
    }

static const struct bind_row rows[] = {
    {.name = "method",
     .kind = BIND_TEXT,
     .offset = AT(method),
     .required = true,
     .min = 3,
     .max = 200,
     .doc = "The RESOURCE.METHOD that is asked; it changes nothing."},
    EXPRESSION_ROW(path, "Makes the values of the names in its path, out of the write."),
    EXPRESSION_ROW(query, "Makes its query, an object. Where it makes nothing, as for a "
                          "write without the id that is searched by, the write cannot "
                          "be searched for."),
    EXPRESSION_ROW(body, "Makes its JSON body."),
    {.name = "found",
     .kind = BIND_OBJECT,
     .offset = AT(found),
     .table = &signal_table,
     .required = true,
     .doc = "Where the answer has the record, as the write itself would have been "
            "answered with it; or the list of all that match. An expression sees the "
            "write as $request, and must compare where the vendor's search is vague. "
            "What is neither a record nor nothing, such as a text, decides nothing."},
    {.name = "absent",
     .kind = BIND_UINTS,
     .offset = AT(absent),
     .min = 400,
     .max = 499,
     .doc = "Error statuses that say that there is no such record, such as 404; none "
            "unless given."},
    {.name = "settle",
     .kind = BIND_DURATION,
     .offset = AT(settle),
     .min = 0.01,
     .max = 86400,
     .doc = "How long after a write was sent the vendor's search may still not find it, "
            "its slowest answer included; 2m."},
    {.name = "conclusive",
     .kind = BIND_BOOL,
     .offset = AT(conclusive),
     .doc = "Whether a write that is not found after that was not done, and is sent "
            "again by itself. Otherwise somebody must decide; false."},
};

static void init(void *obj)
{
    ((struct repeat_search *)obj)->settle = 2 * USEC_MIN;
}

static void finish(struct binder *binder, void *obj)
{
    const struct repeat_search *search = obj;
    if (!search->path && !search->query && !search->body)
        bind_fault(binder,
                   "says nothing of the write: give it a \"query\", a \"path\" or "
                   "a \"body\" that does.");
}

const struct bind_table repeat_search_table = {
    .name = "search",
    .rows = rows,
    .n = COUNT_OF(rows),
    .bytes = sizeof(struct repeat_search),
    .init = init,
    .finish = finish,
};

void repeat_search_check(struct binder *binder, const struct integration *integration,
                         const struct repeat_search *search)
{
    const struct method *method = integration_named_method(integration, search->method);
    if (!method)
        bind_fault_at(binder, STR("method"),
                      "is \"" STR_F "\", but /resources has no such RESOURCE.METHOD.",
                      STR_A(search->method));
    else if (!method->safe)
        bind_fault_at(binder, STR("method"),
                      "is \"" STR_F "\", which may change something at the vendor; if it "
                      "does not, say so there: \"safe\": true.",
                      STR_A(search->method));
}

/* --- the write --- */

/* A write as expressions look at it. */
struct view {
    struct asked asked;
    struct answer answer;
    struct json body;
    str trouble;
};

static void look_at(const struct repeat_write *write, struct arena *arena,
                    struct view *view)
{
    *view = (struct view){
        .asked = {.method = write->verb, .url = write->path, .query = write->query},
        .answer = {.headers = write->headers, .text = STR(""), .wall = write->wall},
        .trouble = STR_NONE};
    view->answer.asked = &view->asked;
    view->answer.trouble = &view->trouble;
    if (request_body_read(write->headers, write->body, arena, &view->body))
        view->answer.body = view->asked.body = &view->body;
}

/* --- the question --- */

static bool is_something(const struct json *value)
{
    return json_is(value, JSON_OBJECT) && value->n > 0;
}

/* Absent without an expression. False: it makes nothing. */
static bool make_part(const struct jsonata *expression, const struct view *view,
                      struct arena *arena, struct json *ret_value)
{
    *ret_value = (struct json){0};
    if (!expression)
        return true;
    *ret_value = expression_value(expression, &view->answer, arena);
    return is_something(ret_value);
}

static bool write_part(const struct json *value, struct arena *arena, str *ret_text)
{
    struct buf text;
    *ret_text = STR_NONE;
    if (json_is(value, JSON_UNDEFINED))
        return true;
    buf_init(&text, QUESTION_BYTES_MAX);
    json_write(&text, value, JSON_COMPACT);
    bool fits = buf_ok(&text);
    *ret_text = arena_take(arena, &text);
    return fits;
}

bool repeat_search_ask(const struct repeat_write *write, struct arena *arena,
                       struct repeat_question *ret_question)
{
    const struct repeat_search *search = write->search;
    const struct method *method =
        integration_named_method(write->integration, search->method);
    struct json path, query, body;
    struct view view;
    struct mapping_names names = {&path, write->context,
                                  &write->integration->path_values};
    look_at(write, arena, &view);
    if (!method || !make_part(search->path, &view, arena, &path) ||
        !make_part(search->query, &view, arena, &query) ||
        !make_part(search->body, &view, arena, &body) ||
        !write_part(&body, arena, &ret_question->body))
        return false;
    ret_question->method = method;
    ret_question->path = mapping_path(method->path, &names, arena);
    ret_question->query = mapping_query(&query, arena);
    return !str_absent(ret_question->path) &&
           str_absent(mapping_path_unfilled(ret_question->path));
}

/* --- the answer --- */

static bool is_absent(const struct repeat_search *search, int status)
{
    for (uint32_t i = 0; i < search->absent.n; i++)
        if ((int)search->absent.items[i] == status)
            return true;
    return false;
}

static bool is_none(const struct json *value)
{
    return json_is(value, JSON_UNDEFINED) || json_is(value, JSON_NULL) ||
           json_is(value, JSON_FALSE) || (json_is(value, JSON_ARRAY) && value->n == 0);
}

/* A text, or what else is no record, decides nothing: a document can say so. */
static enum write_found look_for(const struct json *value, struct json *ret_record)
{
    if (is_none(value))
        return WRITE_IS_NOT_THERE;
    if (json_is(value, JSON_ARRAY) && value->n > 1)
        return WRITE_IS_ONE_OF;
    if (json_is(value, JSON_ARRAY))
        value = &value->u.items[0];
    if (!json_is(value, JSON_OBJECT))
        return WRITE_IS_UNHEARD;
    *ret_record = *value;
    return WRITE_IS_THERE;
}

enum write_found repeat_search_read(const struct repeat_write *write,
                                    const struct answer *answer, struct arena *arena,
                                    struct json *ret_record)
{
    const struct repeat_search *search = write->search;
    struct answer seen = *answer;
    struct view view;
    if (is_absent(search, answer->status))
        return WRITE_IS_NOT_THERE;
    if (answer->status >= 300 || !answer->body)
        return WRITE_IS_UNHEARD;
    look_at(write, arena, &view);
    seen.about = &view.answer;
    seen.trouble = &view.trouble;
    struct json value = signal_value(&search->found, &seen, arena);
    return str_absent(view.trouble) ? look_for(&value, ret_record) : WRITE_IS_UNHEARD;
}
