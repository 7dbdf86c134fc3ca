/*
 * Before a byte is sent: the account's credentials, the two breakers, the quota, and a
 * place among the calls under way. Everything taken here is given back after the attempt,
 * so that an exchange that waits for its retry holds nothing.
 */
#include "exchange/exchange_steps.h"

static const usec place_poll = 20 * USEC_MS;
/* Of a window, left to others by background work; and to accepted writes by whatever is
 * not one of them (SPEC 3.3). */
static const double background_share = 0.20;
static const double writes_share = 0.25;

/* A write that may have been done is not refused, whatever holds its repeat back. */
static void admit_lost(const struct exchange *exchange, enum err *err, str *detail)
{
    if (!exchange->lost || exchange_is_safe(exchange) || *err == ERR_OUTCOME_UNKNOWN)
        return;
    *err = ERR_OUTCOME_UNKNOWN;
    *detail =
        arena_printf(exchange->arena,
                     "It was sent and had no answer, and could not be repeated: " STR_F,
                     STR_A(*detail));
}

enum exchange_step exchange_fail(struct exchange *exchange, enum err err, str detail,
                                 usec retry_after)
{
    admit_lost(exchange, &err, &detail);
    exchange->outcome.err = err;
    exchange->outcome.detail = detail;
    exchange->outcome.retry_after = retry_after;
    if (exchange->outcome.class == OUTCOME_OK)
        exchange->outcome.class = OUTCOME_LOCAL;
    return EXCHANGE_DONE;
}

enum exchange_step exchange_wait(struct exchange *exchange, usec delay)
{
    exchange->step_began = exchange->worker->now;
    timer_start(&exchange->timer, delay);
    return EXCHANGE_PAUSE;
}

usec exchange_deadline(const struct exchange *exchange)
{
    usec nearer = usec_min(exchange->request.deadline, exchange->total_deadline);
    return usec_min(nearer, exchange->recall.try_until);
}

/* --- credential --- */

/* What fails together: a way with a base URL of its own leads to other servers. */
static str circuit_name(struct exchange *exchange)
{
    const struct method *method = exchange->method;
    str region = json_member_text(&exchange->account->context, STR("region"));
    str group = method ? method->breaker_group : STR_NONE;
    str way = exchange->way && exchange->way->own_base ? exchange->way->name : STR_NONE;
    if (str_absent(region) && !group.n && !way.n)
        return exchange->integration->name;
    str parts[] = {exchange->integration->name,
                   way.n ? STR(" auth=") : STR(""),
                   way,
                   region.n ? STR(" region=") : STR(""),
                   region,
                   group.n ? STR(" group=") : STR(""),
                   group};
    return arena_join(exchange->arena, parts, COUNT_OF(parts));
}

/* A token endpoint has a breaker and limits apart from the API's. */
static str of_target(struct exchange *exchange, str name)
{
    const struct exchange_request *request = &exchange->request;
    str parts[] = {name, STR(" token")};
    bool apart = request->target && !request->credentials;
    return apart ? arena_join(exchange->arena, parts, 2) : name;
}

static void take_up_boards(struct exchange *exchange)
{
    struct boards *boards = exchange->env->boards;
    struct account *account = exchange->account;
    const struct method *method = exchange->method;
    usec now = exchange->worker->now;
    str id = of_target(exchange, tenant_id_str(&account->id));
    exchange->standing = board_acquire(boards->standings, id, now);
    exchange->circuit =
        board_acquire(boards->circuits, of_target(exchange, circuit_name(exchange)), now);
    exchange->places =
        board_acquire(boards->places, tenant_id_str(&account->environment->id), now);
    exchange->host = board_acquire(boards->hosts,
                                   url_authority(exchange->arena, &exchange->base), now);
    if (!method || !method->group.n)
        return;
    str parts[] = {id, STR(" "), method->group};
    exchange->group_standing = board_acquire(
        boards->standings, arena_join(exchange->arena, parts, COUNT_OF(parts)), now);
}

void exchange_let_go(struct exchange *exchange)
{
    struct boards *boards = exchange->env->boards;
    usec now = exchange->worker->now;
    exchange_leave_places(exchange);
    if (!exchange->standing)
        return;
    board_release(boards->standings, exchange->standing, now);
    board_release(boards->circuits, exchange->circuit, now);
    board_release(boards->places, exchange->places, now);
    board_release(boards->hosts, exchange->host, now);
    if (exchange->group_standing)
        board_release(boards->standings, exchange->group_standing, now);
    exchange->standing = exchange->group_standing = NULL;
}

/* The other allowed host that the starter asked for, instead of the base URL's. */
static enum err choose_host(struct exchange *exchange, str *ret_detail)
{
    const struct exchange_request *request = &exchange->request;
    struct url other;
    if (str_absent(request->host))
        return ERR_NONE;
    str text = arena_printf(exchange->arena, "%s://" STR_F,
                            exchange->base.tls ? "https" : "http", STR_A(request->host));
    if (!url_parse(exchange->arena, text, &other, NULL) ||
        !integration_allows(exchange->integration, &other)) {
        *ret_detail = arena_printf(
            exchange->arena, "The host " STR_F " is not among the hosts of " STR_F ".",
            STR_A(request->host), STR_A(exchange->integration->name));
        return ERR_HOST_FORBIDDEN;
    }
    exchange->base = other;
    return ERR_NONE;
}

/* What the document has fixed in front of the path is not the caller's to take away. */
static enum err check_path(const struct exchange *exchange, str *ret_detail)
{
    const struct exchange_request *request = &exchange->request;
    if (!str_absent(request->host) || str_eq(exchange->base.path, STR("/")) ||
        !url_path_climbs(request->path))
        return ERR_NONE;
    *ret_detail = arena_printf(
        exchange->arena, "The path leads above " STR_F ", the path of the base URL.",
        STR_A(exchange->base.path));
    return ERR_PATH_FORBIDDEN;
}

static enum err open_credentials(struct exchange *exchange, str *ret_detail)
{
    enum err err = ERR_NONE;
    exchange->credentials =
        directory_credentials(exchange->env->directory, exchange->account, &err);
    if (err == ERR_CREDENTIAL_UNUSABLE)
        *ret_detail = STR(DIRECTORY_CREDENTIALS_CLOSED);
    return err;
}

enum err exchange_find_base(struct exchange *exchange, str *ret_detail)
{
    if (exchange->request.target) {
        exchange->base = *exchange->request.target;
        return ERR_NONE;
    }
    if (!exchange->way) {
        *ret_detail = integration_no_way(exchange->integration, exchange->account->way,
                                         exchange->arena);
        return ERR_CREDENTIAL_UNUSABLE;
    }
    enum err err = integration_base_url(exchange->integration, exchange->way,
                                        &exchange->account->context, exchange->arena,
                                        &exchange->base, ret_detail);
    if (!err)
        err = check_path(exchange, ret_detail);
    return err ? err : choose_host(exchange, ret_detail);
}

static bool carries_credential(const struct exchange *exchange)
{
    const struct auth_rule *rule = exchange_rule(exchange);
    bool may_show =
        rule && rule->tls.certificate && exchange->account->credential_version;
    return rule && (auth_is_stored(rule) || may_show);
}

enum exchange_step step_credential(struct exchange *exchange)
{
    str detail = STR_NONE;
    exchange_let_go(exchange);
    if (exchange_needs_token(exchange)) {
        enum keeper_word word = exchange_ask_token(exchange, 0);
        if (word != KEEPER_GO)
            return word == KEEPER_WAIT ? EXCHANGE_RENEWAL : EXCHANGE_DONE;
    }
    enum err err = exchange_find_base(exchange, &detail);
    if (!err && exchange->request.target)
        exchange->credentials = exchange->request.credentials;
    else if (!err && carries_credential(exchange))
        err = open_credentials(exchange, &detail);
    if (!err)
        err = exchange_take_certificate(exchange, &detail);
    if (err)
        return exchange_fail(exchange, err, detail, -1);
    take_up_boards(exchange);
    return EXCHANGE_BREAKER;
}

/* --- breaker --- */

static enum exchange_step refuse_broken(struct exchange *exchange,
                                        struct breaker *breaker, usec retry_in,
                                        const char *whose)
{
    struct breaker_view view;
    struct arena *arena = exchange->arena;
    usec now = exchange->worker->now;
    breaker_view(breaker, now, &view);
    exchange->outcome.breaker = view.state;
    exchange->outcome.vendor = (struct vendor_error){
        .status = view.last_status, .message = arena_str(arena, str_z(view.last_error))};
    str detail =
        arena_printf(arena, "The breaker of %s is %s since %lld s; last: %s.", whose,
                     view.force == BREAKER_FORCED_OPEN ? "held open by hand" : "open",
                     (long long)((now - view.since) / USEC_S),
                     view.last_error[0] ? view.last_error : "nothing has been sent yet");
    return exchange_fail(exchange, ERR_BREAKER_OPEN, detail, retry_in);
}

enum exchange_step step_breaker(struct exchange *exchange)
{
    const struct resilience *resilience = exchange->resilience;
    usec now = exchange->worker->now;
    struct breaker *circuit = &exchange->circuit->breaker;
    struct breaker *own = &exchange->standing->breaker;
    exchange->account_permit.answer = BREAKER_REFUSE;
    exchange->circuit_permit = breaker_ask(circuit, &resilience->breaker, now);
    if (exchange->circuit_permit.answer == BREAKER_REFUSE)
        return refuse_broken(exchange, circuit, exchange->circuit_permit.retry_in,
                             "the integration");
    exchange->permitted = true;
    exchange->account_permit = breaker_ask(own, &resilience->account_breaker, now);
    if (exchange->account_permit.answer == BREAKER_REFUSE) {
        usec retry_in = exchange->account_permit.retry_in;
        exchange_abandon(exchange);
        return refuse_broken(exchange, own, retry_in, "the account");
    }
    bool trial = exchange->circuit_permit.answer == BREAKER_TRIAL ||
                 exchange->account_permit.answer == BREAKER_TRIAL;
    exchange->outcome.breaker = trial ? BREAKER_HALF_OPEN : BREAKER_CLOSED;
    return EXCHANGE_QUOTA;
}

/* --- quota --- */

/* How long the vendor's limits hold this call up; 0 = not. */
static usec limit_wait(struct exchange *exchange)
{
    usec now = exchange->worker->now;
    usec wait = quota_wait(&exchange->standing->quota, now);
    if (exchange->group_standing)
        wait = usec_max(wait, quota_wait(&exchange->group_standing->quota, now));
    return wait;
}

/* Accepted writes of the account wait, and this is none of them. */
static bool yields_to_writes(const struct exchange *exchange)
{
    const struct exchange_env *env = exchange->env;
    return env->writes_waiting && !exchange->request.accepted &&
           env->writes_waiting(env->writes_waiting_arg, exchange->account) > 0;
}

static double share_left(const struct exchange *exchange)
{
    usec now = exchange->worker->now;
    double share = quota_share(&exchange->standing->quota, now);
    double group = exchange->group_standing
                       ? quota_share(&exchange->group_standing->quota, now)
                       : share;
    return group < share ? group : share;
}

/* Background work leaves a fifth to callers, and a quarter more to writes that wait. */
static bool too_little_left(struct exchange *exchange)
{
    if (!exchange->request.background)
        return false;
    double left = share_left(exchange);
    return left < background_share ||
           (left < background_share + writes_share && yields_to_writes(exchange));
}

/* Whether waiting `wait` is within what the starter would wait for limits. */
static bool may_wait(const struct exchange *exchange, usec wait)
{
    usec until = exchange->worker->now + wait;
    return exchange->request.wait_on_limit > 0 && until <= exchange->limit_deadline &&
           until < exchange->request.deadline;
}

/* Waiting for a limit, which the starter asked for, does not use up the total limit. */
static enum exchange_step wait_for_limit(struct exchange *exchange, usec wait)
{
    exchange->total_deadline = usec_add(exchange->total_deadline, wait);
    exchange->recall.try_until = usec_add(exchange->recall.try_until, wait);
    exchange_abandon(exchange);
    return exchange_wait(exchange, wait);
}

struct place {
    struct limit *limit;
    uint32_t max;
    const char *whose;
};

static void list_places(struct exchange *exchange, struct place ret[4])
{
    const struct resilience *resilience = exchange->resilience;
    const struct account *account = exchange->account;
    uint32_t of_account = account->concurrency_max;
    uint32_t of_environment = account->environment->concurrency_max;
    ret[0] = (struct place){&exchange->standing->calls,
                            of_account ? of_account : resilience->account_concurrency,
                            "account"};
    ret[1] = (struct place){&exchange->places->calls,
                            of_environment ? of_environment
                                           : resilience->environment_concurrency,
                            "environment"};
    ret[2] = (struct place){&exchange->circuit->calls,
                            resilience->integration_concurrency, "integration"};
    ret[3] = (struct place){&exchange->host->calls, resilience->host_concurrency, "host"};
}

/* Asked only where it matters: the account's last quarter. */
static void leave_places_to_writes(const struct exchange *exchange, struct place *place)
{
    uint32_t rest = place->max - (place->max + 3) / 4;
    if (rest > 0 && limit_taken(place->limit) >= rest && yields_to_writes(exchange))
        place->max = rest;
}

void exchange_leave_places(struct exchange *exchange)
{
    struct place places[4];
    if (!exchange->holds_places)
        return;
    exchange->holds_places = false;
    list_places(exchange, places);
    for (int i = 0; i < 4; i++)
        limit_release(places[i].limit);
}

static enum exchange_step take_places(struct exchange *exchange)
{
    struct place places[4];
    list_places(exchange, places);
    leave_places_to_writes(exchange, &places[0]);
    for (int i = 0; i < 4; i++) {
        if (limit_acquire(places[i].limit, places[i].max))
            continue;
        while (i--)
            limit_release(places[i].limit);
        return EXCHANGE_PAUSE;
    }
    exchange->holds_places = true;
    return EXCHANGE_SHAPE;
}

static enum exchange_step refuse_place(struct exchange *exchange)
{
    struct place places[4];
    list_places(exchange, places);
    leave_places_to_writes(exchange, &places[0]);
    int full = 0;
    for (int i = 0; i < 4; i++)
        if (limit_taken(places[i].limit) >= places[i].max) {
            full = i;
            break;
        }
    exchange_abandon(exchange);
    return exchange_fail(exchange, ERR_CONCURRENCY_LIMIT,
                         arena_printf(exchange->arena,
                                      "The %s has all its %u places taken.",
                                      places[full].whose, places[full].max),
                         USEC_S);
}

enum exchange_step step_quota(struct exchange *exchange)
{
    const struct exchange_request *request = &exchange->request;
    usec wait = limit_wait(exchange);
    bool rather_not = request->refuse_on_limit || request->background;
    if (wait > 0 && may_wait(exchange, wait))
        return wait_for_limit(exchange, wait);
    if ((wait > 0 && rather_not) || too_little_left(exchange)) {
        exchange_abandon(exchange);
        return exchange_fail(exchange, ERR_RATE_LIMITED_LOCAL,
                             wait > 0 ? STR("The vendor's limit still holds.")
                                      : STR("Less than a fifth of the vendor's limit is "
                                            "left, and this call is background work."),
                             wait > 0 ? wait : USEC_S);
    }
    if (take_places(exchange) == EXCHANGE_SHAPE)
        return EXCHANGE_SHAPE;
    if (may_wait(exchange, place_poll))
        return wait_for_limit(exchange, place_poll);
    return refuse_place(exchange);
}
