/*
 * The endpoints under /_sim: the list is sim_endpoint_list.h, sim_control.c has those
 * that tell and change the simulator's state, sim_builtin.c the ready-made answers. Each
 * makes the plan of its request.
 */
#ifndef SIM_SIM_ENDPOINT_H
#define SIM_SIM_ENDPOINT_H

#include "base/buf.h"
#include "json/json_write.h"

struct arena;
struct path_set;
struct sim_request;

#define X(method, pattern, function, recorded)                                           \
    void sim_endpoint_##function(struct sim_request *request);
#include "sim/sim_endpoint_list.h"
#undef X

/* The set of all, in the arena. */
struct path_set *sim_endpoint_set(struct arena *arena);

/* Makes request->plan. */
void sim_endpoint_answer(struct sim_request *request);

/* For endpoints: JSON under construction, which becomes the answer. */
struct sim_json {
    struct buf buf;
    struct json_out out;
};

void sim_endpoint_open(struct sim_json *json);
void sim_endpoint_close(struct sim_json *json, struct sim_request *request,
                        uint32_t status);

/* {"error": sentence} */
void sim_endpoint_refuse(struct sim_request *request, uint32_t status, str sentence);

/* A number in the path; false, and the answer is made, when it is none or above `max`. */
bool sim_endpoint_number(struct sim_request *request, str name, uint64_t max,
                         uint64_t *ret_number);

/* A number in the query; `standard` when it is missing or none. */
uint64_t sim_endpoint_asked(struct sim_request *request, str name, uint64_t standard);

#endif
