#include "loop/offload.h"

#include "base/mem.h"
#include "groups.h"
#include "support/false_world.h"
#include "support/unit.h"

struct fixture {
    struct false_world world;
    struct false_loop loop;
    struct offload *offload;
    int ran;
    int answered;
    bool all;
};

struct job {
    struct offload_task task;
    struct fixture *fixture;
    int wanted;   /* as which one it should run and be answered, from 0 */
    bool in_turn; /* both were so */
};

enum { JOBS = 100 };

static int setup(void **state)
{
    struct fixture *f = mem_zalloc(sizeof(*f));
    false_world_init(&f->world, 1);
    false_loop_init(&f->loop, &f->world, 1);
    f->offload = offload_start("test-offload");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    offload_stop(&f->offload);
    offload_stop(&f->offload);
    false_loop_fini(&f->loop);
    mem_free(f);
    return 0;
}

static void run(struct offload_task *task)
{
    struct job *job = CONTAINER_OF(task, struct job, task);
    job->in_turn = job->fixture->ran++ == job->wanted;
}

static void on_done(struct offload_task *task)
{
    struct job *job = CONTAINER_OF(task, struct job, task);
    job->in_turn = job->in_turn && job->fixture->answered == job->wanted;
    job->fixture->all = ++job->fixture->answered == JOBS;
}

static void submit(struct fixture *f, struct job *jobs, struct worker *worker)
{
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct job){.fixture = f, .wanted = i};
        jobs[i].task =
            (struct offload_task){.run = run, .done = on_done, .worker = worker};
        offload_submit(f->offload, &jobs[i].task);
    }
}

static void tasks_run_and_are_answered_in_order(void **state)
{
    struct fixture *f = *state;
    struct job jobs[JOBS];
    submit(f, jobs, false_loop_worker(&f->loop, 0));
    assert_int_equal(f->answered, 0); /* never from inside the call */
    assert_true(false_loop_wait(&f->loop, &f->all));
    for (int i = 0; i < JOBS; i++)
        assert_true(jobs[i].in_turn);
}

static void stopping_runs_what_waits(void **state)
{
    struct fixture *f = *state;
    struct job jobs[JOBS];
    submit(f, jobs, NULL);
    offload_stop(&f->offload);
    assert_int_equal(f->ran, JOBS);
    assert_int_equal(f->answered, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int test_offload(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tasks_run_and_are_answered_in_order),
        TEST(stopping_runs_what_waits),
    };
    return cmocka_run_group_tests_name("offload", tests, NULL, NULL);
}
