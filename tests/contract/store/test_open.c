#include "contract.h"
#include "faulty_disk.h"
#include "groups.h"

#include <fcntl.h>
#include <sys/stat.h>

/* What stays over a restart, and what is refused: implementations with files only. */

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void assert_says(str sentence, const char *part)
{
    if (str_find_str(sentence, str_z(part)) == sentence.n)
        fail_msg("\"" STR_F "\" does not say \"%s\"", STR_A(sentence), part);
}

static void what_was_answered_is_there_after_reopening(void **state)
{
    struct contract *c = *state;
    assert_int_equal(contract_do(c, STORE_RELAXED, insert_number, NULL), ERR_NONE);
    contract_reopen(c);
    assert_int_equal(contract_rows(c), 1);
}

/* In a process of its own: opens, inserts row 7, tells, and waits to be killed. */
static void live_until_killed(struct contract *c, enum store_kind kind, int tell_fd)
{
    struct step step;
    contract_reopen(c);
    step_init(c, &step, kind, insert_number);
    step.number = 7;
    char answer = store_run(c->store, &step.op) == ERR_NONE ? 'k' : 'e';
    if (write(tell_fd, &answer, 1) != 1)
        _exit(1);
    pause();
    _exit(0);
}

/* Starts such a process and answers its pid when it has said that it lives. */
static pid_t start_other(struct contract *c, enum store_kind kind)
{
    int fds[2];
    char answer = 0;
    store_close(&c->store);
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0)
        live_until_killed(c, kind, fds[1]);
    close(fds[1]);
    assert_int_equal(read(fds[0], &answer, 1), 1);
    assert_int_equal(answer, 'k');
    close(fds[0]);
    return child;
}

static void kill_other(pid_t child)
{
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void a_killed_process_loses_nothing(void **state)
{
    struct contract *c = *state;
    const enum store_kind kinds[] = {STORE_FULL, STORE_RELAXED};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct step step;
        kill_other(start_other(c, kinds[i]));
        contract_reopen(c);
        step_init(c, &step, STORE_FULL, insert_number);
        step.number = 7;
        assert_int_equal(store_run(c->store, &step.op), ERR_OBJECT_EXISTS);
        contract_teardown(state);
        assert_int_equal(contract_setup(state), 0);
        c = *state;
    }
}

static void a_second_process_is_refused(void **state)
{
    struct contract *c = *state;
    pid_t other = start_other(c, STORE_FULL);
    str why = contract_refusal(c);
    assert_says(why, arena_printf(&c->arena, "in use by process %d", (int)other).p);
    kill_other(other);
    contract_reopen(c);
}

static void the_same_process_is_refused_twice(void **state)
{
    struct contract *c = *state;
    str why = STR_NONE;
    assert_null(store_open(str_z(contract_store), str_z(c->dir), &c->arena, &why));
    assert_says(why, "is in use by process");
    assert_int_equal(contract_do(c, STORE_FULL, insert_number, NULL), ERR_NONE);
}

static void the_directory_is_made_for_us_alone(void **state)
{
    struct contract *c = *state;
    struct stat st;
    str why = STR_NONE;
    const char *dir = contract_path(c, "new");
    struct store *store = store_open(str_z(contract_store), str_z(dir), &c->arena, &why);
    assert_non_null(store);
    store_close(&store);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    unlink(contract_path(c, "new/breakwater.db"));
    unlink(contract_path(c, "new/lock"));
    unlink(contract_path(c, "new/VERSION"));
    assert_int_equal(rmdir(dir), 0);
}

static void a_place_that_cannot_be_is_refused(void **state)
{
    struct contract *c = *state;
    str why = STR_NONE;
    str name = str_z(contract_store);
    assert_null(store_open(name, STR("/nowhere/at/all"), &c->arena, &why));
    assert_says(why,
                "The data directory /nowhere/at/all cannot be created: No such file");
    assert_null(store_open(name, STR("/dev/null"), &c->arena, &why));
    assert_says(why, "The data directory /dev/null cannot be opened: Not a directory");
    assert_null(store_open(name, STR(""), &c->arena, &why));
    assert_says(why, "cannot be created");
}

/* --- damage --- */

enum { ROWS = 2000 };

static enum err insert_rows(struct tx *tx, struct step *step)
{
    enum err err = ERR_NONE;
    for (step->number = 0; step->number < ROWS && err == ERR_NONE; step->number++)
        err = insert_number(tx, step);
    return err;
}

static const char *close_with_rows(struct contract *c)
{
    assert_int_equal(contract_do(c, STORE_FULL, insert_rows, NULL), ERR_NONE);
    store_close(&c->store);
    return contract_path(c, "breakwater.db");
}

static void a_file_with_a_damaged_head_is_refused(void **state)
{
    struct contract *c = *state;
    int fd = open(close_with_rows(c), O_WRONLY);
    assert_int_equal(pwrite(fd, "rubbish rubbish!", 16, 0), 16);
    close(fd);
    assert_says(contract_refusal(c), "file is not a database");
}

static void a_cut_file_is_refused(void **state)
{
    struct contract *c = *state;
    const char *path = close_with_rows(c);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size / 2), 0);
    assert_says(contract_refusal(c), "malformed");
}

static void a_lost_file_is_not_answered_with_an_empty_store(void **state)
{
    struct contract *c = *state;
    const char *path = close_with_rows(c);
    assert_int_equal(truncate(path, 0), 0);
    assert_says(contract_refusal(c), "is missing or empty. Restore it");
    unlink(path);
    assert_says(contract_refusal(c), "is missing or empty. Restore it");
}

static void a_stranger_is_refused(void **state)
{
    struct contract *c = *state;
    const char *path = close_with_rows(c);
    unlink(path);
    faulty_disk_make_stranger(path);
    assert_says(contract_refusal(c), "not one of Breakwater's");
}

/* --- versions --- */

static void a_newer_layout_is_refused(void **state)
{
    struct contract *c = *state;
    store_close(&c->store);
    write_file(contract_path(c, "VERSION"), "99\n");
    assert_says(contract_refusal(c), "has layout 99");
    write_file(contract_path(c, "VERSION"), "two\n");
    assert_says(contract_refusal(c), "cannot be read as a number");
    write_file(contract_path(c, "VERSION"), "1\n");
    contract_reopen(c);
}

static enum err change_steps(struct tx *tx, struct step *step)
{
    const struct statement *change = step->arg;
    return tx_exec(tx, change, NULL, 0, NULL);
}

static void refused_after(struct contract *c, const struct statement *change,
                          const char *part)
{
    struct step step;
    step_init(c, &step, STORE_FULL, change_steps);
    step.arg = (void *)(uintptr_t)change;
    assert_int_equal(store_run(c->store, &step.op), ERR_NONE);
    store_close(&c->store);
    assert_says(contract_refusal(c), part);
}

static void a_newer_schema_is_refused(void **state)
{
    static const struct statement change = {
        "INSERT INTO migration (number, name, checksum) VALUES (4000, 'later', 'x')"};
    refused_after(*state, &change, "newer Breakwater: it has step 4000 (later)");
}

static void a_changed_step_is_refused(void **state)
{
    static const struct statement change = {
        "UPDATE migration SET checksum = 'x' WHERE number = 2"};
    refused_after(*state, &change, "its step 2 (audit) is not ours");
}

static void a_missing_step_is_refused(void **state)
{
    static const struct statement change = {"DELETE FROM migration WHERE number = 1"};
    refused_after(*state, &change, "its step 2 (audit) is not ours");
}

static void a_step_that_cannot_be_made_is_refused(void **state)
{
    static const struct statement change = {"DELETE FROM migration"};
    refused_after(*state, &change, "tenants: table stage already exists");
}

#define TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, contract_setup, contract_teardown)

int test_open(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_answered_is_there_after_reopening),
        TEST(a_killed_process_loses_nothing),
        TEST(a_second_process_is_refused),
        TEST(the_same_process_is_refused_twice),
        TEST(the_directory_is_made_for_us_alone),
        TEST(a_place_that_cannot_be_is_refused),
        TEST(a_file_with_a_damaged_head_is_refused),
        TEST(a_cut_file_is_refused),
        TEST(a_lost_file_is_not_answered_with_an_empty_store),
        TEST(a_stranger_is_refused),
        TEST(a_newer_layout_is_refused),
        TEST(a_newer_schema_is_refused),
        TEST(a_changed_step_is_refused),
        TEST(a_missing_step_is_refused),
        TEST(a_step_that_cannot_be_made_is_refused),
    };
    if (!contract_is_durable())
        return 0;
    return cmocka_run_group_tests_name("open", tests, NULL, NULL);
}
