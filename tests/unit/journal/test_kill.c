/*
 * A process that appends on the real disk is killed at any moment, and another one opens
 * what it left.
 */
#include <dirent.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "base/mem.h"
#include "groups.h"
#include "stage.h"

enum { LIVES = 10, AT_ONCE = 16, RECORDS_MAX = 100000, BYTES_MAX = 3000 };

struct place {
    char dir[64];
    struct arena arena;
    bool *answered; /* by number of the record */
    bool *seen;
    uint32_t next; /* the first number that was never used */
};

static int setup(void **state)
{
    struct place *place = mem_zalloc(sizeof(*place));
    strcpy(place->dir, "/tmp/breakwater-journal-XXXXXX");
    if (!mkdtemp(place->dir))
        return -1;
    arena_init(&place->arena, 4096, 1 << 20);
    place->answered = mem_array(RECORDS_MAX, sizeof(bool));
    place->seen = mem_array(RECORDS_MAX, sizeof(bool));
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    DIR *dir = opendir(place->dir);
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;)
        unlink(arena_printf(&place->arena, "%s/%s", place->dir, entry->d_name).p);
    if (dir)
        closedir(dir);
    rmdir(place->dir);
    arena_fini(&place->arena);
    mem_free(place->answered);
    mem_free(place->seen);
    mem_free(place);
    return 0;
}

static struct journal *open_journal(struct place *place)
{
    str why = STR_NONE;
    struct journal_config config = {.dir = str_z(place->dir),
                                    .world = world_real(),
                                    .segment_bytes = JOURNAL_SEGMENT_BYTES_MIN};
    struct journal *journal = journal_open(&config, &place->arena, &why);
    if (!journal)
        fail_msg(STR_F, STR_A(why));
    return journal;
}

static size_t make_text(uint32_t number, char text[BYTES_MAX])
{
    size_t n = 4 + number * 37u % (BYTES_MAX - 4);
    memcpy(text, &number, 4);
    for (size_t i = 4; i < n; i++)
        text[i] = (char)(uint8_t)(number + i);
    return n;
}

/* --- the child --- */

struct child {
    struct journal *journal;
    struct false_loop *loop;
    int pipe;
    uint32_t next;
    bool moved;
};

struct errand {
    struct journal_append append;
    struct child *child;
    uint32_t number;
    char text[BYTES_MAX];
};

static void start(struct errand *errand);

static void on_done(struct journal_append *append)
{
    struct errand *errand = CONTAINER_OF(append, struct errand, append);
    if (append->err != ERR_NONE || write(errand->child->pipe, &errand->number, 4) != 4)
        _exit(1);
    errand->child->moved = true;
    start(errand);
}

static void start(struct errand *errand)
{
    struct child *child = errand->child;
    errand->number = child->next++;
    size_t n = make_text(errand->number, errand->text);
    errand->append = (struct journal_append){.strength = JOURNAL_DURABLE,
                                             .parts = {str_of(errand->text, n)},
                                             .done = on_done,
                                             .worker = false_loop_worker(child->loop, 0)};
    journal_append(child->journal, &errand->append);
}

static _Noreturn void be_child(struct place *place, int pipe)
{
    static struct errand errands[AT_ONCE];
    struct false_world world;
    struct false_loop loop;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    false_world_init(&world, 1);
    false_loop_init(&loop, &world, 1);
    struct child child = {
        .journal = open_journal(place), .loop = &loop, .pipe = pipe, .next = place->next};
    for (int i = 0; i < AT_ONCE; i++) {
        errands[i].child = &child;
        start(&errands[i]);
    }
    for (;;) {
        child.moved = false;
        if (!false_loop_wait(&loop, &child.moved))
            _exit(2);
    }
}

/* --- the parent --- */

/* Runs a child until it has told `wanted` answers, or has died itself. */
static void run_child(struct place *place, uint32_t wanted)
{
    int ends[2], status;
    uint32_t number, told = 0;
    fflush(NULL);
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        be_child(place, ends[1]);
    }
    close(ends[1]);
    while (read(ends[0], &number, 4) == 4) {
        assert_in_range(number, place->next, RECORDS_MAX - 1);
        place->answered[number] = true;
        if (++told == wanted)
            kill(pid, SIGKILL);
    }
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static bool see(void *arg, const struct journal_entry *entry)
{
    struct place *place = arg;
    char text[BYTES_MAX];
    uint32_t number;
    assert_true(entry->bytes.n >= 4);
    memcpy(&number, entry->bytes.p, 4);
    assert_in_range(number, 0, RECORDS_MAX - 1);
    assert_str(entry->bytes, str_of(text, make_text(number, text)));
    assert_false(place->seen[number]);
    place->seen[number] = true;
    place->next = number >= place->next ? number + 1 : place->next;
    return true;
}

/* Opens what was left: all that was answered is there, and what was found once stays. */
static uint32_t look(struct place *place)
{
    struct journal *journal = open_journal(place);
    struct journal_cursor cursor;
    uint32_t found = 0;
    memset(place->seen, 0, RECORDS_MAX);
    assert_int_equal(journal_seek(journal, 0, &cursor), ERR_NONE);
    assert_int_equal(journal_scan(journal, &cursor, SIZE_MAX, see, place, NULL),
                     ERR_NONE);
    for (uint32_t i = 0; i < RECORDS_MAX; i++) {
        if (place->answered[i] && !place->seen[i])
            fail_msg("record %u was answered and is lost", i);
        place->answered[i] = place->seen[i];
        found += place->seen[i];
    }
    journal_close(&journal);
    return found;
}

static void a_killed_process_loses_nothing(void **state)
{
    struct place *place = *state;
    uint64_t seed = 1;
    uint32_t found = 0;
    for (int i = 0; i < LIVES; i++) {
        run_child(place, 1 + (uint32_t)unit_below(&seed, 400));
        uint32_t now = look(place);
        assert_true(now > found);
        found = now;
    }
}

static void nor_does_one_that_dies_at_its_worst(void **state)
{
    struct place *place = *state;
#ifdef BREAKWATER_CRASH_POINTS
    static const char *const points[] = {"journal.after_write", "journal.after_fsync"};
    run_child(place, 10);
    for (size_t i = 0; i < COUNT_OF(points); i++) {
        uint32_t found = look(place);
        setenv("BREAKWATER_CRASH_AT", points[i], 1);
        run_child(place, 1);
        unsetenv("BREAKWATER_CRASH_AT");
        assert_true(look(place) > found); /* it had written them, and it is whole */
    }
#else
    (void)place;
    skip();
#endif
}

int test_kill(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_killed_process_loses_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(nor_does_one_that_dies_at_its_worst, setup,
                                        teardown),
    };
    return cmocka_run_group_tests_name("kill", tests, NULL, NULL);
}
