#include "loop/worker.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "groups.h"
#include "support/false_world.h"
#include "support/unit.h"

struct fixture {
    struct false_world world;
    struct false_loop loop;
    struct worker *worker;
};

static int setup(void **state)
{
    struct fixture *f = mem_zalloc(sizeof(*f));
    false_world_init(&f->world, 1);
    false_loop_init(&f->loop, &f->world, 2);
    f->worker = false_loop_worker(&f->loop, 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    false_loop_fini(&f->loop);
    mem_free(f);
    return 0;
}

/* --- timers --- */

struct alarm {
    struct timer timer;
    unsigned *count; /* shared: how many have rung */
    unsigned rang;   /* as which one; 0: not yet */
    usec at;
};

static void on_alarm(struct timer *timer)
{
    struct alarm *alarm = CONTAINER_OF(timer, struct alarm, timer);
    alarm->rang = ++*alarm->count;
    alarm->at = timer->worker->now;
}

static void alarms_init(struct fixture *f, struct alarm *alarms, int n, unsigned *count)
{
    for (int i = 0; i < n; i++) {
        timer_init(&alarms[i].timer, f->worker, on_alarm);
        alarms[i].count = count;
        alarms[i].rang = 0;
    }
}

static void timers_run_in_the_order_of_their_times(void **state)
{
    struct fixture *f = *state;
    struct alarm alarms[100];
    unsigned count = 0;
    usec start = f->worker->now;
    alarms_init(f, alarms, 100, &count);
    for (int i = 0; i < 100; i++)
        timer_start(&alarms[i].timer, (i * 37 % 100 + 1) * USEC_MS);
    false_loop_run(&f->loop, USEC_S);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(alarms[i].rang, i * 37 % 100 + 1);
        assert_int_equal(alarms[i].at, start + alarms[i].rang * USEC_MS);
        assert_false(timer_active(&alarms[i].timer));
    }
}

static void a_timer_never_runs_early(void **state)
{
    struct fixture *f = *state;
    struct alarm alarm;
    unsigned count = 0;
    alarms_init(f, &alarm, 1, &count);
    timer_start(&alarm.timer, USEC_S);
    false_world_advance(&f->world, USEC_S - 1);
    false_loop_idle(&f->loop);
    assert_int_equal(count, 0);
    false_world_advance(&f->world, 1);
    false_loop_idle(&f->loop);
    assert_int_equal(count, 1);
}

static void starting_again_replaces_the_time(void **state)
{
    struct fixture *f = *state;
    struct alarm alarms[2];
    unsigned count = 0;
    alarms_init(f, alarms, 2, &count);
    timer_start(&alarms[0].timer, 10 * USEC_MS);
    timer_start(&alarms[1].timer, 20 * USEC_MS);
    timer_start(&alarms[0].timer, 30 * USEC_MS);
    false_loop_run(&f->loop, 100 * USEC_MS);
    assert_int_equal(alarms[0].rang, 2);
    assert_int_equal(count, 2); /* once a start, not twice */
    timer_start(&alarms[0].timer, 50 * USEC_MS);
    timer_start(&alarms[0].timer, 5 * USEC_MS);
    false_loop_run(&f->loop, 10 * USEC_MS);
    assert_int_equal(count, 3);
}

static void a_cancelled_timer_does_not_run(void **state)
{
    struct fixture *f = *state;
    struct alarm alarms[3];
    unsigned count = 0;
    alarms_init(f, alarms, 3, &count);
    for (int i = 0; i < 3; i++)
        timer_start(&alarms[i].timer, USEC_MS);
    timer_cancel(&alarms[1].timer);
    timer_cancel(&alarms[1].timer);
    false_loop_run(&f->loop, USEC_S);
    assert_int_equal(count, 2);
    assert_int_equal(alarms[1].rang, 0);
    timer_cancel(&alarms[0].timer); /* it has run: harmless */
}

struct canceller {
    struct timer timer;
    struct timer *victim;
};

static void on_cancel(struct timer *timer)
{
    struct canceller *canceller = CONTAINER_OF(timer, struct canceller, timer);
    timer_cancel(canceller->victim);
}

/* Due in the same turn: the later one must not run any more. */
static void a_timer_cancels_a_later_one_of_its_turn(void **state)
{
    struct fixture *f = *state;
    struct alarm alarm;
    unsigned count = 0;
    struct canceller canceller = {.victim = &alarm.timer};
    alarms_init(f, &alarm, 1, &count);
    timer_init(&canceller.timer, f->worker, on_cancel);
    timer_start(&canceller.timer, USEC_MS);
    timer_start(&alarm.timer, 2 * USEC_MS);
    false_world_advance(&f->world, USEC_S);
    false_loop_idle(&f->loop);
    assert_int_equal(count, 0);
}

struct ticker {
    struct timer timer;
    unsigned ticks;
};

static void on_tick(struct timer *timer)
{
    struct ticker *ticker = CONTAINER_OF(timer, struct ticker, timer);
    assert_false(timer_active(timer));
    if (++ticker->ticks < 1000)
        timer_start(timer, USEC_MIN);
}

static void a_timer_starts_itself_again(void **state)
{
    struct fixture *f = *state;
    struct ticker ticker = {0};
    timer_init(&ticker.timer, f->worker, on_tick);
    timer_start(&ticker.timer, USEC_MIN);
    false_loop_run(&f->loop, 500 * USEC_MIN);
    assert_int_equal(ticker.ticks, 500);
    false_loop_run(&f->loop, USEC_DAY);
    assert_int_equal(ticker.ticks, 1000);
}

static void never_is_never(void **state)
{
    struct fixture *f = *state;
    struct alarm alarm;
    unsigned count = 0;
    alarms_init(f, &alarm, 1, &count);
    timer_start(&alarm.timer, USEC_NEVER);
    assert_int_equal(false_loop_idle(&f->loop), USEC_NEVER);
    false_loop_run(&f->loop, 365 * USEC_DAY);
    assert_int_equal(count, 0);
    timer_cancel(&alarm.timer);
}

static void a_turn_says_when_the_next_timer_is_due(void **state)
{
    struct fixture *f = *state;
    struct alarm alarms[2];
    unsigned count = 0;
    alarms_init(f, alarms, 2, &count);
    assert_int_equal(worker_turn(f->worker), USEC_NEVER);
    timer_start(&alarms[0].timer, 5 * USEC_S);
    timer_start(&alarms[1].timer, 3 * USEC_S);
    assert_int_equal(worker_turn(f->worker), f->worker->now + 3 * USEC_S);
    timer_cancel(&alarms[1].timer);
    assert_int_equal(worker_turn(f->worker), f->worker->now + 5 * USEC_S);
    timer_cancel(&alarms[0].timer);
}

/* --- posts --- */

enum { NOTES = 300 };

struct note {
    struct post post;
    unsigned *count;
    unsigned ran;
};

static void on_note(struct post *post)
{
    struct note *note = CONTAINER_OF(post, struct note, post);
    note->ran = ++*note->count;
}

static void deferred_work_runs_in_order(void **state)
{
    struct fixture *f = *state;
    struct note notes[NOTES];
    unsigned count = 0;
    for (int i = 0; i < NOTES; i++) {
        notes[i] = (struct note){.count = &count};
        worker_defer(f->worker, &notes[i].post, on_note);
    }
    assert_int_equal(count, 0); /* never nested */
    worker_turn(f->worker);
    for (unsigned i = 0; i < NOTES; i++)
        assert_int_equal(notes[i].ran, i + 1);
}

static void posts_of_another_worker_run_in_order_behind_local_ones(void **state)
{
    struct fixture *f = *state;
    struct note notes[NOTES];
    unsigned count = 0;
    for (int i = 0; i < NOTES; i++) {
        notes[i] = (struct note){.count = &count};
        if (i < NOTES / 2)
            worker_defer(f->worker, &notes[i].post, on_note);
        else
            worker_post(f->worker, &notes[i].post, on_note);
    }
    false_loop_idle(&f->loop);
    for (unsigned i = 0; i < NOTES; i++)
        assert_int_equal(notes[i].ran, i + 1);
}

struct repeater {
    struct post post;
    struct worker *worker;
    unsigned turns;
};

static void on_repeat(struct post *post)
{
    struct repeater *repeater = CONTAINER_OF(post, struct repeater, post);
    if (++repeater->turns < 10)
        worker_defer(repeater->worker, post, on_repeat);
}

static void work_deferred_by_work_waits_for_the_next_turn(void **state)
{
    struct fixture *f = *state;
    struct repeater repeater = {.worker = f->worker};
    worker_defer(f->worker, &repeater.post, on_repeat);
    for (unsigned turn = 1; turn <= 10; turn++) {
        usec due = worker_turn(f->worker);
        assert_int_equal(repeater.turns, turn);
        assert_int_equal(due, turn < 10 ? f->worker->now : USEC_NEVER);
    }
}

static void a_flood_of_timers_lets_posts_through(void **state)
{
    enum { FLOOD = 1000 };
    struct fixture *f = *state;
    struct alarm *alarms = mem_array(FLOOD, sizeof(*alarms));
    struct note note;
    unsigned rung = 0, noted = 0;
    alarms_init(f, alarms, FLOOD, &rung);
    for (int i = 0; i < FLOOD; i++)
        timer_start(&alarms[i].timer, 0);
    worker_turn(f->worker);
    assert_true(rung > 0 && rung < FLOOD);
    note = (struct note){.count = &noted};
    worker_defer(f->worker, &note.post, on_note);
    worker_turn(f->worker);
    assert_int_equal(noted, 1);
    assert_true(rung < FLOOD);
    false_loop_idle(&f->loop);
    assert_int_equal(rung, FLOOD);
    mem_free(alarms);
}

static void now_stands_still_during_a_turn(void **state)
{
    struct fixture *f = *state;
    struct alarm alarms[2];
    unsigned count = 0;
    alarms_init(f, alarms, 2, &count);
    timer_start(&alarms[0].timer, USEC_MS);
    timer_start(&alarms[1].timer, 2 * USEC_MS);
    false_world_advance(&f->world, USEC_S);
    worker_turn(f->worker);
    assert_int_equal(count, 2);
    assert_int_equal(alarms[0].at, alarms[1].at);
    assert_int_equal(alarms[0].at, world_now(&f->world.world));
}

/* --- other threads --- */

enum { THREADS = 4, EACH = 5000 };

struct poster {
    struct worker *worker;
    pthread_t thread;
    unsigned id;
    struct letter {
        struct post post;
        struct poster *from;
        unsigned number;
    } letters[EACH];
    unsigned received;
    bool in_order;
};

static unsigned letters_left;
static bool all_there;

static void on_letter(struct post *post)
{
    struct letter *letter = CONTAINER_OF(post, struct letter, post);
    struct poster *from = letter->from;
    from->in_order = from->in_order && letter->number == from->received;
    from->received++;
    if (--letters_left == 0)
        all_there = true;
}

static void *post_all(void *arg)
{
    struct poster *poster = arg;
    for (unsigned i = 0; i < EACH; i++) {
        poster->letters[i].from = poster;
        poster->letters[i].number = i;
        worker_post(poster->worker, &poster->letters[i].post, on_letter);
    }
    return NULL;
}

static void posts_of_several_threads_all_arrive_in_order(void **state)
{
    struct fixture *f = *state;
    static struct poster posters[THREADS];
    letters_left = THREADS * EACH;
    all_there = false;
    for (unsigned i = 0; i < THREADS; i++) {
        posters[i].worker = f->worker;
        posters[i].received = 0;
        posters[i].in_order = true;
        pthread_create(&posters[i].thread, NULL, post_all, &posters[i]);
    }
    assert_true(false_loop_wait(&f->loop, &all_there));
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(posters[i].thread, NULL);
        assert_int_equal(posters[i].received, EACH);
        assert_true(posters[i].in_order);
    }
}

/* Two workers hand one post back and forth. */
struct ball {
    struct post post;
    struct fixture *f;
    unsigned at;
    unsigned passes;
};

static void on_ball(struct post *post)
{
    struct ball *ball = CONTAINER_OF(post, struct ball, post);
    if (ball->passes++ == 100)
        return;
    ball->at = 1 - ball->at;
    worker_post(false_loop_worker(&ball->f->loop, ball->at), post, on_ball);
}

static void a_post_is_free_for_use_inside_its_function(void **state)
{
    struct fixture *f = *state;
    struct ball ball = {.f = f};
    worker_post(f->worker, &ball.post, on_ball);
    false_loop_idle(&f->loop);
    assert_int_equal(ball.passes, 101);
}

static void end_with_a_timer(void)
{
    static struct false_world world;
    static struct worker worker;
    static struct timer timer;
    false_world_init(&world, 1);
    worker_init(&worker, 0, &world.world);
    timer_init(&timer, &worker, on_tick);
    timer_start(&timer, 1);
    worker_fini(&worker);
}

static void a_worker_does_not_end_with_work_left(void **state)
{
    (void)state;
    assert_true(unit_dies(end_with_a_timer));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Whoever has posted may still be on the way to wake the worker when its post has run. */
struct waking {
    struct worker worker;
    struct post post;
    atomic_bool entered, go, woken;
};

static void wake_slowly(struct worker *worker)
{
    struct waking *waking = CONTAINER_OF(worker, struct waking, worker);
    atomic_store(&waking->entered, true);
    while (!atomic_load(&waking->go))
        sched_yield();
    atomic_store(&waking->woken, true);
}

static void note_nothing(struct post *post)
{
    (void)post;
}

static void *post_one(void *arg)
{
    struct waking *waking = arg;
    worker_post(&waking->worker, &waking->post, note_nothing);
    return NULL;
}

static void *let_go(void *arg)
{
    atomic_store(&((struct waking *)arg)->go, true);
    return NULL;
}

static void a_worker_does_not_end_while_somebody_wakes_it(void **state)
{
    struct false_world world;
    struct waking waking = {.entered = false};
    pthread_t poster, releaser;
    (void)state;
    false_world_init(&world, 1);
    worker_init(&waking.worker, 0, &world.world);
    waking.worker.wake = wake_slowly;
    pthread_create(&poster, NULL, post_one, &waking);
    while (!atomic_load(&waking.entered))
        sched_yield();
    worker_turn(&waking.worker);
    pthread_create(&releaser, NULL, let_go, &waking);
    worker_fini(&waking.worker);
    assert_true(atomic_load(&waking.woken));
    pthread_join(poster, NULL);
    pthread_join(releaser, NULL);
}

int test_worker(void)
{
    const struct CMUnitTest tests[] = {
        TEST(timers_run_in_the_order_of_their_times),
        TEST(a_timer_never_runs_early),
        TEST(starting_again_replaces_the_time),
        TEST(a_cancelled_timer_does_not_run),
        TEST(a_timer_cancels_a_later_one_of_its_turn),
        TEST(a_timer_starts_itself_again),
        TEST(never_is_never),
        TEST(a_turn_says_when_the_next_timer_is_due),
        TEST(deferred_work_runs_in_order),
        TEST(posts_of_another_worker_run_in_order_behind_local_ones),
        TEST(work_deferred_by_work_waits_for_the_next_turn),
        TEST(a_flood_of_timers_lets_posts_through),
        TEST(now_stands_still_during_a_turn),
        TEST(posts_of_several_threads_all_arrive_in_order),
        cmocka_unit_test(a_worker_does_not_end_while_somebody_wakes_it),
        TEST(a_post_is_free_for_use_inside_its_function),
        TEST(a_worker_does_not_end_with_work_left),
    };
    return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
