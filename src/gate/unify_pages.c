/*
 * A proxied list that is walked for its caller: the request is his, for the first page;
 * the pages, their cursor and their end are ours. So a caller who wants the vendor's own
 * records need not know how that vendor pages.
 */
#include "gate/unify.h"

#include "base/crypto.h"
#include "base/encode.h"
#include "json/json_parse.h"

static enum visit_step refuse(struct visit *visit, const char *why)
{
    return visit_no(visit, ERR_HEADER_INVALID, str_z(why), -1);
}

/* A HEAD has no page; a write has no list. */
static bool is_list(const struct visit *visit)
{
    str verb = visit->in->head.method;
    if (!visit->method)
        return str_eq(verb, STR("GET"));
    return visit->method->safe && str_eq(verb, visit->method->verb);
}

/* One list is one request: method, path, query and body of it. */
static void bind_cursors(struct visit *visit, str body)
{
    struct unify *unify = visit->unify;
    uint8_t digest[CRYPTO_SHA256_BYTES];
    crypto_sha256(body, digest);
    str parts[] = {
        visit->in->head.method, STR(" "), visit->path, STR(" "),
        encode_hex(visit->arena, str_of((const char *)digest, sizeof(digest)))};
    unify->about = (struct cursor_about){
        .account = tenant_id_str(&visit->account->id),
        .resource = arena_join(visit->arena, parts, COUNT_OF(parts)),
        .query = cursor_query(visit->arena, visit->query, (const char *const[]){NULL}),
    };
}

/* What the version of the integration makes of it. */
static enum visit_step begin(struct visit *visit)
{
    if (visit->unify->recalled)
        visit->method =
            integration_method(visit->integration, visit->in->head.method, visit->path);
    unify_aim(visit);
    return unify_begin_walk(visit) ? VISIT_OPERATE : VISIT_REFUSE;
}

enum visit_step unify_begin_pages(struct visit *visit)
{
    struct unify *unify = visit->unify;
    struct operation_wish *wish = &unify->operation.wish;
    str text = buf_peek(&unify->given);
    if (text.n && !json_parse(visit->arena, text, NULL, &wish->body, NULL))
        return visit_no(visit, ERR_BODY_INVALID,
                        STR("The request for a list that is walked must be JSON."), -1);
    bind_cursors(visit, text);
    return unify_version(visit, begin);
}

enum visit_step unify_admit_pages(struct visit *visit)
{
    struct unify *unify = visit->unify = arena_zalloc(visit->arena, sizeof(*unify));
    const struct wishes *wishes = &visit->wishes;
    const struct inbound *in = visit->in;
    if (!is_list(visit))
        return refuse(visit, "X-Breakwater-Pages is for lists: for requests that change "
                             "nothing.");
    if (!str_absent(visit->host))
        return refuse(visit, "X-Breakwater-Pages is for lists below the base URL.");
    unify->kind = MAPPING_LIST;
    unify->limit = wishes->page_limit ? wishes->page_limit : UNIFY_LIMIT;
    unify->all = wishes->pages == VISIT_PAGES_ALL;
    unify->cursor = wishes->cursor;
    unify_open(visit);
    struct operation_wish *wish = &unify->operation.wish;
    wish->path = visit->path;
    wish->query = visit->query;
    wish->headers = &visit->headers;
    bool has_body = in->head.chunked || in->head.content_length > 0;
    return has_body ? VISIT_GATHER : unify_begin_pages(visit);
}
