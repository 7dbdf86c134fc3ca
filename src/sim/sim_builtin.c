/*
 * Ready-made answers, for tests that need no script.
 */
#include "base/encode.h"
#include "sim/sim_endpoint.h"
#include "sim/sim_request.h"

enum { DELAY_MS_MAX = 3600000, PAGES_MAX = 1000000, PAGE_ITEMS_MAX = 1000 };

void sim_endpoint_echo(struct sim_request *request)
{
    struct sim_seen seen = sim_request_seen(request);
    struct arena *arena = request->asked.arena;
    const struct headers *trailers = &request->in->body.trailers;
    struct sim_json json;
    if (seen.body.n > SIM_RECORD_BODY_BYTES_MAX)
        seen.body.n = SIM_RECORD_BODY_BYTES_MAX;
    sim_endpoint_open(&json);
    json_out_object(&json.out);
    sim_record_print_seen(&seen, arena, &json.out);
    json_out_name(&json.out, STR("trailers"));
    json_out_object(&json.out);
    for (uint32_t i = 0; i < trailers->n; i++)
        json_out_member_text(&json.out, trailers->items[i].name,
                             trailers->items[i].value);
    json_out_end(&json.out);
    json_out_end(&json.out);
    sim_endpoint_close(&json, request, 200);
}

void sim_endpoint_sink(struct sim_request *request)
{
    struct sim_json json;
    str digest = str_of((const char *)request->sha256, sizeof(request->sha256));
    sim_endpoint_open(&json);
    json_out_object(&json.out);
    json_out_member_int(&json.out, STR("body_bytes"), (int64_t)request->body_bytes);
    json_out_member_text(&json.out, STR("sha256"),
                         encode_hex(request->asked.arena, digest));
    json_out_end(&json.out);
    sim_endpoint_close(&json, request, 200);
}

void sim_endpoint_status(struct sim_request *request)
{
    uint64_t code;
    struct arena *arena = request->asked.arena;
    if (!sim_endpoint_number(request, STR("code"), 999, &code))
        return;
    if (code < 200)
        sim_endpoint_refuse(request, 400, STR("a final status is 200 or more"));
    else
        sim_plan_text(&request->plan, arena, (uint32_t)code, STR("application/json"),
                      arena_printf(arena, "{\"status\":%u}\n", (unsigned)code));
}

static bool plan_bytes(struct sim_request *request)
{
    uint64_t n;
    if (!sim_endpoint_number(request, STR("n"), SIM_BODY_BYTES_MAX, &n))
        return false;
    sim_plan_text(&request->plan, request->asked.arena, 200,
                  STR("application/octet-stream"), n ? STR("x") : STR(""));
    request->plan.repeat = n ? n : 1;
    return true;
}

void sim_endpoint_bytes(struct sim_request *request)
{
    plan_bytes(request);
}

void sim_endpoint_chunked(struct sim_request *request)
{
    if (plan_bytes(request))
        request->plan.chunked = true;
}

void sim_endpoint_delay(struct sim_request *request)
{
    uint64_t ms;
    struct arena *arena = request->asked.arena;
    if (!sim_endpoint_number(request, STR("ms"), DELAY_MS_MAX, &ms))
        return;
    sim_plan_text(&request->plan, arena, 200, STR("application/json"),
                  arena_printf(arena, "{\"delay_ms\":%u}\n", (unsigned)ms));
    request->plan.delay = (usec)ms * USEC_MS;
}

static void print_page(struct json_out *out, uint64_t page, uint64_t pages, uint64_t size)
{
    json_out_object(out);
    json_out_name(out, STR("items"));
    json_out_array(out);
    for (uint64_t i = 1; page <= pages && i <= size; i++) {
        json_out_object(out);
        json_out_member_int(out, STR("id"), (int64_t)((page - 1) * size + i));
        json_out_end(out);
    }
    json_out_end(out);
    json_out_member_int(out, STR("page"), (int64_t)page);
    json_out_member_int(out, STR("pages"), (int64_t)pages);
    json_out_end(out);
}

void sim_endpoint_pages(struct sim_request *request)
{
    struct sim_asked *asked = &request->asked;
    struct sim_json json;
    uint64_t pages;
    uint64_t page = sim_endpoint_asked(request, STR("page"), 1);
    uint64_t size = sim_endpoint_asked(request, STR("size"), 10);
    if (!sim_endpoint_number(request, STR("n"), PAGES_MAX, &pages))
        return;
    if (page == 0 || page > PAGES_MAX || size == 0 || size > PAGE_ITEMS_MAX) {
        sim_endpoint_refuse(request, 400, STR("page counts from 1; size is 1 to 1000"));
        return;
    }
    sim_endpoint_open(&json);
    print_page(&json.out, page, pages, size);
    sim_endpoint_close(&json, request, 200);
    if (page >= pages)
        return;
    str host = header_value(asked->headers, HEADER_HOST);
    header_add(&request->plan.headers, HEADER_LINK,
               arena_printf(asked->arena,
                            "<%s://" STR_F STR_F "?page=%u&size=%u>; "
                            "rel=\"next\"",
                            asked->tls ? "https" : "http", STR_A(host),
                            STR_A(asked->path), (unsigned)page + 1, (unsigned)size));
}
