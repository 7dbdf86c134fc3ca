/*
 * From a mapping's parts to an exchange's request. What belongs to the operation is made
 * once (operation->first); what belongs to a page is put on a copy of it each time.
 */
#include "operation/operation_steps.h"

#include "http/url.h"
#include "json/json_write.h"
#include "loop/world.h"
#include "unified/mapping_wire.h"

enum { OWN_HEADERS = 8 };

/* --- the path --- */

/* A value such as ".." would lead to another resource than the method's. Slashes of
 * values are escaped, so that whoever undoes that too early is thought of, too. */
static enum err check_segments(str path, str *ret_detail)
{
    for (str segment; str_next(&path, '/', &segment);)
        if (str_eq(segment, STR(".")) || url_path_climbs(segment)) {
            *ret_detail =
                STR("A value of the path has segments that are \".\" or \"..\".");
            return ERR_PATH_FORBIDDEN;
        }
    return ERR_NONE;
}

/* A name without a value stays until here, since a page's position may be put there. */
static enum err check_path(const struct operation *operation,
                           const struct page_request *request, str *ret_detail)
{
    if (str_absent(request->path)) {
        *ret_detail = STR("The path that the mapping makes is too long.");
        return ERR_MAPPING_FAILED;
    }
    str name = mapping_path_unfilled(request->path);
    if (str_absent(name))
        return operation->wish.mapping ? check_segments(request->path, ret_detail)
                                       : ERR_NONE;
    *ret_detail = arena_printf(request->arena,
                               "Neither the mapping nor the account's context nor the "
                               "document's path_values gives a value for \"" STR_F
                               "\" of the path.",
                               STR_A(name));
    return ERR_MAPPING_FAILED;
}

/* --- the body --- */

static bool is_form(const struct operation *operation)
{
    const struct mapping *mapping = operation->wish.mapping;
    return mapping && mapping->request.encoding == MAPPING_FORM;
}

/* Absent: there is none. False: it is too large. */
static bool write_body(const struct operation *operation, struct page_request *request,
                       str *ret_text)
{
    struct buf text;
    *ret_text = STR_NONE;
    if (request->body.type == JSON_UNDEFINED)
        return true;
    if (is_form(operation)) {
        *ret_text = mapping_form(&request->body, request->arena);
        return ret_text->n <= OPERATION_BODY_BYTES_MAX;
    }
    buf_init(&text, OPERATION_BODY_BYTES_MAX);
    json_write(&text, &request->body, JSON_COMPACT);
    bool fits = buf_ok(&text);
    *ret_text = arena_take(request->arena, &text);
    return fits;
}

/* --- what is made once --- */

static struct json request_value(const struct operation *operation, struct arena *arena)
{
    struct json_build build;
    if (operation->part != OPERATION_THEN)
        return operation->wish.request;
    json_build_init(&build, arena);
    json_build_member(&build, STR("id"), json_of_text(operation->id));
    return json_build_object(&build);
}

static enum err fault_of(const struct mapping_fault *fault, struct arena *arena,
                         str *ret_detail)
{
    /* a mapping's own $error says what is wrong with what was asked for */
    bool own = str_eq(fault->code, STR("D3137"));
    *ret_detail = own ? fault->text : mapping_fault_text(fault, arena);
    return own ? ERR_RECORD_INVALID : ERR_MAPPING_FAILED;
}

static enum err make_mapped(struct operation *operation, str *ret_detail)
{
    const struct mapping_step *step = operation_mapping_step(operation);
    struct arena *arena = &operation->arena;
    struct mapping_sent sent;
    struct mapping_fault fault;
    struct mapping_scene scene = {
        .request = request_value(operation, arena),
        .now_ms = (double)(world_wall(operation->worker->world) / USEC_MS),
    };
    if (operation->part == OPERATION_MAIN)
        scene.current = operation->current;
    if (operation->wish.kind == MAPPING_CREATE_MANY &&
        !mapping_request_many(operation->wish.mapping, &scene, arena, &fault))
        return fault_of(&fault, arena, ret_detail);
    if (!mapping_request(step, &scene, arena, &sent, &fault))
        return fault_of(&fault, arena, ret_detail);
    operation->method =
        operation->part == OPERATION_MAIN
            ? operation->wish.method
            : integration_named_method(operation->integration, step->method);
    struct mapping_names names = {.made = &sent.path,
                                  .context = &operation->account->context,
                                  .fixed = &operation->integration->path_values};
    operation->first = (struct page_request){
        .path = mapping_path(operation->method->path, &names, arena),
        .query = mapping_query(&sent.query, arena),
        .body = sent.body,
        .url = STR_NONE,
    };
    return ERR_NONE;
}

static void take_given(struct operation *operation)
{
    const struct operation_wish *wish = &operation->wish;
    operation->method = wish->method;
    operation->first = (struct page_request){
        .path = wish->path, .query = wish->query, .body = wish->body, .url = STR_NONE};
}

static enum err make_first(struct operation *operation, str *ret_detail)
{
    if (operation->made)
        return ERR_NONE;
    operation->made = true;
    enum err err = integration_base_url(operation->integration, operation->way,
                                        &operation->account->context, &operation->arena,
                                        &operation->base, ret_detail);
    if (err)
        return err;
    if (operation->wish.mapping)
        return make_mapped(operation, ret_detail);
    take_given(operation);
    return ERR_NONE;
}

/* --- what is made for each request --- */

static void add_headers(const struct operation *operation, struct page_request *request)
{
    const struct headers *given = operation->wish.headers;
    struct headers *headers = arena_alloc(request->arena, sizeof(*headers));
    headers_init(headers, request->arena, (given ? given->n : 0) + OWN_HEADERS);
    for (uint32_t i = 0; given && i < given->n; i++)
        header_copy(headers, &given->items[i]);
    if (!header_find_name(headers, STR("Accept")))
        header_add_name(headers, STR("Accept"), STR("application/json"));
    request->headers = headers;
}

/* Where the vendor looks for it; without one a repeat would be a second write. */
static bool add_key(const struct operation *operation, struct page_request *request)
{
    const struct idempotency *idempotency =
        integration_idempotency(operation->integration, operation->method);
    struct idempotency_place place = {
        .headers = request->headers, .query = request->query, .body = request->body};
    if (!operation->wish.key.n || operation->part != OPERATION_MAIN ||
        !idempotency_put(idempotency, operation->wish.key, request->arena, &place))
        return false;
    request->query = place.query;
    request->body = place.body;
    return true;
}

static enum err put_page(const struct operation *operation, struct page_request *request,
                         str *ret_detail)
{
    const struct page_rule *rule = operation_rule(operation);
    struct page_reach reach = operation_reach(operation);
    if (!operation_is_list(operation))
        return ERR_NONE;
    return walk_ask(rule, &operation->walk, &reach, request, ret_detail);
}

/* The whole URL that a vendor gave, as a path on one of its hosts. */
static enum err aim_at_url(const struct operation *operation,
                           const struct page_request *request,
                           struct exchange_request *ret)
{
    struct url url;
    if (!url_parse(request->arena, request->url, &url, NULL))
        return ERR_PAGE_INVALID;
    ret->path = url.path;
    ret->query = url.query;
    ret->host = url_same_origin(&url, &operation->base)
                    ? url_authority(request->arena, &operation->base)
                    : url_authority(request->arena, &url);
    return ERR_NONE;
}

static void add_body(struct operation *operation, struct exchange_request *request,
                     str text)
{
    bool has = !str_absent(text);
    operation->text = text;
    body_init(&operation->body, operation->budget, OPERATION_BODY_BYTES_MAX,
              has ? (int64_t)text.n : 0);
    if (has)
        body_put(&operation->body, text);
    body_end(&operation->body);
    request->body = has ? &operation->body : NULL;
    request->body_bytes = has ? (int64_t)text.n : 0;
}

static enum err make_page(struct operation *operation, struct page_request *request,
                          str *ret_detail)
{
    *request = operation->first;
    request->arena = &operation->page;
    add_headers(operation, request);
    enum err err = put_page(operation, request, ret_detail);
    return err ? err : check_path(operation, request, ret_detail);
}

/* As it was sent before, key and all. */
static void make_frozen(struct operation *operation)
{
    const struct operation_frozen *frozen = operation->wish.frozen;
    struct exchange_request *ret = &operation->exchange.request;
    *ret = operation->wish.base;
    operation->method = operation->wish.method;
    ret->verb = operation->method->verb;
    ret->path = frozen->path;
    ret->query = frozen->query;
    ret->host = frozen->host;
    ret->headers = frozen->headers;
    ret->keyed = operation->wish.key.n > 0;
    ret->want_whole = true;
    ret->whole_bytes_max = OPERATION_ANSWER_BYTES_MAX;
    add_body(operation, ret, frozen->body);
}

enum err operation_make(struct operation *operation, str *ret_detail)
{
    struct exchange_request *ret = &operation->exchange.request;
    struct page_request request;
    str text;
    if (operation->part == OPERATION_MAIN && operation->wish.frozen) {
        make_frozen(operation);
        return ERR_NONE;
    }
    enum err err = make_first(operation, ret_detail);
    if (!err)
        err = make_page(operation, &request, ret_detail);
    if (err)
        return err;
    *ret = operation->wish.base;
    ret->verb = operation->method ? operation->method->verb : STR("GET");
    ret->keyed = add_key(operation, &request);
    ret->path = request.path;
    ret->query = request.query;
    ret->host = STR_NONE;
    if (!write_body(operation, &request, &text)) {
        *ret_detail = STR("The body that the mapping makes is too large.");
        return ERR_MAPPING_FAILED;
    }
    if (!str_absent(text))
        header_set(request.headers, HEADER_CONTENT_TYPE,
                   is_form(operation) ? STR("application/x-www-form-urlencoded")
                                      : STR("application/json"));
    ret->headers = request.headers;
    ret->want_whole = true;
    ret->whole_bytes_max = OPERATION_ANSWER_BYTES_MAX;
    if (!str_absent(request.url))
        err = aim_at_url(operation, &request, ret);
    if (!err)
        add_body(operation, ret, text);
    return err;
}
