#include "scene.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/mem.h"

const char *scene_payloads;

enum { SEGMENT_BYTES = 1 << 20 };

void scene_open(struct scene *scene)
{
    str why = STR_NONE;
    struct journal_config journal = {
        .dir = arena_printf(&scene->arena, "%s/journal", scene->dir),
        .world = &scene->world.world,
        .segment_bytes = SEGMENT_BYTES};
    struct payload_config config = {
        .record_type = 1,
        .dir = arena_printf(&scene->arena, "%s/payload", scene->dir),
        .world = &scene->world.world};
    config.journal = scene->journal = journal_open(&journal, &scene->arena, &why);
    if (config.journal)
        scene->payloads =
            payload_open(str_z(scene_payloads), &config, &scene->arena, &why);
    if (!scene->payloads)
        fail_msg(STR_F, STR_A(why));
}

void scene_close(struct scene *scene)
{
    payload_close(&scene->payloads);
    journal_close(&scene->journal);
}

int scene_setup(void **state)
{
    struct scene *scene = mem_zalloc(sizeof(*scene));
    uint64_t seed = 1;
    strcpy(scene->dir, "/tmp/breakwater-payload-XXXXXX");
    if (!mkdtemp(scene->dir))
        return -1;
    arena_init(&scene->arena, 4096, (size_t)1 << 30);
    false_world_init(&scene->world, 1);
    false_loop_init(&scene->loop, &scene->world, 1);
    scene->bytes = mem_alloc(PAYLOAD_BYTES_MAX + 1);
    for (size_t i = 0; i + 8 <= PAYLOAD_BYTES_MAX; i += 8) {
        uint64_t word = unit_random(&seed);
        memcpy(scene->bytes + i, &word, 8);
    }
    scene->bytes[PAYLOAD_BYTES_MAX] = 'x';
    scene_open(scene);
    *state = scene;
    return 0;
}

static void remove_folder(struct scene *scene, const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;)
        unlink(arena_printf(&scene->arena, "%s/%s", path, entry->d_name).p);
    if (dir)
        closedir(dir);
    rmdir(path);
}

int scene_teardown(void **state)
{
    struct scene *scene = *state;
    scene_close(scene);
    false_loop_fini(&scene->loop);
    remove_folder(scene, arena_printf(&scene->arena, "%s/journal", scene->dir).p);
    remove_folder(scene, arena_printf(&scene->arena, "%s/payload", scene->dir).p);
    rmdir(scene->dir);
    arena_fini(&scene->arena);
    mem_free(scene->bytes);
    mem_free(scene);
    return 0;
}

static void on_put(struct payload_put *put)
{
    CONTAINER_OF(put, struct deposit, put)->done = true;
}

void scene_begin(struct scene *scene, struct deposit *deposit, str first, str second)
{
    *deposit = (struct deposit){.put = {.parts = {first, second},
                                        .done = on_put,
                                        .worker = false_loop_worker(&scene->loop, 0)}};
    payload_put(scene->payloads, &deposit->put);
    assert_false(deposit->done); /* never from inside the call */
}

enum err scene_await(struct scene *scene, struct deposit *deposit)
{
    assert_true(false_loop_wait(&scene->loop, &deposit->done));
    return deposit->put.err;
}

enum err scene_put(struct scene *scene, str bytes, str *ret_reference)
{
    struct deposit deposit;
    scene_begin(scene, &deposit, bytes, STR_NONE);
    enum err err = scene_await(scene, &deposit);
    if (err == ERR_NONE && ret_reference)
        *ret_reference = arena_str(&scene->arena, str_z(deposit.put.reference));
    return err;
}

struct withdrawal {
    struct payload_get get;
    bool done;
};

static void on_got(struct payload_get *get)
{
    CONTAINER_OF(get, struct withdrawal, get)->done = true;
}

enum err scene_get(struct scene *scene, str reference, str *ret_bytes)
{
    struct withdrawal it = {.get = {.reference = reference,
                                    .arena = &scene->arena,
                                    .done = on_got,
                                    .worker = false_loop_worker(&scene->loop, 0)}};
    payload_get(scene->payloads, &it.get);
    assert_false(it.done);
    assert_true(false_loop_wait(&scene->loop, &it.done));
    if (it.get.err == ERR_NONE)
        *ret_bytes = it.get.bytes;
    return it.get.err;
}

struct oblivion {
    struct payload_forget forget;
    bool done;
};

static void on_forgotten(struct payload_forget *forget)
{
    CONTAINER_OF(forget, struct oblivion, forget)->done = true;
}

enum err scene_forget(struct scene *scene, str reference)
{
    struct oblivion it = {.forget = {.reference = reference,
                                     .done = on_forgotten,
                                     .worker = false_loop_worker(&scene->loop, 0)}};
    payload_forget(scene->payloads, &it.forget);
    assert_false(it.done);
    assert_true(false_loop_wait(&scene->loop, &it.done));
    return it.forget.err;
}

struct farewell {
    struct payload_drop drop;
    bool done;
};

static void on_dropped(struct payload_drop *drop)
{
    CONTAINER_OF(drop, struct farewell, drop)->done = true;
}

enum err scene_drop(struct scene *scene, const char *prefix)
{
    struct farewell it = {
        .drop = {.done = on_dropped, .worker = false_loop_worker(&scene->loop, 0)}};
    snprintf(it.drop.prefix, sizeof(it.drop.prefix), "%s", prefix);
    payload_drop(scene->payloads, &it.drop);
    assert_false(it.done);
    assert_true(false_loop_wait(&scene->loop, &it.done));
    return it.drop.err;
}
