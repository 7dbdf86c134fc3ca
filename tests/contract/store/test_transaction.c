#include <stdatomic.h>

#include "contract.h"
#include "groups.h"

/* Run on each implementation: what one operation may rely on. */

static enum err insert_and_fail(struct tx *tx, struct step *step)
{
    enum err err = insert_number(tx, step);
    return err == ERR_NONE ? ERR_STATE_CONFLICT : err;
}

static void a_failing_operation_leaves_nothing(void **state)
{
    struct contract *c = *state;
    assert_int_equal(contract_do(c, STORE_FULL, insert_and_fail, NULL),
                     ERR_STATE_CONFLICT);
    assert_int_equal(contract_rows(c), 0);
    assert_int_equal(contract_do(c, STORE_FULL, insert_number, NULL), ERR_NONE);
    assert_int_equal(contract_rows(c), 1);
}

static void committed_is_called_for_what_is_kept(void **state)
{
    struct contract *c = *state;
    struct step kept, failed, read;
    step_init(c, &kept, STORE_RELAXED, insert_number);
    step_init(c, &failed, STORE_FULL, insert_and_fail);
    step_init(c, &read, STORE_READ, insert_number);
    kept.number = 1;
    failed.number = 2;
    step_start(c, &kept);
    step_start(c, &failed);
    step_start(c, &read);
    step_wait(c, &kept);
    step_wait(c, &failed);
    step_wait(c, &read);
    assert_true(kept.ordinal > 0);
    assert_int_equal(failed.ordinal, 0);
    assert_int_equal(read.ordinal, 0);
}

static enum err announce(struct tx *tx, struct step *step)
{
    (void)step;
    tx_announce(tx);
    return ERR_NONE;
}

static enum err say_nothing(struct tx *tx, struct step *step)
{
    (void)tx, (void)step;
    return ERR_NONE;
}

static enum err announce_and_fail(struct tx *tx, struct step *step)
{
    tx_announce(tx);
    return insert_and_fail(tx, step);
}

static void count_announcement(void *arg)
{
    atomic_fetch_add((atomic_uint *)arg, 1);
}

static void what_is_kept_is_announced(void **state)
{
    struct contract *c = *state;
    atomic_uint n = 0;
    store_on_announce(c->store, count_announcement, &n);
    assert_int_equal(contract_do(c, STORE_RELAXED, say_nothing, NULL), ERR_NONE);
    assert_int_equal(atomic_load(&n), 0);
    assert_int_not_equal(contract_do(c, STORE_FULL, announce_and_fail, NULL), ERR_NONE);
    assert_int_equal(contract_do(c, STORE_FULL, say_nothing, NULL), ERR_NONE);
    assert_int_equal(atomic_load(&n), 0);
    assert_int_equal(contract_do(c, STORE_RELAXED, announce, NULL), ERR_NONE);
    assert_int_equal(atomic_load(&n), 1);
    store_on_announce(c->store, NULL, NULL);
    assert_int_equal(contract_do(c, STORE_RELAXED, announce, NULL), ERR_NONE);
    assert_int_equal(atomic_load(&n), 1);
}

static void a_read_cannot_write(void **state)
{
    struct contract *c = *state;
    assert_int_equal(contract_do(c, STORE_READ, insert_number, NULL), ERR_INTERNAL);
    assert_int_equal(contract_rows(c), 0);
    assert_int_equal(contract_do(c, STORE_RELAXED, insert_number, NULL), ERR_NONE);
}

/* --- values --- */

static const struct row {
    int64_t id;
    str text;
    str bytes;
} rows[] = {
    {1, {"plain", 5}, {"plain", 5}},
    {2, {NULL, 0}, {NULL, 0}},
    {3, {"", 0}, {"", 0}},
    {4, {"caf\xc3\xa9 \xf0\x9f\x8c\x8a", 10}, {"\0a\0\xff", 4}},
    {INT64_MAX, {"'; DROP TABLE t; --", 19}, {"\0", 1}},
    {INT64_MIN, {"$1", 2}, {"\0\0\0\0", 4}},
};

static enum err write_rows(struct tx *tx, struct step *step)
{
    static const struct statement insert = {
        "INSERT INTO t (bytes, id, text) VALUES ($3, $1, $2)"};
    (void)step;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t changed = 0;
        struct value params[] = {V_INT(rows[i].id), V_TEXT(rows[i].text),
                                 V_BLOB(rows[i].bytes)};
        enum err err = tx_exec(tx, &insert, params, 3, &changed);
        if (err != ERR_NONE)
            return err;
        assert_int_equal(changed, 1);
    }
    return ERR_NONE;
}

static enum err read_rows(struct tx *tx, struct step *step)
{
    static const struct statement query = {"SELECT id, text, bytes FROM t WHERE id = $1"};
    (void)step;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        enum err err = tx_query(tx, &query, (struct value[]){V_INT(rows[i].id)}, 1);
        if (err != ERR_NONE)
            return err;
        assert_true(tx_next(tx, &err));
        assert_int_equal(tx_int(tx, 0), rows[i].id);
        assert_str(tx_text(tx, 1), rows[i].text);
        assert_str(tx_text(tx, 2), rows[i].bytes);
        assert_int_equal(tx_null(tx, 1), str_absent(rows[i].text));
        assert_int_equal(tx_null(tx, 2), str_absent(rows[i].bytes));
        assert_false(tx_next(tx, &err));
        assert_int_equal(err, ERR_NONE);
    }
    return ERR_NONE;
}

static void values_come_back_as_they_were(void **state)
{
    struct contract *c = *state;
    assert_int_equal(contract_do(c, STORE_FULL, write_rows, NULL), ERR_NONE);
    assert_int_equal(contract_do(c, STORE_READ, read_rows, NULL), ERR_NONE);
    if (contract_is_durable())
        contract_reopen(c);
    else
        return;
    assert_int_equal(contract_do(c, STORE_READ, read_rows, NULL), ERR_NONE);
}

static enum err compare_numbers(struct tx *tx, struct step *step)
{
    static const struct statement query = {
        "SELECT text, $2 || '-' || $1 || '-' || $2 FROM t WHERE id = $3"};
    (void)step;
    struct value params[] = {V_TEXT(STR("one")), V_TEXT(STR("two")), V_INT(1)};
    enum err err = tx_query(tx, &query, params, 3);
    assert_true(err == ERR_NONE && tx_next(tx, &err));
    assert_str(tx_text(tx, 1), STR("two-one-two"));
    return err;
}

static void parameters_go_by_their_numbers(void **state)
{
    struct contract *c = *state;
    assert_int_equal(contract_do(c, STORE_FULL, write_rows, NULL), ERR_NONE);
    assert_int_equal(contract_do(c, STORE_READ, compare_numbers, NULL), ERR_NONE);
}

/* --- statements --- */

static enum err leave_queries_open(struct tx *tx, struct step *step)
{
    static const struct statement query = {"SELECT id FROM t WHERE id >= $1 ORDER BY id"};
    static const struct statement update = {"UPDATE t SET text = $1 WHERE id < 4"};
    (void)step;
    enum err err;
    int64_t changed = -1;
    for (int64_t from = 1; from < 4; from++) {
        err = tx_query(tx, &query, (struct value[]){V_INT(from)}, 1);
        assert_true(err == ERR_NONE && tx_next(tx, &err));
        assert_int_equal(tx_int(tx, 0), from);
    }
    err = tx_exec(tx, &update, (struct value[]){V_TEXT(STR("x"))}, 1, &changed);
    assert_int_equal(changed, 4);
    assert_false(tx_next(tx, &err)); /* the query was closed */
    return err;
}

static void a_statement_is_used_again(void **state)
{
    struct contract *c = *state;
    assert_int_equal(contract_do(c, STORE_FULL, write_rows, NULL), ERR_NONE);
    for (int i = 0; i < 3; i++)
        assert_int_equal(contract_do(c, STORE_RELAXED, leave_queries_open, NULL),
                         ERR_NONE);
}

static enum err insert_twice(struct tx *tx, struct step *step)
{
    enum err err = insert_number(tx, step);
    return err == ERR_NONE ? insert_number(tx, step) : err;
}

static enum err overlook_error(struct tx *tx, struct step *step)
{
    enum err err = insert_twice(tx, step);
    return err == ERR_OBJECT_EXISTS ? ERR_NONE : ERR_STATE_CONFLICT;
}

static void broken_uniqueness_is_told(void **state)
{
    struct contract *c = *state;
    assert_int_equal(contract_do(c, STORE_FULL, insert_twice, NULL), ERR_OBJECT_EXISTS);
    assert_int_equal(contract_rows(c), 0);
}

static void an_overlooked_error_keeps_nothing(void **state)
{
    struct contract *c = *state;
    uint64_t odd = check_odd_count();
    assert_int_equal(contract_do(c, STORE_FULL, overlook_error, NULL), ERR_OBJECT_EXISTS);
    assert_int_equal(contract_rows(c), 0);
    assert_int_equal(check_odd_count(), odd + 1);
}

static enum err insert_orphan(struct tx *tx, struct step *step)
{
    static const struct statement insert = {
        "INSERT INTO environment (id, stage, name, labels, concurrency_max, created, "
        "updated) VALUES ('e', 'none', 'n', '{}', 0, 0, 0)"};
    (void)step;
    return tx_exec(tx, &insert, NULL, 0, NULL);
}

static void references_are_held(void **state)
{
    struct contract *c = *state;
    assert_int_equal(contract_do(c, STORE_FULL, insert_orphan, NULL), ERR_OBJECT_IN_USE);
}

static enum err speak_nonsense(struct tx *tx, struct step *step)
{
    static const struct statement nonsense = {"SELEKT 1"};
    (void)step;
    return tx_query(tx, &nonsense, NULL, 0);
}

static void a_bad_statement_is_an_internal_error(void **state)
{
    struct contract *c = *state;
    assert_int_equal(contract_do(c, STORE_READ, speak_nonsense, NULL), ERR_INTERNAL);
    str words = store_last_fault(c->store, &c->arena);
    assert_true(str_find_str(words, STR("SELEKT")) < words.n);
}

static void store_run_runs_here(void **state)
{
    struct contract *c = *state;
    struct step step;
    step_init(c, &step, STORE_FULL, insert_number);
    assert_int_equal(store_run(c->store, &step.op), ERR_NONE);
    assert_int_equal(step.runs, 1);
    assert_true(step.ordinal > 0);
    assert_false(step.done);
    assert_int_equal(contract_rows(c), 1);
}

static void an_unknown_store_is_refused(void **state)
{
    struct contract *c = *state;
    str why = STR_NONE;
    assert_null(store_open(STR("paper"), str_z(c->dir), &c->arena, &why));
    assert_str(why, STR("There is no store named \"paper\"."));
}

#define TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, contract_setup, contract_teardown)

int test_transaction(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_failing_operation_leaves_nothing),
        TEST(committed_is_called_for_what_is_kept),
        TEST(what_is_kept_is_announced),
        TEST(a_read_cannot_write),
        TEST(values_come_back_as_they_were),
        TEST(parameters_go_by_their_numbers),
        TEST(a_statement_is_used_again),
        TEST(broken_uniqueness_is_told),
        TEST(an_overlooked_error_keeps_nothing),
        TEST(references_are_held),
        TEST(a_bad_statement_is_an_internal_error),
        TEST(store_run_runs_here),
        TEST(an_unknown_store_is_refused),
    };
    return cmocka_run_group_tests_name("transaction", tests, NULL, NULL);
}
