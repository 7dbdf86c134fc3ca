/*
 * What holds of a breaker whatever threads do with it at once; ThreadSanitizer looks on.
 */
#include "policy/breaker.h"

#include "loop/thread.h"
#include "support/reply.h"

int test_breaker_threads(void);

enum { CALLERS = 4, CALLS = 4000 };

struct caller {
    struct breaker *breaker;
    const struct breaker_rule *rule;
    atomic_int *trials;
    atomic_int *most_trials;
    struct thread *thread;
    unsigned id;
    unsigned opened, closed, refused;
};

static void note_trials(struct caller *caller, int now)
{
    int most = atomic_load(caller->most_trials);
    while (now > most && !atomic_compare_exchange_weak(caller->most_trials, &most, now))
        continue;
}

static void one_call(struct caller *caller, unsigned i, usec now)
{
    struct breaker_permit permit = breaker_ask(caller->breaker, caller->rule, now);
    if (permit.answer == BREAKER_REFUSE) {
        CHECK(permit.retry_in > 0);
        caller->refused++;
        return;
    }
    bool trial = permit.answer == BREAKER_TRIAL;
    if (trial)
        note_trials(caller, atomic_fetch_add(caller->trials, 1) + 1);
    struct breaker_result result = {.effect =
                                        i / 50 % 2 ? BREAKER_FAILURE : BREAKER_SUCCESS,
                                    .account = caller->id + 1,
                                    .took = USEC_MS,
                                    .error = STR("no luck")};
    if (trial)
        atomic_fetch_sub(caller->trials, 1);
    enum breaker_event event =
        breaker_note(caller->breaker, caller->rule, &permit, &result, now);
    caller->opened += event == BREAKER_EVENT_OPENED;
    caller->closed += event == BREAKER_EVENT_CLOSED;
}

static void call(void *arg)
{
    struct caller *caller = arg;
    struct breaker_view view;
    for (unsigned i = 0; i < CALLS; i++) {
        usec now = (1000 + i) * 20 * USEC_MS;
        one_call(caller, i, now);
        if (i % 16 == 0)
            breaker_view(caller->breaker, now, &view);
        if (i % 1000 == 999)
            breaker_force(caller->breaker, BREAKER_FREE, now);
        (void)breaker_at_rest(caller->breaker);
    }
}

static void play(struct arena *arena, bool shared)
{
    struct breaker breaker;
    struct breaker_rule rule;
    struct caller callers[CALLERS];
    atomic_int trials = 0, most_trials = 0;
    unsigned opened = 0, refused = 0;
    reply_rule(arena, &breaker_table,
               given_json(arena, STR("{\"open\":\"50ms\",\"open_max\":\"100ms\"}")),
               &rule);
    breaker_init(&breaker, shared);
    for (unsigned i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){.breaker = &breaker,
                                     .rule = &rule,
                                     .trials = &trials,
                                     .most_trials = &most_trials,
                                     .id = i};
        callers[i].thread = thread_start("caller", call, &callers[i]);
    }
    for (unsigned i = 0; i < CALLERS; i++) {
        thread_join(&callers[i].thread);
        opened += callers[i].opened;
        refused += callers[i].refused;
    }
    assert_true(opened > 0 && refused > 0);
    assert_in_range(atomic_load(&most_trials), 0, (int)rule.trials * 2);
    breaker_force(&breaker, BREAKER_FREE, USEC_DAY);
    assert_true(breaker_at_rest(&breaker));
    breaker_fini(&breaker);
}

static void threads_share_a_breaker(void **state)
{
    play(*state, true);
    play(*state, false);
}

int test_breaker_threads(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(threads_share_a_breaker),
    };
    return cmocka_run_group_tests_name("policy: breaker threads", tests, NULL, NULL);
}
