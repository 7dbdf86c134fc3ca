#include "signature/webhook_request.h"

#include "http/form.h"
#include "json/json_parse.h"
#include "signature/content.h"

void webhook_view_init(struct webhook_view *view, const struct webhook_request *request,
                       str form_json, struct arena *arena)
{
    size_t mark = str_find(request->url, '?');
    str query = mark < request->url.n ? str_from(request->url, mark + 1) : STR_NONE;
    *view = (struct webhook_view){
        .request = request,
        .arena = arena,
        .asked = {.method = request->method,
                  .url = request->url,
                  .query = str_of(query.p, str_find(query, '#'))},
        .answer = {.headers = request->headers,
                   .text = request->body,
                   .wall = request->wall},
        .form = form_is_body(request->headers),
        .form_json = form_json,
    };
    view->answer.asked = &view->asked;
}

static bool parse(struct webhook_view *view, str text)
{
    static const struct json_limits limits = {.depth_max = WEBHOOK_BODY_DEPTH_MAX};
    struct json_fault fault;
    return json_parse(view->arena, text, &limits, &view->body, &fault);
}

static bool read_form(struct webhook_view *view)
{
    struct form form;
    str param, rest = view->request->body;
    uint32_t n = 0;
    while (str_next(&rest, '&', &param))
        if (++n > CONTENT_PARAMS_MAX)
            return false;
    form_init(&form, view->arena);
    form_add_text(&form, view->request->body);
    str json = str_absent(view->form_json) ? STR_NONE : form_find(&form, view->form_json);
    if (!str_absent(json))
        return parse(view, json);
    view->body = form_json(&form);
    return true;
}

void webhook_view_read(struct webhook_view *view)
{
    bool long_unknown =
        !view->verified && view->request->body.n > WEBHOOK_UNKNOWN_BYTES_MAX;
    if (view->body_read || long_unknown)
        return;
    view->body_read = true;
    if (view->form ? read_form(view)
                   : view->request->body.n && parse(view, view->request->body))
        view->answer.body = view->asked.body = &view->body;
}

uint32_t webhook_header_lines(const struct webhook_request *request, str name)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < request->headers->n; i++)
        n += str_eq_nocase(request->headers->items[i].name, name);
    return n;
}
