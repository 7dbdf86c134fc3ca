#include "base/mem.h"
#include "payload/payload_files.h"
#include "support/false_disk.h"
#include "support/false_world.h"
#include "support/unit.h"

int test_payload_files(void);

enum { BYTES = 300 * 1024, DISKS = 150, PUTS = 6 };

struct fixture {
    struct false_world world;
    struct false_loop loop;
    struct false_disk disk;
    struct arena arena;
    struct payload_config config;
    struct payload_files *files;
    enum err told;
    char bytes[BYTES];
};

static void on_fault(void *arg, enum err err, str words)
{
    struct fixture *f = arg;
    (void)words;
    f->told = err;
}

static void open_files(struct fixture *f)
{
    str why = STR_NONE;
    f->files = payload_files_open(&f->config, &f->arena, &why);
    if (!f->files)
        fail_msg(STR_F, STR_A(why));
}

static struct fixture *create(uint64_t seed)
{
    struct fixture *f = mem_zalloc(sizeof(*f));
    false_world_init(&f->world, seed);
    false_loop_init(&f->loop, &f->world, 1);
    false_disk_init(&f->disk, seed);
    arena_init(&f->arena, 4096, 1 << 26);
    for (size_t i = 0; i < BYTES; i++)
        f->bytes[i] = (char)(uint8_t)(i * 7 + i / 256);
    f->config = (struct payload_config){.dir = STR("payload"),
                                        .disk = &f->disk.disk,
                                        .world = &f->world.world,
                                        .on_fault = on_fault,
                                        .arg = f};
    return f;
}

static void destroy(struct fixture *f)
{
    payload_files_close(&f->files);
    false_disk_fini(&f->disk);
    false_loop_fini(&f->loop);
    arena_fini(&f->arena);
    mem_free(f);
}

static int setup(void **state)
{
    struct fixture *f = create(1);
    open_files(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    destroy(*state);
    return 0;
}

/* --- asking --- */

struct ask {
    struct payload_put put;
    struct payload_get get;
    struct payload_forget forget;
    struct payload_drop drop;
    bool done;
};

static void on_put(struct payload_put *put)
{
    CONTAINER_OF(put, struct ask, put)->done = true;
}

static void on_get(struct payload_get *get)
{
    CONTAINER_OF(get, struct ask, get)->done = true;
}

static void on_forgotten(struct payload_forget *forget)
{
    CONTAINER_OF(forget, struct ask, forget)->done = true;
}

static void on_dropped(struct payload_drop *drop)
{
    CONTAINER_OF(drop, struct ask, drop)->done = true;
}

static void begin_put(struct fixture *f, struct ask *ask, size_t n)
{
    *ask = (struct ask){.put = {.parts = {str_of(f->bytes, n)},
                                .done = on_put,
                                .worker = false_loop_worker(&f->loop, 0)}};
    payload_files_put(f->files, &ask->put);
}

static void await(struct fixture *f, struct ask *ask)
{
    assert_true(false_loop_wait(&f->loop, &ask->done));
}

static enum err put(struct fixture *f, size_t n, str *ret_reference)
{
    struct ask ask;
    begin_put(f, &ask, n);
    await(f, &ask);
    if (ask.put.err == ERR_NONE && ret_reference)
        *ret_reference = arena_str(&f->arena, str_z(ask.put.reference));
    return ask.put.err;
}

static enum err get(struct fixture *f, str reference)
{
    struct ask ask = {.get = {.reference = reference,
                              .arena = &f->arena,
                              .done = on_get,
                              .worker = false_loop_worker(&f->loop, 0)}};
    payload_files_get(f->files, &ask.get);
    await(f, &ask);
    if (ask.get.err == ERR_NONE)
        assert_true(str_eq(ask.get.bytes, str_of(f->bytes, ask.get.bytes.n)));
    return ask.get.err;
}

static enum err forget(struct fixture *f, str reference)
{
    struct ask ask = {.forget = {.reference = reference,
                                 .done = on_forgotten,
                                 .worker = false_loop_worker(&f->loop, 0)}};
    payload_files_forget(f->files, &ask.forget);
    await(f, &ask);
    return ask.forget.err;
}

static enum err drop(struct fixture *f, const struct payload_group *group)
{
    struct ask ask = {
        .drop = {.done = on_dropped, .worker = false_loop_worker(&f->loop, 0)}};
    memcpy(ask.drop.prefix, group->prefix, sizeof(ask.drop.prefix));
    payload_files_drop(f->files, &ask.drop);
    await(f, &ask);
    return ask.drop.err;
}

static struct payload_stats stats(struct fixture *f)
{
    struct payload_stats now;
    payload_files_stats(f->files, &now);
    return now;
}

/* --- tests --- */

static void what_is_forgotten_is_gone(void **state)
{
    struct fixture *f = *state;
    str first, second;
    put(f, BYTES, &first);
    put(f, 1000, &second);
    assert_int_equal(stats(f).file_bytes, BYTES + 1000);
    assert_int_equal(forget(f, first), ERR_NONE);
    assert_int_equal(get(f, first), ERR_PAYLOAD_EXPIRED);
    assert_int_equal(get(f, second), ERR_NONE);
    assert_int_equal(stats(f).files, 1);
    assert_true(false_disk_used(&f->disk) == 1000);
}

static void a_turned_bit_is_found(void **state)
{
    struct fixture *f = *state;
    str reference;
    uint64_t n;
    put(f, BYTES, &reference);
    char *byte = false_disk_bytes(&f->disk, false_disk_path(&f->disk, 0), &n) + 100;
    *byte ^= 1;
    assert_int_equal(get(f, reference), ERR_PAYLOAD_DAMAGED);
    *byte ^= 1;
    assert_int_equal(get(f, reference), ERR_NONE);
    false_disk_cut(&f->disk, false_disk_path(&f->disk, 0), BYTES - 1);
    assert_int_equal(get(f, reference), ERR_PAYLOAD_DAMAGED);
}

static void a_disk_that_fails_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    f->disk.writes_fail_in = 1;
    assert_int_equal(put(f, BYTES, NULL), ERR_JOURNAL_UNAVAILABLE);
    assert_int_equal(f->told, ERR_JOURNAL_UNAVAILABLE);
    f->disk.syncs_fail_in = 1;
    assert_int_equal(put(f, BYTES, NULL), ERR_JOURNAL_UNAVAILABLE);
    assert_int_equal(stats(f).files, 0);
    assert_int_equal(stats(f).faults, 2);
    assert_true(false_disk_used(&f->disk) == 0);
    assert_int_equal(put(f, BYTES, NULL), ERR_NONE);
}

static void a_full_disk_is_said(void **state)
{
    struct fixture *f = *state;
    str reference;
    f->disk.bytes_max = 2 * BYTES;
    assert_int_equal(put(f, BYTES, &reference), ERR_NONE);
    assert_int_equal(put(f, BYTES, NULL), ERR_NONE);
    assert_int_equal(put(f, BYTES, NULL), ERR_JOURNAL_FULL);
    assert_int_equal(f->told, ERR_JOURNAL_FULL);
    assert_true(false_disk_used(&f->disk) == 2 * BYTES);
    assert_int_equal(forget(f, reference), ERR_NONE);
    assert_int_equal(put(f, BYTES, NULL), ERR_NONE);
}

static void a_reserve_is_left_to_others(void **state)
{
    struct fixture *f = *state;
    payload_files_close(&f->files);
    f->config.reserve = 50;
    f->disk.bytes_max = 4 * BYTES;
    open_files(f);
    assert_int_equal(put(f, BYTES, NULL), ERR_NONE);
    assert_int_equal(put(f, BYTES, NULL), ERR_NONE);
    assert_int_equal(put(f, 1, NULL), ERR_JOURNAL_FULL);
}

static void a_limit_of_bytes_is_held(void **state)
{
    struct fixture *f = *state;
    str reference;
    payload_files_close(&f->files);
    f->config.bytes_max = 2 * BYTES;
    open_files(f);
    assert_int_equal(put(f, BYTES, &reference), ERR_NONE);
    assert_int_equal(put(f, BYTES, NULL), ERR_NONE);
    assert_int_equal(put(f, 1, NULL), ERR_JOURNAL_FULL);
    assert_int_equal(forget(f, reference), ERR_NONE);
    assert_int_equal(put(f, BYTES, NULL), ERR_NONE);
    payload_files_close(&f->files);
    open_files(f); /* what there is is counted again */
    assert_int_equal(put(f, 1, NULL), ERR_JOURNAL_FULL);
}

static void too_much_that_waits_is_refused(void **state)
{
    struct fixture *f = *state;
    struct ask asks[3];
    payload_files_close(&f->files);
    f->config.waiting_bytes_max = 2 * BYTES;
    open_files(f);
    pthread_mutex_lock(&f->disk.lock); /* the disk stands still */
    for (int i = 0; i < 3; i++)
        begin_put(f, &asks[i], BYTES);
    pthread_mutex_unlock(&f->disk.lock);
    for (int i = 0; i < 3; i++)
        await(f, &asks[i]);
    assert_int_equal(asks[0].put.err, ERR_NONE);
    assert_int_equal(asks[1].put.err, ERR_NONE);
    assert_int_equal(asks[2].put.err, ERR_JOURNAL_BUSY);
    assert_int_equal(put(f, BYTES, NULL), ERR_NONE);
    assert_int_equal(stats(f).waiting, 0);
}

static void an_hour_goes_when_it_is_over(void **state)
{
    struct fixture *f = *state;
    struct payload_group groups[4];
    str old, young;
    put(f, 1000, &old);
    put(f, 2000, NULL);
    assert_int_equal(payload_files_groups(f->files, groups, 4), 0);
    struct payload_group present = {.bytes = 0};
    memcpy(present.prefix, old.p, 18);
    assert_int_equal(drop(f, &present), ERR_STATE_CONFLICT);
    false_world_advance(&f->world, USEC_H);
    put(f, 4000, &young);
    assert_int_equal(payload_files_groups(f->files, groups, 4), 1);
    assert_int_equal(groups[0].bytes, 3000);
    assert_string_equal(groups[0].prefix, present.prefix);
    assert_int_equal(drop(f, &groups[0]), ERR_NONE);
    assert_int_equal(drop(f, &groups[0]), ERR_PAYLOAD_EXPIRED);
    assert_int_equal(get(f, old), ERR_PAYLOAD_EXPIRED);
    assert_int_equal(get(f, young), ERR_NONE);
    assert_int_equal(stats(f).file_bytes, 4000);
}

static void a_directory_that_cannot_be_used_is_said(void **state)
{
    struct fixture *f = *state;
    str why = STR_NONE;
    payload_files_close(&f->files);
    f->disk.dead = true;
    assert_null(payload_files_open(&f->config, &f->arena, &why));
    assert_str(why, STR("The directory of payloads payload cannot be used: Input/output "
                        "error."));
    f->disk.dead = false;
    open_files(f);
}

/* Power goes at any operation: what was answered can be got, whole. */
static void what_was_answered_survives_the_loss_of_power(void **state)
{
    (void)state;
    for (uint64_t disk = 1; disk <= DISKS; disk++) {
        uint64_t seed = disk;
        struct fixture *f = create(disk);
        str kept[PUTS];
        size_t n = 0;
        f->disk.short_writes = disk % 2;
        open_files(f);
        f->disk.dies_in = 1 + (unsigned)unit_below(&seed, 40);
        for (size_t i = 0; i < PUTS; i++)
            n += put(f, 1 + unit_below(&seed, BYTES), &kept[n]) == ERR_NONE;
        f->disk.dead = true;
        payload_files_close(&f->files);
        false_disk_restart(&f->disk);
        open_files(f);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(get(f, kept[i]), ERR_NONE);
        destroy(f);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int test_payload_files(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_forgotten_is_gone),
        TEST(a_turned_bit_is_found),
        TEST(a_disk_that_fails_leaves_nothing),
        TEST(a_full_disk_is_said),
        TEST(a_reserve_is_left_to_others),
        TEST(a_limit_of_bytes_is_held),
        TEST(too_much_that_waits_is_refused),
        TEST(an_hour_goes_when_it_is_over),
        TEST(a_directory_that_cannot_be_used_is_said),
        cmocka_unit_test(what_was_answered_survives_the_loss_of_power),
    };
    return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
