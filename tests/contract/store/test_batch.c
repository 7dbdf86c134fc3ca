#include "contract.h"
#include "groups.h"

#include <semaphore.h>

#include "base/mem.h"

/* What operations that commit together may rely on, and what several threads may. */

enum { MANY = 600 }; /* more than one batch */

static sem_t arrived;
static sem_t gate;

static void make_gate(void)
{
    sem_init(&arrived, 0, 0);
    sem_init(&gate, 0, 0);
}

static void remove_gate(void)
{
    sem_destroy(&arrived);
    sem_destroy(&gate);
}

static void stop_at_gate(void)
{
    sem_post(&arrived);
    sem_wait(&gate);
}

/* Holds the writer up until the test has submitted what is to gather. */
static enum err hold(struct tx *tx, struct step *step)
{
    (void)tx;
    (void)step;
    stop_at_gate();
    return ERR_NONE;
}

static void gather(struct contract *c, struct step *holder)
{
    make_gate();
    step_init(c, holder, STORE_RELAXED, hold);
    step_start(c, holder);
    sem_wait(&arrived);
}

static void let_go(struct contract *c, struct step *holder)
{
    sem_post(&gate);
    step_wait(c, holder);
    remove_gate();
}

static uint64_t commits(struct contract *c)
{
    struct store_stats stats;
    store_stats(c->store, &stats);
    return stats.commits;
}

static void what_gathers_commits_together(void **state)
{
    struct contract *c = *state;
    static struct step steps[MANY];
    struct step holder;
    struct store_stats stats;
    if (!contract_is_durable())
        skip();
    uint64_t before = commits(c);
    gather(c, &holder);
    for (int i = 0; i < MANY; i++) {
        step_init(c, &steps[i], i % 100 ? STORE_RELAXED : STORE_FULL, insert_number);
        steps[i].number = i;
        step_start(c, &steps[i]);
    }
    store_stats(c->store, &stats);
    assert_int_equal(stats.waiting, MANY + 1);
    let_go(c, &holder);
    steps_wait(c, steps, MANY);
    assert_int_equal(contract_rows(c), MANY);
    assert_int_equal(commits(c) - before, 3); /* the holder, 512, 88 */
    store_stats(c->store, &stats);
    assert_int_equal(stats.waiting, 0);
    assert_true(stats.bytes > 0);
}

static enum err insert_then_maybe_fail(struct tx *tx, struct step *step)
{
    enum err err = insert_number(tx, step);
    if (err != ERR_NONE || step->number % 3)
        return err;
    return step->number % 2 ? ERR_STATE_CONFLICT : insert_number(tx, step);
}

static void a_failure_takes_nobody_along(void **state)
{
    struct contract *c = *state;
    static struct step steps[60];
    struct step holder;
    uint64_t before = commits(c);
    if (contract_is_durable())
        gather(c, &holder);
    for (int i = 0; i < 60; i++) {
        step_init(c, &steps[i], STORE_RELAXED, insert_then_maybe_fail);
        steps[i].number = i;
        step_start(c, &steps[i]);
    }
    if (contract_is_durable())
        let_go(c, &holder);
    steps_wait(c, steps, 60);
    for (int i = 0; i < 60; i++) {
        enum err expected = i % 3   ? ERR_NONE
                            : i % 2 ? ERR_STATE_CONFLICT
                                    : ERR_OBJECT_EXISTS;
        assert_int_equal(steps[i].op.err, expected);
        assert_int_equal(steps[i].runs, 1);
        assert_int_equal(steps[i].ordinal > 0, expected == ERR_NONE);
    }
    assert_int_equal(contract_rows(c), 40);
    if (contract_is_durable())
        assert_int_equal(commits(c) - before, 2);
}

static void committed_is_called_in_order(void **state)
{
    struct contract *c = *state;
    static struct step steps[100];
    for (int i = 0; i < 100; i++) {
        step_init(c, &steps[i], STORE_RELAXED, insert_number);
        steps[i].number = i;
        step_start(c, &steps[i]);
    }
    steps_wait(c, steps, 100);
    for (int i = 1; i < 100; i++)
        assert_true(steps[i - 1].ordinal < steps[i].ordinal);
}

/* --- readers --- */

static enum err count_behind_gate(struct tx *tx, struct step *step)
{
    static const struct statement count = {"SELECT COUNT(*) FROM t"};
    int64_t first = -1;
    enum err err = tx_number(tx, &count, NULL, 0, &first);
    stop_at_gate();
    if (err == ERR_NONE)
        err = tx_number(tx, &count, NULL, 0, &step->number);
    return err == ERR_NONE && first != step->number ? ERR_STATE_CONFLICT : err;
}

static void a_reader_sees_one_snapshot(void **state)
{
    struct contract *c = *state;
    struct step reader;
    if (!contract_is_durable())
        skip();
    make_gate();
    step_init(c, &reader, STORE_READ, count_behind_gate);
    step_start(c, &reader);
    sem_wait(&arrived);
    assert_int_equal(contract_do(c, STORE_FULL, insert_number, NULL), ERR_NONE);
    assert_int_equal(contract_rows(c), 1); /* the second reader is not held up */
    sem_post(&gate);
    step_wait(c, &reader);
    assert_int_equal(reader.op.err, ERR_NONE);
    assert_int_equal(reader.number, 0);
    remove_gate();
}

static void a_reader_sees_what_was_answered(void **state)
{
    struct contract *c = *state;
    for (int i = 0; i < 50; i++) {
        struct step step;
        step_init(c, &step, i % 2 ? STORE_FULL : STORE_RELAXED, insert_number);
        step.number = i;
        step_start(c, &step);
        step_wait(c, &step);
        assert_int_equal(contract_rows(c), i + 1);
    }
}

/* --- several threads --- */

enum { THREADS = 4, EACH = 500, ACCOUNTS = 8 };

struct asker {
    struct contract *c;
    pthread_t thread;
    int first;
    struct step steps[EACH];
};

static enum err move_one(struct tx *tx, struct step *step)
{
    static const struct statement move = {
        "UPDATE t SET text = CAST(CAST(text AS BIGINT) + $2 AS TEXT) WHERE id = $1"};
    int64_t from = step->number % ACCOUNTS;
    int64_t to = step->number / ACCOUNTS % ACCOUNTS;
    int64_t changed = 0;
    enum err err =
        tx_exec(tx, &move, (struct value[]){V_INT(from), V_INT(-1)}, 2, &changed);
    if (err != ERR_NONE || changed != 1)
        return err ? err : ERR_STATE_CONFLICT;
    if (step->number % 5 == 0)
        return ERR_STATE_CONFLICT; /* with the money already taken */
    return tx_exec(tx, &move, (struct value[]){V_INT(to), V_INT(1)}, 2, &changed);
}

static enum err sum_up(struct tx *tx, struct step *step)
{
    static const struct statement sum = {"SELECT SUM(CAST(text AS BIGINT)) FROM t"};
    return tx_number(tx, &sum, NULL, 0, &step->number);
}

static void *ask(void *arg)
{
    struct asker *asker = arg;
    for (int i = 0; i < EACH; i++) {
        struct step *step = &asker->steps[i];
        bool reads = i % 10 == 0;
        step_init(asker->c, step, reads ? STORE_READ : STORE_RELAXED,
                  reads ? sum_up : move_one);
        step->number = asker->first + i * 7;
        step_start(asker->c, step);
    }
    return NULL;
}

static enum err open_accounts(struct tx *tx, struct step *step)
{
    static const struct statement insert = {
        "INSERT INTO t (id, text) VALUES ($1, '100')"};
    (void)step;
    enum err err = ERR_NONE;
    for (int64_t i = 0; i < ACCOUNTS && err == ERR_NONE; i++)
        err = tx_exec(tx, &insert, (struct value[]){V_INT(i)}, 1, NULL);
    return err;
}

static void threads_ask_at_once(void **state)
{
    struct contract *c = *state;
    static struct asker askers[THREADS];
    assert_int_equal(contract_do(c, STORE_FULL, open_accounts, NULL), ERR_NONE);
    for (int i = 0; i < THREADS; i++) {
        askers[i].c = c;
        askers[i].first = i;
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(askers[i].thread, NULL);
    for (int i = 0; i < THREADS; i++) {
        steps_wait(c, askers[i].steps, EACH);
        for (int at = 0; at < EACH; at += 10)
            assert_int_equal(askers[i].steps[at].number, 100 * ACCOUNTS);
    }
    struct step step;
    step_init(c, &step, STORE_READ, sum_up);
    assert_int_equal(store_run(c->store, &step.op), ERR_NONE);
    assert_int_equal(step.number, 100 * ACCOUNTS);
}

static void too_many_are_refused(void **state)
{
    struct contract *c = *state;
    enum { LIMIT = 65536 };
    struct step holder;
    unsigned refused = 0;
    if (!contract_is_durable())
        skip();
    struct step *steps = mem_array(LIMIT + 10, sizeof(*steps));
    gather(c, &holder);
    for (int i = 0; i < LIMIT + 10; i++) {
        step_init(c, &steps[i], STORE_RELAXED, insert_number);
        steps[i].number = i;
        step_start(c, &steps[i]);
    }
    let_go(c, &holder);
    steps_wait(c, steps, LIMIT + 10);
    for (int i = 0; i < LIMIT + 10; i++)
        refused += steps[i].op.err == ERR_STORE_UNAVAILABLE;
    assert_int_equal(refused, 11);
    assert_int_equal(contract_rows(c), LIMIT - 1);
    mem_free(steps);
}

#define TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, contract_setup, contract_teardown)

int test_batch(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_gathers_commits_together),
        TEST(a_failure_takes_nobody_along),
        TEST(committed_is_called_in_order),
        TEST(a_reader_sees_one_snapshot),
        TEST(a_reader_sees_what_was_answered),
        TEST(threads_ask_at_once),
        TEST(too_many_are_refused),
    };
    return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
