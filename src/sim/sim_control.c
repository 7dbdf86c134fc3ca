/*
 * The endpoints that tell and change the simulator's state.
 */
#include <stdio.h>

#include "http/url.h"
#include "sim/sim_endpoint.h"
#include "sim/sim_request.h"

enum { RECORDS_STANDARD = 1000 };

static str query_of(struct sim_request *request, str name)
{
    return url_query_find(request->asked.arena, request->asked.query, name);
}

void sim_endpoint_print_requests(struct sim_request *request)
{
    struct sim_json json;
    uint64_t most = sim_endpoint_asked(request, STR("limit"), RECORDS_STANDARD);
    struct sim_record_filter filter = {
        .path = query_of(request, STR("path")),
        .method = query_of(request, STR("method")),
        .since = sim_endpoint_asked(request, STR("since"), 0),
        .count_max = most < SIM_RECORDS_MAX ? (uint32_t)most : SIM_RECORDS_MAX,
    };
    sim_endpoint_open(&json);
    sim_record_print(&request->sim->records, &filter, request->asked.arena, &json.out);
    sim_endpoint_close(&json, request, 200);
}

void sim_endpoint_print_writes(struct sim_request *request)
{
    struct sim_json json;
    sim_endpoint_open(&json);
    sim_write_print(&request->sim->writes, query_of(request, STR("path")),
                    sim_endpoint_asked(request, STR("since"), 0), request->asked.arena,
                    &json.out);
    sim_endpoint_close(&json, request, 200);
}

/* --- statistics --- */

static void print_statuses(const struct sim_statuses *statuses, struct json_out *out)
{
    char name[16];
    json_out_name(out, STR("statuses"));
    json_out_object(out);
    for (uint32_t i = 0; i < statuses->n; i++) {
        snprintf(name, sizeof(name), "%u", statuses->items[i].status);
        json_out_member_int(out, statuses->items[i].status ? str_z(name) : STR("none"),
                            (int64_t)statuses->items[i].count);
    }
    json_out_end(out);
}

static void print_route(const struct sim_script *script, str name, uint64_t calls,
                        const struct sim_statuses *statuses, struct json_out *out)
{
    json_out_object(out);
    if (script->prefix.n)
        json_out_member_text(out, STR("script"), script->prefix);
    json_out_member_text(out, STR("route"), name);
    json_out_member_int(out, STR("calls"), (int64_t)calls);
    print_statuses(statuses, out);
    json_out_end(out);
}

/* The routes that were met, and what met none. */
static void print_routes(const struct sim_script *script, struct json_out *out)
{
    const struct sim_route *routes = script->routes.items;
    const struct sim_statuses *none = &script->unmatched_statuses;
    uint64_t calls = 0;
    for (uint32_t i = 0; i < script->routes.n; i++)
        if (routes[i].statuses.n)
            print_route(script, routes[i].name, routes[i].calls, &routes[i].statuses,
                        out);
    for (uint32_t i = 0; i < none->n; i++)
        calls += none->items[i].count;
    if (calls)
        print_route(script, STR("(unmatched)"), calls, none, out);
}

static void print_counts(const struct sim *sim, struct json_out *out)
{
    const struct sim_totals *counts = &sim->counts;
    json_out_member_int(out, STR("uptime_ms"),
                        (sim->worker->now - sim->started) / USEC_MS);
    json_out_member_int(out, STR("requests"), (int64_t)counts->requests);
    json_out_member_int(out, STR("faults_struck"), (int64_t)counts->struck);
    json_out_member_int(out, STR("callers_left"), (int64_t)counts->left);
    json_out_member_int(out, STR("requests_open"), counts->open);
    json_out_member_int(out, STR("requests_open_max"), counts->open_max);
    json_out_member_int(out, STR("connections"),
                        (int64_t)atomic_load(&sim->server.accepted));
    json_out_member_int(out, STR("connections_open"),
                        atomic_load(&sim->server.connections));
    json_out_member_int(out, STR("connections_open_max"), counts->connections_max);
    json_out_member_int(out, STR("not_http"),
                        (int64_t)atomic_load(&sim->server.rejected));
}

void sim_endpoint_print_stats(struct sim_request *request)
{
    struct sim *sim = request->sim;
    struct sim_json json;
    size_t at = 0;
    sim_endpoint_open(&json);
    json_out_object(&json.out);
    print_counts(sim, &json.out);
    print_statuses(&sim->statuses, &json.out);
    json_out_name(&json.out, STR("routes"));
    json_out_array(&json.out);
    print_routes(sim->script, &json.out);
    for (struct sim_script *dialect; (dialect = map_next(&sim->dialects, &at));)
        print_routes(dialect, &json.out);
    json_out_end(&json.out);
    json_out_end(&json.out);
    sim_endpoint_close(&json, request, 200);
}

/* --- faults and scripts --- */

void sim_endpoint_print_faults(struct sim_request *request)
{
    struct sim_json json;
    sim_endpoint_open(&json);
    sim_inject_print(&request->sim->injections, request->sim->worker->now, &json.out);
    sim_endpoint_close(&json, request, 200);
}

static void answer_faults(struct sim_request *request, const struct bind_fault *fault)
{
    struct sim_json json;
    sim_endpoint_open(&json);
    json_out_object(&json.out);
    json_out_name(&json.out, STR("faults"));
    json_out_array(&json.out);
    for (; fault; fault = fault->next) {
        json_out_object(&json.out);
        json_out_member_text(&json.out, STR("pointer"),
                             fault->pointer.n ? fault->pointer : STR(""));
        json_out_member_text(&json.out, STR("text"), fault->text);
        json_out_end(&json.out);
    }
    json_out_end(&json.out);
    json_out_end(&json.out);
    sim_endpoint_close(&json, request, 422);
}

void sim_endpoint_add_fault(struct sim_request *request)
{
    struct sim_json json;
    const struct bind_fault *faults;
    uint64_t id =
        sim_inject_add(&request->sim->injections, request->asked.body,
                       request->sim->worker->now, request->asked.arena, &faults);
    if (!id) {
        answer_faults(request, faults);
        return;
    }
    sim_endpoint_open(&json);
    json_out_object(&json.out);
    json_out_member_int(&json.out, STR("id"), (int64_t)id);
    json_out_end(&json.out);
    sim_endpoint_close(&json, request, 201);
}

static void answer_nothing(struct sim_request *request)
{
    sim_plan_text(&request->plan, request->asked.arena, 204, STR("application/json"),
                  STR(""));
}

void sim_endpoint_clear_faults(struct sim_request *request)
{
    sim_inject_clear(&request->sim->injections);
    answer_nothing(request);
}

void sim_endpoint_remove_fault(struct sim_request *request)
{
    uint64_t id;
    if (!sim_endpoint_number(request, STR("id"), INT64_MAX, &id))
        return;
    if (sim_inject_remove(&request->sim->injections, id))
        answer_nothing(request);
    else
        sim_endpoint_refuse(request, 404, STR("there is no fault of this id"));
}

void sim_endpoint_replace_script(struct sim_request *request)
{
    struct sim *sim = request->sim;
    const struct bind_fault *faults;
    struct sim_script *script = NULL;
    if (request->asked.body_whole)
        script = sim_script_create(request->asked.body, sim->folder, STR(""),
                                   request->asked.arena, &faults);
    if (!request->asked.body_whole) {
        sim_endpoint_refuse(request, 413, STR("a script is at most 4 MiB"));
    } else if (!script) {
        answer_faults(request, faults);
    } else {
        sim_script_unref(&sim->script);
        sim->script = script;
        answer_nothing(request);
    }
}

void sim_endpoint_reset(struct sim_request *request)
{
    sim_state_reset(request->sim);
    answer_nothing(request);
}
