/*
 * A request from literals, for whatever asks one: on 2025-01-01 at midnight, the seventh
 * of the simulator and the third of its route, with a few headers.
 */
#ifndef UNIT_SIM_ASKED_H
#define UNIT_SIM_ASKED_H

#include "support/given.h"

#include "sim/sim_asked.h"

#define ASKED_WALL ((usec)1735689600 * USEC_S)

static inline struct sim_asked *given_asked(struct arena *arena, const char *method,
                                            const char *target, const char *body)
{
    struct sim_asked *asked = arena_zalloc(arena, sizeof(*asked));
    struct headers *headers = arena_zalloc(arena, sizeof(*headers));
    str query = str_z(target);
    headers_init(headers, arena, 4);
    header_add(headers, HEADER_HOST, STR("a.test"));
    header_add_name(headers, STR("X-Mode"), STR("slow"));
    header_add_name(headers, STR("X-Quoted"), STR("say \"hi\""));
    str_next(&query, '?', &asked->path);
    asked->arena = arena;
    asked->method = str_z(method);
    asked->query = query;
    asked->headers = headers;
    asked->body = body ? str_z(body) : STR("");
    asked->body_whole = true;
    asked->prefix = STR("/vendor");
    asked->id = 7;
    asked->n = 3;
    asked->seed = 1;
    asked->wall = ASKED_WALL;
    return asked;
}

#endif
