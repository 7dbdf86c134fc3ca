#include "contract.h"
#include "faulty_disk.h"
#include "groups.h"

#include <fcntl.h>
#include <semaphore.h>
#include <sys/mount.h>
#include <sys/resource.h>

/* Disks that are full or broken: implementations with files only. */

/* Larger than the page cache: such a row is written before the commit. */
enum { BLOB_BYTES = 24 << 20, SMALLER_BYTES = 2 << 20 };

static enum err insert_bytes(struct tx *tx, struct step *step, size_t n)
{
    static const struct statement insert = {"INSERT INTO t (id, bytes) VALUES ($1, $2)"};
    static char bytes[BLOB_BYTES];
    struct value params[] = {V_INT(step->number), V_BLOB(str_of(bytes, n))};
    return tx_exec(tx, &insert, params, 2, NULL);
}

/* On a full disk it fails itself, and takes the transaction with it. */
static enum err insert_blob(struct tx *tx, struct step *step)
{
    return insert_bytes(tx, step, BLOB_BYTES);
}

/* On a full disk the commit fails. */
static enum err insert_smaller(struct tx *tx, struct step *step)
{
    return insert_bytes(tx, step, SMALLER_BYTES);
}

static enum err insert_one(struct contract *c, enum store_kind kind, int64_t number,
                           step_fn fn)
{
    struct step step;
    step_init(c, &step, kind, fn);
    step.number = number;
    step_start(c, &step);
    step_wait(c, &step);
    return step.op.err;
}

static int setup_faulty(void **state)
{
    faulty_disk_install();
    return contract_setup(state);
}

static int teardown_faulty(void **state)
{
    int failed = contract_teardown(state);
    faulty_disk_remove();
    return failed;
}

static void a_full_disk_loses_nothing(void **state)
{
    struct contract *c = *state;
    assert_int_equal(insert_one(c, STORE_FULL, 1, insert_number), ERR_NONE);
    atomic_store(&faulty_disk.full, true);
    assert_int_equal(insert_one(c, STORE_FULL, 2, insert_number), ERR_STORE_FULL);
    assert_int_equal(insert_one(c, STORE_RELAXED, 3, insert_number), ERR_STORE_FULL);
    assert_int_equal(insert_one(c, STORE_FULL, 4, insert_blob), ERR_STORE_FULL);
    assert_int_equal(contract_rows(c), 1);
    str words = store_last_fault(c->store, &c->arena);
    assert_true(str_starts(words, STR("database or disk is full")));
    atomic_store(&faulty_disk.full, false);
    assert_int_equal(insert_one(c, STORE_FULL, 5, insert_number), ERR_NONE);
    assert_int_equal(contract_rows(c), 2);
}

static sem_t arrived;
static sem_t gate;

static enum err hold(struct tx *tx, struct step *step)
{
    (void)tx;
    (void)step;
    sem_post(&arrived);
    sem_wait(&gate);
    return ERR_NONE;
}

/* Runs the steps as one batch. */
static void run_gathered(struct contract *c, struct step *steps, size_t n)
{
    struct step holder;
    sem_init(&arrived, 0, 0);
    sem_init(&gate, 0, 0);
    step_init(c, &holder, STORE_RELAXED, hold);
    step_start(c, &holder);
    sem_wait(&arrived);
    for (size_t i = 0; i < n; i++)
        step_start(c, &steps[i]);
    sem_post(&gate);
    step_wait(c, &holder);
    steps_wait(c, steps, n);
    sem_destroy(&arrived);
    sem_destroy(&gate);
}

static void assert_only_one_fails(struct contract *c, step_fn large)
{
    struct step steps[20];
    for (int i = 0; i < 20; i++) {
        step_init(c, &steps[i], STORE_FULL, i == 10 ? large : insert_number);
        steps[i].number = i;
    }
    run_gathered(c, steps, 20);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(steps[i].op.err, i == 10 ? ERR_STORE_FULL : ERR_NONE);
        assert_int_equal(steps[i].ordinal > 0, i != 10);
        assert_true(steps[i].runs <= 2);
    }
    assert_int_equal(contract_rows(c), 19);
}

/* Beyond what has been written so far. */
static void leave_room(int64_t bytes)
{
    atomic_store(&faulty_disk.bytes_max, atomic_load(&faulty_disk.reached) + bytes);
}

static void what_does_not_fit_takes_nobody_along(void **state)
{
    leave_room(BLOB_BYTES / 2);
    assert_only_one_fails(*state, insert_blob);
}

static void a_commit_that_does_not_fit_takes_nobody_along(void **state)
{
    leave_room(SMALLER_BYTES / 2);
    assert_only_one_fails(*state, insert_smaller);
}

struct heard {
    enum err err;
    int faults;
    int again;
};

static void on_fault(void *arg, enum err err, str words, bool again)
{
    struct heard *heard = arg;
    assert_true(words.n > 0);
    heard->err = err;
    heard->faults++;
    heard->again += again;
}

static void a_failed_sync_seals_the_store(void **state)
{
    struct contract *c = *state;
    struct heard heard = {0};
    struct store_stats stats;
    store_on_fault(c->store, on_fault, &heard);
    assert_int_equal(insert_one(c, STORE_FULL, 1, insert_number), ERR_NONE);
    store_stats(c->store, &stats);
    assert_true(stats.faults == 0 && !stats.sealed && heard.faults == 0);
    atomic_store(&faulty_disk.sync_fails, true);
    assert_int_equal(insert_one(c, STORE_FULL, 2, insert_number), ERR_STORE_UNAVAILABLE);
    atomic_store(&faulty_disk.sync_fails, false);
    assert_int_equal(insert_one(c, STORE_FULL, 3, insert_number), ERR_STORE_UNAVAILABLE);
    assert_int_equal(insert_one(c, STORE_RELAXED, 4, insert_number),
                     ERR_STORE_UNAVAILABLE);
    assert_int_equal(contract_rows(c), 1);
    store_stats(c->store, &stats);
    assert_true(stats.sealed);
    assert_int_equal(stats.faults, heard.faults);
    assert_int_equal(heard.err, ERR_STORE_UNAVAILABLE);
    assert_true(heard.faults >= 3 && heard.again > 0);
    contract_reopen(c);
    assert_int_equal(insert_one(c, STORE_FULL, 1, insert_number), ERR_OBJECT_EXISTS);
    assert_int_equal(insert_one(c, STORE_FULL, 5, insert_number), ERR_NONE);
}

static void a_sync_that_fails_in_a_checkpoint_seals_it_too(void **state)
{
    struct contract *c = *state;
    assert_int_equal(insert_one(c, STORE_FULL, 1, insert_number), ERR_NONE);
    atomic_store(&faulty_disk.sync_fails, true);
    assert_int_equal(insert_one(c, STORE_RELAXED, 2, insert_blob), ERR_NONE);
    assert_int_equal(insert_one(c, STORE_RELAXED, 3, insert_number),
                     ERR_STORE_UNAVAILABLE);
    atomic_store(&faulty_disk.sync_fails, false);
    assert_int_equal(contract_rows(c), 2);
}

static void only_full_commits_sync(void **state)
{
    struct contract *c = *state;
    uint64_t before = atomic_load(&faulty_disk.syncs);
    for (int i = 0; i < 10; i++)
        assert_int_equal(insert_one(c, STORE_RELAXED, i, insert_number), ERR_NONE);
    assert_int_equal(atomic_load(&faulty_disk.syncs), before);
    for (int i = 10; i < 20; i++)
        assert_int_equal(insert_one(c, STORE_FULL, i, insert_number), ERR_NONE);
    uint64_t after = atomic_load(&faulty_disk.syncs);
    assert_true(after >= before + 10);
    for (int i = 20; i < 30; i++)
        assert_int_equal(insert_one(c, STORE_RELAXED, i, insert_number), ERR_NONE);
    assert_int_equal(atomic_load(&faulty_disk.syncs), after);
}

static void one_full_operation_makes_the_batch_sync(void **state)
{
    struct contract *c = *state;
    struct step steps[20];
    for (int i = 0; i < 20; i++) {
        step_init(c, &steps[i], i == 19 ? STORE_FULL : STORE_RELAXED, insert_number);
        steps[i].number = i;
    }
    uint64_t before = atomic_load(&faulty_disk.syncs);
    run_gathered(c, steps, 20);
    uint64_t syncs = atomic_load(&faulty_disk.syncs) - before;
    assert_true(syncs >= 1 && syncs <= 2);
}

/* The size of files bounded by the system, as a quota does. */
static void a_file_that_may_not_grow_is_a_full_disk(void **state)
{
    struct contract *c = *state;
    struct rlimit before, tight = {.rlim_cur = 1 << 20};
    assert_int_equal(insert_one(c, STORE_FULL, 1, insert_number), ERR_NONE);
    void (*on_limit)(int) = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    tight.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &tight);
    enum err err = insert_one(c, STORE_FULL, 2, insert_blob);
    enum err small = insert_one(c, STORE_FULL, 3, insert_number);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, on_limit);
    assert_int_equal(err, ERR_STORE_FULL);
    assert_int_equal(small, ERR_NONE);
    assert_int_equal(insert_one(c, STORE_FULL, 2, insert_blob), ERR_NONE);
    assert_int_equal(contract_rows(c), 3);
}

static void write_filler(struct contract *c)
{
    static const char filler[1 << 20];
    int fd = open(contract_path(c, "filler"), O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, filler, sizeof(filler)), sizeof(filler));
    close(fd);
}

/* Inserts until it cannot; answers how many rows were taken. */
static int64_t fill_up(struct contract *c)
{
    for (int64_t i = 0; i < 100000; i++) {
        enum err err = insert_one(c, STORE_RELAXED, i, insert_number);
        if (err == ERR_NONE)
            continue;
        assert_int_equal(err, ERR_STORE_FULL);
        return i;
    }
    fail_msg("the file system is never full");
    return 0;
}

/* A file system of 2 MiB, where we may mount one. */
static void a_full_file_system_heals_when_room_is_made(void **state)
{
    struct contract *c = *state;
    store_close(&c->store);
    bool mounted = mount("none", c->dir, "tmpfs", 0, "size=2m") == 0;
    contract_reopen(c);
    if (!mounted)
        skip();
    assert_int_equal(contract_do(c, STORE_FULL, create_table, NULL), ERR_NONE);
    write_filler(c);
    int64_t taken = fill_up(c);
    assert_int_equal(contract_rows(c), taken);
    unlink(contract_path(c, "filler"));
    assert_int_equal(insert_one(c, STORE_FULL, taken, insert_number), ERR_NONE);
    assert_int_equal(contract_rows(c), taken + 1);
    store_close(&c->store);
    umount(c->dir);
    contract_reopen(c);
}

#define TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, contract_setup, contract_teardown)
#define FAULTY(name) cmocka_unit_test_setup_teardown(name, setup_faulty, teardown_faulty)

int test_trouble(void)
{
    const struct CMUnitTest tests[] = {
        FAULTY(a_full_disk_loses_nothing),
        FAULTY(what_does_not_fit_takes_nobody_along),
        FAULTY(a_commit_that_does_not_fit_takes_nobody_along),
        FAULTY(a_failed_sync_seals_the_store),
        FAULTY(a_sync_that_fails_in_a_checkpoint_seals_it_too),
        FAULTY(only_full_commits_sync),
        FAULTY(one_full_operation_makes_the_batch_sync),
        TEST(a_file_that_may_not_grow_is_a_full_disk),
        TEST(a_full_file_system_heals_when_room_is_made),
    };
    if (!contract_is_durable())
        return 0;
    return cmocka_run_group_tests_name("trouble", tests, NULL, NULL);
}
