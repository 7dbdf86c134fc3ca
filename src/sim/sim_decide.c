#include "sim/sim_request.h"

static const char type_json[] = "application/json";

/* --- faults --- */

static bool inject(struct sim_request *request, bool early)
{
    struct sim *sim = request->sim;
    struct sim_target target = {.path = request->in->path,
                                .method = request->in->head.method,
                                .now = sim->worker->now,
                                .early = early,
                                .world = sim->worker->world,
                                .arena = request->asked.arena};
    if (!sim_inject_apply(&sim->injections, &target, &request->fault))
        return false;
    request->struck = true;
    sim->counts.struck++;
    return true;
}

static void plan_fault(struct sim_request *request)
{
    struct sim_planner planner = sim_request_planner(request);
    if (request->struck)
        sim_plan_fault(&request->plan, &planner, &request->fault);
}

void sim_decide_injected(struct sim_request *request)
{
    inject(request, false);
    plan_fault(request);
}

bool sim_decide_early(struct sim_request *request)
{
    bool early = false;
    if (request->script) {
        request->route = sim_script_match(request->script, &request->asked);
        early = request->route && request->route->early;
        request->matched = early || request->asked.body_whole;
    }
    return inject(request, true) || early;
}

/* --- refusals --- */

static void plan_refusal(struct sim_request *request, const struct sim_reply *reply,
                         uint32_t status, str sentence)
{
    struct sim_planner planner = sim_request_planner(request);
    struct arena *arena = request->asked.arena;
    if (reply)
        sim_plan_reply(&request->plan, &planner, reply);
    else
        sim_plan_text(&request->plan, arena, status, str_z(type_json),
                      arena_printf(arena, "{\"error\":\"" STR_F "\"}", STR_A(sentence)));
}

static void plan_unmatched(struct sim_request *request)
{
    const struct sim_script *script = request->script;
    const struct sim_asked *asked = &request->asked;
    if (script->unmatched || !sim_script_lacks_method(script, asked)) {
        plan_refusal(request, script->unmatched, 404,
                     STR("no route of the script fits this request"));
        return;
    }
    plan_refusal(request, NULL, 405, STR("no route of the script fits this method"));
    header_add_name(&request->plan.headers, STR("Allow"),
                    path_set_words(script->paths, asked->arena, asked->path));
}

/* --- tokens --- */

static bool accepted(const struct sim_require *require, str token)
{
    if (token.n && require->one_of.n == 0)
        return true;
    for (uint32_t i = 0; i < require->one_of.n; i++) {
        str good = require->one_of.items[i];
        bool open = str_ends(good, STR("*"));
        if (open ? str_starts(token, str_of(good.p, good.n - 1)) : str_eq(token, good))
            return !str_absent(token);
    }
    return false;
}

static str token_of(struct sim_request *request)
{
    const struct sim_require *require = request->script->require;
    return require ? sim_asked_text(&request->asked, &require->from)
                   : header_value(request->asked.headers, HEADER_AUTHORIZATION);
}

static void plan_token_refusal(struct sim_request *request)
{
    const struct sim_require *require = request->script->require;
    plan_refusal(request, require ? require->refused : NULL, 401,
                 STR("this token is not accepted"));
}

/* True when the request's token is refused; the plan is made. */
static bool refuse_token(struct sim_request *request)
{
    const struct sim_require *require = request->script->require;
    str token = token_of(request);
    if (request->route && request->route->open)
        return false;
    if (request->struck && request->fault.revoke)
        sim_state_revoke(request->sim, token);
    if (!sim_state_revoked(request->sim, token) && (!require || accepted(require, token)))
        return false;
    plan_token_refusal(request);
    return true;
}

/* --- limits --- */

static bool applies(const struct sim_rate *rate, const struct sim_asked *asked)
{
    struct path_match match;
    if (rate->method.n && !str_eq(asked->method, rate->method))
        return false;
    if (path_set_match(rate->where, STR_NONE, asked->path, &match) != PATH_FOUND)
        return rate->paths.n == 0;
    return match.target == &rate->paths;
}

/* Counts the request in every limit that applies, into `quotas`. The first that has no
 * room refuses it; later ones do not count it then. */
static const struct sim_rate *take_limits(struct sim_request *request,
                                          struct sim_quota *quotas)
{
    struct sim_asked *asked = &request->asked;
    struct sim_rate *rates = request->script->limits.items;
    const struct sim_rate *refused = NULL;
    for (uint32_t i = 0; i < request->script->limits.n && !refused; i++) {
        quotas[i].calls = 0;
        if (!applies(&rates[i], asked))
            continue;
        str token = sim_asked_text(asked, &rates[i].per);
        if (!sim_limit_take(&rates[i].limit, token, request->sim->worker->now,
                            &quotas[i]))
            refused = &rates[i];
    }
    return refused;
}

static void add_limit_headers(struct sim_request *request, const struct sim_quota *quotas,
                              const struct sim_rate *refused)
{
    struct sim_planner planner = sim_request_planner(request);
    const struct sim_rate *rates = request->script->limits.items;
    for (uint32_t i = 0; i < request->script->limits.n; i++) {
        request->asked.quota = &quotas[i];
        if (quotas[i].calls)
            sim_plan_headers(&request->plan, &planner, &rates[i].headers,
                             SIM_ADD_MISSING);
        if (&rates[i] == refused)
            break;
    }
    request->asked.quota = NULL;
}

static void plan_limit_refusal(struct sim_request *request, const struct sim_rate *rate,
                               const struct sim_quota *quotas)
{
    const struct sim_rate *rates = request->script->limits.items;
    request->asked.quota = &quotas[rate - rates];
    plan_refusal(request, rate->refused, 429, STR("too many calls"));
    if (!rate->refused)
        header_add_int(&request->plan.headers, HEADER_RETRY_AFTER,
                       usec_ceil_s(request->asked.quota->reset_in));
}

/* --- writes --- */

/* Keys of one script are apart from those of another. */
static str key_of(struct sim_request *request)
{
    struct sim_asked *asked = &request->asked;
    str key = sim_asked_text(asked, &request->route->once->key);
    str parts[] = {request->script->prefix, STR(" "), key};
    return key.n ? arena_join(asked->arena, parts, COUNT_OF(parts)) : STR_NONE;
}

static void execute(struct sim_request *request, str key)
{
    struct sim_asked *asked = &request->asked;
    struct sim_seen seen = sim_request_seen(request);
    struct sim_write write = {.key = key,
                              .method = seen.method,
                              .target = seen.target,
                              .request = seen.number,
                              .connection = seen.connection,
                              .at = seen.at,
                              .status = request->plan.status,
                              .body_bytes = seen.body_bytes,
                              .pending = true,
                              .n = asked->n,
                              .id = asked->id,
                              .wall = asked->wall};
    memcpy(write.sha256, request->sha256, sizeof(write.sha256));
    request->write = sim_write_add(&request->sim->writes, &write);
}

/* Whether the write happens: faults that hide its answer do not undo it. */
static bool happens(const struct sim_request *request, uint32_t status)
{
    const struct sim_fault *fault = request->plan.fault;
    if (fault && fault->executes != SIM_EXECUTES_AUTO)
        return fault->executes == SIM_EXECUTES_YES;
    if (fault && fault->status)
        return fault->status < 400;
    return status < 400 && request->in->body_state == INBOUND_BODY_ENDED;
}

/* A known key: the answer is made as the first one was. False when another reply stands
 * in its place, in *ret_reply. */
static bool meet_again(struct sim_request *request, struct sim_write *write,
                       const struct sim_reply **ret_reply)
{
    const struct sim_once *once = request->route->once;
    bool same = sim_write_repeat(&request->sim->writes, write, request->sha256);
    request->asked.n = write->n;
    request->asked.id = write->id;
    request->asked.wall = write->wall;
    const struct sim_reply *instead = NULL;
    if (!same)
        instead = once->conflict;
    else if (write->pending)
        instead = once->busy;
    if (instead)
        *ret_reply = instead;
    return !instead;
}

/* --- the answer --- */

static const struct sim_reply *next_reply(const struct sim_route *route)
{
    const struct sim_reply *replies = route->replies.items;
    uint64_t at = route->calls - 1;
    if (at >= route->replies.n)
        at = route->cycle ? at % route->replies.n : route->replies.n - 1;
    return &replies[at];
}

/* The reply's own fault comes under the injected ones. */
static void add_fault(struct sim_request *request, const struct sim_fault *own)
{
    struct arena *arena = request->asked.arena;
    struct sim_fault injected = request->fault;
    if (!own)
        return;
    request->fault = (struct sim_fault){0};
    sim_fault_add(&request->fault, arena, own);
    for (uint32_t i = 0; i < injected.mutation_n; i++)
        if (request->fault.mutation_n < SIM_MUTATIONS_MAX)
            request->fault.mutations[request->fault.mutation_n++] = injected.mutations[i];
    if (request->struck)
        sim_fault_add(&request->fault, arena, &injected);
    request->struck = true;
}

/* The reply is there: what is wrong with it, and whether it is one at all. */
static void plan_reply(struct sim_request *request, const struct sim_reply *reply,
                       bool repeat)
{
    struct sim_planner planner = sim_request_planner(request);
    sim_plan_reply(&request->plan, &planner, reply);
    if (repeat)
        sim_plan_headers(&request->plan, &planner, &request->route->once->repeat_headers,
                         SIM_REPLACE);
    add_fault(request, reply->fault);
    if (reply->fault && reply->fault->revoke) {
        sim_state_revoke(request->sim, token_of(request));
        plan_token_refusal(request);
    }
}

static void plan_route(struct sim_request *request)
{
    struct sim_route *route = request->route;
    struct sim_write *before = NULL;
    uint64_t id = request->asked.id;
    usec wall = request->asked.wall;
    request->asked.n = ++route->calls;
    str key = route->once ? key_of(request) : STR_NONE;
    const struct sim_reply *reply = next_reply(route);
    if (!str_absent(key))
        before = sim_write_find(&request->sim->writes, key);
    bool repeat = before && meet_again(request, before, &reply);
    plan_reply(request, reply, repeat);
    uint32_t status = request->plan.status;
    plan_fault(request);
    request->asked.id = id;
    request->asked.wall = wall;
    if (route->once && !before && happens(request, status))
        execute(request, key);
}

void sim_decide_record(struct sim_request *request)
{
    struct sim_seen seen = sim_request_seen(request);
    const struct sim_fault *fault = request->plan.fault;
    seen.status = fault && fault->instead ? 0 : request->plan.status;
    if (seen.body.n > SIM_RECORD_BODY_BYTES_MAX)
        seen.body.n = SIM_RECORD_BODY_BYTES_MAX;
    sim_record_add(&request->sim->records, &seen);
    sim_script_count(&request->sim->statuses, seen.status);
    if (request->route)
        sim_script_count(&request->route->statuses, seen.status);
    else if (request->script)
        sim_script_count(&request->script->unmatched_statuses, seen.status);
}

void sim_decide(struct sim_request *request)
{
    struct sim_planner planner = sim_request_planner(request);
    struct sim_script *script = request->script;
    struct sim_quota *quotas =
        arena_array(request->asked.arena, script->limits.n + (size_t)1, sizeof(*quotas));
    const struct sim_rate *refused = NULL;
    inject(request, false);
    if (!request->matched)
        request->route = sim_script_match(script, &request->asked);
    if (refuse_token(request)) {
        plan_fault(request);
    } else if ((refused = take_limits(request, quotas))) {
        plan_limit_refusal(request, refused, quotas);
        plan_fault(request);
    } else if (request->route) {
        plan_route(request);
    } else {
        plan_unmatched(request);
        plan_fault(request);
    }
    add_limit_headers(request, quotas, refused);
    sim_plan_headers(&request->plan, &planner, &script->headers, SIM_ADD_MISSING);
    sim_decide_record(request);
}
