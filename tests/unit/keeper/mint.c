#include "mint.h"

#include <string.h>

#include "base/mem.h"
#include "http/form.h"

/* One request on its way. */
struct visit {
    struct mint *mint;
    struct token_fetch *fetch; /* NULL: nobody hears of it */
    struct timer timer;
    unsigned grant, number; /* of the refresh token */
    bool known;             /* it is one of ours */
    bool acted;
    bool good; /* the grant gave a token */
    unsigned token;
    enum mint_fate fate;
};

/* What is done, and what comes back; a fate without a status gives an error instead. */
static const struct {
    bool acts;
    bool unheard; /* what it did reaches nobody */
    int status;
    const char *text; /* NULL: what it came to */
    enum err err;
    bool sent;
} fates[MINT_FATES] = {
    [MINT_GOOD] = {.acts = true, .status = 200},
    [MINT_DOWN] = {.status = 503, .text = "<h1>Maintenance</h1>"},
    [MINT_DOWN_AFTER] = {.acts = true, .unheard = true, .status = 500, .text = ""},
    [MINT_LIMITED] = {.status = 429, .text = "slowly"},
    [MINT_UNREACHABLE] = {.err = ERR_UPSTREAM_CONNECT},
    [MINT_HANGS] = {.err = ERR_UPSTREAM_TIMEOUT, .sent = true},
    [MINT_HANGS_AFTER] = {true, true, 0, NULL, ERR_UPSTREAM_TIMEOUT, true},
    [MINT_LOST] = {true, true, 0, NULL, ERR_UPSTREAM_RESET, true},
    [MINT_BROKEN] = {.err = ERR_UPSTREAM_RESET, .sent = true},
    [MINT_GARBAGE] = {.status = 200, .text = "<html>Welcome to our status page</html>"},
    [MINT_HUGE] = {.status = 200},
    [MINT_WRONG_CLIENT] = {.status = 401, .text = "{\"error\":\"invalid_client\"}"},
    [MINT_NO_REFRESH] = {.acts = true, .status = 200},
    [MINT_NO_EXPIRY] = {.acts = true, .status = 200},
    [MINT_NEVER_EXPIRES] = {.acts = true, .status = 200},
};

void mint_init(struct mint *mint, struct false_world *world)
{
    *mint = (struct mint){.world = world,
                          .lifetime = USEC_H,
                          .takes = 50 * USEC_MS,
                          .retry_after = 30 * USEC_S};
    vendor_api_init(&mint->api);
}

void mint_plan(struct mint *mint, enum mint_fate fate)
{
    assert_true(mint->plan_n < MINT_PLAN_MAX);
    mint->plan[mint->plan_n++] = fate;
}

void mint_revoke(struct mint *mint, unsigned grant)
{
    mint->grants[grant].revoked = true;
    mint->grants[grant].token_ends = 0;
}

bool mint_read(str token, char kind, unsigned *ret_grant, unsigned *ret_number)
{
    char text[32] = "";
    if (str_absent(token) || token.n >= sizeof(text))
        return false;
    memcpy(text, token.p, token.n);
    char found;
    return sscanf(text, "%c%u.%u", &found, ret_grant, ret_number) == 3 && found == kind &&
           *ret_grant < MINT_GRANTS_MAX;
}

bool mint_takes(const struct mint *mint, str token)
{
    unsigned grant, number;
    if (!mint_read(token, 'a', &grant, &number))
        return false;
    const struct mint_grant *of = &mint->grants[grant];
    return !of->revoked && number == of->token &&
           of->token_ends > atomic_load(&mint->world->now);
}

/* --- the vendor's own work --- */

static void give(struct mint *mint, struct visit *visit, struct mint_grant *grant)
{
    usec now = atomic_load(&mint->world->now);
    visit->good = true;
    if (visit->fate == MINT_NEVER_EXPIRES)
        grant->token_ends = USEC_NEVER;
    else
        grant->token_ends = now + mint->lifetime;
    if (!mint->keeps && visit->fate != MINT_NO_REFRESH)
        grant->generation++;
    visit->number = grant->generation;
    visit->token = ++grant->token;
    grant->given++;
}

static bool works(const struct mint_grant *grant, unsigned number)
{
    return number <= grant->generation && number + grant->before >= grant->generation;
}

/* A used refresh token revokes its grant (RFC 9700 §4.14.2). */
static void act(struct visit *visit)
{
    struct mint *mint = visit->mint;
    struct mint_grant *grant = &mint->grants[visit->grant];
    if (!visit->known || grant->revoked || visit->number > grant->generation)
        return;
    if (works(grant, visit->number)) {
        give(mint, visit, grant);
        return;
    }
    grant->reused = grant->reused || !(grant->lost || mint->excused);
    grant->spoiled = grant->spoiled || mint->excused;
    if (!mint->forgives)
        mint_revoke(mint, visit->grant);
}

/* --- what comes back --- */

static void set_answer(struct token_fetch *fetch, int status, str text)
{
    struct headers *headers = arena_alloc(fetch->arena, sizeof(*headers));
    headers_init(headers, fetch->arena, 4);
    fetch->err = ERR_NONE;
    fetch->sent = true;
    fetch->answer = (struct answer){.status = status,
                                    .headers = headers,
                                    .text = text,
                                    .wall = world_wall(fetch->worker->world)};
}

static str pair(const struct visit *visit)
{
    struct arena *arena = visit->fetch->arena;
    str refresh =
        arena_printf(arena, ",\"refresh_token\":\"r%u.%u\"", visit->grant, visit->number);
    str expiry = arena_printf(arena, ",\"expires_in\":%lld",
                              visit->fate == MINT_NEVER_EXPIRES
                                  ? 0LL
                                  : (long long)(visit->mint->lifetime / USEC_S));
    return arena_printf(
        arena, "{\"access_token\":\"a%u.%u\"" STR_F STR_F "}", visit->grant, visit->token,
        STR_A(visit->fate == MINT_NO_REFRESH || visit->mint->keeps ? STR("") : refresh),
        STR_A(visit->fate == MINT_NO_EXPIRY ? STR("") : expiry));
}

static str huge(struct arena *arena)
{
    size_t n = 1 << 20;
    char *text = arena_bytes(arena, n);
    text[0] = '[';
    for (size_t i = 1; i + 1 < n; i += 2) {
        text[i] = '0';
        text[i + 1] = ',';
    }
    text[n - 1] = ']';
    text[n - 2] = '0';
    return str_of(text, n);
}

static str answer_text(const struct visit *visit)
{
    if (fates[visit->fate].text)
        return str_z(fates[visit->fate].text);
    if (visit->fate == MINT_HUGE)
        return huge(visit->fetch->arena);
    return visit->good ? pair(visit) : STR("{\"error\":\"invalid_grant\"}");
}

static void answer(struct visit *visit)
{
    struct token_fetch *fetch = visit->fetch;
    int status = fates[visit->fate].status;
    if (!status) {
        fetch->err = fates[visit->fate].err;
        fetch->sent = fates[visit->fate].sent;
        fetch->detail = STR("As the test wants it.");
        return;
    }
    bool refuses = fates[visit->fate].acts && !fates[visit->fate].text && !visit->good;
    set_answer(fetch, refuses ? 400 : status, answer_text(visit));
    if (visit->fate == MINT_LIMITED)
        header_add_int((struct headers *)(uintptr_t)fetch->answer.headers,
                       HEADER_RETRY_AFTER, visit->mint->retry_after / USEC_S);
}

static void end_visit(struct visit *visit)
{
    struct mint_grant *grant = &visit->mint->grants[visit->grant];
    visit->mint->open--;
    grant->open--;
    mem_free(visit);
}

static void work(struct visit *visit)
{
    struct mint *mint = visit->mint;
    visit->acted = true;
    if (fates[visit->fate].acts)
        act(visit);
    if (visit->good && !mint->keeps && fates[visit->fate].unheard)
        mint->grants[visit->grant].lost = true;
}

/* First it works, then it answers. */
static void on_timer(struct timer *timer)
{
    struct visit *visit = CONTAINER_OF(timer, struct visit, timer);
    struct token_fetch *fetch = visit->fetch;
    bool hangs = fates[visit->fate].err == ERR_UPSTREAM_TIMEOUT;
    if (!visit->acted) {
        work(visit);
        if (hangs)
            timer_start_at(timer, fetch->deadline);
        else
            timer_start(timer, visit->mint->takes);
        return;
    }
    answer(visit);
    if (visit->good && !fates[visit->fate].unheard)
        visit->mint->grants[visit->grant].lost = false;
    fetch->work = NULL;
    end_visit(visit);
    fetch->done(fetch);
}

/* --- the keeper's ops --- */

static enum mint_fate fate_of(struct mint *mint, unsigned grant)
{
    if (mint->choose)
        return mint->choose(mint, grant);
    return mint->plan_at < mint->plan_n ? mint->plan[mint->plan_at++] : mint->fate;
}

static void note_asked(struct mint *mint, struct visit *visit)
{
    struct mint_grant *grant = &mint->grants[visit->grant];
    mint->asked++;
    mint->open++;
    mint->peak = mint->open > mint->peak ? mint->open : mint->peak;
    mint->last_asked = atomic_load(&mint->world->now);
    grant->asked++;
    grant->open++;
    grant->peak = grant->open > grant->peak ? grant->open : grant->peak;
}

static void start_exchange(struct mint *mint, struct token_fetch *fetch)
{
    struct visit *visit = mem_zalloc(sizeof(*visit));
    struct form form;
    str body = fetch->request.body;
    form_init(&form, fetch->arena);
    form_add_text(&form, body);
    size_t n = body.n < sizeof(mint->last_body) ? body.n : sizeof(mint->last_body) - 1;
    memcpy(mint->last_body, body.p, n);
    mint->last_body[n] = 0;
    *visit = (struct visit){.mint = mint, .fetch = fetch};
    visit->known = mint_read(form_find(&form, STR("refresh_token")), 'r', &visit->grant,
                             &visit->number);
    assert_true(fetch->deadline > fetch->worker->now);
    visit->fate = fate_of(mint, visit->grant);
    note_asked(mint, visit);
    fetch->work = visit;
    timer_init(&visit->timer, fetch->worker, on_timer);
    timer_start(&visit->timer, mint->takes);
}

static void start(void *arg, struct token_fetch *fetch)
{
    struct mint *mint = arg;
    if (fetch->credentials)
        vendor_api_start(&mint->api, fetch);
    else
        start_exchange(mint, fetch);
}

/* What was sent may still arrive. */
static void abandon_exchange(struct token_fetch *fetch)
{
    struct visit *visit = fetch->work;
    struct mint *mint = visit->mint;
    fetch->work = NULL;
    mint->gone++;
    if (!visit->acted && mint->acts_when_cut)
        work(visit);
    if (visit->good && !mint->keeps)
        mint->grants[visit->grant].lost = true;
    timer_cancel(&visit->timer);
    end_visit(visit);
}

static void abandon(struct token_fetch *fetch)
{
    if (fetch->credentials)
        vendor_api_abandon(fetch);
    else
        abandon_exchange(fetch);
}

const struct keeper_ops mint_ops = {start, abandon};
