#include "support/script_scene.h"

#include "support/given.h"

void script_scene_account(struct script_scene *scene, struct account *ret_account,
                          const char *id)
{
    *ret_account = (struct account){.refs = 1,
                                    .environment = &scene->environment,
                                    .integration = STR("vendor"),
                                    .state = ACCOUNT_ACTIVE,
                                    .hash = (uint64_t)(unsigned char)id[4]};
    snprintf(ret_account->id.text, TENANT_ID_BYTES, "%s", id);
}

void script_scene_open(struct script_scene *scene, const char *document,
                       const struct play *plays, unsigned n)
{
    struct binder binder;
    *scene = (struct script_scene){.budget = {.bytes_max = 64 << 20}};
    arena_init(&scene->arena, 16384, 64 << 20);
    false_world_init(&scene->world, 7);
    false_loop_init(&scene->loop, &scene->world, 1);
    boards_open(&scene->boards);
    script_transport_init(&scene->script, plays, n);
    bind_init(&binder, &scene->arena);
    scene->integration = integration_read(&binder, given_quotes(&scene->arena, document));
    if (!scene->integration)
        fail_msg(STR_F ": " STR_F, STR_A(binder.first->pointer),
                 STR_A(binder.first->text));
    snprintf(scene->environment.id.text, TENANT_ID_BYTES, "env_one");
    script_scene_account(scene, &scene->account, "acc_one");
    scene->env = (struct exchange_env){.boards = &scene->boards,
                                       .h1 = &scene->script.transport,
                                       .error_bytes_max = 65536,
                                       .look_bytes_max = 1 << 20};
}

void script_scene_close(struct script_scene *scene)
{
    script_transport_fini(&scene->script);
    boards_close(&scene->boards);
    false_loop_fini(&scene->loop);
    arena_fini(&scene->arena);
}

struct worker *script_scene_worker(struct script_scene *scene)
{
    struct worker *worker = false_loop_worker(&scene->loop, 0);
    worker->now = world_now(worker->world);
    return worker;
}

void script_scene_run_until(struct script_scene *scene, const bool *flag)
{
    assert_true(false_loop_run_until(&scene->loop, flag, USEC_H));
}
