#include "vendor_api.h"

#include "base/mem.h"
#include "loop/world.h"

const struct vendor_answer vendor_yes = {200, OUTCOME_OK, "{\"name\":\"Acme\"}", ERR_NONE,
                                         0};
const struct vendor_answer vendor_no = {401, OUTCOME_AUTH_FAILED, "{}", ERR_NONE, 0};
const struct vendor_answer vendor_forbids = {403, OUTCOME_FORBIDDEN, "{}", ERR_NONE, 0};
const struct vendor_answer vendor_trouble = {503, OUTCOME_SERVER, "", ERR_NONE, 0};
const struct vendor_answer vendor_limits = {429, OUTCOME_RATE_LIMITED, "", ERR_NONE,
                                            3 * USEC_H};
const struct vendor_answer vendor_away = {0, OUTCOME_NETWORK, "", ERR_UPSTREAM_CONNECT,
                                          0};

struct request {
    struct vendor_api *api;
    struct token_fetch *fetch;
    struct timer timer;
    enum vendor_place place;
};

void vendor_api_init(struct vendor_api *api)
{
    *api = (struct vendor_api){.takes = 100 * USEC_MS};
    for (unsigned i = 0; i < VENDOR_PLACES; i++)
        api->answers[i] = vendor_yes;
}

static const struct vendor_answer *answer_of(const struct request *request)
{
    const struct vendor_api *api = request->api;
    str token = auth_credential(request->fetch->credentials, STR("token"));
    const struct vendor_answer *planned = &api->answers[request->place];
    if (!api->takes_token || request->place != VENDOR_ME || planned->status != 200)
        return planned;
    return api->takes_token(api->arg, token) ? &vendor_yes : &vendor_no;
}

static void end(struct request *request)
{
    request->api->open--;
    request->fetch->work = NULL;
    timer_cancel(&request->timer);
    mem_free(request);
}

static void on_timer(struct timer *timer)
{
    struct request *request = CONTAINER_OF(timer, struct request, timer);
    struct token_fetch *fetch = request->fetch;
    const struct vendor_answer *planned = answer_of(request);
    struct headers *headers = arena_alloc(fetch->arena, sizeof(*headers));
    headers_init(headers, fetch->arena, 4);
    fetch->err = planned->err;
    fetch->detail = STR("As the test wants it.");
    fetch->sent = planned->status != 0;
    fetch->class = planned->class;
    fetch->retry_after = planned->retry_after ? planned->retry_after : -1;
    fetch->answer = (struct answer){.status = planned->status,
                                    .headers = headers,
                                    .text = str_z(planned->body),
                                    .wall = world_wall(fetch->worker->world)};
    end(request);
    fetch->done(fetch);
}

static void note(struct vendor_api *api, const struct request *request)
{
    const struct token_fetch *fetch = request->fetch;
    str token = auth_credential(fetch->credentials, STR("token"));
    api->asked[request->place]++;
    api->open++;
    api->peak = api->open > api->peak ? api->open : api->peak;
    snprintf(api->last_path, sizeof(api->last_path), STR_F,
             STR_A(fetch->request.url.path));
    snprintf(api->last_token, sizeof(api->last_token), STR_F, STR_A(token));
}

void vendor_api_start(struct vendor_api *api, struct token_fetch *fetch)
{
    struct request *request = mem_zalloc(sizeof(*request));
    bool check = str_starts(fetch->request.url.path, STR("/me"));
    request->api = api;
    request->fetch = fetch;
    request->place = check ? VENDOR_ME : VENDOR_ORG;
    assert_true(fetch->deadline > fetch->worker->now);
    note(api, request);
    fetch->work = request;
    timer_init(&request->timer, fetch->worker, on_timer);
    timer_start(&request->timer,
                usec_min(api->takes, fetch->deadline - fetch->worker->now));
}

void vendor_api_abandon(struct token_fetch *fetch)
{
    struct request *request = fetch->work;
    request->api->gone++;
    end(request);
}
