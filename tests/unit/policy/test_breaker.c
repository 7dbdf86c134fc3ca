/*
 * Breakers by scripts. A script is a row of steps, one blank between them:
 *
 *   A!  A.  A~  A_   account A asks, may call, and the call fails, succeeds, is neutral,
 *                    or succeeds slowly (2 s and a bit); `Ap!` is a failed probe
 *   A?               account A asks and is refused
 *   [A  ]A!          account A asks and may call; later its oldest call ends
 *   +30s             time passes
 *   =closed =open =half   the state is
 *   #5               so many failures in a row are counted
 *   (30s             a refused ask is told to come again in so long
 *   <open <closed <free   it is forced
 *   >opened >closed  the step before said so (any other step must have said nothing)
 */
#include "policy/breaker.h"

#include "support/reply.h"

int test_breaker(void);

enum { HELD_MAX = 8, ACCOUNTS = 26 };

struct stage {
    struct breaker breaker;
    struct breaker_rule rule;
    usec now;
    double chance;
    struct breaker_permit held[ACCOUNTS][HELD_MAX];
    unsigned held_n[ACCOUNTS];
    struct breaker_permit last;
    enum breaker_event event; /* of the step before; looked at or NONE */
    const char *script;
};

static void wrong(const struct stage *stage, str step, const char *what)
{
    fail_msg("\"%s\" at \"" STR_F "\": %s", stage->script, STR_A(step), what);
}

static struct breaker_permit ask(struct stage *stage)
{
    stage->last = breaker_ask(&stage->breaker, &stage->rule, stage->now);
    return stage->last;
}

static void end_call(struct stage *stage, str step, char account,
                     const struct breaker_permit *permit)
{
    char how = step.p[step.n - 1];
    bool probe = str_find(step, 'p') < step.n;
    struct breaker_result result = {
        .effect = how == '!'   ? BREAKER_FAILURE
                  : how == '~' ? BREAKER_NEUTRAL
                               : BREAKER_SUCCESS,
        .account = (uint64_t)account,
        .probe = probe,
        .took = how == '_' ? 2 * USEC_S + 1 : USEC_MS,
        .status = how == '!' ? 503 : 200,
        .error = how == '!' ? STR("no luck") : STR_NONE,
        .chance = stage->chance,
    };
    if (!strchr("!.~_", how))
        wrong(stage, step, "no such end of a call");
    stage->event =
        breaker_note(&stage->breaker, &stage->rule, permit, &result, stage->now);
}

static void step_call(struct stage *stage, str step)
{
    struct breaker_permit permit = ask(stage);
    bool refused = permit.answer == BREAKER_REFUSE;
    if (str_ends(step, STR("?"))) {
        if (!refused)
            wrong(stage, step, "was allowed");
        return;
    }
    if (refused)
        wrong(stage, step, "was refused");
    end_call(stage, step, step.p[0], &permit);
}

static void step_begin(struct stage *stage, str step)
{
    unsigned at = (unsigned)(step.p[1] - 'A');
    struct breaker_permit permit = ask(stage);
    if (permit.answer == BREAKER_REFUSE)
        wrong(stage, step, "was refused");
    assert_true(stage->held_n[at] < HELD_MAX);
    stage->held[at][stage->held_n[at]++] = permit;
}

static void step_end(struct stage *stage, str step)
{
    unsigned at = (unsigned)(step.p[1] - 'A');
    assert_true(stage->held_n[at] > 0);
    struct breaker_permit permit = stage->held[at][0];
    stage->held_n[at]--;
    memmove(stage->held[at], stage->held[at] + 1,
            stage->held_n[at] * sizeof(stage->held[at][0]));
    end_call(stage, step, step.p[1], &permit);
}

static void step_state(struct stage *stage, str step)
{
    struct breaker_view view;
    breaker_view(&stage->breaker, stage->now, &view);
    str word = breaker_state_word(view.state);
    str want = str_from(step, 1);
    if (!str_starts(word, want))
        wrong(stage, step, word.p);
}

static void step_force(struct stage *stage, str step)
{
    str word = str_from(step, 1);
    enum breaker_force force = str_eq(word, STR("open"))     ? BREAKER_FORCED_OPEN
                               : str_eq(word, STR("closed")) ? BREAKER_FORCED_CLOSED
                                                             : BREAKER_FREE;
    breaker_force(&stage->breaker, force, stage->now);
}

static void step_event(struct stage *stage, str step)
{
    enum breaker_event want =
        str_eq(step, STR(">opened")) ? BREAKER_EVENT_OPENED : BREAKER_EVENT_CLOSED;
    if (stage->event != want)
        wrong(stage, step, "it did not say so");
    stage->event = BREAKER_EVENT_NONE;
}

static void step_count(struct stage *stage, str step)
{
    uint64_t want;
    struct breaker_view view;
    assert_true(str_to_u64(str_from(step, 1), 1000, &want));
    breaker_view(&stage->breaker, stage->now, &view);
    if (view.failures != want)
        wrong(stage, step, "another count");
}

static void step_time(struct stage *stage, str step)
{
    usec time;
    assert_true(str_to_usec(str_from(step, 1), &time));
    if (step.p[0] == '+')
        stage->now += time;
    else if (stage->last.answer != BREAKER_REFUSE || stage->last.retry_in != time)
        wrong(stage, step, "another time");
}

static void run_step(struct stage *stage, str step)
{
    static const struct {
        char first;
        void (*run)(struct stage *stage, str step);
    } steps[] = {{'[', step_begin}, {']', step_end},   {'+', step_time}, {'(', step_time},
                 {'=', step_state}, {'<', step_force}, {'#', step_count}};
    if (step.p[0] == '>') {
        step_event(stage, step);
        return;
    }
    if (stage->event != BREAKER_EVENT_NONE)
        wrong(stage, step, "the step before opened or closed it");
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (steps[i].first == step.p[0]) {
            steps[i].run(stage, step);
            return;
        }
    step_call(stage, step);
}

/* `rule` NULL = the default one. */
static void run_script(struct arena *arena, const char *script, const char *rule,
                       bool shared, double chance)
{
    struct stage stage = {.now = 100 * USEC_S, .chance = chance, .script = script};
    str rest = str_z(script), step;
    breaker_init(&stage.breaker, shared);
    reply_rule(arena, &breaker_table, rule ? given_json(arena, str_z(rule)) : NULL,
               &stage.rule);
    while (str_next(&rest, ' ', &step))
        if (step.n)
            run_step(&stage, step);
    if (stage.event != BREAKER_EVENT_NONE)
        wrong(&stage, STR("the end"), "the last step opened or closed it");
    breaker_fini(&stage.breaker);
}

#define FIVE  "A! A! A! A! A! >opened "
#define AGAIN "A! >opened "

static void one_account_alone(void **state)
{
    static const char *const scripts[] = {
        "=closed A. A~ A! #1 A. #0 =closed",
        "A! A! A! A! #4 =closed A! >opened =open",
        "A! A! A! A! A. A! A! A! A! =closed A! >opened",
        "A! A~ A! A~ A! A~ A! A~ #4 =closed A! >opened", /* neutral counts for nothing */
        "A! +1h A! +1h A! +1h A! +1h A! >opened",        /* a row has no time */
        FIVE "A? (30s =open +29s A? (1s +1s [A =half",
        FIVE "+30s [A [A A? (1s =half ]A. [A A? ]A. >closed =closed A.", /* two of two */
        FIVE "+30s A. =half A. >closed #0 A! A! A! A! =closed A! >opened",
        FIVE "+30s A. " AGAIN "=open A? (60s",
        FIVE "+30s " AGAIN "A? (60s +60s " AGAIN "A? (120s +120s " AGAIN "A? (120s",
        FIVE "+30s " AGAIN "+60s A. A. >closed " FIVE "A? (30s", /* grows from anew */
        FIVE "+30s [A ]A~ =half [A [A A? ]A~ [A A?", /* neutral gives its place back */
        FIVE "+30s A~ A~ A~ A~ =half A. A~ A. >closed",
        "[A [A " FIVE "]A. =open ]A! =open +30s A. A. >closed", /* of an old epoch */
        "[A A! A! A! A! ]A! >opened",
        "[A " FIVE "+30s [A ]A. =half ]A. =half A. >closed", /* the first was old */
        FIVE "+30s [A [A ]A! >opened =open ]A. =open A? +60s A. A. >closed",
        FIVE "+30s [A [A ]A! >opened +60s ]A. =open A. =half A. >closed",
    };
    for (size_t i = 0; i < COUNT_OF(scripts); i++)
        run_script(*state, scripts[i], NULL, false, 0);
}

static void one_tenant_cannot_open_it_for_all(void **state)
{
    static const char *const scripts[] = {
        "A! A! A! A! A! >opened", /* nobody else is there */
        "B. A! A! A! A! A! A! A! A! =closed #8 B! >opened",
        "B. A! A! A! A! B. A! A! A! A! A! =closed", /* whose success ends the row */
        "B. +60s A! A! A! A! A! =closed",
        "B. +61s A! A! A! A! A! >opened", /* the other has gone */
        "B. A! A! A! A! A! A! =closed +61s A! >opened",
        "B~ A! A! A! A! A! =closed", /* neutral is active, too */
        "A! B! A! B! A! >opened",
        "A! B! A. A! A! A! A! =closed #4 A! =closed B! >opened",
        "B. A! A! A! A! Ap! >opened", /* a probe is a second account */
        "B. Ap! A! A! A! A! >opened",
        "B. A! A! A! A! A! =closed Ap! >opened",
        "B. C. A! A! A! A! A! =closed C! >opened",
        "B. +50s C. +20s A! A! A! A! A! =closed", /* C is still about */
        "B. +50s C. +61s A! A! A! A! A! >opened",
        "A! A! A! B! B! >opened +30s A! >opened =open", /* a trial decides alone */
    };
    for (size_t i = 0; i < COUNT_OF(scripts); i++)
        run_script(*state, scripts[i], NULL, true, 0);
}

static void shares_of_a_window_open_it(void **state)
{
    static const char share[] =
        "{\"failures\":1000,\"failure_share\":0.5,\"calls_min\":4,\"window\":\"10s\"}";
    static const char slow[] =
        "{\"failures\":1000,\"slow_share\":0.5,\"calls_min\":4,\"window\":\"10s\"}";
    static const char both[] = "{\"failures\":3,\"failure_share\":0.9,\"calls_min\":4,"
                               "\"slow_share\":0.75,\"window\":\"10s\"}";
    static const struct {
        const char *rule;
        const char *script;
    } rows[] = {
        {share, "A! A! A! =closed A! >opened"}, /* four calls at least */
        {share, "A. A! A. A! >opened"},
        {share, "A. A. A! A. A! =closed A. A! =closed A! >opened"}, /* 4 of 8 */
        {share, "A! A! +10s A. A! =closed"}, /* the old ones are out */
        {share, "A! A! +9s A. A! >opened"},
        {share, "A. A. A. A. A. +10s A! A! A! =closed A! >opened"},
        {share, "A! A! A! A~ A~ =closed A! >opened"}, /* neutral is no call */
        {share, "A! A! A! A! >opened +30s A. A. >closed A. A. A. A! =closed"},
        {share, "A! A! A! +5s A. >opened"}, /* the fourth call is a good one */
        {slow, "A_ A_ A_ =closed A_ >opened"},
        {slow, "A. A. A_ =closed A_ >opened"},
        {slow, "A. A. A. A_ A! =closed"},
        {both, "A! A! A! >opened"},
        {both, "A_ A_ A_ A_ >opened"},
        {both, "A! A! A. A! A! A. A! =closed"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        run_script(*state, rows[i].script, rows[i].rule, false, 0);
}

static void it_is_opened_and_closed_by_hand(void **state)
{
    static const char *const scripts[] = {
        "<open =open A? (30s +1h A? =open",
        "<open <free =closed A.",
        "<closed A! A! A! A! A! A! A! =closed #0",
        FIVE "<closed =closed A. A!",
        FIVE "<closed A! <free =closed #0 A! A! A! A! =closed",
        FIVE "<open +1h A? <free A. =closed #0",
        "[A <open ]A! =open <free =closed #0",
        "[A <open <free ]A! #0",
        FIVE "+30s [A <closed ]A! =closed A. <free =closed",
    };
    for (size_t i = 0; i < COUNT_OF(scripts); i++)
        run_script(*state, scripts[i], NULL, false, 0);
}

static void open_times_have_jitter_of_a_tenth(void **state)
{
    run_script(*state, FIVE "A? (31.5s +30s A? +1500ms A. A. >closed", NULL, false, 0.5);
    run_script(*state, FIVE "+33s " AGAIN "A? (63s", NULL, false, 0.5);
}

static void rules_set_all_the_numbers(void **state)
{
    run_script(*state, "A! >opened A? (1s +1s [A A? ]A. A. A. >closed",
               "{\"failures\":1,\"open\":\"1s\",\"open_max\":\"1s\",\"trials\":1,"
               "\"successes\":3}",
               false, 0);
    run_script(*state, "A! A! >opened +5s A! >opened A? (10s +10s A! >opened A? (15s",
               "{\"failures\":2,\"open\":\"5s\",\"open_max\":\"15s\"}", false, 0);
}

static void the_last_failure_is_shown(void **state)
{
    struct breaker breaker;
    struct breaker_rule rule;
    struct breaker_view view;
    char words[300];
    reply_rule(*state, &breaker_table, NULL, &rule);
    memset(words, 'w', sizeof(words));
    breaker_init(&breaker, false);
    breaker_view(&breaker, 0, &view);
    assert_int_equal(view.last_failure, 0);
    assert_true(breaker_at_rest(&breaker));
    struct breaker_permit permit = breaker_ask(&breaker, &rule, 7);
    struct breaker_result result = {.effect = BREAKER_FAILURE,
                                    .account = 1,
                                    .status = 502,
                                    .error = str_of(words, sizeof(words))};
    breaker_note(&breaker, &rule, &permit, &result, 7);
    assert_false(breaker_at_rest(&breaker));
    breaker_view(&breaker, 8, &view);
    assert_int_equal(view.last_status, 502);
    assert_int_equal(view.last_failure, 7);
    assert_int_equal(strlen(view.last_error), BREAKER_TEXT_BYTES - 1);
    result = (struct breaker_result){.effect = BREAKER_FAILURE, .account = 1};
    breaker_note(&breaker, &rule, &permit, &result, 9);
    breaker_view(&breaker, 9, &view);
    assert_string_equal(view.last_error, "");
    assert_int_equal(view.last_status, 0);
    breaker_fini(&breaker);
}

/* A method's rule may have another window than its breaker's last one. */
static void windows_of_different_rules_do_no_harm(void **state)
{
    struct breaker breaker;
    struct breaker_rule quick, slow;
    static const char text[] = "{\"failures\":1000,\"failure_share\":1,\"calls_min\":4,"
                               "\"window\":\"%ds\"}";
    reply_rule(*state, &breaker_table, given_json(*state, arena_printf(*state, text, 10)),
               &quick);
    reply_rule(*state, &breaker_table, given_json(*state, arena_printf(*state, text, 60)),
               &slow);
    breaker_init(&breaker, false);
    struct breaker_result bad = {.effect = BREAKER_FAILURE, .account = 1};
    struct breaker_permit permit = breaker_ask(&breaker, &quick, USEC_H);
    for (int i = 0; i < 3; i++)
        assert_int_equal(breaker_note(&breaker, &quick, &permit, &bad, USEC_H),
                         BREAKER_EVENT_NONE);
    assert_int_equal(breaker_note(&breaker, &slow, &permit, &bad, USEC_H),
                     BREAKER_EVENT_NONE); /* one call of its own */
    breaker_fini(&breaker);
}

static void states_have_words(void **state)
{
    (void)state;
    given_same("0", breaker_state_word(BREAKER_CLOSED), "closed");
    given_same("1", breaker_state_word(BREAKER_OPEN), "open");
    given_same("2", breaker_state_word(BREAKER_HALF_OPEN), "half_open");
}

int test_breaker(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(one_account_alone),
        GIVEN_TEST(one_tenant_cannot_open_it_for_all),
        GIVEN_TEST(shares_of_a_window_open_it),
        GIVEN_TEST(it_is_opened_and_closed_by_hand),
        GIVEN_TEST(open_times_have_jitter_of_a_tenth),
        GIVEN_TEST(rules_set_all_the_numbers),
        GIVEN_TEST(the_last_failure_is_shown),
        GIVEN_TEST(windows_of_different_rules_do_no_harm),
        GIVEN_TEST(states_have_words),
    };
    return cmocka_run_group_tests_name("policy: breaker", tests, NULL, NULL);
}
