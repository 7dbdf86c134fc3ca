/*
 * The input is a script of the simulator, a line that asks something of it, and the body
 * of that request. Whatever the script says, the answer is planned within its bounds, and
 * its head can be written.
 */
#include "sim/sim_script.h"

#include "base/arena.h"
#include "base/crypto.h"
#include "sim/sim_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { LINE_MAX_BYTES = 4096, BODY_MAX_BYTES = 65536 };

static struct sim_asked ask(struct arena *arena, struct headers *headers, str target,
                            str body)
{
    struct sim_asked asked = {.arena = arena,
                              .method = STR("POST"),
                              .headers = headers,
                              .body = body,
                              .body_whole = true,
                              .prefix = STR(""),
                              .id = 1,
                              .n = 1};
    headers_init(headers, arena, 4);
    header_add(headers, HEADER_HOST, STR("a.test"));
    header_add(headers, HEADER_AUTHORIZATION, STR("Bearer t"));
    str_next(&target, '?', &asked.path);
    asked.query = target;
    return asked;
}

static void check_plan(const struct sim_plan *plan)
{
    CHECK(plan->status >= 200 && plan->status <= 999);
    CHECK(plan->text.n <= (size_t)64 << 20);
    for (uint32_t i = 0; i < plan->headers.n; i++) {
        CHECK(header_name_valid(plan->headers.items[i].name));
        CHECK(header_value_valid(plan->headers.items[i].value));
    }
}

static void answer(const struct sim_script *script, struct sim_asked *asked)
{
    struct sim_route *route = sim_script_match(script, asked);
    if (!route)
        return;
    struct buf room;
    struct sim_plan plan;
    struct sim_planner planner = {asked, &room};
    struct sim_fault fault = {0};
    const struct sim_reply *reply = route->replies.items;
    buf_init(&room, SIM_ROOM_BYTES_MAX);
    sim_plan_reply(&plan, &planner, reply);
    check_plan(&plan);
    if (reply->fault) {
        sim_fault_add(&fault, asked->arena, reply->fault);
        sim_plan_fault(&plan, &planner, &fault);
        check_plan(&plan);
    }
    sim_plan_headers(&plan, &planner, &script->headers, SIM_ADD_MISSING);
    sim_plan_finish(&plan, asked->arena);
    check_plan(&plan);
    CHECK(sim_body_slice(&plan.body, 0, 100).n <= 100);
    buf_fini(&room);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    str rest = str_of((const char *)bytes, n);
    str text;
    str target;
    const struct bind_fault *faults;
    struct headers headers;
    struct arena arena;
    if (!str_next(&rest, '\0', &text) || !str_next(&rest, '\0', &target) ||
        target.n > LINE_MAX_BYTES || rest.n > BODY_MAX_BYTES)
        return 0;
    crypto_start();
    arena_init(&arena, 8192, (size_t)64 << 20);
    struct sim_script *script =
        sim_script_create(text, STR_NONE, STR(""), &arena, &faults);
    struct sim_asked asked =
        ask(&arena, &headers, target, str_absent(rest) ? STR("") : rest);
    if (script)
        answer(script, &asked);
    else
        CHECK(faults && faults->text.n);
    sim_script_unref(&script);
    arena_fini(&arena);
    return 0;
}
