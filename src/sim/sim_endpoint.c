#include "sim/sim_endpoint.h"

#include "http/url.h"
#include "sim/sim_request.h"

enum { JSON_BYTES_MAX = 16 << 20 };

struct endpoint {
    const char *method;
    const char *pattern;
    void (*fn)(struct sim_request *request);
    bool recorded;
};

static const struct endpoint endpoints[] = {
#define X(method, pattern, function, recorded)                                           \
    {method, pattern, sim_endpoint_##function, recorded},
#include "sim/sim_endpoint_list.h"
#undef X
};

struct path_set *sim_endpoint_set(struct arena *arena)
{
    struct path_set *set = path_set_create(arena);
    for (size_t i = 0; i < COUNT_OF(endpoints); i++) {
        const struct endpoint *endpoint = &endpoints[i];
        str method = endpoint->method[0] ? str_z(endpoint->method) : STR_NONE;
        const char *why;
        CHECK(path_set_add(set, method, str_z(endpoint->pattern), endpoint, &why));
    }
    return set;
}

static void refuse_unknown(struct sim_request *request, enum path_result result)
{
    struct sim_asked *asked = &request->asked;
    if (result == PATH_UNKNOWN) {
        sim_endpoint_refuse(request, 404, STR("there is nothing at this path"));
        return;
    }
    sim_endpoint_refuse(request, 405, STR("this path has no such method"));
    header_add_name(&request->plan.headers, STR("Allow"),
                    path_set_words(request->sim->endpoints, asked->arena, asked->path));
}

void sim_endpoint_answer(struct sim_request *request)
{
    struct sim_asked *asked = &request->asked;
    asked->path = request->in->path;
    enum path_result result = path_set_match(request->sim->endpoints, asked->method,
                                             asked->path, &asked->match);
    const struct endpoint *endpoint = NULL;
    if (result == PATH_FOUND)
        endpoint = asked->match.target;
    if (endpoint)
        endpoint->fn(request);
    else
        refuse_unknown(request, result);
    sim_decide_injected(request);
    if (endpoint && endpoint->recorded)
        sim_decide_record(request);
}

void sim_endpoint_open(struct sim_json *json)
{
    buf_init(&json->buf, JSON_BYTES_MAX);
    json_out_init(&json->out, &json->buf);
}

void sim_endpoint_close(struct sim_json *json, struct sim_request *request,
                        uint32_t status)
{
    struct arena *arena = request->asked.arena;
    buf_char(&json->buf, '\n');
    if (buf_ok(&json->buf))
        sim_plan_text(&request->plan, arena, status, STR("application/json"),
                      arena_str(arena, buf_peek(&json->buf)));
    else
        sim_endpoint_refuse(request, 500, STR("this would be more than 16 MiB"));
    buf_fini(&json->buf);
}

void sim_endpoint_refuse(struct sim_request *request, uint32_t status, str sentence)
{
    struct sim_json json;
    sim_endpoint_open(&json);
    json_out_object(&json.out);
    json_out_member_text(&json.out, STR("error"), sentence);
    json_out_end(&json.out);
    sim_endpoint_close(&json, request, status);
}

bool sim_endpoint_number(struct sim_request *request, str name, uint64_t max,
                         uint64_t *ret_number)
{
    struct sim_asked *asked = &request->asked;
    str text = path_param(&asked->match, name);
    if (str_to_u64(text, max, ret_number))
        return true;
    sim_endpoint_refuse(request, 400,
                        arena_printf(asked->arena,
                                     "\"" STR_F "\" is no whole number up to %llu",
                                     STR_A(text), (unsigned long long)max));
    return false;
}

uint64_t sim_endpoint_asked(struct sim_request *request, str name, uint64_t standard)
{
    struct sim_asked *asked = &request->asked;
    uint64_t number;
    str text = url_query_find(asked->arena, asked->query, name);
    return str_to_u64(text, INT64_MAX, &number) ? number : standard;
}
