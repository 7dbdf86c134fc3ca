/*
 * A breaker against a model of it that keeps everything it was ever told in plain lists
 * and answers each question by going through them. Both are asked and told the same by
 * chance, over false time; they must never differ. A failing seed is printed.
 *
 * Time goes in whole seconds: what the breaker may forget to note (that an account was
 * active once more within the same second) is then of no consequence.
 */
#include "policy/breaker.h"

#include "support/reply.h"

int test_breaker_model(void);

enum { ACCOUNTS = 4, STEPS = 1500, SEEDS = 300, PERMITS_MAX = 6 };

struct told {
    usec at;
    bool failed;
    bool slow;
};

struct model {
    const struct breaker_rule *rule;
    bool shared;
    enum breaker_state state;
    enum breaker_force force;
    uint64_t epoch;
    uint32_t row;      /* failures in a row */
    uint32_t openings; /* in a row */
    uint32_t trials;
    uint32_t successes;
    usec open_until;
    usec active[ACCOUNTS]; /* last, or −1 */
    bool failed[ACCOUNTS]; /* since the last success */
    bool probe_failed;
    struct told told[STEPS]; /* while closed, since it was last closed */
    size_t told_n;
};

static void model_move(struct model *m, enum breaker_state state,
                       enum breaker_force force)
{
    m->state = state;
    m->force = force;
    m->epoch++;
    m->trials = m->successes = 0;
}

static struct breaker_permit model_ask(struct model *m, usec now)
{
    struct breaker_permit permit = {.answer = BREAKER_ALLOW};
    if (m->force == BREAKER_FORCED_OPEN) {
        permit.answer = BREAKER_REFUSE;
        permit.retry_in = m->rule->open;
    } else if (m->state == BREAKER_OPEN && now < m->open_until) {
        permit.answer = BREAKER_REFUSE;
        permit.retry_in = m->open_until - now;
    } else if (m->state != BREAKER_CLOSED) {
        if (m->state == BREAKER_OPEN)
            model_move(m, BREAKER_HALF_OPEN, BREAKER_FREE);
        bool room = m->trials < m->rule->trials;
        permit.answer = room ? BREAKER_TRIAL : BREAKER_REFUSE;
        permit.retry_in = room ? 0 : USEC_S;
        m->trials += room;
    }
    permit.epoch = m->epoch;
    return permit;
}

static enum breaker_event model_open(struct model *m, double chance, usec now)
{
    usec open = m->rule->open;
    for (uint32_t i = 0; i < m->openings; i++)
        open = usec_min(2 * open, m->rule->open_max);
    m->openings++;
    m->open_until = now + open + (usec)((double)open * chance / 10);
    model_move(m, BREAKER_OPEN, BREAKER_FREE);
    return BREAKER_EVENT_OPENED;
}

static void model_forget_failures(struct model *m)
{
    m->row = 0;
    m->probe_failed = false;
    for (int i = 0; i < ACCOUNTS; i++)
        m->failed[i] = false;
}

static enum breaker_event model_close(struct model *m)
{
    m->openings = 0;
    m->told_n = 0;
    model_forget_failures(m);
    model_move(m, BREAKER_CLOSED, BREAKER_FREE);
    return BREAKER_EVENT_CLOSED;
}

static bool model_window_is_bad(const struct model *m, usec now)
{
    unsigned calls = 0, failed = 0, slow = 0;
    usec slot = m->rule->window / 10;
    for (size_t i = 0; i < m->told_n; i++) {
        if (now / slot - m->told[i].at / slot >= 10)
            continue;
        calls++;
        failed += m->told[i].failed;
        slow += m->told[i].slow;
    }
    if (calls < m->rule->calls_min)
        return false;
    return (m->rule->failure_share > 0 && failed >= m->rule->failure_share * calls) ||
           (m->rule->slow_share > 0 && slow >= m->rule->slow_share * calls);
}

static bool model_may_open(const struct model *m, usec now)
{
    unsigned active = 0, failed = m->probe_failed;
    for (int i = 0; i < ACCOUNTS; i++) {
        active += m->active[i] >= 0 && now - m->active[i] <= 60 * USEC_S;
        failed += m->failed[i];
    }
    return !m->shared || active < 2 || failed >= 2;
}

static enum breaker_event model_note(struct model *m, const struct breaker_permit *permit,
                                     const struct breaker_result *result, usec now)
{
    bool failed = result->effect == BREAKER_FAILURE;
    m->active[result->account - 1] = now;
    if (permit->epoch != m->epoch || m->force != BREAKER_FREE)
        return BREAKER_EVENT_NONE;
    if (failed) {
        m->failed[result->account - 1] = true;
        m->probe_failed |= result->probe;
    }
    if (m->state == BREAKER_HALF_OPEN) {
        m->trials--;
        if (failed)
            return model_open(m, result->chance, now);
        m->successes += result->effect == BREAKER_SUCCESS;
        return m->successes == m->rule->successes ? model_close(m) : BREAKER_EVENT_NONE;
    }
    if (result->effect == BREAKER_NEUTRAL)
        return BREAKER_EVENT_NONE;
    m->told[m->told_n++] = (struct told){now, failed, result->took > m->rule->slow};
    if (failed)
        m->row++;
    else
        model_forget_failures(m);
    bool bad = m->row >= m->rule->failures || model_window_is_bad(m, now);
    return bad && model_may_open(m, now) ? model_open(m, result->chance, now)
                                         : BREAKER_EVENT_NONE;
}

static void model_force(struct model *m, enum breaker_force force)
{
    if (force == BREAKER_FREE)
        model_close(m);
    else
        model_move(m, force == BREAKER_FORCED_OPEN ? BREAKER_OPEN : BREAKER_CLOSED,
                   force);
}

/* --- both together --- */

struct play {
    struct breaker breaker;
    struct model model;
    struct breaker_rule rule;
    usec now;
    uint64_t chance;
    unsigned seed;
    unsigned opened;
    struct {
        struct breaker_permit real, model;
    } permits[PERMITS_MAX];
    unsigned n;
};

/* xorshift64* (Vigna 2016). */
static uint64_t draw(struct play *play, uint64_t below)
{
    play->chance ^= play->chance >> 12;
    play->chance ^= play->chance << 25;
    play->chance ^= play->chance >> 27;
    return (play->chance * 2685821657736338717u >> 16) % below;
}

static void same(const struct play *play, const char *what, int64_t got, int64_t want)
{
    if (got != want)
        fail_msg("seed %u at %lld s: %s is %lld, the model says %lld", play->seed,
                 (long long)(play->now / USEC_S), what, (long long)got, (long long)want);
}

static void play_ask(struct play *play)
{
    struct breaker_permit real = breaker_ask(&play->breaker, &play->rule, play->now);
    struct breaker_permit model = model_ask(&play->model, play->now);
    same(play, "the answer", real.answer, model.answer);
    same(play, "retry_in", real.retry_in, model.retry_in);
    if (real.answer == BREAKER_REFUSE)
        return;
    play->permits[play->n].real = real;
    play->permits[play->n++].model = model;
}

/* Failures come in spells, so that rows of them happen. */
static enum breaker_effect draw_effect(struct play *play)
{
    bool spell = play->now / (40 * USEC_S) % 2;
    uint64_t dice = draw(play, 10);
    if (dice == 0)
        return BREAKER_NEUTRAL;
    return dice < (spell ? 9 : 3) ? BREAKER_FAILURE : BREAKER_SUCCESS;
}

static void play_note(struct play *play)
{
    unsigned at = (unsigned)draw(play, play->n);
    struct breaker_result result = {.effect = draw_effect(play),
                                    .account = 1 + draw(play, 8) % ACCOUNTS,
                                    .probe = draw(play, 20) == 0,
                                    .took = draw(play, 4) == 0 ? 3 * USEC_S : USEC_MS,
                                    .chance = (double)draw(play, 100) / 100};
    if (draw(play, 2))
        result.account = 1; /* one is busier than the others */
    enum breaker_event real = breaker_note(&play->breaker, &play->rule,
                                           &play->permits[at].real, &result, play->now);
    enum breaker_event model =
        model_note(&play->model, &play->permits[at].model, &result, play->now);
    same(play, "the event", real, model);
    play->opened += real == BREAKER_EVENT_OPENED;
    play->permits[at] = play->permits[--play->n];
}

static void play_force(struct play *play)
{
    enum breaker_force force = (enum breaker_force)draw(play, 3);
    breaker_force(&play->breaker, force, play->now);
    model_force(&play->model, force);
}

static void look(struct play *play)
{
    struct breaker_view view;
    const struct model *m = &play->model;
    breaker_view(&play->breaker, play->now, &view);
    bool waits = m->state == BREAKER_OPEN && m->force == BREAKER_FREE;
    same(play, "the state", view.state, m->state);
    same(play, "the force", view.force, m->force);
    same(play, "retry_in", view.retry_in,
         waits ? usec_max(m->open_until - play->now, 0) : 0);
    if (m->state == BREAKER_CLOSED && m->force == BREAKER_FREE)
        same(play, "the row", view.failures, m->row);
}

static void draw_rule(struct play *play)
{
    static const usec windows[] = {10 * USEC_S, 30 * USEC_S, 60 * USEC_S};
    play->rule.failures = draw(play, 4) ? 5 : 1000;
    play->rule.trials = 1 + (uint32_t)draw(play, 3);
    play->rule.successes = 1 + (uint32_t)draw(play, 3);
    play->rule.open = (1 + (usec)draw(play, 30)) * USEC_S;
    play->rule.open_max = play->rule.open * (1 + (usec)draw(play, 8));
    play->rule.window = windows[draw(play, 3)];
    play->rule.calls_min = 1 + (uint32_t)draw(play, 20);
    play->rule.failure_share = draw(play, 2) ? (double)(1 + draw(play, 10)) / 10 : 0;
    play->rule.slow_share = draw(play, 3) ? 0 : (double)(1 + draw(play, 10)) / 10;
}

static unsigned play_seed(struct arena *arena, unsigned seed)
{
    struct arena_mark mark = arena_mark(arena);
    struct play *play = arena_zalloc(arena, sizeof(*play));
    play->seed = seed;
    play->chance = 0x9e3779b97f4a7c15u * (seed + 1);
    play->now = 1000 * USEC_S;
    reply_rule(arena, &breaker_table, NULL, &play->rule);
    draw_rule(play);
    play->model.rule = &play->rule;
    play->model.shared = draw(play, 2);
    for (int i = 0; i < ACCOUNTS; i++)
        play->model.active[i] = -1;
    breaker_init(&play->breaker, play->model.shared);
    for (int i = 0; i < STEPS; i++) {
        uint64_t dice = draw(play, 400);
        if (dice == 0)
            play_force(play);
        else if (dice < 100)
            play->now += (usec)draw(play, dice < 5 ? 80 : 3) * USEC_S;
        else if (play->n == PERMITS_MAX || (play->n && dice < 260))
            play_note(play);
        else
            play_ask(play);
        look(play);
    }
    unsigned opened = play->opened;
    breaker_fini(&play->breaker);
    arena_rewind(arena, mark);
    return opened;
}

static void the_breaker_is_its_model(void **state)
{
    unsigned opened = 0;
    for (unsigned seed = 0; seed < SEEDS; seed++)
        opened += play_seed(*state, seed);
    assert_true(opened > SEEDS); /* there was something to see */
}

int test_breaker_model(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(the_breaker_is_its_model),
    };
    return cmocka_run_group_tests_name("policy: breaker model", tests, NULL, NULL);
}
