#include "shelf.h"

#include "loop/thread.h"

int test_catalog_pin(void);

static const char *label_at(struct shelf *shelf, const struct pin *pin)
{
    return arena_z(&shelf->arena, snapshot_find(pin->snapshot, STR("one"))->label);
}

static void a_pin_keeps_its_snapshot(void **state)
{
    struct shelf *shelf = *state;
    shelf_open(shelf);
    struct worker *worker = false_loop_worker(&shelf->loop, 1);
    shelf_put(shelf, "one", "{\"label\":\"One\"}");
    false_loop_idle(&shelf->loop);
    struct pin *old = catalog_pin(shelf->catalog, worker);
    assert_ptr_equal(catalog_pin(shelf->catalog, worker), old);
    shelf_put(shelf, "one", "{\"label\":\"Two\"}");
    false_loop_idle(&shelf->loop);
    struct pin *new = catalog_pin(shelf->catalog, worker);
    assert_ptr_not_equal(old, new);
    assert_string_equal(label_at(shelf, old), "One");
    assert_string_equal(label_at(shelf, new), "Two");
    catalog_unpin(shelf->catalog, worker, old);
    assert_string_equal(label_at(shelf, old), "One");
    catalog_unpin(shelf->catalog, worker, old); /* gone with its last user */
    catalog_unpin(shelf->catalog, worker, new);
    assert_ptr_equal(catalog_pin(shelf->catalog, worker), new);
    catalog_unpin(shelf->catalog, worker, new);
}

static void several_old_pins_may_live_at_once(void **state)
{
    struct shelf *shelf = *state;
    struct pin *pins[4];
    struct worker *worker = false_loop_worker(&shelf->loop, 0);
    shelf_open(shelf);
    for (int i = 0; i < 4; i++) {
        str patch = arena_printf(&shelf->arena, "{\"label\":\"%d\"}", i);
        shelf_put(shelf, "one", arena_z(&shelf->arena, patch));
        false_loop_idle(&shelf->loop);
        pins[i] = catalog_pin(shelf->catalog, worker);
    }
    catalog_unpin(shelf->catalog, worker, pins[2]);
    assert_string_equal(label_at(shelf, pins[0]), "0");
    assert_string_equal(label_at(shelf, pins[3]), "3");
    catalog_unpin(shelf->catalog, worker, pins[0]);
    catalog_unpin(shelf->catalog, worker, pins[3]);
    catalog_unpin(shelf->catalog, worker, pins[1]);
}

static void each_worker_has_the_newest_when_a_change_is_done(void **state)
{
    struct shelf *shelf = *state;
    shelf_open(shelf);
    shelf_put(shelf, "one", "{\"label\":\"One\"}");
    for (unsigned i = 0; i < SHELF_WORKERS; i++) {
        struct worker *worker = false_loop_worker(&shelf->loop, i);
        struct pin *pin = catalog_pin(shelf->catalog, worker);
        assert_string_equal(label_at(shelf, pin), "One");
        catalog_unpin(shelf->catalog, worker, pin);
    }
}

static void count_change(void *arg)
{
    ++*(int *)arg;
}

static void the_hook_hears_of_each_change_before_it_is_answered(void **state)
{
    struct shelf *shelf = *state;
    int changes = 0;
    shelf_open(shelf);
    catalog_on_change(shelf->catalog, count_change, &changes);
    shelf_put(shelf, "one", "{\"label\":\"One\"}");
    assert_int_equal(changes, 1);
    shelf_put(shelf, "one", "{\"label\":\"Two\"}");
    assert_int_equal(changes, 2);
    catalog_on_change(shelf->catalog, NULL, NULL);
    shelf_put(shelf, "one", "{\"label\":\"Three\"}");
    assert_int_equal(changes, 2);
}

static void note_done(struct catalog_change *change)
{
    *(bool *)change->owner = true;
}

/* All are told, none turns, all leave: the change is done with the last of them. */
static void a_worker_may_leave_while_it_is_being_told(void **state)
{
    struct shelf *shelf = *state;
    bool done = false;
    uint32_t n = 0;
    shelf_open(shelf);
    struct catalog_change change = {.kind = CATALOG_PUT,
                                    .name = STR("one"),
                                    .text = shelf_document(shelf, "one", "{}"),
                                    .catalog = shelf->catalog,
                                    .worker = false_loop_worker(&shelf->loop, 0),
                                    .done = note_done,
                                    .owner = &done,
                                    .arena = &shelf->arena};
    catalog_change(&change);
    while (n == 0) {
        struct snapshot *seen = catalog_snapshot(shelf->catalog);
        n = snapshot_count(seen);
        snapshot_unref(&seen);
    }
    assert_false(done);
    shelf_close(shelf);
    assert_true(done);
    given_same("put", err_code(change.err), "ok");
}

/* Two workers on threads of their own pin and unpin while documents change; what was
 * answered as done is what a pin taken after it has. */
struct runner {
    struct shelf *shelf;
    atomic_uint *done; /* the revision of "two" */
    struct worker worker;
    struct thread *thread;
    atomic_bool stop;
    unsigned turns;
};

static void run(void *arg)
{
    struct runner *runner = arg;
    struct catalog *catalog = runner->shelf->catalog;
    struct pin *held = NULL;
    catalog_join(catalog, &runner->worker);
    do {
        worker_turn(&runner->worker);
        unsigned done = atomic_load(runner->done);
        struct pin *pin = catalog_pin(catalog, &runner->worker);
        const struct integration *one = snapshot_find(pin->snapshot, STR("one"));
        const struct integration *two = snapshot_find(pin->snapshot, STR("two"));
        CHECK(!one || one->label.n > 0);
        CHECK(done == 0 || (two && two->revision >= done));
        if (held && runner->turns % 7 == 0) {
            catalog_unpin(catalog, &runner->worker, held);
            held = NULL;
        }
        if (held)
            catalog_unpin(catalog, &runner->worker, pin);
        else
            held = pin;
        runner->turns++;
    } while (!atomic_load(&runner->stop));
    if (held)
        catalog_unpin(catalog, &runner->worker, held);
    catalog_leave(catalog, &runner->worker);
    worker_turn(&runner->worker);
}

static void documents_change_under_running_workers(void **state)
{
    struct shelf *shelf = *state;
    struct runner runners[2] = {0};
    atomic_uint done = 0;
    shelf_open(shelf);
    for (unsigned i = 0; i < 2; i++) {
        runners[i].shelf = shelf;
        runners[i].done = &done;
        worker_init(&runners[i].worker, SHELF_WORKERS + i, &shelf->world.world);
        runners[i].thread = thread_start("runner", run, &runners[i]);
    }
    for (int i = 0; i < 60; i++) {
        str patch = arena_printf(&shelf->arena, "{\"label\":\"%d\"}", i);
        const char *name = i % 2 ? "one" : "two";
        struct catalog_change put = shelf_put(shelf, name, arena_z(&shelf->arena, patch));
        if (i % 2 == 0)
            atomic_store(&done, put.new_revision);
        if (i % 10 == 9)
            shelf_change(shelf, (struct catalog_change){.kind = CATALOG_REMOVE,
                                                        .name = STR("one")});
    }
    for (unsigned i = 0; i < 2; i++) {
        atomic_store(&runners[i].stop, true);
        thread_join(&runners[i].thread);
        assert_true(runners[i].turns > 0);
        worker_turn(&runners[i].worker);
        worker_fini(&runners[i].worker);
    }
}

int test_catalog_pin(void)
{
    const struct CMUnitTest tests[] = {
        SHELF_TEST(a_pin_keeps_its_snapshot),
        SHELF_TEST(several_old_pins_may_live_at_once),
        SHELF_TEST(each_worker_has_the_newest_when_a_change_is_done),
        SHELF_TEST(the_hook_hears_of_each_change_before_it_is_answered),
        SHELF_TEST(a_worker_may_leave_while_it_is_being_told),
        SHELF_TEST(documents_change_under_running_workers),
    };
    return cmocka_run_group_tests_name("catalog: pin", tests, NULL, NULL);
}
